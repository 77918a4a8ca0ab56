"""Small frames of the win-back notebook -> headline and alt texts. None claims a cause."""

from datetime import date

import pandas as pd

from retention.language import Language
from retention.lifecycle import ACTIVE, DORMANT, LOST
from retention.segments import LEVEL
from retention.words import TOO_SMALL, name_of, value_name, within_a_line


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
    texts = [
        language.plural(
            "{group}: {count} customer ({share} of the inactive, 95% interval {interval}), "
            "{money} in their last year.",
            "{group}: {count} customers ({share} of the inactive, 95% interval {interval}), "
            "{money} in their last year.",
            row["customers"],
            group=language.title(name_of(row["group"], language)),
            share=language.percent(row["share"]),
            interval=language.interval(row["low"], row["high"]),
            money=language.money(row["former_value"]),
        )
        for row in groups.to_dict("records")
    ]
    return " ".join(texts)


def rfm(segments: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of RFM segments (rfm_segments.SEGMENTS)."""
    if segments.empty:
        return language(TOO_SMALL)
    texts = [
        language.plural(
            "{group}: {count} customer ({share} of all), {money}.",
            "{group}: {count} customers ({share} of all), {money}.",
            row["customers"],
            group=language.title(name_of(row["group"], language)),
            share=language.percent(row["share"]),
            money=language.money(row["former_value"]),
        )
        for row in segments.to_dict("records")
    ]
    return " ".join(texts)


def segment(rates: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of a segment (segments.COMPARED, of one segment)."""
    if rates.empty:
        return language(TOO_SMALL)
    texts = []
    for measure, own in rates[rates["rate"].notna()].groupby("measure", sort=False):
        values = [
            f"{value} {language.percent(rate)} ({language.interval(low, high)})"
            for value, rate, low, high in zip(
                (within_a_line(value_name(value, language)) for value in own["value"]),
                *(own["rate"], own["low"], own["high"]),
                strict=True,
            )
        ]
        texts.append(
            language(
                "{measure} by {segment}, with 95% intervals: {values}.",
                measure=language.title(name_of(str(measure), language)),
                segment=within_a_line(own["segment"].iloc[0]),
                values=language.listing(values),
            )
        )
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
            "{value}: {measure} of {rate}, against {rest} of the others.",
            value=within_a_line(value_name(row["value"], language)),
            measure=name_of(row["measure"], language),
            rate=language.percent(row["rate"]),
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
