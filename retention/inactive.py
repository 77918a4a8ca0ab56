"""The customers of a unit on its last day: what state each is in, and how active each once was.

Everything said of a customer's past is of the 365 days up to the last purchase day, so that those
who fell silent long ago are seen as they were, beside those who fell silent yesterday.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from retention.curves import share
from retention.lifecycle import ACTIVE, DORMANT, LOST, STATES
from retention.periods import shifted
from retention.transactions import purchase_days

YEAR_DAYS = 365
"""Days up to and including the last purchase day that say how active a customer was."""

ONCE, OCCASIONAL, REGULAR, VERY_ACTIVE = "once", "occasional", "regular", "very_active"
ACTIVITIES = (ONCE, OCCASIONAL, REGULAR, VERY_ACTIVE)
"""How active a customer once was, rising."""

HIGH, MIDDLE, LOW = "high_value", "middle_value", "low_value"
TIERS = (HIGH, MIDDLE, LOW)
TOP_TENTHS = (2, 5)
"""The two cuts of a ranking: fewer than 2 in 10 stand higher; fewer than 5 in 10 do."""

LAPSED_WITHIN = {90: "lapsed_within_90", 180: "lapsed_within_180", 365: "lapsed_within_365"}
LAPSED_EARLIER = "lapsed_earlier"
"""Days since the lapse -> the bracket that ends there, and the one without an end."""

BREAKDOWNS = {
    "former_activity": ACTIVITIES,
    "value_tier": TIERS,
    "since_lapse": (*LAPSED_WITHIN.values(), LAPSED_EARLIER),
}
"""By what the inactive are told apart, each with its groups in order."""

FORMER = ibis.schema(
    {
        "customer_id": "string",
        "last_purchase_on": "date",
        "purchase_days_365d": "int64",
        "former_activity": "string",
    }
)
ACTIVITY_RANGES = ibis.schema(
    {
        "former_activity": "string",
        "customers": "int64",
        "fewest_days": "int64",
        "most_days": "int64",
    }
)
STANDING = ibis.schema(
    {
        "customer_id": "string",
        "state": "string",
        "former_activity": "string",
        "former_value": "decimal(18, 4)",
        "value_tier": "string",
        "since_lapse": "string",
    }
)
GROUPS = ibis.schema(
    {
        "breakdown": "string",
        "group": "string",
        "dormant": "int64",
        "lost": "int64",
        "customers": "int64",
        "inactive": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
        "former_value": "float64",
    }
)
COUNTS = ibis.schema({"state": "string", "customers": "int64"})


def former_activity(purchase_days: ir.Table) -> ir.Table:
    """One row a customer: how active they were in the year up to their last purchase day. FORMER.

    `purchase_days_365d` counts those of the YEAR_DAYS up to and including the last one. Who has
    bought on one day ever is `once`; the others are ranked by that count among themselves, those
    who are still active too, and customers of one count are of one group:

    - very_active: fewer than 2 in 10 of them have more purchase days (TOP_TENTHS)
    - regular: fewer than 5 in 10 have
    - occasional: the rest

    So the words mean what is usual in the unit, of a grocer and of a furniture shop alike. Nothing
    after the last day in the table counts: given the purchase days up to an earlier day, this is
    what could be said then.

    purchase_days: `customer_id`, `day`, one row a customer's purchase day.
    """
    last = purchase_days.group_by("customer_id").agg(
        last_purchase_on=ibis._.day.max(), ever=ibis._.count()
    )
    days = purchase_days.select("customer_id", "day").join(last, "customer_id")
    recent = days.filter(shifted(days.day, YEAR_DAYS) > days.last_purchase_on)
    counts = recent.group_by("customer_id", "last_purchase_on", "ever").agg(
        purchase_days_365d=recent.count()
    )
    ranked = counts.mutate(came_back=counts.ever > 1)
    top, upper = _top(ranked)
    return ranked.select(
        "customer_id",
        "last_purchase_on",
        "purchase_days_365d",
        former_activity=ibis.cases(
            (~ranked.came_back, ONCE), (top, VERY_ACTIVE), (upper, REGULAR), else_=OCCASIONAL
        ),
    ).cast(FORMER)


def activity_ranges(former: ir.Table) -> ir.Table:
    """One row a former activity that somebody has: of how many purchase days it is in the unit.

    `fewest_days` and `most_days` are the least and the greatest `purchase_days_365d` of all its
    `customers`, those who are still active too: customers of one number are of one group, so that
    no two ranges meet, but that of `once` is apart. Returns ACTIVITY_RANGES. former: FORMER.
    """
    return (
        former.group_by("former_activity")
        .agg(
            customers=former.count(),
            fewest_days=former.purchase_days_365d.min(),
            most_days=former.purchase_days_365d.max(),
        )
        .cast(ACTIVITY_RANGES)
        .order_by("most_days", "former_activity")
    )


def _top(ranked: ir.Table) -> list[ir.BooleanValue]:
    """Whether a customer is above each of the two cuts (TOP_TENTHS) among those who came back."""
    alike = ibis.window(group_by="came_back")
    by_days = ibis.window(group_by="came_back", order_by=ibis.desc("purchase_days_365d"))
    higher, everybody = ibis.rank().over(by_days), ranked.count().over(alike)
    return [higher * 10 < everybody * tenths for tenths in TOP_TENTHS]


def standing(
    spells: ir.Table, customer_days: ir.Table, *, inactive_after: int, as_of: date
) -> ir.Table:
    """One row a customer who ever bought, as they stand at the close of `as_of`. STANDING.

    - state: of the spell that is open; former_activity: as in `former_activity`
    - former_value: all amounts of the 365 days up to and including the last purchase day, and those
      after it, which can only be refunds of what was bought before; may be below 0
    - value_tier, by former_value among all customers, active ones too: `high_value` where fewer
      than 2 in 10 of them are worth more, else `middle_value` where fewer than 5 in 10 are, else
      `low_value`, as is who is worth nothing; customers of equal value are of one tier
    - since_lapse: the bracket of days since the customer fell silent, which is `inactive_after`
      days after the last purchase day; empty where active

    spells: lifecycle.SPELLS; customer_days: transactions.CUSTOMER_DAYS, none after `as_of`.
    """
    former = former_activity(purchase_days(customer_days))
    days = customer_days.join(former.select("customer_id", "last_purchase_on"), "customer_id")
    counted = days.filter(shifted(days.day, YEAR_DAYS) > days.last_purchase_on)
    values = counted.group_by("customer_id").agg(
        former_value=counted.amount.sum().cast("decimal(18, 4)")
    )
    open_spells = spells.filter(spells.ended_on.isnull() & spells.state.isin(STATES))
    of_all = former.join(values, "customer_id").join(
        open_spells.select("customer_id", "state"), "customer_id"
    )
    silent = ibis.literal(as_of).delta(of_all.last_purchase_on, unit="day")
    since = silent - inactive_after
    ranked = of_all.mutate(
        since_lapse=(of_all.state == ACTIVE).ifelse(ibis.null("string"), lapse_bracket(since)),
        worth_more=ibis.rank().over(ibis.window(order_by=ibis.desc(of_all.former_value))),
        of=of_all.count().over(ibis.window()),
    )
    top, upper = TOP_TENTHS
    return (
        ranked.mutate(
            value_tier=ibis.cases(
                (ranked.former_value <= 0, LOW),
                (ranked.worth_more * 10 < ranked.of * top, HIGH),
                (ranked.worth_more * 10 < ranked.of * upper, MIDDLE),
                else_=LOW,
            )
        )
        .select(*STANDING.names)
        .cast(STANDING)
    )


def lapse_bracket(days: ir.IntegerValue) -> ir.StringValue:
    """The bracket of so many days since the lapse."""
    return ibis.cases(
        *((days <= most, name) for most, name in LAPSED_WITHIN.items()), else_=LAPSED_EARLIER
    )


def days_of_bracket(bracket: str) -> tuple[int, int | None]:
    """The first and the last day since the lapse of a bracket (`lapse_bracket`); None: no last.

    >>> days_of_bracket("lapsed_within_180")
    (91, 180)
    """
    ends = [-1, *LAPSED_WITHIN]
    number = BREAKDOWNS["since_lapse"].index(bracket)
    return ends[number] + 1, ends[number + 1] if number < len(LAPSED_WITHIN) else None


def inactive_groups(standing: ir.Table, *, activities: Sequence[str] = ACTIVITIES) -> ir.Table:
    """One row a breakdown (BREAKDOWNS) and group of it, those that nobody is in too. GROUPS.

    `customers` = `dormant` + `lost`; `share` = `customers` / `inactive`, all of the dormant and
    lost, with Wilson's 95 % interval; absent where nobody is inactive. The groups of a breakdown
    add up to `inactive`. `former_value` is the sum of theirs.

    standing: schema STANDING. activities: the groups of `former_activity`, in order.
    """
    silent = standing.filter(standing.state != ACTIVE)
    places = ibis.memtable(
        [
            (number, breakdown, group)
            for breakdown, groups in (BREAKDOWNS | {"former_activity": activities}).items()
            for number, group in enumerate(groups)
        ],
        schema={"place": "int64", "breakdown": "string", "group": "string"},
    )
    counted = ibis.union(
        *(
            silent.group_by(group=name).agg(
                breakdown=ibis.literal(name),
                dormant=(silent.state == DORMANT).sum(),
                lost=(silent.state == LOST).sum(),
                former_value=silent.former_value.sum(),
            )
            for name in BREAKDOWNS
        ),
        distinct=False,
    )
    filled = places.left_join(counted, ["breakdown", "group"]).select(
        "place",
        "breakdown",
        "group",
        dormant=counted.dormant.fill_null(0),
        lost=counted.lost.fill_null(0),
        former_value=counted.former_value.cast("float64").fill_null(0.0),
    )
    filled = filled.mutate(customers=filled.dormant + filled.lost)
    filled = filled.mutate(inactive=filled.customers.sum().over(ibis.window(group_by="breakdown")))
    return (
        share(filled, "customers", "inactive", "share")
        .order_by("breakdown", "place")
        .select(*GROUPS.names)
        .cast(GROUPS)
    )


def states(spells: ir.Table) -> ir.Table:
    """One row a state that a customer is in at the close of `as_of`, of the open spells. COUNTS.

    spells: lifecycle.SPELLS; prospects are no customers and do not count.
    """
    current = spells.filter(spells.ended_on.isnull() & spells.state.isin(STATES))
    return current.group_by("state").agg(customers=current.count()).cast(COUNTS).order_by("state")
