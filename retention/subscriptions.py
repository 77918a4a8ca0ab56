"""From raw rows to contracts, with an account of every row that was dropped.

A subscription is a row of the source: a customer, the first day of service, the first day without
it (empty while it is in force), and an amount per month. A contract is what a customer's
subscriptions from and to the same days add up to.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from retention import cells
from retention.cells import AFTER_AS_OF, NO_AMOUNT, NO_CUSTOMER, NO_DATE, OTHER_UNIT
from retention.quality import KEPT, ROWS_AFTER_QUERY, account, counts

SUBSCRIPTIONS = ibis.schema(
    {
        "customer_id": "string",
        "started_on": "date",
        "ended_on": "date",
        "amount": "float64",
        "fault": "string",
    }
)
TALLY = ibis.schema(
    {
        "fault": "string",
        "customer_id": "string",
        "started_on": "date",
        "ended_on": "date",
        "rows": "int64",
        "amount": "decimal(38, 4)",
    }
)
CONTRACTS = ibis.schema(
    {
        "customer_id": "string",
        "started_on": "date",
        "ended_on": "date",
        "amount": "decimal(18, 4)",
    }
)

COLUMNS = {
    "customer_id": "client",
    "started_on": "begins",
    "ended_on": "ends",
    "amount": "price",
}
"""The columns that must be there, and what they may be called in somebody's data."""

UNREADABLE = {
    "started_on": "unreadable_start",
    "ended_on": "unreadable_end",
    "amount": "unreadable_amount",
}
END_BEFORE_START, BELOW_ZERO = "end_before_start", "amount_below_zero"
IMPOSSIBLE = {
    END_BEFORE_START: "end before they start",
    BELOW_ZERO: "have an amount below 0 (take a discount off the contract that it belongs to)",
}
"""Faults for which the data are refused, with the rows named, as the end of a sentence."""

NO_DAY = "no_day_of_service"
DROPS = (NO_CUSTOMER, NO_DATE, NO_AMOUNT, NO_DAY, AFTER_AS_OF)
"""Why rows are dropped; a row with several faults counts under the first of them."""

IN_FORCE, FREE = "in_force", "free_of_charge"

LARGEST_AMOUNT = 1e11
"""From here on an amount per month is refused: what a day of it earns would not be exact."""


def subscriptions(raw: ir.Table, *, unit: str, kept: Sequence[str] = ()) -> ir.Table:
    """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

    raw: `customer_id`, `started_on`, `ended_on`, `amount`, and optionally `unit`, of any type that
        can be read as text, day and number (see cells); of a time stamp, the day alone counts.
    unit: where `raw` has a column `unit`, the value to keep; other rows get the fault OTHER_UNIT.
    kept: columns of `raw` that are kept, as text; by default none.
    Returns SUBSCRIPTIONS. Raises DataRefused for missing columns and for types that cannot be read.
    """
    cells.need_columns(raw, COLUMNS)
    return raw.select(
        customer_id=cells.text(raw, "customer_id"),
        started_on=cells.day(raw, "started_on"),
        ended_on=cells.day(raw, "ended_on"),
        amount=cells.number(raw, "amount", below=LARGEST_AMOUNT),
        fault=_fault(raw, unit),
        **{name: cells.text(raw, name) for name in kept},
    ).cast(dict(SUBSCRIPTIONS))


def refused(raw: ir.Table, *, unit: str, fault: str) -> ir.Table:
    """One row each of the first three rows with a fault, its cells as text."""
    kept = raw.select(*(c for c in raw.columns if c in (*COLUMNS, "unit")))
    bad = kept.filter(_fault(kept, unit) == fault)
    return cells.shown(bad, COLUMNS)


def tally(subscriptions: ir.Table) -> ir.Table:
    """One row a customer and pair of days of the rows without fault, one a fault of the others.

    This is the one pass over the rows. Returns TALLY.
    """
    return rounded(counted(subscriptions))


