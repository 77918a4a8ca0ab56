"""What the contacts of a campaign did afterwards, and had done before: contacts -> counts by arm.

Only counts, sums and sums of squares leave the engine; effects.py compares the arms by them.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention.lifecycle import PROSPECT
from retention.periods import shifted

PRIOR_DAYS = 365
"""Days before the contact over which the prior activity of a customer is looked at."""

RESPONSES = ibis.schema(
    {
        "customer_id": "string",
        "campaign": "string",
        "arm": "string",
        "contacted_on": "date",
        "state": "string",
        "watched": "boolean",
        "responded": "boolean",
        "spend": "decimal(18, 4)",
        "prior_days": "int64",
        "prior_revenue": "decimal(18, 4)",
        "days_silent": "int64",
    }
)
TRAITS = ("prior_days", "prior_revenue", "days_silent")
"""What customers were like before the contact, by which arms are compared."""

RAISED, LOWERED, NONE_SHOWN, NO_CONTROL, RUNNING, SUSPECT = (
    "raised",
    "lowered",
    "none_shown",
    "no_control",
    "running",
    "suspect_ratio",
)
"""What can be said of an arm: verdicts, on the joint interval."""

_SUMMED = ("spend", *TRAITS)

ARMS = ibis.schema(
    {
        "campaign": "string",
        "arm": "string",
        "state": "string",
        "contacted": "int64",
        "first_contact": "date",
        "last_contact": "date",
        "watched": "int64",
        "responders": "int64",
        "with_silence": "int64",
        **dict.fromkeys(_SUMMED, "decimal(38, 4)"),
        **{f"{name}_squares": "float64" for name in _SUMMED},
    }
)


def responses(
    contacts: ir.Table,
    spells: ir.Table,
    customer_days: ir.Table,
    *,
    response_days: int,
    as_of: date,
) -> ir.Table:
    """One row a contact: what the customer was, and did from the day of the contact on.

    The window is `response_days` days, the day of the contact being the first. `watched`: its last
    day is not after `as_of`. `responded`: a purchase day lies in it. `spend`: what the customer's
    days in it add up to, refunds taken off. `state`: at the close of the day before the contact;
    PROSPECT without a purchase by then. `prior_days`, `prior_revenue`: purchase days, and what all
    days add up to, in the PRIOR_DAYS before the contact; `days_silent`: days from the last purchase
    day before the contact to it, empty without one. Returns RESPONSES.

    contacts: contacts.CONTACTS; spells: lifecycle.SPELLS; customer_days: transactions.CUSTOMER_DAYS
        up to `as_of`.
    """
    states = spells.select(who="customer_id", state="state", started="started_on", ended="ended_on")
    met = contacts.left_join(
        states,
        [
            contacts.customer_id == states.who,
            states.started < contacts.contacted_on,
            states.ended.isnull() | (states.ended >= contacts.contacted_on),
        ],
    )
    met = met.select(
        *contacts.columns,
        state=met.state.fill_null(PROSPECT),
        until=shifted(contacts.contacted_on, response_days),
    )
    did = _activity(contacts, customer_days, response_days).view()
    both = met.left_join(did, [met.customer_id == did.who, met.campaign == did.of_campaign])
    return both.select(
        "customer_id",
        "campaign",
        "arm",
        "contacted_on",
        "state",
        watched=both.until <= shifted(ibis.literal(as_of), 1),
        responded=both.bought_in.fill_null(0) > 0,
        spend=both.spend.fill_null(0),
        prior_days=both.prior_days.fill_null(0),
        prior_revenue=both.prior_revenue.fill_null(0),
        days_silent=both.contacted_on.delta(both.last_day, unit="day"),
    ).cast(RESPONSES)


def arms(responses: ir.Table) -> ir.Table:
    """One row a campaign, arm and state at contact: counts, sums and sums of squares.

    `contacted` are all; everything after `last_contact` is of the `watched` alone. `with_silence`
    of them had bought before, so that they have `days_silent`. Returns ARMS.
    """
    seen = responses.watched
    sums = {name: responses[name].sum(where=seen) for name in _SUMMED}
    # Multiplied as floats, which no amount overflows; added as decimals, in whatever order.
    floats = {name: responses[name].cast("float64") for name in _SUMMED}
    squares = {
        f"{name}_squares": (value * value).cast("decimal(38, 4)").sum(where=seen).cast("float64")
        for name, value in floats.items()
    }
    table = responses.group_by("campaign", "arm", "state").agg(
        contacted=responses.count(),
        first_contact=responses.contacted_on.min(),
        last_contact=responses.contacted_on.max(),
        watched=seen.sum(),
        responders=(seen & responses.responded).sum(),
        with_silence=responses.days_silent.count(where=seen),
        **sums,
        **squares,
    )
    filled = {name: table[name].fill_null(0) for name in (*sums, *squares)}
    return (
        table.mutate(**filled).select(*ARMS.names).cast(ARMS).order_by("campaign", "arm", "state")
    )


def _activity(contacts: ir.Table, customer_days: ir.Table, response_days: int) -> ir.Table:
    """One row a contact whose customer has days: sums over the window, and over the days before."""
    sent = contacts.select(
        who="customer_id",
        of_campaign="campaign",
        contacted_on="contacted_on",
        since=shifted(contacts.contacted_on, -PRIOR_DAYS),
        until=shifted(contacts.contacted_on, response_days),
    )
    days = sent.join(customer_days, sent.who == customer_days.customer_id)
    within = (days.day >= days.contacted_on) & (days.day < days.until)
    earlier = days.day < days.contacted_on
    before = earlier & (days.day >= days.since)
    return days.group_by("who", "of_campaign").agg(
        bought_in=(within & days.bought).sum(),
        spend=days.amount.sum(where=within),
        prior_days=(before & days.bought).sum(),
        prior_revenue=days.amount.sum(where=before),
        last_day=days.day.max(where=earlier & days.bought),
    )
