"""States of customers: from purchase days, or from services, to spells.

Both models become runs, unbroken stretches of activity, and one function makes spells of runs. A
spell is a maximal run of days that a customer spends in one state. Spells of a customer touch and
never overlap; all counts of the kit are sums over spells.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention.periods import Calendar, shifted

PROSPECT, ACTIVE, DORMANT, LOST = "prospect", "active", "dormant", "lost"
STATES = (ACTIVE, DORMANT, LOST)

RUNS = ibis.schema({"customer_id": "string", "started_on": "date", "lapses_on": "date"})
SPELLS = ibis.schema(
    {
        "customer_id": "string",
        "state": "string",
        "previous_state": "string",
        "started_on": "date",
        "ended_on": "date",
        "returned_on": "date",
    }
)
STAYS = ibis.schema(
    {"customer_id": "string", "start": "int64", "end": "int64", "is_back": "boolean"}
)


def runs_of_purchases(pauses: ir.Table, *, inactive_after: int) -> ir.Table:
    """One row an unbroken run of purchases of a customer: no gap exceeds `inactive_after` days.

    With r = days since the last purchase day, the customer is active while r < `inactive_after`: a
    run lapses that many days after its last purchase. Returns RUNS.

    pauses: transactions.PAUSES, none after `as_of`.
    """
    ends = pauses.filter(
        pauses.next_day.isnull() | (pauses.next_day > shifted(pauses.day, inactive_after))
    )
    by_run = ibis.window(group_by="customer_id", order_by="day")
    return ends.select(
        "customer_id",
        started_on=ibis.coalesce(ends.next_day.lag().over(by_run), ends.first_day),
        lapses_on=shifted(ends.day, inactive_after),
    ).cast(RUNS)


def spells(runs: ir.Table, *, dormant_for: int, as_of: date) -> ir.Table:
    """One row a maximal run of days that one customer spends in one state.

    Active from `started_on` of a run until it lapses; then dormant for `dormant_for` days; then
    lost; until the next run starts. What a start meets is the state at the close of the day before.

    Returns SPELLS: `ended_on` is exclusive and empty while the spell is open at the close of
    `as_of`; `previous_state` is empty for the first spell of a customer; `returned_on` is the start
    that ended the inactivity (dormant and lost spells only).

    runs: RUNS, apart from each other (each starts after the one before has lapsed), none started
        after `as_of`; `lapses_on` is the first day without activity, empty or after `as_of` where
        it is not observed yet.
    dormant_for: days from the lapse to lost, 0 or more: lost_after - inactive_after.
    """
    by_run = ibis.window(group_by="customer_id", order_by="started_on")
    runs = runs.mutate(
        previous_lapsed_on=runs.lapses_on.lag().over(by_run),
        next_start=runs.started_on.lead().over(by_run),
    )
    lost_on = shifted(runs.lapses_on, dormant_for)
    met_lost = runs.started_on > shifted(runs.previous_lapsed_on, dormant_for)
    active = runs.select(
        "customer_id",
        state=ibis.literal(ACTIVE),
        previous_state=ibis.cases(
            (runs.previous_lapsed_on.isnull(), ibis.null("string")),
            (met_lost, LOST),
            else_=DORMANT,
        ),
        started_on=runs.started_on,
        ended_on=_by(runs.lapses_on, as_of),
        returned_on=ibis.null("date"),
    )
    dormant = runs.filter(runs.lapses_on <= as_of).select(
        "customer_id",
        state=ibis.literal(DORMANT),
        previous_state=ibis.literal(ACTIVE),
        started_on=runs.lapses_on,
        ended_on=_by(ibis.least(lost_on, ibis.coalesce(runs.next_start, lost_on)), as_of),
        returned_on=runs.next_start,
    )
    lost = runs.filter(
        (lost_on <= as_of) & (runs.next_start.isnull() | (runs.next_start > lost_on))
    ).select(
        "customer_id",
        state=ibis.literal(LOST),
        previous_state=ibis.literal(DORMANT if dormant_for else ACTIVE),
        started_on=lost_on,
        ended_on=runs.next_start,
        returned_on=runs.next_start,
    )
    parts = [active, dormant, lost] if dormant_for else [active, lost]
    return ibis.union(*parts, distinct=False).cast(SPELLS)


def with_prospects(spells: ir.Table, prospects: ir.Table) -> ir.Table:
    """`spells`, and one row a prospect: known, and without a purchase yet. Returns SPELLS.

    From `known_on` to the first spell of the customer, exclusive; open where there is none. Whoever
    buys on the day of becoming known, or has bought before, never was a prospect. No other spell
    changes: `previous_state` stays empty for the first one of an ex-prospect, who is new like any
    other.

    prospects: prospects.PROSPECTS, nobody known after `as_of`.
    """
    first = spells.filter(spells.previous_state.isnull()).select(
        "customer_id", bought_on="started_on"
    )
    known = prospects.left_join(first, "customer_id")
    waiting = known.filter(known.bought_on.isnull() | (known.known_on < known.bought_on)).select(
        "customer_id",
        state=ibis.literal(PROSPECT),
        previous_state=ibis.null("string"),
        started_on="known_on",
        ended_on="bought_on",
        returned_on=ibis.null("date"),
    )
    return ibis.union(spells, waiting.cast(SPELLS), distinct=False)


def stays(spells: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row an active spell of a customer that reaches over the close of a period.

    `start` and `end` number the periods in which it began and ended; `end` is empty while it is
    open. `is_back` says of one that ended whether the customer was active again at the close of
    that same period. Spells that begin and end within a period have no row. Returns STAYS.
    """
    active = calendar.numbered(
        spells.filter(spells.state == ACTIVE), start="started_on", end="ended_on"
    )
    reaching = active.filter(active.end.isnull() | (active.start < active.end))
    # Of the spells that reach over a close, the next one is the first that can reach over this one.
    by_start = ibis.window(group_by="customer_id", order_by="started_on")
    return reaching.select(
        "customer_id",
        "start",
        "end",
        is_back=(reaching.start.lead().over(by_start) == reaching.end).fill_null(False),
    ).cast(STAYS)


def _by(day: ir.Column, as_of: date) -> ir.Column:
    """`day`, or empty where it lies after `as_of`: not observed yet."""
    return (day <= as_of).ifelse(day, ibis.null("date"))
