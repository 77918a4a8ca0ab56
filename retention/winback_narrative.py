"""Small frames of the win-back notebook -> headline and alt texts. None claims a cause."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from retention.inactive import ONCE, VERY_ACTIVE
from retention.language import Language
from retention.lifecycle import ACTIVE, DORMANT, LOST
from retention.segments import LEVEL
from retention.words import TOO_SMALL, name_of, value_name, within_a_line

_FEW = 3
"""Of more values than these only the outermost are told; all of them stand in the table."""


def headline(unit: str, states: pd.DataFrame, language: Language, *, as_of: date) -> str:
    """One sentence: how many of the customers are inactive on the last day (inactive.COUNTS)."""
    counts = states.set_index("state")["customers"].reindex([ACTIVE, DORMANT, LOST], fill_value=0)
    return language.plural(
        "At the close of {day}, {inactive} of the {count} customer of {unit} was inactive: "
        "{dormant} dormant and {lost} lost.",
        "At the close of {day}, {inactive} of the {count} customers of {unit} were inactive: "
        "{dormant} dormant and {lost} lost.",
        int(counts.sum()),
        day=language.day(as_of),
        unit=within_a_line(unit),
        inactive=language.number(counts[DORMANT] + counts[LOST]),
        dormant=language.number(counts[DORMANT]),
        lost=language.number(counts[LOST]),
    )


def inactive(groups: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of groups of the inactive (inactive.GROUPS, of one breakdown)."""
    if groups.empty:
        return language(TOO_SMALL)
    return f"{language('Bars of inactive customers by group.')} {_largest(groups, language)}"


def activities(ranges: pd.DataFrame, language: Language) -> str:
    """The purchase days that each former activity is of in the unit (inactive.ACTIVITY_RANGES)."""
    texts = []
    for row in ranges[ranges["former_activity"] != ONCE].to_dict("records"):
        least, most = (int(row[name]) for name in ("fewest_days", "most_days"))
        if row["former_activity"] == VERY_ACTIVE:
            days = language.plural("{count} day or more", "{count} days or more", least)
        elif least == most:
            days = language.plural("{count} day", "{count} days", least)
        else:
            bounds = {"least": language.number(least), "most": language.number(most)}
            days = language("{least} to {most} days", **bounds)
        name = name_of(row["former_activity"], language)
        texts.append(language("{activity}: {days}", activity=name, days=days))
    if not texts:
        return ""
    return language(
        "In this unit, by purchase days in the year up to the last one: {ranges}. Who never bought "
        "on a second day at all is called {once}.",
        ranges=language.listing(texts),
        once=name_of(ONCE, language),
    )


def breakdowns(groups: Sequence[pd.DataFrame], language: Language) -> str:
    """Alt text of the chart of several breakdowns of the inactive (inactive.GROUPS), no money."""
    return " ".join(
        language(
            "By {breakdown}, most customers: {group}, {count} ({share}, 95% interval {interval}).",
            breakdown=name_of(str(own["breakdown"].iloc[0]), language),
            **_many(own, language),
        )
        if len(own)
        else language(TOO_SMALL)
        for own in groups
    )


