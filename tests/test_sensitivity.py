"""How the rates of the newest period move with the thresholds."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir
import pandas as pd
import pytest
from histories import History, Kit, cells

from retention.sensitivity import MULTIPLES, SENSITIVITY, scaled, sensitivity


@pytest.mark.parametrize(
    ("days", "multiple", "expected"),
    [
        (98, 0.75, 74),  # 73.5: halves up
        (99, 1.5, 149),  # 148.5
        (90, 0.75, 68),  # 67.5
        (91, 0.75, 68),  # 68.25
        (89, 0.75, 67),  # 66.75
        (180, 1.0, 180),
        (1, 0.75, 1),
        (1, 0.25, 1),  # never below a day
    ],
)
def test_scaled(days: int, multiple: float, expected: int) -> None:
    assert scaled(days, multiple) == expected


# Four weeks, as_of in the running fifth; the newest complete week begins on 22 January. Thresholds
# of 8 and 16 days, so 6 and 12, 8 and 16, 12 and 24. When it opens, the last purchase of
#   new     was that very day: active; gone on the 6th day, 27 January, or on the 8th, the 29th
#   recent  is 7 days ago: dormant, active, active; not back
#   older   is 12 days ago: lost, dormant, dormant; back on 24 January
#   oldest  is 19 days ago: lost, lost, dormant; not back
HISTORIES = {
    "new": "....... ....... ......$ ....... ..",
    "recent": "....... ......$ ....... ....... ..",
    "older": "....... .$..... ....... ..$.... ..",
    "oldest": ".$..... ....... ....... ....... ..",
}


@pytest.fixture(scope="module")
def history(kit: Kit) -> History:
    return kit.drawn(HISTORIES, inactive_after=8, lost_after=16)


@pytest.fixture(scope="module")
def found(history: History) -> pd.DataFrame:
    return history.sensitivity()


def test_the_newest_complete_period_at_three_multiples(found: pd.DataFrame) -> None:
    assert list(found.columns) == list(SENSITIVITY)
    names = ("multiple", "inactive_after", "lost_after", "measure", "rate")
    assert cells(found, *names) == [
        (0.75, 6, 12, "churn", 1.0),  # new alone
        (0.75, 6, 12, "reactivation", pytest.approx(1 / 3)),  # older, of recent, older and oldest
        (0.75, 6, 12, "win_back", 0.5),  # older, of older and oldest
        (1.0, 8, 16, "churn", 0.5),  # recent, of new and recent
        (1.0, 8, 16, "reactivation", 0.5),  # older, of older and oldest
        (1.0, 8, 16, "win_back", 0.0),  # of oldest
        (1.5, 12, 24, "churn", 0.5),  # recent, of new and recent
        (1.5, 12, 24, "reactivation", 0.5),  # older, of older and oldest
        (1.5, 12, 24, "win_back", None),  # nobody is lost
    ]
    assert set(cells(found, "multiple")) == set(MULTIPLES)


def test_at_one_the_rates_are_those_of_the_report(history: History, found: pd.DataFrame) -> None:
    published = cells(history.rates(), "measure", "rate", "low", "high", period=date(2024, 1, 22))
    at_one = cells(found, "measure", "rate", "low", "high", multiple=1.0)
    assert at_one == [row for row in published if row[0] in ("churn", "reactivation", "win_back")]


def test_what_the_engine_keeps_changes_no_figure(
    kit: Kit, history: History, found: pd.DataFrame
) -> None:
    kept: list[str] = []

    def stored(name: str, table: ir.Table) -> ir.Table:
        kept.append(name)
        return kit.stored(table)

    again = sensitivity(
        history.customer_days,
        calendar=history.calendar,
        inactive_after=8,
        lost_after=16,
        stored=stored,
    )
    assert again.equals(found)
    assert kept == ["sensitivity_spells", "sensitivity_ledger"] * 3
