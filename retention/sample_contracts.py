"""A simulated software company that lives on subscriptions: no row of it is real.

Customers arrive with growth and season, choose a plan that runs by the month or by the year, and
decide at every renewal: to leave (some are quicker to than others), to change the plan, or to go
on. A change is a contract that begins where the last one ends. Some add a second product beside the
first, some begin free of charge, and some who left are back months later. Who gives notice has an
end that lies ahead. Dirty rows: without id, date or amount, begun in the future, of no day, or
repeated whole.

One story is built in: the price of the smallest plan rises on PRICE_RISE, and customers on it leave
twice as fast from then on.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

FIRST_DAY = dt.date(2022, 7, 1)
AS_OF = dt.date(2026, 6, 30)
PRICE_RISE = dt.date(2026, 1, 1)
SLUG, UNIT = "software_us", "Software US"

PLANS = {"starter": (29.0, 35.0), "team": (99.0, 99.0), "business": (299.0, 299.0)}
"""Price a month before and after the price rise; a year ahead costs ten months."""

ADD_ON = ("analytics", 49.0)

# Shares of the rows; no row has two faults.
DIRT = {
    "no_id": 0.012,
    "no_date": 0.002,
    "no_amount": 0.002,
    "future": 0.003,
    "no_day": 0.004,
    "repeated": 0.005,
}

SETTINGS = """\
# Software by subscription: monthly and yearly plans, upgrades, add-ons, returns.
# Simulated: see defaults.yaml.
unit: Software US
model: subscriptions
source: ../data/sample_subscriptions.parquet

# A row that was loaded twice is equal in every column. Yearly prices are given by the month.
query: >-
  SELECT DISTINCT unit, customer_id, started_on, ended_on, amount, contract_id, product
  FROM source

# Former customers are called lost a quarter after their service ended.
lost_after: 90

