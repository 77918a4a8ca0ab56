"""Whether the arms of a campaign can be compared: as many held out as planned, and alike before.

The arms arrive as experiments.ARMS, a few rows.
"""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd  # noqa: TID251 (small frames only)
from scipy import stats

from retention.arms import ALPHA, Arm, by_campaign, mean_of, size_of, typed, variance_of
from retention.contacts import CONTROL
from retention.experiments import TRAITS

UNPLANNED: Mapping[str, float] = MappingProxyType({})
"""No campaign states what share of it was to be held out."""

UNBALANCED = 0.1
"""Above this standardised difference arms were unlike before the contact (Austin 2009)."""

SUSPECT_RATIO = 0.001
"""Below this p-value the arms are not in the ratio that was planned: something chose among them."""

ARM_CHECKS = (
    *("campaign", "arm", "contacted", "control_contacted", "control_share", "planned_share"),
    *("ratio_p", *(f"{trait}_difference" for trait in TRAITS), "unlike"),
)


def planned_shares(plans: pd.DataFrame, *, control_share: float | None) -> dict[str, float]:
    """Campaign -> the share of its customers that was to be held out, where that is known.

    Of customers without a plan of their own it is `control_share`; where that is not stated either,
    the campaign has none. plans: contacts.PLANS.

    >>> plans = pd.DataFrame([("spring", 100, 60, 6.0)],
    ...                      columns=["campaign", "customers", "with_plan", "planned"])
    >>> planned_shares(plans, control_share=0.2), planned_shares(plans, control_share=None)
    ({'spring': 0.14}, {})
    """
    missing = plans["customers"] - plans["with_plan"]
    known = plans[(missing == 0) | (control_share is not None)]
    shares = (known["planned"] + missing[known.index] * (control_share or 0.0)) / known["customers"]
    return {str(name): float(share) for name, share in zip(known["campaign"], shares, strict=True)}


def arm_checks(arms: pd.DataFrame, *, planned: Mapping[str, float] = UNPLANNED) -> pd.DataFrame:
    """One row a treated arm of a campaign with a control: whether the two can be compared.

    `control_share`: of all contacted of the campaign; `ratio_p`: chi-square of the control and all
    others against the `planned_share` of the campaign, absent where none is known. A trait's
    difference is standardised: (treated - control) / root of the mean of both variances, over the
    watched; `unlike` where one of them is above UNBALANCED and more than chance explains, at ALPHA
    shared among the TRAITS; absent where none is and one could not be compared. Columns ARM_CHECKS.
    """
    rows = []
    for campaign, own in by_campaign(arms):
        control = own.pop(CONTROL, None)
        if control is None:
            continue
        for arm, row in own.items():
            traits = {f"{trait}_difference": _standardised(row, control, trait) for trait in TRAITS}
            rows.append(
                {
                    "campaign": campaign,
                    "arm": arm,
                    "contacted": row["contacted"],
                    "control_contacted": control["contacted"],
                    "control_share": control["contacted"] / control["campaign_contacted"],
                    "planned_share": planned.get(campaign, float("nan")),
                    "ratio_p": _ratio_p(control, planned.get(campaign)),
                    **traits,
                    "unlike": unlike(row, control),
                }
            )
    return typed(pd.DataFrame(rows, columns=list(ARM_CHECKS)))


def suspect(control: Arm, planned_share: float | None) -> bool:
    """Whether more, or fewer, are in the control than were to be held out, by no chance."""
    return _ratio_p(control, planned_share) < SUSPECT_RATIO


def _ratio_p(control: Arm, planned_share: float | None) -> float:
    if not planned_share:
        return float("nan")
    held_out, contacted = control["contacted"], control["campaign_contacted"]
    planned = [contacted * planned_share, contacted * (1 - planned_share)]
    return float(stats.chisquare([held_out, contacted - held_out], planned).pvalue)


def unlike(row: Arm, control: Arm) -> bool | None:
    """Whether the arms differ in a trait by more than chance; None where that is not known."""
    found = [_trait_unlike(row, control, trait) for trait in TRAITS]
    return None if None in found and not any(found) else any(found)


def _trait_unlike(row: Arm, control: Arm, trait: str) -> bool | None:
    if min(size_of(arm, trait) for arm in (row, control)) < 2:
        return None
    gap = abs(mean_of(row, trait) - mean_of(control, trait))
    error = sum(variance_of(arm, trait) / size_of(arm, trait) for arm in (row, control)) ** 0.5
    by_chance = stats.norm.ppf(1 - ALPHA / len(TRAITS) / 2) * error
    # Without any variance there is no standard, and nothing that chance explains.
    large = not error or abs(_standardised(row, control, trait)) > UNBALANCED
    return bool(large and gap > by_chance)


def _standardised(row: Arm, control: Arm, trait: str) -> float:
    """Treated less control, over the root of the mean of both variances; nan without any."""
    if min(size_of(arm, trait) for arm in (row, control)) < 2:
        return float("nan")
    gap: float = mean_of(row, trait) - mean_of(control, trait)
    spread: float = ((variance_of(row, trait) + variance_of(control, trait)) / 2) ** 0.5
    if spread:
        return gap / spread
    return float("nan") if gap else 0.0
