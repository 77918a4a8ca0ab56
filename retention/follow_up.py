"""Customers followed from a day of their own: the first purchase, or the start of a later life.

Follow-up is cut into half-open windows of days since that day. A window counts those alone who have
been watched through its last day, in numerator and denominator alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import ibis
import ibis.expr.types as ir

from retention.cohorts import first_purchases
from retention.curves import share
from retention.ledger import NEW, REACTIVATED, WON_BACK
from retention.lifecycle import ACTIVE, LOST
from retention.periods import Calendar

WINDOW_DAYS = 30
"""Length of the windows of ROLLING and of SECOND_LIFE: window k is days [30k, 30k + 30)."""

WINDOWS_A_YEAR = 365 // WINDOW_DAYS

BEGINNINGS = (NEW, REACTIVATED, WON_BACK)
"""How a stay among the active began."""

ROLLING = ibis.schema(
    {
        "cohort": "date",
        "window": "int64",
        "cohort_size": "int64",
        "watched": "int64",
        "customers": "int64",
        "retention": "float64",
        "low": "float64",
        "high": "float64",
        "cumulative_revenue_per_customer": "float64",
        "complete": "boolean",
    }
)
BRACKETS = ibis.schema(
    {
        "cohort": "date",
        "from_day": "int64",
        "to_day": "int64",
        "cohort_size": "int64",
        "watched": "int64",
        "customers": "int64",
        "retention": "float64",
        "low": "float64",
        "high": "float64",
        "complete": "boolean",
    }
)
SECOND_LIFE = ibis.schema(
    {
        "began_as": "string",
        "window": "int64",
        "watched": "int64",
        "customers": "int64",
        "retention": "float64",
        "low": "float64",
        "high": "float64",
        "cumulative_revenue_per_customer": "float64",
    }
)


@dataclass(frozen=True)
class _Windows:
    """So many windows in a row, and the number of the one that begins on or last before a day.

    A start has been watched through window k where the number of the first day out of sight is
    above k.
    """

    count: int
    number: Callable[[ir.IntegerColumn], ir.IntegerColumn]

    def table(self) -> ir.Table:
        """One row a window."""
        return ibis.memtable([(k,) for k in range(self.count)], schema={"window": "int64"})


def rolling(customer_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a cohort and 30-day window that one customer at least has been watched through.

    Cohorts are those of the calendar; window k is days [30k, 30k + 30) since each customer's own
    first purchase day. `retention` = `customers` / `watched`: those who bought in the window, of
    those watched through its last day. `cumulative_revenue_per_customer` is the revenue of the same
    `watched` from the first purchase to the end of the window. `complete`: the whole cohort has
    been watched; else more will join the cell, and it stays out of averages. Returns ROLLING.
    """
    counted = _of_cohorts(customer_days, calendar, _thirty_days(calendar))
    return (
        counted.mutate(cumulative_revenue_per_customer=counted.revenue / counted.watched)
        .select(*ROLLING.names)
        .cast(ROLLING)
        .order_by("cohort", "window")
    )


def brackets(customer_days: ir.Table, edges: Sequence[int], *, calendar: Calendar) -> ir.Table:
    """One row a cohort and bracket of days since each customer's own first purchase day.

    edges: days at which brackets begin and end, rising: (0, 1, 8, 31) makes [0, 1), [1, 8) and
        [8, 31). Day 0 is the first purchase itself.
    Figures as in ROLLING; `to_day` is exclusive. Returns BRACKETS. Raises ValueError for edges
    that are no brackets.
    """
    bounds = list(pairwise(edges))
    if not bounds or edges[0] < 0 or any(start >= end for start, end in bounds):
        raise ValueError(
            f"edges of brackets must be two or more rising numbers of days from 0 on, not "
            f"{list(edges)}; for instance (0, 1, 8, 31, 91)"
        )
    windows = _Windows(
        len(bounds), lambda days: sum((days >= edge).ifelse(1, 0) for edge in edges) - 1
    )
    named = ibis.memtable(
        [(number, *bound) for number, bound in enumerate(bounds)],
        schema={"window": "int64", "from_day": "int64", "to_day": "int64"},
    )
    return (
        _of_cohorts(customer_days, calendar, windows)
        .join(named, "window")
        .select(*BRACKETS.names)
        .cast(BRACKETS)
        .order_by("cohort", "from_day")
    )