def rfm(segments: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of RFM segments (rfm_segments.SEGMENTS, named)."""
    if segments.empty:
        return language(TOO_SMALL)
    return f"{language('Bars of all customers by RFM segment.')} {_largest(segments, language)}"


def _largest(groups: pd.DataFrame, language: Language) -> str:
    """The group with the most customers, and the one with the most money."""
    rich = groups.nlargest(1, "former_value").iloc[0]
    return language(
        "Most customers: {group}, {count} ({share}, 95% interval {interval}). Most revenue in "
        "the year up to the last purchase: {other}, {money}.",
        **_many(groups, language),
        other=rich["group"],
        money=language.rounded_money(rich["former_value"]),
    )


def _many(groups: pd.DataFrame, language: Language) -> dict[str, str]:
    """The group with the most customers, as it is told."""
    many = groups.nlargest(1, "customers").iloc[0]
    return {
        "group": many["group"],
        "count": language.number(many["customers"]),
        "share": language.percent(many["share"]),
        "interval": language.interval(many["low"], many["high"]),
    }


def segment(rates: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of a segment (segments.COMPARED, of one segment)."""
    if rates.empty:
        return language(TOO_SMALL)
    texts = []
    for measure, own in rates[rates["rate"].notna()].groupby("measure", sort=False):
        few = len(own) <= _FEW
        outermost = own if few else own.sort_values("rate", kind="stable").iloc[[0, -1]]
        values = [
            f"{value} {language.percent(rate)} ({language.interval(low, high)})"
            for value, rate, low, high in zip(
                (within_a_line(value_name(value, language)) for value in outermost["value"]),
                *(outermost[name] for name in ("rate", "low", "high")),
                strict=True,
            )
        ]
        what = {
            "measure": language.title(name_of(str(measure), language)),
            "a_period": language.a_period(),
            "segment": within_a_line(own["segment"].iloc[0]),
            "values": language.listing(values),
        }
        lowest, highest = (
            language.percent(rate) for rate in (own["rate"].min(), own["rate"].max())
        )
        if few:
            told = language(
                "{measure} {a_period} by {segment}, with 95% intervals: {values}.", **what
            )
        elif lowest == highest:
            told = language(
                "{measure} {a_period} by {segment}: {rate} of each.", rate=lowest, **what
            )
        else:
            told = language(
                "{measure} {a_period} by {segment}, lowest and highest, with 95% intervals: "
                "{values}.",
                **what,
            )
        texts.append(told)
    return " ".join(texts)


def differences(rates: pd.DataFrame, language: Language) -> str:
    """What may be said of the values of a segment (segments.COMPARED, of one segment)."""
    if rates.empty:
        return ""
    held = rates[rates["p_adjusted"] < LEVEL]
    name = within_a_line(rates["segment"].iloc[0])
    if rates["p_adjusted"].isna().all():
        return language(
            "By {segment}, there are too few customers of each value to compare.", segment=name
        )
    if held.empty:
        return language(
            "By {segment}, no difference is larger than chance explains, once it is taken into "
            "account how many were compared.",
            segment=name,
        )
    texts = [
        language(
            "{value}: {measure} of {rate} {a_period}, against {rest} of the others.",
            value=within_a_line(value_name(row["value"], language)),
            measure=name_of(row["measure"], language),
            rate=language.percent(row["rate"]),
            a_period=language.a_period(),
            rest=language.percent(row["rest_rate"]),
        )
        for row in held.to_dict("records")
    ]
    begin = language(
        "By {segment}, these differences hold after the correction for comparing many:",
        segment=name,
    )
    return " ".join([begin, *texts])


def left_out(rates: pd.DataFrame, shown: pd.DataFrame, language: Language) -> str:
    """How many values and rates of a segment are not among those `shown` (suppression.of_many)."""
    texts = [values_left_out(rates, shown, language)]
    few = (rates.loc[shown.index, "rate"].notna() & shown["rate"].isna()).sum()
    if few:
        texts.append(
            language.plural(
                "{count} rate is left out, because it would tell of few customers at risk.",
                "{count} rates are left out, because they would tell of few customers at risk.",
                few,
            )
        )
    return " ".join(texts).strip()


def values_left_out(whole: pd.DataFrame, shown: pd.DataFrame, language: Language) -> str:
    """How many values of segments are not among those `shown`, or nothing."""
    keys = ["segment", "value"]
    count = len(whole.drop_duplicates(keys)) - len(shown.drop_duplicates(keys))
    if not count:
        return ""
    return language.plural(
        "{count} value is left out, so that no figure is of few customers.",
        "{count} values are left out, so that no figure is of few customers.",
        count,
    )
