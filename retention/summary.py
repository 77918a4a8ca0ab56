"""The first screen of a report: headline, tiles, what is unusual, what it is worth.

Every figure in a sentence is a cell of the frame it came from, or follows from its rows as the
docstrings say. No sentence claims a cause.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from retention import normal
from retention.language import Language
from retention.ledger import NEW, REACTIVATED, WON_BACK
from retention.periods import PERIODS_A_YEAR
from retention.rates import (
    CHURN,
    INACTIVE,
    REACTIVATION,
    REVENUE_CHURN,
    WIN_BACK,
    WITH_PROSPECTS,
)
from retention.suppression import SMALL
from retention.words import name_of, within_a_line

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
_BACK = {
    INACTIVE: (
        "{count} inactive customer bought again; {former} of them had been lost.",
        "{count} inactive customers bought again; {former} of them had been lost.",
    ),
    WITH_PROSPECTS: (
        "{count} inactive customer or prospect came back or joined; {former} of them had been "
        "lost.",
        "{count} inactive customers and prospects came back or joined; {former} of them had been "
        "lost.",
    ),
}
_THAN = {
    "more": ", {change} more than {earlier}",
    "fewer": ", {change} fewer than {earlier}",
    "same": ", as many as {earlier}",
}
_AND = {
    "more": " and {change} more than a year earlier",
    "fewer": " and {change} fewer than a year earlier",
    "same": " and as many as a year earlier",
}
_OUTSIDE = {
    normal.ABOVE: "The {measure}, {rate}, is above its normal range of {range}.",
    normal.BELOW: "The {measure}, {rate}, is below its normal range of {range}.",
}
_OTHERS = {
    normal.INSIDE: "Within the normal range: {measures}.",
    normal.TOO_FEW: "Too few customers to tell: {measures}.",
    normal.TOO_EARLY: "Too early to tell, with fewer than 12 periods before: {measures}.",
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


def headline(
    unit: str,
    ledger: pd.DataFrame,
    rates: pd.DataFrame,
    language: Language,
    *,
    scope: str = INACTIVE,
) -> str:
    """Two or three sentences on the newest complete period of a unit.

    scope: whom reactivation is of (rates.INACTIVE or rates.WITH_PROSPECTS).
    """
    last = ledger.iloc[-1]
    churn, back = _newest(rates, CHURN), _newest(rates, REACTIVATION)
    opening = language.plural(
        "{at_close}, {unit} had {count} active customer",
        "{at_close}, {unit} had {count} active customers",
        last["closing_active"],
        at_close=language.title(language.at_close(last["period"])),
        unit=within_a_line(unit),
    )
    sentences = [f"{opening}{_compared(ledger['closing_active'], language)}."]
    if churn["denominator"]:
        sentences.append(
            language.plural(
                "Of the {active} who were active when it opened, {count} ({rate}) no longer was.",
                "Of the {active} who were active when it opened, {count} ({rate}) no longer were.",
                churn["numerator"],
                active=language.number(churn["denominator"]),
                rate=language.percent(churn["rate"]),
            )
        )
    if back["denominator"]:
        # Customers, as in the rates: the ledger counts one who came back twice as two events.
        sentences.append(
            language.plural(
                *_BACK[scope],
                back["numerator"],
                former=language.number(_newest(rates, WIN_BACK)["numerator"]),
            )
        )
    return " ".join(sentences)


def _compared(column: pd.Series, language: Language) -> str:
    """How the newest value differs from the one before, and from the one a year ago."""
    text, year = "", PERIODS_A_YEAR[language.frequency]
    if len(column) > 1:
        way, size = _difference(column, 1)
        change = language.number(size)
        text = language(_THAN[way], change=change, earlier=language.earlier())
    if 1 < year < len(column):
        way, size = _difference(column, year)
        text += language(_AND[way], change=language.number(size))
    return text


def _difference(column: pd.Series, back: int) -> tuple[str, int]:
    change = int(column.iloc[-1] - column.iloc[-1 - back])
    return "more" if change > 0 else "fewer" if change < 0 else "same", abs(change)


def unusual(rates: pd.DataFrame, language: Language) -> str:
    """Where the newest rates stand against the normal range of each (normal.standing)."""
    sentences = []
    others: dict[str, list[str]] = {position: [] for position in _OTHERS}
    for measure in _AT_RISK:
        frame = rates[rates["measure"] == measure]
        stands, name = normal.standing(frame), name_of(measure, language)
        if stands.range and stands.position in _OUTSIDE:
            sentences.append(
                language(
                    _OUTSIDE[stands.position],
                    measure=name,
                    rate=language.percent(frame["rate"].iloc[-1]),
                    range=language.interval(*stands.range),
                )
            )
        elif stands.position in others:
            others[stands.position].append(name)
    for position, names in others.items():
        if names:
            sentences.append(language(_OTHERS[position], measures=language.listing(names)))
    return " ".join(sentences)


def worse_than_normal(rates: pd.DataFrame) -> int:
    """How many of the newest rates lie outside their normal range on the wrong side."""
    return sum(
        normal.standing(rates[rates["measure"] == measure]).position
        == (normal.ABOVE if measure == CHURN else normal.BELOW)
        for measure in _AT_RISK
    )


def rule(language: Language) -> str:
    """What `normal` means, in a sentence."""
    return language(
        "Normal is where a rate lies as long as only chance moves it, judged by the {periods} "
        "before.",
        periods=language.duration(normal.PERIODS),
    )


def worth(
    ledger: pd.DataFrame, rates: pd.DataFrame, revenue: pd.DataFrame, language: Language
) -> str:
    """What those who came back brought, and what those who left had brought, with shares.

    Of the newest period: revenue of those whose purchase met dormant or lost, as a share of all
    revenue where that is above 0; and revenue churn. Nothing is said of nobody, nor of groups too
    small to be shown.
    """
    total, back = ledger["revenue"].iloc[-1], _came_back(ledger, revenue)
    sentences = []
    if back and total > 0:
        sentences.append(
            language(
                "Those who came back brought {amount}, {share} of the revenue of the period.",
                amount=language.money(back),
                share=language.percent(back / total),
            )
        )
    elif back:
        sentences.append(
            language("Those who came back brought {amount}.", amount=language.money(back))
        )
    lost = _newest(rates, REVENUE_CHURN)
    if lost["numerator"] > 0:
        sentences.append(
            language(
                "Those who are no longer active had brought {amount} in the year before, {share} "
                "of what all who were active had.",
                amount=language.money(lost["numerator"]),
                share=language.percent(lost["rate"]),
            )
        )
    return " ".join(sentences)


def _came_back(ledger: pd.DataFrame, revenue: pd.DataFrame) -> float | None:
    """The newest period's revenue of those whose purchase met dormant or lost; absent where a
    small group could be had from it."""
    newest = revenue[revenue["period"] == ledger["period"].iloc[-1]]
    if newest["bought_as"].eq(SMALL).any():
        return None
    return float(newest.loc[newest["bought_as"].isin([REACTIVATED, WON_BACK]), "revenue"].sum())


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
    back = _came_back(ledger, revenue)
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
        *(_rate_tile(rates, measure, language, scope=scope) for measure in _AT_RISK),
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


def _newest(rates: pd.DataFrame, measure: str) -> pd.Series:
    return rates[rates["measure"] == measure].iloc[-1]
