"""Kaplan-Meier curves and Wilson intervals: how sure a share is.

The curve is fitted on counts by day, a few hundred rows whatever the number of customers. No
maintained library does that here: lifelines 0.30 does not run on pandas 3, SciPy's `ecdf` takes no
weights, and statsmodels replaces Greenwood's variance when it is given weights. The tests hold this
one against SciPy and against published values.
"""

from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd  # noqa: TID251 (small frames only)

Z_95 = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""

TOLERANCE = 1e-12
"""By so much a survival may miss a share that it meets, for it is a product of rounded factors."""

_BOUNDS = ("survival", "low", "high")
CURVE = ("days", "at_risk", "events", "censored", "survival", "low", "high")


def kaplan_meier(counts: pd.DataFrame) -> pd.DataFrame:
    """One row a day on which something was observed: the share that has had no event by then.

    counts: `days`, `events`, `censored`; a case censored at d days is at risk through day d.
    Returns CURVE: `survival` with its 95 % log-log interval (Greenwood variance); the bounds are
    empty where they are not defined, before the first event and once nobody is left.
    Source: Kaplan & Meier 1958; Kalbfleisch & Prentice 2002, section 1.4.

    >>> counts = pd.DataFrame({"days": [6, 7, 9], "events": [3, 1, 0], "censored": [1, 0, 16]})
    >>> kaplan_meier(counts)[["days", "at_risk", "survival"]].round(4).values.tolist()
    [[6.0, 21.0, 0.8571], [7.0, 17.0, 0.8067], [9.0, 16.0, 0.8067]]
    """
    curve = counts.groupby("days", as_index=False)[["events", "censored"]].sum()
    estimates = estimated(curve["events"].to_numpy(), curve["censored"].to_numpy())
    return curve.assign(**estimates)[list(CURVE)]


def estimated(events: npt.NDArray[Any], censored: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """The estimates of kaplan_meier as arrays, of the counts of each day in order: for many curves.

    `at_risk`, `survival`, `low`, `high`: one value a day on which something was observed.
    """
    events = events.astype(float)
    leaving = events + censored.astype(float)
    at_risk = leaving[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        spread = Z_95 * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    defined = (survival > 0) & (survival < 1)
    return {
        "at_risk": at_risk.astype(int),
        "survival": survival,
        "low": np.where(defined, low, np.nan),
        "high": np.where(defined, high, np.nan),
    }


def at_each(curve: pd.DataFrame, days: npt.ArrayLike) -> pd.DataFrame:
    """One row a given day: the row of the curve that holds then, the last one not after it.

    Before the first row nobody has had an event: survival is 1, its bounds are empty.
    """
    start = pd.DataFrame({"events": [0], "censored": [0], "survival": [1.0]})
    steps = pd.concat([start, curve], ignore_index=True)
    rows = np.searchsorted(curve["days"].to_numpy(), np.asarray(days), side="right")
    return steps.iloc[rows].reset_index(drop=True).assign(days=np.asarray(days))


def at(curve: pd.DataFrame, days: int) -> pd.Series:
    """The row of the curve that holds at `days`."""
    return at_each(curve, [days]).iloc[0]


def quantile(curve: pd.DataFrame, share: float) -> tuple[float, float, float]:
    """The day by which a share has had the event, with its 95 % interval, of a CURVE of some rows.

    Each is the first day on which S, its lower bound, and its upper bound, is down to 1 - share;
    absent where it never is. Source: Brookmeyer & Crowley 1982, by the log-log bounds of S.
    """
    days = curve["days"].to_numpy(dtype=float)
    down = 1 - share + TOLERANCE
    found = (days[curve[name].to_numpy(dtype=float) <= down][:1] for name in _BOUNDS)
    when, low, high = (float(day[0]) if len(day) else float("nan") for day in found)
    return when, low, high


def wilson(successes: Any, trials: Any) -> tuple[Any, Any]:
    """The 95 % Wilson interval of successes / trials, for numbers and for columns alike.

    Source: Wilson 1927; Newcombe 1998, method 3.

    >>> [round(bound, 4) for bound in wilson(15, 148)]
    [0.0624, 0.1605]
    """
    spread = Z_95 * (Z_95**2 + 4 * successes * (1 - successes / trials)) ** 0.5
    middle, scale = 2 * successes + Z_95**2, 2 * (trials + Z_95**2)
    return (middle - spread) / scale, (middle + spread) / scale


def share(table: ir.Table, numerator: str, denominator: str, name: str) -> ir.Table:
    """`table` with the share numerator / denominator as `name`, and its interval `low`, `high`.

    All three are empty where the denominator is 0.
    """
    trials = table[denominator].cast("float64").nullif(0.0)
    successes = table[numerator].cast("float64")
    low, high = wilson(successes, trials)
    # Engines leave empty values out of greatest and least, which would fill an absent interval.
    return table.mutate(
        **{name: successes / trials},
        low=(low < 0).ifelse(0.0, low),
        high=(high > 1).ifelse(1.0, high),
    )
