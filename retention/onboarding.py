"""From the first purchase to the second: how many come again soon, by when they came first.

Only customers who have been watched for so long count, in numerator and denominator alike: who came
yesterday has had no month to come again in.
"""

import ibis
import ibis.expr.types as ir

from retention.curves import share
from retention.periods import Calendar
from retention.second_purchase import MARKS

FIRST_TWO = ibis.schema(
    {"customer_id": "string", "first_day": "date", "days_to_second": "int64", "days_seen": "int64"}
)
_FIGURES = {
    "days": "int64",
    "cohort_size": "int64",
    "watched": "int64",
    "second_purchases": "int64",
    "second_purchase_share": "float64",
    "low": "float64",
    "high": "float64",
}
ONBOARDING = ibis.schema({"cohort": "date", **_FIGURES, "complete": "boolean"})
BY_SEGMENT = ibis.schema({"segment": "string", "value": "string", **_FIGURES})


def first_two(purchase_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a customer who ever bought: the first purchase day, and the way to the second.

    `days_to_second` is empty where there was none yet; `days_seen` is how long the customer has
    been watched, from the first purchase day to the last day covered. Returns FIRST_TWO.
    purchase_days: `customer_id`, `day`, one row a customer's purchase day.
    """
    by_day = ibis.window(group_by="customer_id", order_by="day")
    days = purchase_days.select(
        "customer_id",
        first_day="day",
        number=ibis.row_number().over(by_day),
        second_day=purchase_days.day.lead().over(by_day),
    )
    first = days.filter(days.number == 0)
    return first.select(
        "customer_id",
        "first_day",
        days_to_second=first.second_day.delta(first.first_day, unit="day"),
        days_seen=ibis.literal(calendar.as_of).delta(first.first_day, unit="day"),
    ).cast(FIRST_TWO)


def onboarding(first_two: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a cohort and number of days (second_purchase.MARKS) that one customer at least has
    been watched for.

    A cohort is the customers whose first purchase day lies in a period, `cohort_size` of them.
    `second_purchase_share` = `second_purchases` / `watched`: those with a second purchase day
    within `days` of the first, of those watched for so long, with Wilson's 95 % interval.
    `complete`: the period has ended, and the whole cohort has been watched; else more will join the
    row. Returns ONBOARDING. first_two: FIRST_TWO.
    """
    numbered = calendar.numbered(first_two, number="first_day")
    starts = calendar.table().select("number", cohort="period", ended="complete")
    found = _within(numbered.join(starts, "number"), "cohort", "ended")
    whole = found.ended & (found.watched == found.cohort_size)
    table = found.mutate(complete=whole).select(*ONBOARDING.names).cast(ONBOARDING)
    return table.order_by("cohort", "days")


def by_segment(first_two: ir.Table, values: ir.Table) -> ir.Table:
    """One row a segment, value of it and number of days; figures as in `onboarding`, a value of a
    segment being the cohort.

    Returns BY_SEGMENT. values: segments.VALUES, of each customer's first purchase day.
    """
    valued = first_two.join(values, "customer_id")
    found = _within(valued, "segment", "value").cast(BY_SEGMENT)
    return found.order_by("segment", "value", "days")


def _within(first_two: ir.Table, *by: str) -> ir.Table:
    sizes = first_two.group_by(*by).agg(cohort_size=first_two.count())
    marks = ibis.memtable([(days,) for days in MARKS], schema={"days": "int64"})
    crossed = first_two.select(*by, "days_seen", "days_to_second").cross_join(marks)
    watched = crossed.filter(crossed.days_seen >= crossed.days)
    came = (watched.days_to_second <= watched.days).ifelse(1, 0)
    counted = watched.group_by(*by, "days").agg(
        watched=watched.count(), second_purchases=came.sum()
    )
    sized = counted.join(sizes, list(by))
    shares = share(sized, "second_purchases", "watched", "second_purchase_share")
    return shares.select(*by, *_FIGURES)
