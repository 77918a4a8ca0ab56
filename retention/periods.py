"""The calendar: which period a day belongs to, and which periods are complete.

A period is half-open `[start, end)`; it is complete when its last day is on or before `as_of`.
Tables carry the *number* of a period (0 = the first one), so that "whole periods since" is a
subtraction.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir

Frequency = Literal["day", "week", "month", "quarter", "year"]
Cut = Literal["gregorian", "4-4-5"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Month = Literal[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
CUTS: tuple[Cut, ...] = get_args(Cut)
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
MONTHS: tuple[Month, ...] = get_args(Month)

NOMINAL_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
"""Length by which follow-up counted from a customer's own day is cut into periods, in any calendar:
the months of 4-4-5 have 28 or 35 days, and 30.3 on average."""

PERIODS_A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods back "the same period a year ago" is."""

PERIODS = ibis.schema(
    {"number": "int64", "period": "date", "period_end": "date", "complete": "boolean"}
)

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_WEEKS_BEFORE = (0, 4, 8, 13, 17, 21, 26, 30, 34, 39, 43, 47)
"""Weeks of a 4-4-5 year before each of its months."""


@dataclass(frozen=True)
class Rules:
    """How days make weeks, months, quarters and years; the fields are settings of a unit.

    A year begins on the first of `fiscal_year_start`. By `4-4-5` it begins on the `week_start`
    nearest to that day, and its quarters are months of 4, 4 and 5 weeks; where there is a 53rd
    week, the last month has it. Either year is named by the calendar year in which twelve months
    from that first of the month end.
    """

    calendar: Cut = "gregorian"
    week_start: Weekday = "monday"
    fiscal_year_start: Month = "january"

    def bounds(self, frequency: Frequency, day: date) -> tuple[date, date]:
        """First day of the period that holds `day`, and first day after it.

        >>> [str(day) for day in Rules().bounds("quarter", date(2026, 6, 30))]
        ['2026-04-01', '2026-07-01']
        >>> [str(day) for day in Rules("4-4-5").bounds("month", date(2026, 3, 29))]
        ['2026-02-23', '2026-03-30']
        """
        if frequency == "day":
            return day, day + timedelta(days=1)
        if frequency == "week":
            start = day - timedelta(days=(day.weekday() - self._weekday) % 7)
            return start, start + timedelta(days=7)
        starts = self._starts(frequency, self._year(day))
        number = bisect_right(starts, day)
        return starts[number - 1], starts[number]

    def place(self, frequency: Frequency, day: date) -> tuple[int, int]:
        """The year that holds `day`, by its name, and the number of the day's period in it.

        >>> Rules(fiscal_year_start="april").place("quarter", date(2026, 4, 1))
        (2027, 1)
        """
        year = self._year(day)
        if frequency in _MONTHS:
            return year, bisect_right(self._starts(frequency, year), day)
        return year, (day - self.first_day(year)).days // NOMINAL_DAYS[frequency] + 1

    def first_day(self, year: int) -> date:
        """First day of the year of that name."""
        month = MONTHS.index(self.fiscal_year_start) + 1
        first = date(year if month == 1 else year - 1, month, 1)
        if self.calendar == "gregorian":
            return first
        ahead = (self._weekday - first.weekday()) % 7
        return first + timedelta(days=ahead if ahead <= 3 else ahead - 7)

    @property
    def _weekday(self) -> int:
        return WEEKDAYS.index(self.week_start)

    def _year(self, day: date) -> int:
        near = (day.year + 1, day.year, day.year - 1)
        return next(year for year in near if self.first_day(year) <= day)

    def _starts(self, frequency: Frequency, year: int) -> list[date]:
        """First days of the periods of a year, and of the year after it."""
        first = self.first_day(year)
        if self.calendar == "gregorian":
            ordinals = range(first.year * 12 + first.month - 1, first.year * 12 + first.month + 11)
            months = [date(ordinal // 12, ordinal % 12 + 1, 1) for ordinal in ordinals]
        else:
            months = [first + timedelta(weeks=weeks) for weeks in _WEEKS_BEFORE]
        return [*months[:: _MONTHS[frequency]], self.first_day(year + 1)]


GREGORIAN = Rules()


@dataclass(frozen=True)
class Period:
    """One period `[start, end)`."""

    number: int
    start: date
    end: date
    complete: bool


@dataclass(frozen=True)
class Calendar:
    """The periods from the one that holds `first_day` to the one that holds `as_of`."""

    frequency: Frequency
    first_day: date
    as_of: date
    rules: Rules = GREGORIAN

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """All periods in order, the running one included.

        >>> [str(p.start) for p in Calendar("month", date(2024, 1, 9), date(2024, 3, 1)).periods]
        ['2024-01-01', '2024-02-01', '2024-03-01']
        """
        return tuple(
            Period(number, start, end, complete=end <= self.as_of + timedelta(days=1))
            for number, (start, end) in enumerate(pairwise(self._bounds()))
        )

    def _bounds(self) -> Iterator[date]:
        """Starts of the periods, and the end of the last."""
        start, end = self.rules.bounds(self.frequency, self.first_day)
        while start <= self.as_of:
            yield start
            start, end = end, self.rules.bounds(self.frequency, end)[1]
        yield start

    @cached_property
    def complete(self) -> tuple[Period, ...]:
        """The complete periods, in order."""
        return tuple(period for period in self.periods if period.complete)

    def table(self) -> ir.Table:
        """One row a period (schema PERIODS)."""
        return ibis.memtable(
            [(p.number, p.start, p.end, p.complete) for p in self.periods], schema=PERIODS
        )

    def numbered(self, table: ir.Table, **columns: str) -> ir.Table:
        """`table` with a new column, name=day column, that holds the number of the day's period.

        A day outside the calendar, or an empty one, gets an empty number.
        """
        return table.mutate(**{name: self._number(table[day]) for name, day in columns.items()})

    def _number(self, day: ir.Column) -> ir.IntegerValue:
        """Arithmetic, not a join with the periods: engines misjudge the size of such joins."""
        start = self.periods[0].start
        if self.frequency not in _MONTHS:
            number = day.delta(ibis.literal(start), unit="day") // NOMINAL_DAYS[self.frequency]
        elif self.rules.calendar == "gregorian":
            months = (day.year() - start.year) * 12 + day.month() - start.month
            number = months // _MONTHS[self.frequency]
        else:
            number = self._number_by_weeks(day)
        inside = day.between(ibis.literal(start), ibis.literal(self.as_of))
        return inside.ifelse(number.cast("int64"), ibis.null("int64"))

    def _number_by_weeks(self, day: ir.Column) -> ir.IntegerValue:
        """As if every year had 52 weeks: the count of weeks stands still at each 53rd week."""
        year, place = self.rules.place(self.frequency, self.periods[0].start)
        first = self.rules.first_day(year)
        weeks = day.delta(ibis.literal(first), unit="day") // 7
        for long_week in self._long_weeks(year):
            weeks = weeks - (day >= ibis.literal(long_week)).ifelse(1, 0)
        quarters = weeks // 13
        months = quarters * 3 + ibis.least(weeks % 13 // 4, 2)
        return months // _MONTHS[self.frequency] - (place - 1)

    def _long_weeks(self, year: int) -> Iterator[date]:
        """First day of each 53rd week, from the year of that name on."""
        start = self.rules.first_day(year)
        while start <= self.as_of:
            year, end = year + 1, self.rules.first_day(year + 1)
            if (end - start).days > 52 * 7:
                yield end - timedelta(days=7)
            start = end


def shifted(day: ir.Column, days: int) -> ir.Column:
    """`day` plus a number of days, still a date on every engine (date + interval is not)."""
    return (day.cast("timestamp") + ibis.interval(days=days)).cast("date")
