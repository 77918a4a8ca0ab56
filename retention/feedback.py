"""From a source of answers to the reasons why customers left, with an account of every row.

An answer is what a customer said, or ticked, when asked why: a text as they gave it.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention import cells, formulas
from retention.cells import AFTER_AS_OF, NO_CUSTOMER, NO_DATE
from retention.quality import KEPT, REPEATED, ROWS, account_of, checks_of

SAID = ibis.schema(
    {"customer_id": "string", "reported_on": "date", "reason": "string", "fault": "string"}
)
TALLY = ibis.schema(
    {
        "fault": "string",
        "customer_id": "string",
        "reported_on": "date",
        "reason": "string",
        "rows": "int64",
    }
)
ANSWERS = ibis.schema({"customer_id": "string", "reported_on": "date", "reason": "string"})

COLUMNS = {"customer_id": "client", "reported_on": "answered_on", "reason": "answer"}
"""The columns that must be there, and what they may be called in somebody's data."""

UNREADABLE = {"reported_on": "unreadable_date"}
NO_REASON = "no_reason"

DROPS = (NO_CUSTOMER, NO_DATE, NO_REASON, AFTER_AS_OF)
"""Why rows are dropped; a row with several faults counts under the first of them."""

CHECKS = checks_of("feedback", DROPS)
"""Checks of the source, in their order; named apart from those of the unit's own source."""


def said(raw: ir.Table, *, unit: str) -> ir.Table:
    """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

    raw: `customer_id`, `reported_on`, `reason`, and optionally `unit`, of any type that can be read
        as text and day. unit: where `raw` has a column `unit`, the value to keep.
    Returns SAID. Raises DataRefused for missing columns and for types that cannot be read.
    """
    cells.need_columns(raw, COLUMNS)
    return raw.select(
        customer_id=formulas.unguarded(cells.text(raw, "customer_id")),
        reported_on=cells.day(raw, "reported_on"),
        reason=cells.text(raw, "reason"),
        fault=_fault(raw, unit),
    ).cast(SAID)


def refused(raw: ir.Table, *, unit: str, fault: str) -> ir.Table:
    """One row each of the first three rows with a fault, its cells as text."""
    kept = raw.select(*(name for name in raw.columns if name in (*COLUMNS, "unit")))
    return cells.shown(kept.filter(_fault(kept, unit) == fault), COLUMNS)


def tally(said: ir.Table) -> ir.Table:
    """One row a customer, day and reason of the rows without fault, one row a fault and day.

    Returns TALLY.
    """
    good = said.fault == ""
    kept = {
        name: good.ifelse(said[name], ibis.null("string")) for name in ("customer_id", "reason")
    }
    return (
        said.group_by(fault="fault", reported_on="reported_on", **kept)
        .agg(rows=said.count())
        .select(*TALLY.names)
        .cast(TALLY)
    )


def answers(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer, day and reason, up to the close of `as_of`. Returns ANSWERS."""
    known = tally.filter((tally.fault == "") & (tally.reported_on <= as_of))
    return known.select(*ANSWERS.names).cast(ANSWERS)


def quality(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a check of the source (CHECKS), in order: what came in, was dropped, was kept.

    `repeated` are those of the kept that say once more what the customer said on that day. Returns
    quality.QUALITY; see quality.account_of.
    """
    late = (tally.fault == "") & (tally.reported_on > as_of)
    check = late.ifelse(AFTER_AS_OF, tally.fault)
    kept = tally.filter(check == "")
    found = ibis.union(
        tally.agg(check=ibis.literal(ROWS), rows=tally.rows.sum()),
        tally.group_by(check=(check == "").ifelse(KEPT, check)).agg(rows=tally.rows.sum()),
        kept.agg(check=ibis.literal(REPEATED), rows=kept.rows.sum() - kept.count()),
    )
    return account_of(found, source="feedback", drops=DROPS)


def _fault(raw: ir.Table, unit: str) -> ir.StringValue:
    read = cells.day(raw, "reported_on")
    others = [
        cells.unread(
            raw, "reported_on", read, nothing=NO_DATE, unreadable=UNREADABLE["reported_on"]
        ),
        (cells.text(raw, "reason").isnull(), ibis.literal(NO_REASON)),
    ]
    return cells.fault(raw, others, unit=unit)
