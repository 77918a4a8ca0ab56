"""The sentences of the first screen: headline, what is unusual, what it is worth.

Every figure in a sentence is a cell of the frame it came from, or follows from its rows as the
docstrings say. No sentence claims a cause.
"""

import pandas as pd

from retention import normal
from retention.language import Language
from retention.ledger import REACTIVATED, WON_BACK
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

TOLD = (CHURN, REACTIVATION, WIN_BACK)
"""The rates that the first screen tells, and holds against their normal range."""

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
    for measure in TOLD:
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
        for measure in TOLD
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
    total, back = ledger["revenue"].iloc[-1], came_back(ledger, revenue)
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


def came_back(ledger: pd.DataFrame, revenue: pd.DataFrame) -> float | None:
    """The newest period's revenue of those whose purchase met dormant or lost; absent where a
    small group could be had from it."""
    newest = revenue[revenue["period"] == ledger["period"].iloc[-1]]
    if newest["bought_as"].eq(SMALL).any():
        return None
    return float(newest.loc[newest["bought_as"].isin([REACTIVATED, WON_BACK]), "revenue"].sum())


def _newest(rates: pd.DataFrame, measure: str) -> pd.Series:
    return rates[rates["measure"] == measure].iloc[-1]
