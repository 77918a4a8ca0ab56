"""Where the newest rate stands: limits by hand, and laws on random counts."""

from __future__ import annotations

from math import sqrt

import frames
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.curves import wilson
from retention.normal import (
    ABOVE,
    BELOW,
    INSIDE,
    NOBODY,
    PERIODS,
    TOO_EARLY,
    TOO_FEW,
    Standing,
    standing,
)
from retention.rates import CHURN

Pair = tuple[int, int]
USUAL: list[Pair] = [(20, 200)] * PERIODS


def stands(*pairs: Pair) -> Standing:
    return standing(frames.rates({CHURN: list(pairs)}))


def test_the_range_is_that_of_the_pooled_rate_for_the_newest_denominator() -> None:
    # 12 unequal months: 1,200 of 9,000 in all, which is not the mean of their rates.
    before = [(50, 1000)] * 6 + [(150, 500)] * 6
    found = stands(*before, (60, 400))
    spread = 3 * sqrt(2 / 15 * 13 / 15 / 400)
    assert found.range == pytest.approx((2 / 15 - spread, 2 / 15 + spread))
    assert found.position == INSIDE


@pytest.mark.parametrize(
    ("newest", "position"),
    [((33, 200), ABOVE), ((32, 200), INSIDE), ((8, 200), INSIDE), ((7, 200), BELOW)],
)
def test_outside_is_beyond_three_standard_errors(newest: Pair, position: str) -> None:
    # 10 % of 200: 3.6 to 16.4 %.
    assert stands(*USUAL, newest).position == position


def test_only_the_twelve_periods_before_count() -> None:
    assert stands((190, 200), *USUAL, (20, 200)) == stands(*USUAL, (20, 200))
    assert stands((10, 200), *USUAL[1:], (20, 200)) != stands(*USUAL, (20, 200))


def test_fewer_than_twelve_periods_are_too_early() -> None:
    for count in range(PERIODS):
        assert stands(*USUAL[:count], (90, 200)) == Standing(TOO_EARLY)


def test_periods_in_which_nobody_was_at_risk_are_no_periods() -> None:
    assert stands((0, 0), *USUAL[1:], (20, 200)).position == TOO_EARLY
    assert stands(*USUAL[:6], (0, 0), *USUAL[6:], (20, 200)).position == INSIDE


def test_nobody_at_risk_now_stands_nowhere() -> None:
    assert stands(*USUAL, (0, 0)) == stands((0, 0)) == Standing(NOBODY)


def test_few_customers_cannot_tell_unless_they_are_beyond_doubt() -> None:
    assert stands(*USUAL, (3, 9)) == Standing(TOO_FEW)
    assert stands(*USUAL, (0, 9)) == Standing(TOO_FEW)
    assert stands(*USUAL, (9, 9)).position == ABOVE


def test_a_high_rate_is_as_uncertain_as_its_complement() -> None:
    high = [(180, 200)] * PERIODS
    assert stands(*high, (8, 9)).position == TOO_FEW
    assert stands(*high, (164, 200)).position == BELOW
    assert stands(*high, (180, 200)).position == INSIDE


@pytest.mark.parametrize("usual", [0, 200])
def test_what_never_varied_has_no_range(usual: int) -> None:
    assert stands(*[(usual, 200)] * PERIODS, (100, 200)) == Standing(TOO_FEW)


COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(COUNTS, min_size=PERIODS, max_size=PERIODS), COUNTS)
def test_laws(before: list[Pair], newest: Pair) -> None:
    found = stands(*before, newest)
    usual = sum(part for part, _ in before) / sum(whole for _, whole in before)
    rate = newest[0] / newest[1]
    assert found.position in (ABOVE, BELOW, INSIDE, TOO_FEW)
    if found.position == TOO_FEW:
        least, most = wilson(usual * newest[1], newest[1])
        assert usual in (0, 1) or most - least > min(usual, 1 - usual)
        return
    assert found.range
    low, high = found.range
    assert 0 <= low <= usual <= high <= 1
    assert (low <= rate <= high) is (found.position == INSIDE)
    # The complement of every rate stands on the other side.
    mirrored = stands(
        *[(whole - part, whole) for part, whole in before], (newest[1] - newest[0], newest[1])
    )
    assert mirrored.position == {ABOVE: BELOW, BELOW: ABOVE, INSIDE: INSIDE}[found.position]
