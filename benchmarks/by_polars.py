"""The core tables in Polars: lazy where it can be, all columns as expressions."""

from pathlib import Path

import pandas as pd
import polars as pl

from benchmarks import curves
from benchmarks.by_hand import returns

Tables = dict[str, pd.DataFrame]
_Z = 1.959963984540054
_MEASURES = ("churn", "quick_ratio", "reactivation", "retention", "revenue_churn", "win_back")


def tables(path: Path) -> Tables:
    """The core tables of the file, taken as one unit, by month."""
    rows = pl.scan_parquet(path).select("customer_id", "ordered_at", "amount")
    quality = rows.select(
        rows_in_source=pl.len(),
        no_customer_id=pl.col("customer_id").null_count(),
        kept=pl.col("customer_id").count(),
        refunds=((pl.col("amount") < 0) & pl.col("customer_id").is_not_null()).sum(),
    ).collect()
    days = (
        rows.filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id", day=pl.col("ordered_at").dt.date())
        .agg(pl.col("amount").sum().round(4))
        .collect()
    )
    as_of = days["day"].max()
    gaps = (
        days.filter(pl.col("amount") > 0)
        .select("customer_id", "day")
        .sort("customer_id", "day")
        .with_columns(
            next_day=pl.col("day").shift(-1).over("customer_id"),
            first_day=pl.col("day").min().over("customer_id"),
        )
    )
    lengths = (
        gaps.group_by(days=(pl.col("next_day").fill_null(as_of) - pl.col("day")).dt.total_days())
        .agg(closed=pl.col("next_day").count(), still_open=pl.col("next_day").null_count())
        .sort("days")
    )
    counts = lengths.with_columns(pl.all().cast(pl.Int64))
    inactive, lost = curves.thresholds(*(counts[name].to_numpy() for name in counts.columns))
    first = gaps["day"].min().replace(day=1)
    last = (as_of.year - first.year) * 12 + as_of.month - first.month

    def number(day: pl.Expr) -> pl.Expr:
        months = (day.dt.year().cast(pl.Int64) - first.year) * 12 + day.dt.month() - first.month
        return pl.when(day.is_between(first, as_of)).then(months)

    runs = _runs(gaps, inactive, lost - inactive, number)
    left = _left(runs)
    ledger = _ledger(runs, left, days, number, last)
    lapses = (
        runs.filter(pl.col("l").is_not_null())
        .group_by(
            "l", days=(pl.col("next_day").fill_null(as_of) - pl.col("lapses_on")).dt.total_days()
        )
        .agg(events=pl.col("next_day").count(), censored=pl.col("next_day").null_count())
        .sort("l", "days")
        .with_columns(pl.all().cast(pl.Int64))
    )
    return {
        "quality": quality.to_pandas(),
        "thresholds": pd.DataFrame({"days": [inactive, lost]}),
        "ledger": ledger.head(last).to_pandas(),
        "revenue": _revenue(runs, days, number, last),
        "rates": _rates(runs, left, ledger, days, number, (first, last)),
        "cohorts": _cohorts(days, gaps, number, last),
        "returns": returns(lapses.to_pandas(), first, as_of),
    }


def _runs(gaps: pl.DataFrame, inactive: int, dormant: int, number) -> pl.DataFrame:
    pause = (pl.col("next_day") - pl.col("day")).dt.total_days()
    ends = gaps.filter(pl.col("next_day").is_null() | (pause > inactive)).with_columns(
        started_on=pl.col("next_day").shift().over("customer_id").fill_null(pl.col("first_day")),
        lapses_on=pl.col("day") + pl.duration(days=inactive),
    )
    ends = ends.with_columns(before=pl.col("lapses_on").shift().over("customer_id"))
    lost_on = pl.col("lapses_on") + pl.duration(days=dormant)
    stays = pl.col("next_day").is_null() | (pl.col("next_day") > lost_on)
    met_lost = pl.col("started_on") > pl.col("before") + pl.duration(days=dormant)
    return ends.with_columns(
        s=number(pl.col("started_on")),
        l=number(pl.col("lapses_on")),
        n=number(pl.col("next_day")),
        o=pl.when(stays).then(number(lost_on)),
        origin=pl.when(pl.col("before").is_null())
        .then(pl.lit("new"))
        .when(met_lost)
        .then(pl.lit("won_back"))
        .otherwise(pl.lit("reactivated")),
    )


def _left(runs: pl.DataFrame) -> pl.DataFrame:
    """Customer and period: active at the opening, lapsed in it; `back` before its close."""
    left = runs.filter(pl.col("s") < pl.col("l")).select("customer_id", p="l")
    stayed = pl.col("l").is_null() | (pl.col("l") > pl.col("s"))
    back = runs.filter(stayed).select("customer_id", p="s", back=pl.lit(True))
    return left.join(back, on=["customer_id", "p"], how="left")


def _ledger(runs, left, days, number, last: int) -> pl.DataFrame:
    origin = pl.col("origin")
    counts = [
        runs.group_by(p="s").agg(
            (origin == name).sum().cast(pl.Int64).alias(name)
            for name in ("new", "reactivated", "won_back")
        ),
        _count(runs.select(p="l"), "lapsed"),
        _count(runs.select(p="o"), "became_lost"),
        _count(left.filter(pl.col("back").is_not_null()), "intra_period_returns"),
        days.group_by(p=number(pl.col("day"))).agg(revenue=pl.col("amount").sum()),
    ]
    ledger = pl.DataFrame({"p": range(last + 1)})
    for count in counts:
        ledger = ledger.join(count, on="p", how="left")
    ledger = ledger.sort("p").fill_null(0)
    came = pl.col("new") + pl.col("reactivated") + pl.col("won_back")
    return ledger.with_columns(
        closing_active=(came - pl.col("lapsed")).cum_sum(),
        closing_dormant=(
            pl.col("lapsed") - pl.col("reactivated") - pl.col("became_lost")
        ).cum_sum(),
        closing_lost=(pl.col("became_lost") - pl.col("won_back")).cum_sum(),
    ).with_columns(
        pl.col(f"closing_{state}").shift(fill_value=0).alias(f"opening_{state}")
        for state in ("active", "dormant", "lost")
    )


