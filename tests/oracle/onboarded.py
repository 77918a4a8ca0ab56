"""From the first purchase to the second, one customer after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from oracle.cuts import Frequency, periods_of
from oracle.firsts import cohort_members
from oracle.inputs import ONE_DAY, Days, Row, purchase_days
from oracle.measures import wilson


def onboarding(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and number of days a row, where one of the cohort was watched for so long."""
    ended = {start: complete for start, _, complete in periods_of(days, as_of, frequency)}
    return [
        {"cohort": cohort, **row, "complete": ended[cohort] and row["watched"] == len(members)}
        for cohort, members in cohort_members(days, as_of, frequency).items()
        for row in _came_again(days, members, as_of)
    ]


def onboarding_by_segment(
    days: Days, values: Mapping[str, Mapping[str, str]], as_of: date
) -> list[Row]:
    """One segment, value and number of days a row; values: segment -> customer -> value."""
    return [
        {"segment": segment, "value": value, **row}
        for segment in sorted(values)
        for value in sorted(set(values[segment].values()))
        for row in _came_again(
            days, [who for who, own in values[segment].items() if own == value], as_of
        )
    ]


def _came_again(days: Days, members: Sequence[str], as_of: date) -> Iterator[Row]:
    for within in (30, 60, 90):
        watched = came_again = 0
        for customer in members:
            bought = purchase_days(days[customer], as_of)
            last = bought[0] + within * ONE_DAY
            if last > as_of:
                continue
            watched += 1
            came_again += any(bought[0] < day <= last for day in bought)
        if not watched:
            continue
        low, high = wilson(came_again, watched)
        yield {
            "days": within,
            "cohort_size": len(members),
            "watched": watched,
            "second_purchases": came_again,
            "second_purchase_share": came_again / watched,
            "low": low,
            "high": high,
        }
