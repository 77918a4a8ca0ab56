"""The win-back page of one unit, as its notebook shows it: the report's parts, and its own.

Sections that need days of purchase say so in a line where customers have contracts instead.
"""

from dataclasses import asdict
from html import escape

import pandas as pd

from retention import (
    follow_up_narrative,
    follow_up_plots,
    opportunity_narrative,
    opportunity_plots,
    winback_narrative,
    winback_plots,
)
from retention.definitions import NOT_OF_WINBACK
from retention.headings import OVER_PERIODS
from retention.inactive import BREAKDOWNS
from retention.opportunity_value import TOGETHER, numbered
from retention.reporting.campaign_display import CampaignReport
from retention.reporting.shown import tiles_markup
from retention.rfm_segments import definition
from retention.segments import of_all
from retention.suppression import (
    SMALL,
    came_of_many,
    hidden_across,
    learned_from_many,
    of_many,
    watched_by_many,
)
from retention.winback_tiles import tiles
from retention.words import TOO_SMALL, name_of, value_name, within_a_line

_NO_SEGMENTS = (
    "This unit has no segments: name columns of the data in its settings, as segments, to see the "
    "rates of each."
)


_WORTH = (
    ("return_share", "low", "high"),
    ("spend_a_year", "spend_a_year_low", "spend_a_year_high"),
    ("worth", "worth_low", "worth_high"),
)