def _count(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.group_by("p").agg(pl.len().cast(pl.Int64).alias(name))


def _revenue(runs: pl.DataFrame, days: pl.DataFrame, number, last: int) -> pd.DataFrame:
    bought = (
        days.lazy()
        .filter(number(pl.col("day")) < last)
        .group_by("customer_id", p=number(pl.col("day")))
        .agg(
            first_day=pl.col("day").filter(pl.col("amount") > 0).min(),
            amount=pl.col("amount").sum(),
        )
    )
    starts = runs.lazy().select("customer_id", "origin", first_day="started_on")
    way = pl.when(pl.col("first_day").is_null()).then(pl.lit("no_purchase"))
    return (
        bought.join(starts, on=["customer_id", "first_day"], how="left")
        .group_by("p", bought_as=way.otherwise(pl.col("origin").fill_null("retained")))
        .agg(customers=pl.len(), revenue=pl.col("amount").sum())
        .sort("p", "bought_as")
        .collect()
        .to_pandas()
    )


def _rates(runs, left, ledger, days, number, bounds) -> pd.DataFrame:
    first, last = bounds
    gone = left.filter(pl.col("back").is_null()).select("customer_id", "p")
    day = pl.col("day") + pl.duration(days=365)
    recent = days.filter(day >= first).select(
        "customer_id",
        "amount",
        first=number(pl.col("day")).fill_null(-1) + 1,
        last=number(day).fill_null(last),
    )
    held = (
        recent.lazy()
        .join(runs.lazy().select("customer_id", "s", "l"), on="customer_id")
        .select(
            "amount",
            first=pl.max_horizontal("first", pl.col("s") + 1),
            last=pl.min_horizontal("last", pl.col("l").fill_null(last)),
        )
        .filter(pl.col("first") <= pl.col("last"))
    )
    steps = pl.concat(
        [
            held.select("amount", p="first"),
            held.select(-pl.col("amount"), p=pl.col("last") + 1),
        ]
    )
    step = steps.group_by("p").agg(step=pl.col("amount").sum()).collect()
    lost = (
        recent.lazy()
        .join(gone.lazy(), on="customer_id")
        .filter(pl.col("p").is_between(pl.col("first"), pl.col("last")))
        .group_by("p")
        .agg(gone_money=pl.col("amount").sum())
        .collect()
    )
    returned = runs.filter(pl.col("n").is_not_null()).select("l", "o", p="n")
    wide = ledger
    for part in (
        _count(gone, "churned"),
        _count(returned.filter(pl.col("l") < pl.col("p")), "back"),
        _count(returned.filter(pl.col("o") < pl.col("p")), "won"),
        step,
        lost,
    ):
        wide = wide.join(part, on="p", how="left")
    wide = wide.sort("p").fill_null(0)
    opening, came = pl.col("opening_active"), pl.sum_horizontal("new", "reactivated", "won_back")
    parts = (
        (pl.col("churned"), opening),
        (came, pl.col("lapsed")),
        (pl.col("back"), pl.col("opening_dormant") + pl.col("opening_lost")),
        (opening - pl.col("churned"), opening),
        (pl.col("gone_money").round(4), pl.col("step").cum_sum().round(4)),
        (pl.col("won"), pl.col("opening_lost")),
    )
    long = pl.concat(
        wide.select(
            "p",
            measure=pl.lit(name),
            numerator=numerator.cast(pl.Float64),
            denominator=denominator.cast(pl.Float64),
        )
        for name, (numerator, denominator) in zip(_MEASURES, parts, strict=True)
    )
    n, d = pl.col("numerator"), pl.col("denominator")
    inside = (1 - n / d).clip(lower_bound=0)
    return (
        long.filter(pl.col("p") < last)
        .with_columns(rate=pl.when(d > 0).then(n / d), spread=_Z * (_Z**2 + 4 * n * inside).sqrt())
        .sort("p", "measure")
        .to_pandas()
    )


def _cohorts(days: pl.DataFrame, gaps: pl.DataFrame, number, last: int) -> pd.DataFrame:
    first = gaps.group_by("customer_id").agg(first_day=pl.col("day").min())
    cells = (
        days.lazy()
        .join(first.lazy(), on="customer_id")
        .filter(pl.col("day") >= pl.col("first_day"))
        .group_by(cohort=number(pl.col("first_day")), p=number(pl.col("day")))
        .agg(
            customers=pl.col("customer_id").filter(pl.col("amount") > 0).n_unique(),
            revenue=pl.col("amount").sum(),
        )
        .collect()
    )
    sizes = first.group_by(cohort=number(pl.col("first_day"))).agg(cohort_size=pl.len())
    grid = sizes.with_columns(p=pl.int_ranges("cohort", last + 1)).explode("p")
    table = grid.join(cells, on=["cohort", "p"], how="left").fill_null(0).sort("cohort", "p")
    return table.with_columns(
        age=pl.col("p") - pl.col("cohort"),
        cumulative=pl.col("revenue").cum_sum().over("cohort") / pl.col("cohort_size"),
    ).to_pandas()
