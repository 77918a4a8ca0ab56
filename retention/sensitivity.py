"""How much the rates hang on the thresholds: the newest period at 0.75x, 1x and 1.5x of them."""

import math
from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention.ledger import ledger
from retention.periods import Calendar
from retention.rates import RETENTION, shares

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


def _as_it_is(_: str, table: ir.Table) -> ir.Table:
    return table


def sensitivity(
    customer_days: ir.Table,
    *,
    calendar: Calendar,
    thresholds: tuple[int, int],
    spells: Callable[[int, int], ir.Table],
    stored: Callable[[str, ir.Table], ir.Table] = _as_it_is,
) -> pd.DataFrame:
    """One row a multiple of both thresholds and a measure, for the newest complete period.

    Measures are rates.SHARES but retention, which is 1 - churn. Columns SENSITIVITY;
    no row where both thresholds are 0: contracts end on their date, and nothing can be varied.
    thresholds: inactive_after and lost_after in days.
    spells: lifecycle.SPELLS for other thresholds.
    stored: how the engine keeps a table that is used more than once (sources.Source.stored).
    """
    parts = []
    for multiple in MULTIPLES if any(thresholds) else ():
        inactive, lost = (scaled(days, multiple) for days in thresholds)
        states = stored("sensitivity_spells", spells(inactive, lost))
        table = stored("sensitivity_ledger", ledger(states, customer_days, calendar=calendar))
        table = shares(states, table, calendar=calendar)
        newest = table.filter(table.period == ibis.literal(calendar.complete[-1].start))
        newest = newest.filter(newest.measure != RETENTION).order_by("measure")
        frame: pd.DataFrame = newest.to_pandas()
        parts.append(frame.assign(multiple=multiple, inactive_after=inactive, lost_after=lost))
    if not parts:
        return pd.DataFrame(columns=list(SENSITIVITY))
    return pd.concat(parts, ignore_index=True)[list(SENSITIVITY)]
