"""The oracle's cohorts and curves against figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import oracle
import pytest
from two_weeks import WEEKS, day, drawn, values

# Cohorts ----------------------------------------------------------------------------------------


def test_cohorts_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    names = ("cohort", "age", "cohort_size", "customers", "retention", "revenue")
    rows = oracle.cohorts(days, as_of, "week")
    assert values(rows, *names, "cumulative_revenue_per_customer", "complete") == [
        # ann, bob, cat, dan; eve is in no cohort
        (date(2024, 1, 1), 0, 4, 4, 1.0, Decimal(40), 10.0, True),
        # ann 10, bob 20, cat 20, and dan's refund without a purchase day
        (date(2024, 1, 1), 1, 4, 3, 0.75, Decimal(40), 20.0, True),
        # the running week: observed, empty, and incomplete
        (date(2024, 1, 1), 2, 4, 0, 0.0, Decimal(0), 20.0, False),
    ]


def test_cohorts_without_customers_have_no_rows_and_silent_periods_have() -> None:
    # Weeks 1 and 3 have a new customer, week 2 none; as_of closes week 3: no running week.
    days, as_of = drawn(
        early="s......" + "......." + "......$",
        late="......." + "......." + "$......",
    )
    names = ("cohort", "age", "customers", "revenue", "complete")
    assert values(oracle.cohorts(days, as_of, "week"), *names) == [
        (date(2024, 1, 1), 0, 1, Decimal(15), True),
        (date(2024, 1, 1), 1, 0, Decimal(0), True),
        (date(2024, 1, 1), 2, 1, Decimal(10), True),
        (date(2024, 1, 15), 0, 1, Decimal(10), True),
    ]


def test_amounts_before_the_first_purchase_are_in_no_cohort() -> None:
    # A refund in the week before and one in the week of the first purchase, both before it;
    # one after it counts. The ledger begins with the week of the first purchase, and has both of
    # that week's.
    days, as_of = drawn(c1="r......" + "r$r....")
    names = ("cohort", "age", "revenue", "cumulative_revenue_per_customer")
    assert values(oracle.cohorts(days, as_of, "week"), *names) == [
        (date(2024, 1, 8), 0, Decimal(0), 0.0)
    ]
    assert values(oracle.ledger(days, 2, 4, as_of, "week"), "period", "revenue") == [
        (date(2024, 1, 8), Decimal(-10))
    ]


def test_unbounded_cohort_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    # Of four, ann, bob and cat buy in week 2, and nobody later; the running week has no row.
    assert values(oracle.unbounded(days, as_of, "week"), "age", "customers", "retention") == [
        (0, 4, 1.0),
        (1, 3, 0.75),
    ]
    # Somebody who skips week 2 is still counted in it.
    days, as_of = drawn(ann="$......" + "......." + "$......", bob="$......" + "......." * 2)
    assert values(oracle.unbounded(days, as_of, "week"), "age", "customers") == [
        (0, 2),
        (1, 1),
        (2, 1),
    ]


def test_gross_and_refunded_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    refunds = {"dan": [(day(8), Decimal(-10))], "eve": [(day(3), Decimal(-10))]}
    names = ("age", "gross_revenue", "refunded", "revenue")
    assert values(oracle.cohort_revenue(days, refunds, as_of, "week"), *names) == [
        (0, Decimal(40), Decimal(0), Decimal(40)),
        (1, Decimal(50), Decimal(-10), Decimal(40)),
        (2, Decimal(0), Decimal(0), Decimal(0)),
    ]


# Follow-up --------------------------------------------------------------------------------------


def test_brackets_and_windows_by_hand() -> None:
    # as_of day 60: early (day 0) has been watched for 61 days, late (day 5) for 56.
    days, as_of = drawn(early="$" + "." * 29 + "$" + "." * 30, late="....." + "$" + "." * 54 + "$")
    names = ("from_day", "watched", "customers", "cumulative_revenue_per_customer", "complete")
    assert values(oracle.brackets(days, as_of, "month", (0, 30, 31, 57)), *names) == [
        (0, 2, 2, 10.0, True),
        (30, 2, 1, 15.0, True),
        (31, 1, 0, 20.0, False),
    ]
    assert values(oracle.rolling(days, as_of, "month"), "window", "watched", "customers") == [
        (0, 2, 2),
        (1, 1, 1),
    ]


def test_second_life_by_hand() -> None:
    # inactive_after 2, lost_after 4: day 3 meets dormant, day 33 meets lost. as_of day 63.
    days, as_of = drawn(ann="$..$" + "." * 29 + "$" + "." * 30)
    names = ("began_as", "window", "watched", "customers", "cumulative_revenue_per_customer")
    assert values(oracle.second_life(days, 2, 4, as_of), *names) == [
        ("new", 0, 1, 1, 20.0),
        ("new", 1, 1, 1, 30.0),
        ("reactivated", 0, 1, 1, 10.0),
        ("reactivated", 1, 1, 1, 20.0),  # day 33 is 30 days since day 3
        ("won_back", 0, 1, 1, 10.0),
    ]


def test_second_purchase_by_kaplan_meier() -> None:
    # x buys again after 2 days, y after 5, z not in 3, and w on the last day of all.
    # After 2 days 1 of 3; after 5 days 1 of 1: 1 - 2/3 x 0.
    days, as_of = drawn(x="$.$...", y="$....$", z="..$...", w=".....$")
    names = ("days", "at_risk", "second_purchases")
    rows = oracle.second_purchase(days, as_of)
    assert values(rows, *names) == [
        (0, 4, 0),
        (1, 3, 0),
        (2, 3, 1),
        (3, 2, 0),
        (4, 1, 0),
        (5, 1, 1),
    ]
    assert [row["second_purchase_share"] for row in rows] == pytest.approx(
        [0, 0, 1 / 3, 1 / 3, 1 / 3, 1]
    )


# Returns ----------------------------------------------------------------------------------------


def test_returns_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    rows = oracle.returns(days, 2, 4, as_of, "week")
    names = ("lapse_period", "age", "lapsed", "returned", "return_share", "complete")
    assert values(rows, *names) == [
        # Lapses of week 1: ann on 3 January, back on the 10th (7 days); dan on the 7th, not back in
        # 10 days. A lapse on the 7th has been watched for 7 days; nobody is away for 14.
        (date(2024, 1, 1), 1, 2, 1, 0.5, True),
        # Lapses of week 2: bob on the 8th and cat on the 9th, each back 2 days later; ann on the
        # 12th and bob on the 14th, watched 5 and 3 days. Nobody is under watch after 7: no row.
    ]
    assert all(row["low"] is None and row["high"] is None for row in rows)


# inactive_after 2, as_of day 16. Lapses, all in week 1:
#   soon   lapses on day 3, back on day 4 (after 1), then buys daily
#   late   lapses on day 2, back on day 12 or 13 (after 10 or 11), then buys daily
#   never  lapses on day 2, watched for 14 days
#   short  lapses on day 6, watched for 10 days
SOON, NEVER, SHORT = ".$.." + "$" * 13, "$" + "." * 16, "....$" + "." * 12


def test_returns_by_kaplan_meier() -> None:
    # After 1 day 1 of 4 returns: 3/4 stay away. After 11 days `short` is watched no more: 1 of 2.
    # 1 - 3/4 x 1/2 = 5/8, where plain counting would say 2/4.
    days, as_of = drawn(soon=SOON, late="$" + "." * 12 + "$$$$", never=NEVER, short=SHORT)
    rows = oracle.returns(days, 2, 4, as_of, "week")
    assert values(rows, "age", "lapsed", "returned", "return_share", "complete") == [
        (1, 4, 1, 0.25, True),
        (2, 4, 2, 0.625, False),
    ]


def test_a_return_on_the_day_another_is_censored_still_has_it_at_risk() -> None:
    # After 10 days `short`, censored at 10, is at risk: 1 of 3. 1 - 3/4 x 2/3 = 1/2.
    days, as_of = drawn(soon=SOON, late="$" + "." * 11 + "$$$$$", never=NEVER, short=SHORT)
    rows = oracle.returns(days, 2, 4, as_of, "week")
    assert values(rows, "age", "returned", "return_share") == [(1, 1, 0.25), (2, 2, 0.5)]


def test_lapses_of_the_running_period_have_no_row() -> None:
    days, as_of = drawn(c1="......." + "$.....")
    assert oracle.returns(days, 2, 4, as_of, "week") == []
