"""The tiles of the first screen: headline figures with their changes and a small line.

Every figure on a tile is a cell of the frame it came from, or follows from its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from retention import normal
from retention.language import Language
from retention.ledger import NEW
from retention.periods import PERIODS_A_YEAR
from retention.rates import CHURN, INACTIVE, REACTIVATION, WIN_BACK, WITH_PROSPECTS
from retention.summary import TOLD, came_back
from retention.words import name_of

GOOD, BAD, NEUTRAL = "good", "bad", "neutral"
SERIES = 24
"""How many periods the small line of a tile shows."""

_AT_RISK = {
    CHURN: ("{part} of {count} active customer", "{part} of {count} active customers"),
    REACTIVATION: (
        "{part} of {count} dormant or lost customer",
        "{part} of {count} dormant or lost customers",
    ),
    WIN_BACK: ("{part} of {count} lost customer", "{part} of {count} lost customers"),
}
_AMONG_PROSPECTS = {
    REACTIVATION: (
        "{part} of {count} dormant or lost customer or prospect",
        "{part} of {count} dormant or lost customers and prospects",
    )
}
_ON_TILE = {
    normal.ABOVE: "above normal ({range})",
    normal.BELOW: "below normal ({range})",
    normal.INSIDE: "normal ({range})",
    normal.TOO_FEW: "too few customers to tell",
    normal.TOO_EARLY: "too early to tell",
}


@dataclass(frozen=True)
class Tile:
    """One headline figure with what it is a share of, and how it changed.

    `change` is against the period before, and `tone` says what that means; `change_year` is
    against the same period a year ago; `normal` says where a rate stands against its normal range.
    `series` holds the figure of the newest SERIES periods, oldest first; `trend` says it in words.
    """

    key: str
    label: str
    value: str
    detail: str
    change: str
    tone: str
    change_year: str
    trend: str
    series: list[float | None]
    normal: str = ""


def tiles(
    ledger: pd.DataFrame,
    rates: pd.DataFrame,
    revenue: pd.DataFrame,
    language: Language,
    *,
    scope: str = INACTIVE,
) -> list[Tile]:
    """The headline figures of the newest complete period, each with its denominator and changes."""
    last = ledger.iloc[-1]
    acquired = last[["closing_active", "closing_dormant", "closing_lost"]].sum()
    back = came_back(ledger, revenue)
    return [
        Tile(
            "active_customers",
            language("active customers"),
            language.number(last["closing_active"]),
            language.plural(
                "of {count} customer so far", "of {count} customers so far", int(acquired)
            ),
            *_changes(ledger, "closing_active", language),
            *_series(ledger, "closing_active", language.number, language),
        ),
        *(_rate_tile(rates, measure, language, scope=scope) for measure in TOLD),
        Tile(
            "new_customers",
            language("new customers"),
            language.number(last[NEW]),
            language("bought for the first time"),
            *_changes(ledger, NEW, language),
            *_series(ledger, NEW, language.number, language),
        ),
        Tile(
            "revenue",
            language("revenue"),
            language.short_money(last["revenue"]),
            ""
            if back is None
            else language(
                "{amount} from customers who came back", amount=language.short_money(back)
            ),
            *_changes(ledger, "revenue", language),
            *_series(ledger, "revenue", language.short_money, language),
        ),
    ]


def _rate_tile(rates: pd.DataFrame, measure: str, language: Language, *, scope: str) -> Tile:
    frame = rates[rates["measure"] == measure].reset_index(drop=True)
    last = frame.iloc[-1]
    count, part = last["denominator"], language.number(last["numerator"])
    if measure in _AMONG_PROSPECTS and scope == WITH_PROSPECTS:
        detail = language.plural(*_AMONG_PROSPECTS[measure], count, part=part)
    else:
        detail = language.plural(*_AT_RISK[measure], count, part=part)
    return Tile(
        measure,
        name_of(measure, language),
        language.percent(last["rate"]),
        detail,
        *_changes(frame, "rate", language),
        *_series(frame, "rate", language.percent, language),
        _normal(frame, language),
    )


def _series(
    frame: pd.DataFrame, column: str, write: Callable[[float], str], language: Language
) -> tuple[str, list[float | None]]:
    """The newest values of a column in words, and as numbers; absent ones as None."""
    newest = frame.tail(SERIES)
    values = [None if pd.isna(value) else float(value) for value in newest[column]]
    known = newest[newest[column].notna()]
    if len(known) < 2:
        return "", values
    text = language(
        "{since}: from {first} to {last}, between {least} and {most}",
        since=language.since(known["period"].iloc[0]),
        first=write(known[column].iloc[0]),
        last=write(known[column].iloc[-1]),
        least=write(known[column].min()),
        most=write(known[column].max()),
    )
    return text, values


def _normal(frame: pd.DataFrame, language: Language) -> str:
    stands = normal.standing(frame)
    if stands.position == normal.NOBODY:
        return ""
    limits = language.interval(*stands.range) if stands.range else ""
    return language(_ON_TILE[stands.position], range=limits)


def _changes(frame: pd.DataFrame, column: str, language: Language) -> tuple[str, str, str]:
    """The change on the period before, its tone, and the change on the same period a year ago."""
    year = PERIODS_A_YEAR[language.frequency]
    before = _change(frame, column, language, 1)
    tone = _tone(frame, column) if before else NEUTRAL
    return before, tone, "" if year == 1 else _change(frame, column, language, year)


def _change(frame: pd.DataFrame, column: str, language: Language, back: int) -> str:
    if len(frame) <= back:
        return ""
    now, then = frame[column].iloc[-1], frame[column].iloc[-1 - back]
    if pd.isna(now) or pd.isna(then) or (column == "revenue" and then <= 0):
        return ""
    if column == "rate":
        change = language.points(now - then)
    elif column == "revenue":
        change = language.signed_percent(now / then - 1)
    else:
        change = language.signed(now - then)
    period = language.period(frame["period"].iloc[-1 - back], short=True)
    return language("{change} vs {period}", change=change, period=period)


def _tone(frame: pd.DataFrame, column: str) -> str:
    """Whether the newest figure is better than the one before.

    A rate is neither as long as the rate before lies within its interval.
    """
    if len(frame) < 2:
        return NEUTRAL
    last, before = frame.iloc[-1], frame[column].iloc[-2]
    same = last["low"] <= before <= last["high"] if column == "rate" else last[column] == before
    if same or pd.isna(last[column]) or pd.isna(before):
        return NEUTRAL
    wants_less = column == "rate" and last["measure"] == CHURN
    return GOOD if (last[column] < before) == wants_less else BAD
