"""The win-back page of one unit, as its notebook shows it: the report's parts, and its own.

Sections that need days of purchase say so in a line where customers have contracts instead.
"""

from dataclasses import asdict
from html import escape

import pandas as pd

from retention import winback_narrative, winback_plots
from retention.inactive import BREAKDOWNS
from retention.reporting.display import Report, tiles_markup
from retention.suppression import pooled
from retention.winback_tiles import tiles


class WinBackReport(Report):
    """The win-back page of one unit, piece by piece."""

    def first_screen(self, states: pd.DataFrame, groups: pd.DataFrame) -> None:
        """Headline and tiles of the last day covered, and the facts of the run.

        states: inactive.COUNTS; groups: inactive.GROUPS, without a row where nothing is bought.
        """
        as_of = self.unit.as_of
        headline = winback_narrative.headline(
            self.unit.settings.unit, states, self.language, as_of=as_of
        )
        first = groups[groups["breakdown"] == next(iter(BREAKDOWNS))]
        shown = tiles(states, self.pooled(first), self.language)
        facts = self.facts(headline, period_label=self.language.day(as_of)) | {
            "tiles": [asdict(tile) for tile in shown],
        }
        body = f'<p class="headline">{escape(headline)}</p>{tiles_markup(shown)}'
        self.opening(body, headline, facts)

    def inactive(self, groups: pd.DataFrame, breakdown: str) -> None:
        """The inactive by one of inactive.BREAKDOWNS, small groups as one."""
        if self._counts_days():
            shown = self.pooled(groups[groups["breakdown"] == breakdown])
            charts = winback_plots.inactive(shown, self.language)
            told = winback_narrative.inactive(shown, self.language)
            self.figure(charts, told, data=shown.rename(columns={"group": breakdown}))

    def pooled(self, groups: pd.DataFrame) -> pd.DataFrame:
        """Groups (inactive.GROUPS), those of fewer than `minimum_group` customers as one."""
        return pooled(groups, least=self.unit.settings.minimum_group)
