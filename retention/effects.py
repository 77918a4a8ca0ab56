"""Arms of a campaign against its control: uplifts with their intervals, and whether to trust them.

The arms arrive as counts, sums and sums of squares (experiments.ARMS, a few rows), so that nothing
here depends on how many customers were contacted. Each campaign stands for itself: where it has
several treated arms, its tests are corrected for their number; over campaigns nothing is corrected.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd  # noqa: TID251 (small frames only)
from scipy import stats

from retention.arms import ALPHA, Arm, by_campaign, typed, variance_of
from retention.balance import UNPLANNED, suspect, unlike
from retention.contacts import CONTROL
from retention.curves import wilson
from retention.experiments import (
    LOWERED,
    NO_CONTROL,
    NONE_SHOWN,
    RAISED,
    RUNNING,
    SUSPECT,
)
from retention.holm import holm
from retention.means import mean_interval

POWER = 0.80
"""In this share of cases the smallest effect would be shown."""

RESPONSE_EFFECTS = (
    *("campaign", "arm", "first_contact", "contacted", "watched", "responders", "response"),
    *("response_low", "response_high", "control_watched", "control_responders"),
    *("control_response", "control_response_low", "control_response_high"),
    *("uplift", "low", "high", "joint_low", "joint_high", "p_value", "p_holm", "smallest_effect"),
    *("extra", "extra_low", "extra_high", "verdict", "unlike"),
)
SPEND_EFFECTS = (
    *("campaign", "arm", "watched", "responders", "spend_per_head"),
    *("spend_per_head_low", "spend_per_head_high", "control_watched", "control_responders"),
    *("control_spend_per_head", "control_spend_per_head_low", "control_spend_per_head_high"),
    *("uplift", "low", "high", "joint_low", "joint_high", "p_value", "p_holm", "smallest_effect"),
    *("extra", "extra_low", "extra_high", "verdict"),
)
STATE_RESPONSES = (
    *("campaign", "arm", "state", "watched", "responders", "response", "low", "high"),
)


def response_effects(
    arms: pd.DataFrame, *, planned: Mapping[str, float] = UNPLANNED
) -> pd.DataFrame:
    """One row a campaign and treated arm: the share that responded, against the control.

    `response_low`, `response_high`, and those of the control: Wilson's 95 % interval of the arm.
    `uplift` = `response` - `control_response`, with Newcombe's 95 % interval (1998, method 10);
    `joint_low`, `joint_high` hold for all arms of the campaign at once (Bonferroni). `p_value`: the
    two-sided score test of no difference; `p_holm`: corrected for the arms of the campaign.
    `smallest_effect`: the uplift that so many customers would show in POWER of cases, at ALPHA
    shared among the arms, by the arcsine rule (Cohen 1988, chapter 6). `extra` = `uplift` x
    `watched`: customers who responded because of the campaign, with the joint interval.
    Without a control, or with one that is SUSPECT, everything that compares is absent. `unlike` as
    in arm_checks. Columns RESPONSE_EFFECTS.

    arms: experiments.ARMS. planned: campaign -> share that was to be held out (planned_shares).
    """
    outcome = _Outcome("response", "responders", _share_of_arm, _proportions)
    return _compared(arms, outcome, planned)[list(RESPONSE_EFFECTS)]


def spend_effects(arms: pd.DataFrame, *, planned: Mapping[str, float] = UNPLANNED) -> pd.DataFrame:
    """One row a campaign and treated arm: spend per contacted customer, against the control.

    As response_effects, by Welch's t: interval, test and degrees of freedom (Welch 1947). The
    interval of each arm is Student's (means.mean_interval), absent where nobody spent anything.
    `extra` is the money that the campaign brought. Columns SPEND_EFFECTS; arms: experiments.ARMS.
    """
    outcome = _Outcome("spend_per_head", "spend", _mean_of_arm, _means)
    return _compared(arms, outcome, planned)[list(SPEND_EFFECTS)]


def state_responses(arms: pd.DataFrame) -> pd.DataFrame:
    """One row a campaign, arm and state at contact of somebody watched: who responded.

    Of the lost, a response is a win-back. `low`, `high`: Wilson's 95 % interval. Columns
    STATE_RESPONSES; arms: experiments.ARMS.
    """
    seen = arms[arms["watched"] > 0].copy()
    seen["response"] = seen["responders"] / seen["watched"]
    seen["low"], seen["high"] = wilson(seen["responders"], seen["watched"])
    return seen[list(STATE_RESPONSES)].reset_index(drop=True)


@dataclass(frozen=True)
class _Outcome:
    """What is compared: its name per customer, the sum that it comes from, how sure that is of an
    arm alone, and how it differs from the control's."""

    name: str
    total: str
    interval: Callable[[Arm], tuple[float, float]]
    difference: Callable[[Arm, Arm, int], dict[str, Any]]


