"""A shop that has been selling for five years, and small tables of it: cheap enough for 100 seeds.

The customers are those of the sample company's fashion shop, without the exodus of its last months;
refunds, dirt and single lines are left out. The tables are made with NumPy and pandas, and share no
code with the package beyond the drawing of lives and purchases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from retention import sample_lives
from retention.sample_units import UNITS

EPOCH, FIRST_DAY = date(2018, 7, 1), date(2021, 7, 1)
"""Customers have come since the one; the data begin on the other."""

SHOP = replace(next(unit for unit in UNITS if unit.exodus), exodus=None)
INACTIVE_AFTER = 150
YEAR = 365
NAMES = np.array(["once", "occasional", "regular", "very_active"])
BRACKETS = ["lapsed_within_90", "lapsed_within_180", "lapsed_within_365", "lapsed_earlier"]
STARTS = [digit * 10.0**power for power in range(9) for digit in (1, 2, 5)]


@dataclass(frozen=True)
class Shop:
    """Purchase days of a simulated shop, by customer and day; days are numbered from FIRST_DAY."""

    who: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.float64]

    def until(self, day: int) -> Shop:
        """What is known at the close of a day."""
        return Shop(*(column[self.day <= day] for column in (self.who, self.day, self.amount)))

    def inactive_on(self, landmark: int, since: int) -> pd.DataFrame:
        """One inactive customer a row: cell, and what they spend after their return, if any."""
        size = int(self.who.max()) + 1
        past = (self.day >= since) & (self.day <= landmark)
        last = np.full(size, -(10**6))
        np.maximum.at(last, self.who[past], self.day[past])
        ever = np.bincount(self.who[past], minlength=size)
        recent = past & (self.day > last[self.who] - YEAR)
        days = np.bincount(self.who[recent], minlength=size)
        back = np.sort(days[ever > 1])
        higher = len(back) - np.searchsorted(back, days, side="right")
        place = 1 + (higher * 2 < len(back)) + (higher * 5 < len(back))
        future = (self.day > landmark) & (self.day <= landmark + YEAR)
        returned = np.full(size, 10**6)
        np.minimum.at(returned, self.who[future], self.day[future])
        after = self.day - returned[self.who]
        own = {
            "spend": (after >= 0) & (self.day <= landmark + YEAR),
            "spend_a_year": (after >= 0) & (after < YEAR),
            "former_value": (self.day > last[self.who] - YEAR) & (self.day <= landmark),
        }
        spent = {
            name: np.bincount(self.who[days], self.amount[days], size) for name, days in own.items()
        }
        lapsed_for = landmark - last - INACTIVE_AFTER
        found = pd.DataFrame(
            {
                "since_lapse": np.select(
                    [lapsed_for <= days for days in (90, 180, 365)], BRACKETS[:3], BRACKETS[3]
                ),
                "former_activity": NAMES[np.where(ever > 1, place, 0)],
                "watched": np.where(returned < 10**6, landmark + YEAR - returned + 1.0, np.nan),
                **{name: amounts.round(2) for name, amounts in spent.items()},
            }
        )
        return found[(last >= 0) & (lapsed_for >= 0)].reset_index(drop=True)

    def outcomes(self, landmark: int, since: int) -> pd.DataFrame:
        """The table of outcomes (opportunity.OUTCOMES)."""
        of_one = self.inactive_on(landmark, since)
        of_one = of_one.assign(
            window=of_one["watched"] // 30,
            band=np.searchsorted(STARTS, of_one["spend"], side="right"),
            customers=1,
            watched_days=of_one["watched"].fillna(0).astype(int),
        )
        by = ["since_lapse", "former_activity", "window", "band"]
        values = ["customers", "watched_days", "spend", "former_value"]
        return of_one.groupby(by, dropna=False, as_index=False)[values].sum()

    def growth(self, as_of: int) -> pd.DataFrame:
        """The table of growth (opportunity.GROWTH)."""
        follows = np.diff(self.who, prepend=-1) == 0
        gap = np.diff(self.day, prepend=0)
        starts = follows & (gap > INACTIVE_AFTER) & (self.day <= as_of - YEAR + 1)
        key = self.who * 10_000 + self.day
        first = np.flatnonzero(starts)
        count = np.searchsorted(key, key[first] + YEAR) - first
        start = np.repeat(first, count)
        row = start + np.arange(len(start)) - np.repeat(count.cumsum() - count, count)
        found = pd.DataFrame(
            {
                "fold": (as_of - self.day[start]) % 20,
                "days": self.day[row] - self.day[start],
                "spend": self.amount[row],
            }
        )
        by_day = found.groupby(["fold", "days"])["spend"]
        return by_day.agg(returns="count", spend="sum").reset_index()


def shop(seed: int, patch: pytest.MonkeyPatch, customers: int) -> Shop:
    """The same seed gives the same shop."""
    end = (sample_lives.AS_OF - EPOCH).days + 1
    patch.setattr(sample_lives, "_EPOCH", EPOCH)
    patch.setattr(sample_lives, "_START", (FIRST_DAY - EPOCH).days)
    patch.setattr(sample_lives, "_END", end)
    rng = np.random.default_rng([seed, customers])
    calendar = pd.date_range(EPOCH, sample_lives.AS_OF)
    weight = np.array(SHOP.season)[calendar.month - 1] * np.array(SHOP.week)[calendar.day_of_week]
    weight = weight / weight.mean()
    lives = sample_lives.lives(rng, SHOP, weight, customers)
    bought = sample_lives.purchases(rng, SHOP, weight, lives)
    level = lives["level"].to_numpy()[bought["who"]]
    amount = (level * rng.lognormal(0, 0.45, len(bought))).round(2)
    key = bought["who"].to_numpy() * 10_000 + bought["day"].to_numpy() - sample_lives._START
    of_a_day, row = np.unique(key, return_inverse=True)
    return Shop(of_a_day // 10_000, of_a_day % 10_000, np.bincount(row, amount).round(2))
