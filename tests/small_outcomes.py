"""Small tables of outcomes and of growth, such as a hand can work out."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from retention.opportunity import GROWTH, HORIZON_DAYS, OUTCOMES
from retention.opportunity_value import FEWEST

FIRST, AS_OF = date(2022, 1, 1), date(2026, 6, 30)
YEAR = timedelta(days=HORIZON_DAYS)
FRESH, OLDER, OLD = "lapsed_within_90", "lapsed_within_180", "lapsed_within_365"
Row = tuple[str, str, int | None, int, int, int, float]


def frame(*rows: Row) -> pd.DataFrame:
    """Outcomes: bracket, activity, window, band, customers, watched days and spend of them all.

    The money of their last year is 100 a customer.
    """
    found = pd.DataFrame([(*row, 100.0 * row[4]) for row in rows], columns=list(OUTCOMES.names))
    return found.astype({"window": "Float64"})


def growth(*folds: dict[int, float], returns: int = FEWEST) -> pd.DataFrame:
    """Spending by days since the return, of one fold or more of so many returns each."""
    rows = [
        (fold, day, returns, spend)
        for fold, done_on in enumerate(folds)
        for day, spend in ({0: 0.0} | done_on).items()
    ]
    return pd.DataFrame(rows, columns=list(GROWTH.names))


ON_THE_DAY = growth({0: 1.0})
"""Returners spend on the day of the return, and never again."""


def returned(*cells_: tuple[str, str, int, int]) -> pd.DataFrame:
    """Outcomes: of each cell so many returned, and so many did not."""
    rows: list[Row] = []
    for bracket, activity, back, gone in cells_:
        rows += [(bracket, activity, None, 0, gone, 0, 0.0)] if gone else []
        rows += [(bracket, activity, 12, 6, back, 365 * back, 50.0 * back)] if back else []
    return frame(*rows)
