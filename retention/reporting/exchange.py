"""Two folders change places in one step, where the system can."""

import ctypes
import os
import sys
from pathlib import Path

# linux/fcntl.h and sys/stdio.h of macOS.
_AT_FDCWD = -100
_SWAP = 2
_CALLS = {"linux": "renameat2", "darwin": "renamex_np"}


def exchanged(one: Path, other: Path) -> bool:
    """Let two paths change places, so that no moment sees either missing; return whether it was so.

    Linux and macOS have a call for it, which some file systems do not support.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = Path(folder, "a"), Path(folder, "b")
    ...     _ = a.write_text("a"), b.write_text("b")
    ...     done = exchanged(a, b)
    ...     a.read_text() == ("b" if done else "a")
    True
    """
    name = _CALLS.get(sys.platform)
    call = getattr(ctypes.CDLL(None), name, None) if name else None
    if call is None:
        return False
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        return bool(call(*names, ctypes.c_uint(_SWAP)) == 0)
    return bool(call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], ctypes.c_uint(_SWAP)) == 0)
