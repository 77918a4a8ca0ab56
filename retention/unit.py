"""One business unit, opened: its settings, its data on the engine, its thresholds, its figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import ibis.expr.types as ir
import pandas as pd
from ibis.common.exceptions import OperationNotDefinedError

from retention import (
    activity,
    audiences,
    cohort_views,
    cohorts,
    follow_up,
    inactive,
    prospects,
    rfm,
    sensitivity,
    sources,
    transactions,
)
from retention import ledger as ledgers
from retention import rates as rate_tables
from retention import recurring as recurring_tables
from retention import second_purchase as second_purchases
from retention.errors import DataRefused
from retention.fingerprints import fingerprint
from retention.lifecycle import spells, stays, with_prospects
from retention.models import MODELS, Model
from retention.optional_sources import OPTIONAL, PROSPECTS
from retention.params import Settings
from retention.periods import Calendar
from retention.thresholds import AUTO, Thresholds

DEFINITIONS_VERSION = "1"
"""Of the definitions in GLOSSARY.md: it changes when a published figure would."""


@dataclass(frozen=True)
class Unit:
    """A unit whose data have been read and checked; every figure of the kit is a method of it.

    `customer_days` has schema transactions.CUSTOMER_DAYS and lives on the engine, as does what the
    model follows customers by (models.Model); what the methods return are small pandas frames in
    the columns of the published files.
    """

    settings: Settings
    source: sources.Source
    calendar: Calendar
    tally: ir.Table
    followed: ir.Table
    paced: ir.Table
    customer_days: ir.Table
    thresholds: Thresholds
    others: Mapping[str, ir.Table] = field(default_factory=dict)
    """The tallies of the optional sources that the unit has (optional_sources.OPTIONAL)."""
    segment_values: ir.Table | None = None
    """One row a customer and segment of the settings (segments.VALUES), where there are any."""
    frames: dict[tuple[str, Calendar], pd.DataFrame] = field(default_factory=dict, repr=False)
    """Figures that no threshold touches, shared with the unit that is opened next on these rows."""

    @property
    def as_of(self) -> date:
        """The last day covered."""
        return self.calendar.as_of

    @property
    def model(self) -> Model:
        """How the customers of the unit show that they are there."""
        return MODELS[self.settings.model]

    @cached_property
    def spells(self) -> ir.Table:
        """One row a customer and unbroken stay in a state (lifecycle.SPELLS)."""
        return self.source.stored("spells", self._spells(*self._days))

    @property
    def _days(self) -> tuple[int, int]:
        return self.thresholds.inactive_after, self.thresholds.lost_after

    def _spells(self, inactive_after: int, lost_after: int) -> ir.Table:
        runs = self.model.runs(self.paced, inactive_after=inactive_after, as_of=self.as_of)
        states = spells(runs, dormant_for=lost_after - inactive_after, as_of=self.as_of)
        if PROSPECTS not in self.others:
            return states
        known = prospects.prospects(self.others[PROSPECTS], as_of=self.as_of)
        return with_prospects(states, known)

    @cached_property
    def _stays(self) -> ir.Table:
        return self.source.stored("stays", stays(self.spells, calendar=self.calendar))

    @cached_property
    def _ledger(self) -> ir.Table:
        table = ledgers.ledger(self.spells, self._stays, self.customer_days, calendar=self.calendar)
        return self.source.stored("ledger", table).order_by("period")

    def inactive_after_on(self, day: date) -> int:
        """The days until a customer was dormant, by what had been bought at the close of a day.

        A number of the settings is the same on every day. Raises DataRefused where too little had
        been bought by then. Contracts end on their dates, whatever the day.
        """
        if day == self.as_of or not self.model.buys or self.settings.inactive_after != AUTO:
            return self.thresholds.inactive_after
        known = self.customer_days.filter(self.customer_days.day <= day)
        asked = self.settings.model_copy(update={"lost_after": AUTO})
        paced = self.model.paced(transactions.in_order(known))
        return self.model.thresholds(paced, as_of=day, **asked.thresholds()).inactive_after

    def extent(self) -> dict[str, object]:
        """Rows in the source, first and last day counted, and the fingerprint of what was read."""
        dates = self.model.dates(self.tally)
        counted = dates.filter((dates.fault == "") & (dates.day <= self.as_of))
        days = counted.agg(first=counted.day.min(), last=counted.day.max()).to_pyarrow()
        return {
            "rows": self.source_rows,
            "first_day": str(days["first"][0]),
            "last_day": str(days["last"][0]),
            "fingerprint": self.fingerprint,
        }

    @cached_property
    def fingerprint(self) -> str | None:
        """What the rows read add up to, dropped ones included; None where the engine has no hash.

        The figures follow from these rows, those of optional sources too, the settings and the
        code.
        """
        read = [self.tally, *(self.others[key] for key in OPTIONAL if key in self.others)]
        if self.segment_values is not None:
            read.append(self.segment_values)
        try:
            found = [fingerprint(table).to_pyarrow().to_pylist()[0] for table in read]
        except OperationNotDefinedError:
            return None
        return "-".join(f"{row['rows']:x}-{int(row['hashes']) % 2**64:016x}" for row in found)

    @cached_property
    def source_rows(self) -> int:
        """How many rows the source has, before any query."""
        # Without a query the tally has counted every row already.
        if self.settings.query is not None:
            return self.source.count()
        return int(self.tally.rows.sum().to_pyarrow().as_py())

    def ledger(self) -> pd.DataFrame:
        """One row a complete period (ledger.LEDGER), its identities asserted."""
        frame = _frame(self._ledger)
        has_dormant = self.thresholds.inactive_after < self.thresholds.lost_after
        ledgers.check(frame, self._revenue, has_dormant=has_dormant)
        return frame

    def revenue(self) -> pd.DataFrame:
        """One row a complete period and way of buying in it (ledger.REVENUE)."""
        return self._revenue.copy()

    @cached_property
    def _revenue(self) -> pd.DataFrame:
        table = ledgers.revenue(self.spells, self.customer_days, calendar=self.calendar)
        return _frame(table)

    def rates(self) -> pd.DataFrame:
        """One row a complete period and measure (rates.RATES)."""
        parts = [
            self._own_shares,
            rate_tables.revenue_churn(self._stays, self.customer_days, calendar=self.calendar),
            rate_tables.quick_ratio(self._ledger),
        ]
        if PROSPECTS in self.others:
            parts.append(rate_tables.conversion(self.spells, calendar=self.calendar))
        apart = [self.source.spared(f"rates_{n}", part) for n, part in enumerate(parts)]
        return _frame(rate_tables.rates(*apart))

    def cohorts(self) -> pd.DataFrame:
        """One row a cohort and age (cohorts.COHORTS)."""
        buys = self.model.buys
        days = self.followed if buys else transactions.in_order(self.customer_days)
        return self._once(cohorts.cohorts, days)

    def unbounded(self) -> pd.DataFrame:
        """One row a cohort and age that all of it reached (cohort_views.UNBOUNDED)."""
        return self._once(cohort_views.unbounded, self.customer_days)

    def cohort_revenue(self) -> pd.DataFrame:
        """One row a cohort and age (cohort_views.COHORT_REVENUE)."""
        refunds = self.model.refunds(self.tally, as_of=self.as_of)
        return self._once(cohort_views.cohort_revenue, self.customer_days, refunds)

    def rolling(self) -> pd.DataFrame:
        """One row a cohort and 30-day window since the own first purchase (follow_up.ROLLING)."""
        if not self.model.buys:
            return self._since(follow_up.rolling(self.customer_days, calendar=self.calendar))
        return self._once(follow_up.rolling, self.customer_days)

    def brackets(self, edges: Sequence[int]) -> pd.DataFrame:
        """One row a cohort and bracket of days since the own first purchase (follow_up.BRACKETS).

        edges: as (0, 1, 8, 31, 91) for [0, 1), [1, 8), [8, 31) and [31, 91).
        """
        table = follow_up.brackets(self.customer_days, edges, calendar=self.calendar)
        return self._since(table)

    def second_purchase(self) -> pd.DataFrame:
        """One row a day since the first purchase (second_purchase.SECOND_PURCHASE)."""
        bought = transactions.purchase_days(self.customer_days)
        waits = second_purchases.waits(bought, as_of=self.as_of)
        return second_purchases.second_purchase(self._since(waits))

    def second_life(self) -> pd.DataFrame:
        """One row a way of beginning and 30-day window since (follow_up.SECOND_LIFE)."""
        table = follow_up.second_life(self.spells, self.customer_days, calendar=self.calendar)
        return self._since(table)

    def _once(self, figures: Callable[..., ir.Table], *tables: ir.Table) -> pd.DataFrame:
        """Figures of the periods that no threshold touches: made once for the rows of the unit."""
        made = figures.__name__, self.calendar
        if made not in self.frames:
            self.frames[made] = _frame(figures(*tables, calendar=self.calendar))
        return self.frames[made].copy()

    def _since(self, table: ir.Table) -> pd.DataFrame:
        """Figures by days since a purchase: no row where customers have contracts instead."""
        return _frame(table if self.model.buys else table.limit(0))

    def returns(self) -> pd.DataFrame:
        """One row a lapse cohort and age (cohorts.RETURNS)."""
        lapses = cohorts.lapses(self.spells, calendar=self.calendar).to_pandas()
        return cohorts.returns(lapses, calendar=self.calendar)

    def activity(self) -> pd.DataFrame:
        """One row a complete period (activity.ACTIVITY), its identities asserted."""
        frame = self._once(activity.activity, self.customer_days)
        activity.check(frame, _frame(self._ledger))
        return frame

    def customers(self) -> ir.Table:
        """One row a customer (audiences.CUSTOMERS), on the engine: like `rfm`, with their ids."""
        inactive_after, lost_after = self.thresholds.inactive_after, self.thresholds.lost_after
        table = audiences.customers(
            self.model.last_seen(self.followed, inactive_after=inactive_after, as_of=self.as_of),
            self.spells,
            inactive.standing(
                self.spells, self.customer_days, inactive_after=inactive_after, as_of=self.as_of
            ),
            dormant_for=lost_after - inactive_after,
            as_of=self.as_of,
        )
        return self.source.stored("customers", table)

    def rfm(self) -> ir.Table:
        """One row a customer (rfm.RFM), on the engine: like `customers`, with their ids.

        Raises DataRefused where customers have contracts: these have no days of purchase.
        """
        if not self.model.buys:
            raise DataRefused("RFM counts days of purchase, and this unit has contracts instead")
        return rfm.rfm(transactions.purchase_days(self.customer_days), as_of=self.as_of)

    def sensitivity(self) -> pd.DataFrame:
        """One row a multiple of the thresholds and a measure (sensitivity.SENSITIVITY)."""
        return sensitivity.sensitivity(
            self._shares,
            thresholds=self._days,
            period=self.calendar.complete[-1].start,
        )

    def _shares(self, inactive_after: int, lost_after: int) -> ir.Table:
        """What rates.shares would give with other thresholds."""
        if (inactive_after, lost_after) == self._days:
            return self._own_shares
        states = self.source.stored("other_spells", self._spells(inactive_after, lost_after))
        reaching = self.source.stored("other_stays", stays(states, calendar=self.calendar))
        opened = ledgers.stocks(states, calendar=self.calendar)
        return self._shares_of(states, reaching, self.source.stored("other_stocks", opened))

    @cached_property
    def _own_shares(self) -> ir.Table:
        shares = self._shares_of(self.spells, self._stays, self._ledger)
        return self.source.stored("shares", shares)

    def _shares_of(self, states: ir.Table, reaching: ir.Table, stocks: ir.Table) -> ir.Table:
        return rate_tables.shares(
            states,
            reaching,
            stocks,
            calendar=self.calendar,
            scope=self.settings.reactivation_scope,
        )

    def recurring(self) -> pd.DataFrame:
        """One row a complete period (recurring.RECURRING), its identities asserted.

        No row where the unit has no contracts.
        """
        frame = _frame(self.model.recurring(self.followed, calendar=self.calendar))
        recurring_tables.check(frame)
        return frame

    def quality(self) -> pd.DataFrame:
        """One row a check of the data (quality.QUALITY)."""
        checks = self.model.quality(self.tally, source_rows=self.source_rows, as_of=self.as_of)
        accounts = [
            kind.quality(self.others[key], as_of=self.as_of)
            for key, kind in OPTIONAL.items()
            if key in self.others
        ]
        return pd.concat([_frame(table) for table in (checks, *accounts)], ignore_index=True)


def _frame(table: ir.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame
