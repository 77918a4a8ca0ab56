"""Cohorts: what becomes of the customers who first bought in a period, and of those who lapsed in
one.

A cell that is not observed yet is absent; a silent period within the observed ones is 0.
"""

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import estimated, wilson
from retention.lifecycle import ACTIVE
from retention.periods import NOMINAL_DAYS, Calendar, Period

COHORTS = ibis.schema(
    {
        "cohort": "date",
        "age": "int64",
        "cohort_size": "int64",
        "customers": "int64",
        "retention": "float64",
        "revenue": "float64",
        "cumulative_revenue_per_customer": "float64",
        "complete": "boolean",
    }
)
LAPSES = ibis.schema({"number": "int64", "days": "int64", "events": "int64", "censored": "int64"})
RETURNS = ("lapse_period", "age", "lapsed", "returned", "return_share", "low", "high", "complete")


def cohorts(days_in_order: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a cohort and age that has at least begun to be observed. Returns COHORTS.

    A cohort is the customers whose first purchase day lies in a period, from the full history; age
    counts whole periods since. `customers` of the cohort have a purchase day in that period
    (bounded retention); `revenue` is all their amounts in it, from their first purchase on. The
    running period is marked by `complete` = false. A period without a first purchase is no cohort.

    days_in_order: transactions.DAYS_IN_ORDER.
    """
    days = calendar.numbered(
        days_in_order, cohort_number="first_day", number="day", next_number="next_day"
    )
    days = days.filter(days.day >= days.first_day)
    # Of a customer's purchase days in a period, the last one alone has no next one in it.
    is_last = days.bought & (days.next_number.isnull() | (days.next_number > days.number))
    cells = days.group_by("cohort_number", "number").agg(
        customers=is_last.sum(), revenue=days.amount.sum().cast("float64")
    )
    is_first = days_in_order.bought & (days_in_order.day == days_in_order.first_day)
    first = days_in_order.filter(is_first).select("customer_id", "first_day")
    grid = ages(first, calendar=calendar)
    filled = grid.left_join(cells, ["cohort_number", "number"]).select(
        "cohort",
        "age",
        "cohort_size",
        "complete",
        customers=cells.customers.fill_null(0),
        revenue=cells.revenue.fill_null(0.0),
    )
    so_far = ibis.window(group_by="cohort", order_by="age", following=0)
    return (
        filled.mutate(
            # PostgreSQL divides whole numbers into whole numbers.
            retention=filled.customers.cast("float64") / filled.cohort_size,
            cumulative_revenue_per_customer=filled.revenue.sum().over(so_far) / filled.cohort_size,
        )
        .select(*COHORTS.names)
        .cast(COHORTS)
        .order_by("cohort", "age")
    )


def first_purchases(customer_days: ir.Table) -> ir.Table:
    """One row a customer who ever bought: `customer_id`, `first_day`, the first purchase day."""
    bought = customer_days.filter("bought")
    return bought.group_by("customer_id").agg(first_day=bought.day.min())


def ages(first_purchases: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a cohort and period from its own on: every cell that has begun to be observed.

    `cohort_number` and `number` count periods as the calendar does; `age` is their difference.
    """
    sizes = (
        calendar.numbered(first_purchases, cohort_number="first_day")
        .group_by("cohort_number")
        .agg(cohort_size=ibis._.count())
    )
    starts = calendar.table().select(cohort="period", cohort_number="number")
    periods = calendar.table().view().select("number", "complete")
    grid = sizes.join(starts, "cohort_number").join(periods, periods.number >= sizes.cohort_number)
    return grid.select(
        "cohort",
        "cohort_number",
        "number",
        "cohort_size",
        "complete",
        age=grid.number - grid.cohort_number,
    )


def average_retention(cohorts: pd.DataFrame) -> pd.DataFrame:
    """One row an age: retention pooled over the complete cells of all cohorts.

    `retention` = sum of customers / sum of cohort sizes: large cohorts weigh more.
    """
    complete = cohorts[cohorts["complete"]]
    pooled = complete.groupby("age", as_index=False)[["customers", "cohort_size"]].sum()
    return pooled.assign(retention=pooled["customers"] / pooled["cohort_size"])


def lapses(spells: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a period of lapse and number of days since: returns and censored follow-ups.

    `events` returned after `days`; `censored` were still away after `days`, at the close of
    `as_of`. Returns LAPSES, a small table to fit curves on.
    """
    lapsed = calendar.numbered(spells.filter(spells.previous_state == ACTIVE), number="started_on")
    until = ibis.coalesce(lapsed.returned_on, ibis.literal(calendar.as_of))
    return (
        lapsed.group_by("number", days=until.delta(lapsed.started_on, unit="day"))
        .agg(events=lapsed.returned_on.count(), censored=lapsed.returned_on.isnull().sum())
        .cast(LAPSES)
        .order_by("number", "days")
    )


def returns(lapses: pd.DataFrame, *, calendar: Calendar) -> pd.DataFrame:
    """One row a complete period of lapse and age: the share that has bought again within that age.

    Age counts periods of nominal length (30 days a month) from each customer's own lapse. Where the
    whole cohort has been watched for so long (`complete`), the share is returned / lapsed with
    Wilson's interval; else it is the Kaplan-Meier estimate with its log-log interval. Ages at
    which nobody is watched any more are absent. Columns RETURNS; lapses: schema LAPSES.
    """
    length = NOMINAL_DAYS[calendar.frequency]
    counts = lapses.groupby(["number", "days"], as_index=False)[["events", "censored"]].sum()
    cohort_of = dict(iter(counts.groupby("number")))
    parts = [
        _returns_of(cohort_of[period.number], period, calendar.as_of, length)
        for period in calendar.complete
        if period.number in cohort_of
    ]
    table = pd.DataFrame(
        {name: np.concatenate([part[name] for part in parts]) for name in RETURNS if parts}
    )
    if table.empty:
        return pd.DataFrame(columns=list(RETURNS))
    low, high = wilson(table["returned"], table["lapsed"])
    table["low"] = table["low"].mask(table["complete"], low.clip(lower=0))
    table["high"] = table["high"].mask(table["complete"], high.clip(upper=1))
    return table


def _returns_of(
    cohort: pd.DataFrame, period: Period, as_of: date, length: int
) -> dict[str, npt.NDArray[Any]]:
    """One value an age of one lapse cohort, with the Kaplan-Meier share and interval."""
    # Arrays, because there may be hundreds of cohorts, and a frame costs more than its curve.
    days, events, censored = (cohort[name].to_numpy() for name in ("days", "events", "censored"))
    curve = estimated(events, censored)
    watched_by_all = (as_of - period.end).days + 1
    ages = np.arange(1, max(watched_by_all, int(days.max())) // length + 1)
    row = np.searchsorted(days, ages * length, side="right")

    def then(values: npt.NDArray[Any], *, before: float) -> npt.NDArray[Any]:
        return np.concatenate([[before], values])[row]

    return {
        "lapse_period": np.full(len(ages), np.datetime64(period.start)),
        "age": ages,
        "lapsed": np.full(len(ages), events.sum() + censored.sum()),
        "returned": then(events.cumsum(), before=0),
        "return_share": 1 - then(curve["survival"], before=1.0),
        "low": 1 - then(curve["high"], before=np.nan),
        "high": 1 - then(curve["low"], before=np.nan),
        "complete": ages * length <= watched_by_all,
    }
