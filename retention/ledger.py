"""The ledger of a period: what customers were, what happened to them, what they are now.

Stocks and events are counted apart, from the ends and from the starts of spells, so that the
identities between them can fail, and are asserted in every run.
"""

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention import identities
from retention.lifecycle import ACTIVE, DORMANT, LOST, PROSPECT, STATES
from retention.periods import Calendar

NEW, REACTIVATED, WON_BACK, LAPSED = "new", "reactivated", "won_back", "lapsed"
RETAINED, NO_PURCHASE = "retained", "no_purchase"

LEDGER = ibis.schema(
    {
        "period": "date",
        "period_end": "date",
        "opening_active": "int64",
        "new": "int64",
        "reactivated": "int64",
        "won_back": "int64",
        "lapsed": "int64",
        "closing_active": "int64",
        "opening_dormant": "int64",
        "closing_dormant": "int64",
        "opening_lost": "int64",
        "became_lost": "int64",
        "closing_lost": "int64",
        "intra_period_returns": "int64",
        "revenue": "float64",
    }
)
STOCKS = ("period", "period_end", "opening_active", "opening_dormant", "opening_lost")
"""Columns of LEDGER that rates are of."""
REVENUE = ibis.schema(
    {"period": "date", "bought_as": "string", "customers": "int64", "revenue": "float64"}
)


def ledger(
    spells: ir.Table, stays: ir.Table, customer_days: ir.Table, *, calendar: Calendar
) -> ir.Table:
    """One row a complete period: opening stocks, events, closing stocks, revenue.

    spells: lifecycle.SPELLS, stays: lifecycle.STAYS, by the same calendar; customer_days:
        transactions.CUSTOMER_DAYS. Returns LEDGER.
    An event belongs to the period of the first day in the new state; `became_lost` counts every
    entry into lost; `intra_period_returns` are customers active at the opening and at the close
    who lapsed in between. `period_end` is exclusive.
    """
    numbered = calendar.numbered(spells, start="started_on", end="ended_on")
    counted = _intra(stays), _revenue(customer_days, calendar)
    table = _moved(calendar, _starts(numbered), _ends(numbered), *counted)
    return table.select(*LEDGER.names).cast(LEDGER)


