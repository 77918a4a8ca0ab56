"""What the inactive are worth: those who will return, times what returners spend in the year after.

Both are learned from the past of the same unit: the share from the inactive of a year ago and who
of them has returned since; the money from what these returners have spent so far, carried on to a
whole year by how the spending of earlier returners went on. `opportunity_value` puts them together.
"""

from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from retention.inactive import LAPSED_EARLIER, LAPSED_WITHIN, YEAR_DAYS, former_activity
from retention.lifecycle import ACTIVE
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
GROWTH = ibis.schema({"fold": "int64", "days": "int64", "returns": "int64", "spend": "float64"})
FOLDS = 20
"""Parts of the returns, which the bootstrap draws anew; 20 days are no whole weeks."""


def outcomes(customer_days: ir.Table, *, day: date, since: date, inactive_after: int) -> ir.Table:
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

    Nothing after the horizon counts. customer_days: transactions.CUSTOMER_DAYS.
    """
    today, end = ibis.literal(day), ibis.literal(day + timedelta(days=HORIZON_DAYS))
    bought = purchase_days(customer_days)
    past = bought.filter(bought.day.between(ibis.literal(since), today))
    former = former_activity(past)
    lapsed_for = today.delta(former.last_purchase_on, unit="day") - inactive_after
    inactive = former.filter(lapsed_for >= 0).select(
        "customer_id",
        "last_purchase_on",
        "former_activity",
        since_lapse=ibis.cases(
            *((lapsed_for <= days, name) for days, name in LAPSED_WITHIN.items()),
            else_=LAPSED_EARLIER,
        ),
    )
    days = customer_days.join(inactive.select("customer_id", "last_purchase_on"), "customer_id")
    before = days.filter(
        (days.day <= today) & (shifted(days.day, YEAR_DAYS) > days.last_purchase_on)
    )
    worth = before.group_by("customer_id").agg(former_value=before.amount.sum())
    later = days.filter((days.day > today) & (days.day <= end))
    returned_on = later.day.min(where=later.bought).over(ibis.window(group_by="customer_id"))
    later = later.mutate(returned_on=returned_on)
    after = later.filter(later.day >= later.returned_on)
    spent = after.group_by("customer_id", "returned_on").agg(spend=after.amount.sum())
    each = inactive.join(worth, "customer_id").left_join(spent, "customer_id")
    watched = end.delta(each.returned_on, unit="day") + 1
    kinds = each.select(
        "since_lapse",
        "former_activity",
        "former_value",
        window=(watched // WINDOW_DAYS).cast("int64"),
        band=sum((each.spend.fill_null(0) >= edge).ifelse(1, 0) for edge in BANDS),
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
    )


def growth(spells: ir.Table, customer_days: ir.Table, *, as_of: date) -> ir.Table:
    """One row a fold and day since the return, 0 to 364: what its returners spent on it together.

    A return is a purchase that met dormant or lost; those count that have been watched for
    YEAR_DAYS, the day of the return and the close of `as_of` included. `fold` is the rest that the
    days from the return to `as_of` leave when divided by FOLDS: the same on every engine. `returns`
    is how many of them bought or were refunded on the day, on day 0 all of the fold; `spend` is all
    amounts, refunds taken off. No row of a day on which nobody did. Returns GROWTH.

    spells: lifecycle.SPELLS; customer_days: transactions.CUSTOMER_DAYS.
    """
    newest = ibis.literal(as_of - timedelta(days=YEAR_DAYS - 1))
    came_back = (spells.state == ACTIVE) & spells.previous_state.notnull()
    starts = spells.filter(came_back & (spells.started_on <= newest))
    starts = starts.select(
        "customer_id",
        "started_on",
        fold=ibis.literal(as_of).delta(starts.started_on, unit="day") % FOLDS,
    )
    days = starts.join(customer_days, "customer_id")
    days = days.mutate(days=days.day.delta(days.started_on, unit="day"))
    days = days.filter(days.days.between(0, YEAR_DAYS - 1))
    spent = days.group_by("fold", "days").agg(
        returns=days.count(), spend=days.amount.sum().cast("float64")
    )
    return spent.cast(GROWTH).order_by("fold", "days")
