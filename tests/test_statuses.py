"""One status of a unit, told alike by log, manifest, index, failure page and exit code."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path

import pytest
from attempts import SOURCE, attempt
from bs4 import BeautifulSoup
from fault_notebook import unit
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook, new_output
from rich.console import Console

from retention.exits import code_of
from retention.reporting.delivery import Result, deliver, skipped
from retention.reporting.failure import _NEXT_STEPS
from retention.reporting.index import write_index
from retention.reporting.limits import Limits
from retention.reporting.outcome import Execution, StepFailedError, StoppedError, classify
from retention.reporting.progress import Watch
from retention.reporting.run_log import RunLog, unit_record
from retention.reporting.runner import Batch
from retention.reporting.statuses import IN_WORDS, Status


def raised(name: str, value: str = "x") -> Execution:
    output = new_output("error", ename=name, evalue=value, traceback=[])
    return Execution(new_notebook(cells=[new_code_cell("1", id="a", outputs=[output])]))


def met(error: Exception) -> Execution:
    return Execution(new_notebook(cells=[new_code_cell("1", id="a")]), error=error)


def step(status: Status) -> Execution:
    return met(StepFailedError(status, "why"))


WHOLE = Execution(new_notebook(cells=[new_code_cell("1", id="a")]), frozenset({"a"}))

SEEN = [
    (Status.PUBLISHED, WHOLE),
    (Status.SETTINGS_REFUSED, raised("SettingsRefused")),
    (Status.DATA_REFUSED, raised("DataRefused")),
    (Status.DATA_REFUSED, raised("AdminShutdown")),
    (Status.CHECK_FAILED, raised("CheckFailed")),
    (Status.NOTEBOOK_ERROR, raised("KeyError")),
    (Status.NOTEBOOK_ERROR, met(KeyError("x"))),
    (Status.KERNEL_DIED, met(DeadKernelError())),
    (Status.KERNEL_DIED, met(RuntimeError("Kernel died before replying to kernel_info"))),
    (Status.WORKER_FAILED, step(Status.WORKER_FAILED)),
    (Status.TIMED_OUT, met(TimeoutError())),
    (Status.TIMED_OUT, met(RuntimeError("Kernel didn't respond in 60 seconds"))),
    (Status.TRUNCATED, raised("SystemExit", "0")),
    (Status.TRUNCATED, Execution(WHOLE.notebook)),
    (Status.RENDER_FAILED, step(Status.RENDER_FAILED)),
    (Status.GATE_FAILED, step(Status.GATE_FAILED)),
    (Status.PUBLISH_FAILED, step(Status.PUBLISH_FAILED)),
    (Status.INTERRUPTED, met(StoppedError())),
]
"""What a runner can see of a unit, and the status that it is."""


def test_every_status_has_a_way_to_it_and_words() -> None:
    assert {status for status, _ in SEEN} | {Status.SKIPPED} == set(Status)
    assert set(IN_WORDS) == set(Status)
    unexplained = {Status.PUBLISHED, Status.SKIPPED, Status.INTERRUPTED}
    assert set(_NEXT_STEPS) == set(Status) - unexplained


@pytest.mark.parametrize(("status", "execution"), SEEN)
def test_a_status_is_told_alike_everywhere(
    tmp_path: Path, status: Status, execution: Execution
) -> None:
    outcome = classify(execution)
    assert outcome.status is status
    out = tmp_path / "reports"
    out.mkdir()
    settings = unit(tmp_path, "grocer")
    log = RunLog(out, units=["grocer"])
    result = deliver(settings, attempt(outcome, as_of="2026-10-31"), out=out, notebook=SOURCE)
    log.unit(result)
    index = write_index(out)
    summary = log.end(None, None)
    told(result, index, summary["statuses"])


def told(result: Result, index: Path, statuses: dict[str, int]) -> None:
    """Every place says the status of a result, which is the only one in its batch."""
    status, out = result.outcome.status, index.parent
    assert statuses == {status.value: 1}
    (log,) = (out / "runs").glob("*.json")
    assert json.loads(log.read_bytes())["statuses"] == statuses
    assert unit_record(result, out=out)["status"] == status.value
    console = Console(record=True, width=200, file=io.StringIO())
    Watch(console=console)(result)
    assert f"grocer: {status.value.replace('_', ' ')}" in console.export_text()
    text = BeautifulSoup(index.read_text("utf-8"), "html.parser").get_text()
    record, page = out / "grocer" / "failure.json", out / "grocer" / "failure.html"
    if status.good:
        assert (code_of(Batch([result], index)), record.exists()) == (0, False)
        assert "1 of 1 units have a current report" in text
        report = json.loads((out / "grocer" / "2026-10-31" / "manifest.json").read_bytes())
        assert report["status"] == "published"
        return
    assert code_of(Batch([result], index)) == 3
    assert code_of(Batch([result, result], index, stopped_by=signal.SIGTERM)) == 143
    if status is Status.INTERRUPTED:
        assert not (out / "grocer").exists()
        return
    assert json.loads(record.read_bytes())["status"] == status.value
    assert IN_WORDS[status] in text
    assert IN_WORDS[status] in page.read_text("utf-8")


def test_what_is_skipped_is_published_already(tmp_path: Path) -> None:
    out, settings = tmp_path / "reports", unit(tmp_path, "grocer")
    deliver(settings, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    result = skipped(settings, out=out, data_seen=True)
    log = RunLog(out, units=["grocer"])
    log.unit(result)
    told(result, write_index(out), log.end(None, None)["statuses"])


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [(0, "exit code 0"), (7, "exit code 7"), (-9, "killed by signal 9 SIGKILL"), (None, "")],
)
def test_a_kernel_that_died_tells_the_memory_it_had(exit_code: int | None, words: str) -> None:
    died = Execution(
        WHOLE.notebook, error=DeadKernelError(), exit_code=exit_code, memory=1_234_000_000
    )
    message = classify(died).message
    assert words in message
    assert "it was seen with 1,234 MB of memory" in message
    limited = Execution(
        WHOLE.notebook,
        error=DeadKernelError(),
        limits=Limits(memory_bytes=1_000_000_000),
        memory=1_234_000_000,
    )
    assert "it took 1,234 MB of memory; 1,000 MB are allowed" in classify(limited).message
