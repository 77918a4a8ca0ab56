"""All units side by side, as their newest published reports say: no figure is computed again."""

import io
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from retention import narrative, normal, plots, portfolio_narrative
from retention.errors import DataRefused
from retention.group import group_ledger
from retention.language import Language
from retention.portfolio_narrative import WATCHED
from retention.rates import CHURN, RATES, REACTIVATION, WIN_BACK
from retention.reporting import publishing
from retention.reporting.shared_language import shared_language
from retention.reporting.shown import Shown

UNITS = (
    *("unit", "newest_period", "closing_active", CHURN, f"{CHURN}_stands"),
    *(WIN_BACK, f"{WIN_BACK}_stands", REACTIVATION, "earned"),
)
MEASURES = (CHURN, REACTIVATION, WIN_BACK)
"""The rates that units are compared by."""
MOST_UNITS, MOST_PERIODS = 24, 24
"""How much charts show: the units with the most active customers, and the newest periods."""

_PERIOD = ["period", "period_end"]


@dataclass(frozen=True)
class Member:
    """What the newest published report of one unit says.

    `name` as shown, `language` that of its periods and money, `ledger` and `rates` its published
    frames.
    """

    name: str
    language: Language
    facts: dict[str, Any]
    ledger: pd.DataFrame
    rates: pd.DataFrame

    @property
    def active(self) -> int:
        """Active customers at the close of the newest period."""
        return int(self.ledger["closing_active"].iloc[-1])


