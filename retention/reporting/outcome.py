"""What became of a unit: one classifier from what happened to a status and a message.

Nothing here trusts the metadata of an executed notebook: after a killed kernel or a timeout
papermill marks every cell completed, and it takes `SystemExit(0)` for success. What counts is what
the runner saw itself: the exception, and which cells the kernel answered with "ok".
"""

import re
import signal
import traceback
from dataclasses import dataclass, field

from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from retention.reporting.limits import MEGABYTE, Limits
from retention.reporting.statuses import Status

# Raised in the kernel, these speak to the user: their message is shown as it is.
_SPEAKING = {
    "SettingsRefused": Status.SETTINGS_REFUSED,
    "DataRefused": Status.DATA_REFUSED,
    "CheckFailed": Status.CHECK_FAILED,
}
# What psycopg raises where a server gives up in mid-query, by the names it has in the kernel.
_GAVE_UP = frozenset(
    {"OperationalError", "AdminShutdown", "CrashShutdown", "DatabaseDropped", "QueryCanceled"}
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# jupyter_client says this with a bare RuntimeError.
_SLOW_START = "Kernel didn't respond"
_DEAD_START = "Kernel died before replying"
# And nbclient this with the same error as for a cell that is still at work.
_LATE_OUTPUT = "Timeout waiting for IOPub output"


class StepFailedError(Exception):
    """A step after the notebook found a reason not to publish; it names its status itself."""

    def __init__(self, status: Status, message: str) -> None:
        self.status = status
        super().__init__(message)


class StoppedError(Exception):
    """The run was told to stop while this unit was at work or waiting."""


@dataclass(frozen=True)
class Execution:
    """What the runner saw of one notebook: as far as it got, and what it met.

    `answered`: ids of the cells that the kernel answered with "ok". `error`: what was raised, if
    anything. `exit_code` and `stderr`: of a kernel that died. `cell_limited`: whether the last cell
    had less time than the unit. `memory`: the most bytes that the kernel was seen to have, 0 where
    the system did not say.
    """

    notebook: NotebookNode
    answered: frozenset[str] = frozenset()
    error: BaseException | None = None
    exit_code: int | None = None
    stderr: str = ""
    limits: Limits = field(default_factory=Limits)
    cell_limited: bool = False
    memory: int = 0


@dataclass(frozen=True)
class Outcome:
    """Status of a unit, with its message in plain words and, for the analyst, a traceback."""

    status: Status
    message: str = ""
    cell: int | None = None
    traceback: str = ""


def classify(execution: Execution) -> Outcome:
    """Return what became of a unit; `Status.PUBLISHED` means that nothing speaks against it.

    The order matters: a kernel that died or ran out of time may leave an error of an earlier cell
    behind, and every failure leaves cells that did not run.

    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> cell = new_code_cell("1 + 1", id="a")
    >>> classify(Execution(new_notebook(cells=[cell]), frozenset({"a"}))).status.value
    'published'
    >>> classify(Execution(new_notebook(cells=[cell]))).message
    'Code cell 1 did not run.'
    """
    error = execution.error
    if isinstance(error, StoppedError):
        return Outcome(Status.INTERRUPTED, "The run was stopped before this unit was done.")
    if isinstance(error, StepFailedError):
        return Outcome(error.status, str(error), traceback=_chain(error.__cause__))
    missing = _first_missing(execution)
    if isinstance(error, DeadKernelError) or _DEAD_START in str(error):
        return _died(execution, missing)
    if isinstance(error, TimeoutError) or _SLOW_START in str(error):
        return _timed_out(execution, missing)
    if missing and (shown := _shown_error(missing.cell)):
        return _notebook_error(missing, shown)
    if error is not None:
        message = f"The notebook could not be executed: {type(error).__name__}: {error}"
        return Outcome(Status.NOTEBOOK_ERROR, message, traceback=_chain(error))
    if missing:
        return Outcome(Status.TRUNCATED, f"{missing.name} did not run.", missing.number)
    return Outcome(Status.PUBLISHED)


@dataclass(frozen=True)
class _Missing:
    """The first code cell without a good answer: its number as in `In [3]`, and where it stands."""

    cell: NotebookNode
    number: int
    heading: str

    @property
    def name(self) -> str:
        under = f" (under “{self.heading}”)" if self.heading else ""
        return f"Code cell {self.number}{under}"


def _first_missing(execution: Execution) -> _Missing | None:
    number, heading = 0, ""
    for cell in execution.notebook.cells:
        if cell.cell_type == "markdown":
            titles = [line.lstrip("# ") for line in cell.source.splitlines() if line[:1] == "#"]
            heading = titles[-1] if titles else heading
        if cell.cell_type == "code" and cell.source.strip():
            number += 1
            # A display that raises leaves an error, and the kernel answers "ok" all the same.
            if cell.get("id") not in execution.answered or _shown_error(cell):
                return _Missing(cell, number, heading)
    return None


def _shown_error(cell: NotebookNode) -> NotebookNode | None:
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    return errors[-1] if errors else None


def _notebook_error(missing: _Missing, shown: NotebookNode) -> Outcome:
    text = _plain("\n".join(shown.get("traceback", [])))
    status = _SPEAKING.get(shown.ename)
    if status:
        return Outcome(status, shown.evalue, missing.number, text)
    if shown.ename in _GAVE_UP:
        words = _plain(shown.evalue).partition("\n")[0]
        message = f"{missing.name}: the database gave up ({words}); run again when it is well."
        return Outcome(Status.DATA_REFUSED, message, missing.number, text)
    if shown.ename == "SystemExit":
        message = f"{missing.name} ended the notebook (SystemExit: {shown.evalue})."
        return Outcome(Status.TRUNCATED, message, missing.number, text)
    message = f"{missing.name}: {shown.ename}: {_plain(shown.evalue)}"
    return Outcome(Status.NOTEBOOK_ERROR, message, missing.number, text)


def _plain(text: str) -> str:
    """Return a text of the kernel without the colours of a terminal."""
    return _COLOURS.sub("", text)


def _died(execution: Execution, missing: _Missing | None) -> Outcome:
    where = f"while {_lower(missing.name)} ran" if missing else "after the last cell"
    if missing and not execution.answered:
        where += ", or before it was ready"
    reason = _exceeded(execution) or _reason(execution)
    message = f"The kernel died {where} ({reason})." if reason else f"The kernel died {where}."
    return Outcome(
        Status.KERNEL_DIED, message, missing.number if missing else None, execution.stderr
    )


def _timed_out(execution: Execution, missing: _Missing | None) -> Outcome:
    where = f"{missing.name} was at work" if missing else "The last cell was done"
    message = f"{where} when the unit's {execution.limits.unit_seconds} seconds were over."
    if execution.cell_limited:
        seconds = execution.limits.cell_seconds
        message = f"{where} for longer than the {seconds} seconds that one cell may take."
    if _SLOW_START in str(execution.error):
        message = "The kernel did not start in time; the machine may be overloaded."
    if _LATE_OUTPUT in str(execution.error):
        name = missing.name if missing else "The last cell"
        message = f"{name} was done, but its output did not arrive; the machine may be overloaded."
    return Outcome(Status.TIMED_OUT, message, missing.number if missing else None, execution.stderr)


def _exceeded(execution: Execution) -> str:
    most = execution.limits.memory_bytes
    if most is None or execution.memory <= most:
        return ""
    return f"it took {_megabytes(execution.memory)} of memory; {_megabytes(most)} are allowed"


def _reason(execution: Execution) -> str:
    code = execution.exit_code
    told = [f"exit code {code}"] if code is not None and code >= 0 else []
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else ""
        told = [f"killed by signal {-code} {name}".rstrip()]
        if name == "SIGKILL":
            told.append("the system does this when memory runs out")
    if execution.memory:
        told.append(f"it was seen with {_megabytes(execution.memory)} of memory")
    return "; ".join(told)


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.0f} MB"


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _chain(error: BaseException | None) -> str:
    return "".join(traceback.format_exception(error)) if error else ""