def stocks(spells: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a complete period: what the ledger opens with, in its columns STOCKS alone."""
    numbered = calendar.numbered(spells, start="started_on", end="ended_on")
    table = _moved(calendar, _starts(numbered), _ends(numbered))
    return table.select(*STOCKS).cast({name: LEDGER[name] for name in STOCKS})


def _moved(calendar: Calendar, *counts: ir.Table) -> ir.Table:
    """The complete periods in order, with counts by number of period, and stocks by the first two.

    counts: `_starts`, `_ends` and others; where one has no row of a period, it counted none.
    """
    table = calendar.table()
    for count in counts:
        table = table.left_join(count, "number").drop("number_right")
    table = table.mutate(
        **{name: table[name].fill_null(0) for count in counts for name in count.columns[1:]}
    )
    so_far = ibis.window(order_by="number", following=0)
    table = table.mutate(
        **{
            f"closing_{state}": (table[f"{state}_starts"] - table[f"{state}_ends"])
            .sum()
            .over(so_far)
            for state in STATES
        }
    )
    by_number = ibis.window(order_by="number")
    table = table.mutate(
        **{
            f"opening_{state}": table[f"closing_{state}"].lag().over(by_number).fill_null(0)
            for state in STATES
        }
    )
    return table.filter("complete").order_by("number")


def _starts(spells: ir.Table) -> ir.Table:
    """One row a period number: spells that began in it, by what they began from."""
    to, origin = spells.state, spells.previous_state.fill_null(PROSPECT)
    return spells.group_by(number="start").agg(
        new=((to == ACTIVE) & (origin == PROSPECT)).sum(),
        reactivated=((to == ACTIVE) & (origin == DORMANT)).sum(),
        won_back=((to == ACTIVE) & (origin == LOST)).sum(),
        lapsed=(origin == ACTIVE).sum(),
        became_lost=(to == LOST).sum(),
        **{f"{state}_starts": (to == state).sum() for state in STATES},
    )


def _ends(spells: ir.Table) -> ir.Table:
    """One row a period number: spells that ended in it, by state."""
    return (
        spells.filter(spells.end.notnull())
        .group_by(number="end")
        .agg(**{f"{state}_ends": (spells.state == state).sum() for state in STATES})
    )


def _intra(stays: ir.Table) -> ir.Table:
    """One row a period number: customers active at opening and close who lapsed in between."""
    back = stays.filter("is_back")
    return back.group_by(number="end").agg(intra_period_returns=back.count())


def _revenue(customer_days: ir.Table, calendar: Calendar) -> ir.Table:
    """One row a period number: all amounts of the period, refunds included."""
    return (
        calendar.numbered(customer_days, number="day")
        .group_by("number")
        .agg(revenue=ibis._.amount.sum().cast("float64"))
    )


def revenue(spells: ir.Table, customer_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a complete period and way of buying in it: customers and their revenue.

    `bought_as`: new, retained, reactivated or won_back, by the state that the customer's first
    purchase day of the period meets; no_purchase where there is none (refunds to the inactive).
    Returns REVENUE, where ways that did not occur are absent.
    """
    days = calendar.numbered(customer_days, number="day")
    bought = days.group_by("number", "customer_id").agg(
        first_day=days.day.min(where=days.bought), amount=days.amount.sum()
    )
    starts = (
        spells.filter(spells.state == ACTIVE)
        .select(
            "customer_id", first_day="started_on", origin=spells.previous_state.fill_null(PROSPECT)
        )
        .view()
    )
    met = bought.left_join(starts, ["customer_id", "first_day"])
    return (
        met.group_by(
            number=bought.number,
            bought_as=ibis.cases(
                (bought.first_day.isnull(), NO_PURCHASE),
                (starts.origin == PROSPECT, NEW),
                (starts.origin == DORMANT, REACTIVATED),
                (starts.origin == LOST, WON_BACK),
                else_=RETAINED,
            ),
        )
        .agg(customers=ibis._.count(), revenue=ibis._.amount.sum().cast("float64"))
        .join(calendar.table().filter("complete"), "number")
        .order_by("number", "bought_as")
        .select(*REVENUE.names)
        .cast(REVENUE)
    )


def check(ledger: pd.DataFrame, revenue: pd.DataFrame, *, has_dormant: bool) -> None:
    """Assert the identities of the ledger (LEDGER) and of its money (REVENUE).

    has_dormant: whether inactive_after is below lost_after; else a lapse leads straight to lost.
    Raises CheckFailed that names the period, the identity and both sides.
    """
    moved = {state: ledger[f"closing_{state}"] - ledger[f"opening_{state}"] for state in STATES}
    dormant_to_lost = ledger["became_lost"] if has_dormant else ledger["lapsed"]
    sides = {
        "active: opening + new + reactivated + won_back - lapsed = closing": (
            ledger["new"] + ledger["reactivated"] + ledger["won_back"] - ledger["lapsed"],
            moved[ACTIVE],
        ),
        "dormant: opening + lapsed - reactivated - (dormant to lost) = closing": (
            ledger["lapsed"] - ledger["reactivated"] - dormant_to_lost,
            moved[DORMANT],
        ),
        "lost: opening + lost - won_back = closing": (
            ledger["became_lost"] - ledger["won_back"],
            moved[LOST],
        ),
        "active + dormant + lost = customers acquired so far": (
            ledger[[f"closing_{state}" for state in STATES]].sum(axis=1),
            ledger["new"].cumsum(),
        ),
        **{
            f"{state}: opening = closing of the period before": (
                ledger[f"opening_{state}"].iloc[1:],
                ledger[f"closing_{state}"].shift().iloc[1:],
            )
            for state in STATES
        },
        "revenue of all ways of buying = revenue of the period": (
            ledger["period"].map(revenue.groupby("period")["revenue"].sum()).fillna(0.0),
            ledger["revenue"],
        ),
    }
    identities.check(ledger["period"], sides)
