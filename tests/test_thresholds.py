"""Thresholds from the gaps between purchases, open ones included."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest
import scipy.stats
from histories import Kit, cells

from retention.errors import DataRefused
from retention.thresholds import GAPS, THRESHOLDS, gaps, thresholds
from retention.transactions import PAUSES


def gap_table(closed: dict[int, int], still_open: dict[int, int] | None = None) -> pd.DataFrame:
    """GAPS of so many closed and open gaps by length."""
    still_open = still_open or {}
    days = sorted({*closed, *still_open})
    return pd.DataFrame(
        {
            "days": days,
            "closed": [closed.get(d, 0) for d in days],
            "open": [still_open.get(d, 0) for d in days],
        }
    )


def auto(table: pd.DataFrame, **options: object) -> tuple[int, int]:
    found = thresholds(table, inactive_after="auto", lost_after="auto", **options)
    return found.inactive_after, found.lost_after


# Gaps -------------------------------------------------------------------------------------------


def test_gaps(kit: Kit) -> None:
    # as_of is day 20. x: closed 2, 1, 10, open 7; y: closed 2, open 18; z: open 4, two orders on
    # its day; w: bought on as_of. A refund and a day that nets to zero close no gap.
    history = kit.drawn(
        {
            "x": "$.$$....r....$.......",
            "y": "$.$.0................",
            "z": "................s....",
            "w": "....................$",
        }
    )
    assert cells(history.gaps(), "days", "closed", "open") == [
        (0, 0, 1),
        (1, 1, 0),
        (2, 2, 0),
        (4, 0, 1),
        (7, 0, 1),
        (10, 1, 0),
        (18, 0, 1),
    ]


def test_gaps_count_days_over_a_leap_day_and_a_new_year(kit: Kit) -> None:
    history = kit.drawn({"x": "$" + "." * 60 + "$" + "." * 5}, start=date(2023, 12, 31))
    assert history.calendar.as_of == date(2024, 3, 6)
    assert cells(history.gaps(), "days", "closed", "open") == [(5, 0, 1), (61, 1, 0)]


def test_schema_holds_on_no_engine_at_all() -> None:
    pauses = ibis.table(PAUSES, name="pauses")
    assert gaps(pauses, as_of=date(2024, 1, 1)).schema() == GAPS


# return_quantile --------------------------------------------------------------------------------

# 100 gaps: 30 close on day 10, 20 on day 20, 10 are watched for 25 days, 20 close on day 40 and 20
# are open after 60.
#   F(10) = 30/100, F(20) = 50/100, F(40) = 1 - 1/2 x 20/40 = 75/100 = F(60)
SHOP = gap_table({10: 30, 20: 20, 40: 20}, {25: 10, 60: 20})


@pytest.mark.parametrize(
    ("quantile", "days"),
    [
        (0.01, 10),
        (0.4, 10),  # 0.30 = 0.4 x 0.75: reached exactly on day 10
        (0.41, 20),
        (2 / 3, 20),  # 0.50: reached exactly on day 20
        (0.67, 40),
        (0.80, 40),
        (1.0, 40),
    ],
)
def test_the_smallest_day_by_which_so_many_of_those_who_come_back_have(
    quantile: float, days: int
) -> None:
    assert auto(SHOP, factors=(quantile, 1.0)) == (days, 40)


def test_open_gaps_count() -> None:
    # By closed gaps alone F(20) would be 50/70 of the total: reached by 0.71 of it, not by 0.66.
    closed_only = gap_table({10: 30, 20: 20, 40: 20})
    assert auto(closed_only, factors=(0.70, 1.0)) == (20, 40)
    assert auto(SHOP, factors=(0.70, 1.0)) == (40, 40)


def test_defaults_are_80_and_95_percent() -> None:
    table = gap_table(dict.fromkeys(range(1, 101), 1))
    assert auto(table) == (80, 95)


def test_the_horizon_is_a_year_or_the_longest_gap() -> None:
    # 40 gaps close after 100 days, 5 after 365 and 55 after 400: within a year come 45.
    table = gap_table({100: 40, 365: 5, 400: 55})
    found = thresholds(table, inactive_after="auto", lost_after="auto")
    # 0.80 x 0.45 = 0.36 <= 0.40; 0.95 x 0.45 = 0.4275 > 0.40
    assert (found.inactive_after, found.lost_after, found.horizon) == (100, 365, 365)
    assert thresholds(SHOP, inactive_after="auto", lost_after="auto").horizon == 60


def test_no_return_within_the_horizon_gives_no_threshold() -> None:
    table = gap_table({400: 40}, {0: 3, 700: 10})
    with pytest.raises(
        DataRefused, match=r"no purchase is followed by another within 365 days.*numbers of days"
    ):
        auto(table)
    assert auto(table, rule="mean_gap", factors=(1, 2)) == (400, 800)


# mean_gap ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("multiples", "days"),
    [
        # 31 gaps: 30 of 10 days and one of 41: the mean is 341/31 = 11 exactly
        ((2, 4), (22, 44)),
        ((1, 1.5), (11, 17)),  # 16.5 is rounded up
        ((0.1, 1.1), (2, 13)),  # 1.1, and 12.1 which floats make 12.100000000000001
        ((3, 3), (33, 33)),
    ],
)
def test_mean_gap_is_rounded_up_exactly(
    multiples: tuple[float, float], days: tuple[int, int]
) -> None:
    assert auto(gap_table({10: 30, 41: 1}, {500: 9}), rule="mean_gap", factors=multiples) == days


def test_mean_gap_that_is_whole_is_not_rounded_up() -> None:
    # 1.1 x 10 is 11, though floats make it 11.000000000000002
    assert auto(gap_table({10: 30}), rule="mean_gap", factors=(1.1, 2.2)) == (11, 22)


def test_mean_gap_rounds_a_shade_above_up() -> None:
    # 30 gaps that add up to 301 days: 2 x 301/30 = 20.07, 4 x = 40.13
    assert auto(gap_table({10: 29, 11: 1}), rule="mean_gap", factors=(2, 4)) == (21, 41)


# Given numbers, and refusals --------------------------------------------------------------------


def test_numbers_are_taken_as_given_whatever_the_data() -> None:
    found = thresholds(gap_table({}, {5: 1}), inactive_after=90, lost_after=180)
    assert (found.inactive_after, found.lost_after) == (90, 180)
    assert found.rules == ("given", "given")
    assert cells(found.evidence, "gaps", "open_gaps") == [(0, 1), (0, 1)]


def test_equal_numbers_are_allowed() -> None:
    found = thresholds(SHOP, inactive_after=90, lost_after=90)
    assert (found.inactive_after, found.lost_after) == (90, 90)


def test_one_number_and_one_derived() -> None:
    found = thresholds(SHOP, inactive_after=30, lost_after="auto")
    assert (found.inactive_after, found.lost_after) == (30, 40)
    assert found.rules == ("given", "return_quantile")
    found = thresholds(SHOP, inactive_after="auto", lost_after=50, rule="mean_gap", factors=(2, 4))
    # the mean closed gap is (300 + 400 + 800) / 70 = 150/7
    assert (found.inactive_after, found.lost_after) == (43, 50)
    assert found.rules == ("mean_gap", "given")


@pytest.mark.parametrize("rule", ["return_quantile", "mean_gap"])
@pytest.mark.parametrize(
    ("inactive_after", "lost_after"), [("auto", "auto"), (10, "auto"), ("auto", 900)]
)
def test_fewer_than_thirty_closed_gaps_ask_for_a_number(
    rule: str, inactive_after: int | str, lost_after: int | str
) -> None:
    few = gap_table({10: 20, 30: 9}, {5: 1000})
    with pytest.raises(DataRefused, match=r"only 29 gaps.* 30.*as numbers of days"):
        thresholds(few, inactive_after=inactive_after, lost_after=lost_after, rule=rule)
    enough = gap_table({10: 20, 30: 10}, {5: 1000})
    thresholds(enough, inactive_after=inactive_after, lost_after=lost_after, rule=rule)


@pytest.mark.parametrize(
    ("inactive_after", "lost_after", "found"),
    [(41, "auto", (41, 40)), ("auto", 39, (40, 39)), (50, 49, (50, 49))],
)
def test_lost_after_below_inactive_after_is_refused(
    inactive_after: int | str, lost_after: int | str, found: tuple[int, int]
) -> None:
    message = rf"lost_after \({found[1]} days\) is below inactive_after \({found[0]} days\); give"
    with pytest.raises(DataRefused, match=message):
        thresholds(SHOP, inactive_after=inactive_after, lost_after=lost_after)


# Evidence ---------------------------------------------------------------------------------------


def test_evidence_names_what_the_thresholds_rest_on() -> None:
    found = thresholds(SHOP, inactive_after="auto", lost_after=50)
    assert list(found.evidence.columns) == list(THRESHOLDS)
    assert cells(found.evidence, "threshold", "days", "rule", "gaps", "open_gaps") == [
        ("inactive_after", 40, "return_quantile", 70, 30),
        ("lost_after", 50, "given", 70, 30),
    ]
    assert cells(found.curve, "days", "survival") == [
        (10, pytest.approx(0.7)),
        (20, pytest.approx(0.5)),
        (25, pytest.approx(0.5)),
        (40, pytest.approx(0.25)),
        (60, pytest.approx(0.25)),
    ]


# Of 16 gaps 8 close on day 10, exactly the threshold. Of the 8 beyond it, 2 close on day 100, one
# is watched for 200 days, 2 close on day 375 (the last day of a year after), one on day 376, and
# two are open after 400.
#   1 - (1 - 2/8) x (1 - 2/5) = 1 - 0.75 x 0.6 = 0.55
SLOW = gap_table({10: 8, 100: 2, 375: 2, 376: 1}, {200: 1, 400: 2})


def test_the_share_wrongly_called_inactive_is_that_back_within_a_year_after() -> None:
    found = thresholds(SLOW, inactive_after=10, lost_after=35)
    # A year after the 35th day is the 400th: 1 - 0.75 x 0.6 x 2/3 = 0.70
    assert cells(found.evidence, "wrongly_called") == [pytest.approx(0.55), pytest.approx(0.70)]
    # Greenwood: 2/(8 x 6) + 2/(5 x 3) = 0.175; log 0.45 = -0.798508;
    # c = 1.959964 x sqrt(0.175) / 0.798508 = 1.026805; 1 - 0.45^exp(-+c) = 0.248726 and 0.892422
    assert cells(found.evidence, "low", "high")[0] == pytest.approx((0.248726, 0.892422), abs=2e-6)


def test_wrongly_called_is_the_quotient_of_the_whole_curve() -> None:
    found = thresholds(SLOW, inactive_after=10, lost_after=11)
    events = [10] * 8 + [100] * 2 + [375] * 2 + [376]
    whole = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=events, right=[200, 400, 400])).sf
    expected = 1 - whole.evaluate(375) / whole.evaluate(10)
    assert cells(found.evidence, "wrongly_called")[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("inactive_after", "watched"), [(35, True), (36, False), (400, False), (500, False)]
)
def test_wrongly_called_is_absent_where_nobody_has_been_watched_for_a_year_after(
    inactive_after: int, watched: bool
) -> None:
    found = thresholds(SLOW, inactive_after=inactive_after, lost_after=600)
    share, low, high = cells(found.evidence, "wrongly_called", "low", "high")[0]
    assert (share is not None, low is not None, high is not None) == (watched,) * 3
    assert cells(found.evidence, "wrongly_called", "low", "high")[1] == (None, None, None)
