"""Small frames as the analysis modules return them, made by hand, for what draws and tells them.

Every number is there to be recognised: no two cells of a row that are told apart are equal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from retention.cohorts import COHORTS, RETURNS
from retention.curves import kaplan_meier, wilson
from retention.follow_up import SECOND_LIFE
from retention.ledger import LEDGER, REVENUE
from retention.rates import CHURN, RATES, REACTIVATION, RETENTION, REVENUE_CHURN, WIN_BACK
from retention.second_purchase import second_purchase as second_purchases
from retention.thresholds import THRESHOLDS

Moves = tuple[int, int, int, int, int, float]
"""new, reactivated, won back, lapsed, became lost, revenue of one period."""

# Thirteen months, so that the last has a year-ago month; the first ones have no dormant or lost.
MOVES: Sequence[Moves] = (
    (1200, 0, 0, 0, 0, 61_000.0),
    (310, 0, 0, 95, 0, 72_500.5),
    (280, 11, 0, 160, 40, 70_110.0),
    (240, 25, 2, 210, 75, 69_000.0),
    (251, 31, 3, 190, 82, 73_250.0),
    (262, 28, 5, 205, 91, 75_000.0),
    (233, 36, 4, 220, 88, 74_100.0),
    (244, 41, 6, 231, 97, 71_900.0),
    (225, 38, 7, 242, 103, 70_700.0),
    (216, 44, 9, 253, 106, 68_800.0),
    (207, 47, 8, 264, 112, 66_600.0),
    (198, 52, 12, 275, 118, 65_500.0),
    (189, 57, 10, 286, 121, 58_950.0),
)


def starts(count: int, first: str = "2025-06-01", freq: str = "MS") -> pd.DatetimeIndex:
    """First days of so many periods."""
    return pd.date_range(first, periods=count, freq=freq, unit="s")


def ledger(moves: Sequence[Moves] = MOVES, *, freq: str = "MS") -> pd.DataFrame:
    """A ledger (ledger.LEDGER) whose identities hold."""
    bounds = starts(len(moves) + 1, freq=freq)
    active = dormant = lost = 0
    rows = []
    for number, (new, reactivated, won_back, lapsed, became_lost, revenue) in enumerate(moves):
        row: dict[str, Any] = {
            "period": bounds[number],
            "period_end": bounds[number + 1],
            "opening_active": active,
            "opening_dormant": dormant,
            "opening_lost": lost,
        }
        active += new + reactivated + won_back - lapsed
        dormant += lapsed - reactivated - became_lost
        lost += became_lost - won_back
        row |= {
            "new": new,
            "reactivated": reactivated,
            "won_back": won_back,
            "lapsed": lapsed,
            "closing_active": active,
            "closing_dormant": dormant,
            "became_lost": became_lost,
            "closing_lost": lost,
            "intra_period_returns": 0,
            "revenue": revenue,
        }
        rows.append(row)
    return pd.DataFrame(rows)[list(LEDGER.names)]


def rates(counts: Mapping[str, Sequence[tuple[float, float]]], *, freq: str = "MS") -> pd.DataFrame:
    """Rates (rates.RATES) of numerators and denominators; absent where the latter is 0."""
    rows = []
    for measure, pairs in counts.items():
        bounds = starts(len(pairs) + 1, freq=freq)
        for number, (part, whole) in enumerate(pairs):
            low, high = wilson(part, whole) if 0 <= part <= whole != 0 else (None, None)
            share = part / whole if whole else None
            rows.append(
                (bounds[number], bounds[number + 1], measure, part, whole, share, low, high)
            )
    frame = pd.DataFrame(rows, columns=list(RATES.names))
    kinds = dict.fromkeys(("numerator", "denominator", "rate", "low", "high"), "float64")
    return frame.astype(kinds).sort_values(["period", "measure"], ignore_index=True)


def rates_of(ledger: pd.DataFrame, *, freq: str = "MS") -> pd.DataFrame:
    """The rates that belong to a ledger in which nobody left and came back within a period."""
    opened = ledger[["opening_active", "opening_dormant", "opening_lost"]].to_numpy().tolist()
    moves = ledger[["lapsed", "reactivated", "won_back"]].to_numpy().tolist()
    pairs = list(zip(opened, moves, strict=True))
    return rates(
        {
            CHURN: [(min(m[0], o[0]), o[0]) for o, m in pairs],
            RETENTION: [(o[0] - min(m[0], o[0]), o[0]) for o, m in pairs],
            REACTIVATION: [(min(m[1] + m[2], o[1] + o[2]), o[1] + o[2]) for o, m in pairs],
            WIN_BACK: [(min(m[2], o[2]), o[2]) for o, m in pairs],
            REVENUE_CHURN: [(min(m[0], o[0]) * 100, o[0] * 110) for o, m in pairs],
        },
        freq=freq,
    )


def revenue(*periods: Mapping[str, float]) -> pd.DataFrame:
    """Revenue by way of buying (ledger.REVENUE): one mapping a period."""
    rows = [
        (start, kind, 10, amount)
        for start, parts in zip(starts(len(periods)), periods, strict=True)
        for kind, amount in sorted(parts.items())
    ]
    return pd.DataFrame(rows, columns=list(REVENUE.names))


def cohorts(
    sizes: Sequence[int], *, kept: Sequence[float] = (1.0, 0.5, 0.25, 0.125), running: bool = True
) -> pd.DataFrame:
    """Cohorts (cohorts.COHORTS) of so many customers each; the last period runs if `running`.

    At each age `kept` of them buy, a little more of the later cohorts, for 10.5 each.
    """
    rows = []
    for number, (start, size) in enumerate(zip(starts(len(sizes)), sizes, strict=True)):
        total = 0.0
        for age in range(len(sizes) - number):
            share = kept[min(age, len(kept) - 1)]
            bought = size if age == 0 else min(size, round(size * share) + number)
            total += bought * 10.5
            complete = not (running and number + age == len(sizes) - 1)
            rows.append(
                (start, age, size, bought, bought / size, bought * 10.5, total / size, complete)
            )
    return pd.DataFrame(rows, columns=list(COHORTS.names))


def returns(cells: Mapping[str, Sequence[tuple[int, float, bool]]]) -> pd.DataFrame:
    """Lapse cohorts (cohorts.RETURNS): first day -> lapsed, share and completeness of each age."""
    rows = [
        (
            pd.Timestamp(day).as_unit("s"),
            age,
            lapsed,
            round(lapsed * share),
            share,
            max(share - 0.05, 0.0),
            min(share + 0.07, 1.0),
            complete,
        )
        for day, ages in cells.items()
        for age, (lapsed, share, complete) in enumerate(ages, start=1)
    ]
    return pd.DataFrame(rows, columns=list(RETURNS))


def second_life(lives: Mapping[str, Sequence[tuple[int, int, float]]]) -> pd.DataFrame:
    """Second lives (follow_up.SECOND_LIFE): watched, bought and revenue of each window in turn."""
    rows = [
        (kind, window, watched, bought, bought / watched, *wilson(bought, watched), revenue)
        for kind in sorted(lives)
        for window, (watched, bought, revenue) in enumerate(lives[kind])
    ]
    return pd.DataFrame(rows, columns=list(SECOND_LIFE.names))


def second_purchase() -> pd.DataFrame:
    """The curve of second purchases (SECOND_PURCHASE) of 1,000 customers, over 400 days."""
    days, events = [3, 20, 45, 80, 150, 300], [40, 160, 110, 75, 60, 25]
    waits = {"days": [*days, 200, 400], "events": [*events, 0, 0]}
    censored = [0, 5, 10, 15, 20, 30, 150, 300]
    return second_purchases(pd.DataFrame({**waits, "censored": censored}).sort_values("days"))


def thresholds(
    inactive: int = 98,
    lost: int = 228,
    *,
    wrongly: tuple[float | None, ...] = (0.61, 0.58, 0.64),
    rule: str = "return_quantile",
) -> pd.DataFrame:
    """The evidence of two thresholds (thresholds.THRESHOLDS)."""
    rows = [
        ("inactive_after", inactive, rule, 1400, 500, *wrongly),
        ("lost_after", lost, rule, 1400, 500, None, None, None),
    ]
    frame = pd.DataFrame(rows, columns=list(THRESHOLDS))
    return frame.astype(dict.fromkeys(("wrongly_called", "low", "high"), "float64"))


def curve() -> pd.DataFrame:
    """A return curve (curves.CURVE) of gaps up to 500 days."""
    days = [1, 5, 20, 60, 98, 150, 228, 300, 400, 500]
    events = [10, 90, 200, 150, 60, 40, 20, 10, 5, 0]
    open_gaps = [3, 5, 8, 9, 10, 20, 30, 40, 60, 90]
    return kaplan_meier(pd.DataFrame({"days": days, "events": events, "censored": open_gaps}))
