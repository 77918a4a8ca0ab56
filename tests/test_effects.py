"""Arms against their control: published intervals, coverage over seeds, and what is not claimed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isnan

import numpy as np
import pandas as pd
import pytest
from campaign_arms import arm, arms
from histories import cells
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from retention.balance import ARM_CHECKS, arm_checks
from retention.effects import (
    RESPONSE_EFFECTS,
    SPEND_EFFECTS,
    STATE_RESPONSES,
    response_effects,
    spend_effects,
    state_responses,
)
from retention.experiments import (
    LOWERED,
    NO_CONTROL,
    NONE_SHOWN,
    RAISED,
    RUNNING,
)
from retention.holm import holm

# Published values ---------------------------------------------------------------------------------


def test_newcombes_own_example() -> None:
    # Newcombe 1998, table II, contrast (a): 56/70 - 48/80 by method 10 is 0.0524 to 0.3339.
    found = response_effects(arms(arm("mail", 70, 56), arm("control", 80, 48)))
    low, high = cells(found, "low", "high")[0]
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert cells(found, "uplift") == [pytest.approx(0.2)]
    # The chi-square of the table without Yates's correction, whose root is z.
    table = [[56, 14], [48, 32]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert cells(found, "p_value") == [pytest.approx(expected)]


def test_welch_on_the_sleep_of_student() -> None:
    # R, t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939,
    # 95 percent confidence interval -3.3654832 to 0.2054832.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = spend_effects(arms(arm("a", 10, 5, first), arm("control", 10, 5, second)))
    names = ("uplift", "low", "high", "p_value")
    expected = (-1.58, -3.3654832, 0.2054832, 0.07939)
    assert cells(found, *names)[0] == pytest.approx(expected, abs=5e-6)
    assert cells(found, "spend_per_head", "control_spend_per_head") == [
        (pytest.approx(0.75), pytest.approx(2.33))
    ]
    # R, t.test(sleep$extra[1:10]) and t.test(sleep$extra[11:20]).
    names = ("spend_per_head_low", "spend_per_head_high")
    own = (-0.5297804, 2.0297804, 0.8976775, 3.7623225)
    assert cells(found, *names, *(f"control_{name}" for name in names))[0] == pytest.approx(
        own, abs=5e-6
    )


HILLSTROM = {"mens": 21_307, "womens": 21_387, "control": 21_306}


def test_the_published_experiment_of_hillstrom() -> None:
    # MineThatData, 2008: 64,000 customers, visits. The intervals are Newcombe's, put together from
    # scipy.stats.binomtest(x, n).proportion_ci(method="wilson"): p1 - p2 - hypot(p1 - l1, u2 - p2)
    # and p1 - p2 + hypot(u1 - p1, p2 - l2); p-values are scipy.stats.chi2_contingency's.
    visits = {"mens": 3894, "womens": 3238, "control": 2262}
    rows = [arm(name, size, visits[name]) for name, size in HILLSTROM.items()]
    found = response_effects(arms(*rows), planned={"spring": 1 / 3})
    assert [round(share, 4) for share in found["response"]] == [0.1828, 0.1514]
    assert [round(share, 4) for share in found["control_response"]] == [0.1062] * 2
    names = ("arm", "uplift", "low", "high", "joint_low", "joint_high")
    assert cells(found, *names) == [
        ("mens", *(pytest.approx(v, abs=1e-9) for v in MENS)),
        ("womens", *(pytest.approx(v, abs=1e-9) for v in WOMENS)),
    ]
    p_values = (5.685165482802424e-112, 3.1824031593347586e-44)
    assert found["p_value"].tolist() == pytest.approx(p_values, rel=1e-6)
    # Holm: the smallest times two, the other as it is.
    holm = (2 * p_values[0], p_values[1])
    assert found["p_holm"].tolist() == pytest.approx(holm, rel=1e-6)
    assert found["verdict"].tolist() == [RAISED, RAISED]
    # Each arm alone: scipy.stats.binomtest(3894, 21307).proportion_ci(method="wilson"), and so on.
    names = ("response_low", "response_high", "control_response_low", "control_response_high")
    own = [
        tuple(stats.binomtest(visits[name], HILLSTROM[name]).proportion_ci(method="wilson"))
        for name in ("mens", "womens", "control")
    ]
    for row, interval in zip(cells(found, *names), own, strict=False):
        assert row == pytest.approx((*interval, *own[2]), abs=1e-9)
    # 0.07658956 x 21,307 customers came because of the e-mail.
    assert found["extra"].tolist() == pytest.approx([1631.894, 967.400], abs=0.01)


MENS = (0.076589563652, 0.069953308084, 0.083226741274, 0.069000226716, 0.084180103261)
WOMENS = (0.045233106587, 0.038894095360, 0.051574342962, 0.037983737310, 0.052485383357)


def test_the_smallest_effect_is_the_one_of_power_calculations() -> None:
    found = response_effects(arms(arm("mail", 4000, 400), arm("control", 1000, 100)))
    effect = NormalIndPower().solve_power(nobs1=4000, ratio=0.25, alpha=0.05, power=0.8)
    angle = np.arcsin(0.1**0.5) + effect / 2
    expected = np.sin(angle) ** 2 - 0.1
    assert cells(found, "smallest_effect") == [pytest.approx(expected, abs=1e-6)]
    # Two arms: 2.5 % for each.
    both = arms(arm("a", 4000, 400), arm("b", 4000, 400), arm("control", 1000, 100))
    effect = NormalIndPower().solve_power(nobs1=4000, ratio=0.25, alpha=0.025, power=0.8)
    expected = np.sin(np.arcsin(0.1**0.5) + effect / 2) ** 2 - 0.1
    assert cells(response_effects(both), "smallest_effect")[0] == pytest.approx(expected, abs=1e-6)


# Coverage -----------------------------------------------------------------------------------------

SEEDS = 200


def simulated(uplift: float, *, treated: Mapping[str, int], control: int) -> pd.DataFrame:
    """A campaign a seed, of whose customers 8 % come anyway and spend."""
    rows = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        sizes = {**treated, "control": control}
        for name, size in sizes.items():
            share = 0.08 if name == "control" else 0.08 + uplift
            spend = np.round(rng.lognormal(3.5, 0.6, int(rng.binomial(size, share))), 2)
            sums = {
                "spend": Decimal(str(spend.sum().round(2))),
                "spend_squares": Decimal(str((spend**2).sum().round(4))),
            }
            row = arm(name, size, len(spend), campaign=f"{seed:03}")
            rows.append(row | sums)
    return arms(*rows)


@pytest.mark.parametrize("uplift", [0.03, 0.0])
def test_intervals_cover_the_truth_in_95_of_100_campaigns(uplift: float) -> None:
    frame = simulated(uplift, treated={"mail": 4000}, control=1000)
    shares, money = response_effects(frame), spend_effects(frame)
    each = np.exp(3.5 + 0.6**2 / 2)  # what one who comes spends on average
    for found, truth, unit in ((shares, uplift, 1), (money, uplift * each, each)):
        covered = ((found["low"] <= truth) & (truth <= found["high"])).mean()
        assert 0.91 <= covered <= 0.99  # 0.95, plus and minus 2.6 standard errors of 200
        assert found["extra"].mean() == pytest.approx(4000 * truth, abs=4000 * 0.002 * unit)
    called = shares["verdict"].ne(NONE_SHOWN).mean()
    if uplift:
        # So many are enough to show 3 points in 8 of 10 campaigns or more; and none does harm.
        assert shares["smallest_effect"].mean() < uplift
        assert called >= 0.8
        assert not shares["verdict"].eq(LOWERED).any()
    else:
        assert 0.01 <= called <= 0.09


def test_several_arms_without_effect_are_called_something_in_5_of_100_campaigns() -> None:
    found = response_effects(simulated(0, treated=dict.fromkeys("abc", 1000), control=1000))
    calls = found["verdict"].ne(NONE_SHOWN).groupby(found["campaign"]).any()
    assert len(calls) == SEEDS
    assert 0.005 <= calls.mean() <= 0.08
    for _, own in list(found.groupby("campaign"))[:5]:
        assert own["p_holm"].tolist() == holm(own["p_value"].tolist())
    assert (found["joint_low"] < found["low"]).all()


# What is not claimed ------------------------------------------------------------------------------


def test_without_a_control_there_is_a_response_and_no_effect() -> None:
    frame = arms(arm("mail", 100, 10, [5] * 10))
    for found, value in ((response_effects(frame), 0.1), (spend_effects(frame), 0.5)):
        assert cells(found, "verdict") == [NO_CONTROL]
        assert found.iloc[0].isna()[["uplift", "low", "joint_low", "p_holm", "extra"]].all()
        assert value in cells(found, "response" if "response" in found else "spend_per_head")
    assert arm_checks(frame).empty
    assert list(arm_checks(frame).columns) == list(ARM_CHECKS)


def test_a_campaign_that_runs_says_nothing_yet() -> None:
    running = [arm(name, 0, contacted=50) for name in ("mail", "control")]
    for found in (response_effects(arms(*running)), spend_effects(arms(*running))):
        assert cells(found, "verdict") == [RUNNING]
        assert isnan(found["uplift"].iloc[0])
    assert cells(response_effects(arms(arm("mail", 0, contacted=5))), "verdict") == [RUNNING]
    assert state_responses(arms(*running)).empty


def test_a_campaign_that_did_harm() -> None:
    found = response_effects(arms(arm("mail", 1000, 50), arm("control", 1000, 100)))
    assert cells(found, "verdict") == [LOWERED]


def test_nobody_came_or_everybody_did() -> None:
    nobody = response_effects(arms(arm("mail", 100), arm("control", 50)))
    assert cells(nobody, "uplift", "p_value", "verdict") == [(0.0, 1.0, NONE_SHOWN)]
    low, high = cells(nobody, "low", "high")[0]
    assert low < 0 < high
    everybody = response_effects(arms(arm("mail", 100, 100), arm("control", 50, 50)))
    # No uplift can be shown where everybody comes anyway.
    assert cells(everybody, "p_value", "smallest_effect") == [(1.0, None)]
    for frame in (arms(arm("mail", 100), arm("control", 50)), arms(arm("a", 1), arm("control", 1))):
        found = spend_effects(frame)
        assert cells(found, "uplift", "low", "p_value", "verdict") == [(0, None, None, NONE_SHOWN)]


def test_states_are_told_apart_and_add_up() -> None:
    frame = arms(
        arm("mail", 60, 6, state="dormant", campaign="autumn"),
        arm("mail", 40, 2, campaign="autumn"),
        arm("control", 50, 1, campaign="autumn", first_contact=date(2024, 9, 1)),
        arm("mail", 10, 1, first_contact=date(2024, 3, 1)),
    )
    found = response_effects(frame)
    # By the day of the first contact, not by name.
    assert cells(found, "campaign", "watched", "responders", "response") == [
        ("autumn", 100, 8, 0.08),
        ("spring", 10, 1, 0.1),
    ]
    states = state_responses(frame)
    assert list(states.columns) == list(STATE_RESPONSES)
    assert cells(states, "response", arm="mail", campaign="autumn") == [0.1, 0.05]
    low, high = cells(states, "low", "high", state="dormant")[0]
    assert (low, high) == pytest.approx((0.0466, 0.2015), abs=1e-4)  # Wilson, 6 of 60


def test_no_contacts_no_rows() -> None:
    assert list(response_effects(arms()).columns) == list(RESPONSE_EFFECTS)
    assert list(spend_effects(arms()).columns) == list(SPEND_EFFECTS)
    assert response_effects(arms()).empty
    assert spend_effects(arms(arm("control", 5))).empty


@pytest.mark.parametrize("amount", ["19.99", "0.10", "33.33", "1234567.89"])
@pytest.mark.parametrize("size", [2, 3, 7])
def test_equal_amounts_have_no_variance_though_squares_come_as_floats(
    amount: str, size: int
) -> None:
    # As the engine gives them: each square a float, their sum rounded to four digits.
    squares = float(round(Decimal(float(amount) ** 2), 4) * size)
    sums = {"spend": Decimal(amount) * size, "spend_squares": squares}
    traits = {"prior_revenue": Decimal(amount) * size, "prior_revenue_squares": squares}
    frame = arms(arm("mail", size, size) | sums | traits, arm("control", size) | traits)
    found = spend_effects(frame)
    assert cells(found, "uplift", "low", "p_value") == [(pytest.approx(float(amount)), None, None)]
    assert cells(arm_checks(frame), "prior_revenue_difference", "unlike") == [(0.0, False)]


def test_two_of_an_arm_say_how_sure_their_spend_is_and_one_does_not() -> None:
    few = arm("mail", 2, 2, spend=[10, 20]), arm("control", 2, 2, spend=[1, 5])
    welch = stats.ttest_ind([10, 20], [1, 5], equal_var=False).confidence_interval()
    found = spend_effects(arms(*few))
    assert cells(found, "low", "high") == [pytest.approx((welch.low, welch.high))]
    found = spend_effects(arms(arm("mail", 1, 1, spend=[10]), few[1]))
    assert cells(found, "uplift", "low", "p_value") == [(7.0, None, None)]
