"""The back-test of the opportunity value, as the win-back page shows it."""

from __future__ import annotations

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from displayed import html, showing

from retention import Unit
from retention.opportunity_backtest import BACKTEST, WITHIN_YEAR
from retention.opportunity_value import OPPORTUNITY
from retention.reporting.winback_display import WinBackReport

ABSENT = float("nan")


def day(month: int, customers: int, returned: float) -> dict[str, object]:
    """A day with the estimate 100 per customer and, unless nobody can have yet, 70 a returner."""
    figures = dict.fromkeys(BACKTEST, 1.0)
    return figures | {
        "day": pd.Timestamp(2025, month, 1),
        "speaks_of": WITHIN_YEAR,
        "customers": customers,
        "returned": returned,
        "estimate": 100.0 * customers,
        "realised": 70.0 * returned,
        "error": ABSENT if returned != returned else 0.5,
    }


def page(unit: Unit, *days: dict[str, object]) -> BeautifulSoup:
    with showing() as outputs:
        frame = pd.DataFrame(days, columns=list(BACKTEST))
        WinBackReport(unit).backtest(frame, pd.DataFrame(columns=list(OPPORTUNITY)))
    return BeautifulSoup("".join(str(html(output)) for output in outputs), "html.parser")


@pytest.mark.parametrize("few", [day(4, 80, 3), day(4, 4, 0)])
def test_a_day_of_few_is_left_out_and_counted(unit: Unit, few: dict[str, object]) -> None:
    shown = page(unit, day(1, 90, 5), few, day(7, 70, 0), day(10, 60, ABSENT))
    rows = [row.find_all(["th", "td"]) for row in shown.select("tbody tr")]
    assert [row[0].text for row in rows] == ["1 January 2025", "1 July 2025", "1 October 2025"]
    why = "because few customers were inactive on it or returned after it."
    assert f"1 day is left out, {why}" in shown.text
    assert "Days tested: 2." in shown.text
    assert "210" not in shown.text


def test_days_of_many_are_all_there(unit: Unit) -> None:
    shown = page(unit, day(1, 90, 5), day(4, 80, 9))
    assert len(shown.select("tbody tr")) == 2
    assert "left out" not in shown.text


def test_where_each_is_of_few_nothing_is_told(unit: Unit) -> None:
    shown = page(unit, day(1, 90, 3), day(4, 80, 4), day(10, 60, ABSENT))
    assert "No group of customers is large enough" in shown.text
    assert not shown.select("figure")
