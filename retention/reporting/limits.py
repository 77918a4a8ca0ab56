"""What one unit may take of the machine, and what its kernel was seen to take."""

import contextlib
import threading
from dataclasses import dataclass
from types import TracebackType

import psutil

from retention.sources import MEMORY

UNIT_SECONDS = 3600
MEGABYTE = 1_000_000

_EVERY_SECONDS = 0.2
# Python with what a report imports and draws; and what DuckDB counts of what it takes.
_OF_KERNEL_BYTES = 500 * MEGABYTE
_OF_ENGINE = 0.75
_LEAST_MEGABYTES = 100


@dataclass(frozen=True)
class Limits:
    """Seconds for all cells together and for one cell, bytes of memory of the kernel; None: any."""

    unit_seconds: int = UNIT_SECONDS
    cell_seconds: int | None = None
    memory_bytes: int | None = None

    def environment(self) -> dict[str, str]:
        """What a kernel is told, so that its engine spills before the kernel is killed."""
        if self.memory_bytes is None:
            return {}
        left = (self.memory_bytes - _OF_KERNEL_BYTES) * _OF_ENGINE
        return {MEMORY: str(max(_LEAST_MEGABYTES, int(left / MEGABYTE)))}


class MemoryWatch:
    """Looks at the memory of a process and of those it started, a few times a second; a context.

    `peak` is the most that was seen, in bytes: the resident memory, which is what a machine runs
    out of. A process that takes more than `most` is killed, with what it started.
    """

    def __init__(self, pid: int, *, most: int | None = None) -> None:
        self.peak = 0
        self._pid = pid
        self._most = most
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        # Seen before it does anything, since it may die before the thread looks.
        with contextlib.suppress(psutil.Error):
            self.peak = _resident(psutil.Process(self._pid))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            process = psutil.Process(self._pid)
            while True:
                family = [process, *process.children(recursive=True)]
                self.peak = max(self.peak, sum(_resident(member) for member in family))
                if self._most is not None and self.peak > self._most:
                    for member in family:
                        member.kill()
                if self._over.wait(_EVERY_SECONDS):
                    return
        except psutil.Error:  # it ended: there is nothing more to see
            return


def _resident(process: psutil.Process) -> int:
    try:
        resident: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return resident
