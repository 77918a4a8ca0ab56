"""Warm kernels: forked, whole, apart from each other, and gone with whoever started them."""

import ast
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import psutil
import pytest
from fault_notebook import orders, unit, written
from jupyter_client.kernelspec import KernelSpec
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_cli import NOTEBOOK
from test_lock import until
from typer.testing import CliRunner

from retention.cli import app
from retention.errors import SettingsRefused
from retention.reporting import runner, warm
from retention.reporting.cluster import Cluster
from retention.reporting.kernels import Kernels, _Session, execute
from retention.reporting.limits import Limits
from retention.reporting.notebooks import NOTEBOOKS, imports, kit_notebook
from retention.reporting.outcome import Execution, classify
from retention.reporting.runner import Plan
from retention.reporting.statuses import Status
from retention.reporting.warm import WarmProvisioner, Zygote, zygote

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")


@pytest.fixture(scope="module")
def forks() -> Iterator[Zygote]:
    """What the kernels of a run are forked from: it has imported what every report imports."""
    report = nbformat.read(kit_notebook(), as_version=4)
    with zygote(imports(report)) as process:
        assert process
        yield process


def ran(
    process: Zygote | None, *cells: str, folder: Path, limits: Limits | None = None
) -> Execution:
    """What the runner saw of a notebook of these cells."""
    first = new_code_cell("unit = None", metadata={"tags": ["parameters"]})
    notebook = new_notebook(
        cells=[first, *map(new_code_cell, cells)],
        metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}},
    )
    return execute(
        notebook,
        parameters={"unit": "grocer"},
        folder=folder,
        limits=limits or Limits(),
        kernels=Kernels(process),
    )


def said(execution: Execution) -> list[str]:
    """What the cells printed, word by word."""
    assert execution.error is None, execution.error
    outputs = [output for cell in execution.notebook.cells for output in cell.get("outputs", [])]
    return " ".join(output.text for output in outputs if output.output_type == "stream").split()


def ended(pid: int) -> bool:
    """Whether a process is gone, or waits only for somebody to look at it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


PARENT = "import os; print(os.getppid())"


def test_a_kernel_is_forked_and_becomes_what_a_started_one_is(
    forks: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_ASKED", "later")
    cell = """
import os, sys
print(os.getppid(), os.getpgrp() - os.getpid(), "retention.reporting.display" in sys.modules)
print(unit, os.environ["RETENTION_ASKED"], os.environ.get("JE_ARROW_MALLOC_CONF"), os.getcwd())
print(*sys.path)
"""
    parent, group, imported, *rest = said(ran(forks, cell, folder=tmp_path))
    assert (int(parent), group, imported) == (forks.pid, "0", "True")
    started = said(ran(None, cell, folder=tmp_path))
    assert (int(started[0]), started[1], started[2]) == (os.getpid(), "0", "False")
    assert rest == started[3:]
    assert rest[:3] == ["grocer", "later", "None"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_import_of_the_kit_is_found(name: str) -> None:
    """What a notebook imports after the fork, each kernel would import for itself again."""
    notebook = nbformat.read(kit_notebook(name), as_version=4)
    notebook.cells.insert(0, new_code_cell("%matplotlib inline\nimport retention.params"))
    code = [cell.source for cell in notebook.cells[1:] if cell.cell_type == "code"]
    written = [node for source in code for node in ast.walk(ast.parse(source))]
    needed = [ast.unparse(n) for n in written if isinstance(n, ast.Import | ast.ImportFrom)]
    assert imports(notebook) == [line for line in needed if "retention" in line] != []


def test_imports_of_others_are_left_to_the_kernel() -> None:
    cells = ["import os", "import retention.params", "import os, retention", "from . import x"]
    notebook = new_notebook(
        cells=[*map(new_code_cell, cells), new_markdown_cell("import retention")]
    )
    assert imports(notebook) == ["import retention.params"]


def test_figures_are_there_and_the_same(forks: Zygote, tmp_path: Path) -> None:
    cells = (
        "import matplotlib.pyplot as plt",
        "plt.plot([1, 3, 2])",
        "from matplotlib.figure import Figure; figure = Figure(); figure.subplots(); figure",
    )
    drawn = []
    for process in (forks, None):
        execution = ran(process, *cells, folder=tmp_path)
        drawn.append(
            [
                output.data["image/png"]
                for cell in execution.notebook.cells
                for output in cell.outputs
                if "image/png" in output.get("data", {})
            ]
        )
    assert len(drawn[0]) == 2
    assert drawn[0] == drawn[1]


def test_kernels_of_one_zygote_share_nothing(forks: Zygote, tmp_path: Path) -> None:
    cell = """
