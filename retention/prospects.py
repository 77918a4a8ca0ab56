"""From a source of known people to prospects, with an account of every row that was dropped.

A prospect is somebody whom the unit knows and who has never bought: a newsletter sign-up, a trial,
an open account.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention import cells
from retention.cells import AFTER_AS_OF, NO_CUSTOMER, NO_DATE, OTHER_UNIT
from retention.quality import QUALITY

PEOPLE = ibis.schema({"customer_id": "string", "known_on": "date", "fault": "string"})
TALLY = ibis.schema(
    {"fault": "string", "customer_id": "string", "known_on": "date", "rows": "int64"}
)
PROSPECTS = ibis.schema({"customer_id": "string", "known_on": "date"})

COLUMNS = {"customer_id": "client", "known_on": "signed_up"}
"""The columns that must be there, and what they may be called in somebody's data."""

UNREADABLE = "unreadable_date"

DROPS = (NO_CUSTOMER, NO_DATE, AFTER_AS_OF)
"""Why rows are dropped; a row with several faults counts under the first of them."""

KEPT, REPEATED = "kept", "repeated"
CHECKS = tuple(f"prospects_{name}" for name in ("rows", OTHER_UNIT, *DROPS, KEPT, REPEATED))
"""Checks of the source, in their order; named apart from those of the unit's own source."""

_ALARMING = 0.05


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


def unreadable(raw: ir.Table, *, unit: str) -> ir.Table:
    """One row each of the first three values of `known_on` that are no date, as text."""
    kept = raw.select(*(name for name in raw.columns if name in (*COLUMNS, "unit")))
    bad = kept.filter(_fault(kept, unit) == UNREADABLE)
    return bad.select(known_on=bad.known_on.cast("string").substr(0, 40)).limit(3)


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

    Rows add up: rows = other_unit + every drop + kept; `repeated` are those of the kept that name
    somebody once more. `level` is warning where a drop takes more than 5 % of the unit's rows.
    Returns quality.QUALITY; people bring no amount.
    """
    late = (tally.fault == "") & (tally.known_on > as_of)
    check = late.ifelse(AFTER_AS_OF, tally.fault)
    kept = tally.filter(check == "")
    found = ibis.union(
        tally.agg(check=ibis.literal("rows"), rows=tally.rows.sum()),
        tally.group_by(check=(check == "").ifelse(KEPT, check)).agg(rows=tally.rows.sum()),
        kept.agg(check=ibis.literal(REPEATED), rows=kept.rows.sum() - kept.customer_id.nunique()),
    )
    listed = ibis.memtable(
        [(number, name, name.removeprefix("prospects_")) for number, name in enumerate(CHECKS)],
        schema={"number": "int64", "name": "string", "check": "string"},
    )
    rows = listed.left_join(found, "check").select(
        "number", "name", "check", rows=found.rows.fill_null(0)
    )
    is_drop = rows.check.isin(DROPS)
    own = rows.rows.sum(where=is_drop | (rows.check == KEPT)).over()
    level = (is_drop & (rows.rows > _ALARMING * own)).ifelse("warning", "note")
    judged = rows.select("number", "rows", check="name", amount=ibis.null("float64"), level=level)
    return judged.order_by("number").select(*QUALITY.names).cast(QUALITY)


def _fault(raw: ir.Table, unit: str) -> ir.StringValue:
    read = cells.day(raw, "known_on")
    undated = cells.unread(raw, "known_on", read, nothing=NO_DATE, unreadable=UNREADABLE)
    return cells.fault(raw, [undated], unit=unit)
