"""What the kit says of some customers' histories; methods as those of retention.unit.Unit."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import ibis.expr.types as ir
import pandas as pd

from retention import (
    activity,
    cohort_views,
    cohorts,
    follow_up,
    inactive,
    ledger,
    lifecycle,
    rates,
    recurring,
    rfm,
    second_purchase,
    sensitivity,
    services,
    thresholds,
)
from retention.periods import Calendar
from retention.transactions import in_order, pauses, purchase_days

if TYPE_CHECKING:
    from histories import Kit


Made = Callable[..., Any]
"""`Statements.stored`, or its like: takes a function, tables and plain values."""


def states(
    customer_days: ir.Table, *known: ir.Table, inactive_after: int, lost_after: int, as_of: date
) -> ir.Table:
    """Spells of customers and, with a table of those `known`, of prospects."""
    paused = pauses(in_order(customer_days))
    runs = lifecycle.runs_of_purchases(paused, inactive_after=inactive_after)
    found = lifecycle.spells(runs, dormant_for=lost_after - inactive_after, as_of=as_of)
    return with_those(found, *known)


def states_of_services(
    contracts: ir.Table, *known: ir.Table, lost_after: int, as_of: date
) -> ir.Table:
    runs = services.runs_of_services(contracts, as_of=as_of)
    return with_those(lifecycle.spells(runs, dormant_for=lost_after, as_of=as_of), *known)


def with_those(spells: ir.Table, *known: ir.Table) -> ir.Table:
    for prospects in known:
        spells = lifecycle.with_prospects(spells, prospects)
    return spells


def ordered(table: ir.Table, *, by: tuple[str, ...]) -> ir.Table:
    return table.order_by(*by)


def of_purchases(
    customer_days: ir.Table, *, function: Callable[..., ir.Table], as_of: date
) -> ir.Table:
    """What a function of purchase days says."""
    return function(purchase_days(customer_days), as_of=as_of)


def cohorts_of(customer_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    return cohorts.cohorts(in_order(customer_days), calendar=calendar)


def gaps_between(purchase_days: ir.Table, *, as_of: date) -> ir.Table:
    return thresholds.gaps(pauses(in_order(purchase_days)), as_of=as_of)


def all_rates(
    spells: ir.Table,
    stays: ir.Table,
    customer_days: ir.Table,
    ledger: ir.Table,
    *,
    calendar: Calendar,
    scope: str,
) -> ir.Table:
    return rates.rates(
        rates.shares(spells, stays, ledger, calendar=calendar, scope=scope),
        rates.revenue_churn(stays, customer_days, calendar=calendar),
        rates.quick_ratio(ledger),
    )


def _expression(function: Callable[..., ir.Table], /, *tables: ir.Table, **values: Any) -> ir.Table:
    return function(*tables, **values)


@dataclass(frozen=True)
class History:
    """What the kit says of some customers' histories; methods as those of retention.unit.Unit."""

    kit: Kit
    customer_days: ir.Table
    calendar: Calendar
    inactive_after: int
    lost_after: int
    known: Mapping[str, date] | None = field(default=None, kw_only=True)
    """Person -> the day of becoming known, where there is a source of prospects."""

    def knowing(self, known: Mapping[str, date]) -> Self:
        """The same with a source of prospects."""
        return replace(self, known=known)

    @cached_property
    def spells_table(self) -> ir.Table:
        return self._spells_at(self.kit.statements.stored, self.inactive_after, self.lost_after)

    def spells_at(self, inactive_after: int, lost_after: int) -> ir.Table:
        return self._spells_at(_expression, inactive_after, lost_after)

    def _spells_at(self, made: Made, inactive_after: int, lost_after: int) -> Any:
        return made(
            states,
            self.customer_days,
            *self._known,
            inactive_after=inactive_after,
            lost_after=lost_after,
            as_of=self.calendar.as_of,
        )

    @property
    def _known(self) -> tuple[ir.Table, ...]:
        return () if self.known is None else (self.kit.prospects(self.known),)

    @cached_property
    def ledger_table(self) -> ir.Table:
        return self.kit.statements.stored(
            ledger.ledger,
            self.spells_table,
            self.stays_table,
            self.customer_days,
            calendar=self.calendar,
        )

    @property
    def standing_table(self) -> ir.Table:
        return self.kit.statements.stored(
            inactive.standing,
            self.spells_table,
            self.customer_days,
            inactive_after=self.inactive_after,
            as_of=self.calendar.as_of,
        )

    def frame(
        self, function: Callable[..., ir.Table], /, *tables: ir.Table, **values: Hashable
    ) -> pd.DataFrame:
        """What a function of tables, by the calendar, says."""
        return self.kit.statements.frame(function, *tables, calendar=self.calendar, **values)

    def spells(self) -> pd.DataFrame:
        by = ("customer_id", "started_on")
        return self.kit.statements.frame(ordered, self.spells_table, by=by)

    def stays(self) -> pd.DataFrame:
        return self.kit.statements.frame(ordered, self.stays_table, by=("customer_id", "start"))

    @cached_property
    def stays_table(self) -> ir.Table:
        return self.kit.statements.stored(
            lifecycle.stays, self.spells_table, calendar=self.calendar
        )

    def ledger(self) -> pd.DataFrame:
        return self.kit.statements.frame(ordered, self.ledger_table, by=("period",))

    def revenue(self) -> pd.DataFrame:
        return self.frame(ledger.revenue, self.spells_table, self.customer_days)

    def check(self) -> None:
        """Assert the identities, as a run does."""
        has_dormant = self.inactive_after < self.lost_after
        ledger.check(self.ledger(), self.revenue(), has_dormant=has_dormant)

    def rates(self, scope: str = rates.INACTIVE) -> pd.DataFrame:
        return self.frame(
            all_rates,
            self.spells_table,
            self.stays_table,
            self.customer_days,
            self.ledger_table,
            scope=scope,
        )

    def conversion(self) -> pd.DataFrame:
        return self.frame(rates.conversion, self.spells_table)

    def cohorts(self) -> pd.DataFrame:
        return self.frame(cohorts_of, self.customer_days)

    def unbounded(self) -> pd.DataFrame:
        return self.frame(cohort_views.unbounded, self.customer_days)

    def cohort_revenue(self, refunds: ir.Table) -> pd.DataFrame:
        return self.frame(cohort_views.cohort_revenue, self.customer_days, refunds)

    def rolling(self) -> pd.DataFrame:
        return self.frame(follow_up.rolling, self.customer_days)

    def brackets(self, edges: Sequence[int]) -> pd.DataFrame:
        return self.frame(follow_up.brackets, self.customer_days, edges=tuple(edges))

    def waits(self) -> pd.DataFrame:
        return self.kit.statements.frame(
            of_purchases, self.customer_days, function=second_purchase.waits, **self._as_of
        )

    def second_purchase(self) -> pd.DataFrame:
        return second_purchase.second_purchase(self.waits())

    def second_life(self) -> pd.DataFrame:
        return self.frame(follow_up.second_life, self.spells_table, self.customer_days)

    def lapses(self) -> pd.DataFrame:
        return self.frame(cohorts.lapses, self.spells_table)

    def returns(self) -> pd.DataFrame:
        return cohorts.returns(self.lapses(), calendar=self.calendar)

    def activity(self) -> pd.DataFrame:
        return self.frame(activity.activity, self.customer_days)

    def rfm(self) -> pd.DataFrame:
        found = self.kit.statements.frame(
            of_purchases, self.customer_days, function=rfm.rfm, **self._as_of
        )
        return found.sort_values("customer_id", ignore_index=True)

    def gaps(self) -> pd.DataFrame:
        return self.kit.statements.frame(
            of_purchases, self.customer_days, function=gaps_between, **self._as_of
        )

    @property
    def _as_of(self) -> dict[str, date]:
        return {"as_of": self.calendar.as_of}

    def sensitivity(self) -> pd.DataFrame:
        return sensitivity.sensitivity(
            self.shares_at,
            thresholds=(self.inactive_after, self.lost_after),
            period=self.calendar.complete[-1].start,
        )

    def shares_at(self, inactive_after: int, lost_after: int) -> ir.Table:
        states = self.spells_at(inactive_after, lost_after)
        stays = lifecycle.stays(states, calendar=self.calendar)
        opened = ledger.stocks(states, calendar=self.calendar)
        return rates.shares(states, stays, opened, calendar=self.calendar)


@dataclass(frozen=True)
class ContractHistory(History):
    """What the kit says of some customers' contracts."""

    contracts: ir.Table

    def runs(self) -> ir.Table:
        return services.runs_of_services(self.contracts, as_of=self.calendar.as_of)

    def _spells_at(self, made: Made, inactive_after: int, lost_after: int) -> Any:
        assert inactive_after == 0
        return made(
            states_of_services,
            self.contracts,
            *self._known,
            lost_after=lost_after,
            as_of=self.calendar.as_of,
        )

    def recurring(self) -> pd.DataFrame:
        return self.frame(recurring.recurring, self.contracts)

    def check(self) -> None:
        super().check()
        recurring.check(self.recurring())
