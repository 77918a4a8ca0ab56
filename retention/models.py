"""The two ways in which customers show that they are there: by buying, or by contracts in force.

A model turns the rows of its source into what everything else counts. No other module asks which
model a unit has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import ibis
import ibis.expr.types as ir

from retention import audiences, inactive, recurring, services, subscriptions, tenure, transactions
from retention.lifecycle import runs_of_purchases
from retention.periods import Calendar
from retention.thresholds import Thresholds, contract_end, gaps, thresholds

PURCHASES, SUBSCRIPTIONS = "purchases", "subscriptions"

Table = Callable[..., ir.Table]


@dataclass(frozen=True, kw_only=True)
class Model:
    """What a unit asks of its model; tables go in and come out, on the engine.

    What is *followed* is what the customers of the model are followed by: customer-days in order,
    or contracts.
    """

    date_column: str
    """The column of the source that dates its rows."""

    unreadable: Mapping[str, str]
    """Column -> the fault of a row whose cell in it cannot be read."""

    impossible: Mapping[str, str]
    """Fault for which the data are refused -> what its rows do, as the end of a sentence."""

    columns: Mapping[str, str]
    """The columns that the source must have, and what they may be called in somebody's data."""

    tally: Table
    """(raw, unit=): the rows counted by `fault`, with `rows` and `amount`, and by customer."""

    counted: Table
    """(raw, by): the tally before it is rounded, of each value of a column of text apart."""

    rounded: Table
    """(counted): the tally of what was counted of one value of that column."""

    dated: str
    """The column of the tally that dates its rows."""

    refused: Table
    """(raw, unit=, fault=): the first three rows with a fault, cells as text."""

    dates: Table
    """(tally): the days that the rows show, `day`, and the `fault` of the row."""

    followed: Table
    """(tally, as_of=): what customers are followed by, up to `as_of`."""

    first_day: Callable[[ir.Table], ir.Value]
    """(followed): the first day on which somebody was a customer; empty where nobody was."""

    customer_days: Table
    """(followed, calendar=): what customers bring on their days, transactions.CUSTOMER_DAYS."""

    paced: Table
    """(followed): what thresholds and runs are counted from, whatever the thresholds."""

    thresholds: Callable[..., Thresholds]
    """(paced, as_of=, inactive_after=, lost_after=, rule=, factors=)"""

    runs: Table
    """(paced, inactive_after=, as_of=): unbroken stretches of activity, lifecycle.RUNS."""

    last_seen: Table
    """(followed, inactive_after=, as_of=): when customers were there last, audiences.LAST_SEEN."""

    quality: Table
    """(tally, source_rows=, as_of=): the account of every row, quality.QUALITY."""

    buys: bool
    """Whether customers buy on days of their own, so that days since a purchase can be counted."""

    standing: Table
    """(standing, followed, as_of=): inactive.STANDING, as the model tells the inactive apart."""

    activities: Sequence[str]
    """How active, or for how long, customers once were, rising: groups of `former_activity`."""

    former: Table
    """(days): how active, or for how long, customers were by their days, inactive.FORMER."""

    former_days: Table
    """(followed, first_day=, as_of=): the days of those who can be inactive, CUSTOMER_DAYS."""

    silent_days: int
    """At the least so many days since the last of these days make somebody inactive."""

    refunds: Table
    """(tally, as_of=): what was refunded, transactions.REFUNDS."""

    recurring: Table
    """(followed, calendar=): recurring.RECURRING, without a row where nothing recurs."""


def _tally_of_transactions(raw: ir.Table, *, unit: str) -> ir.Table:
    return transactions.tally(transactions.transactions(raw, unit=unit))


def _counted_transactions(raw: ir.Table, by: str) -> ir.Table:
    rows = transactions.transactions(raw, unit="", segments=[by])
    return transactions.counted(rows, [by])


def _first_purchase(customer_days: ir.Table) -> ir.Value:
    return customer_days.day.min(where=customer_days.bought)


def _days_in_order(tally: ir.Table, *, as_of: date) -> ir.Table:
    return transactions.in_order(transactions.customer_days(tally, as_of=as_of))


def _customer_days(days_in_order: ir.Table, *, calendar: Calendar) -> ir.Table:  # noqa: ARG001
    return days_in_order.select(*transactions.CUSTOMER_DAYS.names)


def _by_gaps(pauses: ir.Table, *, as_of: date, **asked: object) -> Thresholds:
    return thresholds(gaps(pauses, as_of=as_of).to_pandas(), **asked)  # type: ignore[arg-type]