@dataclass(frozen=True)
class Portfolio:
    """Units whose reports count by the same periods, the largest first.

    `left_out` names the units of other periods: rates of a week and of a month do not compare.
    """

    language: Language
    members: tuple[Member, ...]
    left_out: tuple[str, ...]

    @property
    def as_of(self) -> str:
        """The last day that any of the reports covers."""
        return max(str(member.facts["as_of"]) for member in self.members)

    @cached_property
    def rates(self) -> pd.DataFrame:
        """One row a unit, complete period and measure: `unit` and rates.RATES, all periods."""
        rates = [member.rates.assign(unit=member.name) for member in self.members]
        return pd.concat(rates, ignore_index=True)[["unit", *RATES.names]]

    @cached_property
    def newest(self) -> pd.DataFrame:
        """One row a unit and measure: the rates of the newest period of each unit."""
        latest = self.rates.groupby("unit")["period"].transform("max")
        return self.rates[self.rates["period"] == latest].reset_index(drop=True)

    @cached_property
    def units(self) -> pd.DataFrame:
        """One row a unit (UNITS): its newest figures, and where its rates stand.

        Units with more churn than normal come first, then those with less win-back than normal,
        then the others, each by size.
        """
        rows = pd.DataFrame([self._row(member) for member in self.members], columns=list(UNITS))
        quiet = 2 - 2 * rows[f"{CHURN}_stands"].eq(normal.ABOVE).astype(int)
        quiet -= (quiet == 2) & rows[f"{WIN_BACK}_stands"].eq(normal.BELOW)
        return rows.iloc[quiet.argsort(kind="stable")].reset_index(drop=True)

    @cached_property
    def group(self) -> pd.DataFrame:
        """One row a period that all units have completed: their ledgers, added (ledger.LEDGER)."""
        return group_ledger(
            {member.name: member.ledger for member in self.members},
            currencies={member.language.currency for member in self.members},
        )

    def charted(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of the MOST_UNITS largest units, by size, and of the newest MOST_PERIODS."""
        names = [member.name for member in self.members[:MOST_UNITS]]
        periods = frame["period"].drop_duplicates().nlargest(MOST_PERIODS)
        frame = frame[frame["period"].isin(periods)]
        return pd.concat([frame[frame["unit"] == name] for name in names], ignore_index=True)

    def _row(self, member: Member) -> tuple[Any, ...]:
        of = {name: member.rates[member.rates["measure"] == name] for name in MEASURES}
        newest = {name: frame["rate"].iloc[-1] for name, frame in of.items()}
        stands = {name: normal.standing(of[name]).position for name in WATCHED}
        last = member.ledger.iloc[-1]
        money = replace(self.language, currency=member.language.currency)
        return (
            member.name,
            self.language.period(last["period"]),
            member.active,
            *(newest[CHURN], stands[CHURN], newest[WIN_BACK], stands[WIN_BACK]),
            newest[REACTIVATION],
            money.short_money(last["revenue"]),
        )


def open_portfolio(reports: str | Path, *, language: str | None = None) -> Portfolio:
    """The units with a published report in a folder of reports.

    language: en, es or fr; None is what all units are set to, else English.
    Raises DataRefused where no report is published there.
    """
    out = Path(reports)
    folders = sorted(path for path in out.iterdir() if path.is_dir()) if out.is_dir() else []
    found = [member for folder in folders if (member := _member(folder))]
    if not found:
        raise DataRefused(f"{out}: no published report is here; `retention run` writes them")
    counts = Counter(_periods(member) for member in found)
    common = max(counts, key=lambda periods: counts[periods])
    alike = [member for member in found if _periods(member) == common]
    told = shared_language(out)
    shown = replace(common, code=language or told.code, currency=told.currency)
    return Portfolio(
        shown,
        tuple(sorted(_distinct(alike), key=lambda member: -member.active)),
        tuple(member.name for member in found if member not in alike),
    )


def _member(folder: Path) -> Member | None:
    told, paths = publishing.newest_manifest(folder), publishing.compared(folder)
    if told is None or paths is None:
        return None
    return Member(
        str(told["unit"]),
        Language.of(told["settings"]),
        {**told["facts"], "slug": folder.name},
        *map(_frame, paths),
    )


def _frame(path: Path) -> pd.DataFrame:
    text = path.read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text), parse_dates=_PERIOD, date_format="%Y-%m-%d")


def _periods(member: Member) -> Language:
    """What a unit's periods are, whatever its language, currency and model."""
    return Language(frequency=member.language.frequency, rules=member.language.rules)


def _distinct(members: list[Member]) -> list[Member]:
    """The members; of several with one name each has its slug behind it."""
    names = Counter(member.name for member in members)
    return [
        replace(member, name=f"{member.name} ({member.facts['slug']})")
        if names[member.name] > 1
        else member
        for member in members
    ]


class PortfolioReport(Shown):
    """The page of all units, as its notebook shows it piece by piece."""

    def __init__(self, portfolio: Portfolio) -> None:
        super().__init__(portfolio.language)
        self.portfolio = portfolio

    def summary(self) -> None:
        """The headline of all units, and the facts of the page."""
        headline = portfolio_narrative.headline(self.portfolio.units, self.language)
        newest = max(member.ledger["period"].iloc[-1] for member in self.portfolio.members)
        body = f'<p class="headline">{escape(headline)}</p>'
        if self.portfolio.left_out:
            names = self.language.listing(list(self.portfolio.left_out))
            note = self.language(
                "Left out, because their periods are others: {units}.", units=names
            )
            body += f'<p class="lead">{escape(note)}</p>'
        facts = {
            "unit": self.language("All units"),
            "as_of": self.portfolio.as_of,
            "language": self.language.code,
            "currency": self.language.currency,
            "frequency": self.language.frequency,
            "period_label": self.language.period(newest),
            "headline": headline,
            # Each report was published only because its identities held.
            "identities": "held",
        }
        self.opening(body, headline, facts)

    def group(self) -> None:
        """The customers of all units together, over the newest periods that all have completed."""
        group = self.portfolio.group.tail(MOST_PERIODS)
        if group.empty:
            self.note(self.language("There is no period yet that all units have completed."))
            return
        chart, alt = plots.stocks(group, self.language), narrative.stocks(group, self.language)
        self.figure(chart, alt, data=group)
