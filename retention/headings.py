"""Columns of frames as the reader sees them: their headings, the kinds of value, which are shown.

Each heading is a message of the catalogues.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from retention.language import Language
from retention.lifecycle import DORMANT, LOST
from retention.numerals import ABSENT
from retention.rates import CHURN, REACTIVATION, WIN_BACK
from retention.recurring import (
    CHURNED_MRR,
    CONTRACTION_MRR,
    CUSTOMERS,
    EXPANSION_MRR,
    GROSS_RETENTION,
    NET_RETENTION,
    NET_WITH_REACTIVATED,
    NEW_MRR,
    REACTIVATED_MRR,
)
from retention.words import NAMES

COLUMNS = {
    "period": ("period", "period"),
    "opening_active": ("active at the opening", "count"),
    "new": ("new", "count"),
    "reactivated": ("reactivated", "count"),
    "won_back": ("won back", "count"),
    "lapsed": ("lapsed", "count"),
    "closing_active": ("active at the close", "count"),
    "closing_dormant": ("dormant at the close", "count"),
    "closing_lost": ("lost at the close", "count"),
    "became_lost": ("became lost", "count"),
    "revenue": ("revenue", "money"),
    "measure": ("measure", "name"),
    "numerator": ("customers counted", "count"),
    "denominator": ("of customers at risk", "count"),
    "revenue_gone": ("revenue of those no longer active", "money"),
    "revenue_at_risk": ("revenue of the active in the year before", "money"),
    "rate": ("rate", "share"),
    "counted_over": ("customers counted, all periods together", "count"),
    "at_risk_over": ("of customers at risk, all periods together", "count"),
    "low": ("95% from", "share"),
    "high": ("95% to", "share"),
    "bought_as": ("bought as", "name"),
    "customers": ("customers", "count"),
    "cohort": ("first purchase in", "period"),
    "cohort_size": ("customers in the cohort", "count"),
    "age": ("periods since", "count"),
    "retention": ("retention", "share"),
    "cumulative_revenue_per_customer": ("revenue per customer so far", "money"),
    "window": ("30-day window", "count"),
    "watched": ("watched to its end", "count"),
    "began_as": ("began as", "name"),
    "gross_revenue": ("revenue before refunds", "money"),
    "refunded": ("refunded", "money"),
    "cumulative_gross_revenue": ("revenue before refunds so far", "money"),
    "cumulative_revenue": ("revenue so far", "money"),
    "at_risk": ("still waited for", "count"),
    "second_purchases": ("second purchases", "count"),
    "censored": ("not watched any longer", "count"),
    "second_purchase_share": ("have bought a second time", "share"),
    "lapse_period": ("lapsed in", "period"),
    "returned": ("have bought again", "count"),
    "return_share": ("share returned", "share"),
    "active": ("bought in the period (active)", "count"),
    "retained": ("also bought in the period before (retained)", "count"),
    "resurrected": ("bought before, and not in the period before (resurrected)", "count"),
    "churned": ("bought in the period before, and not in this one (churned)", "count"),
    "quick_ratio": ("quick ratio, (new + resurrected) / churned", "factor"),
    "active_revenue": ("revenue of all who bought", "money"),
    "new_revenue": ("from new ones", "money"),
    "retained_revenue": ("from those who also bought before", "money"),
    "resurrected_revenue": ("from the resurrected", "money"),
    "expansion": ("more from the retained", "money"),
    "contraction": ("less from the retained", "money"),
    "churned_revenue": ("gone with the churned", "money"),
    "other_revenue": ("refunds without a purchase", "money"),
    "threshold": ("threshold", "name"),
    "days": ("days", "count"),
    "rule": ("how it came about", "name"),
    "gaps": ("gaps that ended", "count"),
    "open_gaps": ("gaps still open", "count"),
    "wrongly_called": ("would come back within a year anyway", "share"),
    "multiple": ("thresholds times", "factor"),
    "inactive_after": ("inactive after (days)", "count"),
    "lost_after": ("lost after (days)", "count"),
    "check": ("check", "name"),
    "rows": ("rows", "count"),
    "amount": ("revenue in them", "money"),
    "level": ("level", "name"),
    "unit": ("unit", "text"),
    "newest_period": ("newest period", "text"),
    CHURN: ("churn rate", "share"),
    f"{CHURN}_stands": ("where churn stands", "name"),
    WIN_BACK: ("win-back rate", "share"),
    f"{WIN_BACK}_stands": ("where win-back stands", "name"),
    REACTIVATION: ("reactivation rate", "share"),
    "earned": ("revenue of the period", "text"),
    "breakdown": ("told apart by", "name"),
    "group": ("group", "name"),
    "inactive": ("all inactive customers", "count"),
    "segment": ("segment", "text"),
    "value": ("value", "text"),
    "customers_at_risk": ("customers at risk", "count"),
    "rest_rate": ("rate of the others", "share"),
    "p_adjusted": ("adjusted p-value", "chance"),
    "all_customers": ("all customers", "count"),
    "recency_scores": ("recency score", "text"),
    "worth_scores": ("score of frequency and money", "text"),
    DORMANT: ("dormant", "count"),
    LOST: ("lost", "count"),
    "share": ("share of them", "share"),
    "former_value": ("revenue in the year up to the last purchase", "money"),
    "since_lapse": ("time since the lapse", "name"),
    "former_activity": ("former activity", "name"),
    "together": ("estimated together", "count"),
    "stood_before": ("learned from customers of a year ago", "count"),
    "returns": ("expected to return", "count"),
    "spend_a_year": ("spend a year from the return on", "money"),
    "spend_a_year_low": ("spend: 90% from", "money"),
    "spend_a_year_high": ("spend: 90% to", "money"),
    "worth": ("opportunity value", "money"),
    "worth_low": ("value: 90% from", "money"),
    "worth_high": ("value: 90% to", "money"),
    "day": ("day of the estimate", "day"),
    "estimate": ("estimated", "money"),
    "estimate_low": ("estimate: 90% from", "money"),
    "estimate_high": ("estimate: 90% to", "money"),
    "realised": ("what came of it", "money"),
    "error": ("error", "change"),
    "opening_mrr": ("MRR at the opening", "money"),
    NEW_MRR: ("new", "money"),
    REACTIVATED_MRR: ("reactivated", "money"),
    EXPANSION_MRR: ("expansion", "money"),
    CONTRACTION_MRR: ("contraction", "money"),
    CHURNED_MRR: ("churned", "money"),
    "closing_mrr": ("MRR at the close", "money"),
    "campaign": ("campaign", "text"),
    "arm": ("arm", "text"),
    "contacted": ("contacted", "count"),
    "responders": ("responded", "count"),
    "response": ("response", "share"),
    "response_low": ("response: 95% from", "share"),
    "response_high": ("response: 95% to", "share"),
    "control_watched": ("control: watched", "count"),
    "control_responders": ("control: responded", "count"),
    "control_response": ("control: response", "share"),
    "control_response_low": ("control: 95% from", "share"),
    "control_response_high": ("control: 95% to", "share"),
    "uplift": ("uplift", "points"),
    "joint_low": ("95% from", "points"),
    "joint_high": ("95% to", "points"),
    "p_holm": ("p, corrected", "chance"),
    "smallest_effect": (
        "smallest uplift that 8 of 10 campaigns of this size would show",
        "points",
    ),
    "extra": ("customers more", "count"),
    "extra_low": ("customers more, from", "count"),
    "extra_high": ("customers more, to", "count"),
    "verdict": ("verdict", "name"),
    "spend_per_head": ("spend per head", "coins"),
    "spend_per_head_low": ("spend: 95% from", "coins"),
    "spend_per_head_high": ("spend: 95% to", "coins"),
    "control_spend_per_head": ("control: spend per head", "coins"),
    "control_spend_per_head_low": ("control: 95% from", "coins"),
    "control_spend_per_head_high": ("control: 95% to", "coins"),
    "spend_uplift": ("uplift of spend per head", "coins"),
    "spend_low": ("95% from", "coins"),
    "spend_high": ("95% to", "coins"),
    "smallest_spend": (
        "smallest uplift that 8 of 10 campaigns of this size would show",
        "coins",
    ),
    "extra_money": ("money more", "money"),
    "extra_money_low": ("money more, from", "money"),
    "extra_money_high": ("money more, to", "money"),
    "control_contacted": ("control: contacted", "count"),
    "control_share": ("share held out", "share"),
    "planned_share": ("share to be held out", "share"),
    "ratio_p": ("p of the ratio", "chance"),
    "prior_days_difference": ("unlike in purchase days", "factor"),
    "prior_revenue_difference": ("unlike in revenue", "factor"),
    "days_silent_difference": ("unlike in days silent", "factor"),
    "state": ("state at contact", "name"),
    "reason": ("reason", "text"),
    "lapsed_share": ("share of those who answered", "share"),
    "lapsed_low": ("share of answers, from", "share"),
    "lapsed_high": ("share of answers, to", "share"),
    "followed": ("followed for a year after it", "count"),
    "second_life_per_customer": ("revenue each in that year", "money"),
    "second_life_low": ("revenue each: 95% from", "money"),
    "second_life_high": ("revenue each: 95% to", "money"),
    "part": ("of the customers", "part"),
    "waited_days": ("came again within days", "count"),
    "days_low": ("days: 95% from", "count"),
    "days_high": ("days: 95% to", "count"),
    "uplift_interval": ("uplift (95% interval)", "interval"),
    "return_share_interval": ("share returned (95% interval)", "interval"),
    "spend_a_year_interval": ("spend a year from the return on (90% interval)", "interval"),
    "worth_interval": ("opportunity value (90% interval)", "interval"),
    "lapsed_share_interval": ("share of those who answered (95% interval)", "interval"),
    "second_life_per_customer_interval": ("revenue each in that year (95% interval)", "interval"),
    "extra_interval": ("customers more (95% interval)", "interval"),
    "response_interval": ("response (95% interval)", "interval"),
    "control_response_interval": ("control: response (95% interval)", "interval"),
    "spend_uplift_interval": ("uplift of spend per head (95% interval)", "interval"),
    "extra_money_interval": ("money more (95% interval)", "interval"),
    "spend_per_head_interval": ("spend per head (95% interval)", "interval"),
    "control_spend_per_head_interval": ("control: spend per head (95% interval)", "interval"),
    GROSS_RETENTION: ("gross retention", "share"),
    NET_RETENTION: ("net retention", "share"),
    NET_WITH_REACTIVATED: ("net retention with the reactivated", "share"),
}
"""Column of a frame -> its heading (a message), and the kind of value in it."""

UNSHOWN = {
    *("first_contact", "low_of_arm", "high_of_arm", "p_value", "unlike", "answer"),
    *("answered", "all_lapsed"),
    "period_end",
    "opening_dormant",
    "opening_lost",
    "intra_period_returns",
    *CUSTOMERS.values(),
    "complete",
    "speaks_of",
    "returns_low",
    "returns_high",
}
"""Columns that are published and left out of tables: they follow from others, or mark a cell."""

OVER_PERIODS = {"numerator": "counted_over", "denominator": "at_risk_over"}
"""Columns of rates -> what they hold where a customer counts in each of several periods."""

OF_UPLIFT = {"low": "low_of_arm", "high": "high_of_arm"}
"""Columns of effects -> their names on a page: what is claimed rests on the joint interval."""

OF_SPEND = OF_UPLIFT | {
    "uplift": "spend_uplift",
    "joint_low": "spend_low",
    "joint_high": "spend_high",
    "smallest_effect": "smallest_spend",
    "extra": "extra_money",
    "extra_low": "extra_money_low",
    "extra_high": "extra_money_high",
}
"""The same, where what is compared is money."""

OF_MONEY = {"numerator": "revenue_gone", "denominator": "revenue_at_risk"}
"""Columns of rates -> what they hold where the measure is a share of money."""


def heading_of(column: str, language: Language) -> str:
    """The heading of a column of a frame."""
    return language(COLUMNS[column][0])


def with_interval(
    frame: pd.DataFrame, column: str, bounds: Sequence[str], language: Language
) -> pd.Series:
    """A column of a frame as texts, each above its interval; a dash where it is absent."""
    texts = []
    for figures in frame[[column, *bounds]].itertuples(index=False):
        value, low, high = (
            text_of(figure, name, language)
            for figure, name in zip(figures, (column, *bounds), strict=True)
        )
        absent = ABSENT in (value, low, high)
        texts.append(
            value
            if absent
            else language("{value}\n({low} to {high})", value=value, low=low, high=high)
        )
    return pd.Series(texts, index=frame.index, dtype=object)


def text_of(value: object, column: str, language: Language) -> str:
    """A cell of a frame as the reader sees it; a dash where the figure is absent."""
    kind = COLUMNS[column][1]
    if value is None or value != value:
        return ABSENT
    if kind == "name":
        return language(NAMES[str(value)])
    writers: dict[str, Callable[[Any], str]] = {
        "count": language.number,
        "money": language.money,
        "share": language.percent,
        "factor": lambda factor: language.number(factor, 2),
        "chance": lambda chance: (
            language.number(chance, 3) if chance >= 0.001 else f"< {language.number(0.001, 3)}"
        ),
        "period": language.period,
        "day": language.day,
        "change": language.signed_percent,
        "points": language.points,
        "coins": language.exact_money,
        "text": str,
        "interval": str,
        "part": lambda part: language.percent(part, 0),
    }
    return writers[kind](value)