import os, random
import numpy as np, retention
print(os.environ.get("LEFT"), hasattr(retention, "left"), random.random(), np.random.rand())
os.environ["LEFT"], retention.left = "something", True
"""
    one, other = (said(ran(forks, cell, folder=tmp_path)) for _ in range(2))
    assert one[:2] == other[:2] == ["None", "False"]
    assert one[2] != other[2]
    assert one[3] != other[3]


@pytest.mark.parametrize(
    ("fault", "limits", "status", "words", "code"),
    [
        ("os.kill(os.getpid(), 9)", Limits(), Status.KERNEL_DIED, "signal 9 SIGKILL", -9),
        ("os._exit(7)", Limits(), Status.KERNEL_DIED, "exit code 7", 7),
        (
            "import time; time.sleep(600)",
            Limits(cell_seconds=2),
            Status.TIMED_OUT,
            "longer than the 2 seconds",
            -9,
        ),
    ],
)
def test_how_a_kernel_ends_is_known(
    forks: Zygote,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    limits: Limits,
    status: Status,
    words: str,
    code: int,
) -> None:
    # What comes before the fault may take its time, on however busy a machine.
    remaining = _Session._remaining
    monkeypatch.setattr(
        _Session,
        "_remaining",
        lambda session, cell: remaining(session, cell) if cell.source == fault else 600,
    )
    child = "import os, subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    execution = ran(forks, child, fault, folder=tmp_path, limits=limits)
    outcome = classify(execution)
    assert outcome.status is status
    assert words in outcome.message
    assert execution.exit_code == code
    assert execution.memory > 0
    (left,) = (output.text for cell in execution.notebook.cells for output in cell.outputs[:1])
    until(partial(ended, int(left)))


def test_what_a_kernel_says_outside_of_its_cells_is_kept(forks: Zygote, tmp_path: Path) -> None:
    execution = ran(forks, "import os; os.write(2, b'last words'); os._exit(1)", folder=tmp_path)
    assert execution.stderr.endswith("last words")


def test_kernels_end_with_their_zygote_and_the_next_one_starts_without(tmp_path: Path) -> None:
    process = Zygote("import ipykernel.ipkernel")
    try:
        cell = f"import os, time; os.kill({process.pid}, 9); time.sleep(600)"
        execution = ran(process, cell, folder=tmp_path)
        assert classify(execution).status is Status.KERNEL_DIED
        assert execution.exit_code == -signal.SIGKILL
        assert said(ran(process, PARENT, folder=tmp_path)) == [str(os.getpid())]
    finally:
        process.close()


def test_a_kernel_that_ends_before_it_is_one_is_started_plainly_and_nobody_else_is_killed(
    forks: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _: killed.append(group))
    order = {"arguments": [], "env": {}, "cwd": str(tmp_path / "gone")}
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 (no path of anybody)
        assert forks.fork(order, stdout=nothing.fileno(), stderr=nothing.fileno()) is None
    execution = ran(forks, "1", folder=tmp_path / "gone")
    assert isinstance(execution.error, FileNotFoundError)
    assert killed == []


def test_a_run_that_is_stopped_early_does_not_wait_for_imports() -> None:
    process = Zygote(warm.ALWAYS, "from retention import plots")
    process.close()
    assert not psutil.pid_exists(process.pid)


@pytest.mark.parametrize("module", ["busy", "missing", "refusing"])
def test_what_cannot_be_forked_safely_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    text = "import threading as t\nt.Thread(target=t.Event().wait, daemon=True).start()"
    (tmp_path / "busy.py").write_text(text)
    text = "import os\ndef pidfd_open(*_): raise OSError\nos.pidfd_open = pidfd_open"
    (tmp_path / "refusing.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = Zygote(f"import {module}")
    try:
        assert said(ran(process, PARENT, folder=tmp_path)) == [str(os.getpid())]
    finally:
        process.close()


def test_there_is_no_zygote_where_there_can_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "entry_points", lambda **_: ())
    with zygote([]) as none:
        assert none is None


def test_the_runner_begins_one_where_that_pays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = contextlib.nullcontext("begun")
    monkeypatch.setattr(runner, "zygote", lambda _: begun)
    plan = Plan(kit_notebook(), tmp_path)
    assert runner._forked(plan, runner.FEWEST, []) is begun
    elsewhere = replace(plan, cluster=Cluster.__new__(Cluster))
    for other, units in ((plan, runner.FEWEST - 1), (elsewhere, runner.FEWEST)):
        with runner._forked(other, units, []) as none:
            assert none is None


def test_only_the_kernel_of_this_python_is_forked(forks: Zygote) -> None:
    provisioner = WarmProvisioner(kernel_spec=KernelSpec(), zygote=forks)
    assert provisioner._forked(["R", "--slave"], env={}) is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_notebook_imports_what_starts_threads_or_what_only_the_runner_needs(
    name: str, tmp_path: Path
) -> None:
    # Parts of statsmodels import Polars, which is no library of the kit.
    for module in ("polars", "nbformat", "nbclient", "nbconvert", "papermill"):
        (tmp_path / f"{module}.py").write_text(f"raise SystemExit('{module} is here')")
    report = nbformat.read(kit_notebook(name), as_version=4)
    script = "\n".join(["import sys", f"sys.path.insert(0, {str(tmp_path)!r})", *imports(report)])
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What becomes of every zygote of a command called here, in a kit of one unit."""
    found: list[object] = []

    class Told(Zygote):
        def __init__(self, *imports: str) -> None:
            super().__init__(*imports)
            found.append(self)

        def close(self) -> None:
            super().close()
            found.append("closed")

    monkeypatch.setattr(warm, "Zygote", Told)
    monkeypatch.chdir(tmp_path)
    unit(tmp_path, "good")
    written(tmp_path)
    return found


