"""States of customers and of prospects, one day at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from oracle.inputs import ONE_DAY, Days, each_day, purchase_days


def state(
    purchase_days: Sequence[date], day: date, inactive_after: int, lost_after: int
) -> str | None:
    """The state of one customer at the close of `day`; None before the first purchase day."""
    if not 1 <= inactive_after <= lost_after:
        raise ValueError("1 <= inactive_after <= lost_after does not hold")
    last_purchase = max((d for d in purchase_days if d <= day), default=None)
    if last_purchase is None:
        return None
    days_since = (day - last_purchase).days
    if days_since < inactive_after:
        return "active"
    if days_since < lost_after:
        return "dormant"
    return "lost"


def closes(
    entries: Sequence[tuple[date, Decimal]], inactive_after: int, lost_after: int, as_of: date
) -> dict[date, str]:
    """One customer's state at the close of each day from the first purchase day to `as_of`."""
    bought = purchase_days(entries, as_of)
    if not bought:
        return {}
    result = {}
    for day in each_day(bought[0], as_of + ONE_DAY):
        current = state(bought, day, inactive_after, lost_after)
        assert current is not None
        result[day] = current
    return result


def spells(
    days: Days, inactive_after: int, lost_after: int, as_of: date
) -> list[tuple[str, str, date, date | None]]:
    """(customer, state, started_on, exclusive ended_on or None) by customer and start."""
    result: list[tuple[str, str, date, date | None]] = []
    for customer in sorted(days):
        state_at = closes(days[customer], inactive_after, lost_after, as_of)
        started_on = None
        for day in state_at:
            if started_on is None:
                started_on = day
            elif state_at[day] != state_at[started_on]:
                result.append((customer, state_at[started_on], started_on, day))
                started_on = day
        if started_on is not None:
            result.append((customer, state_at[started_on], started_on, None))
    return result


def is_prospect(entries: Sequence[tuple[date, Decimal]], known_on: date | None, day: date) -> bool:
    """Whether somebody is known and has not bought by the close of `day`."""
    if known_on is None or day < known_on:
        return False
    return all(bought > day for bought in purchase_days(entries, date.max))


def prospect_spells(
    days: Days, known: Mapping[str, date], as_of: date
) -> list[tuple[str, str, date, date | None]]:
    """(person, "prospect", first day, exclusive last day or None) by person."""
    result: list[tuple[str, str, date, date | None]] = []
    for person in sorted(known):
        held = [
            day
            for day in each_day(known[person], as_of + ONE_DAY)
            if is_prospect(days.get(person, []), known[person], day)
        ]
        if held:
            ended_on = None if held[-1] == as_of else held[-1] + ONE_DAY
            result.append((person, "prospect", held[0], ended_on))
    return result
