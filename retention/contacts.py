"""From a source of campaign contacts to who was in which arm, with an account of every row.

A contact says that a campaign put a customer into one of its arms on a day. Those of the arm
CONTROL were held out: they got nothing, and are what the others are measured against.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention import cells, formulas
from retention.cells import AFTER_AS_OF, NO_CUSTOMER, NO_DATE
from retention.quality import KEPT, REPEATED, ROWS, account_of, checks_of

CONTROL = "control"
"""The arm that got nothing; every other arm is a treated one."""

CONTACTED = ibis.schema(
    {
        "customer_id": "string",
        "campaign": "string",
        "contacted_on": "date",
        "arm": "string",
        "fault": "string",
    }
)
TALLY = ibis.schema(
    {
        "fault": "string",
        "customer_id": "string",
        "campaign": "string",
        "contacted_on": "date",
        "arm": "string",
        "rows": "int64",
    }
)
CONTACTS = ibis.schema(
    {"customer_id": "string", "campaign": "string", "arm": "string", "contacted_on": "date"}
)

COLUMNS = {
    "customer_id": "client",
    "campaign": "mailing",
    "contacted_on": "sent_on",
    "arm": "test_group",
}
"""The columns that must be there, and what they may be called in somebody's data."""

UNREADABLE = {"contacted_on": "unreadable_date"}
NO_CAMPAIGN, NO_ARM, CONTAMINATED = "no_campaign", "no_arm", "contaminated"

DROPS = (NO_CUSTOMER, NO_DATE, NO_CAMPAIGN, NO_ARM, AFTER_AS_OF, CONTAMINATED)
"""Why rows are dropped; a row with several faults counts under the first of them."""

CHECKS = checks_of("contacts", DROPS)
"""Checks of the source, in their order; named apart from those of the unit's own source."""


def contacted(raw: ir.Table, *, unit: str) -> ir.Table:
    """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

    raw: `customer_id`, `campaign`, `contacted_on`, `arm`, and optionally `unit`, of any type that
        can be read as text and day. unit: where `raw` has a column `unit`, the value to keep.
    CONTROL is read in capitals too; other names count as they are written. Returns CONTACTED.
    Raises DataRefused for missing columns and for types that cannot be read.
    """
    cells.need_columns(raw, COLUMNS)
    raw = _unguarded(raw)
    arm = cells.text(raw, "arm")
    return raw.select(
        customer_id=formulas.unguarded(cells.text(raw, "customer_id")),
        campaign=cells.text(raw, "campaign"),
        contacted_on=cells.day(raw, "contacted_on"),
        arm=(arm.lower() == CONTROL).ifelse(CONTROL, arm),
        fault=_fault(raw, unit),
    ).cast(CONTACTED)


def refused(raw: ir.Table, *, unit: str, fault: str) -> ir.Table:
    """One row each of the first three rows with a fault, its cells as text."""
    kept = raw.select(*(name for name in raw.columns if name in (*COLUMNS, "unit")))
    kept = _unguarded(kept)
    return cells.shown(kept.filter(_fault(kept, unit) == fault), COLUMNS)


def tally(contacted: ir.Table) -> ir.Table:
    """One row a customer, campaign, arm and day of the rows without fault, one a fault and day.

    Returns TALLY.
    """
    good = contacted.fault == ""
    names = ("customer_id", "campaign", "arm")
    kept = {name: good.ifelse(contacted[name], ibis.null("string")) for name in names}
    return (
        contacted.group_by(fault="fault", contacted_on="contacted_on", **kept)
        .agg(rows=contacted.count())
        .select(*TALLY.names)
        .cast(TALLY)
    )


def contacts(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer and campaign, up to the close of `as_of`, on the first of their days.

    A customer in two arms of a campaign belongs to neither, for nobody can say to which an answer
    is due: such are left out, whatever they did (see `quality`). Returns CONTACTS.
    """
    clean = _judged(tally, as_of).filter(lambda row: row.check == KEPT)
    return (
        clean.group_by("customer_id", "campaign", "arm")
        .agg(contacted_on=clean.contacted_on.min())
        .cast(CONTACTS)
    )


def quality(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a check of the source (CHECKS), in order: what came in, was dropped, was kept.

    `repeated` are those of the kept that name a customer and campaign once more. Returns
    quality.QUALITY; see quality.account_of.
    """
    judged = _judged(tally, as_of)
    kept = judged.filter(judged.check == KEPT)
    customers = kept.select("customer_id", "campaign").distinct()
    found = ibis.union(
        judged.agg(check=ibis.literal(ROWS), rows=judged.rows.sum()),
        judged.group_by("check").agg(rows=judged.rows.sum()),
        kept.agg(check=ibis.literal(REPEATED), rows=kept.rows.sum()),
        customers.agg(check=ibis.literal(REPEATED), rows=-customers.count()),
    )
    return account_of(found, source="contacts", drops=DROPS)


def _judged(tally: ir.Table, as_of: date) -> ir.Table:
    """The tally with the `check` that each of its rows falls to."""
    late = (tally.fault == "") & (tally.contacted_on > as_of)
    dated = tally.mutate(
        check=late.ifelse(AFTER_AS_OF, (tally.fault == "").ifelse(KEPT, tally.fault))
    )
    within = ibis.window(group_by=["check", "campaign", "customer_id"])
    mixed = dated.arm.min().over(within) != dated.arm.max().over(within)
    return dated.mutate(check=((dated.check == KEPT) & mixed).ifelse(CONTAMINATED, dated.check))


def _unguarded(raw: ir.Table) -> ir.Table:
    """With the names of units as the settings have them, where `retention audience` wrote them."""
    if "unit" not in raw.columns:
        return raw
    return raw.mutate(unit=formulas.unguarded(cells.text(raw, "unit")))


def _fault(raw: ir.Table, unit: str) -> ir.StringValue:
    read = cells.day(raw, "contacted_on")
    others = [
        cells.unread(
            raw, "contacted_on", read, nothing=NO_DATE, unreadable=UNREADABLE["contacted_on"]
        ),
        (cells.text(raw, "campaign").isnull(), ibis.literal(NO_CAMPAIGN)),
        (cells.text(raw, "arm").isnull(), ibis.literal(NO_ARM)),
    ]
    return cells.fault(raw, others, unit=unit)
