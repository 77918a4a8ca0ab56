"""Kaplan-Meier on counts by day, for the ways that are compared; shares no code with the kit."""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


def survival(events: Counts, censored: Counts) -> npt.NDArray[np.float64]:
    """The share without an event by each day; `events` and `censored` are in the order of days."""
    leaving = events + censored
    at_risk = leaving[::-1].cumsum()[::-1]
    return np.cumprod(1 - events / at_risk)


def thresholds(days: Counts, closed: Counts, still_open: Counts) -> tuple[int, int]:
    """inactive_after and lost_after by `return_quantile`: 0.80 and 0.95 of those within a year."""
    returned = 1 - survival(closed, still_open)
    horizon = min(365, int(days.max()))
    within = returned[days <= horizon][-1]
    first, second = (int(days[returned >= q * within - 1e-12][0]) for q in (0.80, 0.95))
    return first, second


def returned_by_age(
    days: Counts, events: Counts, censored: Counts, watched_by_all: int
) -> list[tuple[int, int, int, float]]:
    """Age in 30 days, lapsed, returned, share: one row an age that somebody is watched at."""
    last = max(watched_by_all, int(days.max())) // 30
    curve, so_far = survival(events, censored), events.cumsum()
    lapsed = int((events + censored).sum())
    rows = []
    for age in range(1, last + 1):
        at = int(np.searchsorted(days, age * 30, side="right")) - 1
        returned, share = (int(so_far[at]), 1 - curve[at]) if at >= 0 else (0, 0.0)
        rows.append((age, lapsed, returned, float(share)))
    return rows
