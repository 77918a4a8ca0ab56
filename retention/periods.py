"""The calendar: which period a day belongs to, and which periods are complete.

A period is half-open `[start, end)`; it is complete when its last day is on or before `as_of`.
Tables carry the *number* of a period (0 = the first one), so that "whole periods since" is a
subtraction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir

Frequency = Literal["day", "week", "month", "quarter", "year"]
FREQUENCIES: tuple[str, ...] = get_args(Frequency)

NOMINAL_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
"""Length by which follow-up counted from a customer's own day is cut into periods."""

PERIODS_A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods back "the same period a year ago" is."""

PERIODS = ibis.schema(
    {"number": "int64", "period": "date", "period_end": "date", "complete": "boolean"}
)

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


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

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """All periods in order, the running one included.

        >>> [str(p.start) for p in Calendar("month", date(2024, 1, 9), date(2024, 3, 1)).periods]
        ['2024-01-01', '2024-02-01', '2024-03-01']
        """
        bounds = pairwise(_bounds(self.frequency, self.first_day, self.as_of))
        return tuple(
            Period(number, start, end, complete=end <= self.as_of + timedelta(days=1))
            for number, (start, end) in enumerate(bounds)
        )

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
        if self.frequency in _MONTHS:
            months = (day.year() - start.year) * 12 + day.month() - start.month
            number = months // _MONTHS[self.frequency]
        else:
            number = day.delta(ibis.literal(start), unit="day") // NOMINAL_DAYS[self.frequency]
        inside = day.between(ibis.literal(start), ibis.literal(self.as_of))
        return inside.ifelse(number.cast("int64"), ibis.null("int64"))


def shifted(day: ir.Column, days: int) -> ir.Column:
    """`day` plus a number of days, still a date on every engine (date + interval is not)."""
    return (day.cast("timestamp") + ibis.interval(days=days)).cast("date")


def start_of_period(frequency: Frequency, day: date) -> date:
    """First day of the period that holds `day`; weeks are ISO weeks.

    >>> start_of_period("week", date(2026, 1, 1)), start_of_period("quarter", date(2026, 6, 30))
    (datetime.date(2025, 12, 29), datetime.date(2026, 4, 1))
    """
    if frequency == "day":
        return day
    if frequency == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[frequency]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _bounds(frequency: Frequency, first_day: date, as_of: date) -> Iterator[date]:
    """Starts of the periods, and the end of the last."""
    start = start_of_period(frequency, first_day)
    while start <= as_of:
        yield start
        start = _next_start(frequency, start)
    yield start


def _next_start(frequency: Frequency, start: date) -> date:
    if frequency in _MONTHS:
        months = start.year * 12 + start.month - 1 + _MONTHS[frequency]
        return date(months // 12, months % 12 + 1, 1)
    return start + timedelta(days=NOMINAL_DAYS[frequency])
