"""The arms of a campaign, each as what its customers add up to (experiments.ARMS)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd  # noqa: TID251 (small frames only)

from retention.means import variance

Arm = Mapping[str, Any]
"""What an arm adds up to over the states: the sums of ARMS, and `campaign_contacted`."""

ALPHA = 0.05
"""The level of every test of arms; where there are several, they share it."""


def by_campaign(arms: pd.DataFrame) -> list[tuple[str, dict[str, dict[str, Any]]]]:
    """Each campaign by its first contact, with the sums of each of its arms over the states.

    arms: experiments.ARMS. Of each arm an Arm, which the caller may add to.
    """
    found = []
    for campaign, rows in arms.groupby("campaign", sort=False):
        own = {}
        for arm, group in rows.groupby("arm"):
            sums = group.drop(columns=["campaign", "arm", "state", "first_contact", "last_contact"])
            own[str(arm)] = {name: sum(sums[name].tolist()) for name in sums.columns} | {
                "first_contact": group["first_contact"].min(),
            }
        everybody = sum(row["contacted"] for row in own.values())
        for row in own.values():
            row["campaign_contacted"] = everybody
        found.append((min(row["first_contact"] for row in own.values()), str(campaign), own))
    return [(campaign, own) for _, campaign, own in sorted(found, key=lambda item: item[:2])]


def mean_of(arm: Arm, name: str) -> float:
    """What a customer of the arm has of it on average."""
    return float(Decimal(arm[name]) / size_of(arm, name))


def variance_of(arm: Arm, name: str) -> float:
    """How far customers of the arm lie apart in it (means.variance)."""
    return variance(arm[name], arm[f"{name}_squares"], size_of(arm, name))


def size_of(arm: Arm, name: str) -> int:
    """Of how many customers of the arm it is known: who never bought is not silent for any days."""
    return int(arm["with_silence" if name == "days_silent" else "watched"])


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Figures as numbers, also where all of them are absent."""
    texts = ("campaign", "arm", "first_contact", "verdict", "unlike")
    counts = ("contacted", "watched", "responders", "control_contacted")
    kinds = {
        name: "int64" if name in counts else "float64"
        for name in frame.columns
        if name not in texts
    }
    return frame.astype(kinds)
