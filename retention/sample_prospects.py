"""Sign-ups of the simulated company: people known to a unit, most of whom never buy."""

import datetime as dt

import numpy as np
import pandas as pd

_BEFORE = 0.4
"""Share of those acquired within the data who had signed up before."""

_AFTER = 0.25
"""Share of all customers who sign up on the day of their first purchase, or later."""

_NEVER = 1.5
"""People who sign up and never buy, for each customer."""

_DIRT = {"no_id": 0.01, "no_date": 0.005, "late": 0.002, "repeated": 0.03}
"""Shares of the rows that are spoilt, or named again."""


def sign_ups(
    truth: pd.DataFrame, rng: np.random.Generator, *, first_day: dt.date, as_of: dt.date
) -> tuple[pd.DataFrame, pd.Series]:
    """One row a sign-up, in no order, and the true `known_on` of the customers of `truth`.

    truth: `unit`, `customer_id`, `acquired_on` of one unit (see sample.Company). Rows: unit,
    customer_id, known_on. A customer who signs up has waited about two months on average.
    """
    acquired, size = truth["acquired_on"], len(truth)
    draw = rng.random(size)
    before = (draw < _BEFORE) & (acquired >= pd.Timestamp(first_day)).to_numpy()
    after = draw > 1 - _AFTER
    wait = np.where(before, -rng.geometric(1 / 60, size), rng.geometric(1 / 90, size) - 1)
    known = acquired + pd.to_timedelta(wait, unit="D")
    known = known.where((before | after) & (known <= pd.Timestamp(as_of)))
    days = (as_of - first_day).days
    others = round(_NEVER * size)
    never = pd.DataFrame(
        {
            "customer_id": [f"NL-{number:06}" for number in range(1, others + 1)],
            "known_on": pd.Timestamp(first_day)
            + pd.to_timedelta(rng.integers(0, days + 1, others), unit="D"),
        }
    )
    rows = pd.concat(
        [pd.DataFrame({"customer_id": truth["customer_id"], "known_on": known}).dropna(), never]
    )
    counts = [round(share * len(rows)) for share in _DIRT.values()]
    nobody, undated, late, again, _ = np.split(rng.permutation(len(rows)), np.cumsum(counts))
    twice = rows.iloc[again].assign(known_on=lambda row: row["known_on"] + pd.Timedelta(days=30))
    twice = twice[twice["known_on"] <= pd.Timestamp(as_of)]
    rows = rows.reset_index(drop=True)
    spoilt = np.concatenate([nobody, undated, late])
    true = known.where(~truth["customer_id"].isin(rows.loc[spoilt, "customer_id"]))
    rows.loc[nobody, "customer_id"] = None
    rows.loc[undated, "known_on"] = pd.NaT
    rows.loc[late, "known_on"] = pd.Timestamp(as_of) + pd.Timedelta(days=40)
    rows = pd.concat([rows, twice])
    rows.insert(0, "unit", truth["unit"].iloc[0])
    rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    return rows.astype({"known_on": "datetime64[us]"}), true
