"""The field's words for what the tables hold: names of states, measures, columns and checks.

Each entry is a message of the catalogues; the keys are the constants of the analysis modules.
"""

import re
from collections.abc import Callable
from typing import Any

from retention import (
    cells,
    contacts,
    do_not_contact,
    experiments,
    feedback,
    normal,
    prospects,
    rfm_segments,
    subscriptions,
)
from retention.inactive import (
    HIGH,
    LAPSED_EARLIER,
    LAPSED_WITHIN,
    LOW,
    MIDDLE,
    OCCASIONAL,
    ONCE,
    REGULAR,
    VERY_ACTIVE,
)
from retention.language import ABSENT, Language
from retention.ledger import LAPSED, NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST, PROSPECT
from retention.rates import (
    CHURN,
    CONVERSION,
    INACTIVE,
    QUICK_RATIO,
    REACTIVATION,
    RETENTION,
    REVENUE_CHURN,
    WIN_BACK,
    WITH_PROSPECTS,
)
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
from retention.segments import UNKNOWN
from retention.suppression import SMALL
from retention.thresholds import CONTRACT_END

TOO_SMALL = "No group of customers is large enough to show yet."

# Embeddings, overrides and isolates of the bidirectional algorithm, and their ends.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

NAMES = {
    PROSPECT: "no customer yet",
    ACTIVE: "active",
    DORMANT: "dormant",
    LOST: "lost",
    NEW: "new",
    RETAINED: "retained",
    REACTIVATED: "reactivated",
    WON_BACK: "won back",
    NO_PURCHASE: "refunds without a purchase",
    SMALL: "groups too small to show apart",
    LAPSED: "lapsed",
    ONCE: "bought once",
    OCCASIONAL: "occasional",
    REGULAR: "regular",
    VERY_ACTIVE: "very active",
    HIGH: "high value",
    MIDDLE: "middle value",
    LOW: "low value",
    LAPSED_WITHIN[90]: "up to 90 days",
    LAPSED_WITHIN[180]: "91 to 180 days",
    LAPSED_WITHIN[365]: "181 to 365 days",
    LAPSED_EARLIER: "more than a year",
    "former_activity": "former activity",
    "value_tier": "value tier",
    "since_lapse": "time since the lapse",
    rfm_segments.CHAMPIONS: "champions",
    rfm_segments.LOYAL: "loyal customers",
    rfm_segments.POTENTIAL: "potential loyalists",
    rfm_segments.RECENT: "recent customers",
    rfm_segments.PROMISING: "promising",
    rfm_segments.ATTENTION: "need attention",
    rfm_segments.SLEEPY: "about to sleep",
    rfm_segments.AT_RISK: "at risk",
    rfm_segments.CANNOT_LOSE: "cannot lose them",
    rfm_segments.HIBERNATING: "hibernating",
    rfm_segments.LONG_GONE: "lost long ago",
    CHURN: "churn rate",
    RETENTION: "retention rate",
    REACTIVATION: "reactivation rate",
    WIN_BACK: "win-back rate",
    CONVERSION: "conversion rate",
    REVENUE_CHURN: "revenue churn",
    QUICK_RATIO: "quick ratio",
    "inactive_after": "inactive after",
    "lost_after": "lost after",
    "return_quantile": "derived from the unit's own gaps (quantile of returns)",
    "mean_gap": "derived from the unit's own gaps (multiple of the mean gap)",
    "given": "given in the settings",
    CONTRACT_END: "the contract's end",
    "rows_in_source": "rows in the source",
    "rows_after_query": "rows after the query",
    cells.OTHER_UNIT: "rows of other units",
    cells.NO_CUSTOMER: "dropped: no customer id",
    cells.NO_DATE: "dropped: no date",
    cells.NO_AMOUNT: "dropped: no amount",
    cells.AFTER_AS_OF: "dropped: dated after the last day covered",
    subscriptions.NO_DAY: "dropped: ends on the day it starts",
    "kept": "rows counted",
    subscriptions.IN_FORCE: "of these, in force on the last day covered",
    subscriptions.FREE: "of these, free of charge",
    "refunds": "of these, refunds and cancellations",
    "days_without_purchase": "of these, on days that net to nothing or less",
    normal.ABOVE: "above normal",
    normal.BELOW: "below normal",
    normal.INSIDE: "normal",
    normal.TOO_FEW: "too few customers to tell",
    normal.TOO_EARLY: "too early to tell",
    normal.NOBODY: "nobody was at risk yet",
    **dict(
        zip(
            prospects.CHECKS,
            (
                "prospects: rows in their source",
                "prospects: rows of other units",
                "prospects dropped: no customer id",
                "prospects dropped: no date",
                "prospects dropped: known after the last day covered",
                "prospects: rows counted",
                "prospects: of these, of people named before",
            ),
            strict=True,
        )
    ),
    **dict(
        zip(
            contacts.CHECKS,
            (
                "contacts: rows in their source",
                "contacts: rows of other units",
                "contacts dropped: no customer id",
                "contacts dropped: no date",
                "contacts dropped: no campaign",
                "contacts dropped: no arm",
                "contacts dropped: dated after the last day covered",
                "contacts dropped: of customers in two arms of a campaign",
                "contacts: rows counted",
                "contacts: of these, of a customer and campaign named before",
            ),
            strict=True,
        )
    ),
    **dict(
        zip(
            feedback.CHECKS,
            (
                "answers: rows in their source",
                "answers: rows of other units",
                "answers dropped: no customer id",
                "answers dropped: no date",
                "answers dropped: no reason",
                "answers dropped: reported after the last day covered",
                "answers: rows counted",
                "answers: of these, given before on the same day",
            ),
            strict=True,
        )
    ),
    **dict(
        zip(
            do_not_contact.CHECKS,
            (
                "not to be contacted: rows in their source",
                "not to be contacted: rows of other units",
                "not to be contacted, dropped: no customer id",
                "not to be contacted: rows counted",
                "not to be contacted: of these, of people named before",
            ),
            strict=True,
        )
    ),
    experiments.RAISED: "more than the control",
    experiments.LOWERED: "less than the control",
    experiments.NONE_SHOWN: "no effect shown",
    experiments.NO_CONTROL: "response, not effect",
    experiments.RUNNING: "still running",
    experiments.SUSPECT: "not in the planned ratio",
    "note": "note",
    "warning": "warning",
    "stop": "stop",
}

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
    "former_value": ("revenue in their last year as customers", "money"),
    "since_lapse": ("time since the lapse", "name"),
    "former_activity": ("former activity", "name"),
    "stood_before": ("learned from customers of a year ago", "count"),
    "returns": ("expected to return", "count"),
    "spend_a_year": ("spend a year from the return on", "money"),
    "worth": ("opportunity value", "money"),
    "worth_low": ("value: 90% from", "money"),
    "worth_high": ("value: 90% to", "money"),
    "day": ("day of the estimate", "day"),
    "estimate": ("estimated", "money"),
    "estimate_low": ("estimate: 90% from", "money"),
    "estimate_high": ("estimate: 90% to", "money"),
    "realised": ("came within the year", "money"),
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
    "control_watched": ("control: watched", "count"),
    "control_responders": ("control: responded", "count"),
    "control_response": ("control: response", "share"),
    "uplift": ("uplift", "points"),
    "joint_low": ("95% from", "points"),
    "joint_high": ("95% to", "points"),
    "p_holm": ("p, corrected", "chance"),
    "smallest_effect": ("smallest uplift that would show", "points"),
    "extra": ("customers more", "count"),
    "extra_low": ("customers more, from", "count"),
    "extra_high": ("customers more, to", "count"),
    "verdict": ("verdict", "name"),
    "spend_per_head": ("spend per head", "coins"),
    "control_spend_per_head": ("control: spend per head", "coins"),
    "spend_uplift": ("uplift of spend per head", "coins"),
    "spend_low": ("95% from", "coins"),
    "spend_high": ("95% to", "coins"),
    "smallest_spend": ("smallest uplift that would show", "coins"),
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
    "returns_low",
    "returns_high",
}
"""Columns that are published and left out of tables: they follow from others, or mark a cell."""

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

