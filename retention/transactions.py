"""From raw rows to customer-days, with an account of every row that was dropped.

A customer-day is what a customer bought and returned on one calendar day; it is a purchase day when
that adds up to more than nothing.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from retention import cells
from retention.cells import AFTER_AS_OF, NO_AMOUNT, NO_CUSTOMER, NO_DATE, OTHER_UNIT
from retention.quality import KEPT, ROWS_AFTER_QUERY, account, counts

TRANSACTIONS = ibis.schema(
    {"customer_id": "string", "day": "date", "amount": "float64", "fault": "string"}
)
TALLY = ibis.schema(
    {
        "fault": "string",
        "customer_id": "string",
        "day": "date",
        "rows": "int64",
        "amount": "decimal(38, 4)",
        "refunds": "int64",
        "refunded": "decimal(38, 4)",
    }
)
CUSTOMER_DAYS = ibis.schema(
    {"customer_id": "string", "day": "date", "amount": "decimal(18, 4)", "bought": "boolean"}
)
DAYS_IN_ORDER = ibis.schema({**CUSTOMER_DAYS, "first_day": "date", "next_day": "date"})
PAUSES = ibis.schema(
    {"customer_id": "string", "day": "date", "first_day": "date", "next_day": "date"}
)
REFUNDS = ibis.schema({"customer_id": "string", "day": "date", "refunded": "decimal(18, 4)"})

COLUMNS = {"customer_id": "client", "ordered_at": "date", "amount": "net"}
"""The columns that must be there, and what they may be called in somebody's data."""

UNREADABLE = {"ordered_at": "unreadable_date", "amount": "unreadable_amount"}
_REFUNDS, _IDLE = "refunds", "days_without_purchase"
_SMALL = 999_999_999  # with eight decimals it has 17 digits
DROPS = (NO_CUSTOMER, NO_DATE, NO_AMOUNT, AFTER_AS_OF)
"""Why rows are dropped; a row with several faults counts under the first of them."""


def transactions(raw: ir.Table, *, unit: str, segments: Sequence[str] = ()) -> ir.Table:
    """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

    raw: `customer_id`, `ordered_at`, `amount`, and optionally `unit`, of any type that can be read
        as text, date or time stamp, and number. Naive time stamps are local; aware ones are cut
        into days in the session's time zone (see sources.open_source).
    unit: where `raw` has a column `unit`, the value to keep; other rows get the fault OTHER_UNIT.
    segments: columns of `raw` that are kept, as text; most units have none.
    Returns TRANSACTIONS. Raises DataRefused for missing columns and for types that cannot be read.
    """
    cells.need_columns(raw, COLUMNS)
    return raw.select(
        customer_id=cells.text(raw, "customer_id"),
        day=cells.day(raw, "ordered_at"),
        amount=cells.number(raw, "amount"),
        fault=_fault(raw, unit),
        **{name: cells.text(raw, name) for name in segments},
    ).cast(dict(TRANSACTIONS))


def refused(raw: ir.Table, *, unit: str, fault: str) -> ir.Table:
    """One row each of the first three rows with a fault, its cells as text."""
    kept = raw.select(*(c for c in raw.columns if c in (*COLUMNS, "unit")))
    bad = kept.filter(_fault(kept, unit) == fault)
    return cells.shown(bad, COLUMNS)


def tally(transactions: ir.Table) -> ir.Table:
    """One row a customer and day of the rows without fault, one row a fault and day of the others.

    This is the one pass over the rows: everything after it counts customer-days. Returns TALLY.
    """
    return rounded(counted(transactions))


def counted(transactions: ir.Table, by: Sequence[str] = ()) -> ir.Table:
    """The tally before its money is rounded, of each value of the columns in `by` apart."""
    good = transactions.fault == ""
    # Decimal, so that the sum does not depend on the order of the rows.
    amount = transactions.amount.cast("decimal(38, 8)")
    negative = (amount < 0).ifelse(amount, ibis.null(amount.type()))
    return transactions.group_by(
        *by,
        fault="fault",
        customer_id=good.ifelse(transactions.customer_id, ibis.null("string")),
        day="day",
    ).agg(
        rows=transactions.count(),
        amount=amount.sum(),
        refunds=negative.count(),
        refunded=negative.sum(),
    )


def rounded(counted: ir.Table) -> ir.Table:
    """The tally, of what `counted` gives without other columns. Returns TALLY."""
    money = {name: _rounded(counted[name]) for name in ("amount", "refunded")}
    return counted.mutate(**money).cast(TALLY)


