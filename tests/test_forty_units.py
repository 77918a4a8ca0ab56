"""Forty units, seven of which fail in seven ways: 33 published, 7 explained, exit code 1."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from fault_notebook import notebook, orders, unit, written
from test_cli import NOTEBOOK, called
from typer.testing import Result
from whole import assert_whole

from retention.reporting import manifest
from retention.reporting.statuses import IN_WORDS, Status

FAULTS = {
    "broken": (Status.CHECK_FAILED, "active: 10 + 1 - 2 is not 8"),
    "endless": (Status.TIMED_OUT, "for longer than the 15 seconds that one cell may take."),
    "exits": (Status.TRUNCATED, "ended the notebook (SystemExit: 0)."),
    "killed": (Status.KERNEL_DIED, "it was seen with "),
    "names": (Status.GATE_FAILED, "a table with the column customer_id"),
    "shows": (
        Status.NOTEBOOK_ERROR,
        "Code cell 4 (under “Does it work?”): RuntimeError: no canvas",
    ),
    "vanishes": (Status.DATA_REFUSED, "vanishes.yaml: source vanishes.csv: no such file"),
}
GOOD = [f"shop-{number}" for number in range(33)]
OVERTAKEN = ["broken", "killed", "vanishes"]
"""These have a good report of an earlier night."""

DISPLAY_THAT_RAISES = """

class Chart:
    def _repr_html_(self):
        raise RuntimeError("no canvas")
match fault:
    case "shows": display(Chart())
    case "vanishes":
        Path(unit).with_suffix(".csv").unlink()
        del os.environ["RETENTION_STAGED"]  # nor is there what the check read of it
        open_unit(settings(unit))"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forty")
    for slug in (*GOOD, *FAULTS):
        unit(folder, slug)
    orders(folder)
    data = folder / "params" / "orders.csv"
    settings = folder / "params" / "vanishes.yaml"
    settings.write_text(settings.read_text().replace("orders.csv", "vanishes.csv"))
    shutil.copyfile(data, data.with_name("vanishes.csv"))
    return folder


@pytest.fixture(scope="module")
def good(kit: Path) -> dict[Path, bytes]:
    """The reports of the earlier night."""
    node = notebook()
    node.cells[4].source = ""
    written(kit, node)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(kit)
        assert called("run", *OVERTAKEN, "--notebook", NOTEBOOK).exit_code == 0
    assert_whole(kit / "reports")
    found = [path for slug in OVERTAKEN for path in (kit / "reports" / slug).rglob("*")]
    return {path: path.read_bytes() for path in found if path.is_file()}


@pytest.fixture(scope="module")
def night(kit: Path, good: dict[Path, bytes]) -> Result:
    """The night in which they fail."""
    assert good
    node = notebook()
    node.cells[4].source += DISPLAY_THAT_RAISES
    nbformat.write(node, kit / NOTEBOOK)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(kit)
        return called("run", "--notebook", NOTEBOOK, "--jobs", "4", "--cell-timeout", "15")


def test_the_others_are_published_and_the_run_says_that_some_failed(
    kit: Path, night: Result
) -> None:
    assert night.exit_code == 1
    reports = kit / "reports"
    assert_whole(reports)
    published = {path.parent.name for path in reports.glob("*/latest.html")}
    assert published == {*GOOD, *OVERTAKEN}
    assert {path.parent.name for path in reports.glob("*/failure.html")} == set(FAULTS)
    shown = BeautifulSoup((reports / "index.html").read_text("utf-8"), "html.parser").get_text()
    assert "33 of 40 units have a current report" in shown
    assert shown.count("Stale since") == len(OVERTAKEN)


@pytest.mark.parametrize("slug", FAULTS)
def test_each_failure_is_told_the_same_everywhere(kit: Path, night: Result, slug: str) -> None:
    status, words = FAULTS[slug]
    record = manifest.read(kit / "reports" / slug / "failure.json")
    assert record
    assert record["status"] == status.value
    assert words in record["message"]
    (path,) = sorted((kit / "reports" / "runs").glob("*.json"))[-1:]
    log = json.loads(path.read_bytes())
    (logged,) = [told for told in log["units"] if told["slug"] == slug]
    assert (logged["status"], logged["message"]) == (record["status"], record["message"])
    page = (kit / "reports" / slug / "failure.html").read_text("utf-8")
    told = BeautifulSoup(page, "html.parser").get_text()
    assert IN_WORDS[status] in told
    assert " ".join(record["message"].split()) in " ".join(told.split())
    failure = Path("reports") / slug / "failure.html"
    assert f"{slug}: {' '.join(record['message'].split())} See {failure}" in night.stderr
    assert f"{slug}: {status.value.replace('_', ' ')} in " in night.stderr


def test_the_log_counts_every_unit_once(kit: Path, night: Result) -> None:
    assert night.exit_code == 1
    log = json.loads(sorted((kit / "reports" / "runs").glob("*.json"))[-1].read_bytes())
    failed = {status.value: 1 for status, _ in FAULTS.values()}
    assert log["statuses"] == {"published": 33, **failed}


def test_the_last_good_reports_are_as_they_were(night: Result, good: dict[Path, bytes]) -> None:
    assert night.exit_code == 1
    kept = {path: raw for path, raw in good.items() if path.name != "latest.html"}
    assert {path: path.read_bytes() for path in kept} == kept
