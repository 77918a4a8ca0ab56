"""Units side by side, each in a kernel of its own; the failure of one stops no other."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention import scratch, stops
from retention.params import Settings
from retention.reporting import beside, gate, manifest, notebooks, publishing
from retention.reporting.comparison import previous_report
from retention.reporting.delivery import UNSEEN, Result, deliver, reasons_to_run, skipped
from retention.reporting.group_page import publish_group_page
from retention.reporting.index import NAME as INDEX
from retention.reporting.index import write_index
from retention.reporting.kernels import Kernels
from retention.reporting.limits import Limits
from retention.reporting.lock import FolderInUse, sole_run, uninterrupted
from retention.reporting.outcome import Execution, Outcome, StoppedError, classify
from retention.reporting.run_log import RunLog, have_run
from retention.reporting.statuses import Status
from retention.reporting.warm import Zygote, zygote
from retention.reporting.work import Attempt, Task
from retention.reporting.workers import Threads, attempts

if TYPE_CHECKING:
    from retention.reporting.cluster import Cluster

OTHERS_READ = "its data changed after they were checked; its report is of what it read then"
FEWEST = 2
"""From how many units on it pays to begin what kernels are forked from once they are due: the
kernel of one alone would wait for the very same imports."""


@dataclass(frozen=True)
class Plan:
    """How a batch is run.

    `jobs: None` is one unit per processor; `resume` skips finished units, and only those whose data
    are the same where `fingerprints` (by slug) are given; `wait` waits for another run that holds
    `out`; `cluster` does the units where there is one, and this machine the page of all units.
    `checked` are the fingerprints of the data as they were checked; a report of others is told.
    `forked` is what kernels are forked from, where that has begun already.
    """

    notebook: Path
    out: Path
    jobs: int | None = None
    limits: Limits = field(default_factory=Limits)
    page_bytes: int = gate.PAGE_BYTES
    resume: bool = False
    fingerprints: Mapping[str, str | None] | None = None
    wait: bool = False
    cluster: "Cluster | None" = None
    checked: Mapping[str, str | None] = field(default_factory=dict)
    forked: Zygote | None = None


@dataclass(frozen=True)
class Batch:
    """The results in the order of the settings, and the index page that shows them.

    `index` is None where it could not be written; the one before is still there. `group` is what
    became of the page of all units, None where there are too few for one or nothing has changed.
    `stopped_by` is the signal that ended the run before its last unit, if one did. `summary` is the
    log of the run.
    """

    results: list[Result]
    index: Path | None
    group: Outcome | None = None
    stopped_by: signal.Signals | None = None
    summary: dict[str, Any] = field(default_factory=dict)


def run(
    units: Sequence[Settings],
    plan: Plan,
    *,
    watch: Callable[[Result], object] = lambda _: None,
    tell: Callable[[str], object] = lambda _: None,
) -> Batch:
    """Run the units and publish what is good; return what became of each.

    `units` have distinct slugs; an `as_of` they carry is passed to the notebook. `watch` is called
    in this thread, with each result as it is there; `tell` with what else a user should know.
    Raises SettingsRefused where the notebook cannot be run, or the cluster cannot run it,
    FolderInUse where another run holds `out`, and OSError where it cannot be written at all, all
    before any kernel starts. A KeyboardInterrupt ends the kernels, keeps what is published and
    comes back as `stopped_by`: the signal that it carries, else SIGINT.
    """
    manifest.git_state.cache_clear()
    notebook = notebooks.load_notebook(plan.notebook)
    text = notebooks.as_text(notebook)
    source = manifest.of_notebook(plan.notebook)
    folders = [notebooks.working_folder(unit.path.parent, plan.notebook) for unit in units]
    if plan.cluster:
        plan.cluster.check(folders, units)
    plan.out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Result] = {}
    with sole_run(plan.out, wait=plan.wait, tell=tell):
        publishing.repair(plan.out)
        scratch.clear()
        log = RunLog(plan.out, units=[settings.slug for settings in units])

        def settle(result: Result) -> None:
            results[result.settings.slug] = result
            log.unit(result)
            watch(result)

        tasks = []
        for settings, folder in zip(units, folders, strict=True):
            if plan.resume and _is_current(settings, plan, source):
                seen = plan.fingerprints is not None
                settle(skipped(settings, out=plan.out, data_seen=seen))
                continue
            before = previous_report(plan.out / settings.slug)
            task = Task(settings, text, folder, plan.limits, plan.page_bytes, before)
            tasks.append(task)
        stopped_by, group = None, None
        try:
            with _forked(plan, len(tasks), notebooks.imports(notebook)) as forked:
                kernels = Kernels(forked)
                workers = plan.cluster or Threads(_jobs(plan, len(tasks)), kernels)
                with contextlib.closing(attempts(tasks, workers)) as done:
                    for task, attempt in done:
                        with uninterrupted():
                            settle(deliver(task.settings, attempt, out=plan.out, notebook=source))
                        if _others_read(task.settings.slug, attempt, plan):
                            tell(f"{task.settings.slug}: {OTHERS_READ}")
                group = _group(plan, results.values(), kernels)
        except KeyboardInterrupt as interrupt:
            stopped_by = stops.signal_of(interrupt)
        with uninterrupted():
            for settings in units:
                if settings.slug not in results:
                    outcome = classify(Execution(notebooks.from_text(text), error=StoppedError()))
                    settle(Result(settings, outcome))
            index = _index(plan.out)
            _lead_back(plan.out)
            # The other run may have ended while this one held the folder.
            with contextlib.suppress(OSError):
                publishing.lead_across(plan.out)
            summary = log.end(stopped_by, group)
    ordered = [results[settings.slug] for settings in units]
    return Batch(ordered, index, group, stopped_by, summary)


def _forked(
    plan: Plan, units: int, statements: Iterable[str]
) -> contextlib.AbstractContextManager[Zygote | None]:
    if plan.forked:
        return contextlib.nullcontext(plan.forked)
    if plan.cluster or units < FEWEST:
        return contextlib.nullcontext()
    return zygote(statements)


def _is_current(settings: Settings, plan: Plan, notebook: Mapping[str, str]) -> bool:
    known = plan.fingerprints
    fingerprint = UNSEEN if known is None else known.get(settings.slug)
    reasons = reasons_to_run(settings, out=plan.out, notebook=notebook, fingerprint=fingerprint)
    return not reasons


def _others_read(slug: str, attempt: Attempt, plan: Plan) -> bool:
    """Whether a unit has a report of other rows than were checked."""
    checked = plan.checked.get(slug)
    read = (attempt.facts.get("source") or {}).get("fingerprint")
    return None not in (checked, read) and checked != read


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _index(out: Path) -> Path | None:
    try:
        index = write_index(out)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        publishing.clear(out)
    return index


def _lead_back(out: Path) -> None:
    """Let the other pages of the units lead to what is published, unless a run is at work there.

    Then that run, or the next one there, sees to it. A page of somebody else may have the name of
    the index: without the log of a run the folder is none of ours.
    """
    other = beside.folder(out)
    if (other / INDEX).is_file() and have_run(other):
        with contextlib.suppress(OSError, FolderInUse), sole_run(other):
            publishing.repair(other)
            _index(other)


def _group(plan: Plan, results: Iterable[Result], kernels: Kernels) -> Outcome | None:
    made = (plan.out / publishing.GROUP_PAGE).exists()
    if made and all(result.outcome.status is Status.SKIPPED for result in results):
        return None
    try:
        return publish_group_page(
            plan.out, limits=plan.limits, page_bytes=plan.page_bytes, kernels=kernels
        )
    except Exception as error:  # the index and the log of the run come after it
        return Outcome(Status.RENDER_FAILED, f"{type(error).__name__}: {error}")


def _jobs(plan: Plan, units: int) -> int:
    return max(1, min(plan.jobs or processors(), units))
