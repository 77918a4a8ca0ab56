"""When a customer counts as inactive: derived from the unit's own gaps between purchases.

Closed gaps alone are biased short, because the longest silences have not ended yet; so open gaps
count too, censored at `as_of`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import CURVE, TOLERANCE, at, at_each, kaplan_meier
from retention.errors import DataRefused

Rule = Literal["return_quantile", "mean_gap"]
AUTO: Literal["auto"] = "auto"
GIVEN = "given"
CONTRACT_END = "contract_end"
HORIZON = 365
"""Days within which a return counts for the rule and for `wrongly_called`."""

FEWEST_GAPS = 30

GAPS = ibis.schema({"days": "int64", "closed": "int64", "open": "int64"})
THRESHOLDS = ("threshold", "days", "rule", "gaps", "open_gaps", "wrongly_called", "low", "high")
RETURN_SHARES = ("days", "return_share", "low", "high")
_STEP = 30
"""Days between two rows of `return_shares`."""


@dataclass(frozen=True)
class Thresholds:
    """The two thresholds in days, and what they rest on.

    `rules` names how each came about; `horizon` is what the rule took as "a year": 365 days or the
    longest gap observed; `evidence` has one row a threshold (THRESHOLDS); `curve` is the
    Kaplan-Meier curve of the gaps (curves.CURVE).
    """

    inactive_after: int
    lost_after: int
    rules: tuple[str, str]
    horizon: int
    evidence: pd.DataFrame
    curve: pd.DataFrame


def gaps(pauses: ir.Table, *, as_of: date) -> ir.Table:
    """One row a gap length: how many purchase days were followed by the next after so many days.

    `open` counts the last purchase day of each customer, whose gap runs to `as_of`. Returns GAPS.
    pauses: transactions.PAUSES.
    """
    until = ibis.coalesce(pauses.next_day, ibis.literal(as_of))
    return (
        pauses.group_by(days=until.delta(pauses.day, unit="day"))
        .agg(closed=pauses.next_day.count(), open=pauses.next_day.isnull().sum())
        .cast(GAPS)
        .order_by("days")
    )


def return_shares(curve: pd.DataFrame, also: Sequence[int] = ()) -> pd.DataFrame:
    """One row each 30 days, on the last day, and each in `also`: the purchases followed by then.

    `return_share` is 1 - survival of the curve of the gaps (curves.CURVE), with its 95 % interval,
    absent where the curve has none. Days after its last one have no row. Columns RETURN_SHARES.

    >>> curve = kaplan_meier(pd.DataFrame({"days": [9, 61], "events": [3, 0], "censored": [0, 1]}))
    >>> return_shares(curve, also=[8])[["days", "return_share"]].values.tolist()
    [[8.0, 0.0], [30.0, 0.75], [60.0, 0.75], [61.0, 0.75]]
    """
    longest = int(curve["days"].max())
    days = sorted({*range(_STEP, longest, _STEP), *(d for d in also if d <= longest), longest})
    rows = at_each(curve, days)
    return rows.assign(
        return_share=1 - rows["survival"], low=1 - rows["high"], high=1 - rows["low"]
    )[list(RETURN_SHARES)]


def thresholds(
    gaps: pd.DataFrame,
    *,
    inactive_after: int | Literal["auto"],
    lost_after: int | Literal["auto"],
    rule: Rule = "return_quantile",
    factors: Sequence[float] = (0.80, 0.95),
) -> Thresholds:
    """The thresholds of a unit, given or derived from its `gaps` (schema GAPS).

    rule: `return_quantile`, the smallest d with F(d) >= q x F(horizon), where F is the
        Kaplan-Meier share of purchase days that are followed by another within d days; or
        `mean_gap`, k x the mean closed gap, rounded up.
    factors: q or k for inactive_after and for lost_after.
    Raises DataRefused where a rule has fewer than 30 closed gaps or none within the horizon, or
    the thresholds are not in order.
    """
    closed, still_open = int(gaps["closed"].sum()), int(gaps["open"].sum())
    if AUTO in (inactive_after, lost_after) and closed < FEWEST_GAPS:
        raise DataRefused(
            f"only {closed} gaps between purchases have ended, and `auto` needs {FEWEST_GAPS}; "
            "give inactive_after and lost_after as numbers of days"
        )
    curve = kaplan_meier(gaps.rename(columns={"closed": "events", "open": "censored"}))
    horizon = min(HORIZON, int(gaps["days"].max()))
    given = (inactive_after, lost_after)
    derived = [
        days if days != AUTO else _derived(gaps, curve, horizon, (rule, factor))
        for days, factor in zip(given, factors, strict=True)
    ]
    if derived[0] > derived[1]:
        raise DataRefused(
            f"lost_after ({derived[1]} days) is below inactive_after ({derived[0]} days); "
            "give both as numbers, or both as auto"
        )
    rules = tuple(rule if days == AUTO else GIVEN for days in given)
    evidence = pd.DataFrame(
        [
            (name, days, how, closed, still_open, *_wrongly_called(gaps, days))
            for name, days, how in zip(
                ("inactive_after", "lost_after"), derived, rules, strict=True
            )
        ],
        columns=list(THRESHOLDS),
    )
    return Thresholds(derived[0], derived[1], (rules[0], rules[1]), horizon, evidence, curve)


def contract_end(lost_after: int | Literal["auto"]) -> Thresholds:
    """The thresholds of contracts, in days after the end of service: nothing is derived.

    A contract ends on its date, so a customer is inactive from that day on (0 days after it), and
    lost `lost_after` days later; `auto` is the same day. No gaps, no curve.
    """
    days = 0 if lost_after == AUTO else int(lost_after)
    rules = (CONTRACT_END, CONTRACT_END if lost_after == AUTO else GIVEN)
    rows = [("inactive_after", 0, rules[0]), ("lost_after", days, rules[1])]
    evidence = pd.DataFrame(rows, columns=list(THRESHOLDS[:3])).reindex(columns=list(THRESHOLDS))
    return Thresholds(0, days, rules, HORIZON, evidence, pd.DataFrame(columns=list(CURVE)))


def _derived(
    gaps: pd.DataFrame, curve: pd.DataFrame, horizon: int, rule: tuple[Rule, float]
) -> int:
    name, factor = rule
    if name == "mean_gap":
        total = int((gaps["days"] * gaps["closed"]).sum())
        return math.ceil(Fraction(str(factor)) * total / int(gaps["closed"].sum()))
    followed = 1 - at(curve, horizon)["survival"]
    if followed == 0:
        raise DataRefused(
            f"no purchase is followed by another within {horizon} days, so `auto` has no rhythm to "
            "go by; give inactive_after and lost_after as numbers of days"
        )
    target = factor * followed
    reached = curve[1 - curve["survival"] >= target - TOLERANCE]
    return int(reached["days"].iloc[0])


def _wrongly_called(gaps: pd.DataFrame, days: int) -> tuple[float | None, ...]:
    """Share of those silent for `days` who buy again within a year after, with its interval.

    1 - S(days + 365) / S(days): the curve of the gaps that outlast `days` is that quotient.
    Empty where nobody has been watched for so long.
    """
    outlasting = gaps[gaps["days"] > days]
    if outlasting.empty or outlasting["days"].max() < days + HORIZON:
        return (None, None, None)
    curve = kaplan_meier(outlasting.rename(columns={"closed": "events", "open": "censored"}))
    then = at(curve, days + HORIZON)
    return (1 - then["survival"], 1 - then["high"], 1 - then["low"])
