"""States of customers: from purchase days to spells.

A spell is a maximal run of days that a customer spends in one state. Spells of a customer touch
and never overlap; all counts of the kit are sums over spells.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention.periods import shifted

PROSPECT, ACTIVE, DORMANT, LOST = "prospect", "active", "dormant", "lost"
STATES = (ACTIVE, DORMANT, LOST)

SPELLS = ibis.schema(
    {
        "customer_id": "string",
        "state": "string",
        "previous_state": "string",
        "started_on": "date",
        "ended_on": "date",
        "returned_on": "date",
    }
)


def spells(
    purchase_days: ir.Table, *, inactive_after: int, lost_after: int, as_of: date
) -> ir.Table:
    """One row a maximal run of days that one customer spends in one state.

    With r = days since the last purchase day: active while r < `inactive_after`, dormant while
    r < `lost_after`, then lost, until the next purchase.

    Returns SPELLS: `ended_on` is exclusive and empty while the spell is open at the close of
    `as_of`; `previous_state` is empty for the spell that begins with the first purchase;
    `returned_on` is the purchase that ended the inactivity (dormant and lost spells only).

    purchase_days: `customer_id`, `day`, one row a customer's purchase day, none after `as_of`.
    inactive_after, lost_after: days, `0 < inactive_after <= lost_after`.
    """
    runs = _runs(purchase_days, inactive_after)
    lapses_on = shifted(runs.last_day, inactive_after)
    lost_on = shifted(runs.last_day, lost_after)
    returned_after_loss = runs.started_on > shifted(runs.previous_last_day, lost_after)
    active = runs.select(
        "customer_id",
        state=ibis.literal(ACTIVE),
        previous_state=ibis.cases(
            (runs.previous_last_day.isnull(), ibis.null("string")),
            (returned_after_loss, LOST),
            else_=DORMANT,
        ),
        started_on=runs.started_on,
        ended_on=_by(lapses_on, as_of),
        returned_on=ibis.null("date"),
    )
    dormant = runs.filter(lapses_on <= as_of).select(
        "customer_id",
        state=ibis.literal(DORMANT),
        previous_state=ibis.literal(ACTIVE),
        started_on=lapses_on,
        ended_on=_by(ibis.least(lost_on, ibis.coalesce(runs.next_day, lost_on)), as_of),
        returned_on=runs.next_day,
    )
    lost = runs.filter(
        (lost_on <= as_of) & (runs.next_day.isnull() | (runs.next_day > lost_on))
    ).select(
        "customer_id",
        state=ibis.literal(LOST),
        previous_state=ibis.literal(DORMANT if inactive_after < lost_after else ACTIVE),
        started_on=lost_on,
        ended_on=runs.next_day,
        returned_on=runs.next_day,
    )
    parts = [active, dormant, lost] if inactive_after < lost_after else [active, lost]
    return ibis.union(*parts, distinct=False).cast(SPELLS)


def _runs(purchase_days: ir.Table, inactive_after: int) -> ir.Table:
    """One row an unbroken run of purchases: no gap in it exceeds `inactive_after` days.

    `previous_last_day` and `next_day` are the purchases before and after the run.
    """
    by_day = ibis.window(group_by="customer_id", order_by="day")
    gaps = purchase_days.select(
        "customer_id",
        last_day="day",
        next_day=purchase_days.day.lead().over(by_day),
        first_day=purchase_days.day.min().over(ibis.window(group_by="customer_id")),
    )
    ends = gaps.filter(
        gaps.next_day.isnull() | (gaps.next_day > shifted(gaps.last_day, inactive_after))
    )
    by_run = ibis.window(group_by="customer_id", order_by="last_day")
    return ends.select(
        "customer_id",
        started_on=ibis.coalesce(ends.next_day.lag().over(by_run), ends.first_day),
        last_day=ends.last_day,
        previous_last_day=ends.last_day.lag().over(by_run),
        next_day=ends.next_day,
    )


def _by(day: ir.Column, as_of: date) -> ir.Column:
    """`day`, or empty where it lies after `as_of`: not observed yet."""
    return (day <= as_of).ifelse(day, ibis.null("date"))
