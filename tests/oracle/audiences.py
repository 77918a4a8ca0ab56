"""Audiences: who belongs to each, by walking back over the days of one customer."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from decimal import Decimal

from oracle.inputs import ONE_DAY, Days, Row, purchase_days
from oracle.states import closes, state


def worth(entries: list[tuple[date, Decimal]], as_of: date) -> Decimal:
    """What the year up to the last purchase day, and all after it, adds up to."""
    year_before = purchase_days(entries, as_of)[-1] - 365 * ONE_DAY
    return sum((amount for day, amount in entries if year_before < day <= as_of), Decimal(0))


def tier(value: Decimal, rising: list[Decimal]) -> str:
    """By the share of all customers, whose values rise, who are worth more."""
    of_all, worth_more = rising, len(rising) - bisect_right(rising, value)
    if value > 0 and worth_more * 10 < 2 * len(of_all):
        return "high_value"
    return "middle_value" if value > 0 and worth_more * 10 < 5 * len(of_all) else "low_value"


def audience(
    days: Days,
    inactive_after: int,
    lost_after: int,
    as_of: date,
    name: str,
    *,
    since: date | None = None,
    within: int = 0,
) -> list[Row]:
    """One customer of the audience a row, by id; `since` a day, `within` a number of days."""
    values = {name: worth(days[name], as_of) for name in days if purchase_days(days[name], as_of)}
    rising = sorted(values.values())
    tiers = {name: tier(value, rising) for name, value in values.items()}
    result = []
    for customer in sorted(days):
        entries = days[customer]
        bought = purchase_days(entries, as_of)
        if not bought:
            continue
        at = closes(entries, inactive_after, lost_after, as_of)
        first_day_of_state = as_of
        while at.get(first_day_of_state - ONE_DAY) == at[as_of]:
            first_day_of_state -= ONE_DAY
        is_recent = since is not None and first_day_of_state > since
        belongs = {
            "became-dormant": at[as_of] == "dormant" and is_recent,
            "became-lost": at[as_of] == "lost" and is_recent,
            "won-back": at[as_of] == "active"
            and is_recent
            and at.get(first_day_of_state - ONE_DAY) == "lost",
            "about-to-lapse": at[as_of] == "active"
            and state(bought, as_of + within * ONE_DAY, inactive_after, lost_after) != "active",
            "one-time-buyers": len(bought) == 1,
            "lost-high-value": at[as_of] == "lost" and tiers[customer] == "high_value",
            "where": True,
        }
        if not belongs[name]:
            continue
        result.append(
            {
                "customer_id": customer,
                "state": at[as_of],
                "last_purchase_on": bought[-1],
                "days_silent": (as_of - bought[-1]).days,
                "turns_dormant_on": bought[-1] + inactive_after * ONE_DAY,
                "turns_lost_on": bought[-1] + lost_after * ONE_DAY,
                "purchase_days": len(bought),
                "value_365d": values[customer],
                "tier": tiers[customer],
            }
        )
    return result
