"""Customers followed from a day of their own: windows, who was watched, what a return brings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import ibis
import pytest
from histories import Kit, cells

from retention.follow_up import (
    BEGINNINGS,
    BRACKETS,
    ROLLING,
    SECOND_LIFE,
    brackets,
    rolling,
    second_life,
)
from retention.lifecycle import SPELLS
from retention.periods import Calendar
from retention.transactions import CUSTOMER_DAYS

JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))
COUNTS = ("cohort", "window", "cohort_size", "watched", "customers", "complete")


def tens(start: date, *since: int) -> list[tuple[date, Decimal]]:
    """A purchase of 10 on each of these days since a start."""
    return [(start + timedelta(days=n), Decimal(10)) for n in since]


# Rolling windows --------------------------------------------------------------------------------


def test_windows_are_half_open_and_counted_from_the_own_first_purchase(kit: Kit) -> None:
    days = {
        "ann": tens(JANUARY, 0, 29),
        "bob": tens(JANUARY, 0, 30),
        "cat": tens(date(2024, 1, 5), 0, 59),
        "dan": tens(date(2024, 1, 5), 0, 60),
    }
    found = kit(days, as_of=date(2024, 4, 3), frequency="month").rolling()
    assert cells(found, *COUNTS) == [
        (JANUARY, 0, 4, 4, 4, True),
        (JANUARY, 1, 4, 4, 2, True),  # bob on day 30, cat on day 59
        (JANUARY, 2, 4, 4, 1, True),  # dan on day 60
    ]
    # Wilson, 2 of 4, as in test_cohort_views
    assert cells(found, "retention", "low", "high", window=1) == [
        (0.5, pytest.approx(0.150039, abs=2e-6), pytest.approx(0.849961, abs=2e-6))
    ]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        # 31 days of January: ann has been watched through day 29 on the 30th, eve on 29 February
        (date(2024, 1, 29), []),
        (date(2024, 1, 30), [(0, 1, False)]),  # and more may yet join the running cohort
        (date(2024, 2, 28), [(0, 1, False)]),
        (date(2024, 2, 29), [(0, 2, True), (1, 1, False)]),
        (date(2024, 3, 29), [(0, 2, True), (1, 1, False)]),
        (date(2024, 3, 30), [(0, 2, True), (1, 2, True), (2, 1, False)]),
    ],
)
def test_a_cell_counts_those_who_were_watched_through_its_last_day(
    kit: Kit, as_of: date, expected: list[tuple[int, int, bool]]
) -> None:
    days = {"ann": tens(JANUARY, 0), "eve": tens(date(2024, 1, 31), 0)}
    known = {name: entries for name, entries in days.items() if entries[0][0] <= as_of}
    found = kit(known, as_of=as_of, frequency="month").rolling()
    assert cells(found, "window", "watched", "complete") == expected


def test_a_purchase_of_somebody_not_watched_to_the_end_of_the_window_does_not_count(
    kit: Kit,
) -> None:
    # eve buys in her window 1, which ends after as_of.
    days = {"ann": tens(JANUARY, 0), "eve": tens(date(2024, 1, 31), 0, 30)}
    found = kit(days, as_of=date(2024, 3, 29), frequency="month").rolling()
    assert cells(found, "window", "watched", "customers") == [(0, 2, 2), (1, 1, 0)]


def test_the_running_cohort_is_never_complete(kit: Kit) -> None:
    days = {"ann": tens(MARCH, 0), "bob": tens(JANUARY, 0)}
    found = kit(days, as_of=date(2024, 3, 30), frequency="month").rolling()
    assert cells(found, *COUNTS, cohort=MARCH) == [(MARCH, 0, 1, 1, 1, False)]


def test_a_leap_day_is_a_day_like_any_other(kit: Kit) -> None:
    # 30 days after 30 January: 29 February 2024, but 1 March 2023.
    for year, back in ((2024, date(2024, 2, 29)), (2023, date(2023, 3, 1))):
        for shift, window in ((0, 1), (-1, 0)):
            start = date(year, 1, 30)
            days = {"ann": [(start, Decimal(1)), (back + timedelta(days=shift), Decimal(1))]}
            found = kit(days, as_of=date(year, 3, 31), frequency="month").rolling()
            assert cells(found, "window", "customers") == [(0, 1), (1, window)]


def test_revenue_is_added_up_over_the_same_watched_customers(kit: Kit) -> None:
    days = {
        "ann": [
            (date(2024, 1, 1), Decimal(-3)),  # before her first purchase
            (date(2024, 1, 2), Decimal(10)),
            (date(2024, 2, 1), Decimal(-4)),  # day 30
            (date(2024, 3, 2), Decimal(6)),  # day 60
        ],
        "bob": [(date(2024, 1, 31), Decimal(100))],
    }
    found = kit(days, as_of=date(2024, 3, 31), frequency="month").rolling()
    name = "cumulative_revenue_per_customer"
    # Day 89 of ann is 31 March, day 59 of bob 30 March: in window 2 she stands alone.
    assert cells(found, "watched", name) == [(2, 55.0), (2, 53.0), (1, 12.0)]


def test_a_history_shorter_than_a_window_has_no_row(kit: Kit) -> None:
    found = kit({"ann": tens(JANUARY, 0)}, as_of=date(2024, 1, 29), frequency="week").rolling()
    assert (list(found.columns), len(found)) == (list(ROLLING.names), 0)


def test_days_that_net_to_nothing_are_no_purchase(kit: Kit) -> None:
    days = {"ann": [*tens(JANUARY, 0), (FEBRUARY, Decimal(0)), (MARCH, Decimal(-5))]}
    found = kit(days, as_of=date(2024, 3, 30), frequency="month").rolling()
    assert cells(found, "window", "customers") == [(0, 1), (1, 0), (2, 0)]


# Brackets ---------------------------------------------------------------------------------------


def test_brackets_are_half_open(kit: Kit) -> None:
    days = {
        "ann": tens(JANUARY, 0),
        "bob": tens(JANUARY, 0, 1),
        "cat": tens(JANUARY, 0, 7, 8),
        "dan": tens(JANUARY, 0, 30, 31),
    }
    found = kit(days, as_of=date(2024, 2, 1), frequency="month").brackets((0, 1, 8, 31, 91))
    # 32 days: nobody has been watched for 91.
    assert cells(found, "from_day", "to_day", "watched", "customers", "complete") == [
        (0, 1, 4, 4, True),
        (1, 8, 4, 2, True),
        (8, 31, 4, 2, True),
    ]
    assert cells(found, "cohort", "cohort_size", "retention", to_day=8) == [(JANUARY, 4, 0.5)]


def test_a_bracket_counts_those_who_were_watched_through_its_end(kit: Kit) -> None:
    days = {"ann": tens(JANUARY, 0, 5), "bob": tens(date(2024, 1, 3), 0), "cat": tens(FEBRUARY, 0)}
    history = kit(days, as_of=date(2024, 2, 3), frequency="month")
    names = ("cohort", "from_day", "watched", "customers", "complete")
    assert cells(history.brackets((0, 3, 33, 34)), *names) == [
        (JANUARY, 0, 2, 2, True),
        (JANUARY, 3, 1, 1, False),  # bob has been watched for 32 days
        (JANUARY, 33, 1, 0, False),
        (FEBRUARY, 0, 1, 1, False),
    ]


def test_brackets_may_begin_after_the_first_purchase(kit: Kit) -> None:
    days = {"ann": tens(JANUARY, 0, 6, 9), "bob": tens(JANUARY, 0, 4, 10)}
    found = kit(days, as_of=date(2024, 1, 31), frequency="month").brackets((5, 10))
    assert cells(found, "from_day", "to_day", "watched", "customers") == [(5, 10, 2, 1)]


@pytest.mark.parametrize("edges", [(), (5,), (0, 0), (8, 1), (0, 7, 7), (-1, 7)])
def test_edges_that_are_no_brackets_are_refused(edges: Sequence[int]) -> None:
    days = ibis.table(CUSTOMER_DAYS, name="days")
    calendar = Calendar("month", JANUARY, MARCH)
    with pytest.raises(ValueError, match=r"rising numbers of days from 0 on, not \["):
        brackets(days, edges, calendar=calendar)


# Second life ------------------------------------------------------------------------------------


def test_the_returned_are_followed_from_their_return_on(kit: Kit) -> None:
    days = {
        "ann": [
            (date(2024, 1, 1), Decimal(10)),  # new
            (date(2024, 1, 16), Decimal(20)),  # after 15 days: reactivated
            (date(2024, 2, 15), Decimal(40)),  # after 30 days: won back; 30 and 45 days since
        ],
        "bob": [
            (date(2024, 1, 1), Decimal(5)),  # new
            (date(2024, 1, 31), Decimal(7)),  # after 30 days: won back
        ],
    }
    history = kit(
        days, as_of=date(2024, 3, 30), inactive_after=10, lost_after=20, frequency="month"
    )
    names = ("began_as", "window", "watched", "customers", "cumulative_revenue_per_customer")
    assert cells(history.second_life(), *names) == [
        ("new", 0, 2, 2, 17.5),  # (10 + 20 + 5) / 2
        ("new", 1, 2, 2, 41.0),  # and 40 and 7 more, though they had been lost in between
        ("new", 2, 2, 0, 41.0),
        ("reactivated", 0, 1, 1, 20.0),
        ("reactivated", 1, 1, 1, 60.0),  # 15 February is day 30
        ("won_back", 0, 2, 2, 23.5),  # (40 + 7) / 2
        ("won_back", 1, 1, 0, 7.0),  # ann has been watched for 45 days since her return
    ]
    # Wilson, 0 of 2: high = z^2 / (2 + z^2) = 3.841459 / 5.841459
    assert cells(history.second_life(), "retention", "low", "high", began_as="new", window=2) == [
        (0.0, pytest.approx(0.0, abs=1e-12), pytest.approx(0.657620, abs=2e-6))
    ]


def test_who_returns_several_times_counts_at_each_return(kit: Kit) -> None:
    days = {"ann": tens(JANUARY, 0, 20, 40, 60)}
    history = kit(days, as_of=JANUARY + timedelta(days=99), inactive_after=5, lost_after=10)
    names = ("began_as", "window", "watched", "customers")
    assert cells(history.second_life(), *names) == [
        ("new", 0, 1, 1),
        ("new", 1, 1, 1),  # day 40
        ("new", 2, 1, 1),  # day 60
        ("won_back", 0, 3, 3),
        ("won_back", 1, 2, 1),  # of day 20 (buys on day 60) and of day 40; day 60 is too young
    ]


@pytest.mark.parametrize(("gap", "began_as"), [(4, None), (5, "reactivated"), (7, "reactivated")])
def test_a_start_is_a_purchase_that_meets_dormant_or_lost(
    kit: Kit, gap: int, began_as: str | None
) -> None:
    # inactive_after 4, lost_after 8: a purchase on the very day of the lapse is none.
    days = {"ann": tens(JANUARY, 0, gap)}
    found = kit(days, as_of=MARCH, inactive_after=4, lost_after=8).second_life()
    assert set(cells(found, "began_as")) == {"new", began_as or "new"}


def test_with_equal_thresholds_every_return_is_a_winning_back(kit: Kit) -> None:
    history = kit({"ann": tens(JANUARY, 0, 5)}, as_of=MARCH, inactive_after=4, lost_after=4)
    assert set(cells(history.second_life(), "began_as")) == {"new", "won_back"}
    assert set(BEGINNINGS) == {"new", "reactivated", "won_back"}


def test_without_a_watched_window_there_is_no_row(kit: Kit) -> None:
    history = kit({"ann": tens(JANUARY, 0, 5)}, as_of=date(2024, 1, 29))
    found = history.second_life()
    assert (list(found.columns), len(found)) == (list(SECOND_LIFE.names), 0)


def test_schemas_hold_on_no_engine_at_all() -> None:
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    days, spells = ibis.table(CUSTOMER_DAYS, name="days"), ibis.table(SPELLS, name="spells")
    assert rolling(days, calendar=calendar).schema() == ROLLING
    assert brackets(days, (0, 7), calendar=calendar).schema() == BRACKETS
    assert second_life(spells, days, calendar=calendar).schema() == SECOND_LIFE
