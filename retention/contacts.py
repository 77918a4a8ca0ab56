"""From a source of campaign contacts to who was in which arm.

A contact says that a campaign put a customer into one of its arms on a day. Those of the arm
CONTROL were held out: they got nothing, and are what the others are measured against.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention.source_rows import OptionalSource

CONTROL = "control"
"""The arm that got nothing; every other arm is a treated one."""

CONTACTS = ibis.schema(
    {"customer_id": "string", "campaign": "string", "arm": "string", "contacted_on": "date"}
)


def _arm(text: ir.StringValue) -> ir.StringValue:
    """CONTROL in capitals too; other names count as they are written."""
    return (text.lower() == CONTROL).ifelse(CONTROL, text)


def _in_two_arms(judged: ir.Table) -> ir.BooleanValue:
    within = ibis.window(group_by=["check", "campaign", "customer_id"])
    return judged.arm.min().over(within) != judged.arm.max().over(within)


SOURCE = OptionalSource(
    name="contacts",
    columns={
        "customer_id": "client",
        "campaign": "mailing",
        "contacted_on": "sent_on",
        "arm": "test_group",
    },
    day="contacted_on",
    empty={"campaign": "no_campaign", "arm": "no_arm"},
    read={"arm": _arm},
    apart={"contaminated": _in_two_arms},
    once=("customer_id", "campaign"),
    words=(
        "contacts: rows in their source",
        "contacts: rows of other units",
        "contacts dropped: no customer id",
        "contacts dropped: no date",
        "contacts dropped: no campaign",
        "contacts dropped: no arm",
        "contacts dropped: dated after the last day covered",
        "contacts dropped: of customers in two arms of a campaign",
        "contacts: rows counted",
        "contacts: of these, of a customer and campaign named before",
    ),
)


def contacts(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer and campaign, up to the close of `as_of`, on the first of their days.

    A customer in two arms of a campaign belongs to neither, for nobody can say to which an answer
    is due: such are left out, whatever they did. Returns CONTACTS.
    """
    clean = SOURCE.kept(tally, as_of=as_of)
    return (
        clean.group_by("customer_id", "campaign", "arm")
        .agg(contacted_on=clean.contacted_on.min())
        .cast(CONTACTS)
    )
