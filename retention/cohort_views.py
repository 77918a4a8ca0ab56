"""Further views of the cohorts of cohorts.py: who is still to come back, and what was refunded.

They share the cells of the calendar with the bounded view: same cohorts, same ages.
"""

import ibis
import ibis.expr.types as ir

from retention.cohorts import ages, first_purchases
from retention.curves import share
from retention.periods import Calendar

UNBOUNDED = ibis.schema(
    {
        "cohort": "date",
        "age": "int64",
        "cohort_size": "int64",
        "customers": "int64",
        "retention": "float64",
        "low": "float64",
        "high": "float64",
    }
)
COHORT_REVENUE = ibis.schema(
    {
        "cohort": "date",
        "age": "int64",
        "cohort_size": "int64",
        "gross_revenue": "float64",
        "refunded": "float64",
        "revenue": "float64",
        "cumulative_gross_revenue": "float64",
        "cumulative_revenue": "float64",
        "complete": "boolean",
    }
)


def unbounded(customer_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a cohort and age that the whole cohort has reached. Returns UNBOUNDED.

    `customers` of the cohort have a purchase day in the period of that age or later, up to
    `as_of`; `retention` is their share, with Wilson's 95 % interval. Ages whose period is not
    complete are absent. Within a cohort the share never rises with age; a later run may find it
    higher, never lower, because who has not come back yet still may.
    """
    bought = customer_days.filter("bought")
    last = bought.group_by("customer_id").agg(first_day=bought.day.min(), last_day=bought.day.max())
    numbered = calendar.numbered(last, cohort_number="first_day", number="last_day")
    counts = numbered.group_by("cohort_number", "number").agg(lasts=ibis._.count())
    grid = ages(last, calendar=calendar)
    filled = grid.left_join(counts, ["cohort_number", "number"]).select(
        *("cohort", "age", "cohort_size", "complete"), lasts=counts.lasts.fill_null(0)
    )
    from_here_on = ibis.window(group_by="cohort", order_by="age", preceding=0)
    cells = filled.mutate(customers=filled.lasts.sum().over(from_here_on)).filter("complete")
    shares = share(cells, "customers", "cohort_size", "retention")
    return shares.select(*UNBOUNDED.names).cast(UNBOUNDED).order_by("cohort", "age")


def cohort_revenue(customer_days: ir.Table, refunds: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a cohort and age that has at least begun to be observed. Returns COHORT_REVENUE.

    `gross_revenue` is what the cohort was sold in that period, `refunded` (0 or less) what was
    refunded or cancelled in it, whenever it was bought, and `revenue` their sum, as in COHORTS.
    Only days from a customer's first purchase day on count. The cumulative ones add up from age 0.

    refunds: transactions.REFUNDS, of the same rows as customer_days.
    """
    first = first_purchases(customer_days)
    known = customer_days.left_join(refunds, ["customer_id", "day"]).select(
        "customer_id", "day", "amount", refunded=refunds.refunded.fill_null(0)
    )
    days = calendar.numbered(
        known.join(first, "customer_id"), cohort_number="first_day", number="day"
    )
    days = days.filter(days.day >= days.first_day)
    cells = days.group_by("cohort_number", "number").agg(
        revenue=days.amount.sum(), refunded=days.refunded.sum()
    )
    grid = ages(first, calendar=calendar)
    filled = grid.left_join(cells, ["cohort_number", "number"]).select(
        *("cohort", "age", "cohort_size", "complete"),
        gross_revenue=(cells.revenue - cells.refunded).fill_null(0),
        refunded=cells.refunded.fill_null(0),
        revenue=cells.revenue.fill_null(0),
    )
    so_far = ibis.window(group_by="cohort", order_by="age", following=0)
    return (
        filled.mutate(
            cumulative_gross_revenue=filled.gross_revenue.sum().over(so_far),
            cumulative_revenue=filled.revenue.sum().over(so_far),
        )
        .select(*COHORT_REVENUE.names)
        .cast(COHORT_REVENUE)
        .order_by("cohort", "age")
    )
