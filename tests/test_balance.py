"""Whether arms are as planned and alike before the contact, and what follows where they are not."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from campaign_arms import arm, arms
from histories import cells
from scipy import stats

from retention.balance import arm_checks
from retention.effects import response_effects, spend_effects
from retention.experiments import RAISED, SUSPECT


def test_arms_that_are_not_as_planned_are_not_compared() -> None:
    # 200 of 1,000 where 10 % were planned: chi-square is 100 x 100 / 90, and p far below 0.001.
    frame = arms(arm("mail", 800, 200), arm("control", 200, 10))
    assert cells(response_effects(frame), "verdict") == [RAISED]
    assert cells(arm_checks(frame), "ratio_p", "control_share") == [(None, 0.2)]
    assert cells(response_effects(frame, planned={"spring": 0.1}), "verdict") == [SUSPECT]
    assert cells(spend_effects(frame, planned={"spring": 0.1}), "verdict") == [SUSPECT]
    for compare in (response_effects, spend_effects):
        found = compare(frame, planned={"spring": 0.1})
        comparing = ["uplift", "low", "high", "joint_low", "p_value", "p_holm", "extra"]
        assert found.iloc[0].isna()[[*comparing, "smallest_effect"]].all()
    expected = float(stats.chi2.sf(100**2 / 100 + 100**2 / 900, 1))
    assert cells(arm_checks(frame, planned={"spring": 0.1}), "ratio_p") == [pytest.approx(expected)]
    assert cells(response_effects(frame, planned={"spring": 0.2}), "verdict") == [RAISED]


def test_balance_is_in_standard_deviations() -> None:
    # 4 treated with 1, 2, 3, 4 purchase days, 3 of the control with 2, 2, 5.
    treated = arm("mail", 4, prior_days=Decimal(10), prior_days_squares=Decimal(30), with_silence=1)
    control = arm("control", 3, prior_days=Decimal(9), prior_days_squares=Decimal(33))
    found = arm_checks(arms(treated, control))
    spread = ((np.var([1, 2, 3, 4], ddof=1) + np.var([2, 2, 5], ddof=1)) / 2) ** 0.5
    assert cells(found, "prior_days_difference") == [pytest.approx((2.5 - 3) / spread)]
    # Nothing to compare where there is no variance, or one customer alone.
    assert cells(found, "prior_revenue_difference", "days_silent_difference") == [(0.0, None)]
    # So few differ by chance; of how long they were silent nothing is known.
    assert cells(found, "unlike") == [None]
    same = arm_checks(arms(arm("mail", 4), arm("control", 4)))
    assert cells(same, "unlike") == [False]


def spread(mean: Decimal, size: int) -> dict[str, object]:
    """The sums of a trait with a variance of about 1."""
    return {"prior_days": mean * size, "prior_days_squares": float((mean * mean + 1) * size)}


def test_unlike_is_more_than_chance_explains() -> None:
    # Of 450 and 50 the standard error is 0.15, so that 0.2 is chance; of thousands it is 0.02.
    for sizes, unlike in (((450, 50), False), ((4500, 5000), True)):
        treated = arm("mail", sizes[0], sizes[0] // 2) | spread(Decimal("2.2"), sizes[0])
        control = arm("control", sizes[1], sizes[1] // 9) | spread(Decimal(2), sizes[1])
        frame = arms(treated, control)
        assert cells(arm_checks(frame), "unlike") == [unlike]
        assert cells(response_effects(frame), "verdict", "unlike") == [(RAISED, unlike)]
    # Below 0.1 it does not matter, however many they are.
    close = arm("mail", 10**6) | spread(Decimal("2.05"), 10**6)
    found = arm_checks(arms(close, arm("control", 10**6) | spread(Decimal(2), 10**6)))
    assert cells(found, "unlike") == [False]
    # All alike within the arms, and not from arm to arm.
    apart = arm_checks(arms(arm("mail", 9, prior_days=9, prior_days_squares=9), arm("control", 9)))
    assert cells(apart, "prior_days_difference", "unlike") == [(None, True)]
    running = arms(arm("mail", 0, contacted=9), arm("control", 0, contacted=9))
    assert cells(arm_checks(running), "unlike") == [None]


def test_arms_of_randomly_drawn_customers_are_seldom_called_unlike() -> None:
    called = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        own = []
        for name, size in (("mail", 450), ("control", 50)):
            traits: dict[str, object] = {}
            for trait in ("prior_days", "prior_revenue", "days_silent"):
                values = rng.lognormal(1, 0.5, size)
                traits |= {trait: Decimal(values.sum()), f"{trait}_squares": (values**2).sum()}
            own.append(arm(name, size) | traits)
        called += cells(arm_checks(arms(*own)), "unlike") == [True]
    assert called <= 20  # 5 of 100 by design, and room for chance