def _runs_of_purchases(
    pauses: ir.Table,
    *,
    inactive_after: int,
    as_of: date,  # noqa: ARG001
) -> ir.Table:
    return runs_of_purchases(pauses, inactive_after=inactive_after)


def _last_purchases(
    customer_days: ir.Table,
    *,
    inactive_after: int,
    as_of: date,  # noqa: ARG001
) -> ir.Table:
    days = transactions.purchase_days(customer_days)
    return audiences.last_purchases(days, inactive_after=inactive_after)


def _standing(standing: ir.Table, _: ir.Table, *, as_of: date) -> ir.Table:  # noqa: ARG001
    return standing


def _former_days(customer_days: ir.Table, *, first_day: date, as_of: date) -> ir.Table:  # noqa: ARG001
    return customer_days


def _standing_of_contracts(standing: ir.Table, contracts: ir.Table, *, as_of: date) -> ir.Table:
    runs = services.runs_of_services(contracts, as_of=as_of)
    return tenure.standing_of_contracts(standing, runs, as_of=as_of)


def _nothing_recurs(_: ir.Table, *, calendar: Calendar) -> ir.Table:  # noqa: ARG001
    return ibis.memtable([], schema=recurring.RECURRING)


def _no_refunds(_: ir.Table, *, as_of: date) -> ir.Table:  # noqa: ARG001
    return ibis.memtable([], schema=transactions.REFUNDS)


def _tally_of_subscriptions(raw: ir.Table, *, unit: str) -> ir.Table:
    return subscriptions.tally(subscriptions.subscriptions(raw, unit=unit))


def _counted_subscriptions(raw: ir.Table, by: str) -> ir.Table:
    return subscriptions.counted(subscriptions.subscriptions(raw, unit="", kept=[by]), [by])


def _first_service(contracts: ir.Table) -> ir.Value:
    return contracts.started_on.min()


def _contracts(contracts: ir.Table) -> ir.Table:
    return contracts


def _by_contract(_: ir.Table, *, lost_after: int | Literal["auto"], **_asked: object) -> Thresholds:
    return contract_end(lost_after)


def _runs_of_services(
    contracts: ir.Table,
    *,
    inactive_after: int,  # noqa: ARG001
    as_of: date,
) -> ir.Table:
    return services.runs_of_services(contracts, as_of=as_of)


def _last_services(
    contracts: ir.Table,
    *,
    inactive_after: int,  # noqa: ARG001
    as_of: date,
) -> ir.Table:
    runs = services.runs_of_services(contracts, as_of=as_of)
    return audiences.last_services(runs, as_of=as_of)


MODELS = {
    PURCHASES: Model(
        date_column="ordered_at",
        unreadable=transactions.UNREADABLE,
        impossible={},
        columns=transactions.COLUMNS,
        tally=_tally_of_transactions,
        counted=_counted_transactions,
        rounded=transactions.rounded,
        dated="day",
        refused=transactions.refused,
        dates=transactions.dates,
        followed=_days_in_order,
        first_day=_first_purchase,
        customer_days=_customer_days,
        paced=transactions.pauses,
        thresholds=_by_gaps,
        runs=_runs_of_purchases,
        last_seen=_last_purchases,
        quality=transactions.quality,
        buys=True,
        standing=_standing,
        activities=inactive.ACTIVITIES,
        former=inactive.former_activity,
        former_days=_former_days,
        silent_days=0,
        refunds=transactions.refunds,
        recurring=_nothing_recurs,
    ),
    SUBSCRIPTIONS: Model(
        date_column="started_on",
        unreadable=subscriptions.UNREADABLE,
        impossible=subscriptions.IMPOSSIBLE,
        columns=subscriptions.COLUMNS,
        tally=_tally_of_subscriptions,
        counted=_counted_subscriptions,
        rounded=subscriptions.rounded,
        dated="started_on",
        refused=subscriptions.refused,
        dates=subscriptions.dates,
        followed=subscriptions.contracts,
        first_day=_first_service,
        customer_days=services.customer_days,
        paced=_contracts,
        thresholds=_by_contract,
        runs=_runs_of_services,
        last_seen=_last_services,
        quality=subscriptions.quality,
        buys=False,
        standing=_standing_of_contracts,
        activities=tenure.TENURES,
        former=tenure.former_tenure,
        former_days=tenure.former_service,
        silent_days=tenure.SILENT_DAYS,
        refunds=_no_refunds,
        recurring=recurring.recurring,
    ),
}
