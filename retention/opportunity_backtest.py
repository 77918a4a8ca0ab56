"""What the opportunity value said on earlier days, beside what came: the back-test of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd  # noqa: TID251 (small frames only)

from retention.opportunity_value import HORIZON, Look, estimate, missed, opportunity

STEP_DAYS, STEPS = 91, 4
"""The back-test looks at so many days, each so much before the next."""

YEAR_FROM_RETURN, WITHIN_YEAR = "year_from_return", "within_year"
"""What the estimates of a back-test speak of."""

BACKTEST = (
    *("day", "speaks_of", "inactive_after", "customers", "returns", "returns_low", "returns_high"),
    *("returned", "estimate", "estimate_low", "estimate_high", "realised", "error"),
)
_SAME = ("customers", "returns", "returns_low", "returns_high")

_Tested = tuple[pd.DataFrame, float, float]
"""An estimate (OPPORTUNITY), and what came of it: how many returned, and what they spent."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was known at the close of a day, and what came of it later. Nothing is counted before it
    is asked for."""

    inactive_after: int
    """The threshold, of what had been bought by then."""

    look: Look
    """Those inactive, by that threshold."""

    growth: Callable[[], pd.DataFrame]
    """opportunity.GROWTH up to the day."""

    realised: Callable[[date], pd.DataFrame]
    """(since) -> opportunity.REALISED of the day, which says what came in the years after it."""


def backtest(
    known: Callable[[date], Known | None], *, first_day: date, as_of: date
) -> pd.DataFrame:
    """One row a day: what the same estimate said on it, and what came of it.

    Each estimate is made of nothing but what had been bought by its day, thresholds included. The
    days are `as_of`, of which nothing has come yet, and STEPS more, STEP_DAYS apart. `speaks_of`:

    - YEAR_FROM_RETURN: what `opportunity` says. That takes a year for the returns, and one more for
      the spending of the last of them: the newest day is two horizons before `as_of`.
    - WITHIN_YEAR, where the data do not reach back so far: what returners spend by the end of the
      horizon, which a year shows: customers x share that returns x spend from the return to the end
      of the horizon. The newest day is one horizon before `as_of`.

    `estimate` has its 90 % interval, as has `returns`; `realised` and `returned` are the same as it
    came; `error` is estimate / realised - 1, absent where nothing came.

    known: of a day; None where too little had been bought for a threshold. Columns BACKTEST, by
    day. No row of a day before which there is too little history.
    """
    whole = _tested(known, _full_year, first_day, as_of, 2)
    if any(row["day"] == pd.Timestamp(as_of - 2 * HORIZON) for row in whole):
        kind, rows = YEAR_FROM_RETURN, whole
    else:
        kind, rows = WITHIN_YEAR, _tested(known, _within_year, first_day, as_of, 1)
    return pd.DataFrame([row | {"speaks_of": kind} for row in rows], columns=list(BACKTEST))


def _tested(
    known: Callable[[date], Known | None],
    estimated: Callable[[Known, date, date, bool], _Tested],
    first_day: date,
    as_of: date,
    horizons: int,
) -> list[dict[str, Any]]:
    days = [as_of - horizons * HORIZON - timedelta(days=STEP_DAYS * step) for step in range(STEPS)]
    rows = []
    for day in sorted([*days, as_of]):
        by_then = known(day) if day - HORIZON > first_day else None
        if by_then is None:
            continue
        told, returned, realised = estimated(by_then, first_day, day, day < as_of)
        if told.empty:
            continue
        total = told.iloc[-1]
        rows.append(
            {
                "day": pd.Timestamp(day),
                "inactive_after": by_then.inactive_after,
                **{name: total[name] for name in _SAME},
                "returned": returned,
                "estimate": total["worth"],
                "estimate_low": total["worth_low"],
                "estimate_high": total["worth_high"],
                "realised": realised,
                "error": total["worth"] / realised - 1 if realised > 0 else float("nan"),
            }
        )
    return rows


def _within_year(known: Known, first_day: date, day: date, is_over: bool) -> _Tested:
    now = known.look(day, first_day + HORIZON)
    beyond_chance = missed(known.look, first_day=first_day, as_of=day)
    told = estimate(now, known.look(day - HORIZON, first_day), None, beyond_chance)
    if not is_over:
        return told, float("nan"), float("nan")
    came = now[now["window"].notna()]
    return told, float(came["customers"].sum()), float(came["spend"].sum())


def _full_year(known: Known, first_day: date, day: date, is_over: bool) -> _Tested:
    told = opportunity(known.look, known.growth(), first_day=first_day, as_of=day)
    if not is_over or told.empty:
        return told, float("nan"), float("nan")
    came = known.realised(first_day + HORIZON).iloc[0]
    return told, float(came["returned"]), float(came["spend"])