def second_life(spells: ir.Table, customer_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a way of beginning and 30-day window since: what the returned do, beside the new.

    A start is the first day of a stay among the active: the first purchase (`new`), or the purchase
    that met dormant (`reactivated`) or lost (`won_back`). Who returns several times counts at each
    return, and each start is followed on, over later lapses and returns. Starts of all times are
    pooled, so that `customers` and `watched` count starts.

    `retention` = `customers` / `watched`: the starts with a purchase in the window, of those
    watched through its last day, with Wilson's 95 % interval; `cumulative_revenue_per_customer` is
    the revenue of the same `watched` from the start to the end of the window. Windows that nobody
    has been watched through are absent. Returns SECOND_LIFE.

    spells: lifecycle.SPELLS; customer_days: transactions.CUSTOMER_DAYS.
    """
    active = spells.filter(spells.state == ACTIVE)
    starts = active.select(
        "customer_id",
        "started_on",
        began_as=ibis.cases(
            (active.previous_state.isnull(), NEW),
            (active.previous_state == LOST, WON_BACK),
            else_=REACTIVATED,
        ),
    )
    cells = _followed(starts, customer_days, "began_as", _thirty_days(calendar), calendar.as_of)
    counted = share(cells, "customers", "watched", "retention")
    return (
        counted.mutate(cumulative_revenue_per_customer=counted.revenue / counted.watched)
        .select(*SECOND_LIFE.names)
        .cast(SECOND_LIFE)
        .order_by("began_as", "window")
    )


def _thirty_days(calendar: Calendar) -> _Windows:
    watched = (calendar.as_of - calendar.first_day).days + 1
    return _Windows(watched // WINDOW_DAYS, lambda days: days // WINDOW_DAYS)


def _of_cohorts(customer_days: ir.Table, calendar: Calendar, windows: _Windows) -> ir.Table:
    """One row a cohort and window, with size, counts, share and whether the cohort is whole."""
    first = calendar.numbered(first_purchases(customer_days), number="first_day")
    starts = first.select("customer_id", "number", started_on="first_day")
    cells = _followed(starts, customer_days, "number", windows, calendar.as_of)
    sizes = first.group_by("number").agg(cohort_size=ibis._.count())
    periods = calendar.table().select("number", cohort="period", has_ended="complete")
    sized = cells.join(sizes, "number").join(periods, "number")
    whole = sized.mutate(complete=sized.has_ended & (sized.watched == sized.cohort_size))
    return share(whole, "customers", "watched", "retention")


def _followed(
    starts: ir.Table, customer_days: ir.Table, by: str, windows: _Windows, as_of: date
) -> ir.Table:
    """One row a group and window that one start at least has been watched through.

    starts: `customer_id`, `started_on` and the column `by` that names the group. Of the `watched`,
    `customers` bought in the window, and `revenue` is all amounts from the start to its end.
    """
    seen = ibis.literal(as_of).delta(starts.started_on, unit="day") + 1
    starts = starts.mutate(seen=windows.number(seen).cast("int64"))
    days = starts.join(customer_days, "customer_id")
    days = days.filter(days.day >= days.started_on)
    since = days.day.delta(days.started_on, unit="day")
    days = days.mutate(window=windows.number(since).cast("int64"))
    of_one = days.group_by(by, "seen", "window", "customer_id", "started_on").agg(
        bought=days.bought.any(), amount=days.amount.sum()
    )
    cells = of_one.group_by(by, "seen", "window").agg(
        bought=of_one.bought.sum(), amount=of_one.amount.sum()
    )
    alike = starts.group_by(by, "seen").agg(starts=ibis._.count())
    grid = alike.cross_join(windows.table())
    grid = grid.filter(grid.window < grid.seen)
    filled = grid.left_join(cells, [by, "seen", "window"]).select(
        *(by, "seen", "window", "starts"),
        bought=cells.bought.fill_null(0),
        amount=cells.amount.fill_null(0),
    )
    so_far = ibis.window(group_by=[by, "seen"], order_by="window", following=0)
    filled = filled.mutate(revenue=filled.amount.sum().over(so_far))
    return filled.group_by(by, "window").agg(
        watched=filled.starts.sum(),
        customers=filled.bought.sum(),
        revenue=filled.revenue.sum().cast("float64"),
    )
