"""A cell is not done before what it shows has arrived."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from retention.reporting import kernels
from retention.reporting.outcome import classify
from retention.reporting.statuses import Status

# The kernel answers, but never says that it is idle, which it does after the last output.
SILENT = "get_ipython().kernel._publish_status = lambda *_, **__: None"


def test_a_cell_whose_output_does_not_arrive_is_not_taken_for_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "_OUTPUT_SECONDS", 5)
    first = new_code_cell("unit = None", metadata={"tags": ["parameters"]})
    notebook = new_notebook(cells=[first, new_code_cell(SILENT), new_code_cell("1")])
    execution = kernels.execute(
        notebook, parameters={"unit": "grocer"}, folder=tmp_path, limits=kernels.Limits()
    )
    outcome = classify(execution)
    assert outcome.status is Status.TIMED_OUT
    assert (outcome.cell, outcome.message) == (
        3,
        "Code cell 3 was done, but its output did not arrive; the machine may be overloaded.",
    )
    assert len(execution.answered) == 2
