"""Small frames of the opportunity value -> sentences and alt texts. None claims a cause."""

from datetime import date

import numpy as np
import pandas as pd

from retention.inactive import days_of_bracket
from retention.language import Language
from retention.opportunity import HORIZON_DAYS
from retention.opportunity_backtest import WITHIN_YEAR, YEAR_FROM_RETURN
from retention.opportunity_value import FEWEST, rule_of_thumb
from retention.words import TOO_SMALL, name_of

_TESTED = {
    YEAR_FROM_RETURN: (
        "On {day} the same estimate said {estimate} (90% interval {low} to {high}), and {realised} "
        "came in the year from each return on."
    ),
    WITHIN_YEAR: (
        "On {day} the same estimate said {estimate} within the year (90% interval {low} to "
        "{high}), and {realised} came."
    ),
}
"""What a back-test speaks of -> how what was said and what came are told."""

_BESIDE = {
    -1: "The estimate of revenue was {share} too low.",
    0: "The estimate of revenue was less than 1% off.",
    1: "The estimate of revenue was {share} too high.",
}
"""Sign of the error, as far as it is shown -> how it is told."""

_RETURNS = ("customers", "returns", "returns_low", "returns_high", "returned")

_ONE_SIDED = {-1: "All estimates were too low.", 1: "All estimates were too high."}


def worth(total: pd.Series, language: Language) -> str:
    """What all together are worth: the last row of opportunity_value.OPPORTUNITY."""
    return language.plural(
        "Of {count} inactive customer, {returns} will return within {horizon} days "
        "(90% interval {returns_low} to {returns_high}), if they do as those did who were inactive "
        "a year before. With {spend} each in the year from the return on, that makes {value} (90% "
        "interval {value_low} to {value_high}).",
        "Of {count} inactive customers, {returns} will return within {horizon} days "
        "(90% interval {returns_low} to {returns_high}), if they do as those did who were inactive "
        "a year before. With {spend} each in the year from the return on, that makes {value} (90% "
        "interval {value_low} to {value_high}).",
        int(total["customers"]),
        returns=language.number(total["returns"]),
        horizon=language.number(HORIZON_DAYS),
        returns_low=language.number(total["returns_low"]),
        returns_high=language.number(total["returns_high"]),
        spend=language.rounded_money(total["spend_a_year"]),
        value=language.rounded_money(total["worth"]),
        value_low=language.rounded_money(total["worth_low"]),
        value_high=language.rounded_money(total["worth_high"]),
    )


def lead(total: pd.Series, language: Language) -> str:
    """The opportunity value in a sentence, for the beginning of the page."""
    return language(
        "Their opportunity value is {value} (90% interval {low} to {high}): what those of them who "
        "return within a year will spend in the year from then on.",
        value=language.rounded_money(total["worth"]),
        low=language.rounded_money(total["worth_low"]),
        high=language.rounded_money(total["worth_high"]),
    )


def left_out(customers: int, language: Language, *, since: date) -> str:
    """How many of the inactive have no estimate, for they last bought before a day, or nothing."""
    if not customers:
        return ""
    return language.plural(
        "{count} more customer last bought before {day} and is left out: nobody who had been "
        "silent for so long could be watched for a year.",
        "{count} more customers last bought before {day} and are left out: nobody who had been "
        "silent for so long could be watched for a year.",
        customers,
        day=language.day(since),
    )


def thumb(total: pd.Series, language: Language) -> str:
    """The rule of thumb beside the estimate, with what it is made of."""
    share, each = total["return_share"], total["former_value"] / total["customers"]
    return language(
        "The rule of thumb, for comparison: {customers} customers × {share} that return × {each}, "
        "what each brought in in the year up to the last purchase, makes {product}. It takes every "
        "returner for an average customer as before; the estimate takes returners as they were.",
        customers=language.number(total["customers"]),
        share=language.percent(share),
        each=language.rounded_money(each),
        product=language.rounded_money(rule_of_thumb(total["customers"], share, each)),
    )