def counted(subscriptions: ir.Table, by: Sequence[str] = ()) -> ir.Table:
    """The tally before its money is rounded, of each value of the columns in `by` apart."""
    good = subscriptions.fault == ""
    # Decimal, so that the sum does not depend on the order of the rows.
    amount = subscriptions.amount.cast("decimal(38, 8)")
    return subscriptions.group_by(
        *by,
        fault="fault",
        customer_id=good.ifelse(subscriptions.customer_id, ibis.null("string")),
        started_on="started_on",
        ended_on=good.ifelse(subscriptions.ended_on, ibis.null("date")),
    ).agg(rows=subscriptions.count(), amount=amount.sum().fill_null(0))


def rounded(counted: ir.Table) -> ir.Table:
    """The tally, of what `counted` gives without other columns. Returns TALLY."""
    return counted.cast(TALLY)


def dates(tally: ir.Table) -> ir.Table:
    """One row a start and one an end in the data: `day`, and the `fault` of its rows."""
    starts = tally.select("fault", day="started_on")
    return ibis.union(starts, tally.select("fault", day="ended_on")).filter(ibis._.day.notnull())


def contracts(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer's contract that has started by `as_of`: its days, and amount per month.

    `amount` is rounded to 0.0001 after adding. `ended_on` is the first day without service, empty
    where it lies after `as_of`: such a contract is in force. Returns CONTRACTS.
    """
    begun = tally.filter((tally.fault == "") & (tally.started_on <= as_of))
    ended_on = (begun.ended_on <= as_of).ifelse(begun.ended_on, ibis.null("date"))
    # Once more added up: several that end after as_of are one.
    return (
        begun.group_by("customer_id", "started_on", ended_on=ended_on)
        .agg(amount=begun.amount.sum())
        .cast(CONTRACTS)
    )


def quality(tally: ir.Table, *, source_rows: int, as_of: date) -> ir.Table:
    """One row a check of the data: what came in, what was dropped and why, what was kept.

    Rows and amounts per month add up: rows_after_query = other_unit + every drop + kept. Of the
    kept, IN_FORCE counts those with service on `as_of`, and FREE those without an amount. Returns
    quality.QUALITY.
    """
    late = (tally.fault == "") & (tally.started_on > as_of)
    check = ibis.cases((late, AFTER_AS_OF), (tally.fault == "", KEPT), else_=tally.fault)
    kept = tally.filter((tally.fault == "") & (tally.started_on <= as_of))
    in_force = kept.filter(kept.ended_on.isnull() | (kept.ended_on > as_of))
    found = ibis.union(
        counts(tally, check),
        counts(tally, ROWS_AFTER_QUERY),
        counts(in_force, IN_FORCE),
        counts(kept.filter(kept.amount == 0), FREE),
    )
    checks = [ROWS_AFTER_QUERY, OTHER_UNIT, *DROPS, KEPT, IN_FORCE, FREE]
    return account(found, checks=checks, drops=DROPS, source_rows=source_rows)


def _fault(raw: ir.Table, unit: str) -> ir.StringValue:
    """Why a row cannot be counted: the first fault it has, or the empty text."""
    start, end = cells.day(raw, "started_on"), cells.day(raw, "ended_on")
    amount = cells.number(raw, "amount", below=LARGEST_AMOUNT)
    faults = [
        cells.unread(raw, name, value, nothing=nothing, unreadable=UNREADABLE[name])
        for name, value, nothing in (("started_on", start, NO_DATE), ("amount", amount, NO_AMOUNT))
    ]
    faults += [
        (end.isnull() & ~cells.is_blank(raw, "ended_on"), ibis.literal(UNREADABLE["ended_on"])),
        (end < start, ibis.literal(END_BEFORE_START)),
        (amount < 0, ibis.literal(BELOW_ZERO)),
        (end == start, ibis.literal(NO_DAY)),
    ]
    return cells.fault(raw, faults, unit=unit)
