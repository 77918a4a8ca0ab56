"""How much the rates hang on the thresholds: the newest period at 0.75x, 1x and 1.5x of them."""

import math
from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention.rates import RETENTION

MULTIPLES = (0.75, 1.0, 1.5)
SENSITIVITY = (
    "multiple",
    "inactive_after",
    "lost_after",
    "measure",
    "rate",
    "low",
    "high",
)


def scaled(days: int, multiple: float) -> int:
    """A threshold times a multiple, in whole days, halves up, at least 1; none stays none.

    >>> scaled(98, 0.75), scaled(99, 1.5), scaled(1, 0.25), scaled(0, 1.5)
    (74, 149, 1, 0)
    """
    return max(min(days, 1), math.floor(days * multiple + 0.5))


def sensitivity(
    shares: Callable[[int, int], ir.Table], *, thresholds: tuple[int, int], period: date
) -> pd.DataFrame:
    """One row a multiple of both thresholds and a measure, for one period, the newest complete.

    Measures are rates.SHARES but retention, which is 1 - churn. Columns SENSITIVITY; no row where
    both thresholds are 0: contracts end on their date, and nothing can be varied.
    shares: what rates.shares gives for an inactive_after and a lost_after; each is asked for once,
        and counted before the next. thresholds: those in force, in days. period: its first day.
    """
    parts = []
    for multiple in MULTIPLES if any(thresholds) else ():
        inactive, lost = (scaled(days, multiple) for days in thresholds)
        rates = shares(inactive, lost)
        newest = rates.filter(rates.period == ibis.literal(period), rates.measure != RETENTION)
        frame: pd.DataFrame = newest.order_by("measure").to_pandas()
        parts.append(frame.assign(multiple=multiple, inactive_after=inactive, lost_after=lost))
    if not parts:
        return pd.DataFrame(columns=list(SENSITIVITY))
    return pd.concat(parts, ignore_index=True)[list(SENSITIVITY)]
