"""Sentences and alternative texts about several units side by side. No sentence claims a cause.

Frames are those of reporting.portfolio: `unit` and the columns of the unit's own frames.
"""

from collections.abc import Sequence

import pandas as pd

from retention import normal
from retention.language import Language
from retention.rates import CHURN, WIN_BACK
from retention.words import name_of

WATCHED = (CHURN, WIN_BACK)
"""Measures that are held against their normal range, unit by unit."""

_OUTSIDE = {
    normal.ABOVE: "Above its normal range: {named}.",
    normal.BELOW: "Below its normal range: {named}.",
}


def headline(units: pd.DataFrame, language: Language) -> str:
    """How many units, how many active customers, which rates are unusual.

    units: one row a unit (reporting.portfolio.UNITS).
    """
    opening = language.plural(
        "{count} unit with {active} active customers.",
        "{count} units with {active} active customers.",
        len(units),
        active=language.number(units["closing_active"].sum()),
    )
    sentences = [
        language(message, named=_named(units, position, language))
        for position, message in _OUTSIDE.items()
        if any((units[f"{measure}_stands"] == position).any() for measure in WATCHED)
    ]
    if not sentences:
        sentences.append(language("No unit's churn or win-back lies outside its normal range."))
    return " ".join([opening, *sentences])


def _named(units: pd.DataFrame, position: str, language: Language) -> str:
    return language.listing(
        [
            language("{measure} of {unit}", measure=name_of(measure, language), unit=unit)
            for measure in WATCHED
            for unit in units.loc[units[f"{measure}_stands"] == position, "unit"]
        ]
    )


def newest_rates(rates: pd.DataFrame, measures: Sequence[str], language: Language) -> str:
    """Alt text of the newest rates side by side: the lowest and the highest of each measure."""
    texts = []
    for measure in measures:
        frame = rates[(rates["measure"] == measure) & rates["rate"].notna()]
        name = language.title(name_of(measure, language))
        if frame.empty:
            texts.append(language("{measure}: nobody was at risk yet.", measure=name))
            continue
        ordered = frame.sort_values("rate", kind="stable")
        least, most = ordered.iloc[0], ordered.iloc[-1]
        texts.append(
            language(
                "{measure}: from {low} ({lowest}) to {high} ({highest}).",
                measure=name,
                low=language.percent(least["rate"]),
                lowest=least["unit"],
                high=language.percent(most["rate"]),
                highest=most["unit"],
            )
        )
    return " ".join(texts)


def rates_over_time(rates: pd.DataFrame, measure: str, language: Language) -> str:
    """Alt text of one measure over time, a panel a unit: its newest rate and its range."""
    texts = []
    for unit, frame in rates[rates["measure"] == measure].groupby("unit", sort=False):
        seen = frame[frame["rate"].notna()]
        if seen.empty:
            texts.append(language("{measure}: nobody was at risk yet.", measure=unit))
            continue
        texts.append(
            language(
                "{unit}: {rate} {in_period}, between {least} and {most} {since}.",
                unit=unit,
                rate=language.percent(seen["rate"].iloc[-1]),
                in_period=language.during(seen["period"].iloc[-1]),
                least=language.percent(seen["rate"].min()),
                most=language.percent(seen["rate"].max()),
                since=language.since(seen["period"].iloc[0]),
            )
        )
    return f"{language.title(name_of(measure, language))}. {' '.join(texts)}"
