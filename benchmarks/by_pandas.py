"""The core tables in the pandas that an analyst would write: vectorised, no loop over customers."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import curves
from benchmarks.by_hand import returns

Tables = dict[str, pd.DataFrame]
_Z = 1.959963984540054


def tables(path: Path) -> Tables:
    """The core tables of the file, taken as one unit, by month."""
    rows = pd.read_parquet(path, columns=["customer_id", "ordered_at", "amount"])
    known = rows.dropna(subset=["customer_id"])
    quality = pd.DataFrame(
        {
            "rows_in_source": [len(rows)],
            "kept": [len(known)],
            "no_customer_id": [len(rows) - len(known)],
            "refunds": [(known["amount"] < 0).sum()],
        }
    )
    days = (
        known.assign(day=known["ordered_at"].dt.normalize())
        .groupby(["customer_id", "day"], as_index=False)["amount"]
        .sum()
    )
    days["amount"] = days["amount"].round(4)
    as_of = days["day"].max()
    gaps = days.loc[days["amount"] > 0, ["customer_id", "day"]].sort_values(["customer_id", "day"])
    gaps["next_day"] = gaps.groupby("customer_id")["day"].shift(-1)
    silent = (gaps["next_day"].fillna(as_of) - gaps["day"]).dt.days
    counted = gaps["next_day"].notna().groupby(silent).agg(["sum", "size"])
    closed = counted["sum"].to_numpy()
    inactive, lost = curves.thresholds(
        counted.index.to_numpy(), closed, counted["size"].to_numpy() - closed
    )
    first = gaps["day"].min().replace(day=1)

    def number(day: "pd.Series[pd.Timestamp]") -> "pd.Series[float]":
        months = (day.dt.year - first.year) * 12 + day.dt.month - first.month
        return months.where(day.between(first, as_of))

    last = (as_of.year - first.year) * 12 + as_of.month - first.month
    runs = _runs(gaps, inactive, lost - inactive, number)
    left = _left(runs)
    ledger = _ledger(runs, left, days, number, last)
    return {
        "quality": quality,
        "thresholds": pd.DataFrame({"days": [inactive, lost]}),
        "ledger": ledger.iloc[:last],
        "revenue": _revenue(runs, days, number, last),
        "rates": _rates(runs, left, ledger, days, number, (first, last)),
        "cohorts": _cohorts(days, gaps, number, last),
        "returns": _returns(runs, first, as_of),
    }


def _runs(gaps: pd.DataFrame, inactive: int, dormant: int, number) -> pd.DataFrame:
    pause = gaps["next_day"] - gaps["day"]
    ends = gaps[gaps["next_day"].isna() | (pause > pd.Timedelta(days=inactive))].copy()
    same = ends["customer_id"].eq(ends["customer_id"].shift())
    starts = gaps.groupby("customer_id")["day"].first()
    ends["started_on"] = ends["next_day"].shift().where(same)
    ends["started_on"] = ends["started_on"].fillna(ends["customer_id"].map(starts))
    ends["lapses_on"] = ends["day"] + pd.Timedelta(days=inactive)
    before = ends["lapses_on"].shift().where(same)
    lost_on = ends["lapses_on"] + pd.Timedelta(days=dormant)
    stays = ends["next_day"].isna() | (ends["next_day"] > lost_on)
    met_lost = ends["started_on"] > before + pd.Timedelta(days=dormant)
    return ends.assign(
        s=number(ends["started_on"]),
        l=number(ends["lapses_on"]),
        n=number(ends["next_day"]),
        o=number(lost_on).where(stays),
        origin=np.where(before.isna(), "new", np.where(met_lost, "won_back", "reactivated")),
    )


def _left(runs: pd.DataFrame) -> pd.DataFrame:
    """Customer and period: active at the opening, lapsed in it; `back` before its close."""
    left = runs.loc[runs["s"] < runs["l"], ["customer_id", "l"]].rename(columns={"l": "p"})
    back = runs.loc[runs["l"].isna() | (runs["l"] > runs["s"]), ["customer_id", "s"]]
    back = back.rename(columns={"s": "p"}).assign(back=True)
    return left.merge(back, how="left", on=["customer_id", "p"])


def _ledger(runs: pd.DataFrame, left: pd.DataFrame, days: pd.DataFrame, number, last: int):
    periods = pd.RangeIndex(last + 1)
    events = runs.groupby(["s", "origin"]).size().unstack(fill_value=0)
    ledger = events.reindex(periods, fill_value=0)
    counts = {
        "lapsed": runs.groupby("l").size(),
        "became_lost": runs.groupby("o").size(),
        "intra_period_returns": left[left["back"].notna()].groupby("p").size(),
        "revenue": days.groupby(number(days["day"]))["amount"].sum(),
    }
    for name, count in counts.items():
        ledger[name] = count.reindex(periods, fill_value=0)
    moves = {
        "active": ledger[["new", "reactivated", "won_back"]].sum(axis=1) - ledger["lapsed"],
        "dormant": ledger["lapsed"] - ledger["reactivated"] - ledger["became_lost"],
        "lost": ledger["became_lost"] - ledger["won_back"],
    }
    for state, moved in moves.items():
        ledger[f"closing_{state}"] = moved.cumsum()
        ledger[f"opening_{state}"] = ledger[f"closing_{state}"].shift(fill_value=0)
    return ledger


def _revenue(runs: pd.DataFrame, days: pd.DataFrame, number, last: int) -> pd.DataFrame:
    counted = days.assign(p=number(days["day"]), first_day=days["day"].where(days["amount"] > 0))
    counted = counted[counted["p"] < last].groupby(["p", "customer_id"], as_index=False)
    bought = counted.agg(first_day=("first_day", "min"), amount=("amount", "sum"))
    starts = runs[["customer_id", "started_on", "origin"]]
    starts = starts.rename(columns={"started_on": "first_day"})
    met = bought.merge(starts, how="left", on=["customer_id", "first_day"])
    origin = met["origin"].fillna("retained").where(met["first_day"].notna(), "no_purchase")
    ways = met.groupby(["p", origin.rename("bought_as")])["amount"].agg(["size", "sum"])
    return ways.rename(columns={"size": "customers", "sum": "revenue"}).reset_index()


def _rates(runs, left, ledger, days, number, bounds) -> pd.DataFrame:
    first, last = bounds
    gone = left.loc[left["back"].isna(), ["customer_id", "p"]]
    recent = days[days["day"] + pd.Timedelta(days=365) >= first]
    recent = recent.assign(
        first=number(recent["day"]).fillna(-1) + 1,
        last=number(recent["day"] + pd.Timedelta(days=365)).fillna(last),
    )
    held = recent.merge(runs[["customer_id", "s", "l"]], on="customer_id")
    held["first"] = np.maximum(held["first"], held["s"] + 1)
    held["last"] = np.minimum(held["last"], held["l"].fillna(last))
    held = held[held["first"] <= held["last"]]
    enters = held.groupby("first")["amount"].sum()
    leaves = held.groupby("last")["amount"].sum()
    leaves.index += 1
    step = enters.sub(leaves, fill_value=0).reindex(ledger.index, fill_value=0)
    lost = recent.merge(gone, on="customer_id")
    lost = lost[lost["p"].between(lost["first"], lost["last"])]
    churned = gone.groupby("p").size().reindex(ledger.index, fill_value=0)
    returns = runs[runs["n"].notna()]
    back = returns[returns["l"] < returns["n"]].groupby("n").size()
    won = returns[returns["o"] < returns["n"]].groupby("n").size()
    opening = ledger["opening_active"]
    parts = {
        "churn": (churned, opening),
        "quick_ratio": (ledger[["new", "reactivated", "won_back"]].sum(axis=1), ledger["lapsed"]),
        "reactivation": (
            back.reindex(ledger.index, fill_value=0),
            ledger["opening_dormant"] + ledger["opening_lost"],
        ),
        "retention": (opening - churned, opening),
        "revenue_churn": (
            lost.groupby("p")["amount"].sum().reindex(ledger.index, fill_value=0).round(4),
            step.cumsum().round(4),
        ),
        "win_back": (won.reindex(ledger.index, fill_value=0), ledger["opening_lost"]),
    }
    long = pd.concat(
        pd.DataFrame({"numerator": n, "denominator": d}).assign(measure=measure)
        for measure, (n, d) in parts.items()
    )
    whole = long["denominator"].where(long["denominator"] > 0)
    long["rate"] = long["numerator"] / whole
    inside = (1 - long["rate"]).clip(lower=0)
    long["spread"] = _Z * (_Z**2 + 4 * long["numerator"] * inside) ** 0.5
    long = long[long.index < last].rename_axis("p").reset_index()
    return long.sort_values(["p", "measure"])


def _cohorts(days: pd.DataFrame, gaps: pd.DataFrame, number, last: int) -> pd.DataFrame:
    first = gaps.groupby("customer_id")["day"].first().rename("first_day")
    seen = days.merge(first, on="customer_id")
    seen = seen[seen["day"] >= seen["first_day"]]
    seen = seen.assign(cohort=number(seen["first_day"]), p=number(seen["day"]))
    cells = seen.groupby(["cohort", "p"])["amount"].sum().rename("revenue").to_frame()
    bought = seen[seen["amount"] > 0].drop_duplicates(["customer_id", "p"])
    cells["customers"] = bought.groupby(["cohort", "p"]).size()
    sizes = number(first).value_counts().sort_index()
    grid = pd.DataFrame(
        [(c, p, size) for c, size in sizes.items() for p in range(int(c), last + 1)],
        columns=["cohort", "p", "cohort_size"],
    )
    table = grid.merge(cells, how="left", left_on=["cohort", "p"], right_index=True).fillna(0)
    table["age"] = table["p"] - table["cohort"]
    so_far = table.groupby("cohort")["revenue"].cumsum()
    return table.assign(cumulative=so_far / table["cohort_size"])


def _returns(runs: pd.DataFrame, first: pd.Timestamp, as_of: pd.Timestamp) -> pd.DataFrame:
    lapsed = runs[runs["l"].notna()]
    days = (lapsed["next_day"].fillna(as_of) - lapsed["lapses_on"]).dt.days
    counts = lapsed["next_day"].notna().groupby([lapsed["l"], days.rename("days")])
    counted = counts.agg(["sum", "size"]).reset_index()
    counted["censored"] = counted["size"] - counted["sum"]
    lapses = counted.rename(columns={"sum": "events"})[["l", "days", "events", "censored"]]
    return returns(lapses, date(first.year, first.month, 1), as_of.date())
