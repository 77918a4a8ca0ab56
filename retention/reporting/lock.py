"""One run at a time on a reports folder; what a dead run held is free."""

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from retention.errors import RetentionError

NAMES = (".lock", ".holder.json")
"""Files of a reports folder: the lock itself, which stays, and who holds it."""

_EVERY_SECONDS = 0.5


class FolderInUse(RetentionError):  # noqa: N818
    """Another run is at work on the reports folder."""


@contextlib.contextmanager
def sole_run(
    out: Path, *, wait: bool = False, tell: Callable[[str], object] = lambda _: None
) -> Iterator[None]:
    """Hold a reports folder, so that no other run writes there; the system frees it after a crash.

    Where another run holds it, raise FolderInUse with its name, or `wait` for its end and `tell` so
    once.
    """
    lock, holder = (out / name for name in NAMES)
    held = FileLock(lock, thread_local=False)
    try:
        held.acquire(blocking=False)
    except Timeout:
        who = f"{out}: another run is at work here{_named(holder)}"
        if not wait:
            raise FolderInUse(f"{who}; run again when it has ended, or with --wait") from None
        tell(f"{who}; waiting for its end")
        held.acquire(poll_interval=_EVERY_SECONDS)
    try:
        record = {"process": os.getpid(), "machine": socket.gethostname()}
        record["since"] = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        # What cannot be said here will fail with its own words where reports are written.
        with contextlib.suppress(OSError):
            holder.write_text(json.dumps(record), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink(missing_ok=True)
        held.release()


def _named(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text(encoding="utf-8"))
        return f" (process {told['process']} on {told['machine']}, since {told['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C and SIGTERM until the block is done; they mean the same then.

    Only where they can arrive: in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _: arrived.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])
