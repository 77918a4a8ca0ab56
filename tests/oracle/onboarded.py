"""From the first purchase to the second, one customer after the other."""

from __future__ import annotations

from datetime import date

from oracle.cuts import Frequency, periods_of
from oracle.firsts import cohort_members
from oracle.inputs import ONE_DAY, Days, Row, purchase_days
from oracle.measures import wilson


def onboarding(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and number of days a row, where one of the cohort was watched for so long."""
    rows: list[Row] = []
    ended = {start: complete for start, _, complete in periods_of(days, as_of, frequency)}
    for cohort, members in cohort_members(days, as_of, frequency).items():
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
            rows.append(
                {
                    "cohort": cohort,
                    "days": within,
                    "cohort_size": len(members),
                    "watched": watched,
                    "second_purchases": came_again,
                    "second_purchase_share": came_again / watched,
                    "low": low,
                    "high": high,
                    "complete": ended[cohort] and watched == len(members),
                }
            )
    return rows
