"""Rates by segment, by plain loops; shares no code with the package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from oracle.cuts import Frequency, periods
from oracle.inputs import ONE_DAY, Days, Row, first_purchase_day, purchase_days
from oracle.states import state

NEWEST = 12


def values(
    rows: Sequence[tuple[str, date, Decimal, str | None]], days: Days, as_of: date
) -> dict[str, str]:
    """Customer -> value; rows are customer, day, amount, value."""
    found = {}
    for customer in days:
        first = first_purchase_day({customer: days[customer]}, as_of)
        if first is None:
            continue
        money: dict[str, Decimal] = defaultdict(Decimal)
        for who, day, amount, value in rows:
            if (who, day) == (customer, first):
                money["unknown" if value is None else value[:40]] += amount
        found[customer] = min(money, key=lambda value: (-money[value], value))
    return found


def counts(
    days: Days,
    value_of: Mapping[str, str],
    thresholds: tuple[int, int],
    as_of: date,
    frequency: Frequency,
) -> list[Row]:
    """One value and measure a row, by name."""
    first = first_purchase_day(days, as_of)
    assert first is not None
    complete = [period for period in periods(first, as_of, frequency) if period[2]][-NEWEST:]
    rows = []
    for value in sorted(set(value_of.values())):
        own = [customer for customer in value_of if value_of[customer] == value]
        for measure in ("churn", "reactivation", "win_back"):
            pairs = [_of_one(days[customer], measure, thresholds, complete) for customer in own]
            rows.append(
                {
                    "segment": "channel",
                    "value": value,
                    "measure": measure,
                    "customers": len(own),
                    "customers_at_risk": sum(1 for _, n in pairs if n),
                    "customers_with": sum(1 for y, _ in pairs if y),
                    "customers_without": sum(1 for y, n in pairs if n - y),
                    "numerator": sum(y for y, _ in pairs),
                    "denominator": sum(n for _, n in pairs),
                    "numerator_squares": sum(y * y for y, _ in pairs),
                    "products": sum(y * n for y, n in pairs),
                    "denominator_squares": sum(n * n for _, n in pairs),
                }
            )
    return rows


def _of_one(
    entries: Sequence[tuple[date, Decimal]],
    measure: str,
    thresholds: tuple[int, int],
    complete: Sequence[tuple[date, date, bool]],
) -> tuple[int, int]:
    """In how many periods it happened to a customer, and in how many it could have."""
    at_risk = {
        "churn": ("active",),
        "reactivation": ("dormant", "lost"),
        "win_back": ("lost",),
    }[measure]
    happened = could = 0
    for start, end, _ in complete:
        bought = purchase_days(entries, end - ONE_DAY)
        if state(bought, start - ONE_DAY, *thresholds) not in at_risk:
            continue
        could += 1
        if measure == "churn":
            happened += state(bought, end - ONE_DAY, *thresholds) != "active"
        else:
            happened += any(start <= day < end for day in bought)
    return happened, could
