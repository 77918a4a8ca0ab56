"""The report of one unit, as its notebook shows it: what any notebook shows, and its own parts.

Every value that comes from data is escaped here, on its way into HTML.
"""

from dataclasses import asdict
from datetime import date, timedelta
from html import escape
from typing import Any

import pandas as pd

from retention import (
    contract_plots,
    follow_up_narrative,
    follow_up_plots,
    narrative,
    opportunity_narrative,
    plots,
    summary,
    winback_narrative,
    winback_plots,
)
from retention.cells import OTHER_UNIT
from retention.definitions import (
    DEFINITIONS,
    OF_INACTIVE,
    OF_PROSPECTS,
    OF_WINBACK,
    REACTIVATION_OF,
    SCOPES,
)
from retention.language import Language
from retention.opportunity import HORIZON_DAYS
from retention.quality import ROWS_AFTER_QUERY
from retention.rates import CONVERSION, REACTIVATION, WIN_BACK
from retention.reporting.shown import Shown, scrolling, show, tiles_markup
from retention.second_purchase import MARKS
from retention.suppression import SMALL, hidden, merged, moved_by_many, pooled, without_few
from retention.thresholds import return_shares
from retention.tiles import tiles as headline_tiles
from retention.unit import DEFINITIONS_VERSION, Unit
from retention.words import DAYS, NOT_COUNTED, TOO_SMALL, name_of

_SIZES = {"cohort_size", "lapsed", "watched", "at_risk"}
"""Columns that say how many customers a row is about."""


