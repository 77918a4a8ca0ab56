"""A Dask cluster in the place of this machine's processors; the extra `dask`.

What runs on a worker is `work`, as it runs here, with what the worker's machine has: its files,
under the same paths, and its environment. A worker that is lost costs no unit its report: the
scheduler gives what it was at work on to another.
"""

import contextlib
import logging
import platform
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from retention import scratch, sources
from retention.errors import DataRefused, SettingsRefused
from retention.optional_sources import OPTIONAL
from retention.params import Settings
from retention.reporting import manifest
from retention.reporting.kernels import Kernels
from retention.reporting.statuses import Status
from retention.reporting.work import Attempt, Task, work
from retention.reporting.workers import failed

if TYPE_CHECKING:
    from distributed import Client, Worker

DASK = "dask"
"""The executor that a cluster is."""
CONNECT_SECONDS = 15
"""How long a scheduler may take to answer."""
PATIENCE_SECONDS = 60.0
"""How long a cluster may have no worker at all before what is left is given up."""

_ASK_SECONDS = 5
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Terms:
    """What a worker must have: the versions of the runner, paths, and sources with their folder."""

    versions: Mapping[str, str | None]
    paths: tuple[Path, ...] = ()
    data: tuple[tuple[str, Path], ...] = ()

    @classmethod
    def of(cls, paths: Sequence[Path] = (), units: Sequence[Settings] = ()) -> "Terms":
        """The terms of this process, for paths and for the data of units."""
        versions = {"Python": _python(), "the kit": manifest.kit_version(), **manifest.libraries()}
        named = {
            (source, settings.path.parent)
            for settings in units
            for source in (settings.source, *(getattr(settings, key) for key in OPTIONAL))
            if source
        }
        return cls(versions, tuple(paths), tuple(sorted(named)))

    def unmet(self) -> list[str]:
        """What this process lacks of them, one line each."""
        here = Terms.of().versions
        lines = [
            f"{name} is {here.get(name)} there and {version} here; install the same"
            for name, version in self.versions.items()
            if here.get(name) != version
        ]
        lines += [
            f"there is no {path}; folders of notebooks, settings and data must have the same path "
            "on all machines"
            for path in self.paths
            if not path.exists()
        ]
        # A folder that is not there has been named already.
        for source, folder in (named for named in self.data if named[1].exists()):
            try:
                sources.look(source, folder=folder)
            except DataRefused as refusal:
                lines.append(f"settings in {folder}: {refusal}")
        return lines


