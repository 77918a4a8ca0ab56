"""The signals that end a command, and which of them it was."""

import _thread
import contextlib
import os
import signal
import sys
import time
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Protocol

_AGAIN_SECONDS = 0.1
_IMPORT = ("<frozen importlib._bootstrap>", "_find_and_load")
"""File and function of the frame of Python's own that stands below each import under way."""

_told: list[signal.Signals] = []
_begun = 0
"""So many imports were under way at `heed`: those that the command itself runs in."""
_over = False


class Engine(Protocol):
    """A connection that may be in the middle of a query."""

    def interrupt(self) -> None:
        """End the query, if there is one."""


_engines: "weakref.WeakSet[Engine]" = weakref.WeakSet()


def heed() -> None:
    """Have SIGTERM, as of a scheduler, end what runs as Ctrl-C does: with all that is half done."""
    global _begun, _over
    _begun, _over = _imports(sys._getframe()), False
    sys.unraisablehook = _unheard
    signal.signal(signal.SIGTERM, _end)
    # What a shell starts in its background is to be deaf to Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def over() -> None:
    """Let no signal end what Python does after a command: it is done, and its code stands."""
    global _over
    _over = True


def interrupts(engine: Engine) -> None:
    """Have a signal end the query of an engine too.

    DuckDB hears a signal in the midst of a query, but waits until its threads have done it all.
    """
    _engines.add(engine)


def check() -> None:
    """Raise KeyboardInterrupt where a signal has come that nothing has ended by.

    An engine, say, may have made an error of its own of it, and that may have been caught.
    """
    if _told:
        raise KeyboardInterrupt(_told[-1])


@contextlib.contextmanager
def told_apart() -> Iterator[None]:
    """Let a signal be what it is in Python: an engine makes an error of its own of it."""
    try:
        yield
    except Exception:
        check()
        raise


def _end(number: int, frame: FrameType | None) -> None:
    if _over:
        return
    if _engines and _imports(frame) > _begun:
        # The client of an engine would take it for a module that is not there, and go on.
        _come_again(number)
        return
    _told.append(signal.Signals(number))
    for engine in list(_engines):
        with contextlib.suppress(Exception):  # one that is closed
            engine.interrupt()
    raise KeyboardInterrupt(_told[-1])


def _unheard(lost: "sys.UnraisableHookArgs") -> None:
    """Have a signal come again that Python lost while it tidied up an object."""
    if isinstance(lost.exc_value, KeyboardInterrupt) and _told:
        _come_again(_told[-1])
    else:
        sys.__unraisablehook__(lost)


def _come_again(number: int) -> None:
    # Of threading, another thread's start may hold a lock that this moment stands within.
    _thread.start_new_thread(_strike, (number,))


def _strike(number: int) -> None:
    time.sleep(_AGAIN_SECONDS)
    os.kill(os.getpid(), number)


def _imports(frame: FrameType | None) -> int:
    """How many imports are under way, one within another."""
    count = 0
    while frame is not None:
        count += (frame.f_code.co_filename, frame.f_code.co_name) == _IMPORT
        frame = frame.f_back
    return count


def signal_of(interrupt: KeyboardInterrupt) -> signal.Signals:
    """The signal that a KeyboardInterrupt stands for.

    Where an engine was at work it has lost its name (see files.interruptible): it is the one that
    came, and Ctrl-C where none did.

    >>> signal_of(KeyboardInterrupt()).name
    'SIGINT'
    """
    number: signal.Signals = (*interrupt.args, *_told, signal.SIGINT)[0]
    return number
