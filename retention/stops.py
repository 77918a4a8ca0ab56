"""The signals that end a command, and which of them it was."""

import signal
from types import FrameType

_told: list[signal.Signals] = []


def heed() -> None:
    """Have SIGTERM, as of a scheduler, end what runs as Ctrl-C does: with all that is half done."""
    signal.signal(signal.SIGTERM, _end)
    # What a shell starts in its background is to be deaf to Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def check() -> None:
    """Raise KeyboardInterrupt where a signal has come that nothing has ended by.

    An engine's client that imports something just then takes it for an import that fails.
    """
    if _told:
        raise KeyboardInterrupt(_told[-1])


def _end(number: int, _frame: FrameType | None) -> None:
    _told.append(signal.Signals(number))
    raise KeyboardInterrupt(_told[-1])


def signal_of(interrupt: KeyboardInterrupt) -> signal.Signals:
    """The signal that a KeyboardInterrupt stands for.

    Where an engine was at work it has lost its name (see files.interruptible): it is the one that
    came, and Ctrl-C where none did.

    >>> signal_of(KeyboardInterrupt()).name
    'SIGINT'
    """
    number: signal.Signals = (*interrupt.args, *_told, signal.SIGINT)[0]
    return number
