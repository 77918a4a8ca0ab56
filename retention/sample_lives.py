"""The lives of simulated customers: when they come, buy, pause, leave, and what they buy.

The model is described in `sample`, the numbers of each unit stand in `sample_units`.
"""

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention.sample_units import Unit

FIRST_DAY = dt.date(2023, 7, 1)
AS_OF = dt.date(2026, 6, 30)

# Days are numbered from here: three years of arrivals go before the first day of the data.
_EPOCH = dt.date(2020, 7, 1)
_START = (FIRST_DAY - _EPOCH).days
_END = (AS_OF - _EPOCH).days + 1  # an event on this day or later is not within the data

_COLUMNS = ["unit", "customer_id", "ordered_at", "amount", "order_id", "line", "channel", "region"]

_Floats = NDArray[np.float64]


def simulated(
    rng: np.random.Generator, unit: Unit, customers: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What a unit sold to so many customers, and the truth about them: see sample.Company."""
    calendar = pd.date_range(_EPOCH, AS_OF)
    weight = np.array(unit.season)[calendar.month - 1] * np.array(unit.week)[calendar.day_of_week]
    weight /= weight[_START:].mean()
    # Lives that end before the data begin are never seen: draw enough, keep as many as wanted.
    lived = lives(rng, unit, weight, 3 * customers)
    bought = purchases(rng, unit, weight, lived)
    seen = lived.loc[np.unique(bought["who"])[:customers]].sort_values("acquired", kind="stable")
    seen["customer_id"] = _ids(unit, len(seen), "C")
    sizes = np.linspace(2, 1, len(unit.regions))
    seen["region"] = rng.choice(unit.regions, len(seen), p=sizes / sizes.sum())
    truth = pd.DataFrame({"unit": unit.names[1], "customer_id": seen["customer_id"]})
    # Without a return, `paused` is only another name of `left`.
    seen["paused"] = seen["paused"].where(seen["returned"] < _END, _END)
    for event in ("acquired", "left", "paused", "returned", "campaign"):
        days = pd.to_timedelta(seen[event].where(seen[event] < _END), unit="D")
        truth[f"{event}_on"] = (pd.Timestamp(_EPOCH) + days).astype("datetime64[us]")
    truth["rhythm"] = seen["rhythm"].round(2)
    return _lines(rng, unit, bought.join(seen, on="who", how="inner")), truth


def lives(rng: np.random.Generator, unit: Unit, weight: _Floats, size: int) -> pd.DataFrame:
    """One row a life. Events are numbers of days, _END stands for "not within the data"."""
    arrivals = weight * np.exp(unit.arrivals[1] * np.arange(_END) / 365)
    acquired = rng.choice(_END, size, p=arrivals / arrivals.sum())
    scale, shape = unit.life
    online = rng.random(size) < 0.4
    # Who buys online is gone sooner, so that the channels differ in something.
    span = scale * rng.pareto(shape, size) * np.where(online, 0.75, 1.2)
    left = np.minimum(acquired + 1 + span.astype(int), _END)
    if unit.exodus:
        first = np.maximum(acquired + 1, _number(unit.exodus[0]))
        sooner = first + rng.exponential(unit.exodus[1], size).astype(int)
        left = np.where(left > first, np.minimum(left, sooner), left)
    share, days = unit.pause
    paused = acquired + 1 + rng.exponential(300, size).astype(int)
    paused = np.where(rng.random(size) < share, np.minimum(paused, left), left)
    returned = paused + rng.lognormal(np.log(days), 0.5, size).astype(int)
    # A pause that outlasts the life is its end.
    back = returned < left
    left, returned = np.where(back, left, paused), np.where(back, returned, _END)
    campaign = np.full(size, _END)
    for day, response in unit.campaigns:
        first_day = _number(day)
        called = (returned == _END) & (left >= _START) & (left + 60 < first_day)
        answer = first_day + rng.geometric(0.12, size)
        won = called & (rng.random(size) < response) & (answer < _END)
        again = answer + 1 + (scale * rng.pareto(shape, size)).astype(int)
        paused, returned = np.where(won, left, paused), np.where(won, answer, returned)
        left = np.where(won, np.minimum(again, _END), left)
        campaign = np.where(won, first_day, campaign)
    rhythm = unit.gap[0] * rng.lognormal(0, unit.gap[1], size)
    level = unit.basket[0] * rng.lognormal(0, 0.5, size)
    events = {"acquired": acquired, "paused": paused, "returned": returned, "left": left}
    traits = {"campaign": campaign, "rhythm": rhythm, "level": level, "online": online}
    return pd.DataFrame(events | traits)


def purchases(
    rng: np.random.Generator, unit: Unit, weight: _Floats, lives: pd.DataFrame
) -> pd.DataFrame:
    """One row a purchase: who, day, and whether it opens a life (the first, or the return)."""
    passed = np.concatenate([[0.0], weight.cumsum()])
    begin = lives[["acquired", "returned"]].to_numpy().T.ravel()
    end = lives[["paused", "left"]].to_numpy().T.ravel()
    low, high = (passed[np.clip(day, _START, _END)] for day in (begin + 1, end))
    length = np.maximum(high - low, 0)
    # Given their number, the events of a Poisson process are uniform: no loop over the gaps.
    k = unit.gap[2]
    count = rng.poisson(k * length / np.tile(lives["rhythm"], 2))
    life = np.repeat(np.arange(len(count)), count)
    at = low[life] + rng.random(len(life)) * length[life]
    at = at[np.lexsort((at, life))]
    # A life that began before the data is met at any of the k steps between two purchases.
    step = np.where(begin < _START, rng.integers(k, size=len(begin)), 0)
    nth = np.arange(len(life)) - np.repeat(count.cumsum() - count, count) + step[life]
    later = nth % k == k - 1
    opening = np.flatnonzero((begin >= _START) & (begin < end))
    who = np.concatenate([opening, life[later]]) % len(lives)
    day = np.concatenate([begin[opening], passed.searchsorted(at[later], side="right") - 1])
    return pd.DataFrame({"who": who, "day": day, "opens": np.arange(len(who)) < len(opening)})


def _lines(rng: np.random.Generator, unit: Unit, bought: pd.DataFrame) -> pd.DataFrame:
    """One row a line of an order, or what takes it back."""
    orders = bought.loc[bought.index.repeat(1 + (rng.random(len(bought)) < 0.03))]
    clock = unit.hours[0] + (unit.hours[1] - unit.hours[0]) * rng.beta(2.5, 2, len(orders))
    second = np.rint(orders["day"] * 86_400 + clock * 3600)
    orders = orders.assign(ordered_at=pd.Timestamp(_EPOCH) + pd.to_timedelta(second, unit="s"))
    orders = orders.sort_values("ordered_at", kind="stable", ignore_index=True)
    orders["order_id"] = _ids(unit, len(orders), "O")
    elsewhere = rng.random(len(orders)) < 0.15
    orders["channel"] = np.where(orders["online"] ^ elsewhere, "online", "store")
    orders["cancelled"] = ~orders["opens"] & (rng.random(len(orders)) < 0.006)
    lines = orders.loc[orders.index.repeat(1 + (rng.random(len(orders)) < 0.2))]
    lines = lines.assign(unit=unit.names[1], line=1 + lines.index.duplicated())
    lines["amount"] = (lines["level"] * rng.lognormal(0, 0.45, len(lines))).round(2)
    # Two of the same article: equal in all but the line, and no duplicate.
    twin = (lines["line"] == 2) & (rng.random(len(lines)) < 0.3)
    lines["amount"] = lines["amount"].mask(twin, lines["amount"].shift())
    undone = lines[lines["cancelled"] | (rng.random(len(lines)) < unit.basket[1])]
    days = np.where(undone["cancelled"], 0, rng.geometric(0.11, len(undone)))
    whole = undone["cancelled"] | (rng.random(len(undone)) < 0.6)
    part = np.where(whole, 1, rng.uniform(0.2, 0.9, len(undone)))
    delay = pd.to_timedelta(days * 86_400 + 900, unit="s")
    undone = undone.assign(
        line=undone["line"] + 2,
        amount=-(undone["amount"] * part).round(2),
        ordered_at=undone["ordered_at"] + delay,
    )
    undone = undone[undone["ordered_at"] < pd.Timestamp(AS_OF) + pd.Timedelta(days=1)]
    return pd.concat([lines, undone])[_COLUMNS]


def _ids(unit: Unit, count: int, kind: str) -> pd.Index:
    numbers = pd.Series(range(1, count + 1)).astype(str).str.zfill(6)
    return pd.Index(f"{unit.names[0][-2:].upper()}-{kind}" + numbers)


def _number(day: dt.date) -> int:
    return (day - _EPOCH).days
