"""The figures of the kit once more, by naive loops: one customer, one day at a time.

Written from the definitions alone; shares no code with the package, so that agreement means
something. Obviously right comes before fast. `days` maps a customer to `(date, amount)` pairs in
date order, one a day, amounts of the day already added and rounded to 0.0001. A day whose amount is
above 0 is a purchase day. Anything dated after `as_of` is ignored.
"""

from oracle.activities import activity, rfm
from oracle.audiences import audience
from oracle.campaigns import contacts, reasons, responses
from oracle.contracts import days_of_service, recurring
from oracle.cuts import Cut, Frequency, period_start, periods
from oracle.firsts import cohort_revenue, cohorts, unbounded
from oracle.followed import brackets, returns, rolling, second_life, second_purchase, shares_ended
from oracle.gaps import closed_gaps, mean_gap, open_gaps, threshold
from oracle.inputs import (
    ONE_DAY,
    Contracts,
    Days,
    Period,
    Row,
    first_purchase_day,
    purchase_days,
    purchase_days_from_rows,
)
from oracle.measures import (
    conversion,
    quick_ratio,
    rates,
    reactivation_with_prospects,
    revenue_churn,
    shares,
    wilson,
)
from oracle.moves import ledger, revenue
from oracle.onboarded import onboarding, onboarding_by_segment
from oracle.states import closes, prospect_spells, spells, state
from oracle.worth import growth, inactive_on, opportunity_value, outcomes

__all__ = [
    "ONE_DAY",
    "Contracts",
    "Cut",
    "Days",
    "Frequency",
    "Period",
    "Row",
    "activity",
    "audience",
    "brackets",
    "closed_gaps",
    "closes",
    "cohort_revenue",
    "cohorts",
    "contacts",
    "conversion",
    "days_of_service",
    "first_purchase_day",
    "growth",
    "inactive_on",
    "ledger",
    "mean_gap",
    "onboarding",
    "onboarding_by_segment",
    "open_gaps",
    "opportunity_value",
    "outcomes",
    "period_start",
    "periods",
    "prospect_spells",
    "purchase_days",
    "purchase_days_from_rows",
    "quick_ratio",
    "rates",
    "reactivation_with_prospects",
    "reasons",
    "recurring",
    "responses",
    "returns",
    "revenue",
    "revenue_churn",
    "rfm",
    "rolling",
    "second_life",
    "second_purchase",
    "shares",
    "shares_ended",
    "spells",
    "state",
    "threshold",
    "unbounded",
    "wilson",
]
