"""The normal range of a rate: where it lies as long as nothing but chance moves it.

The limits are those of a p-chart (Shewhart 1931; Montgomery, Introduction to Statistical Quality
Control, section 7.2).
"""

from dataclasses import dataclass

import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import wilson

PERIODS = 12
"""How many periods before the newest one say what is normal."""
SIGMAS = 3.0

ABOVE, BELOW, INSIDE = "above", "below", "inside"
TOO_FEW, TOO_EARLY, NOBODY = "too_few", "too_early", "nobody"


@dataclass(frozen=True)
class Standing:
    """Where the newest rate of a measure stands: a position, and the range it is held against.

    There is a range where the position is ABOVE, BELOW or INSIDE.
    """

    position: str
    range: tuple[float, float] | None = None


def standing(rates: pd.DataFrame) -> Standing:
    """The standing of the newest rate among those of the PERIODS before it.

    rates: rows of rates.RATES of one measure of customers, by period. Periods in which nobody was
    at risk are passed over. With p the pooled rate of the periods before, and n the newest
    denominator, the range is p +- SIGMAS x sqrt(p (1 - p) / n), cut at 0 and 1.

    - NOBODY: nobody was at risk in the newest period
    - TOO_EARLY: there are not PERIODS before it
    - ABOVE, BELOW: the rate lies outside the range
    - TOO_FEW: the 95 % interval (Wilson) of p among n customers is wider than p itself, or than
      1 - p, so that neither half nor double the usual rate would stand out; unless the interval of
      the newest rate lies outside the range as a whole. Also where p is 0 or 1, which is no range
    - INSIDE: none of these

    >>> months = pd.DataFrame({"numerator": [20] * 12 + [30], "denominator": [200] * 13})
    >>> newest = standing(months.assign(rate=0.15, low=0.107, high=0.206))
    >>> newest.position, [round(limit, 3) for limit in newest.range]
    ('inside', [0.036, 0.164])
    """
    newest = rates.iloc[-1]
    before = rates.iloc[:-1]
    before = before[before["denominator"] > 0].tail(PERIODS)
    if not newest["denominator"]:
        return Standing(NOBODY)
    if len(before) < PERIODS:
        return Standing(TOO_EARLY)
    usual = float(before["numerator"].sum() / before["denominator"].sum())
    at_risk = float(newest["denominator"])
    spread = SIGMAS * (usual * (1 - usual) / at_risk) ** 0.5
    low, high = max(usual - spread, 0.0), min(usual + spread, 1.0)
    least, most = wilson(usual * at_risk, at_risk)
    few = most - least > min(usual, 1 - usual)
    if not spread or (few and newest["low"] <= high and newest["high"] >= low):
        return Standing(TOO_FEW)
    position = ABOVE if newest["rate"] > high else BELOW if newest["rate"] < low else INSIDE
    return Standing(position, (low, high))