def cells(cells: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of cells (opportunity_value.OPPORTUNITY): the most worth of them.

    No least: those too small to be shown may be worth less.
    """
    if cells.empty:
        return language(TOO_SMALL)
    return language(
        "Bars of opportunity value and of the share that returns, by time since the lapse and "
        "former activity. Worth most of those shown: {most}.",
        most=_most(_worth_most(cells), language),
    )


def most(cells: pd.DataFrame, language: Language) -> str:
    """The cell that the chart of cells names, before the command that lists its customers."""
    return language(
        "The group worth most, of those that can be shown: {most}. This command lists all who "
        "lapsed in that time, and holds out 10% at random as a control group:",
        most=_most(_worth_most(cells), language),
    )


def as_long_silent(cells: pd.DataFrame, *, inactive_after: int) -> str:
    """The condition of an audience of all who lapsed when those of the cell worth most did.

    No audience knows former activity, so that they are of any.
    inactive_after: days without a purchase, or without service, until they lapse.
    """
    first, last = days_of_bracket(_worth_most(cells)["since_lapse"])
    until = "" if last is None else f" AND days_silent <= {inactive_after + last}"
    return f"days_silent >= {inactive_after + first}{until}"


def _worth_most(cells: pd.DataFrame) -> pd.Series:
    return cells.sort_values("worth").iloc[-1]


def _most(row: pd.Series, language: Language) -> str:
    """One cell with its customers and its value (opportunity_value.OPPORTUNITY)."""
    return language(
        "{activity}, {bracket} since the lapse ({customers} customers, {share} return): "
        "{value}, 90% interval {low} to {high}",
        activity=name_of(row["former_activity"], language),
        bracket=name_of(row["since_lapse"], language),
        customers=language.number(row["customers"]),
        share=language.percent(row["return_share"]),
        value=language.rounded_money(row["worth"]),
        low=language.rounded_money(row["worth_low"]),
        high=language.rounded_money(row["worth_high"]),
    )


def too_small(customers: int, language: Language, *, least: int) -> str:
    """How many customers are in the value of all but in no bar; no number of fewer than `least`."""
    if not customers:
        return ""
    if customers < least:
        return language("Groups too small to show are in the value of all, but not in the chart.")
    return language.plural(
        "{count} customer in groups too small to show is in the value of all, but not in the "
        "chart.",
        "{count} customers in groups too small to show are in the value of all, but not in the "
        "chart.",
        customers,
    )


def tested(backtest: pd.DataFrame, language: Language) -> str:
    """What was said a year ago and what came of it: the newest day of BACKTEST that is over."""
    last = _newest_over(backtest)
    told = language.each(_TESTED)[last["speaks_of"]].format(
        day=language.day(last["day"]),
        estimate=language.rounded_money(last["estimate"]),
        low=language.rounded_money(last["estimate_low"]),
        high=language.rounded_money(last["estimate_high"]),
        realised=language.rounded_money(last["realised"]),
    )
    if pd.isna(last["error"]):
        return told
    sign = int(np.sign(round(last["error"], 2)))
    share = language.percent(abs(last["error"]), 0)
    return f"{told} {language.each(_BESIDE)[sign].format(share=share)}"


def untested(language: Language) -> str:
    """Why the first screen says nothing of a back-test."""
    return language(
        "The same estimate could not be tested on an earlier day yet: there is too little history, "
        "or too few returned."
    )


def backtest(backtest: pd.DataFrame, language: Language) -> str:
    """What `tested` tells, of how many customers it was, and how many returned.

    And on how many of all days that are over what came lies inside its interval.
    """
    over = backtest[backtest["realised"].notna()]
    last = _newest_over(backtest)
    returned = language(
        "Of {customers} customers it expected {returns} to return (90% interval {returns_low} to "
        "{returns_high}), and {returned} did.",
        **{name: language.number(last[name]) for name in _RETURNS},
    )
    inside = language(
        "Days tested: {days}. The revenue that came lies inside its interval on {of_revenue} of "
        "them, the number who returned on {of_returns}.",
        days=language.number(len(over)),
        of_revenue=language.number(_inside(over, "realised", "estimate")),
        of_returns=language.number(_inside(over, "returned", "returns")),
    )
    signs = set(np.sign(over["estimate"] - over["realised"]))
    one_sided = language.each(_ONE_SIDED)[signs.pop()] if signs in ({-1}, {1}) else ""
    return " ".join(filter(None, (tested(backtest, language), returned, inside, one_sided)))


def _newest_over(backtest: pd.DataFrame) -> pd.Series:
    return backtest[backtest["realised"].notna()].iloc[-1]


def days_left_out(days: int, language: Language) -> str:
    """How many days of a back-test are not shown (suppression.came_of_many), or nothing."""
    if not days:
        return ""
    return language.plural(
        "{count} day is left out, because few customers were inactive on it or returned after it.",
        "{count} days are left out, because few customers were inactive on them or returned after "
        "them.",
        days,
    )


def _inside(over: pd.DataFrame, came: str, told: str) -> int:
    """On how many days what came lies within the interval of what was told."""
    return int(over[came].between(over[f"{told}_low"], over[f"{told}_high"]).sum())


def testable(total: pd.Series, last: pd.Series, language: Language) -> str:
    """How much of the value of all falls within a year; of that alone such a back-test speaks.

    total: of opportunity_value.OPPORTUNITY; last: of BACKTEST, of the same day.
    """
    if last["speaks_of"] != WITHIN_YEAR:
        return ""
    return language(
        "Of the {value} above, {within} falls within the {horizon} days after {day}; the history "
        "is too short to test more than that part.",
        value=language.rounded_money(total["worth"]),
        within=language.rounded_money(last["estimate"]),
        horizon=language.number(HORIZON_DAYS),
        day=language.day(last["day"]),
    )


def too_little(language: Language, *, needed: int, found: int) -> str:
    """Why there is no estimate, or no back-test: days of history needed at the least, and found."""
    return language(
        "Not enough history: it takes more than {needed} days, with {fewest} returns to learn "
        "from, and there are {found} days.",
        needed=language.number(needed),
        fewest=language.number(FEWEST),
        found=language.number(found),
    )
