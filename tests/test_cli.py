import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from fault_notebook import orders, unit, written
from test_lock import until
from typer.testing import CliRunner, Result

from retention.cli import app
from retention.params import all_settings
from retention.reporting.lock import sole_run
from retention.reporting.notebooks import PORTFOLIO, REPORT, kit_notebook
from retention.unit_settings import KEYS

NOTEBOOK = Path("note{books}") / "retention_report.ipynb"


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data, a unit and a notebook, in which the command is called."""
    monkeypatch.chdir(tmp_path)
    unit(tmp_path, "good")
    orders(tmp_path)
    written(tmp_path)
    return tmp_path


def called(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.usefixtures("kit")
def test_check_says_up_to_which_day_each_unit_is_good() -> None:
    result = called("check", "--notebook", NOTEBOOK)
    assert (result.exit_code, result.stdout) == (0, "good: good, data up to 2026-10-31\n")


@pytest.mark.usefixtures("kit")
def test_as_of_takes_the_place_of_the_settings() -> None:
    result = called("check", "good", "--as-of", "2026-09-30", "--notebook", NOTEBOOK)
    assert result.stdout == "good: good, data up to 2026-09-30\n"


def test_without_a_params_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = called("run")
    assert result.exit_code == 2
    assert result.stderr.startswith("params: no folder with settings")
    assert list(tmp_path.iterdir()) == []


def test_every_problem_of_the_batch_is_said_at_once(kit: Path) -> None:
    unit(kit, "empty", name="Nobody")
    (kit / "params" / "empty.yaml").write_text("unit: Empty\nsource: none.csv\n")
    (kit / "params" / "typo.yaml").write_text("unit: Typo\nsource: orders.csv\nfrequenzy: month\n")
    result = called("run", "--notebook", "none.ipynb")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("none.ipynb: no notebook here")
    assert "typo.yaml:3: " in lines[1]
    assert "frequency" in lines[1]
    assert lines[2].startswith("empty.yaml: ")
    assert "none.csv" in lines[2]
    assert not (kit / "reports").exists()


@pytest.mark.usefixtures("kit")
def test_an_unknown_slug_is_refused_with_the_nearest() -> None:
    result = called("run", "godo", "--notebook", NOTEBOOK)
    assert result.exit_code == 2
    assert "did you mean good?" in result.stderr


def test_a_reports_folder_that_cannot_be_is_refused(kit: Path) -> None:
    (kit / "reports").write_text("a file")
    result = called("run", "--notebook", NOTEBOOK)
    assert result.exit_code == 2
    assert result.stderr == "reports: File exists\n"


@pytest.mark.usefixtures("kit")
def test_run_ends_with_the_path_of_the_index() -> None:
    result = called("run", "good", "--notebook", NOTEBOOK)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == str(Path("reports") / "index.html")
    assert Path(result.stdout.splitlines()[-1]).is_file()
    assert "good: published in " in result.stderr


def test_one_failure_of_two_and_of_one_have_exit_codes_of_their_own(kit: Path) -> None:
    unit(kit, "refused")
    result = called("run", "--notebook", NOTEBOOK)
    assert result.exit_code == 1
    failure = Path("reports") / "refused" / "failure.html"
    assert f"refused: orders.csv: column ordered_at is missing See {failure}" in result.stderr
    assert "Traceback" not in result.stderr
    assert called("run", "refused", "--notebook", NOTEBOOK).exit_code == 3


@contextlib.contextmanager
def endless_run(kit: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """A run that has published one unit and will never end with the other, and its kernels."""
    unit(kit, "endless")
    command = [sys.executable, "-m", "retention.cli", "run", "--notebook", str(NOTEBOOK)]
    process = subprocess.Popen([*command, "--jobs", "2"], cwd=kit, stderr=subprocess.PIPE)
    own = psutil.Process(process.pid)

    def half_done() -> bool:
        assert process.poll() is None
        return (kit / "reports" / "good" / "latest.html").exists() and bool(own.children())

    try:
        until(half_done)
        yield process, own.children(recursive=True)
    finally:
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_ends_its_kernels_and_keeps_what_is_published(
    kit: Path, number: signal.Signals
) -> None:
    with endless_run(kit) as (process, kernels):
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + number, said
    assert b"endless: interrupted" in said
    assert b"Traceback" not in said
    assert psutil.wait_procs(kernels, timeout=30)[1] == []
    left = {path.name for path in (kit / "reports").iterdir()}
    assert left - {"runs"} == {".lock", "good", "index.html"}


def test_a_killed_run_is_taken_up_by_the_next(kit: Path) -> None:
    with endless_run(kit) as (process, kernels):
        process.kill()
        process.communicate()
    # A kernel looks once a second whether its runner is still there.
    assert psutil.wait_procs(kernels, timeout=300)[1] == []
    unit(kit, "endless", name="Mended")
    (kit / "params" / "endless.yaml").rename(kit / "params" / "mended.yaml")
    result = called("run", "--resume", "--notebook", NOTEBOOK)
    assert result.exit_code == 0, result.stderr
    assert "good: skipped. Nothing has changed since its report of 2026-10-31 (" in result.stderr
    assert "mended: published" in result.stderr
    left = {path.name for path in (kit / "reports").iterdir()}
    assert left - {"runs"} == {".lock", "good", "index.html", "mended"}


def test_a_second_run_is_refused_and_told_of_the_first(kit: Path) -> None:
    (kit / "reports").mkdir()
    with sole_run(kit / "reports"):
        result = called("run", "--notebook", NOTEBOOK)
    assert result.exit_code == 2
    assert result.stderr.startswith("reports: another run is at work here (process ")
    assert not (kit / "reports" / "good").exists()


def test_init_lays_out_a_kit_whose_settings_are_all_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert called("init", "kit").exit_code == 0
    [example] = all_settings([Path("kit/params/example.yaml")])
    assert (example.slug, example.unit) == ("example", "Example")
    for name in (REPORT, PORTFOLIO):
        assert Path("kit/notebooks", name).read_bytes() == kit_notebook(name).read_bytes()
    text = Path("kit/params/defaults.yaml").read_text(encoding="utf-8")
    for key in KEYS:
        if key != "unit":
            assert f"\n{key}: " in text or f"\n# {key}: " in text, key


def test_what_init_switches_off_are_the_defaults(tmp_path: Path) -> None:
    called("init", tmp_path / "kit")
    lines = (tmp_path / "kit" / "params" / "defaults.yaml").read_text().splitlines()
    told = [line.removeprefix("# ") for line in lines if line.startswith(("# ", "source"))]
    keys = [line for line in told if line.split(":")[0] in KEYS and "|" not in line]
    free = ("source", "table", "query", "as_of", "prospects", "contacts", "feedback")
    free += ("control_share", "do_not_contact", "segments")
    [example] = all_settings([tmp_path / "kit" / "params" / "example.yaml"])
    resolved = example.resolved()
    for line in keys:
        key, value = next(iter(yaml.safe_load(line.replace(">-", "x")).items()))
        if key not in free:
            assert resolved[key] == value, key


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "params" / "defaults.yaml"
    mine.parent.mkdir()
    mine.write_text("source: mine.csv\n")
    result = called("init", tmp_path)
    assert result.exit_code == 2
    assert result.stderr == f"{mine}: exists; init overwrites nothing\n"
    assert [path.name for path in tmp_path.iterdir()] == ["params"]


def test_sample_names_the_files_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written_paths = called("sample", ".").stdout.splitlines()
    assert "params/grocer_es.yaml" in written_paths
    assert all(Path(path).is_file() for path in written_paths)
