"""The worked example of GLOSSARY.md, opened as a reader would and computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import pandas as pd
import pytest
import timelines
from glossary import ABSENT, MONTHS, TEXT, block, table

from retention import Unit, open_unit, subscriptions
from retention.rates import QUICK_RATIO, REVENUE_CHURN, SHARES
from retention.rfm import RFM
from retention.transactions import DROPS, purchase_days

# The worked example -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """The example of the glossary, opened from files as a reader would."""
    folder = tmp_path_factory.mktemp("glossary")
    (folder / "transactions.csv").write_text(block("transactions"), encoding="utf-8")
    (folder / "example.yaml").write_text(block("settings"), encoding="utf-8")
    return open_unit(str(folder / "example.yaml"))


def month(start: pd.Timestamp) -> str:
    return f"{start:%B}"


def whole(amount: float) -> str:
    return "" if pd.isna(amount) else f"{amount:.0f}".replace("-0", "0")


def test_strips(example: Unit) -> None:
    header, *lines = block("strips").splitlines()
    names = pd.read_csv(example.settings.path.with_name("transactions.csv"))["customer_id"]
    found = example.spells.to_pyarrow().to_pandas()
    bought = purchase_days(example.customer_days).to_pandas()
    start = date(2025, 1, 1)
    expected = []
    for name in sorted(names.dropna().unique()):
        columns = ["customer_id", "state", "started_on", "ended_on"]
        rows = found.loc[found["customer_id"] == name, columns].itertuples(index=False, name=None)
        strip = list(timelines.states(rows, start, 90))
        for day in bought.loc[bought["customer_id"] == name, "day"].dt.date:
            if (place := (day - start).days) < len(strip):
                assert strip[place] == "A"
                strip[place] = "$"
        months = strip[:31], strip[31:59], strip[59:]
        expected.append(f"{name:<6}{' '.join(map(''.join, months))}")
    assert lines == expected
    assert header == f"{'':<6}{MONTHS[0]:<32}{MONTHS[1]:<29}{MONTHS[2]}"


def test_ledger(example: Unit) -> None:
    frame = example.ledger()
    shown = [column for column in frame.columns if column not in ("period", "period_end")]
    rows = [[column, *(whole(value) for value in frame[column])] for column in shown]
    assert table("ledger") == [["", *map(month, frame["period"])], *rows]


def test_the_ledger_counts_more_win_backs_than_the_rate(example: Unit) -> None:
    march = example.rates().query("measure == 'win_back'").iloc[-1]
    assert (example.ledger()["won_back"].iloc[-1], march["numerator"]) == (2, 1)


def test_rates(example: Unit) -> None:
    frame = example.rates()

    def cell(row: pd.Series) -> str:
        if not row["denominator"]:
            assert pd.isna(row["rate"])
            return ABSENT
        if row["measure"] == "quick_ratio":
            return f"{row['numerator']:.0f} / {row['denominator']:.0f} = {row['rate']:.2f}"
        return f"{row['numerator']:.0f} of {row['denominator']:.0f} ({row['rate']:.1%})".replace(
            "%", " %"
        )

    measures = [*SHARES, REVENUE_CHURN, QUICK_RATIO]
    rows = [
        [name, *(cell(row) for _, row in frame[frame["measure"] == name].iterrows())]
        for name in measures
    ]
    assert sorted(frame["measure"].unique()) == sorted(measures)
    assert table("rates") == [["", *MONTHS], *rows]


def test_revenue(example: Unit) -> None:
    frame = example.revenue()
    cells = {
        (row["bought_as"], month(row["period"])): f"{whole(row['revenue'])} ({row['customers']})"
        for _, row in frame.iterrows()
    }
    ways = ["new", "retained", "reactivated", "won_back", "no_purchase"]
    rows = [[way, *(cells.get((way, name), "") for name in MONTHS)] for way in ways]
    assert {way for way, _ in cells} == set(ways)
    assert table("revenue") == [["", *MONTHS], *rows]


def test_cohorts(example: Unit) -> None:
    frame = example.cohorts()
    cells = {
        (month(row["cohort"]), row["age"]): f"{row['customers']} ({whole(row['revenue'])})"
        + " *" * (not row["complete"])
        for _, row in frame.iterrows()
    }
    ages = range(frame["age"].max() + 1)
    rows = [
        [month(cohort), str(size), *(cells.get((month(cohort), age), "") for age in ages)]
        for cohort, size in frame.groupby("cohort")["cohort_size"].first().items()
    ]
    assert table("cohorts") == [["cohort", "size", *map(str, ages)], *rows]


def test_unbounded(example: Unit) -> None:
    frame = example.unbounded()
    assert table("unbounded") == [
        ["cohort", "size", "0", "1", "2"],
        *by_cohort(frame, range(3), lambda row: str(row["customers"])),
    ]


def test_rolling(example: Unit) -> None:
    frame = example.rolling().rename(columns={"window": "age"})
    assert frame["complete"].all()
    assert table("rolling") == [
        ["cohort", "size", "days 0 to 29", "days 30 to 59"],
        *by_cohort(frame, range(2), lambda row: f"{row['customers']} of {row['watched']}"),
    ]


def test_cohort_revenue(example: Unit) -> None:
    frame = example.cohort_revenue()

    def cell(row: pd.Series) -> str:
        sold, refunded = whole(row["gross_revenue"]), whole(row["refunded"])
        return f"{sold} ({refunded})" + " *" * (not row["complete"])

    assert table("cohort_revenue") == [
        ["cohort", "size", "0", "1", "2", "3"],
        *by_cohort(frame, range(4), cell),
    ]


def by_cohort(
    frame: pd.DataFrame, ages: Iterable[int], cell: Callable[[pd.Series], str]
) -> list[list[str]]:
    """One row a cohort: its name, its size, and a cell an age, empty where absent."""
    cells = {(month(row["cohort"]), row["age"]): cell(row) for _, row in frame.iterrows()}
    assert {age for _, age in cells} == set(ages)
    return [
        [month(cohort), str(size), *(cells.get((month(cohort), age), "") for age in ages)]
        for cohort, size in frame.groupby("cohort")["cohort_size"].first().items()
    ]


def test_second_purchase(example: Unit) -> None:
    frame = example.second_purchase()
    rows = [
        [
            *(str(row[name]) for name in ("days", "at_risk", "second_purchases")),
            f"{row['second_purchase_share'] * 100:.1f} %",
        ]
        for row in frame[frame["second_purchases"] > 0].to_dict("records")
    ]
    assert table("second_purchase")[1:] == rows


def test_second_life(example: Unit) -> None:
    frame = example.second_life()
    cells = {
        (row["began_as"], row["window"]): f"{row['customers']} of {row['watched']} "
        f"({row['cumulative_revenue_per_customer']:.2f})"
        for _, row in frame.iterrows()
    }
    rows = [
        [kind, *(cells.pop((kind, window), "") for window in (0, 1))]
        for kind in ("new", "reactivated")
    ]
    assert cells == {}
    assert table("second_life") == [["began as", "days 0 to 29", "days 30 to 59"], *rows]


def test_returns(example: Unit) -> None:
    frame = example.returns()
    assert frame["complete"].all()
    cells = {
        (month(row["lapse_period"]), row["age"]): f"{row['returned']} of {row['lapsed']}"
        for _, row in frame.iterrows()
    }
    rows = [
        [month(period), str(lapsed), *(cells.get((month(period), age), "") for age in (1, 2))]
        for period, lapsed in frame.groupby("lapse_period")["lapsed"].first().items()
    ]
    assert len(cells) == sum(bool(cell) for row in rows for cell in row[2:])
    assert table("returns") == [["lapsed in", "lapsed", "within 30 days", "within 60 days"], *rows]


def test_activity(example: Unit) -> None:
    frame = example.activity()

    def cell(column: str, value: float) -> str:
        if column == "quick_ratio":
            return ABSENT if pd.isna(value) else f"{value:.2f}"
        return whole(value)

    shown = [column for column in frame.columns if column not in ("period", "period_end")]
    rows = [[column, *(cell(column, value) for value in frame[column])] for column in shown]
    assert table("activity") == [["", *MONTHS], *rows]


def test_rfm(example: Unit) -> None:
    frame = example.rfm().order_by("customer_id").to_pandas()
    rows = [
        [row[0], *(str(days) for days in row[1:-1]), whole(row[-1])]
        for row in frame.itertuples(index=False)
    ]
    assert table("rfm") == [["customer", *RFM.names[1:]], *rows]


def test_quality(example: Unit) -> None:
    frame = example.quality()
    rows = [[row["check"], str(row["rows"]), whole(row["amount"])] for _, row in frame.iterrows()]
    assert table("quality") == [["check", "rows", "amount"], *rows]


def test_cohorts_leave_out_what_came_before_a_first_purchase(example: Unit) -> None:
    # Hal's -8 of January is in the ledger and in no cohort; the 20 of running April the reverse.
    assert example.ledger()["revenue"].sum() == 480
    assert example.cohorts()["revenue"].sum() == 480 + 8 + 20


# Words ------------------------------------------------------------------------------------------


def test_every_published_column_is_explained(example: Unit) -> None:
    frames: dict[str, Callable[[], pd.DataFrame]] = {
        "ledger": example.ledger,
        "rates": example.rates,
        "cohorts": example.cohorts,
        "unbounded": example.unbounded,
        "rolling": example.rolling,
        "brackets": lambda: example.brackets((0, 7)),
        "cohort_revenue": example.cohort_revenue,
        "second_purchase": example.second_purchase,
        "second_life": example.second_life,
        "returns": example.returns,
        "sensitivity": example.sensitivity,
        "activity": example.activity,
        "quality": example.quality,
        "recurring": example.recurring,
    }
    columns = {column for frame in frames.values() for column in frame().columns}
    columns |= set(example.thresholds.evidence.columns) | set(DROPS) | set(subscriptions.DROPS)
    columns |= {subscriptions.IN_FORCE, subscriptions.FREE}
    plain = TEXT.replace("_", " ").lower()
    assert [name for name in sorted(columns) if name.replace("_", " ") not in plain] == []
