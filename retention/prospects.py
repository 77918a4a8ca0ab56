"""From a source of known people to prospects, with an account of every row that was dropped.

A prospect is somebody whom the unit knows and who has never bought: a newsletter sign-up, a trial,
an open account.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention import cells
from retention.cells import AFTER_AS_OF, NO_CUSTOMER, NO_DATE
from retention.quality import KEPT, REPEATED, ROWS, account_of, checks_of

PEOPLE = ibis.schema({"customer_id": "string", "known_on": "date", "fault": "string"})
TALLY = ibis.schema(
    {"fault": "string", "customer_id": "string", "known_on": "date", "rows": "int64"}
)
PROSPECTS = ibis.schema({"customer_id": "string", "known_on": "date"})

COLUMNS = {"customer_id": "client", "known_on": "signed_up"}
"""The columns that must be there, and what they may be called in somebody's data."""

UNREADABLE = {"known_on": "unreadable_date"}

DROPS = (NO_CUSTOMER, NO_DATE, AFTER_AS_OF)
"""Why rows are dropped; a row with several faults counts under the first of them."""

CHECKS = checks_of("prospects", DROPS)
"""Checks of the source, in their order; named apart from those of the unit's own source."""


def people(raw: ir.Table, *, unit: str) -> ir.Table:
    """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

    raw: `customer_id`, `known_on`, and optionally `unit`, of any type that can be read as text and
        day. unit: where `raw` has a column `unit`, the value to keep.
    Returns PEOPLE. Raises DataRefused for missing columns and for types that cannot be read.
    """
    cells.need_columns(raw, COLUMNS)
    return raw.select(
        customer_id=cells.text(raw, "customer_id"),
        known_on=cells.day(raw, "known_on"),
        fault=_fault(raw, unit),
    ).cast(PEOPLE)


def refused(raw: ir.Table, *, unit: str, fault: str) -> ir.Table:
    """One row each of the first three rows with a fault, its cells as text."""
    kept = raw.select(*(name for name in raw.columns if name in (*COLUMNS, "unit")))
    return cells.shown(kept.filter(_fault(kept, unit) == fault), COLUMNS)


def tally(people: ir.Table) -> ir.Table:
    """One row a person and day of the rows without fault, one row a fault and day.

    Returns TALLY.
    """
    good = people.fault == ""
    return (
        people.group_by(
            fault="fault",
            customer_id=good.ifelse(people.customer_id, ibis.null("string")),
            known_on="known_on",
        )
        .agg(rows=people.count())
        .cast(TALLY)
    )


def prospects(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a person known by the close of `as_of`, on the first of their days. PROSPECTS.

    Who of them has bought meanwhile, or had before, lifecycle.with_prospects tells.
    """
    known = tally.filter((tally.fault == "") & (tally.known_on <= as_of))
    return known.group_by("customer_id").agg(known_on=known.known_on.min()).cast(PROSPECTS)


def quality(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a check of the source (CHECKS), in order: what came in, was dropped, was kept.

    `repeated` are those of the kept that name somebody once more. Returns quality.QUALITY; see
    quality.account_of.
    """
    late = (tally.fault == "") & (tally.known_on > as_of)
    check = late.ifelse(AFTER_AS_OF, tally.fault)
    kept = tally.filter(check == "")
    found = ibis.union(
        tally.agg(check=ibis.literal(ROWS), rows=tally.rows.sum()),
        tally.group_by(check=(check == "").ifelse(KEPT, check)).agg(rows=tally.rows.sum()),
        kept.agg(check=ibis.literal(REPEATED), rows=kept.rows.sum() - kept.customer_id.nunique()),
    )
    return account_of(found, source="prospects", drops=DROPS)


def _fault(raw: ir.Table, unit: str) -> ir.StringValue:
    read = cells.day(raw, "known_on")
    undated = cells.unread(
        raw, "known_on", read, nothing=NO_DATE, unreadable=UNREADABLE["known_on"]
    )
    return cells.fault(raw, [undated], unit=unit)
