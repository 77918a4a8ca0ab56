"""What the inactive are worth: those who will return, times what returners spend in the year after.

Both are learned from the past of the same unit: the share from the inactive of a year ago and who
of them has returned since; the money from what these returners have spent so far, carried on to a
whole year by how the spending of earlier returners went on. `opportunity_value` puts them together.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from retention.inactive import YEAR_DAYS, former_activity, lapse_bracket
from retention.periods import shifted
from retention.transactions import purchase_days

HORIZON_DAYS = 365
"""Days after the day of the estimate within which a return counts."""

WINDOW_DAYS = 30
BANDS = tuple(Decimal(step).scaleb(power) for power in range(9) for step in (1, 2, 5))
"""Amounts at which bands of spend begin: in the bootstrap, customers of one band are alike."""

OUTCOMES = ibis.schema(
    {
        "since_lapse": "string",
        "former_activity": "string",
        "window": "int64",
        "band": "int64",
        "customers": "int64",
        "watched_days": "int64",
        "spend": "float64",
        "former_value": "float64",
    }
)
REALISED = ibis.schema({"customers": "int64", "returned": "int64", "spend": "float64"})
GROWTH = ibis.schema({"fold": "int64", "days": "int64", "returns": "int64", "spend": "float64"})
FOLDS = 20
"""Parts of the returns, which the bootstrap draws anew; 20 days are no whole weeks."""


def outcomes(
    customer_days: ir.Table,
    *,
    day: date,
    since: date,
    inactive_after: int,
    former: Callable[[ir.Table], ir.Table] = former_activity,
) -> ir.Table:
    """One row a cell and kind of outcome: who was inactive at the close of `day`, and returned.

    The customers are those with a purchase day from `since` to `day`, the last of them
    `inactive_after` or more days before `day`. Their cell is `since_lapse` and `former_activity`
    (see inactive.STANDING), by the purchases of those days alone. A return is the first purchase
    day among the HORIZON_DAYS after `day`. Returns OUTCOMES:

    - window: whole WINDOW_DAYS from the return to the end of the horizon; empty: no return
    - band: how many of BANDS the spend reaches
    - watched_days: days from the return, which counts, to the end of the horizon, added up
    - spend: all amounts from the return to the end of the horizon, refunds taken off
    - former_value: all amounts of the YEAR_DAYS up to and including the last purchase day, and the
      refunds after it up to `day`

    Nothing after the horizon counts. customer_days: transactions.CUSTOMER_DAYS. former: from
    purchase days to inactive.FORMER, or to what stands in its place (tenure.FORMER_TENURE).
    """
    end = ibis.literal(day + timedelta(days=HORIZON_DAYS))
    days = _days_of_inactive(customer_days, former, (since, day), inactive_after)
    silent = days.filter(days.day == days.last_purchase_on).select(
        "customer_id", "former_activity", "since_lapse", "former_value"
    )
    after = days.filter((days.day >= days.returned_on) & (days.day <= end))
    spent = after.group_by("customer_id", "returned_on").agg(spend=after.amount.sum())
    each = silent.left_join(spent, "customer_id")
    watched = end.delta(each.returned_on, unit="day") + 1
    kinds = each.select(
        "since_lapse",
        "former_activity",
        "former_value",
        window=(watched // WINDOW_DAYS).cast("int64"),
        band=_band(each.spend),
        watched_days=watched.fill_null(0),
        spend=each.spend.fill_null(0),
    )
    return (
        kinds.group_by("since_lapse", "former_activity", "window", "band")
        .agg(
            customers=kinds.count(),
            watched_days=kinds.watched_days.sum(),
            spend=kinds.spend.sum().cast("float64"),
            former_value=kinds.former_value.sum().cast("float64"),
        )
        .cast(OUTCOMES)
        # Fractions add up to the same last digit only in the same order.
        .order_by("since_lapse", "former_activity", "window", "band")
    )


def _band(spend: ir.DecimalValue) -> ir.IntegerValue:
    """How many of BANDS an amount reaches; none where it is absent."""
    reached = [(spend >= edge, number + 1) for number, edge in enumerate(BANDS)]
    return ibis.cases(*reversed(reached), else_=0)


def realised(customer_days: ir.Table, *, day: date, since: date, inactive_after: int) -> ir.Table:
    """One row: those inactive at the close of `day`, how many came back, and what those spent.

    `spend` is all amounts of the YEAR_DAYS from each return on, which needs as many days after the
    horizon. Customers and returns as in `outcomes`. Returns REALISED.
    """
    days = _days_of_inactive(customer_days, former_activity, (since, day), inactive_after)
    after = (days.day >= days.returned_on) & (days.day < shifted(days.returned_on, YEAR_DAYS))
    return days.agg(
        customers=(days.day == days.last_purchase_on).sum().fill_null(0),
        returned=(days.day == days.returned_on).sum().fill_null(0),
        spend=days.amount.sum(where=after).cast("float64").fill_null(0.0),
    ).cast(REALISED)


def _days_of_inactive(
    customer_days: ir.Table,
    named: Callable[[ir.Table], ir.Table],
    seen: tuple[date, date],
    inactive_after: int,
) -> ir.Table:
    """One row a day of a customer who was inactive at the close of `day`, with what is alike on all
    their days: cell, `last_purchase_on`, `former_value`, and `returned_on`, if they came back."""
    since, day = seen
    today, end = ibis.literal(day), ibis.literal(day + timedelta(days=HORIZON_DAYS))
    bought = purchase_days(customer_days)
    past = bought.filter(bought.day.between(ibis.literal(since), today))
    former = named(past)
    lapsed_for = today.delta(former.last_purchase_on, unit="day") - inactive_after
    inactive = former.filter(lapsed_for >= 0).select(
        "customer_id",
        "last_purchase_on",
        "former_activity",
        since_lapse=lapse_bracket(lapsed_for),
    )
    days = customer_days.join(inactive, "customer_id")
    of_one = ibis.window(group_by="customer_id")
    before = (days.day <= today) & (shifted(days.day, YEAR_DAYS) > days.last_purchase_on)
    later = (days.day > today) & (days.day <= end) & days.bought
    return days.mutate(
        former_value=days.amount.sum(where=before).over(of_one),
        returned_on=days.day.min(where=later).over(of_one),
    )


def growth(customer_days: ir.Table, *, inactive_after: int, as_of: date) -> ir.Table:
    """One row a fold and day since the return, 0 to 364: what its returners spent on it together.

    A return is a purchase that met dormant or lost, `inactive_after` or more days of silence
    behind it; those count that have been watched for
    YEAR_DAYS, the day of the return and the close of `as_of` included. `fold` is the rest that the
    days from the return to `as_of` leave when divided by FOLDS: the same on every engine. `returns`
    is how many of them bought or were refunded on the day, on day 0 all of the fold; `spend` is all
    amounts, refunds taken off. No row of a day on which nobody did. Returns GROWTH.

    Nothing after `as_of` counts. customer_days: transactions.CUSTOMER_DAYS.
    """
    newest = ibis.literal(as_of - timedelta(days=YEAR_DAYS - 1))
    bought = purchase_days(customer_days)
    by_day = ibis.window(group_by="customer_id", order_by="day")
    gaps = bought.mutate(gap=bought.day.delta(bought.day.lag().over(by_day), unit="day"))
    # The day before, at whose close they were silent for so long, was one day less.
    starts = gaps.filter((gaps.gap > inactive_after) & (gaps.day <= newest))
    starts = starts.select(
        "customer_id",
        started_on="day",
        fold=ibis.literal(as_of).delta(starts.day, unit="day") % FOLDS,
    )
    days = starts.join(customer_days, "customer_id")
    days = days.mutate(days=days.day.delta(days.started_on, unit="day"))
    days = days.filter(days.days.between(0, YEAR_DAYS - 1))
    spent = days.group_by("fold", "days").agg(
        returns=days.count(), spend=days.amount.sum().cast("float64")
    )
    return spent.cast(GROWTH).order_by("fold", "days")
