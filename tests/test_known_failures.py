"""What other tools get wrong, as tests: each of these fails where the mistake is made.

Those that are seen on an opened unit alone stand here, and a ledger broken on purpose. The others
stand with what they are about:

- an unobserved cell as 0, a silent month that shifts a row: test_cohorts.py
- a returner called new, a December-to-January change of year: test_ledger.py, test_cohorts.py
- an empty at-risk set as 0 %, and leavers who came back counted as churn: test_rates.py
- a mean of rates called the rate: test_cohorts.py
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from histories import cells
from nbformat.v4 import new_code_cell

from retention import Unit, ledger, open_unit
from retention.errors import CheckFailed
from retention.params import settings
from retention.reporting.notebooks import kit_notebook
from retention.reporting.runner import Plan, run
from retention.reporting.statuses import Status

SETTINGS = """unit: Shop
source: orders.csv
as_of: 2024-06-30
inactive_after: 40
lost_after: 80
periods_shown: 2
"""


def opened(folder: Path, rows: list[tuple[str | None, str, float]]) -> Unit:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    frame.to_csv(folder / "orders.csv", index=False)
    (folder / "shop.yaml").write_text(SETTINGS, encoding="utf-8")
    return open_unit(str(folder / "shop.yaml"))


ANN = [("ann", f"2024-0{month}-05", 10.0) for month in range(1, 7)]
BOB = [("bob", "2024-01-20", 10.0), ("bob", "2024-06-10", 10.0)]


def test_rows_without_an_id_are_no_loyal_customer(tmp_path: Path) -> None:
    # Guests buy every day; taken for one customer, "nobody" would be the most loyal of all.
    days = pd.date_range("2024-01-01", "2024-06-30")
    guests = [(None, f"{day:%Y-%m-%d}", 5.0) for day in days]
    unit = opened(tmp_path, [*ANN, *guests])
    assert unit.ledger()["closing_active"].tolist() == [1] * 6
    assert unit.ledger()["revenue"].tolist() == [10.0] * 6
    assert cells(unit.cohorts(), "cohort_size", age=0) == [1]
    dropped = cells(unit.quality(), "rows", "amount", check="no_customer_id")
    assert dropped == [(len(days), 5.0 * len(days))]


def test_a_window_that_begins_late_makes_nobody_new(tmp_path: Path) -> None:
    # Two months are shown, and both customers were there before.
    unit = opened(tmp_path, [*ANN, *BOB])
    shown = unit.ledger().tail(unit.settings.periods_shown)
    assert shown["new"].tolist() == [0, 0]
    assert shown["opening_active"].tolist() == [1, 1]
    assert cells(unit.cohorts(), "cohort_size", age=0) == [2]
    ways = unit.revenue()
    assert cells(ways[ways["period"] >= "2024-05-01"], "bought_as") == [
        "retained",
        "retained",
        "won_back",
    ]


OVERLOOKS = """\
from retention import ledger
whole = ledger._starts
ledger._starts = lambda spells: whole(spells.filter(spells.previous_state.fill_null("") != "lost"))
"""
"""Breaks the ledger: returns of the lost are overlooked, while the lost grow fewer."""

BROKEN = (
    "identity broken in the period from 2024-06-01: lost: opening + lost - won_back = closing; "
    "left 0.00, right -1.00; the figures are not published"
)


def test_a_broken_identity_stops_the_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path, [*ANN, *BOB]).ledger()
    monkeypatch.setattr(ledger, "_starts", ledger._starts)  # put back afterwards
    exec(OVERLOOKS, {})
    with pytest.raises(CheckFailed, match=re.escape(BROKEN)):
        opened(tmp_path, [*ANN, *BOB]).ledger()


def test_a_run_publishes_nothing_of_a_unit_with_a_broken_identity(tmp_path: Path) -> None:
    opened(tmp_path, [*ANN, *BOB])
    notebook = nbformat.read(kit_notebook(), as_version=4)
    notebook.cells.insert(1, new_code_cell(OVERLOOKS))
    nbformat.write(notebook, tmp_path / "broken.ipynb")
    plan = Plan(tmp_path / "broken.ipynb", tmp_path / "reports", jobs=1)
    (result,) = run([settings(tmp_path / "shop.yaml")], plan).results
    assert result.outcome.status is Status.CHECK_FAILED
    assert BROKEN in result.outcome.message
    assert not list((tmp_path / "reports" / "shop").glob("latest.html"))
    assert not list((tmp_path / "reports").rglob("*.csv"))
