"""The oracle's thresholds against figures worked out by hand; histories that are nearly none."""

from __future__ import annotations

from fractions import Fraction

import oracle
import pytest
import timelines
from two_weeks import START, WEEKS, day, drawn

# Thresholds -------------------------------------------------------------------------------------

# as_of day 20. x: closed gaps 2, 1, 10, open 7. y: closed 2, open 18. z: open 4. The refund on
# day 8 and the day that nets to zero close no gap.
#   day 1: 7 at risk, 1 closes    1 - 6/7                 F = 1/7
#   day 2: 6 at risk, 2 close     1 - 6/7 x 4/6           F = 3/7
#   day 10: 2 at risk, 1 closes   1 - 6/7 x 4/6 x 1/2     F = 5/7
# The longest gap is the open one of 18 days: the horizon.
GAPS = {
    "x": "$.$$....r....$.......",
    "y": "$.$.0................",
    "z": "................s....",
}


@pytest.mark.parametrize(
    ("quantile", "expected"),
    [
        (0.1, 1),  # 1/14
        (0.2, 1),  # 1/7, reached exactly on day 1
        (0.21, 2),
        (0.6, 2),  # 3/7, reached exactly on day 2
        (0.61, 10),
        (Fraction(4, 5), 10),
        (1.0, 10),
    ],
)
def test_return_quantile(quantile: float | Fraction, expected: int) -> None:
    days, as_of = drawn(**GAPS)
    assert oracle.threshold(days, as_of, quantile) == expected


def test_return_quantile_looks_no_further_than_the_horizon() -> None:
    # F(9) = 3/7; 0.8 of it is 12/35, above F(1) = 1/7 and below F(2)
    days, as_of = drawn(**GAPS)
    assert oracle.threshold(days, as_of, 0.8, horizon=9) == 2
    assert oracle.threshold(days, as_of, 0.8, horizon=10) == 10


def test_a_gap_censored_at_g_days_is_at_risk_through_day_g() -> None:
    # Closed 3 and 5, open 3 and 0: at day 3 three are at risk: F(3) = 1/3, F(5) = 1.
    days, as_of = drawn(a="$..$....$", b=".....$...")
    third = Fraction(1, 3)
    assert oracle.shares_ended([3, 5], [0, 3], 6) == [0, 0, 0, third, third, 1, 1]
    assert oracle.closed_gaps(days, as_of) == [3, 5]
    assert oracle.open_gaps(days, as_of) == [0, 3]
    assert oracle.threshold(days, as_of, Fraction(1, 3)) == 3
    assert oracle.threshold(days, as_of, Fraction(1, 2)) == 5


def test_mean_gap_rounds_up() -> None:
    # Closed gaps 2, 1, 10, 2: the mean is 15/4. Twice is 7.5, four times is 15 and stays 15.
    days, _ = drawn(**GAPS)
    assert oracle.mean_gap(days, 2) == 8
    assert oracle.mean_gap(days, 4) == 15


def test_thresholds_need_a_closed_gap() -> None:
    days, as_of = drawn(once="$....")
    with pytest.raises(ValueError, match="two days"):
        oracle.threshold(days, as_of, 0.8)
    with pytest.raises(ValueError, match="two days"):
        oracle.mean_gap(days, 2)
    days, as_of = drawn(twice="$....$")
    with pytest.raises(ValueError, match="within 4 days"):
        oracle.threshold(days, as_of, 0.8, horizon=4)


# Edges ------------------------------------------------------------------------------------------


def test_nobody_bought() -> None:
    days, as_of = drawn(eve="r.0....")
    assert oracle.spells(days, 2, 4, as_of) == []
    assert oracle.ledger(days, 2, 4, as_of, "week") == []
    assert oracle.shares(days, 2, 4, as_of, "week") == []
    assert oracle.cohorts(days, as_of, "week") == []
    assert oracle.returns(days, 2, 4, as_of, "week") == []


def test_an_earlier_as_of_forgets_what_came_later() -> None:
    days, _ = drawn(**WEEKS)
    rows = [row for name, text in WEEKS.items() for row in timelines.purchases(text, START, name)]
    cut = oracle.purchase_days_from_rows(rows, day(6))
    for data in (days, cut):
        assert len(oracle.ledger(data, 2, 4, day(6), "week")) == 1
    assert oracle.ledger(days, 2, 4, day(6), "week") == oracle.ledger(cut, 2, 4, day(6), "week")
    assert oracle.spells(days, 2, 4, day(6)) == oracle.spells(cut, 2, 4, day(6))
    assert oracle.cohorts(days, day(6), "week") == oracle.cohorts(cut, day(6), "week")