def _rounded(total: ir.DecimalValue) -> ir.DecimalValue:
    """A sum of eight decimals, or of nothing, to four."""
    total = total.fill_null(0)
    # Engines round 18 digits in one step, and more of them so slowly that it takes as long as the
    # sum itself.
    small = total.between(-_SMALL, _SMALL)
    short = small.ifelse(total, ibis.literal(0, total.type())).cast("decimal(18, 8)")
    return small.ifelse(short.cast("decimal(38, 4)"), total.cast("decimal(38, 4)"))


def dates(tally: ir.Table) -> ir.Table:
    """One row a row of the tally with a day: the `day`, and the `fault` of its rows."""
    return tally.select("fault", "day").filter(tally.day.notnull())


def customer_days(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer and day with at least one countable row, up to `as_of`.

    `amount` is what the day adds up to, rounded to 0.0001 after adding; decimal, so that later sums
    do not depend on their order. `bought` says whether that is more than 0. Returns CUSTOMER_DAYS.
    """
    return (
        tally.filter((tally.fault == "") & (tally.day <= as_of))
        .select("customer_id", "day", "amount", bought=tally.amount > 0)
        .cast(CUSTOMER_DAYS)
    )


def refunds(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer and day with a refund or cancellation, up to `as_of`. Returns REFUNDS.

    `refunded` is what the negative amounts of the day add up to. They are part of the `amount` of
    the customer-day already.
    """
    refunded = tally.filter((tally.fault == "") & (tally.day <= as_of) & (tally.refunds > 0))
    return refunded.select(*REFUNDS.names).cast(REFUNDS)


def purchase_days(customer_days: ir.Table) -> ir.Table:
    """One row a customer's purchase day: a day whose amounts add up to more than 0."""
    return customer_days.filter("bought")


def in_order(customer_days: ir.Table) -> ir.Table:
    """One row a customer-day, with the customer's first purchase day, and the one after this day.

    `next_day` is empty after the last purchase day, and on a day that is none. This is the one time
    that days are put in order: thresholds, runs and cohorts are counted from it, whatever the
    thresholds; and it brings the days of a customer together, which all that follows is faster for.
    Returns DAYS_IN_ORDER. customer_days: schema CUSTOMER_DAYS.
    """
    # Purchase days come first, so that the next row is the next of them, or no purchase day.
    idle_last = customer_days.bought.ifelse(0, 1)
    by_day = ibis.window(group_by="customer_id", order_by=[idle_last, customer_days.day])
    bought_on = customer_days.bought.ifelse(customer_days.day, ibis.null("date"))
    return customer_days.select(
        *CUSTOMER_DAYS.names,
        first_day=bought_on.first().over(by_day),
        next_day=bought_on.lead().over(by_day),
    ).cast(DAYS_IN_ORDER)


def pauses(days_in_order: ir.Table) -> ir.Table:
    """One row a customer's purchase day, with the first one and the next, empty after the last.

    Returns PAUSES. days_in_order: schema DAYS_IN_ORDER.
    """
    return purchase_days(days_in_order).select(*PAUSES.names)


def quality(tally: ir.Table, *, source_rows: int, as_of: date) -> ir.Table:
    """One row a check of the data: what came in, what was dropped and why, what was kept.

    Rows and money add up: rows_after_query = other_unit + every drop + kept.
    Returns quality.QUALITY.
    """
    late = (tally.fault == "") & (tally.day > as_of)
    check = late.ifelse(AFTER_AS_OF, tally.fault)
    kept = check == ""
    idle = kept & (tally.amount <= 0)
    found = ibis.union(
        counts(tally, kept.ifelse(KEPT, check)),
        counts(tally, ROWS_AFTER_QUERY),
        counts(tally.filter(kept), _REFUNDS, rows="refunds", amount="refunded"),
        counts(tally.filter(idle), _IDLE),
    )
    checks = [ROWS_AFTER_QUERY, OTHER_UNIT, *DROPS, KEPT, _REFUNDS, _IDLE]
    return account(found, checks=checks, drops=DROPS, source_rows=source_rows)


def _fault(raw: ir.Table, unit: str) -> ir.StringValue:
    """Why a row cannot be counted: the first fault it has, or the empty text."""
    dated, priced = cells.day(raw, "ordered_at"), cells.number(raw, "amount")
    empty = [
        cells.unread(raw, name, value, nothing=nothing, unreadable=UNREADABLE[name])
        for name, value, nothing in (("ordered_at", dated, NO_DATE), ("amount", priced, NO_AMOUNT))
    ]
    return cells.fault(raw, empty, unit=unit)
