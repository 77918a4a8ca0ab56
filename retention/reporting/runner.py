"""Units side by side, each in a kernel of its own; the failure of one stops no other."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from retention.params import Settings
from retention.reporting import gate, manifest, notebooks
from retention.reporting.comparison import previous_report
from retention.reporting.delivery import Result, deliver, published_already
from retention.reporting.group_page import publish_group_page
from retention.reporting.index import write_index
from retention.reporting.kernels import Stop
from retention.reporting.limits import Limits
from retention.reporting.outcome import Outcome, Status
from retention.reporting.work import Attempt, Task, work


@dataclass(frozen=True)
class Plan:
    """How a batch is run. `jobs: None` is one unit per processor; `resume` skips finished units."""

    notebook: Path
    out: Path
    jobs: int | None = None
    limits: Limits = field(default_factory=Limits)
    page_bytes: int = gate.PAGE_BYTES
    resume: bool = False


@dataclass(frozen=True)
class Batch:
    """The results in the order of the settings, and the index page that shows them.

    `index` is None where it could not be written; the one before is still there. `group` is what
    became of the page of all units, None where there are too few for one. `stopped_by` is the
    signal that ended the run before its last unit, if one did.
    """

    results: list[Result]
    index: Path | None
    group: Outcome | None = None
    stopped_by: signal.Signals | None = None


def run(
    units: Sequence[Settings], plan: Plan, *, watch: Callable[[Result], object] = lambda _: None
) -> Batch:
    """Run the units and publish what is good; return what became of each.

    `units` have distinct slugs; an `as_of` they carry is passed to the notebook. `watch` is called
    in this thread, with each result as it is there. Raises SettingsRefused where the notebook
    cannot be run and OSError where `out` cannot be written at all, both before any kernel starts.
    A KeyboardInterrupt ends the kernels, keeps what is published and comes back as `stopped_by`:
    the signal that it carries, else SIGINT.
    """
    manifest.git_state.cache_clear()
    text = notebooks.as_text(notebooks.load_notebook(plan.notebook))
    source = {"name": plan.notebook.name, "sha256": manifest.sha256(plan.notebook.read_bytes())}
    plan.out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Result] = {}

    def settle(result: Result) -> None:
        results[result.settings.slug] = result
        watch(result)

    tasks = []
    for settings in units:
        done = published_already(settings, out=plan.out, notebook=source) if plan.resume else None
        if done:
            settle(done)
        else:
            folder = notebooks.working_folder(settings.path.parent, plan.notebook)
            before = previous_report(plan.out / settings.slug)
            task = Task(settings, text, folder, plan.limits, plan.page_bytes, before)
            tasks.append(task)
    stop, stopped_by, group = Stop(), None, None
    with ThreadPoolExecutor(_jobs(plan, len(tasks)), "unit") as executor:
        try:
            for task, attempt in _attempts(executor, tasks, stop):
                settle(deliver(task.settings, attempt, out=plan.out, notebook=source))
            group = _group(plan, stop)
        except KeyboardInterrupt as interrupt:
            stopped_by = signal_of(interrupt)
            stop.now()
            executor.shutdown(wait=True, cancel_futures=True)
    for settings in units:
        if settings.slug not in results:
            settle(Result(settings, Outcome(Status.INTERRUPTED, "The run was stopped before it.")))
    ordered = [results[settings.slug] for settings in units]
    return Batch(ordered, _index(plan.out), group, stopped_by)


def signal_of(interrupt: KeyboardInterrupt) -> signal.Signals:
    """Return the signal that a KeyboardInterrupt stands for."""
    return interrupt.args[0] if interrupt.args else signal.SIGINT


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _index(out: Path) -> Path | None:
    try:
        return write_index(out)
    except OSError:
        return None


def _group(plan: Plan, stop: Stop) -> Outcome | None:
    return publish_group_page(plan.out, limits=plan.limits, page_bytes=plan.page_bytes, stop=stop)


def _jobs(plan: Plan, units: int) -> int:
    return max(1, min(plan.jobs or processors(), units))


def _attempts(
    executor: Executor, tasks: Sequence[Task], stop: Stop
) -> Iterator[tuple[Task, Attempt]]:
    futures = {executor.submit(work, task, stop=stop): task for task in tasks}
    for future in as_completed(list(futures)):
        # Popped and not kept: an executed notebook may hold many megabytes.
        yield futures.pop(future), future.result()