DEFINITIONS = {
    "active customer": "Bought within the last {inactive_after} days.",
    "dormant customer": (
        "Last bought {inactive_after} or more, but less than {lost_after} days ago."
    ),
    "lost (former) customer": "Last bought {lost_after} or more days ago.",
    "churn rate": (
        "Of the customers active at the opening of the period, the share not active at its close."
    ),
    "retention rate": "Of the same customers, the share still active at the close.",
    "reactivation rate": (
        "Of the customers dormant or lost at the opening, the share that bought in the period."
    ),
    "win-back rate": (
        "Of the customers lost at the opening, and of them only, the share that bought in the "
        "period."
    ),
    "revenue churn": (
        "Of the revenue that the customers active at the opening brought in within 365 days before "
        "it, the share of those not active at the close. No interval: it is a share of money."
    ),
    "quick ratio": (
        "Customers who joined, were reactivated or were won back in the period, for each customer "
        "who lapsed in it. Events, so that it may exceed 1."
    ),
    "95% interval": (
        "The range that the rate of a much larger group of such customers would lie in; "
        "small groups have wide ranges (Wilson)."
    ),
    "normal range": (
        "Where a rate lies as long as only chance moves it: the rate of the 12 complete periods "
        "before, taken together, plus and minus 3 standard errors for as many customers as were at "
        "risk now (the limits of a p-chart). A rate outside it is unusual, whatever the cause."
    ),
    "too few customers to tell": (
        "Among so few customers even the usual rate has a 95% interval wider than itself: half or "
        "double the rate would not stand out."
    ),
    "cohort": "The customers whose first purchase lies in the same period.",
}


OF_PROSPECTS = {
    "prospect": "Known, and not a customer so far.",
    "conversion rate": (
        "Of the prospects at the opening, the share that became customers in the period."
    ),
}
"""Terms of the units that know prospects, beyond DEFINITIONS."""

REACTIVATION_OF = {
    INACTIVE: DEFINITIONS["reactivation rate"],
    WITH_PROSPECTS: (
        "Of the customers dormant or lost at the opening and of the prospects, taken together, the "
        "share that came back or became customers in the period."
    ),
}
SCOPES = {
    INACTIVE: "Reactivation in this report is of dormant and lost customers.",
    WITH_PROSPECTS: (
        "Reactivation in this report is of dormant and lost customers, and of prospects too: "
        "people who were known when the period opened and had never been customers."
    ),
}
"""The scope of reactivation -> what the page says of it."""


def within_a_line(name: str) -> str:
    """A name of data as it can stand in a sentence: it must not turn the figures after it round.

    Marks of direction within the name stay; those that reach beyond it are left out.

    >>> within_a_line("a\u202eb\u200f")
    'ab\u200f'
    """
    return _TURNING.sub("", name)


def value_name(value: str, language: Language) -> str:
    """A value of a segment (segments.VALUES) as the reader sees it."""
    return language("unknown") if value == UNKNOWN else value


def name_of(key: str, language: Language) -> str:
    """The name of a state, event, measure, check or rule."""
    return language(NAMES[key])


def heading_of(column: str, language: Language) -> str:
    """The heading of a column of a frame."""
    return language(COLUMNS[column][0])


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
    }
    return writers[kind](value)