class WinBackReport(CampaignReport):
    """The win-back page of one unit, piece by piece."""

    unused_terms = NOT_OF_WINBACK

    def first_screen(
        self,
        states: pd.DataFrame,
        groups: pd.DataFrame,
        opportunity: pd.DataFrame,
        backtest: pd.DataFrame,
    ) -> None:
        """Headline and tiles of the last day covered, and the facts of the run.

        states: inactive.COUNTS; groups: inactive.GROUPS, and opportunity:
        opportunity_value.OPPORTUNITY, without a row where nothing is bought; backtest:
        opportunity_backtest.BACKTEST.
        """
        as_of = self.unit.as_of
        headline = winback_narrative.headline(
            self.unit.settings.unit, states, self.language, as_of=as_of
        )
        first = groups[groups["breakdown"] == next(iter(BREAKDOWNS))]
        total = opportunity.tail(1)
        total = total[total[["customers", "returned"]].min(axis=1) >= self._least]
        shown = tiles(states, self.pooled(first), total, self.language)
        lead = "".join(self._lead(row, opportunity, backtest) for _, row in total.iterrows())
        facts = self.facts(headline, period_label=self.language.day(as_of)) | {
            "tiles": [asdict(tile) for tile in shown],
        }
        body = f'<p class="headline">{escape(headline)}</p>{lead}{tiles_markup(shown)}'
        self.opening(body, headline, facts)

    def _lead(self, total: pd.Series, opportunity: pd.DataFrame, backtest: pd.DataFrame) -> str:
        """What the inactive are worth, how sure that is, and where most of it is."""
        days = came_of_many(backtest, least=self._least)
        said = [
            opportunity_narrative.lead(total, self.language),
            opportunity_narrative.tested(days, self.language)
            if days["realised"].notna().any()
            else opportunity_narrative.untested(self.language),
        ]
        cells, command = self._cells(opportunity).dropna(subset="worth"), ""
        if not cells.empty:
            said.append(opportunity_narrative.most(cells, self.language))
            silent = max(self.unit.thresholds.inactive_after, self.unit.model.silent_days)
            asked = opportunity_narrative.as_long_silent(cells, inactive_after=silent)
            written = f"--out {self.unit.settings.slug}_worth_most.csv --holdout 10%"
            _, command = self.command(f'where --where "{asked}" {written}')
        return "".join(f'<p class="lead">{escape(text)}</p>' for text in said) + command

    def _cells(self, opportunity: pd.DataFrame) -> pd.DataFrame:
        """Cells (opportunity_value.numbered) that can be shown, without the figures of few."""
        cells = numbered(opportunity.iloc[:-1])
        small = hidden_across(cells, ["since_lapse", "former_activity"], least=self._least)
        return learned_from_many(cells, least=self._least)[~small].reset_index(drop=True)

    @property
    def _least(self) -> int:
        return self.unit.settings.minimum_group

    def segments(self, rates: pd.DataFrame) -> None:
        """Rates by segment (segments.COMPARED), a chart a segment; values of few are left out."""
        if rates.empty:
            self.absent(self.language(_NO_SEGMENTS))
        for _, own in rates.groupby("segment"):
            shown = of_many(own, least=self._least)
            charts = winback_plots.segment(shown, self.language, together=of_all(own))
            told = winback_narrative.segment(shown, self.language)
            data = self._values_named(shown).rename(columns=OVER_PERIODS)
            self.figure(charts, told, data=data)
            self.note(winback_narrative.differences(shown, self.language))
            self.note(winback_narrative.left_out(own, shown, self.language))

    def activity_ranges(self, ranges: pd.DataFrame) -> None:
        """What the names of former activity are in this unit (inactive.ACTIVITY_RANGES)."""
        shown = ranges[ranges["customers"] >= self._least]
        self.note(winback_narrative.activities(shown, self.language))

    def inactive_segments(self, values: pd.DataFrame) -> None:
        """The inactive by value of a segment (INACTIVE_BY_SEGMENT), a chart a segment.

        The largest value comes first; small ones are one, as in any breakdown.
        """
        if values.empty:
            self.absent(self.language(_NO_SEGMENTS))
        for segment, own in values.groupby("segment"):
            largest = own.sort_values("customers", ascending=False, kind="stable")
            named = self._values_named(largest).rename(columns={"value": "group"})
            # Values are of the data: only the row of the small ones has the name of a group.
            shown = self.pooled(named, called=name_of(SMALL, self.language))
            charts = winback_plots.inactive([shown], self.language, segment=str(segment))
            told = winback_narrative.inactive(shown, self.language)
            self.figure(charts, told, data=shown.rename(columns={"group": "value"}))

    def rfm(self, segments: pd.DataFrame) -> None:
        """Customers and money by RFM segment (rfm_segments.SEGMENTS), small ones as one.

        The definition of the segments stands below.
        """
        if self._counts_days():
            shown = self.pooled(segments, of="all_customers")
            named = self._groups_named(shown)
            charts = winback_plots.rfm(named, self.language)
            self.figure(charts, winback_narrative.rfm(named, self.language), data=shown)
            self.table(definition(), self.language("How the RFM segments are defined"))

    def opportunity(self, cells: pd.DataFrame, groups: pd.DataFrame) -> None:
        """What the inactive are worth (opportunity_value.OPPORTUNITY), small cells left out.

        groups: inactive.GROUPS, which say how many the inactive are.
        """
        if not self.worth(cells, groups):
            return
        total, shown = cells.iloc[-1], self._cells(cells)
        drawn = shown[shown["worth"].notna()]
        charts = opportunity_plots.opportunity(drawn, self.language)
        told = opportunity_narrative.cells(drawn, self.language)
        # The same customers stand in the table once, so that nobody adds them up.
        again = shown[TOGETHER].notna() & shown.duplicated(TOGETHER)
        once = shown[["stood_before", "returned"]].mask(again)
        data = self.with_intervals(shown.assign(**once), *_WORTH)
        self.figure(charts, told, data=data.drop(columns=["former_value", "returns"]))
        unseen = int(total["customers"] - drawn["customers"].sum())
        self.note(opportunity_narrative.too_small(unseen, self.language, least=self._least))
        self.note(opportunity_narrative.thumb(total, self.language))

    def backtest(self, backtest: pd.DataFrame, cells: pd.DataFrame) -> None:
        """What the same estimate said a year ago, and what came (opportunity_backtest.BACKTEST).

        cells: opportunity_value.OPPORTUNITY, of which that may test a part only.
        """
        over = backtest[backtest["realised"].notna()]
        if not self._has_history(over, horizons=2):
            return
        shown = came_of_many(backtest, least=self._least)
        if shown["realised"].isna().all():
            self.note(self.language(TOO_SMALL))
            return
        last = shown.iloc[-1]
        if pd.isna(last["realised"]) and not cells.empty:
            self.note(opportunity_narrative.testable(cells.iloc[-1], last, self.language))
        chart = opportunity_plots.backtest(shown, self.language)
        self.figure(chart, opportunity_narrative.backtest(shown, self.language), data=shown)
        days = len(backtest) - len(shown)
        self.note(opportunity_narrative.days_left_out(days, self.language))

    def onboarding(self, cohorts: pd.DataFrame) -> None:
        """Second purchases by cohort (onboarding.ONBOARDING): whole cohorts, a panel a mark."""
        if self._counts_days():
            shown = self.recent(cohorts[cohorts["complete"]])
            charts = follow_up_plots.onboarding(shown, self.language, cut=self.cut)
            self.figure(charts, follow_up_narrative.onboarding(shown, self.language), data=shown)

    def second_purchase_times(self, times: pd.DataFrame) -> None:
        """By when so many customers came a second time (second_purchase.TIMES)."""
        if self.unit.model.buys:
            few = times["second_purchases"] < self._least
            if few.any():
                self.note(self.language(TOO_SMALL))
            else:
                self.table(times, self.language("Time to the second purchase"))

    def onboarding_segments(self, shares: pd.DataFrame) -> None:
        """Second purchases by value of a segment (onboarding.BY_SEGMENT); few are left out."""
        if shares.empty or not self.unit.model.buys:
            return
        shown = watched_by_many(shares, least=self._least)
        if shown.empty:
            self.note(self.language(TOO_SMALL))
        else:
            self.table(self._values_named(shown), self.language("Second purchases by segment"))
        self.note(winback_narrative.values_left_out(shares, shown, self.language))

    def _values_named(self, frame: pd.DataFrame) -> pd.DataFrame:
        named = frame["value"].map(lambda value: within_a_line(value_name(value, self.language)))
        return frame.assign(segment=frame["segment"].map(within_a_line), value=named)
