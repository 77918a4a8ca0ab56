"""What nobody thought of stays where it happens: its unit, its page, its line of the log."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attempts import AT, SOURCE, attempt, fail
from fault_notebook import notebook, unit, written
from frames import ledger
from portfolios import published
from started import executed
from test_runner import GOOD_FACTS, showing

from retention.reporting import delivery, work
from retention.reporting.bundles import FACTS, as_csv, facts
from retention.reporting.comparison import Previous, compared
from retention.reporting.outcome import Outcome, StepFailedError
from retention.reporting.publishing import newest_manifest, repair
from retention.reporting.runner import Batch, Plan, run
from retention.reporting.statuses import Status

LEDGER = as_csv(ledger())
SLUGS = ("bakery", "grocer")


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two units with a report each, whose notebook the runner itself executes."""
    monkeypatch.setattr(work, "execute", executed)
    node = notebook()
    # The one that `executed` gives hears what is shown.
    node.cells[2].source = node.cells[2].source.replace("from IPython.display import display", "")
    node.cells[-1].source = f"frame = {{'name': 'ledger', 'csv': {LEDGER!r}}}\n" + SHOWN
    written(tmp_path, node)
    assert statuses(ran(tmp_path)) == [Status.PUBLISHED] * 2
    return tmp_path


SHOWN = """\
display({"text/html": "", "text/plain": "",
         "application/vnd.retention.frame+json": frame}, raw=True)"""


def ran(kit: Path) -> Batch:
    units = [unit(kit, slug) for slug in SLUGS]
    return run(units, Plan(kit / "note{books}" / "retention_report.ipynb", kit / "reports", 1))


def statuses(batch: Batch) -> list[Status]:
    return [result.outcome.status for result in batch.results]


def damaged(column: str, value: str) -> str:
    """The ledger with another value in one cell of its last period."""
    frame = ledger().astype("object")
    frame.loc[frame.index[-1], column] = value
    return as_csv(frame)


@pytest.mark.parametrize(
    ("column", "value"), [("new", "many"), ("period", "soon"), ("period_end", "2024-13-45")]
)
def test_a_published_ledger_with_a_damaged_cell_is_not_compared(column: str, value: str) -> None:
    found = compared(Previous({}, damaged(column, value)), LEDGER, {})
    assert (found.moved, found.periods) == (None, 0)
    assert found.record()["comparable"] is False


def test_a_damaged_published_ledger_costs_no_unit_its_report(kit: Path) -> None:
    (path,) = (kit / "reports" / "bakery").glob("*/data/ledger.csv")
    path.write_text(damaged("new", "many"), encoding="utf-8")
    assert statuses(ran(kit)) == [Status.PUBLISHED] * 2
    told = [newest_manifest(kit / "reports" / slug) or {} for slug in SLUGS]
    assert [record["restatements"]["comparable"] for record in told] == [False, True]
    shown = (kit / "reports" / "bakery" / "latest.html").read_text(encoding="utf-8")
    assert "Not comparable with the report before" in shown


def test_a_defect_after_the_notebook_stays_with_its_unit(
    kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(task: work.Task, *_: object) -> None:
        if task.settings.slug == "bakery":
            raise KeyError("nobody thought of it")

    monkeypatch.setattr(work, "_compared", defect)
    batch = ran(kit)
    assert statuses(batch) == [Status.RENDER_FAILED, Status.PUBLISHED]
    assert batch.results[0].outcome.message == "KeyError: 'nobody thought of it'"
    assert "in defect" in batch.results[0].outcome.traceback


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyError("x")])
def test_a_page_of_all_units_that_cannot_be_made_ends_no_run(
    kit: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for slug in ("tailor", "cobbler"):
        published(kit / "reports", slug)
    (kit / "reports" / "index.html").unlink()

    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    batch = ran(kit)
    assert statuses(batch) == [Status.PUBLISHED] * 2
    assert batch.group
    assert batch.group.status is Status.RENDER_FAILED
    assert str(error) in batch.group.message
    assert batch.index == kit / "reports" / "index.html"
    assert batch.index.is_file()
    newest = sorted((kit / "reports" / "runs").glob("*.json"))[-1]
    assert json.loads(newest.read_bytes()) == batch.summary
    assert batch.summary["portfolio"] == "render_failed"


def test_a_page_of_all_units_that_cannot_be_removed_is_told(kit: Path) -> None:
    (kit / "reports" / "portfolio.html").mkdir()
    batch = ran(kit)
    assert batch.group
    assert batch.group.status is Status.PUBLISH_FAILED
    assert batch.group.message.startswith("portfolio.html: ")
    assert batch.index


def test_a_failure_whose_page_cannot_be_made_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise KeyError("nobody thought of it")

    monkeypatch.setattr(delivery, "failure_files", defect)
    failed = attempt(Outcome(Status.DATA_REFUSED, "No."), as_of="2026-10-31")
    grocer = unit(tmp_path, "grocer")
    result = delivery.deliver(grocer, failed, out=tmp_path / "reports", notebook=SOURCE)
    assert (result.outcome.status, result.page) == (Status.DATA_REFUSED, None)
    assert result.outcome.message == (
        "No. (Nor could its failure page be written: 'nobody thought of it')"
    )


@pytest.mark.parametrize("as_of", ["20261031", "2026-W44-6", "2026-10-31T00:00"])
def test_a_day_in_another_form_is_no_name_of_a_folder(as_of: str) -> None:
    told: dict[str, Any] = GOOD_FACTS | {"as_of": as_of}
    with pytest.raises(StepFailedError, match=f"as_of is '{as_of}'"):
        facts(showing((FACTS, told)))


def test_a_failure_stays_where_the_newest_report_was_removed_by_hand(tmp_path: Path) -> None:
    grocer, out = unit(tmp_path, "grocer"), tmp_path / "reports"
    for as_of in ("2026-09-30", "2026-10-31"):
        delivery.deliver(grocer, attempt(as_of=as_of), out=out, notebook=SOURCE)
    fail(grocer, out)
    shutil.rmtree(out / "grocer" / "2026-10-31")
    repair(out)
    assert (out / "grocer" / "failure.json").exists()


@pytest.mark.parametrize(("as_of", "hours"), [("2026-09-30", 1), ("2026-10-31", -1)])
def test_a_later_report_or_one_of_no_earlier_day_mends_a_failure(
    tmp_path: Path, as_of: str, hours: int
) -> None:
    """A run was killed before it could forget the failure; its clock may have been set back."""
    grocer, out = unit(tmp_path, "grocer"), tmp_path / "reports"
    delivery.deliver(grocer, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    fail(grocer, out)
    record = out / "grocer" / "failure.json"
    failed, at = record.read_bytes(), AT + timedelta(hours=hours)
    shutil.rmtree(out / "grocer" / "2026-10-31")
    later = replace(attempt(as_of=as_of), started=at, finished=at)
    delivery.deliver(grocer, later, out=out, notebook=SOURCE)
    record.write_bytes(failed)
    repair(out)
    assert not record.exists()
