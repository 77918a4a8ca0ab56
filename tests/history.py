"""What the kit says of some customers' histories; methods as those of retention.unit.Unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Self

import ibis.expr.types as ir
import pandas as pd

from retention import (
    activity,
    cohort_views,
    cohorts,
    follow_up,
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
from retention.transactions import purchase_days

if TYPE_CHECKING:
    from histories import Kit


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

    def runs(self, inactive_after: int) -> ir.Table:
        days = purchase_days(self.customer_days)
        return lifecycle.runs_of_purchases(days, inactive_after=inactive_after)

    @cached_property
    def spells_table(self) -> ir.Table:
        return self.kit.stored(self.spells_at(self.inactive_after, self.lost_after))

    def spells_at(self, inactive_after: int, lost_after: int) -> ir.Table:
        states = lifecycle.spells(
            self.runs(inactive_after),
            dormant_for=lost_after - inactive_after,
            as_of=self.calendar.as_of,
        )
        if self.known is None:
            return states
        return lifecycle.with_prospects(states, self.kit.prospects(self.known))

    @cached_property
    def ledger_table(self) -> ir.Table:
        table = ledger.ledger(self.spells_table, self.customer_days, calendar=self.calendar)
        return self.kit.stored(table).order_by("period")

    def spells(self) -> pd.DataFrame:
        return self.spells_table.order_by("customer_id", "started_on").to_pandas()

    def ledger(self) -> pd.DataFrame:
        return self.ledger_table.to_pandas()

    def revenue(self) -> pd.DataFrame:
        return ledger.revenue(
            self.spells_table, self.customer_days, calendar=self.calendar
        ).to_pandas()

    def check(self) -> None:
        """Assert the identities, as a run does."""
        has_dormant = self.inactive_after < self.lost_after
        ledger.check(self.ledger(), self.revenue(), has_dormant=has_dormant)

    def rates(self, scope: str = rates.INACTIVE) -> pd.DataFrame:
        return rates.rates(
            self.spells_table,
            self.customer_days,
            self.ledger_table,
            calendar=self.calendar,
            scope=scope,
        ).to_pandas()

    def conversion(self) -> pd.DataFrame:
        return rates.conversion(self.spells_table, calendar=self.calendar).to_pandas()

    def cohorts(self) -> pd.DataFrame:
        return cohorts.cohorts(self.customer_days, calendar=self.calendar).to_pandas()

    def unbounded(self) -> pd.DataFrame:
        return cohort_views.unbounded(self.customer_days, calendar=self.calendar).to_pandas()

    def cohort_revenue(self, refunds: ir.Table) -> pd.DataFrame:
        return cohort_views.cohort_revenue(
            self.customer_days, refunds, calendar=self.calendar
        ).to_pandas()

    def rolling(self) -> pd.DataFrame:
        return follow_up.rolling(self.customer_days, calendar=self.calendar).to_pandas()

    def brackets(self, edges: Sequence[int]) -> pd.DataFrame:
        return follow_up.brackets(self.customer_days, edges, calendar=self.calendar).to_pandas()

    def waits(self) -> pd.DataFrame:
        bought = purchase_days(self.customer_days)
        return second_purchase.waits(bought, as_of=self.calendar.as_of).to_pandas()

    def second_purchase(self) -> pd.DataFrame:
        return second_purchase.second_purchase(self.waits())

    def second_life(self) -> pd.DataFrame:
        return follow_up.second_life(
            self.spells_table, self.customer_days, calendar=self.calendar
        ).to_pandas()

    def lapses(self) -> pd.DataFrame:
        return cohorts.lapses(self.spells_table, calendar=self.calendar).to_pandas()

    def returns(self) -> pd.DataFrame:
        return cohorts.returns(self.lapses(), calendar=self.calendar)

    def activity(self) -> pd.DataFrame:
        return activity.activity(self.customer_days, calendar=self.calendar).to_pandas()

    def rfm(self) -> pd.DataFrame:
        table = rfm.rfm(purchase_days(self.customer_days), as_of=self.calendar.as_of)
        return table.order_by("customer_id").to_pandas()

    def gaps(self) -> pd.DataFrame:
        return thresholds.gaps(
            purchase_days(self.customer_days), as_of=self.calendar.as_of
        ).to_pandas()

    def sensitivity(self) -> pd.DataFrame:
        return sensitivity.sensitivity(
            self.shares_at,
            thresholds=(self.inactive_after, self.lost_after),
            period=self.calendar.complete[-1].start,
        )

    def shares_at(self, inactive_after: int, lost_after: int) -> ir.Table:
        states = self.spells_at(inactive_after, lost_after)
        table = ledger.ledger(states, self.customer_days, calendar=self.calendar)
        return rates.shares(states, table, calendar=self.calendar)


@dataclass(frozen=True)
class ContractHistory(History):
    """What the kit says of some customers' contracts."""

    contracts: ir.Table

    def runs(self, inactive_after: int = 0) -> ir.Table:
        assert inactive_after == 0
        return services.runs_of_services(self.contracts, as_of=self.calendar.as_of)

    def recurring(self) -> pd.DataFrame:
        return recurring.recurring(self.contracts, calendar=self.calendar).to_pandas()

    def check(self) -> None:
        super().check()
        recurring.check(self.recurring())
