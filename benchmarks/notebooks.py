"""Ways to run the report's notebook that are compared with `retention run`."""

import math
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

REPORT = Path(__file__).parents[1] / "notebooks" / "retention_report.ipynb"


def _cells() -> list[str]:
    notebook = nbformat.read(REPORT, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def script(*settings: str) -> tuple[float, float]:
    """The cells as a plain script in one process, warm by the first unit.

    Returns when it started, by the clock and by what the processors had done.
    """
    import matplotlib as mpl

    from retention import rereading

    mpl.use("agg")
    parameters, *cells = _cells()
    start = (0.0, 0.0)
    for number, unit in enumerate((settings[0], *settings)):
        if number == 1:
            # The first unit has warmed the process, and is to be read like any other.
            rereading.forget()
            start = (time.perf_counter(), time.process_time())
        known: dict[str, object] = {}
        exec(parameters, known)
        known["unit"] = unit
        for cell in cells:
            exec(cell, known)
    return start


def lab(settings: str) -> tuple[float, float]:
    """Every cell in a kernel that starts for it, as "Run All" does; return its start.

    What the processors did is not known: the kernel is a process of its own.
    """
    start = time.perf_counter()
    _run(settings)
    return start, math.nan


def again(settings: str) -> tuple[float, float]:
    """Every cell once more in the same kernel, with another threshold; return its start."""
    return _run(settings, again={"inactive_after": 60, "lost_after": 200}), math.nan


def _run(settings: str, again: dict[str, int] | None = None) -> float:
    notebook = nbformat.read(REPORT, as_version=4)
    notebook.cells[0].source += f"\nunit = {settings!r}"
    client = NotebookClient(notebook, kernel_name="python3")
    start = 0.0
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        if again:
            changes = "".join(f"\n{name} = {value}" for name, value in again.items())
            notebook.cells[0].source += changes
            start = time.perf_counter()
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
    return start
