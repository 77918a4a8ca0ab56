"""The calendar, at the turns where calendars go wrong."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from histories import Kit, cells, records
from hypothesis import given
from hypothesis import strategies as st

from retention.periods import (
    CUTS,
    FREQUENCIES,
    GREGORIAN,
    MONTHS,
    NOMINAL_DAYS,
    PERIODS,
    PERIODS_A_YEAR,
    WEEKDAYS,
    Calendar,
    Frequency,
    Rules,
    shifted,
)

RULES = st.builds(Rules, st.sampled_from(CUTS), st.sampled_from(WEEKDAYS), st.sampled_from(MONTHS))


def bounds(calendar: Calendar) -> list[tuple[date, date, bool]]:
    return [(period.start, period.end, period.complete) for period in calendar.periods]


def test_iso_week_at_the_turn_of_a_year() -> None:
    # 31 December 2020 is a Thursday of week 53, which ends on Sunday 3 January 2021.
    assert bounds(Calendar("week", date(2020, 12, 31), date(2021, 1, 10))) == [
        (date(2020, 12, 28), date(2021, 1, 4), True),
        (date(2021, 1, 4), date(2021, 1, 11), True),
    ]


def test_december_is_followed_by_january_of_the_next_year() -> None:
    assert bounds(Calendar("month", date(2023, 11, 30), date(2024, 1, 31))) == [
        (date(2023, 11, 1), date(2023, 12, 1), True),
        (date(2023, 12, 1), date(2024, 1, 1), True),
        (date(2024, 1, 1), date(2024, 2, 1), True),
    ]


def test_the_fourth_quarter_is_followed_by_the_first() -> None:
    assert bounds(Calendar("quarter", date(2023, 12, 31), date(2024, 3, 31))) == [
        (date(2023, 10, 1), date(2024, 1, 1), True),
        (date(2024, 1, 1), date(2024, 4, 1), True),
    ]


def test_a_leap_day_is_the_last_day_of_its_month_and_a_day_of_its_own() -> None:
    assert bounds(Calendar("month", date(2024, 2, 10), date(2024, 2, 28)))[0][2] is False
    assert bounds(Calendar("month", date(2024, 2, 10), date(2024, 2, 29)))[0][2] is True
    assert bounds(Calendar("day", date(2024, 2, 28), date(2024, 3, 1))) == [
        (date(2024, 2, 28), date(2024, 2, 29), True),
        (date(2024, 2, 29), date(2024, 3, 1), True),
        (date(2024, 3, 1), date(2024, 3, 2), True),
    ]


def test_year() -> None:
    assert bounds(Calendar("year", date(2023, 6, 1), date(2024, 12, 30))) == [
        (date(2023, 1, 1), date(2024, 1, 1), True),
        (date(2024, 1, 1), date(2025, 1, 1), False),
    ]


@pytest.mark.parametrize(
    ("as_of", "complete"), [(date(2024, 3, 30), False), (date(2024, 3, 31), True)]
)
def test_a_period_is_complete_when_as_of_is_its_last_day(as_of: date, complete: bool) -> None:
    calendar = Calendar("month", date(2024, 2, 5), as_of)
    assert [period.complete for period in calendar.periods] == [True, complete]
    assert [period.number for period in calendar.complete] == [0, 1][: 1 + complete]


def test_the_running_period_is_there_and_marked() -> None:
    calendar = Calendar("month", date(2024, 2, 5), date(2024, 3, 1))
    assert bounds(calendar)[-1] == (date(2024, 3, 1), date(2024, 4, 1), False)


def test_a_calendar_of_one_day() -> None:
    day = date(2024, 5, 6)
    assert bounds(Calendar("day", day, day)) == [(day, day + timedelta(days=1), True)]


def test_table(kit: Kit) -> None:
    table = Calendar("week", date(2024, 12, 30), date(2025, 1, 6)).table()
    assert table.schema() == PERIODS
    assert records(kit.backend.to_pandas(table.order_by("number"))) == [
        {
            "number": 0,
            "period": date(2024, 12, 30),
            "period_end": date(2025, 1, 6),
            "complete": True,
        },
        {
            "number": 1,
            "period": date(2025, 1, 6),
            "period_end": date(2025, 1, 13),
            "complete": False,
        },
    ]


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_every_day_gets_the_number_of_the_period_that_holds_it(
    kit: Kit, frequency: Frequency
) -> None:
    # Two turns of a year and a leap day, from the middle of periods to the middle of periods.
    calendar = Calendar(frequency, date(2023, 11, 16), date(2025, 2, 20))
    first = date(2022, 12, 30)
    days = [first + timedelta(days=i) for i in range(850)]
    table = kit.customer_days([("c", day, Decimal(1)) for day in days])
    found = calendar.numbered(table, number="day").order_by("day").to_pandas()
    expected = [
        next((p.number for p in calendar.periods if p.start <= day < p.end), None)
        if day <= calendar.as_of
        else None
        for day in days
    ]
    assert cells(found, "day") == days
    assert cells(found, "number") == expected
    assert set(expected) == {None, *range(len(calendar.periods))}


def test_numbered_adds_columns_and_leaves_an_empty_day_without_a_number(kit: Kit) -> None:
    days = kit.drawn({"ann": "$...... $"}, inactive_after=2, lost_after=9)
    found = days.calendar.numbered(days.spells_table, begin="started_on", end="ended_on")
    assert found.columns == (*days.spells_table.columns, "begin", "end")
    assert cells(found.order_by("started_on").to_pandas(), "state", "begin", "end") == [
        ("active", 0, 0),
        ("dormant", 0, 1),
        ("active", 1, None),
    ]


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2024, 2, 28), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 365, date(2025, 2, 28)),
        (date(2023, 12, 31), 1, date(2024, 1, 1)),
        (date(2024, 3, 30), 2, date(2024, 4, 1)),  # clocks went forward in Europe in between
        (date(2024, 5, 5), 0, date(2024, 5, 5)),
    ],
)
def test_shifted(kit: Kit, day: date, days: int, expected: date) -> None:
    table = kit.customer_days([("c", day, Decimal(1))])
    moved = table.select(moved=shifted(table.day, days))
    assert moved.moved.type().is_date()
    assert cells(moved.to_pandas(), "moved") == [expected]


@pytest.mark.parametrize("frequency", FREQUENCIES)
@given(day=st.dates(date(1999, 1, 1), date(2040, 12, 31)))
def test_start_of_period_is_that_of_pandas(frequency: Frequency, day: date) -> None:
    letter = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}[frequency]
    period = pd.Period(day, letter)
    assert GREGORIAN.bounds(frequency, day) == (
        period.start_time.date(),
        (period + 1).start_time.date(),
    )


@pytest.mark.parametrize("frequency", FREQUENCIES)
@given(
    first_day=st.dates(date(1999, 1, 1), date(2040, 12, 31)),
    length=st.integers(0, 800),
    rules=RULES,
)
def test_periods_touch_and_cover(
    frequency: Frequency, first_day: date, length: int, rules: Rules
) -> None:
    as_of = first_day + timedelta(days=length)
    periods = Calendar(frequency, first_day, as_of, rules).periods
    assert periods[0].start <= first_day < periods[0].end
    assert periods[-1].start <= as_of < periods[-1].end
    assert [p.number for p in periods] == list(range(len(periods)))
    assert [p.end for p in periods[:-1]] == [p.start for p in periods[1:]]
    assert all(rules.bounds(frequency, p.start) == (p.start, p.end) for p in periods)
    assert [p.complete for p in periods[:-1]] == [True] * (len(periods) - 1)


def test_lengths_are_those_of_the_definitions() -> None:
    assert NOMINAL_DAYS == {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
    assert PERIODS_A_YEAR == {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}


def test_schemas_hold_on_no_engine_at_all() -> None:
    days = ibis.table({"day": "date"}, name="days")
    numbered = Calendar("month", date(2024, 1, 1), date(2024, 2, 1)).numbered(days, number="day")
    assert numbered.schema() == ibis.schema({"day": "date", "number": "int64"})
