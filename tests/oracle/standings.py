"""Whom to win back, by plain loops over customers; shares no code with the package."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from oracle.inputs import Days, Row, purchase_days
from oracle.measures import wilson
from oracle.states import state as state_of

YEAR = timedelta(days=365)
GROUPS = {
    "former_activity": ["once", "occasional", "regular", "very_active"],
    "since_lapse": [
        *("lapsed_within_90", "lapsed_within_180", "lapsed_within_365", "lapsed_earlier"),
    ],
    "value_tier": ["high_value", "middle_value", "low_value"],
}


def former_activity(days: Days, as_of: date) -> dict[str, tuple[date, int, str]]:
    """Customer -> last purchase day, purchase days in the year up to it, and their name."""
    counts: dict[str, int] = {}
    bought = {name: purchase_days(days[name], as_of) for name in days}
    bought = {name: own for name, own in bought.items() if own}
    for name, own in bought.items():
        counts[name] = sum(1 for day in own if own[-1] - day < YEAR)
    returned = sorted(counts[name] for name, own in bought.items() if len(own) > 1)
    found = {}
    for name, own in bought.items():
        if len(own) == 1:
            called = "once"
        else:
            called = above(counts[name], returned, ["very_active", "regular", "occasional"])
        found[name] = (own[-1], counts[name], called)
    return found


def activity_ranges(days: Days, as_of: date) -> list[Row]:
    """One former activity that somebody has a row, from rare purchases to frequent ones."""
    everybody = former_activity(days, as_of).values()
    rows = []
    for name in {called for _, _, called in everybody}:
        own = [count for _, count, called in everybody if called == name]
        rows.append(
            {
                "former_activity": name,
                "customers": len(own),
                "fewest_days": min(own),
                "most_days": max(own),
            }
        )
    return sorted(rows, key=lambda row: (row["most_days"], row["former_activity"]))


def above(own: int | Decimal, everybody: Sequence[int | Decimal], names: Sequence[str]) -> str:
    """The first name where fewer than a fifth of everybody, who rise, are higher; the second where
    fewer than half are."""
    higher = (len(everybody) - bisect_right(everybody, own)) / Fraction(len(everybody))
    if higher < Fraction(1, 5):
        return names[0]
    return names[1] if higher < Fraction(1, 2) else names[2]


def standing(days: Days, inactive_after: int, lost_after: int, as_of: date) -> list[Row]:
    """One customer a row, by name."""
    former = former_activity(days, as_of)
    values = {
        name: sum(
            (amount for day, amount in days[name] if day <= as_of and last - day < YEAR),
            Decimal(0),
        )
        for name, (last, _, _) in former.items()
    }
    rising = sorted(values.values())
    rows = []
    for name in sorted(former):
        last, _, called = former[name]
        bought = purchase_days(days[name], as_of)
        state = state_of(bought, as_of, inactive_after, lost_after)
        silent = (as_of - last).days
        since = None
        if state != "active":
            ends = zip((90, 180, 365), GROUPS["since_lapse"], strict=False)
            brackets = [group for end, group in ends if silent - inactive_after <= end]
            since = brackets[0] if brackets else "lapsed_earlier"
        tier = above(values[name], rising, GROUPS["value_tier"])
        rows.append(
            {
                "customer_id": name,
                "state": state,
                "former_activity": called,
                "former_value": values[name],
                "value_tier": tier if values[name] > 0 else "low_value",
                "since_lapse": since,
            }
        )
    return rows


def by_segment(standing: Sequence[Row], segments: Mapping[str, Mapping[str, str]]) -> list[Row]:
    """One segment and value a row, by name; segments are names of values by customer."""
    rows = []
    for segment, value_of in sorted(segments.items()):
        valued = [(row, value_of[row["customer_id"]]) for row in standing]
        for value in sorted({value for _, value in valued}):
            rows.append({"segment": segment, "value": value} | _counted(valued, value))
    return rows


def inactive(standing: Sequence[Row]) -> list[Row]:
    """One breakdown and group a row, breakdowns by name."""
    rows = []
    for breakdown, groups in GROUPS.items():
        grouped = [(row, row[breakdown]) for row in standing]
        for group in groups:
            rows.append({"breakdown": breakdown, "group": group} | _counted(grouped, group))
    return rows


def _counted(standing: Sequence[tuple[Row, str]], group: str) -> Row:
    """The inactive of a group, and what they are of all the inactive."""
    silent = [(row, name) for row, name in standing if row["state"] != "active"]
    own = [row for row, name in silent if name == group]
    low, high = wilson(len(own), len(silent)) if silent else (None, None)
    return {
        "dormant": sum(row["state"] == "dormant" for row in own),
        "lost": sum(row["state"] == "lost" for row in own),
        "customers": len(own),
        "inactive": len(silent),
        "share": len(own) / len(silent) if silent else None,
        "low": low,
        "high": high,
        "former_value": float(sum((row["former_value"] for row in own), Decimal(0))),
    }
