"""Audiences: the customers to write to, one row each, chosen by what they did up to `as_of`.

A customer who returned is followed from the return on: what counts is the last purchase day, and
the state in which it leaves the customer at the close of `as_of`.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from retention.inactive import HIGH
from retention.lifecycle import ACTIVE, DORMANT, LOST, PROSPECT
from retention.periods import shifted

BECAME_DORMANT, BECAME_LOST, WON_BACK = "became-dormant", "became-lost", "won-back"
ABOUT_TO_LAPSE, LOST_HIGH_VALUE = "about-to-lapse", "lost-high-value"
ONE_TIME_BUYERS = "one-time-buyers"
WHERE = "where"
"""The audience of all customers, for a condition to choose among."""

TREATED, CONTROL = "treated", "control"
"""Arms of a campaign: who is written to, and who is held out to compare with."""

LAST_SEEN = ibis.schema(
    {
        "customer_id": "string",
        "last_purchase_on": "date",
        "purchase_days": "int64",
        "turns_dormant_on": "date",
    }
)
CUSTOMERS = ibis.schema(
    {
        "customer_id": "string",
        "state": "string",
        "last_purchase_on": "date",
        "days_silent": "int64",
        "turns_dormant_on": "date",
        "turns_lost_on": "date",
        "purchase_days": "int64",
        "value_365d": "decimal(18, 4)",
        "tier": "string",
        "state_since": "date",
        "met": "string",
    }
)
AUDIENCE = ibis.schema(
    {name: kind for name, kind in CUSTOMERS.items() if name not in ("state_since", "met")}
)


@dataclass(frozen=True)
class Asked:
    """The days by which an audience is chosen.

    since: the close of this day is where "became" begins; within_days: how far ahead "about" looks.
    """

    as_of: date
    since: date | None = None
    within_days: int | None = None


def last_purchases(purchase_days: ir.Table, *, inactive_after: int) -> ir.Table:
    """One row a customer who ever bought: the last purchase day, and how many there were.

    `turns_dormant_on` is the first day at whose close silence makes the customer dormant, whether
    it has come or not. Returns LAST_SEEN. purchase_days: none after the last day covered.
    """
    seen = purchase_days.group_by("customer_id").agg(
        last_purchase_on=purchase_days.day.max(), purchase_days=purchase_days.count()
    )
    return seen.mutate(turns_dormant_on=shifted(seen.last_purchase_on, inactive_after)).cast(
        LAST_SEEN
    )


def last_services(runs: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer who ever had a contract: the last day of service up to `as_of`.

    It stands in `last_purchase_on`; `turns_dormant_on`, the day after, is empty while service is in
    force, and `purchase_days` always: contracts have none. Returns LAST_SEEN. runs: lifecycle.RUNS.
    """
    by_start = ibis.window(group_by="customer_id", order_by="started_on")
    latest = runs.mutate(following=runs.started_on.lead().over(by_start))
    latest = latest.filter(latest.following.isnull())
    last = ibis.coalesce(shifted(latest.lapses_on, -1), ibis.literal(as_of))
    return latest.select(
        "customer_id",
        last_purchase_on=last,
        purchase_days=ibis.null("int64"),
        turns_dormant_on="lapses_on",
    ).cast(LAST_SEEN)


def customers(
    last_seen: ir.Table,
    spells: ir.Table,
    standing: ir.Table,
    *,
    dormant_for: int,
    as_of: date,
) -> ir.Table:
    """One row a customer, as the close of `as_of` finds them. Returns CUSTOMERS.

    - `days_silent`: days from the last purchase day to `as_of`
    - `turns_lost_on`: the first day at whose close silence makes the customer lost
    - `value_365d`, `tier`: former value and value tier, as in `standing`
    - `state_since`: the first day of the present stay in `state`; `met`: the state in which it
      found the customer, empty for the first stay

    last_seen: LAST_SEEN; spells: lifecycle.SPELLS (prospects in them are no customers);
    standing: inactive.STANDING. dormant_for: days from dormant to lost.
    """
    now = spells.filter(spells.ended_on.isnull() & (spells.state != PROSPECT))
    seen = last_seen.join(now, "customer_id").select(
        "customer_id",
        "state",
        "last_purchase_on",
        "turns_dormant_on",
        "purchase_days",
        days_silent=ibis.literal(as_of).delta(last_seen.last_purchase_on, unit="day"),
        turns_lost_on=shifted(last_seen.turns_dormant_on, dormant_for),
        state_since=now.started_on,
        met=now.previous_state,
    )
    valued = seen.join(standing.select("customer_id", "former_value", "value_tier"), "customer_id")
    valued = valued.mutate(value_365d="former_value", tier="value_tier")
    return valued.select(*CUSTOMERS.names).cast(CUSTOMERS)


