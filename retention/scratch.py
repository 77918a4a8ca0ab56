"""Temporary folders that name the process they belong to, so that what a killed one left is found.

Short names: a kernel's sockets lie in such a folder, and the path of a socket may not be long.
"""

import atexit
import contextlib
import functools
import os
import re
import shutil
import signal
import socket
import tempfile
import zlib
from pathlib import Path

import psutil


def prefix() -> str:
    """How the name of every temporary folder of this process begins.

    >>> prefix().endswith(f"-{os.getpid()}-")
    True
    """
    return f"{_of_machine()}{os.getpid()}-"


def private() -> Path:
    """A folder of this process that nobody else may look into; it goes when the process ends."""
    # A process that was forked has its own, as it may have another place for temporary folders.
    folder = _private(os.getpid(), tempfile.gettempdir())
    # Somebody may tidy up what is old and empty.
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def clear() -> None:
    """Remove what processes of this machine left that ended before they could remove it."""
    # What cannot be looked at or removed now is no reason not to run.
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{_of_machine()}*"):
            owner = re.match(r"(\d+)-", folder.name.removeprefix(_of_machine()))
            if owner and not _lives(int(owner[1])):
                shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _private(process: int, place: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix(), dir=place))
    atexit.register(_remove, folder, process)
    return folder


def _remove(folder: Path, process: int) -> None:
    if process == os.getpid():
        # It is at its end: a signal to end it now would only keep this from being done.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        shutil.rmtree(folder, ignore_errors=True)


def _of_machine() -> str:
    # Containers may share a temporary folder, and see none of each other's processes.
    return f"rk-{zlib.crc32(socket.gethostname().encode()) & 0xFFFF:04x}-"


def _lives(pid: int) -> bool:
    try:
        ended: bool = psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it is another user's
        return True
    return not ended
