"""What the raw rows are read as: columns of several types, optional sources, and contracts."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir
from raw_rows import AS_OF, START

from retention.periods import shifted

READINGS = {
    "local": {"customer_id": "who", "ordered_at": "local", "amount": "money", "unit": "shop"},
    "aware": {"customer_id": "who", "ordered_at": "aware", "amount": "floating", "unit": "shop"},
    "dates": {"customer_id": "whole", "ordered_at": "day", "amount": "money"},
    "floats": {"customer_id": "number", "ordered_at": "aware", "amount": "whole"},
    "decimals": {"customer_id": "exact", "ordered_at": "local", "amount": "exact"},
}
"""Canonical columns, read from columns of several types."""

SEGMENTED = READINGS["local"] | {"kind": "shop", "id": "whole"}
"""The same with two more columns."""


def known(rows: ir.Table) -> ir.Table:
    """The people of the rows, each known some days before; those of every third never buy."""
    never = (rows.whole % 3 == 0).ifelse("never ", "")
    as_it_is = (rows.whole % 2 == 0) | (rows.day < date(1901, 1, 1))
    days = as_it_is.ifelse(rows.day, shifted(rows.day, -60))
    return rows.select(customer_id=never + rows.who, known_on=days, unit="shop")


def sent(rows: ir.Table) -> ir.Table:
    """Contacts of the people of the rows: two campaigns, three arms, some in two of them."""
    arm = ibis.cases((rows.whole % 5 == 0, "Control"), (rows.whole % 5 < 3, "mail"), else_="app")
    again = (rows.whole % 40 == 0) & (rows.money > 100)
    return rows.select(
        customer_id="who",
        campaign=(rows.day < date(2023, 6, 1)).ifelse("spring", "autumn"),
        contacted_on="day",
        arm=again.ifelse("mail", arm),
        planned_control=(rows.whole % 7 == 0).ifelse(ibis.null("float64"), 0.2),
        unit="shop",
    )


def answered(raw: ir.Table) -> ir.Table:
    """What every third of the people of the rows said, 40 days after each purchase."""
    rows = raw.filter(raw.whole % 3 == 0)
    reason = ibis.cases((rows.whole % 4 == 0, "price"), (rows.whole % 4 == 1, ""), else_="moved")
    said_on = (rows.day < date(1901, 1, 1)).ifelse(rows.day, shifted(rows.day, 40))
    return rows.select(customer_id="who", reported_on=said_on, reason=reason, unit="shop")


def agreed(raw: ir.Table) -> ir.Table:
    """The rows as subscriptions: each lasts some days, which its money says."""
    raw = raw.filter(raw.day.between(START, AS_OF) & raw.money.notnull())
    # Engines cut or round a fraction as they like.
    days = raw.money.floor().cast("int64") % 97 - 3
    ended_on = (raw.day.cast("timestamp") + days.as_interval("D")).cast("date")
    return raw.select(
        customer_id="who",
        started_on="day",
        ended_on=(days > 80).ifelse(ibis.null("date"), ended_on),
        amount="money",
        unit="shop",
    )
