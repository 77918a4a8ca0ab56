"""reports/portfolio.html: the page of all units, made by its notebook once the units are done."""

from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

from retention.errors import SettingsRefused
from retention.reporting import bundles, notebooks, publishing
from retention.reporting.kernels import Kernels, execute
from retention.reporting.limits import Limits
from retention.reporting.outcome import Execution, Outcome, StepFailedError, classify
from retention.reporting.statuses import Status
from retention.reporting.work import checked_page

FEWEST = 2
"""How many units must have a report before a page sets them side by side."""


def publish_group_page(
    out: Path, *, limits: Limits, page_bytes: int, kernels: Kernels | None = None
) -> Outcome | None:
    """Put the page of all units in place and return what became of it.

    None where fewer than FEWEST units have a report with the figures that are compared: then
    there is no page. A page that failed leaves the one before as it was.
    """
    compared = [folder for folder in out.iterdir() if publishing.compared(folder)]
    if len(compared) < FEWEST:
        try:
            for name in (publishing.GROUP_PAGE, notebooks.PORTFOLIO):
                (out / name).unlink(missing_ok=True)
        except OSError as error:
            return _not_written(error)
        return None
    try:
        execution = _executed(out, limits, kernels)
    except SettingsRefused as refusal:
        return Outcome(Status.SETTINGS_REFUSED, str(refusal))
    outcome = classify(execution)
    if outcome.status is not Status.PUBLISHED:
        return outcome
    try:
        bundles.facts(execution.notebook)
        page = checked_page(execution.notebook, [], page_bytes)
    except StepFailedError as error:
        return classify(replace(execution, error=error))
    return _published(out, page, execution.notebook)


def _executed(out: Path, limits: Limits, kernels: Kernels | None) -> Execution:
    path = notebooks.default_notebook(notebooks.PORTFOLIO)
    notebook = notebooks.load_notebook(path, passed=("reports",))
    # It runs where it is published, so that it opens there too and tells no path of a machine.
    return execute(
        notebook, parameters={"reports": "."}, folder=out, limits=limits, kernels=kernels
    )


def _published(out: Path, page: str, notebook: NotebookNode) -> Outcome:
    try:
        publishing.replace(out / notebooks.PORTFOLIO, notebooks.as_text(notebook).encode(), out=out)
        publishing.replace(out / publishing.GROUP_PAGE, page.encode(), out=out)
    except OSError as error:
        return _not_written(error)
    return Outcome(Status.PUBLISHED)


def _not_written(error: OSError) -> Outcome:
    return Outcome(Status.PUBLISH_FAILED, f"{publishing.GROUP_PAGE}: {error.strerror or error}")
