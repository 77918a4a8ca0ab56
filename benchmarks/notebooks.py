"""Ways to run the report's notebook that are compared with `retention run`.

Each yields the seconds of each of its stages, by the clock and of the processors.
"""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

REPORT = Path(__file__).parents[1] / "notebooks" / "retention_report.ipynb"

Stages = Iterator[tuple[float, float]]


def _cells() -> list[str]:
    notebook = nbformat.read(REPORT, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def script(*settings: str) -> Stages:
    """The cells as a plain script in one process, warm by the first unit."""
    import matplotlib as mpl

    from retention import rereading

    mpl.use("agg")
    parameters, *cells = _cells()
    start, processor = 0.0, 0.0
    for number, unit in enumerate((settings[0], *settings)):
        if number == 1:
            # The first unit has warmed the process, and is to be read like any other.
            rereading.forget()
            start, processor = time.perf_counter(), time.process_time()
        known: dict[str, object] = {}
        exec(parameters, known)
        known["unit"] = unit
        for cell in cells:
            exec(cell, known)
    yield time.perf_counter() - start, time.process_time() - processor


def lab(settings: str) -> Stages:
    """Every cell in a kernel that starts for it, as "Run All" does; then with other thresholds.

    What the processors did is not known: the kernel is a process of its own.
    """
    notebook = nbformat.read(REPORT, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3")
    start = time.perf_counter()
    with client.setup_kernel():
        for given in (f"unit = {settings!r}", "inactive_after, lost_after = 60, 200"):
            notebook.cells[0].source += f"\n{given}"
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
            yield time.perf_counter() - start, math.nan
            start = time.perf_counter()