def refused(*options: str) -> str:
    """What a run of a kit says that it is refused for."""
    result = CliRunner().invoke(app, ["run", "--notebook", str(NOTEBOOK), *options])
    assert result.exit_code == 2
    return result.stderr


def test_a_run_begins_to_import_before_its_data_are_checked(told: list[object]) -> None:
    assert "orders.csv" in refused()
    begun, ended = told
    assert isinstance(begun, Zygote)
    assert ended == "closed"
    assert not psutil.pid_exists(begun.pid)


def test_kernels_are_forked_from_what_the_run_began(
    tmp_path: Path, told: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders(tmp_path)
    given: list[object] = []

    def run(units: list[object], plan: Plan, **_: object) -> None:
        with runner._forked(plan, len(units), []) as forked:
            given.extend((forked, *told))
        raise SettingsRefused(["enough"])

    monkeypatch.setattr(runner, "run", run)
    assert refused() == "enough\n"
    assert given == [told[0], told[0]], "the very one, and it is not closed"
    assert told[1:] == ["closed"]


@pytest.mark.parametrize("option", ["--resume", "--if-changed", "--executor=dask"])
def test_a_run_that_may_want_no_kernel_here_does_not_begin_to_import(
    told: list[object], option: str
) -> None:
    assert refused(option)
    assert told == []


def test_a_notebook_that_cannot_be_run_is_not_imported_from(told: list[object]) -> None:
    Path(NOTEBOOK).unlink()
    assert "no notebook here" in refused()
    assert told == []
