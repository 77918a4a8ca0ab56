"""A clock that is moved between two runs: no status, order or reason depends on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from fault_notebook import orders, unit, written
from started import executed
from test_cli import NOTEBOOK, called
from test_killed_runs import numbered
from whole import assert_whole

from retention.reporting import manifest, work

Night = Callable[[str, int], int]

NOW, AHEAD, BACK = "2026-11-20", "2031-01-01", "2026-06-20"


class Moved(datetime):
    """A clock that stands where it was put."""

    at = datetime(2026, 11, 20, tzinfo=UTC)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        # Every look is a little later than the one before.
        cls.at += timedelta(milliseconds=1)
        return cls.at.astimezone(tz)


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    """`night(day, number)`: a run on that day; the unit fails where the number is odd."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "execute", executed)
    unit(tmp_path, "odd")
    orders(tmp_path)
    written(tmp_path, numbered())
    called("check", "--notebook", NOTEBOOK)
    for name, module in list(sys.modules.items()):
        if name.startswith("retention.") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", Moved)
    path = tmp_path / "params" / "odd.yaml"
    text = path.read_text().replace("as_of: 2026-10-31\n", "")

    def run(day: str, number: int, *options: str) -> int:
        Moved.at = datetime.fromisoformat(f"{day}T03:00:00+00:00")
        path.write_text(f"{text}periods_shown: {number}\n")
        code = called("run", "--notebook", NOTEBOOK, *options).exit_code
        assert_whole(tmp_path / "reports")
        return code

    return run


def failure(folder: Path) -> dict[str, str]:
    return manifest.read(folder / "reports" / "odd" / "failure.json") or {}


def test_a_failure_stands_where_the_last_report_is_of_a_day_to_come(
    tmp_path: Path, night: Night
) -> None:
    assert night(AHEAD, 2) == 0
    assert night(NOW, 3) == 3
    unit(tmp_path, "shop")
    # Another unit is run: what is known of this one stays, and --resume does not take it for done.
    result = called("run", "shop", "--notebook", NOTEBOOK)
    assert result.exit_code == 3
    assert failure(tmp_path)["since"][:10] == NOW
    shown = (tmp_path / "reports" / "index.html").read_text("utf-8")
    assert "Stale since 20 November 2026" in shown
    why = called("why", "odd", "--notebook", NOTEBOOK).stdout
    assert why.startswith("odd: would run: its newest attempt failed: ")


def test_a_unit_fails_since_no_day_to_come(tmp_path: Path, night: Night) -> None:
    for day, since in ((AHEAD, AHEAD), (NOW, NOW), ("2026-11-21", NOW)):
        assert night(day, 3) == 3
        assert failure(tmp_path)["since"][:10] == since
    assert night(BACK, 4) == 0
    assert failure(tmp_path) == {}


def test_the_newest_report_is_that_of_the_last_day_covered(tmp_path: Path, night: Night) -> None:
    reports = tmp_path / "reports" / "odd"
    for number, day in enumerate((NOW, BACK, AHEAD, BACK), 1):
        assert night(day, 2 * number) == 0
    days = sorted(path.name for path in reports.iterdir() if path.is_dir())
    assert days == ["2026-06-08", "2026-10-08"]
    assert (reports / "latest.html").read_bytes() == (
        reports / days[-1] / "report.html"
    ).read_bytes()
    assert "The number is 6." in (reports / "latest.html").read_text("utf-8")
    called("prune", "--keep", "1", "--delete")
    assert [path.name for path in reports.iterdir() if path.is_dir()] == ["2026-10-08"]
    assert_whole(tmp_path / "reports")


def test_what_a_run_took_is_no_matter_of_the_clock(tmp_path: Path, night: Night) -> None:
    assert night(NOW, 2) == 0
    record = json.loads(next(tmp_path.glob("reports/odd/*/manifest.json")).read_bytes())
    assert record["duration_seconds"] >= 0
    assert record["started"] <= record["finished"]
