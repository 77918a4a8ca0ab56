"""Win-back campaigns of the simulated company, as experiments whose truth is known; and answers.

What was sold is not touched: that some of the gone return on a campaign was drawn with the sales.
Here the arms are put around it. Of those whom a campaign made return all were contacted, and as
many of the others were held out as if the arms had been drawn among all alike.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

ARMS = {
    dt.date(2025, 6, 3): ("e-mail",),
    dt.date(2025, 10, 3): ("e-mail", "control"),
    dt.date(2026, 2, 3): ("e-mail", "letter", "control"),
    dt.date(2026, 6, 3): ("e-mail", "control"),
}
"""First day of a campaign -> its arms; the first one held nobody out, the last one still runs."""

HELD_OUT = 0.2
"""Share of a campaign's customers that is its control."""

_SILENT = pd.Timedelta(days=60)
_ASKED_SINCE = pd.Timestamp(2024, 7, 1)
_ANSWER = 0.8
"""Share of those who fall silent for good, or for long, who say why."""

_REASONS = {
    "prices": (0.30, 0.20),
    "a competitor": (0.22, 0.05),
    "quality of the goods": (0.16, 0.05),
    "delivery": (0.14, 0.15),
    "moved away": (0.12, 0.03),
    "no need at present": (0.06, 0.52),
}
"""Reason -> its share among those who stay away, and among those who come back."""

_OWN_WORDS = ("the queue at the till", "my size is never there", "you stopped the blue ones")
_DIRT = {"no_id": 0.004, "no_arm": 0.002, "late": 0.002, "both": 0.004, "repeated": 0.01}


def name_of(first_day: dt.date) -> str:
    """The name of the campaign that begins on a day."""
    return f"Win-back {first_day:%Y-%m}"


def contacts(
    truth: pd.DataFrame, sold: pd.DataFrame, rng: np.random.Generator, *, as_of: dt.date
) -> pd.DataFrame:
    """One row a contact, in no order, dirt included.

    Columns unit, customer_id, campaign, contacted_on, arm.
    truth: of one unit (see sample.Company); sold: its transactions.
    """
    known = sold.dropna(subset=["customer_id", "ordered_at"])
    known = known[known["amount"] > 0]
    parts = []
    for first_day, arms in ARMS.items():
        start = pd.Timestamp(first_day)
        last = known[known["ordered_at"] < start].groupby("customer_id")["ordered_at"].max()
        silent = truth[truth["customer_id"].map(last) < start - _SILENT]
        parts.append(_drawn(silent, start, arms, rng))
    rows = pd.concat(parts, ignore_index=True)
    counts = [round(share * len(rows)) for share in _DIRT.values()]
    nobody, armless, late, both, again, _ = np.split(rng.permutation(len(rows)), np.cumsum(counts))
    twice = rows.iloc[both].assign(arm="control")
    rows = pd.concat([rows, twice[rows.iloc[both]["arm"] != "control"], rows.iloc[again]])
    rows = rows.reset_index(drop=True)
    rows.loc[nobody, "customer_id"] = None
    rows.loc[armless, "arm"] = None
    rows.loc[late, "contacted_on"] = pd.Timestamp(as_of) + pd.Timedelta(days=30)
    rows.insert(0, "unit", truth["unit"].iloc[0])
    rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    return rows.astype({"contacted_on": "datetime64[us]"})


def answers(truth: pd.DataFrame, rng: np.random.Generator, *, as_of: dt.date) -> pd.DataFrame:
    """One row an answer, in no order: unit, customer_id, reported_on, reason.

    truth: of one unit (see sample.Company).
    """
    began = truth["paused_on"].fillna(truth["left_on"])
    asked = truth[(began >= _ASKED_SINCE) & (rng.random(len(truth)) < _ANSWER)]
    silent_since = began[asked.index] + pd.Timedelta(days=45)
    said_on = silent_since + pd.to_timedelta(rng.geometric(1 / 20, len(asked)), unit="D")
    back = asked["returned_on"].notna().to_numpy()
    weights = np.array(list(_REASONS.values())).T
    drawn = [rng.choice(list(_REASONS), len(asked), p=shares) for shares in weights]
    reason = np.where(back, drawn[1], drawn[0])
    rows = pd.DataFrame(
        {"customer_id": asked["customer_id"], "reported_on": said_on, "reason": reason}
    )
    rows = rows[said_on <= pd.Timestamp(as_of)]
    own = rng.choice(rows.index, min(len(rows), len(_OWN_WORDS)), replace=False)
    rows.loc[own, "reason"] = _OWN_WORDS[: len(own)]
    rows.insert(0, "unit", truth["unit"].iloc[0])
    rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    return rows.astype({"reported_on": "datetime64[us]"})


def _drawn(
    silent: pd.DataFrame, start: pd.Timestamp, arms: Sequence[str], rng: np.random.Generator
) -> pd.DataFrame:
    """One row a customer who was silent on the day: the campaign and the arm."""
    won = silent["campaign_on"] == start
    began = silent["paused_on"].fillna(silent["left_on"])
    # Whom the campaign could make return: gone by then, and not back of their own accord.
    later = silent["campaign_on"].isna() | (silent["campaign_on"] > start)
    own_accord = silent["returned_on"].notna() & silent["campaign_on"].isna()
    gone = ~won & (began + _SILENT < start) & later & ~own_accord
    held_out = np.zeros(len(silent), dtype=bool)
    if "control" in arms:
        for group, base in ((gone, won.sum() + gone.sum()), (~won & ~gone, (~won & ~gone).sum())):
            rows = np.flatnonzero(group)
            held_out[rng.choice(rows, min(round(HELD_OUT * base), len(rows)), replace=False)] = True
    treated = [arm for arm in arms if arm != "control"]
    arm = np.where(held_out, "control", rng.choice(treated, len(silent)))
    return pd.DataFrame(
        {
            "customer_id": silent["customer_id"],
            "campaign": name_of(start.date()),
            "contacted_on": start,
            "arm": arm,
        }
    )
