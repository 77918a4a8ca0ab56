"""Audiences: who belongs to each, by walking back over the days of one customer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from oracle.inputs import ONE_DAY, Days, Row, purchase_days
from oracle.states import closes, state


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
            "where": True,
        }
        if not belongs[name]:
            continue
        year_before = bought[-1] - 365 * ONE_DAY
        result.append(
            {
                "customer_id": customer,
                "state": at[as_of],
                "last_purchase_on": bought[-1],
                "days_silent": (as_of - bought[-1]).days,
                "turns_dormant_on": bought[-1] + inactive_after * ONE_DAY,
                "turns_lost_on": bought[-1] + lost_after * ONE_DAY,
                "purchase_days": len(bought),
                "value_365d": sum(
                    (amount for day, amount in entries if year_before < day <= as_of), Decimal(0)
                ),
            }
        )
    return result
