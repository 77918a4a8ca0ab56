"""Who works on the units of a run: threads of this process here, a Dask cluster in `cluster`."""

from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Protocol

from retention import stops
from retention.reporting import notebooks
from retention.reporting.kernels import Kernels
from retention.reporting.lock import uninterrupted
from retention.reporting.outcome import Outcome
from retention.reporting.statuses import Status
from retention.reporting.work import Attempt, Task, work

_LOOK_SECONDS = 1.0


class Workers(Protocol):
    """What takes the tasks of a run, in the manner of a `concurrent.futures` executor."""

    def submit(self, task: Task) -> "Future[Attempt]":
        """Have a task worked on; what its future raises says that no worker did it."""

    def stop(self) -> None:
        """End what is at work, its kernels too, and begin nothing more; return once that is so."""

    def gone(self) -> str:
        """Why nobody will do what is left; empty while somebody may."""

    def lost(self, error: BaseException) -> str:
        """What the error of a future says, in plain words."""


class Threads:
    """Threads of this process, each of which waits for a kernel of its own."""

    def __init__(self, jobs: int, kernels: Kernels) -> None:
        self._executor = ThreadPoolExecutor(jobs, "unit")
        self._kernels = kernels

    def submit(self, task: Task) -> "Future[Attempt]":
        """As Workers say."""
        return self._executor.submit(work, task, kernels=self._kernels)

    def stop(self) -> None:
        """As Workers say."""
        self._kernels.stop()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def gone(self) -> str:
        """Never: a thread that is at work ends, by the time limit of its unit at the latest."""
        return ""

    def lost(self, error: BaseException) -> str:
        """As Workers say; what a unit meets is its outcome, so this is a defect of the kit."""
        return f"{type(error).__name__}: {error}"


def attempts(tasks: Sequence[Task], workers: Workers) -> Generator[tuple[Task, Attempt]]:
    """Each task with what came of it, as it is there; what ends this early ends the kernels."""
    futures: dict[Future[Attempt], Task] = {}
    try:
        for task in tasks:
            futures[workers.submit(task)] = task
        while futures:
            done, _ = wait(futures, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            stops.check()
            why = workers.gone()
            for future in done:
                # Popped and not kept: an executed notebook may hold many megabytes.
                task = futures.pop(future)
                try:
                    attempt = future.result()
                except Exception as error:
                    attempt = failed(task, workers.lost(error))
                yield task, attempt
            if why and not done:
                for task in futures.values():
                    yield task, failed(task, why)
                futures.clear()
                workers.stop()
    except BaseException:
        with uninterrupted():
            workers.stop()
        raise


def failed(task: Task, why: str) -> Attempt:
    """The attempt of a task that no worker did."""
    now = datetime.now(UTC)
    outcome = Outcome(Status.WORKER_FAILED, why)
    return Attempt(outcome, started=now, finished=now, notebook=notebooks.from_text(task.notebook))
