"""What a command waits for while an engine is at work, and how far that is."""

import threading
import time
from collections.abc import Callable
from types import TracebackType

from retention import how_far

LOOK_SECONDS = 0.2
"""How often the engine is asked how far it is."""

LINE_SECONDS = 60.0
"""How often whoever reads a log is told of what takes long, and for how long nothing is said."""

THREAD = "retention-waiting"

SHORT_SECONDS = 1.0
"""A query that takes less is no step, and nobody is told how far it is."""


class Steps:
    """Which of several queries is under way, by how far the engine is; it begins anew with each.

    >>> steps = Steps()
    >>> [steps.at(2.0 * second, of_query) for second, of_query in enumerate([5, 70, 2, 31])]
    [(0, None), (1, 70), (1, None), (2, 31)]
    """

    def __init__(self) -> None:
        self._number, self._counted = 0, False
        self._last: float | None = None
        self._since = 0.0

    def at(self, seconds: float, of_query: float | None) -> tuple[int, int | None]:
        """How many queries were long until `seconds`, and per cent of the last; None if unknown."""
        if of_query is None:
            return self._number, None
        if self._last is None or of_query < self._last:
            self._since, self._counted = seconds, False
        self._last = of_query
        if seconds - self._since < SHORT_SECONDS:
            return self._number, None
        self._number += not self._counted
        self._counted = True
        return self._number, int(of_query)


class Waiting:
    """Tells of one thing, again and again, until it is done: a context, with a thread of its own.

    what: its words. `show` gets the words, and per cent where they are known; these never fall, for
    the second long query is a step with a number of its own. `tell` gets a line where it takes
    long. Either may be None.
    """

    def __init__(
        self,
        what: str,
        *,
        show: Callable[[str, int | None], object] | None = None,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        self._what, self._show, self._tell = what, show, tell
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=THREAD, daemon=True)

    def __enter__(self) -> "Waiting":
        how_far.ask(self)
        if self._show:
            self._show(self._what, None)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        how_far.ask_no_more(self)
        # A signal may have come before it was started.
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        steps, began = Steps(), time.monotonic()
        told = began
        while not self._over.wait(LOOK_SECONDS):
            now = time.monotonic()
            number, per_cent = steps.at(now - began, how_far.per_cent())
            words = f"{self._what}, step {number}" if number > 1 else self._what
            if self._show:
                self._show(words, per_cent)
            if self._tell and now - told >= LINE_SECONDS:
                told = now
                known = "" if per_cent is None else f", {per_cent} %"
                self._tell(f"{words}{known} after {now - began:.0f} s")
