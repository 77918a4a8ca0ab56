"""The second notebook's questions of one opened unit: whom to win back, and what they are worth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, partial

import ibis.expr.types as ir
import pandas as pd

from retention import (
    balance,
    contacts,
    effects,
    experiments,
    feedback,
    inactive,
    inactive_segments,
    onboarding,
    opportunity,
    opportunity_backtest,
    opportunity_value,
    reasons,
    rfm_segments,
    second_purchase,
    segments,
)
from retention.errors import DataRefused
from retention.optional_sources import CONTACTS, FEEDBACK
from retention.transactions import purchase_days
from retention.unit import Unit

NOTICE_DAYS = 90
"""Before the end of a contract: a reason given in these days is one for the end."""


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
        own = unit.model.standing(table, unit.followed, as_of=unit.as_of)
        return unit.source.stored("standing", own)

    @cached_property
    def former_days(self) -> ir.Table:
        """One row a day of customers who can be inactive (transactions.CUSTOMER_DAYS)."""
        unit = self.unit
        days = unit.model.former_days(
            unit.followed, first_day=unit.calendar.first_day, as_of=unit.as_of
        )
        return days if days is unit.followed else unit.source.stored("former_days", days)

    def states(self) -> pd.DataFrame:
        """One row a state at the close of `as_of` (inactive.COUNTS), once the ledger has held."""
        self.unit.ledger()
        return self._frame(inactive.states(self.unit.spells))

    def inactive(self) -> pd.DataFrame:
        """One row a breakdown and group of the inactive (inactive.GROUPS)."""
        activities = self.unit.model.activities
        return self._frame(inactive.inactive_groups(self.standing, activities=activities))

    def activity_ranges(self) -> pd.DataFrame:
        """One row a former activity: its purchase days in a year (inactive.ACTIVITY_RANGES)."""
        former = inactive.former_activity(purchase_days(self.unit.customer_days))
        table = inactive.activity_ranges(former)
        return self._frame(table if self.unit.model.buys else table.limit(0))

    def rfm(self) -> pd.DataFrame:
        """One row an RFM segment of all customers (rfm_segments.SEGMENTS)."""
        if not self.unit.model.buys:
            return pd.DataFrame(columns=list(rfm_segments.SEGMENTS.names))
        scores = rfm_segments.rfm_scores(self.unit.rfm(), self.unit.customer_days)
        return self._frame(rfm_segments.rfm_segments(scores, self.standing))

    def segments(self) -> pd.DataFrame:
        """One row a segment, value and measure (segments.COMPARED); none without segments."""
        unit = self.unit
        if unit.segment_values is None:
            return pd.DataFrame(columns=list(segments.COMPARED))
        counts = segments.segment_counts(unit.spells, unit.segment_values, calendar=unit.calendar)
        return segments.compared(self._frame(counts))

    def inactive_segments(self) -> pd.DataFrame:
        """One row a segment and value: its inactive (inactive_segments.INACTIVE_BY_SEGMENT)."""
        unit = self.unit
        if unit.segment_values is None:
            return pd.DataFrame(columns=list(inactive_segments.INACTIVE_BY_SEGMENT.names))
        return self._frame(
            inactive_segments.inactive_by_segment(self.standing, unit.segment_values)
        )

    def opportunity(self) -> pd.DataFrame:
        """One row a cell of the inactive, and one of all (opportunity_value.OPPORTUNITY)."""
        unit = self.unit
        known = self._known(unit.as_of, unit.thresholds.inactive_after)
        return opportunity_value.opportunity(
            known.look, known.growth(), first_day=unit.calendar.first_day, as_of=unit.as_of
        )

    def backtest(self) -> pd.DataFrame:
        """One row a day: the estimate, and what came of it (opportunity_backtest.BACKTEST)."""
        unit = self.unit
        return opportunity_backtest.backtest(
            self._known_on, first_day=unit.calendar.first_day, as_of=unit.as_of
        )

    def _known_on(self, day: date) -> opportunity_backtest.Known | None:
        """What was known at the close of a day; None where no threshold could be derived yet."""
        try:
            return self._known(day, self.unit.inactive_after_on(day))
        except DataRefused:
            return None

    @cached_property
    def _look(self) -> Callable[[int, date, date], pd.DataFrame]:
        """(inactive_after, day, since) -> opportunity.OUTCOMES: estimates and their back-test ask
        for the same ones."""
        days, former = self.former_days, self.unit.model.former

        @cache
        def look(inactive_after: int, day: date, since: date) -> pd.DataFrame:
            told = opportunity.outcomes(
                days, day=day, since=since, inactive_after=inactive_after, former=former
            )
            return self._frame(told)

        return look

    def _known(self, day: date, inactive_after: int) -> opportunity_backtest.Known:
        days, silent = self.former_days, max(inactive_after, self.unit.model.silent_days)
        asked = {"inactive_after": silent}
        return opportunity_backtest.Known(
            inactive_after=inactive_after,
            look=partial(self._look, silent),
            growth=lambda: self._frame(opportunity.growth(days, as_of=day, **asked)),
            realised=lambda since: self._frame(
                opportunity.realised(days, day=day, since=since, **asked)
            ),
        )

    def onboarding(self) -> pd.DataFrame:
        """One row a cohort and number of days since the first purchase (onboarding.ONBOARDING)."""
        unit = self.unit
        firsts = onboarding.first_two(purchase_days(unit.customer_days), calendar=unit.calendar)
        table = onboarding.onboarding(firsts, calendar=unit.calendar)
        return self._frame(table if unit.model.buys else table.limit(0))

    def onboarding_segments(self) -> pd.DataFrame:
        """One row a segment, value and number of days (onboarding.BY_SEGMENT)."""
        unit = self.unit
        if unit.segment_values is None:
            return pd.DataFrame(columns=list(onboarding.BY_SEGMENT.names))
        firsts = onboarding.first_two(purchase_days(unit.customer_days), calendar=unit.calendar)
        return self._frame(onboarding.by_segment(firsts, unit.segment_values))

    def second_purchase_times(self) -> pd.DataFrame:
        """One row a share of the customers: by when so many came again (second_purchase.TIMES)."""
        unit = self.unit
        waits = second_purchase.waits(purchase_days(unit.customer_days), as_of=unit.as_of)
        return second_purchase.times(self._frame(waits if unit.model.buys else waits.limit(0)))

    def campaign_responses(self) -> pd.DataFrame:
        """One row a campaign and treated arm (effects.RESPONSE_EFFECTS)."""
        return effects.response_effects(self._arms, planned=self._planned)

    def campaign_spend(self) -> pd.DataFrame:
        """One row a campaign and treated arm (effects.SPEND_EFFECTS)."""
        return effects.spend_effects(self._arms, planned=self._planned)

    def campaign_states(self) -> pd.DataFrame:
        """One row a campaign, arm and state at contact (effects.STATE_RESPONSES)."""
        return effects.state_responses(self._arms)

    def campaign_checks(self) -> pd.DataFrame:
        """One row a treated arm of a campaign with a control (balance.ARM_CHECKS)."""
        return balance.arm_checks(self._arms, planned=self._planned)

    def reasons(self) -> pd.DataFrame:
        """One row a reason why customers left (reasons.BY_REASON), rare ones as one."""
        unit = self.unit
        found = pd.DataFrame(columns=list(reasons.REASONS.names))
        if FEEDBACK in unit.others:
            found = self._frame(
                reasons.reasons(
                    feedback.answers(unit.others[FEEDBACK], as_of=unit.as_of),
                    unit.spells,
                    unit.customer_days,
                    # A contract is given notice of; who buys just stays away.
                    notice_days=unit.thresholds.inactive_after or NOTICE_DAYS,
                    as_of=unit.as_of,
                )
            )
        return reasons.by_reason(found, least=unit.settings.minimum_group)

    @cached_property
    def _arms(self) -> pd.DataFrame:
        """Counts and sums by arm (experiments.ARMS), without a row where there are no contacts."""
        unit = self.unit
        if CONTACTS not in unit.others or not unit.model.buys:
            return pd.DataFrame(columns=list(experiments.ARMS.names))
        responses = experiments.responses(
            contacts.contacts(unit.others[CONTACTS], as_of=unit.as_of),
            unit.spells,
            unit.customer_days,
            response_days=unit.settings.response_days,
            as_of=unit.as_of,
        )
        return self._frame(experiments.arms(unit.source.stored("responses", responses)))

    @cached_property
    def _planned(self) -> dict[str, float]:
        """Campaign -> the share that was to be held out (balance.planned_shares)."""
        unit = self.unit
        if CONTACTS not in unit.others:
            return {}
        plans = self._frame(contacts.plans(unit.others[CONTACTS], as_of=unit.as_of))
        return balance.planned_shares(plans, control_share=unit.settings.control_share)

    @staticmethod
    def _frame(table: ir.Table) -> pd.DataFrame:
        frame: pd.DataFrame = table.to_pandas()
        return frame
