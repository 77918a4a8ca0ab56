"""Segments: whose value is what, rates that add up to the unit's, and which differences hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from histories import History, Kit, assert_same, cells
from oracle import segmented
from orders import csv, opened, refused, settings_file
from scipy import stats
from test_agreement import USUAL, Drawn, drawn

from retention import segments
from retention.errors import DataRefused, SettingsRefused
from retention.lifecycle import SPELLS
from retention.params import settings
from retention.periods import Calendar
from retention.segments import (
    COMPARED,
    MEASURES,
    SEGMENT_COUNTS,
    VALUES,
    compared,
    segment_counts,
    segment_values,
)
from retention.transactions import CUSTOMER_DAYS, TRANSACTIONS
from retention.winback import WinBack

HEADER = "customer_id,ordered_at,amount,channel"


def values(folder: Path, *rows: str, **keys: object) -> dict[str, str]:
    csv(folder / "a.csv", *rows, header=HEADER)
    unit = opened(folder, "a.csv", segments=["channel"], **keys)
    assert unit.segment_values is not None
    found = unit.segment_values.to_pandas()
    assert set(found["segment"]) == {"channel"}
    return dict(zip(found["customer_id"], found["value"], strict=True))


# Whose value ------------------------------------------------------------------------------------


def test_the_value_is_that_of_the_first_purchase_day(tmp_path: Path) -> None:
    assert values(
        tmp_path,
        "later,2024-01-05,1,store",
        "later,2024-01-06,100,online",
        # A day that nets to nothing is no purchase day.
        "undone,2024-01-01,5,store",
        "undone,2024-01-01,-5,store",
        "undone,2024-01-09,5,online",
        "none,2024-01-05,1,",
        "end,2024-03-31,1,store",
    ) == {"later": "store", "undone": "online", "none": "unknown", "end": "store"}


def test_of_several_values_that_with_the_most_money_counts_then_the_alphabet(
    tmp_path: Path,
) -> None:
    assert values(
        tmp_path,
        "most,2024-01-05,3,a",
        "most,2024-01-05,2,b",
        "most,2024-01-05,2,b",
        "refund,2024-01-05,9,a",
        "refund,2024-01-05,-7,a",
        "refund,2024-01-05,3,b",
        "tie,2024-01-05,2,b",
        "tie,2024-01-05,2,a",
        "end,2024-03-31,1,a",
    ) == {"most": "b", "refund": "b", "tie": "a", "end": "a"}


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    long = "x" * 39 + "yz"
    rows = (f"ann,2024-01-05,1,{long}", "end,2024-03-31,1, store ")
    assert values(tmp_path, *rows) == {"ann": long[:40], "end": "store"}


def test_a_unit_without_segments_reads_none(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "ann,2024-01-05,1,a", "end,2024-03-31,1,a", header=HEADER)
    unit = opened(tmp_path, "a.csv")
    assert unit.segment_values is None
    assert tuple(WinBack(unit).segments()) == COMPARED
    assert WinBack(unit).segments().empty


def test_a_change_of_a_value_alone_is_another_fingerprint(tmp_path: Path) -> None:
    rows = ("ann,2024-01-05,1,a", "end,2024-03-31,1,a")
    csv(tmp_path / "a.csv", *rows, header=HEADER)
    before = opened(tmp_path, "a.csv", segments=["channel"]).fingerprint
    csv(tmp_path / "a.csv", rows[0], rows[1].replace(",a", ",b"), header=HEADER)
    assert opened(tmp_path, "a.csv", segments=["channel"]).fingerprint != before


# Doors ------------------------------------------------------------------------------------------


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "ann,2024-01-05,1,a", "end,2024-03-31,1,a", header=HEADER)
    assert refused(tmp_path, "a.csv", segments=["chanel"]) == (
        "segments: the data have no column chanel; they have customer_id, ordered_at, amount, "
        "channel; did you mean channel?"
    )
    assert refused(tmp_path, "a.csv", segments=["tier"]).endswith("; add it to the `query`")


def test_too_many_values_are_no_segment(tmp_path: Path) -> None:
    rows = [f"c{number},2024-01-05,1,v{number}" for number in range(51)]
    csv(tmp_path / "a.csv", *rows, "end,2024-03-31,1,v1", header=HEADER)
    assert refused(tmp_path, "a.csv", segments=["channel"]) == (
        "segments: channel has 51 values, and a segment may have 50; group them in the `query`, "
        "or leave the column out"
    )
    csv(tmp_path / "a.csv", *rows[:50], "end,2024-03-31,1,v1", header=HEADER)
    opened(tmp_path, "a.csv", segments=["channel"])


@pytest.mark.parametrize(
    "names",
    [["customer_id"], ["Amount"], ["unit"], ["a", "A"], list("abcdef"), "channel"],
)
def test_what_is_no_list_of_other_columns_is_refused(tmp_path: Path, names: object) -> None:
    path = settings_file(tmp_path, "a.csv", segments=names)
    with pytest.raises(SettingsRefused, match=r"is not a list of 1 to 5 other columns"):
        settings(path)


def test_contracts_have_no_segments(tmp_path: Path) -> None:
    keys = {"inactive_after": None, "lost_after": None, "model": "subscriptions"}
    path = settings_file(tmp_path, "a.csv", segments=["channel"], **keys)
    with pytest.raises(SettingsRefused, match="leave them out for subscriptions"):
        settings(path)


def test_an_unreadable_type_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "ordered_at": pd.to_datetime(["2024-01-05", "2024-03-31"]),
            "amount": [1.0, 1.0],
            "since": pd.to_datetime(["2024-01-05", "2024-03-31"]),
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    found = refused(tmp_path, "a.parquet", segments=["since"])
    assert found.startswith("column since has the type timestamp")


# Rates ------------------------------------------------------------------------------------------


def told(case: Drawn) -> list[tuple[str, date, Decimal, str | None]]:
    """The days of the case as rows, each with a value that hangs on name and day."""
    names = ("store", "online", None)
    return [
        (name, day, amount, names[(sum(map(ord, name)) + day.day) % 3])
        for name in case.days
        for day, amount in case.days[name]
    ]


def counted(kit: Kit, case: Drawn) -> tuple[History, pd.DataFrame]:
    history = case.in_kit(kit)
    columns = ["customer_id", "day", "amount", "channel"]
    rows = pd.DataFrame(told(case), columns=columns).assign(fault="")
    rows = rows.assign(amount=rows["amount"].astype(float))
    schema = dict(TRANSACTIONS) | {"channel": "string"}
    table = kit.stored(ibis.memtable(rows).cast(schema))
    found = segment_values(table, history.customer_days, ["channel"])
    return history, segment_counts(
        history.spells_table, found, calendar=history.calendar
    ).to_pandas()


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 9, 17, USUAL + 1])
def test_agrees_with_a_loop_and_adds_up_to_the_unit(kit: Kit, seed: int) -> None:
    case = drawn(seed)
    history, found = counted(kit, case)
    value_of = segmented.values(told(case), case.days, case.as_of)
    thresholds = case.inactive_after, case.lost_after
    expected = segmented.counts(case.days, value_of, thresholds, case.as_of, case.cut)
    assert_same(found, expected)
    rates = history.rates()
    newest = sorted(rates["period"].unique())[-12:]
    for measure in MEASURES:
        unit = rates[rates["period"].isin(newest) & (rates["measure"] == measure)]
        own = found[found["measure"] == measure]
        assert own["numerator"].sum() == unit["numerator"].sum()
        assert own["denominator"].sum() == unit["denominator"].sum()
        assert own["customers"].sum() == len(value_of)


def test_schemas_hold_on_no_engine_at_all() -> None:
    rows = ibis.table(dict(TRANSACTIONS) | {"a": "string", "b": "string"}, name="rows")
    days = ibis.table(CUSTOMER_DAYS, name="days")
    for names in (["a"], ["a", "b"]):
        table = segment_values(rows, days, names)
        assert table.schema() == VALUES
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 6, 30))
    spells = ibis.table(SPELLS, name="spells")
    assert segment_counts(spells, table, calendar=calendar).schema() == SEGMENT_COUNTS


# Which differences hold -------------------------------------------------------------------------


def drawn_counts(
    draw: np.random.Generator, groups: Sequence[tuple[str, int, float]], *, alike: float
) -> pd.DataFrame:
    """Counts of churn: so many customers of each value, at risk 1 to 12 times, of such a rate.

    Each customer has a rate of its own (beta, whose two parameters add up to `alike`).
    """
    rows = []
    for value, customers, rate in groups:
        n = draw.integers(1, 13, customers)
        y = draw.binomial(n, draw.beta(rate * alike, (1 - rate) * alike, customers))
        who = (customers, (y > 0).sum(), (n > y).sum())
        sums = (*who, y.sum(), n.sum(), (y * y).sum(), (y * n).sum(), (n * n).sum())
        rows.append(("channel", value, "churn", customers, *map(int, sums)))
    return pd.DataFrame(rows, columns=list(SEGMENT_COUNTS.names))


def test_where_nothing_differs_hardly_any_table_says_so() -> None:
    draw = np.random.default_rng(11)
    groups = [(name, 300, 0.2) for name in "abcde"]
    tables = [compared(drawn_counts(draw, groups, alike=2)) for _ in range(40)]
    false = sum((table["p_adjusted"] < 0.05).any() for table in tables)
    # 5 of 100 at most, and chance; taken as independent it is every third.
    assert false <= 40 * 0.05 + 3 * (40 * 0.05 * 0.95) ** 0.5
    covered = np.mean([table["low"].le(0.2) & table["high"].ge(0.2) for table in tables])
    assert 0.91 < covered < 0.99


def test_a_true_difference_is_found_and_the_others_are_not_named() -> None:
    draw = np.random.default_rng(12)
    groups = [("a", 300, 0.3), *((f"b{n}", 300, 0.2) for n in range(25))]
    found = compared(drawn_counts(draw, groups, alike=50))
    held = found[found["p_adjusted"] < 0.05]
    assert held["value"].tolist() == ["a"]
    assert held["rest_rate"].iloc[0] == pytest.approx(0.2, abs=0.01)


def test_of_few_nothing_is_said() -> None:
    rows = [
        # Customers with the event are few here, however many their events are.
        ("channel", "few", "churn", 12, 12, 9, 12, 30, 100, 120, 300, 900),
        ("channel", "many", "churn", 900, 900, 300, 900, 300, 3000, 300, 1000, 9000),
        ("channel", "nobody", "churn", 5, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    found = compared(pd.DataFrame(rows, columns=list(SEGMENT_COUNTS.names)))
    assert found["p_adjusted"].isna().all()
    assert cells(found, "rate", "low", "high", value="nobody") == [(None, None, None)]
    alone = compared(pd.DataFrame(rows[1:2], columns=list(SEGMENT_COUNTS.names)))
    assert cells(alone, "rate", "rest_rate", "p_adjusted") == [(0.1, None, None)]


def test_without_any_spread_nothing_is_said() -> None:
    # Each of 30 customers once in 3 periods, and each of the others once in 2.
    rows = [
        ("channel", "a", "churn", 30, 30, 30, 30, 30, 90, 30, 90, 270),
        ("channel", "b", "churn", 30, 30, 30, 30, 30, 60, 30, 60, 120),
    ]
    found = compared(pd.DataFrame(rows, columns=list(SEGMENT_COUNTS.names)))
    assert found["p_adjusted"].isna().all()


def test_of_few_customers_the_spread_is_wider_and_so_is_the_distribution() -> None:
    # Customers at risk once each: 10 of 20 against 30 of 40, by hand.
    rows = [
        ("channel", "a", "churn", 20, 20, 10, 10, 10, 20, 10, 10, 20),
        ("channel", "b", "churn", 40, 40, 30, 10, 30, 40, 30, 30, 40),
    ]
    found = compared(pd.DataFrame(rows, columns=list(SEGMENT_COUNTS.names)))
    variance = 0.25 / 19 + 0.1875 / 39
    expected = 2 * stats.t.sf(0.25 / variance**0.5, 19)
    # Two values are one comparison, so that there is nothing to adjust.
    assert found["p_adjusted"].tolist() == pytest.approx([expected, expected])


def test_two_values_are_one_comparison_among_those_of_other_segments() -> None:
    draw = np.random.default_rng(5)
    two = drawn_counts(draw, [("a", 60, 0.2), ("b", 60, 0.35)], alike=20)
    three = drawn_counts(draw, [(name, 300, 0.2) for name in "cde"], alike=20)
    both = pd.concat([two, three.assign(segment="region")], ignore_index=True)
    found, alone = compared(both)["p_adjusted"], compared(two)["p_adjusted"]
    assert found.notna().all()
    assert found[0] == pytest.approx(min(1, 4 * alone[0]))
    assert found[1] == found[0]


def test_values_are_counted_before_they_are_shown() -> None:
    with pytest.raises(DataRefused, match="51 values"):
        segments.check_values(pd.DataFrame({"segment": ["a"], "values": [51]}))
    segments.check_values(pd.DataFrame({"segment": ["a"], "values": [50]}))
