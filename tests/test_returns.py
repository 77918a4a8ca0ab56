"""Cohorts by lapse: who came back, and from when on nobody can say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pytest
from histories import Kit, cells
from weeks import WEEK_1

from retention.cohorts import LAPSES, RETURNS, returns
from retention.periods import Calendar

# Lapses -----------------------------------------------------------------------------------------


def test_lapses(kit: Kit) -> None:
    history = kit.drawn(
        {
            "ann": "$..$... ....... ...",  # away on day 2, back on day 3; away on day 5
            "bob": "$...... .$..... ...",  # away on day 2, lost on day 4, back on day 8
            "cat": "$...... ....... ...",  # away on day 2 for good
            "dan": "....... ....... $..",  # away on as_of itself
            "eve": "....... ....... .$.",  # not away
        }
    )
    assert history.calendar.as_of == date(2024, 1, 17)
    assert cells(history.lapses(), "number", "days", "events", "censored") == [
        (0, 1, 1, 0),  # ann
        (0, 6, 1, 0),  # bob
        (0, 11, 0, 1),  # ann, from day 5 to day 16
        (0, 14, 0, 1),  # cat
        (1, 6, 0, 1),  # bob once more, from day 10
        (2, 0, 0, 1),  # dan
    ]


def test_with_equal_thresholds_a_lapse_is_a_loss(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...$.."}, inactive_after=2, lost_after=2)
    assert cells(history.lapses(), "number", "days", "events", "censored") == [
        (0, 0, 0, 1),
        (0, 2, 1, 0),
    ]


# Returns ----------------------------------------------------------------------------------------

LAPSES_OF_JANUARY = Calendar("month", date(2024, 1, 1), date(2024, 6, 30))


def small(*rows: tuple[int, int, int, int]) -> pd.DataFrame:
    """(number, days, events, censored) of lapses."""
    return pd.DataFrame(rows, columns=list(LAPSES.names))


def test_a_fully_watched_cohort_is_returned_over_lapsed() -> None:
    # Ten lapse in January; two are back after 30 days, one after 31 and one after 90; six stay
    # away and have been watched for 152 to 182 days. 31 January to 30 June are 151 days: five ages.
    table = returns(
        small((0, 30, 2, 0), (0, 31, 1, 0), (0, 90, 1, 0), (0, 152, 0, 3), (0, 182, 0, 3)),
        calendar=LAPSES_OF_JANUARY,
    )
    assert list(table.columns) == list(RETURNS)
    names = ("lapse_period", "age", "lapsed", "returned", "return_share", "complete")
    january = date(2024, 1, 1)
    assert cells(table, *names) == [
        (january, 1, 10, 2, pytest.approx(0.2), True),
        (january, 2, 10, 3, pytest.approx(0.3), True),
        (january, 3, 10, 4, pytest.approx(0.4), True),
        (january, 4, 10, 4, pytest.approx(0.4), True),
        (january, 5, 10, 4, pytest.approx(0.4), True),
        (january, 6, 10, 4, pytest.approx(0.4), False),  # three have been watched for 182 days
    ]
    # Wilson, 2 of 10: (0.2 + 0.192073 -+ 1.959964 sqrt(0.016 + 0.009604)) / 1.384146
    #                = (0.392073 -+ 0.313616) / 1.384146
    assert cells(table, "low", "high", age=1) == [
        (pytest.approx(0.056682, abs=2e-6), pytest.approx(0.509838, abs=2e-6))
    ]


def test_shares_of_wilson_are_not_used_where_some_are_watched_no_more() -> None:
    # By hand: after 10 days 1 of 4 is back. One is watched for 20 days only. After 25 days 1 of 2:
    # 1 - 3/4 x 1/2 = 5/8. Greenwood: 1/(4 x 3) + 1/(2 x 1) = 7/12; log(3/8) = -0.980829;
    # c = 1.959964 x sqrt(7/12) / 0.980829 = 1.526206; 1 - (3/8)^exp(-+c): 0.191999 and 0.989029.
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 2, 5))
    table = returns(
        small((0, 10, 1, 0), (0, 20, 0, 1), (0, 25, 1, 0), (0, 35, 0, 1)), calendar=calendar
    )
    ((*counts, share, low, high, complete),) = cells(
        table, "age", "lapsed", "returned", "return_share", "low", "high", "complete"
    )
    assert (counts, complete) == ([1, 4, 2], False)
    assert share == pytest.approx(5 / 8)
    assert (low, high) == pytest.approx((0.191999, 0.989029), abs=2e-6)


@pytest.mark.parametrize(
    ("as_of", "complete"),
    # 31 January and 30 days is 1 March 2024, past the leap day
    [(date(2024, 2, 29), False), (date(2024, 3, 1), True)],
)
def test_an_age_is_complete_when_the_last_day_of_the_cohort_has_been_watched_for_so_long(
    as_of: date, complete: bool
) -> None:
    watched = (as_of - date(2024, 1, 1)).days
    table = returns(small((0, watched, 0, 1)), calendar=Calendar("month", date(2024, 1, 1), as_of))
    assert cells(table, "age", "complete")[0] == (1, complete)


@pytest.mark.parametrize(
    ("longest", "ages"), [(59, [1]), (60, [1, 2]), (61, [1, 2]), (90, [1, 2, 3])]
)
def test_ages_at_which_nobody_is_watched_are_absent(longest: int, ages: Sequence[int]) -> None:
    # As of 5 February, all lapses of January have been watched for 5 days.
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 2, 5))
    table = returns(small((0, 3, 2, 0), (0, longest, 0, 1)), calendar=calendar)
    assert cells(table, "age") == list(ages)
    assert cells(table, "returned") == [2] * len(ages)


def test_a_cohort_that_is_back_to_the_last_customer_is_shown_while_it_is_complete() -> None:
    # All back after 10 days; watched for 151: absent from age 6 on.
    table = returns(small((0, 10, 3, 0)), calendar=LAPSES_OF_JANUARY)
    assert cells(table, "age", "return_share", "complete") == [
        (age, 1.0, True) for age in range(1, 6)
    ]
    # Wilson, 3 of 3: low = 3 / (3 + z^2) = 3 / 6.841459
    assert cells(table, "low", "high", age=1) == [(pytest.approx(0.438503, abs=1e-6), 1.0)]
    # Of 15 of 15 floats make 1.0000000000000002: the high bound is 1, not a shade above.
    fifteen = returns(small((0, 10, 15, 0)), calendar=LAPSES_OF_JANUARY)
    assert set(cells(fifteen, "high")) == {1.0}


def test_a_cohort_of_which_nobody_is_back_has_a_share_of_zero() -> None:
    table = returns(small((0, 182, 0, 5)), calendar=LAPSES_OF_JANUARY)
    assert cells(table, "returned", "return_share", "low") == [(0, 0.0, 0.0)] * 5 + [(0, 0.0, None)]


def test_cohorts_too_young_for_an_age_leave_the_others_as_they_are() -> None:
    # The lapses of June have been watched for 29 days at most.
    table = returns(small((0, 30, 1, 0), (0, 170, 0, 1), (5, 29, 0, 4)), calendar=LAPSES_OF_JANUARY)
    assert cells(table, "lapse_period", "complete") == [(date(2024, 1, 1), True)] * 5
    assert table["returned"].dtype == "int64"
    assert table["complete"].dtype == "bool"
    young = returns(small((5, 29, 0, 4)), calendar=LAPSES_OF_JANUARY)
    assert (list(young.columns), len(young)) == (list(RETURNS), 0)


def test_rows_of_several_cohorts_are_numbered_through() -> None:
    table = returns(small((0, 182, 0, 1), (1, 151, 0, 1)), calendar=LAPSES_OF_JANUARY)
    assert list(table.index) == list(range(6 + 5))
    assert cells(table, "lapse_period") == [date(2024, 1, 1)] * 6 + [date(2024, 2, 1)] * 5


def test_lapses_of_the_running_period_and_no_lapses_have_no_row() -> None:
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 30))
    table = returns(small((2, 29, 0, 1)), calendar=calendar)
    assert (list(table.columns), len(table)) == (list(RETURNS), 0)
    assert len(returns(small(), calendar=calendar)) == 0


def test_age_of_a_return_is_counted_in_periods_of_nominal_length() -> None:
    for frequency, length in (("day", 1), ("week", 7), ("quarter", 91), ("year", 365)):
        calendar = Calendar(frequency, date(2020, 1, 1), date(2022 if length < 100 else 2024, 1, 1))
        table = returns(small((0, length, 1, 0), (0, length + 1, 1, 0)), calendar=calendar)
        assert cells(table, "age", "returned")[:2] == [(1, 1), (2, 2)]


def test_returns_of_a_history(kit: Kit) -> None:
    # Lapses of week 1: ann on 3 January, back on the 10th (7 days); dan on the 7th, not back in 10
    # days. Week 2: nobody is under watch after 7 days.
    history = kit.drawn(
        {
            "ann": "$...... ..$.... ...",
            "bob": ".....$. ..$.$.. ...",
            "cat": "......$ ...$.$. ...",
            "dan": "....$.. .r..... ...",
        }
    )
    names = ("lapse_period", "age", "lapsed", "returned", "return_share", "complete")
    assert cells(history.returns(), *names) == [(WEEK_1, 1, 2, 1, 0.5, True)]
