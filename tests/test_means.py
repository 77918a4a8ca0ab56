"""How sure a mean of money is, and the day by which a share of customers has come."""

from __future__ import annotations

from decimal import Decimal
from math import isnan

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from retention.curves import kaplan_meier, quantile
from retention.means import mean_interval, variance

SEEDS = 400


def sums(amounts: np.ndarray) -> tuple[Decimal, float, int]:
    """As an engine gives them: exact money, and squares in floats."""
    money = [Decimal(f"{amount:.2f}") for amount in amounts]
    return sum(money, Decimal(0)), float(sum(float(one) ** 2 for one in money)), len(money)


@pytest.mark.parametrize("size", [2, 60])
def test_the_interval_of_a_mean_is_students(size: int) -> None:
    amounts = np.random.default_rng(1).lognormal(3, 0.8, size).round(2)
    low, high = stats.ttest_1samp(amounts, 0).confidence_interval(0.95)
    assert mean_interval(*sums(amounts)) == pytest.approx((low, high), rel=1e-9)
    assert variance(*sums(amounts)) == pytest.approx(amounts.var(ddof=1), rel=1e-9)


@pytest.mark.parametrize("amounts", [[], [5.0], [19.99, 19.99, 19.99], [0.0, 0.0]])
def test_hardly_any_or_equal_amounts_have_none(amounts: list[float]) -> None:
    assert all(isnan(bound) for bound in mean_interval(*sums(np.array(amounts))))


def test_the_interval_of_a_mean_covers_it_though_few_spend() -> None:
    # One in ten spends, and unequally: the spend per head of an arm of a campaign.
    truth = 0.1 * np.exp(3.5 + 0.6**2 / 2)
    covered = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        spend = np.where(rng.random(1500) < 0.1, rng.lognormal(3.5, 0.6, 1500), 0).round(2)
        low, high = mean_interval(*sums(spend))
        covered += low < truth < high
    assert 0.92 <= covered / SEEDS <= 0.98


def counts(days: np.ndarray, came: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame({"days": days, "events": came.astype(int), "censored": 1 - came})
    return frame.groupby("days", as_index=False).sum()


def waits(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Days until each came, or left the watched, and which of the two."""
    rng = np.random.default_rng(seed)
    until, watched = np.ceil(rng.exponential(100, size)), rng.integers(20, 400, size)
    until[0], watched[0] = 1000, 400  # one is watched to the end, so that the share is never 0
    return np.minimum(until, watched).astype(int), (until <= watched).astype(int)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_the_day_and_its_interval_are_those_of_statsmodels(seed: int, share: float) -> None:
    days, came = waits(seed, 150)
    theirs = SurvfuncRight(days, came)
    low, high = theirs.quantile_ci(share)
    found = quantile(kaplan_meier(counts(days, came)), share)
    assert found[:2] == (theirs.quantile(share), low)
    # Theirs ends without a day on the last one on which the share may still not have come.
    assert found[2] == high or (isnan(found[2]) and np.isinf(high))


def test_the_interval_of_a_day_covers_it() -> None:
    truth = np.ceil(100 * np.log(2))  # half have come by then
    covered = 0
    for seed in range(SEEDS):
        _, low, high = quantile(kaplan_meier(counts(*waits(seed, 200))), 0.5)
        covered += low <= truth <= high
    assert 0.92 <= covered / SEEDS <= 0.985


def test_a_share_that_has_not_come_has_no_day() -> None:
    curve = kaplan_meier(pd.DataFrame({"days": [5, 9], "events": [2, 0], "censored": [0, 8]}))
    when, low, high = quantile(curve, 0.2)
    assert (when, low) == (5, 5)
    assert isnan(high)
    assert all(isnan(day) for day in quantile(curve, 0.9))
