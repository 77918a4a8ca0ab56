"""From a list of people who must not be written to, to their ids, with an account of every row.

Whoever has objected, is deceased, or is for any reason not to be contacted. The list is taken as it
stands: it has no days, and whoever is on it is removed from every audience.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention import cells, formulas
from retention.cells import NO_CUSTOMER
from retention.quality import KEPT, REPEATED, ROWS, account_of, checks_of

NAMED = ibis.schema({"customer_id": "string", "fault": "string"})
TALLY = ibis.schema({"fault": "string", "customer_id": "string", "rows": "int64"})
LISTED = ibis.schema({"customer_id": "string"})

COLUMNS = {"customer_id": "client"}
"""The columns that must be there, and what they may be called in somebody's data."""

UNREADABLE: dict[str, str] = {}
"""No column holds days."""

DROPS = (NO_CUSTOMER,)
"""Why rows are dropped."""

CHECKS = checks_of("do_not_contact", DROPS)
"""Checks of the source, in their order; named apart from those of the unit's own source."""


def named(raw: ir.Table, *, unit: str) -> ir.Table:
    """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

    raw: `customer_id`, and optionally `unit`, of any type that can be read as text; an id that the
        kit has guarded against spreadsheets is read as it was. unit: where `raw` has a column
        `unit`, the value to keep. Returns NAMED. Raises DataRefused for missing columns and for
        types that cannot be read.
    """
    cells.need_columns(raw, COLUMNS)
    return raw.select(
        customer_id=formulas.unguarded(cells.text(raw, "customer_id")),
        fault=cells.fault(raw, [], unit=unit),
    ).cast(NAMED)


def refused(raw: ir.Table, *, unit: str, fault: str) -> ir.Table:
    """One row each of the first three rows with a fault, its cells as text."""
    kept = raw.select(*(name for name in raw.columns if name in (*COLUMNS, "unit")))
    return cells.shown(kept.filter(cells.fault(kept, [], unit=unit) == fault), COLUMNS)


def tally(named: ir.Table) -> ir.Table:
    """One row a person of the rows without fault, one row a fault of the others. Returns TALLY."""
    kept = (named.fault == "").ifelse(named.customer_id, ibis.null("string"))
    return named.group_by(fault="fault", customer_id=kept).agg(rows=named.count()).cast(TALLY)


def listed(tally: ir.Table) -> ir.Table:
    """One row a person who must not be contacted. Returns LISTED."""
    return tally.filter(tally.fault == "").select("customer_id").cast(LISTED)


def quality(tally: ir.Table, *, as_of: date) -> ir.Table:  # noqa: ARG001 (the list has no days)
    """One row a check of the source (CHECKS), in order: what came in, was dropped, was kept.

    `repeated` are those of the kept that name somebody once more. Returns quality.QUALITY; see
    quality.account_of.
    """
    kept = tally.filter(tally.fault == "")
    found = ibis.union(
        tally.agg(check=ibis.literal(ROWS), rows=tally.rows.sum()),
        tally.group_by(check=tally.fault.nullif("").fill_null(KEPT)).agg(rows=tally.rows.sum()),
        kept.agg(check=ibis.literal(REPEATED), rows=kept.rows.sum() - kept.count()),
    )
    return account_of(found, source="do_not_contact", drops=DROPS)
