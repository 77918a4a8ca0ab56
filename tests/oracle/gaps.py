"""Gaps between purchases, and the thresholds they suggest."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

from oracle.followed import shares_ended
from oracle.inputs import Days, purchase_days


def closed_gaps(days: Days, as_of: date) -> list[int]:
    """Days from each purchase day to the customer's next."""
    result = []
    for entries in days.values():
        bought = purchase_days(entries, as_of)
        for i in range(1, len(bought)):
            result.append((bought[i] - bought[i - 1]).days)
    return result


def open_gaps(days: Days, as_of: date) -> list[int]:
    """Days from each customer's last purchase day to `as_of`."""
    last = [max(purchase_days(entries, as_of), default=None) for entries in days.values()]
    return [(as_of - day).days for day in last if day is not None]


def threshold(days: Days, as_of: date, quantile: float | Fraction, horizon: int = 365) -> int:
    """The `return_quantile` rule: the smallest d with F(d) >= quantile x F(horizon), exact.

    The horizon is cut to the longest gap there is. A float quantile counts as the decimal number
    it prints as.
    """
    closed, still_open = closed_gaps(days, as_of), open_gaps(days, as_of)
    if not closed:
        raise ValueError("no customer bought on two days")
    horizon = min(horizon, max(closed + still_open))
    share_followed = shares_ended(closed, still_open, horizon)
    target = Fraction(str(quantile)) * share_followed[horizon]
    if target == 0:
        raise ValueError(f"no gap is closed within {horizon} days")
    for day in range(horizon + 1):
        if share_followed[day] >= target:
            return day
    raise ValueError(f"quantile {quantile} is above 1")


def mean_gap(days: Days, multiple: float, as_of: date = date.max) -> int:
    """The `mean_gap` rule: `multiple` x the mean of the closed gaps, rounded up."""
    closed = closed_gaps(days, as_of)
    if not closed:
        raise ValueError("no customer bought on two days")
    return math.ceil(Fraction(str(multiple)) * Fraction(sum(closed), len(closed)))
