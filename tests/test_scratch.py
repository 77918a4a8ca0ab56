"""Temporary folders: gone with the unit, or with the next run where the run was killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fault_notebook import orders, unit, written
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from started import Commands, commands
from test_cli import NOTEBOOK
from test_lock import until
from whole import kernels

from retention import scratch, sources

# What an engine may leave of a query in mid-air.
SPILLS = """\
import tempfile, time
from pathlib import Path
Path(tempfile.mkdtemp(), "spilled").write_text("much")"""
MAKES = """\
import tempfile
from retention import scratch
tempfile.mkdtemp(prefix=scratch.prefix())"""
WAITS = 'while not Path("go").exists(): time.sleep(0.02)'


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of every process of a test."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def command(temporary: Path) -> Iterator[Commands]:
    assert temporary.exists()
    with commands() as given:
        yield given


def are(units: int, temporary: Path) -> bool:
    """Whether so many kernels have left something in folders of their own."""
    return len(list(temporary.glob("rk-*/*/spilled"))) == units


def test_what_a_killed_run_left_is_gone_after_the_next(
    tmp_path: Path, temporary: Path, command: Commands
) -> None:
    """The kernel of the one unit that is resumed is started, those of two are forked."""
    (tmp_path / "params").mkdir()
    orders(tmp_path)
    cells = [new_code_cell("unit = None\nas_of = None", metadata={"tags": ["parameters"]})]
    cells += [new_code_cell(SPILLS), new_code_cell(WAITS), new_markdown_cell("## Why?")]
    folder = written(tmp_path, new_notebook(cells=cells)).parent
    for units, slug, option in ((1, "bakery", ["--resume"]), (2, "grocer", [])):
        words = ["run", "--notebook", str(NOTEBOOK), "--jobs", "2", *option]
        unit(tmp_path, slug)
        (folder / "go").unlink(missing_ok=True)
        process = command.started(tmp_path, *words)
        until(partial(are, units, temporary))
        started = [kernel.ppid() == process for kernel in kernels(folder)]
        os.kill(process, signal.SIGKILL)
        assert command.ended(process) == -signal.SIGKILL
        until(lambda: kernels(folder) == [])
        assert started == [units == 1 or sys.platform != "linux"] * units
        assert len(list(temporary.iterdir())) == units + 2, "each kernel, the run, its engines"
        (folder / "go").touch()
        # No unit shows facts, so that none is published, but all have been at work.
        assert command.called(tmp_path, *words) == 3
        assert list(temporary.iterdir()) == []


def test_only_folders_of_processes_that_ended_are_removed(temporary: Path) -> None:
    subprocess.run([sys.executable, "-c", MAKES], check=True)
    (left,) = temporary.iterdir()
    owner = left.name.split("-")[2]
    others = [left.name.replace(owner, "x"), "rk-other", f"rk-zzzz-{owner}-x", f"{owner}-x"]
    stay = {Path(tempfile.mkdtemp(prefix=scratch.prefix())).name, *others}
    for name in others:
        (temporary / name).mkdir()
    (temporary / left.name.replace(owner, str(os.getppid()))).mkdir()
    stay.add(left.name.replace(owner, str(os.getppid())))
    scratch.clear()
    assert {path.name for path in temporary.iterdir()} == stay


def test_a_process_that_nobody_has_looked_at_yet_has_ended(temporary: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        # The name of the machine, which comes first, may hold the same digits.
        of_machine = scratch.prefix().removesuffix(f"{os.getpid()}-")
        (temporary / f"{of_machine}{process.pid}-x").mkdir()
        scratch.clear()
        assert list(temporary.iterdir()) == []


def test_no_temporary_folder_is_no_reason_not_to_run(temporary: Path) -> None:
    temporary.rmdir()
    scratch.clear()


def test_an_engine_spills_where_it_will_be_found(temporary: Path) -> None:
    asked = "SELECT current_setting('temp_directory')"
    (spill,) = sources._memory().raw_sql(asked).fetchone()
    own = Path(spill).parent
    assert own.parent == temporary
    assert own.name.startswith(scratch.prefix())


ENGINE = """import os, sys
from retention import scratch, sources
engine = sources._memory()
engine.raw_sql("CREATE TABLE ids AS SELECT i, uuid()::VARCHAR AS id FROM range(1000000) r(i)")
"""
ENDS = {
    "disconnected": "engine.disconnect(); assert not list(scratch.private().iterdir())",
    "left open": "assert list(scratch.private().glob('*/*'))",
}


@pytest.mark.parametrize("end", ENDS)
def test_what_an_engine_spills_is_for_no_other_user_and_goes_with_it(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv(sources.MEMORY, "30")
    shown = "print(oct(scratch.private().stat().st_mode), *scratch.private().glob('*/*'))\n"
    command = [sys.executable, "-c", f"{ENGINE}{shown}{ENDS[end]}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    mode, *spilled = said.splitlines()[0].split()
    assert mode == "0o40700"
    assert spilled
    assert {Path(path).parents[2] for path in spilled} == {temporary}
    assert list(temporary.iterdir()) == []


FORKS = """import os, sys
from retention import scratch
own = scratch.private()
if not os.fork():
    assert scratch.private() != own
    sys.exit()
assert os.wait()[1] == 0
assert own.is_dir()"""


def test_a_forked_process_has_its_own_and_removes_no_other(temporary: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKS], check=True)
    assert list(temporary.iterdir()) == []


def test_a_private_folder_that_somebody_tidied_up_is_there_again(temporary: Path) -> None:
    scratch.private().rmdir()
    assert scratch.private().parent == temporary
    assert stat.S_IMODE(scratch.private().stat().st_mode) == 0o700
