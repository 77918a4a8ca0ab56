"""The field's words for what the tables hold: names of states, measures, groups and checks.

Each entry is a message of the catalogues; the keys are the constants of the analysis modules.
"""

import re
from unicodedata import bidirectional

from retention import (
    cells,
    experiments,
    normal,
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
from retention.language import Language
from retention.ledger import LAPSED, NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST, PROSPECT
from retention.optional_sources import OPTIONAL
from retention.rates import (
    CHURN,
    CONVERSION,
    QUICK_RATIO,
    REACTIVATION,
    RETENTION,
    REVENUE_CHURN,
    WIN_BACK,
)
from retention.segments import UNKNOWN
from retention.suppression import SMALL
from retention.tenure import TENURE_LONGER, TENURE_WITHIN
from retention.thresholds import CONTRACT_END

TOO_SMALL = "No group of customers is large enough to show yet."

DAYS, RESPONSES = "days", "responses"
NOT_COUNTED = {
    DAYS: "Not counted here: contracts run on without a day of purchase.",
    RESPONSES: (
        "Not counted here: a response is a purchase on a day. What contracts earn is dated by the "
        "month, so that neither spend within so many days nor what was before a contact can be "
        "told."
    ),
}
"""What is left out where customers have contracts -> the line that says why."""

# Embeddings, overrides and isolates of the bidirectional algorithm, and their ends.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LEFTWARDS = {"R", "AL", "AN"}

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
    TENURE_WITHIN[90]: "customer for up to 90 days",
    TENURE_WITHIN[365]: "customer for 91 to 365 days",
    TENURE_WITHIN[730]: "customer for 1 to 2 years",
    TENURE_LONGER: "customer for over 2 years",
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
    **{
        check: text
        for kind in OPTIONAL.values()
        for check, text in zip(kind.checks, kind.words, strict=True)
    },
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


def within_a_line(name: str) -> str:
    """A name of data as it can stand in a sentence: it must not turn the figures after it round.

    Marks of direction that reach beyond the name are left out; a name that is written from right to
    left, or partly so, is set apart, or the figures beside it would be read as a part of it.

    >>> within_a_line("a\u202eb"), within_a_line("a\u05d0")
    ('ab', '\u2068a\u05d0\u2069')
    """
    plain = _TURNING.sub("", name)
    turns = any(bidirectional(letter) in _LEFTWARDS for letter in plain)
    return f"\u2068{plain}\u2069" if turns else plain


def shortened(name: str, most: int = 26) -> str:
    """A name of data as a label of a chart, which has a line of its own: cut where it is long.

    >>> shortened("Online"), shortened("A name that somebody made far too long")
    ('Online', 'A name that somebody made…')
    """
    line = _TURNING.sub("", name)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def value_name(value: str, language: Language) -> str:
    """A value of a segment (segments.VALUES) as the reader sees it."""
    return language("unknown") if value == UNKNOWN else value


def name_of(key: str, language: Language) -> str:
    """The name of a state, event, measure, check or rule."""
    return language(NAMES[key])
