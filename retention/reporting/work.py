"""The work on one unit: execute, classify, render, check. Nothing here is written to disk."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from retention.params import Settings
from retention.reporting import bundles, export, gate, notebooks
from retention.reporting.kernels import Stop, execute
from retention.reporting.outcome import Execution, Outcome, Status, StepFailedError, classify


@dataclass(frozen=True)
class Task:
    """Everything that the work on one unit needs, and nothing that cannot travel to a worker.

    `notebook` is the text of the notebook, `folder` where it runs, `seconds` and `page_bytes` the
    limits of the unit.
    """

    settings: Settings
    notebook: str
    folder: Path
    seconds: int
    page_bytes: int


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


def work(task: Task, *, stop: Stop | None = None) -> Attempt:
    """Return what came of a unit; whatever goes wrong is its outcome and not an exception."""
    started = datetime.now(UTC)
    notebook = notebooks.from_text(task.notebook)
    try:
        execution = execute(
            notebook,
            parameters=notebooks.parameters(task.settings, folder=task.folder),
            folder=task.folder,
            seconds=task.seconds,
            stop=stop,
        )
    except Exception as error:  # a defect of the kit stays with its unit
        execution = Execution(notebook, error=error)
    outcome, made = classify(execution), partial(Attempt, notebook=execution.notebook)
    if outcome.status is Status.PUBLISHED:
        try:
            facts = bundles.facts(execution.notebook)
            frames = bundles.frames(execution.notebook)
            page = _page(execution.notebook, task.page_bytes)
            made = partial(made, page=page, facts=facts, frames=frames)
        except StepFailedError as error:
            outcome = classify(replace(execution, error=error))
    return made(outcome=outcome, started=started, finished=datetime.now(UTC))


def _page(notebook: NotebookNode, most_bytes: int) -> str:
    try:
        page = export.report_page(notebook)
    except Exception as error:  # whatever a notebook holds, its unit gets a status
        message = f"{type(error).__name__}: {error}"
        raise StepFailedError(Status.RENDER_FAILED, message) from error
    problems = gate.problems(page, most_bytes=most_bytes)
    if problems:
        raise StepFailedError(Status.GATE_FAILED, f"The page: {'; '.join(problems)}.")
    return page
