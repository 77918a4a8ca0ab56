"""What moved between two ledgers: the pure comparison."""

from __future__ import annotations

from typing import Any

import frames
import pandas as pd
import pytest

from retention.restatements import RESTATEMENTS, common_periods, restatements

MOVES = frames.MOVES[:4]


def moved(change: dict[int, dict[str, float]], *, before: pd.DataFrame | None = None) -> list[Any]:
    """Rows of the comparison of a ledger with itself after some cells were changed."""
    old = frames.ledger(MOVES) if before is None else before
    new = frames.ledger(MOVES)
    for row, cells in change.items():
        for column, value in cells.items():
            new[column] = new[column].astype("float64")
            new.loc[row, column] += value
    table = restatements(old, new)
    assert tuple(table.columns) == RESTATEMENTS
    return [(str(row.period)[:7], *row[2:]) for row in table.itertuples()]


def test_each_figure_that_moved_is_one_row() -> None:
    assert moved({}) == []
    assert moved({2: {"new": 3}, 1: {"revenue": -0.5, "lapsed": 1}}) == [
        ("2025-07", "lapsed", 95, 96, 1),
        ("2025-07", "revenue", 72_500.5, 72_500.0, -0.5),
        ("2025-08", "new", 280, 283, 3),
    ]


def test_money_moves_from_half_a_cent_on() -> None:
    assert moved({0: {"revenue": 0.0049}}) == []
    assert moved({0: {"revenue": 0.005}}) == [("2025-06", "revenue", 61_000.0, 61_000.005, 0.005)]


def test_an_opening_is_the_close_before_and_not_told_twice() -> None:
    assert moved({1: {"closing_lost": 1}, 2: {"opening_lost": 1}}) == [
        ("2025-07", "closing_lost", 0, 1, 1)
    ]


def test_a_figure_that_appears_has_moved_and_has_no_change() -> None:
    before = frames.ledger(MOVES).astype({"revenue": "float64"})
    before.loc[3, "revenue"] = float("nan")
    [row] = moved({}, before=before)
    assert row[:2] == ("2025-09", "revenue")
    assert [pd.isna(value) for value in row[2:]] == [True, False, True]


def test_only_periods_and_columns_of_both_are_compared() -> None:
    before = frames.ledger(MOVES[:2]).drop(columns="lapsed")
    assert moved({0: {"lapsed": 5}, 3: {"new": 7}, 1: {"new": 1}}, before=before) == [
        ("2025-07", "new", 310, 311, 1)
    ]
    common = common_periods(before, frames.ledger(MOVES))
    assert common is not None
    assert [f"{day:%Y-%m}" for day in common["period"]] == ["2025-06", "2025-07"]


@pytest.mark.parametrize("freq", ["QS", "W-SUN", "YS"])
def test_other_periods_are_not_comparable(freq: str) -> None:
    months, others = frames.ledger(frames.MOVES), frames.ledger(frames.MOVES[:3], freq=freq)
    assert common_periods(months, others) is None
    assert common_periods(others, months) is None


def test_ledgers_that_share_no_day_share_no_period() -> None:
    early, late = frames.ledger(MOVES), frames.ledger(MOVES)
    for column in ("period", "period_end"):
        late[column] += pd.DateOffset(years=1)
    common = common_periods(early, late)
    assert common is not None
    assert common.empty
    assert restatements(early, late).empty