def _compared(arms: pd.DataFrame, outcome: _Outcome, planned: Mapping[str, float]) -> pd.DataFrame:
    """One row a campaign and treated arm, with Holm's p-values within each campaign."""
    rows = []
    for campaign, own in by_campaign(arms):
        planned_share = planned.get(campaign)
        control = own.pop(CONTROL, None)
        compared = []
        for arm, row in own.items():
            found = row | {"campaign": campaign, "arm": arm} | _alone(row, outcome)
            if control is not None:
                own_of_control = _alone(control, outcome) | {
                    name: control[name] for name in ("watched", "responders")
                }
                found |= {f"control_{name}": value for name, value in own_of_control.items()}
                found["unlike"] = unlike(row, control)
                if not suspect(control, planned_share):
                    found |= outcome.difference(row, control, len(own))
                    found |= _extra(found)
            found["verdict"] = _verdict(found, control, planned_share)
            compared.append(found)
        rows += _corrected(compared)
    columns = dict.fromkeys((*RESPONSE_EFFECTS, *SPEND_EFFECTS))
    return typed(pd.DataFrame(rows, columns=list(columns)))


def _alone(arm: Arm, outcome: _Outcome) -> dict[str, float]:
    """The outcome per customer of an arm, with its interval; absent where nobody was watched."""
    if not arm["watched"]:
        return {outcome.name: float("nan")}
    low, high = outcome.interval(arm)
    each = float(arm[outcome.total] / arm["watched"])
    return {outcome.name: each, f"{outcome.name}_low": low, f"{outcome.name}_high": high}


def _share_of_arm(arm: Arm) -> tuple[float, float]:
    low, high = wilson(arm["responders"], arm["watched"])
    return max(low, 0.0), min(high, 1.0)


def _mean_of_arm(arm: Arm) -> tuple[float, float]:
    return mean_interval(arm["spend"], arm["spend_squares"], arm["watched"])


def _corrected(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The arms of a campaign with p-values adjusted for their number."""
    tested = [row for row in rows if "p_value" in row]
    for row, adjusted in zip(tested, holm([row["p_value"] for row in tested]), strict=True):
        row["p_holm"] = adjusted
    return list(rows)


def _proportions(row: Arm, control: Arm, arms: int) -> dict[str, Any]:
    """The uplift of a share, with what surrounds it; absent where nobody was watched."""
    counts, sizes = zip(
        *((arm["responders"], arm["watched"]) for arm in (row, control)), strict=True
    )
    if min(sizes) == 0:
        return {}
    # Where Polars is installed too, it comes with this one and starts threads, after which no
    # process can be forked: not at the import of this module, then.
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    asked = {"compare": "diff", "method": "newcomb"}
    pair = (counts[0], sizes[0], counts[1], sizes[1])
    low, high = confint_proportions_2indep(*pair, alpha=ALPHA, **asked)
    joint = confint_proportions_2indep(*pair, alpha=ALPHA / arms, **asked)
    told_apart = 0 < sum(counts) < sum(sizes)
    p_value = proportions_ztest(counts, sizes)[1] if told_apart else 1.0
    base = counts[1] / sizes[1]
    reach = _reach(arms) * (1 / sizes[0] + 1 / sizes[1]) ** 0.5
    angle = np.arcsin(base**0.5) + reach / 2
    smallest = np.sin(angle) ** 2 - base if angle <= np.pi / 2 else np.nan
    return _around(counts[0] / sizes[0] - base, (low, high), joint, p_value, smallest)


def _means(row: Arm, control: Arm, arms: int) -> dict[str, Any]:
    """The uplift of spend per head, with what surrounds it; absent where it has no variance."""
    sizes = [arm["watched"] for arm in (row, control)]
    if min(sizes) == 0:
        return {}
    uplift = float(row["spend"] / sizes[0] - control["spend"] / sizes[1])
    enough = min(sizes) > 1
    parts = [variance_of(arm, "spend") / arm["watched"] for arm in (row, control) if enough]
    if sum(parts) == 0:
        return {"uplift": uplift}
    error = sum(parts) ** 0.5
    freedom = sum(parts) ** 2 / sum(
        part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True)
    )
    spans = [stats.t.ppf(1 - alpha / 2, freedom) * error for alpha in (ALPHA, ALPHA / arms)]
    own, joint = ((uplift - span, uplift + span) for span in spans)
    p_value = 2 * stats.t.sf(abs(uplift) / error, freedom)
    return _around(uplift, own, joint, p_value, _reach(arms) * error)


def _around(
    uplift: float,
    own: tuple[float, float],
    joint: tuple[float, float],
    p_value: float,
    smallest: float,
) -> dict[str, Any]:
    return {
        "uplift": uplift,
        "low": own[0],
        "high": own[1],
        "joint_low": joint[0],
        "joint_high": joint[1],
        "p_value": p_value,
        "smallest_effect": smallest,
    }


def _extra(found: Arm) -> dict[str, float]:
    """What the uplift comes to over all who were watched, with the joint interval."""
    each = {"extra": "uplift", "extra_low": "joint_low", "extra_high": "joint_high"}
    return {name: found[of] * found["watched"] for name, of in each.items() if of in found}


def _reach(arms: int) -> float:
    """Standard errors from nothing to an effect that is shown in POWER of cases."""
    return float(stats.norm.ppf(1 - ALPHA / arms / 2) + stats.norm.ppf(POWER))


def _verdict(found: Arm, control: Arm | None, planned_share: float | None) -> str:
    if found["watched"] == 0 or (control is not None and control["watched"] == 0):
        return RUNNING
    if control is None:
        return NO_CONTROL
    if suspect(control, planned_share):
        return SUSPECT
    if found.get("joint_low", np.nan) > 0:
        return RAISED
    return LOWERED if found.get("joint_high", np.nan) < 0 else NONE_SHOWN
