"""The shops of the sample company as their lives go on, and small tables of them: cheap enough for
100 seeds.

They are drawn by the sample itself, with its numbers of customers, refunds and orders of several
lines, from the first day of its data on, but for two more years, so that what comes after its last
day is known. Dirt is left out, and so are the stories of two shops that change their business: an
exodus, and campaigns. The tables are made with NumPy and pandas, and share no code with the package
beyond the drawing of lives and sales.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from retention import sample_lives
from retention.sample import CUSTOMERS
from retention.sample_lives import AS_OF, FIRST_DAY
from retention.sample_units import UNITS

END = date(2028, 6, 30)
"""The last day of the lives: a year after AS_OF until the return, and a year from it on."""

INACTIVE_AFTER = {"grocer_es": 25, "fashion_fr": 106, "furniture_uk": 249, "outlet_us": 61}
"""Slug -> the threshold that the kit derives of the sample company."""

ALL_TIME = 1.3
"""Customers of five years for each of three: some have come before, and some will stay."""

YEAR = 365
NAMES = np.array(["once", "occasional", "regular", "very_active"])
BRACKETS = ["lapsed_within_90", "lapsed_within_180", "lapsed_within_365", "lapsed_earlier"]
STARTS = [digit * 10.0**power for power in range(9) for digit in (1, 2, 5)]


@dataclass(frozen=True)
class Shop:
    """Days of a simulated shop's customers, by customer and day; days are numbered from FIRST_DAY.

    Those that do not add up to more than nothing are no purchase days."""

    who: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.float64]
    inactive_after: int

    def until(self, day: int) -> Shop:
        """What is known at the close of a day."""
        known = self.day <= day
        columns = (column[known] for column in (self.who, self.day, self.amount))
        return Shop(*columns, self.inactive_after)

    def inactive_on(self, landmark: int, since: int) -> pd.DataFrame:
        """One inactive customer a row: cell, and what they spend after their return, if any."""
        size, bought = int(self.who.max()) + 1, self.amount > 0
        past = bought & (self.day >= since) & (self.day <= landmark)
        last = np.full(size, -(10**6))
        np.maximum.at(last, self.who[past], self.day[past])
        ever = np.bincount(self.who[past], minlength=size)
        recent = past & (self.day > last[self.who] - YEAR)
        days = np.bincount(self.who[recent], minlength=size)
        back = np.sort(days[ever > 1])
        higher = len(back) - np.searchsorted(back, days, side="right")
        place = 1 + (higher * 2 < len(back)) + (higher * 5 < len(back))
        future = bought & (self.day > landmark) & (self.day <= landmark + YEAR)
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
        lapsed_for = landmark - last - self.inactive_after
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
        bought = np.flatnonzero(self.amount > 0)
        who, day = self.who[bought], self.day[bought]
        silent = (np.diff(who, prepend=-1) == 0) & (np.diff(day, prepend=0) > self.inactive_after)
        key = self.who * 10_000 + self.day
        first = bought[silent & (day <= as_of - YEAR + 1)]
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


def shop(slug: str, seed: int, patch: pytest.MonkeyPatch, share: float = 1.0) -> Shop:
    """Such a share of the customers of one shop; the same seed gives the same."""
    number, unit = next((n, unit) for n, unit in enumerate(UNITS) if unit.names[0] == slug)
    patch.setattr(sample_lives, "AS_OF", END)
    patch.setattr(sample_lives, "_END", sample_lives._END + (END - AS_OF).days)
    customers = round(CUSTOMERS * unit.arrivals[0] * share * ALL_TIME)
    settled = replace(unit, exodus=None, campaigns=())
    sold, _ = sample_lives.simulated(np.random.default_rng([seed, number]), settled, customers)
    patch.undo()
    who = sold["customer_id"].astype("category").cat.codes.to_numpy(dtype="int64")
    day = (sold["ordered_at"].dt.normalize() - pd.Timestamp(FIRST_DAY)).dt.days.to_numpy()
    of_a_day, row = np.unique(who * 10_000 + day, return_inverse=True)
    amount = np.bincount(row, sold["amount"]).round(2)
    return Shop(of_a_day // 10_000, of_a_day % 10_000, amount, INACTIVE_AFTER[slug])
