"""Periods, one day at a time."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from oracle.inputs import ONE_DAY, Days, Period, each_day, first_purchase_day


class Cut(NamedTuple):
    """Periods of another calendar, where a frequency is asked for.

    week_start: 0 is Monday; first_month: in which the fiscal year begins.
    """

    frequency: str
    calendar: str = "gregorian"
    week_start: int = 0
    first_month: int = 1


Frequency = str | Cut
PERIOD_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}


@cache
def begins_year(day: date, cut: Cut) -> bool:
    """Whether a fiscal year begins on `day`."""
    if cut.calendar == "gregorian":
        return (day.month, day.day) == (cut.first_month, 1)
    near = [day + timedelta(days=i) for i in range(-3, 4)]
    is_near = any((d.month, d.day) == (cut.first_month, 1) for d in near)
    return is_near and day.weekday() == cut.week_start


MONTH_OF_WEEK = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]


@cache
def place(day: date, cut: Cut) -> tuple[date, int]:
    """First day of the fiscal year of `day`, and which of its months, quarters or years it is."""
    start = day
    while not begins_year(start, cut):
        start -= ONE_DAY
    if cut.calendar == "gregorian":
        month = (day.month - start.month) % 12
    else:
        week = min((day - start).days // 7, 51)
        month = week // 13 * 3 + MONTH_OF_WEEK[week % 13]
    return start, month // {"month": 1, "quarter": 3, "year": 12}[cut.frequency]


@cache
def cut_start(day: date, cut: Cut) -> date:
    """The first day of the period that holds `day`: back as long as the place is the same."""
    if cut.frequency == "day":
        return day
    if cut.frequency == "week":
        return next(
            d for d in each_day(day - 6 * ONE_DAY, day + ONE_DAY) if d.weekday() == cut.week_start
        )
    start = day
    while place(start - ONE_DAY, cut) == place(day, cut):
        start -= ONE_DAY
    return start


def period_start(day: date, frequency: Frequency) -> date:
    """The first day of the period that holds `day`; weeks begin on Monday, unless a Cut says so."""
    if isinstance(frequency, Cut):
        return cut_start(day, frequency)
    if frequency == "day":
        return day
    if frequency == "week":
        return day - timedelta(days=day.weekday())
    if frequency == "month":
        return date(day.year, day.month, 1)
    if frequency == "quarter":
        return date(day.year, {1: 1, 2: 4, 3: 7, 4: 10}[(day.month + 2) // 3], 1)
    if frequency == "year":
        return date(day.year, 1, 1)
    raise ValueError(f"unknown frequency {frequency!r}")


def periods(first_day: date, as_of: date, frequency: Frequency) -> list[Period]:
    """(start, exclusive end, complete) of each period from `first_day`'s to `as_of`'s.

    >>> periods(date(2024, 2, 20), date(2024, 3, 30), "month")
    [(datetime.date(2024, 2, 1), datetime.date(2024, 3, 1), True), \
(datetime.date(2024, 3, 1), datetime.date(2024, 4, 1), False)]
    """
    result = []
    start = period_start(first_day, frequency)
    while start <= as_of:
        end = start + ONE_DAY
        while period_start(end, frequency) == start:
            end += ONE_DAY
        last_day = end - ONE_DAY
        result.append((start, end, last_day <= as_of))
        start = end
    return result


def periods_of(days: Days, as_of: date, frequency: Frequency) -> list[Period]:
    """The periods from the first purchase of anybody on; none where nobody bought."""
    first_day = first_purchase_day(days, as_of)
    return [] if first_day is None else periods(first_day, as_of, frequency)