def segment_columns(segments: Sequence[str]) -> list[str]:
    """The column of each segment: its name, apart from those of the columns of every audience.

    >>> segment_columns(["channel", "tier"])
    ['segment_channel', 'segment_tier']
    """
    return [f"segment_{name}" for name in segments]


def with_segments(audience: ir.Table, values: ir.Table, segments: Sequence[str]) -> ir.Table:
    """One row a customer of the audience, with a column for each of the segments.

    Returns the schema of `audience` and `segment_columns`, texts. values: segments.VALUES.
    """
    for name, column in zip(segments, segment_columns(segments), strict=True):
        own = values.filter(values.segment == name).select("customer_id", **{column: "value"})
        joined = audience.left_join(own, "customer_id")
        audience = joined.select(*audience.columns, column)
    return audience


def without(audience: ir.Table, listed: ir.Table) -> ir.Table:
    """One row a customer of the audience who may be contacted: nobody of `listed`.

    Returns the schema of `audience`. listed: do_not_contact.LISTED.
    """
    return audience.anti_join(listed, "customer_id")


def audience(customers: ir.Table, name: str, asked: Asked) -> ir.Table:
    """One row a customer of the audience `name` (NAMES). Returns AUDIENCE.

    - became-dormant, became-lost: in that state now, and turned so after the close of `since`
    - won-back: active now by a purchase after the close of `since` that met lost
    - about-to-lapse: active now, and turns dormant within `within_days` unless there is a purchase
    - lost-high-value: lost now, and of the tier of high value
    - one-time-buyers: one purchase day ever, in any state
    - where: everybody

    customers: CUSTOMERS. asked: with `since` for those in SINCE, `within_days` for about-to-lapse.
    """
    return customers.filter(NAMES[name](customers, asked)).select(*AUDIENCE.names)


def _became(state: str) -> Callable[[ir.Table, Asked], ir.BooleanValue]:
    return lambda c, asked: (c.state == state) & (c.state_since > ibis.literal(asked.since))


def _about_to_lapse(customers: ir.Table, asked: Asked) -> ir.BooleanValue:
    last = asked.as_of + timedelta(days=asked.within_days or 0)
    return (customers.state == ACTIVE) & (customers.turns_dormant_on <= ibis.literal(last))


NAMES: dict[str, Callable[[ir.Table, Asked], ir.BooleanValue]] = {
    BECAME_DORMANT: _became(DORMANT),
    BECAME_LOST: _became(LOST),
    WON_BACK: lambda c, asked: _became(ACTIVE)(c, asked) & (c.met == LOST),
    ABOUT_TO_LAPSE: _about_to_lapse,
    LOST_HIGH_VALUE: lambda c, _: (c.state == LOST) & (c.tier == HIGH),
    ONE_TIME_BUYERS: lambda c, _: c.purchase_days == 1,
    WHERE: lambda c, _: c.customer_id.notnull(),
}
"""Audience -> who belongs to it."""

SINCE = (BECAME_DORMANT, BECAME_LOST, WON_BACK)
"""Audiences of what has happened since a day."""


def why_not(name: str, *, buys: bool, dormant_for: int) -> str:
    """Why a unit has no such audience, in words; or nothing.

    buys: whether its customers have purchase days; dormant_for: days from dormant to lost.
    """
    if name == BECAME_DORMANT and not dormant_for:
        return f"nobody turns dormant, customers are lost at once; ask for {BECAME_LOST}"
    if name == ABOUT_TO_LAPSE and not buys:
        return (
            "contracts end on dates of their own, and none after the last day covered is looked at"
        )
    if name == ONE_TIME_BUYERS and not buys:
        return "this unit has contracts, and no days of purchase to count"
    return ""


def arm(customer_id: str, *, share: float, seed: str) -> str:
    """TREATED or CONTROL: the draw of one customer, which no other customer has a part in.

    A customer is held out where the SHA-256 of seed and id, read as a number from 0 to 1, is below
    `share`. So the same seed draws the same arms whatever the order, and whoever joins or leaves;
    the number held out is `share` on average.

    >>> arm("ann", share=0.1, seed="spring"), arm("ann", share=0.9, seed="spring")
    ('treated', 'control')
    """
    digest = hashlib.sha256(f"{seed}\n{customer_id}".encode()).digest()
    return CONTROL if int.from_bytes(digest[:8]) < share * 2**64 else TREATED
