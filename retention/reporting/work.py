"""The work on one unit: execute, classify, render, check. Nothing here is written to disk."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from retention.language import Language
from retention.params import Settings
from retention.reporting import bundles, export, gate, notebooks
from retention.reporting.banners import banners
from retention.reporting.comparison import LEDGER, RESTATEMENTS, Comparison, Previous, compared
from retention.reporting.freshness import Freshness, stale
from retention.reporting.kernels import Kernels, execute
from retention.reporting.limits import Limits
from retention.reporting.manifest import kit_version
from retention.reporting.outcome import Execution, Outcome, StepFailedError, classify
from retention.reporting.secrets import named, secrets, without
from retention.reporting.statuses import Status


@dataclass(frozen=True)
class Task:
    """Everything that the work on one unit needs, and nothing that cannot travel to a worker.

    `notebook` is the text of the notebook, `folder` where it runs, `page_bytes` the size that a
    page may have, `previous` the report of the unit that was published before.
    """

    settings: Settings
    notebook: str
    folder: Path
    limits: Limits
    page_bytes: int
    previous: Previous | None = None


@dataclass(frozen=True)
class Attempt:
    """What the work on one unit produced, before anything of it is published."""

    outcome: Outcome
    started: datetime
    finished: datetime
    notebook: NotebookNode
    page: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    frames: dict[str, str] = field(default_factory=dict)
    comparison: Comparison | None = None
    freshness: dict[str, Any] | None = None
    memory: int = 0
    executed: datetime | None = None


def work(task: Task, *, kernels: Kernels | None = None) -> Attempt:
    """Return what came of a unit; whatever goes wrong is its outcome and not an exception."""
    started, began = datetime.now(UTC), time.monotonic()
    notebook = notebooks.from_text(task.notebook)
    try:
        execution = execute(
            notebook,
            parameters=notebooks.parameters(task.settings, folder=task.folder),
            folder=task.folder,
            limits=task.limits,
            kernels=kernels,
        )
    except Exception as error:  # a defect of the kit stays with its unit
        execution = Execution(notebook, error=error)
    executed = _since(started, began)
    outcome, made = (
        classify(execution),
        partial(Attempt, executed=executed, notebook=execution.notebook, memory=execution.memory),
    )
    if outcome.status is Status.PUBLISHED:
        try:
            made = partial(made, **_finished(execution.notebook, task, started))
        except Exception as error:  # here too
            outcome = classify(replace(execution, error=failed_step(error)))
    attempt = made(outcome=outcome, started=started, finished=_since(started, began))
    return attempt if outcome.status.good else _without_secrets(task.settings, attempt)


def _since(started: datetime, began: float) -> datetime:
    """What time it is, by a clock that nobody has moved since `began`."""
    return started + timedelta(seconds=time.monotonic() - began)


def failed_step(error: Exception) -> StepFailedError:
    """What a step after the notebook raised, as one that names its status."""
    if isinstance(error, StepFailedError):
        return error
    failed = StepFailedError(Status.RENDER_FAILED, f"{type(error).__name__}: {error}")
    failed.__cause__ = error
    return failed


def _finished(notebook: NotebookNode, task: Task, started: datetime) -> dict[str, Any]:
    """What a whole execution adds to an attempt: its facts, its frames, its page."""
    facts, frames = bundles.facts(notebook), bundles.frames(notebook)
    comparison = _compared(task, facts, frames)
    if comparison and comparison.moved is not None:
        frames[RESTATEMENTS] = bundles.as_csv(comparison.moved)
    language, as_of = Language.of(facts), date.fromisoformat(facts["as_of"])
    fresh = Freshness.of(task.settings, started)
    missed = fresh.missed(as_of, language.frequency, language.rules)
    old = [stale(missed, as_of, fresh.today, language)] if missed else []
    told = [*old, *banners(comparison, language)]
    page = checked_page(notebook, told, task.page_bytes)
    _refuse_leaks(task.settings, notebook, frames, page)
    made: dict[str, Any] = {"page": page, "facts": facts, "frames": frames}
    return made | {"comparison": comparison, "freshness": fresh.record(missed)}


def _compared(task: Task, facts: dict[str, Any], frames: dict[str, str]) -> Comparison | None:
    if task.previous is None or LEDGER not in frames:
        return None
    now = {"facts": facts, "settings": task.settings.resolved(), "kit": kit_version()}
    return compared(task.previous, frames[LEDGER], now)


def checked_page(notebook: NotebookNode, told: list[export.Banner], most_bytes: int) -> str:
    """Return the page of an executed notebook; StepFailedError where it must not be published."""
    try:
        page = export.report_page(notebook, told)
    except Exception as error:  # whatever a notebook holds, its unit gets a status
        raise failed_step(error) from error
    problems = gate.problems(page, most_bytes=most_bytes)
    if problems:
        raise StepFailedError(Status.GATE_FAILED, f"The page: {'; '.join(problems)}.")
    return page


def _refuse_leaks(
    settings: Settings, notebook: NotebookNode, frames: dict[str, str], page: str
) -> None:
    """Raise StepFailedError where a file would name a customer, or a secret of the environment."""
    tables = {f"data/{name}.csv": csv for name, csv in frames.items()}
    written = {"The page": page, "report.ipynb": notebooks.as_text(notebook), **tables}
    problems = [
        *(f"{name}: {found}" for name, csv in tables.items() for found in gate.customers(csv)),
        *(
            f"{name}: the value of the environment variable {variable}"
            for name, text in written.items()
            for variable in named(text, secrets(settings))
        ),
    ]
    if problems:
        raise StepFailedError(Status.GATE_FAILED, f"Not to be published: {'; '.join(problems)}.")


def _without_secrets(settings: Settings, attempt: Attempt) -> Attempt:
    """What a failure leaves is written too, and may quote what the environment gave."""
    known = secrets(settings)
    if not known:
        return attempt
    outcome = replace(
        attempt.outcome,
        message=without(attempt.outcome.message, known),
        traceback=without(attempt.outcome.traceback, known),
    )
    notebook = notebooks.from_text(without(notebooks.as_text(attempt.notebook), known))
    return replace(attempt, outcome=outcome, notebook=notebook)
