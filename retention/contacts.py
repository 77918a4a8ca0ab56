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

PLANNED = "planned_control"
"""The column that may be there: the share of the campaign that was to be held out."""

CONTACTS = ibis.schema(
    {"customer_id": "string", "campaign": "string", "arm": "string", "contacted_on": "date"}
)
PLANS = ibis.schema(
    {"campaign": "string", "customers": "int64", "with_plan": "int64", "planned": "float64"}
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
    shares=(PLANNED,),
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


def plans(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a campaign: what share of its customers was to be held out, as far as it is stated.

    `planned` is the number that was to be held out: the shares (PLANNED) of the `with_plan`
    customers who have one, added up, of each customer the smallest. So a campaign may be put
    together from audiences with other shares. `customers` are those in `contacts`. Returns PLANS.
    """
    clean = SOURCE.kept(tally, as_of=as_of)
    each = clean.group_by("campaign", "customer_id").agg(share=clean[PLANNED].min())
    found = each.group_by("campaign").agg(
        customers=each.count(), with_plan=each.share.count(), planned=each.share.sum().fill_null(0)
    )
    return found.cast(PLANS).order_by("campaign")
