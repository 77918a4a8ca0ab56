"""Weeks that begin on another day, fiscal years, 4-4-5: what the rules of a calendar move."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import oracle
import pytest
from histories import Kit, cells, cut
from hypothesis import given, settings
from hypothesis import strategies as st
from test_periods import RULES, bounds

from retention.periods import (
    FREQUENCIES,
    GREGORIAN,
    WEEKDAYS,
    Calendar,
    Frequency,
    Rules,
)


def test_weeks_begin_on_the_day_of_the_rules() -> None:
    # 30 June 2026 is a Tuesday.
    starts = [Rules(week_start=day).bounds("week", date(2026, 6, 30))[0] for day in WEEKDAYS]
    assert [start.day for start in starts] == [29, 30, 24, 25, 26, 27, 28]
    assert Rules(week_start="sunday").bounds("week", date(2026, 6, 28))[1] == date(2026, 7, 5)


def test_a_fiscal_year_is_named_by_the_year_in_which_it_ends() -> None:
    april = Rules(fiscal_year_start="april")
    assert april.bounds("year", date(2026, 3, 31)) == (date(2025, 4, 1), date(2026, 4, 1))
    assert april.place("year", date(2026, 3, 31)) == (2026, 1)
    assert april.place("year", date(2026, 4, 1)) == (2027, 1)
    assert april.bounds("quarter", date(2026, 3, 31)) == (date(2026, 1, 1), date(2026, 4, 1))
    assert april.place("quarter", date(2026, 3, 31)) == (2026, 4)
    december = Rules(fiscal_year_start="december")
    assert december.bounds("quarter", date(2026, 2, 28)) == (date(2025, 12, 1), date(2026, 3, 1))
    assert december.place("quarter", date(2025, 12, 1)) == (2026, 1)
    assert GREGORIAN.place("quarter", date(2026, 6, 30)) == (2026, 2)


def test_years_that_end_on_the_sunday_nearest_to_the_end_of_december() -> None:
    # Fiscal years of Johnson & Johnson, by its annual reports: that of 2020 had 53 weeks.
    ends = {
        2019: date(2019, 12, 29),
        2020: date(2021, 1, 3),
        2021: date(2022, 1, 2),
        2022: date(2023, 1, 1),
        2023: date(2023, 12, 31),
        2024: date(2024, 12, 29),
    }
    rules = Rules("4-4-5")
    found = {year: rules.bounds("year", day)[1] - timedelta(days=1) for year, day in ends.items()}
    assert found == ends
    assert {rules.place("year", day) for day in ends.values()} == {(year, 1) for year in ends}
    quarters = [date(2023, 4, 2), date(2023, 7, 2), date(2023, 10, 1), date(2024, 3, 31)]
    assert [rules.bounds("quarter", day)[1] - timedelta(days=1) for day in quarters] == quarters
    assert [rules.place("quarter", day)[1] for day in quarters] == [1, 2, 3, 1]


def test_the_years_of_american_retailers_begin_on_the_sunday_nearest_to_february() -> None:
    # The calendar of the National Retail Federation, which names a year by its beginning: the years
    # that it calls 2012, 2017 and 2023 have 53 weeks.
    rules = Rules("4-4-5", "sunday", "february")
    starts = [rules.first_day(year) for year in range(2013, 2027)]
    assert starts[:2] == [date(2012, 1, 29), date(2013, 2, 3)]
    assert starts[5:7] == [date(2017, 1, 29), date(2018, 2, 4)]
    assert starts[11:] == [date(2023, 1, 29), date(2024, 2, 4), date(2025, 2, 2)]
    long_years = [s.year for s, e in pairwise(starts) if (e - s).days == 371]
    assert long_years == [2012, 2017, 2023]


@given(day=st.dates(date(1999, 1, 1), date(2040, 12, 31)))
def test_with_the_usual_rules_a_year_of_4_4_5_is_an_iso_year(day: date) -> None:
    year, week, _ = day.isocalendar()
    rules = Rules("4-4-5")
    assert rules.place("week", day) == (year, week)
    assert rules.place("year", day) == (year, 1)
    quarter = min((week - 1) // 13, 3)
    assert rules.place("quarter", day) == (year, quarter + 1)
    month = min((week - 1 - quarter * 13) // 4, 2)
    assert rules.place("month", day) == (year, quarter * 3 + month + 1)


def test_the_months_of_a_year_of_53_weeks() -> None:
    rules = Rules("4-4-5")
    span = date(2026, 1, 1), date(2027, 2, 1)
    starts = [period.start for period in Calendar("month", *span, rules).periods]
    weeks = [(end - start).days // 7 for start, end in pairwise(starts)]
    assert weeks == [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 6, 4]


@given(
    first_day=st.dates(date(1999, 1, 1), date(2040, 12, 31)),
    length=st.integers(0, 800),
    rules=RULES,
    frequency=st.sampled_from(FREQUENCIES),
)
@settings(max_examples=25)
def test_periods_are_those_that_the_oracle_walks_to(
    first_day: date, length: int, rules: Rules, frequency: Frequency
) -> None:
    as_of = first_day + timedelta(days=length)
    walked = oracle.periods(first_day, as_of, cut(frequency, rules))
    assert bounds(Calendar(frequency, first_day, as_of, rules)) == walked


@pytest.mark.parametrize("frequency", ["week", "month", "quarter", "year"])
@pytest.mark.parametrize(
    "rules",
    [
        Rules("4-4-5"),
        Rules("4-4-5", "sunday", "february"),
        Rules("4-4-5", "thursday", "october"),
        Rules("gregorian", "saturday", "july"),
    ],
    ids=lambda rules: "-".join((rules.calendar, rules.week_start, rules.fiscal_year_start)),
)
def test_the_engine_counts_periods_across_many_years_of_53_weeks(
    kit: Kit, frequency: Frequency, rules: Rules
) -> None:
    # 27 years, from the middle of a year on.
    calendar = Calendar(frequency, date(1999, 5, 17), date(2026, 11, 20), rules)
    first = date(1999, 1, 1)
    days = [first + timedelta(days=i) for i in range(10_250)]
    table = kit.customer_days([("c", day, Decimal(1)) for day in days])
    found = calendar.numbered(table, number="day").order_by("day").to_pandas()
    starts = [period.start for period in calendar.periods]
    expected = [
        bisect_right(starts, day) - 1 if starts[0] <= day <= calendar.as_of else None
        for day in days
    ]
    assert cells(found, "number") == expected