class Cluster:
    """The workers of a Dask scheduler, as `workers.Workers`."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._address = client.scheduler.address
        self._patience = PATIENCE_SECONDS
        self._executor = client.get_executor(pure=False)
        self._deserted: float | None = None

    def check(self, folders: Sequence[Path], units: Sequence[Settings]) -> None:
        """Raise SettingsRefused where there is no worker, or one that cannot do the work.

        folders: those in which the kernels of the units are to work.
        """
        self._deserted = None
        while not self._workers():
            if why := self.gone():
                raise SettingsRefused([why])
            time.sleep(_LOOK_SECONDS)
        self._deserted = None
        terms = Terms.of([*folders, *(settings.path for settings in units)], units)
        answers = self._client.run(_unmet, terms, on_error="return")
        problems = [
            f"worker {address}: {line}"
            for address, answer in sorted(answers.items())
            for line in ([_unusable(answer)] if isinstance(answer, Exception) else answer)
        ]
        if problems:
            raise SettingsRefused(problems)

    def submit(self, task: Task) -> "Future[Attempt]":
        """As Workers say."""
        terms = Terms.of([task.folder, task.settings.path])
        future: Future[Attempt] = self._executor.submit(work_there, task, terms)
        return future

    def stop(self) -> None:
        """As Workers say; a worker ends its kernel a moment after it hears of it."""
        self._executor.shutdown(wait=False)

    def gone(self) -> str:
        """As Workers say."""
        if self._client.status != "running":
            return f"The scheduler {self._address} is gone; start it, and run again."
        if self._workers():
            self._deserted = None
            return ""
        # From the first look that found nobody: nobody may have looked for long before.
        if self._deserted is None:
            self._deserted = time.monotonic()
        if time.monotonic() - self._deserted > self._patience:
            return (
                f"The scheduler {self._address} has had no worker for {self._patience:g} seconds; "
                f"start some with `dask worker {self._address} --nthreads 1`, and run again."
            )
        return ""

    def lost(self, error: BaseException) -> str:
        """As Workers say."""
        name, said = type(error).__name__, str(error).partition("\n")[0]
        if name == "KilledWorker":
            last = getattr(error, "last_worker", None)
            where = f", {last.address} the last of them" if last else ""
            return f"Every worker that it was given to was lost{where}; look at their memory."
        return self.gone() or f"No worker finished it ({name}: {said})."

    def _workers(self) -> Mapping[str, int]:
        try:
            found: Mapping[str, int] = self._client.sync(
                self._client.scheduler.ncores, callback_timeout=_ASK_SECONDS
            )
        except Exception:  # whatever a connection that breaks raises: nobody was seen
            return {}
        return found


@contextlib.contextmanager
def chosen(executor: str, scheduler: str | None, jobs: int | None) -> "Iterator[Cluster | None]":
    """The cluster that the options of a command name, None where they name none.

    Raises SettingsRefused where they do not go together, and as `joined`.
    """
    if executor != DASK:
        if scheduler:
            raise SettingsRefused(["--scheduler: it is of a Dask cluster; add --executor dask"])
        yield None
        return
    if not scheduler:
        raise SettingsRefused(["--executor dask: give the address of its --scheduler too"])
    if jobs:
        raise SettingsRefused(
            ["--jobs: on a Dask cluster each thread of a worker does one unit; leave it out"]
        )
    with joined(scheduler) as cluster:
        yield cluster


@contextlib.contextmanager
def joined(scheduler: str) -> Iterator[Cluster]:
    """The cluster of a scheduler, like `tcp://host:8786`.

    Raises SettingsRefused where Dask is not installed or nothing answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise SettingsRefused(
            [
                "--executor dask: Dask is not installed; install it with "
                "pip install 'retention-report-kit[dask]'"
            ]
        ) from None
    # What it would write to stderr is said in our words, or in the log of the scheduler.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False, name="retention")
    except (OSError, ValueError, TypeError) as error:
        said = str(error).partition("\n")[0]
        raise SettingsRefused(
            [
                f"--scheduler {scheduler}: no Dask scheduler answers there ({said}); start one "
                "with `dask scheduler`, and give the address that it prints"
            ]
        ) from None
    try:
        yield Cluster(client)
    finally:
        # The run is over: a scheduler that does not answer in time changes nothing of its end.
        with contextlib.suppress(OSError):
            client.close(timeout=_ASK_SECONDS)


def work_there(task: Task, terms: Terms) -> Attempt:
    """On a worker: what came of a unit, with the name of the worker where it is not good."""
    from distributed import get_worker

    worker = get_worker()
    name = f"worker {worker.address} on {socket.gethostname()}"
    if unmet := terms.unmet():
        return failed(task, f"The {name} cannot do it: {'; '.join(unmet)}.")
    kernels = Kernels()
    with _ending_with(worker, kernels):
        attempt = work(task, kernels=kernels)
    if attempt.outcome.status in (Status.PUBLISHED, Status.INTERRUPTED):
        return attempt
    told = f"{attempt.outcome.message} (On {name}.)"
    return replace(attempt, outcome=replace(attempt.outcome, message=told))


@contextlib.contextmanager
def _ending_with(worker: "Worker", kernels: Kernels) -> Iterator[None]:
    """Kill the kernels once nobody waits for this task: its runner was stopped, or is gone.

    Dask takes such a task off its books, and leaves the thread to itself.
    """
    key, over = worker.get_current_task(), threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            known = worker.state.tasks.get(key)
            if known is None or known.state == "cancelled":
                kernels.stop()
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _unmet(terms: Terms) -> list[str]:
    scratch.clear()
    return terms.unmet()


def _unusable(error: Exception) -> str:
    said = f"{type(error).__name__}: {error}".partition("\n")[0]
    return (
        f"the kit does not work there ({said}); install retention-report-kit[dask] "
        f"{manifest.kit_version()}, with the versions of constraints.txt"
    )


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])