class Report(Shown):
    """The report of one unit, as its notebook shows it piece by piece."""

    unused_terms: tuple[str, ...] = ()
    """Terms of DEFINITIONS that the page does not use; it has terms of its own then."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        settings = unit.settings
        language = Language(
            settings.language,
            currency=settings.currency,
            frequency=settings.frequency,
            rules=unit.calendar.rules,
            model=settings.model,
        )
        super().__init__(language)

    @property
    def cut(self) -> date | None:
        """The first cohort, where it holds everybody who was a customer before the data begin."""
        whole = self.unit.settings.history_complete
        return None if whole else self.unit.calendar.periods[0].start

    def recent(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of the newest `periods_shown` periods; groups under `minimum_group` left out.

        A period is what stands in the first column; a group is a cohort or a lapse cohort. Others
        are left out with them where they could be had by subtraction (suppression.hidden).
        """
        period = frame.columns[0]
        newest = frame[period].drop_duplicates().sort_values()
        newest = newest.tail(self.unit.settings.periods_shown)
        shown = frame[frame[period].isin(newest)]
        for size in _SIZES & {*frame.columns} - self._events(frame):
            groups = shown.drop_duplicates(period).set_index(period)[size]
            small = hidden(groups, least=self.unit.settings.minimum_group)
            shown = shown[~shown[period].map(small).astype(bool)]
        return shown.reset_index(drop=True)

    def large(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that speak of `minimum_group` customers or more."""
        for size in _SIZES & {*frame.columns}:
            frame = frame[frame[size] >= self.unit.settings.minimum_group]
        return frame.reset_index(drop=True)

    def ways(self, revenue: pd.DataFrame) -> pd.DataFrame:
        """Revenue by way of buying (ledger.REVENUE), ways of fewer than `minimum_group` as one."""
        return merged(revenue, least=self.unit.settings.minimum_group)

    def without_few(self, rates: pd.DataFrame) -> pd.DataFrame:
        """Rates (rates.RATES) without the money of fewer than `minimum_group` customers."""
        return without_few(rates, least=self.unit.settings.minimum_group)

    @staticmethod
    def _events(frame: pd.DataFrame) -> set[str]:
        # In the ledger `lapsed` is an event among others, not the size of a group.
        return {"lapsed"} if frame.columns[0] == "period" else set()

    def summary(self, ledger: pd.DataFrame, rates: pd.DataFrame, revenue: pd.DataFrame) -> None:
        """Headline and tiles of the newest complete period, and the facts of the run."""
        scope = self.unit.settings.reactivation_scope
        headline = summary.headline(
            self.unit.settings.unit, ledger, rates, self.language, scope=scope
        )
        unusual = summary.unusual(rates, self.language)
        worth = summary.worth(ledger, rates, revenue, self.language)
        tiles = headline_tiles(ledger, rates, revenue, self.language, scope=scope)
        body = (
            f'<p class="headline">{escape(headline)}</p>'
            f'<p class="lead">{escape(f"{worth} {unusual}".strip())}</p>{tiles_markup(tiles)}'
            f'<p class="note">{escape(summary.rule(self.language))}</p>'
        )
        period = ledger["period"].iloc[-1]
        facts = self.facts(headline, period_label=self.language.period(period)) | {
            "period": f"{period:%Y-%m-%d}",
            "unusual": unusual,
            "worth": worth,
            "tiles": [asdict(tile) for tile in tiles],
            "worse_than_normal": summary.worse_than_normal(rates),
        }
        self.opening(body, headline, facts)

    def facts(self, headline: str, *, period_label: str) -> dict[str, Any]:
        """What any page of a unit says of itself to the runner; the ledger has been checked."""
        return {
            "unit": self.unit.settings.unit,
            "as_of": self.unit.as_of.isoformat(),
            "language": self.language.code,
            "currency": self.language.currency,
            "frequency": self.language.frequency,
            **asdict(self.language.rules),
            "model": self.language.model,
            "period_label": period_label,
            "definitions": DEFINITIONS_VERSION,
            # Unit.ledger, which each page asks first, raises where an identity is broken.
            "identities": "held",
            "headline": headline,
            "thresholds": {
                "inactive_after": self.unit.thresholds.inactive_after,
                "lost_after": self.unit.thresholds.lost_after,
                "rules": list(self.unit.thresholds.rules),
            },
            "source": self.unit.extent(),
        }

    def table(self, frame: pd.DataFrame, caption: str) -> None:
        """A frame as a table, without what is absent in every row: contracts rest on no gaps."""
        if frame.empty:
            self.note(self.language("Nothing to show."))
        else:
            super().table(frame.dropna(axis="columns", how="all"), caption)

    def quality(self, checks: pd.DataFrame) -> None:
        """Rows read, dropped and counted (quality.QUALITY); checks that found none are folded.

        Rows of other units may be in other currencies, so that a sum over them is no amount.
        """
        others = checks.loc[checks["check"] == OTHER_UNIT, "rows"].sum() > 0
        mixed = checks["check"].isin([ROWS_AFTER_QUERY, OTHER_UNIT]) & others
        shown = checks.assign(amount=checks["amount"].mask(mixed))
        found = shown["rows"] > 0
        self.table(shown[found], self.language("Rows read, dropped and counted"))
        self.folded(shown[~found], self.language("Checks that found no row"))

    def thresholds(self, frame: pd.DataFrame) -> None:
        """What the thresholds are, and the curve that they were read from, where there is one."""
        told = narrative.thresholds(frame, self.language)
        curve = self.unit.thresholds.curve
        if curve.empty:
            self.note(told)
        else:
            chart = plots.return_curve(curve, frame, self.language)
            data = return_shares(curve[curve["days"] <= chart.get_xlim()[1]], list(frame["days"]))
            self.figure(chart, f"{narrative.return_curve(data, self.language)} {told}", data=data)

    def recurring(self, frame: pd.DataFrame) -> None:
        """Monthly recurring revenue, published and drawn; nothing where a unit has none."""
        if frame.empty:
            return
        frame = moved_by_many(frame, least=self.unit.settings.minimum_group)
        shown = self.recent(self.publish("recurring", frame))
        charts = contract_plots.recurring(shown, self.language)
        self.figure(charts, narrative.recurring(shown, self.language), data=shown)

    def second_life(self, frame: pd.DataFrame) -> None:
        """What customers do from a start on (follow_up.SECOND_LIFE)."""
        if self._counts_days():
            shown = self.large(frame)
            charts = follow_up_plots.second_life(shown, self.language)
            self.figure(charts, follow_up_narrative.second_life(shown, self.language), data=shown)

    def second_purchase(self, frame: pd.DataFrame) -> None:
        """The curve of second purchases (second_purchase.SECOND_PURCHASE), and its marks."""
        if self._counts_days():
            shown = self.large(frame)
            chart, marks = follow_up_plots.second_purchase(shown, self.language), list(MARKS)
            data = shown[shown["days"].isin(marks)]
            self.figure(chart, follow_up_narrative.second_purchase(shown, self.language), data=data)

    def inactive(self, groups: pd.DataFrame, *breakdowns: str) -> None:
        """The inactive (inactive.GROUPS) by each of the breakdowns, small groups as one."""
        shown = [self.pooled(groups[groups["breakdown"] == name]) for name in breakdowns]
        named = [self._groups_named(each) for each in shown]
        charts = winback_plots.inactive(named, self.language)
        told = (
            winback_narrative.breakdowns(named, self.language)
            if len(named) > 1
            else winback_narrative.inactive(named[0], self.language)
        )
        self.figure(charts, told, data=pd.concat(shown, ignore_index=True))

    def worth(self, cells: pd.DataFrame, groups: pd.DataFrame) -> bool:
        """What the inactive are worth in all, in sentences; returns whether that can be told.

        cells: opportunity_value.OPPORTUNITY, the last row of which is of all; groups:
        inactive.GROUPS, which say how many the inactive are.
        """
        if not self._has_history(cells, horizons=1):
            return False
        total = cells.iloc[-1]
        if total[["returned", "customers"]].min() < self.unit.settings.minimum_group:
            self.note(self.language(TOO_SMALL))
            return False
        self.note(opportunity_narrative.worth(total, self.language))
        since = self.unit.calendar.first_day + timedelta(days=HORIZON_DAYS)
        left_out = int(groups["inactive"].iloc[0] - total["customers"])
        self.note(opportunity_narrative.left_out(left_out, self.language, since=since))
        return True

    def _has_history(self, frame: pd.DataFrame, *, horizons: int) -> bool:
        """Whether there is something to show; else says how much history it takes."""
        needed = horizons * HORIZON_DAYS + self.unit.thresholds.inactive_after
        found = (self.unit.as_of - self.unit.calendar.first_day).days + 1
        if frame.empty:
            self.absent(opportunity_narrative.too_little(self.language, needed=needed, found=found))
        return not frame.empty

    def audience(self) -> None:
        """The command that lists those of the lost who were worth most: it works as it stands."""
        told = self.language(
            "To write to the lost customers of high value, this command lists them, and holds out "
            "10% at random as a control group. README names the other audiences; became-dormant, "
            "for one, is only of those who turned dormant since the report before."
        )
        slug = self.unit.settings.slug
        command, body = self.command(f"lost-high-value --out {slug}_lost.csv --holdout 10%")
        show(f"<p>{escape(told)}</p>{body}", f"{told}\n{command}")

    def command(self, asked: str) -> tuple[str, str]:
        """`retention audience` for this unit, as text and as markup that scrolls on a phone."""
        command = self.unit.settings.audience_command(asked)
        code = f'<pre><code lang="en">{escape(command)}</code></pre>'
        return command, scrolling(code, escape(self.language("Command")))

    def _groups_named(self, groups: pd.DataFrame) -> pd.DataFrame:
        """Groups in the words of the reader."""
        names = groups["group"].map(lambda key: self.language.title(name_of(key, self.language)))
        return groups.assign(group=names)

    def pooled(
        self, groups: pd.DataFrame, *, of: str = "inactive", called: str = SMALL
    ) -> pd.DataFrame:
        """Groups of one breakdown, those of fewer than `minimum_group` customers as one."""
        return pooled(groups, least=self.unit.settings.minimum_group, of=of, called=called)

    def _counts_days(self, of: str = DAYS) -> bool:
        """Whether days since a purchase can be counted; else says why they cannot (NOT_COUNTED)."""
        if not self.unit.model.buys:
            self.absent(self.language(NOT_COUNTED[of]))
        return self.unit.model.buys

    @property
    def returning(self) -> list[str]:
        """The measures of those who come back, or come at last."""
        known = [CONVERSION] if self.unit.settings.prospects else []
        return [WIN_BACK, REACTIVATION, *known]

    def scope(self) -> None:
        """Whom reactivation is of in this report."""
        self.note(self.language(SCOPES[self.unit.settings.reactivation_scope]))

    def definitions(self) -> None:
        """The terms of the page with the unit's own thresholds filled in."""
        days = {
            "inactive_after": self.language.number(self.unit.thresholds.inactive_after),
            "lost_after": self.language.number(self.unit.thresholds.lost_after),
        }
        thresholds = self.unit.thresholds
        has_dormant = thresholds.inactive_after < thresholds.lost_after
        meanings = [
            (self.language(term), self.language(meaning, **days))
            for term, meaning in DEFINITIONS.items()
            if (has_dormant or term != "dormant customer") and term not in self.unused_terms
        ]
        if self.unused_terms:
            meanings += [
                (self.language(term), self.language(meaning))
                for term, meaning in OF_WINBACK.items()
                if self.unit.model.buys or term in OF_INACTIVE
            ]
        if self.unit.settings.prospects:
            meanings += [
                (self.language(term), self.language(meaning))
                for term, meaning in OF_PROSPECTS.items()
            ]
        scope = self.language(REACTIVATION_OF[self.unit.settings.reactivation_scope])
        scoped = dict(meanings) | {self.language("reactivation rate"): scope}
        items = [(self.language.title(term), meaning) for term, meaning in scoped.items()]
        body = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in items)
        plain = "\n".join(f"{term}: {text}" for term, text in items)
        show(f'<dl class="definitions">{body}</dl>', plain)

    def provenance(self) -> None:
        """How the report was made: the settings in force, `${NAME}` as written."""
        settings = self.unit.settings.resolved() | {
            "as_of": self.unit.as_of.isoformat(),
            "definitions": DEFINITIONS_VERSION,
        }
        rows = "".join(
            f'<tr><th scope="row">{escape(key)}</th><td>{escape(str(value))}</td></tr>'
            for key, value in settings.items()
            if value is not None
        )
        caption = escape(self.language("Settings of this report"))
        plain = "\n".join(f"{key}: {value}" for key, value in settings.items())
        table = f'<caption>{caption}</caption><tbody lang="en">{rows}</tbody>'
        show(scrolling(f'<table class="settings">{table}</table>', caption), plain)
