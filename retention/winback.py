"""The second notebook's questions of one opened unit: whom to win back, and what they are worth."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import ibis.expr.types as ir
import pandas as pd

from retention import (
    inactive,
    onboarding,
    opportunity,
    opportunity_value,
    rfm_segments,
    segments,
)
from retention.transactions import purchase_days
from retention.unit import Unit


@dataclass(frozen=True)
class WinBack:
    """Every figure of the win-back notebook is a method of it; each is a small pandas frame.

    What needs days of purchase has no row where customers have contracts instead.
    """

    unit: Unit

    @cached_property
    def standing(self) -> ir.Table:
        """One row a customer (inactive.STANDING), on the engine; it holds customer ids."""
        unit = self.unit
        table = inactive.standing(
            unit.spells,
            unit.customer_days,
            inactive_after=unit.thresholds.inactive_after,
            as_of=unit.as_of,
        )
        return unit.source.stored("standing", table)

    def states(self) -> pd.DataFrame:
        """One row a state at the close of `as_of` (inactive.COUNTS), once the ledger has held."""
        self.unit.ledger()
        return self._frame(inactive.states(self.unit.spells))

    def inactive(self) -> pd.DataFrame:
        """One row a breakdown and group of the inactive (inactive.GROUPS)."""
        table = inactive.inactive_groups(self.standing)
        return self._frame(table if self.unit.model.buys else table.limit(0))

    def rfm(self) -> pd.DataFrame:
        """One row an RFM segment of all customers (rfm_segments.SEGMENTS)."""
        if not self.unit.model.buys:
            return pd.DataFrame(columns=list(rfm_segments.SEGMENTS.names))
        scores = rfm_segments.rfm_scores(self.unit.rfm())
        return self._frame(rfm_segments.rfm_segments(scores, self.standing))

    def segments(self) -> pd.DataFrame:
        """One row a segment, value and measure (segments.COMPARED); none without segments."""
        unit = self.unit
        if unit.segment_values is None:
            return pd.DataFrame(columns=list(segments.COMPARED))
        counts = segments.segment_counts(unit.spells, unit.segment_values, calendar=unit.calendar)
        return segments.compared(self._frame(counts))

    def opportunity(self) -> pd.DataFrame:
        """One row a cell of the inactive, and one of all (opportunity_value.OPPORTUNITY)."""
        unit = self.unit
        if not unit.model.buys:
            return pd.DataFrame(columns=list(opportunity_value.OPPORTUNITY))
        growth = opportunity.growth(unit.spells, unit.customer_days, as_of=unit.as_of)
        return opportunity_value.opportunity(
            self._look, self._frame(growth), first_day=unit.calendar.first_day, as_of=unit.as_of
        )

    def backtest(self) -> pd.DataFrame:
        """One row a day: what was estimated on it, and what came (opportunity_value.BACKTEST)."""
        unit = self.unit
        if not unit.model.buys:
            return pd.DataFrame(columns=list(opportunity_value.BACKTEST))
        return opportunity_value.backtest(
            self._look, first_day=unit.calendar.first_day, as_of=unit.as_of
        )

    def _look(self, day: date, since: date) -> pd.DataFrame:
        days, inactive_after = self.unit.customer_days, self.unit.thresholds.inactive_after
        return self._frame(
            opportunity.outcomes(days, day=day, since=since, inactive_after=inactive_after)
        )

    def onboarding(self) -> pd.DataFrame:
        """One row a cohort and number of days since the first purchase (onboarding.ONBOARDING)."""
        unit = self.unit
        firsts = onboarding.first_two(purchase_days(unit.customer_days), calendar=unit.calendar)
        table = onboarding.onboarding(firsts, calendar=unit.calendar)
        return self._frame(table if unit.model.buys else table.limit(0))

    @staticmethod
    def _frame(table: ir.Table) -> pd.DataFrame:
        frame: pd.DataFrame = table.to_pandas()
        return frame