# The contracts of the first customer are there.
history_complete: true
language: en
currency: USD
timezone: America/New_York
"""

_COLUMNS = [
    "unit",
    "customer_id",
    "contract_id",
    "product",
    "billing",
    "started_on",
    "ended_on",
    "amount",
]
_Row = dict[str, Any]


@dataclass(frozen=True)
class Contracts:
    """What was agreed, and the truth behind it.

    `subscriptions`: one row a contract, in no order, dirt included: unit, customer_id, contract_id,
    product, billing (month or year), started_on, ended_on (first day without service; empty = no
    end known), amount (USD a month).

    `truth`: one row a customer: unit, customer_id, acquired_on (first day of service), left_on
    (first day without service; empty = in service on `AS_OF`), lapses and returns (how often
    service ended and began again up to `AS_OF`), mrr (at the close of `AS_OF`).
    """

    subscriptions: pd.DataFrame
    truth: pd.DataFrame


def contracts(*, seed: int, customers: int) -> Contracts:
    """Return the contracts of that many customers; the same seed gives the same rows.

    >>> small = contracts(seed=1, customers=50)
    >>> len(small.truth), sorted(small.subscriptions["billing"].unique())
    (50, ['month', 'year'])
    """
    rng = np.random.default_rng([seed, 99])
    days = pd.date_range(FIRST_DAY, AS_OF)
    season = np.array([1.25, 1.0, 1.1, 1.0, 0.95, 0.9, 0.75, 0.7, 1.2, 1.1, 1.0, 0.75])
    weight = season[days.month - 1] * np.exp(0.2 * np.arange(len(days)) / 365)
    acquired = np.sort(rng.choice(len(days), customers, p=weight / weight.sum()))
    rows: list[_Row] = []
    truth: list[_Row] = []
    for number, arrival in enumerate(acquired, start=1):
        name = f"SW-C{number:06}"
        own = _life(rng, days[arrival].date())
        truth.append({"customer_id": name, **_told(own)})
        for row in own:
            rows.append({"customer_id": name, "contract_id": f"SW-S{len(rows) + 1:06}", **row})
    table = pd.DataFrame(rows).assign(unit=UNIT)[_COLUMNS]
    known = pd.DataFrame(truth)
    known.insert(0, "unit", UNIT)
    for frame in (table, known):
        for column in frame.columns[frame.columns.str.endswith("_on")]:
            frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    return Contracts(_soiled(rng, table), known)


def _life(rng: np.random.Generator, day: dt.date) -> list[_Row]:
    """The contracts of one customer, stay after stay, from a first day on."""
    haste = float(rng.gamma(1.6, 1 / 1.6))
    rows: list[_Row] = []
    while day <= AS_OF:
        stay = _stay(rng, day, haste)
        left = stay[-1]["ended_on"]
        rows += stay + _beside(rng, day, left)
        if left is None or rng.random() > 0.28:
            break
        day = left + dt.timedelta(days=int(rng.lognormal(np.log(110), 0.7)) + 1)
    return rows


def _stay(rng: np.random.Generator, first: dt.date, haste: float) -> list[_Row]:
    """The contracts of one unbroken stay, each begun where the one before ends.

    Who leaves within 30 days after `AS_OF` has said so; of what else lies ahead nothing is known.
    """
    plan, yearly = str(rng.choice(list(PLANS), p=[0.55, 0.33, 0.12])), bool(rng.random() < 0.25)
    amount = 0.0 if rng.random() < 0.04 else _price(plan, first, yearly=yearly)
    rows: list[_Row] = []
    begins, months = first, 0
    while True:
        months += 12 if yearly and amount else 1
        renewal = (pd.Timestamp(first) + pd.DateOffset(months=months)).date()
        quicker = 2 if plan == "starter" and renewal >= PRICE_RISE else 1
        leaves = rng.random() < haste * quicker * (0.11 if yearly else 0.028)
        row = _contract(plan, "year" if yearly else "month", begins, amount)
        if renewal > AS_OF and not (leaves and renewal <= AS_OF + dt.timedelta(days=30)):
            return [*rows, row]
        if leaves:
            return [*rows, row | {"ended_on": renewal}]
        if rng.random() < (0.2 if yearly else 0.03):
            plan = str(rng.choice(list(PLANS), p=[0.25, 0.4, 0.35]))
        price = _price(plan, renewal, yearly=yearly)
        if yearly or price != amount:
            rows.append(row | {"ended_on": renewal})
            begins, amount = renewal, price


def _beside(rng: np.random.Generator, first: dt.date, left: dt.date | None) -> list[_Row]:
    """A second product that some take within a stay, and give up with it or before."""
    begins = first + dt.timedelta(days=int(rng.integers(5, 400)))
    ends = begins + dt.timedelta(days=int(rng.integers(60, 900)))
    if rng.random() > 0.15 or begins >= (left or AS_OF):
        return []
    known = min(ends, left) if left else ends if ends <= AS_OF else None
    return [_contract(ADD_ON[0], "month", begins, ADD_ON[1]) | {"ended_on": known}]


def _price(plan: str, day: dt.date, *, yearly: bool) -> float:
    return round(PLANS[plan][day >= PRICE_RISE] * (10 / 12 if yearly else 1), 2)


def _contract(product: str, billing: str, begins: dt.date, amount: float) -> _Row:
    return {
        "product": product,
        "billing": billing,
        "started_on": begins,
        "ended_on": None,
        "amount": amount,
    }


def _told(contracts: list[_Row]) -> _Row:
    """The truth of one customer: first service, end, how often it ended and began again, MRR."""
    tomorrow = AS_OF + dt.timedelta(days=1)
    begun = sorted(
        (row["started_on"], min(row["ended_on"] or tomorrow, tomorrow), row["amount"])
        for row in contracts
    )
    ends, served_until = [], begun[0][1]
    for start, end, _ in begun[1:]:
        if start > served_until:
            ends.append(served_until)
        served_until = max(served_until, end)
    is_served = served_until == tomorrow
    return {
        "acquired_on": begun[0][0],
        "left_on": None if is_served else served_until,
        "lapses": len(ends) + (not is_served),
        "returns": len(ends),
        "mrr": round(sum(amount for _, end, amount in begun if end == tomorrow), 2),
    }


def _soiled(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Spoil shares of the rows as DIRT says, and shuffle them all."""
    counts = [round(share * len(table)) for share in DIRT.values()]
    order = rng.permutation(len(table))
    nobody, undated, unpriced, ahead, dayless, repeated, _ = np.split(order, np.cumsum(counts))
    table.loc[nobody, "customer_id"] = None
    table.loc[undated, "started_on"] = pd.NaT
    table.loc[unpriced, "amount"] = np.nan
    later = pd.to_timedelta(rng.integers(1, 200, len(ahead)), unit="D")
    table.loc[ahead, "started_on"] = pd.Timestamp(AS_OF) + later
    table.loc[ahead, "ended_on"] = pd.NaT
    table.loc[dayless, "ended_on"] = table.loc[dayless, "started_on"]
    soiled = pd.concat([table, table.loc[repeated]])
    return soiled.iloc[rng.permutation(len(soiled))].reset_index(drop=True)
