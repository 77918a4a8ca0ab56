"""How the rates of the newest period move with the thresholds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

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
        (0, 1.5, 0),  # but for contracts, which end on their date
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


def test_thresholds_are_asked_for_one_by_one(history: History, found: pd.DataFrame) -> None:
    asked: list[tuple[int, int]] = []

    def shares(inactive_after: int, lost_after: int) -> ir.Table:
        asked.append((inactive_after, lost_after))
        return history.shares_at(inactive_after, lost_after)

    again = sensitivity(shares, thresholds=(8, 16), period=date(2024, 1, 22))
    assert again.equals(found)
    assert asked == [(6, 12), (8, 16), (12, 24)]


def test_of_contracts_the_time_to_lost_alone_varies(kit: Kit) -> None:
    # Ended 1 January, and 20 January; back on 25 January, 24 days after the end.
    first = date(2024, 1, 1)
    contracts = {
        "back": [(date(2023, 12, 1), first, Decimal(10)), (date(2024, 1, 25), None, Decimal(10))],
        "gone": [(date(2023, 12, 1), date(2024, 1, 20), Decimal(10))],
    }
    as_of = date(2024, 1, 28)
    history = kit.contracts(contracts, as_of=as_of, lost_after=20, frequency="week")
    names = ("multiple", "inactive_after", "lost_after", "measure", "rate")
    assert cells(history.sensitivity(), *names) == [
        (0.75, 0, 15, "churn", None),  # nobody has service when 22 January opens
        (0.75, 0, 15, "reactivation", 0.5),
        (0.75, 0, 15, "win_back", 1.0),
        (1.0, 0, 20, "churn", None),
        (1.0, 0, 20, "reactivation", 0.5),
        (1.0, 0, 20, "win_back", 1.0),
        (1.5, 0, 30, "churn", None),
        (1.5, 0, 30, "reactivation", 0.5),
        (1.5, 0, 30, "win_back", None),  # 24 days are dormant: nobody is lost
    ]


def test_where_both_thresholds_are_0_there_is_nothing_to_vary(kit: Kit) -> None:
    contracts = {"ann": [(date(2024, 1, 1), date(2024, 1, 5), Decimal(10))]}
    found = kit.contracts(contracts, as_of=date(2024, 2, 29)).sensitivity()
    assert found.empty
    assert list(found.columns) == list(SENSITIVITY)
