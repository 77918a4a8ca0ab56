"""From raw rows to customer-days: ids, amounts, dates, and the account of what was dropped."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from orders import csv, customers, days, frame, opened, quality, refused
from written_columns import FIRST, LAST, parquet

from retention.quality import QUALITY
from retention.transactions import CUSTOMER_DAYS, TALLY, TRANSACTIONS
from retention.transactions import customer_days as customer_days_of
from retention.transactions import quality as quality_of
from retention.transactions import tally as tally_of
from retention.transactions import transactions as transactions_of


def ids_read(tmp_path: Path, ids: Any, amount: float = 1.0) -> set[str]:
    number = len(ids)
    days_ = pa.array([date(2024, 1, 1), *[date(2024, 3, 31)] * (number - 1)])
    parquet(tmp_path / "a.parquet", customer_id=ids, ordered_at=days_, amount=[amount] * number)
    return customers(opened(tmp_path, "a.parquet"))


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        (pa.array(["0123", "123"]), {"0123", "123"}),
        (pa.array([" ann", "ann\t", "\u00a0ann "]), {"ann"}),
        (pa.array([13085, 13086], pa.int32()), {"13085", "13086"}),
        (pa.array([13085.0, 13086.0]), {"13085", "13086"}),
        (pa.array([13085.5, -1.0]), {"13085.5", "-1"}),
        (pa.array([1e30, 2.0**53]), {"1e+30", "9007199254740992"}),
        (pa.array(["13085.0", "13086"]), {"13085", "13086"}),
        (pa.array(["1.0.0", "v1.0", "1.50"]), {"1.0.0", "v1.0", "1.50"}),
        (pa.array([Decimal("7.00"), Decimal("7.50")]), {"7", "7.50"}),
        (pa.array([Decimal(10**30), Decimal(10**30 + 1)]), {str(10**30), str(10**30 + 1)}),
        (pa.array([2**64 - 1, 2**64 - 2], pa.uint64()), {str(2**64 - 1), str(2**64 - 2)}),
        (pa.array(["ann", "ben"]).dictionary_encode(), {"ann", "ben"}),
        (pa.array(["Ann", "ann", "Zoë", "李"]), {"Ann", "ann", "Zoë", "李"}),
    ],
)
def test_ids_of_every_type_are_read_as_text(tmp_path: Path, ids: Any, read: set[str]) -> None:
    assert ids_read(tmp_path, ids) == read


def test_a_customer_of_two_files_is_one_also_where_an_id_is_missing(tmp_path: Path) -> None:
    frame([(13085, "2024-01-05", 1)]).to_csv(tmp_path / "a.csv", index=False)
    frame([(13085.0, "2024-03-31", 1), (None, "2024-03-31", 1)]).to_csv(
        tmp_path / "b.csv", index=False
    )
    assert "13085.0" in (tmp_path / "b.csv").read_text()
    assert customers(opened(tmp_path, "*.csv")) == {"13085"}


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", '""', '"  "'])
def test_blank_ids_are_dropped_and_counted(tmp_path: Path, blank: str) -> None:
    csv(tmp_path / "a.csv", FIRST, LAST, f"{blank},2024-02-01,7.25")
    unit = opened(tmp_path, "a.csv")
    assert customers(unit) == {"first", "last"}
    assert quality(unit)["no_customer_id"] == (1, 7.25)


def test_ids_that_are_no_number_are_blank(tmp_path: Path) -> None:
    ids = pa.array([1.0, 2.0, math.nan, math.inf, -math.inf, None])
    assert ids_read(tmp_path, ids) == {"1", "2"}


def test_amounts_of_every_type_are_numbers(tmp_path: Path) -> None:
    for amounts in (
        pa.array([5, -2], pa.int16()),
        pa.array([5.0, -2.0], pa.float32()),
        pa.array([Decimal("5.00"), Decimal("-2.00")]),
        pa.array(["5", " -2.0 "]),
        pa.array(["+5", "-0.2e1"]),
    ):
        stamps = pa.array([date(2024, 1, 5), date(2024, 3, 31)])
        parquet(tmp_path / "a.parquet", customer_id=["a", "a"], ordered_at=stamps, amount=amounts)
        assert list(days(opened(tmp_path, "a.parquet")).values()) in (
            [Decimal(5), Decimal(-2)],
            [Decimal(-2), Decimal(5)],
        )


@pytest.mark.parametrize("blank", ["", " ", "nan", "NaN"])
def test_missing_amounts_are_dropped_and_counted(tmp_path: Path, blank: str) -> None:
    csv(tmp_path / "a.csv", FIRST, LAST, f"ann,2024-02-01,{blank}")
    for query in (None, "SELECT * FROM source"):
        unit = opened(tmp_path, "a.csv", query=query)
        assert customers(unit) == {"first", "last"}
        assert quality(unit)["no_amount"] == (1, 0)


def test_amounts_that_are_not_a_number_are_missing(tmp_path: Path) -> None:
    parquet(
        tmp_path / "a.parquet",
        customer_id=["a", "b", "c"],
        ordered_at=pa.array([date(2024, 1, 5)] * 2 + [date(2024, 3, 31)]),
        amount=pa.array([1.0, math.nan, None]),
    )
    unit = opened(tmp_path, "a.parquet", as_of="2024-03-31")
    assert customers(unit) == {"a"}
    assert quality(unit)["no_amount"] == (2, 0)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1,234"], "1 of its values cannot be read as a number, first '1,234'"),
        (["12 EUR", "$3"], "2 of its values cannot be read as a number, first '12 EUR', '$3'"),
        (["a", "b", "c", "d"], "4 of its values cannot be read as a number, first 'a', 'b', 'c'"),
        (["1.234,50"], "first '1.234,50'"),
        (["(12.00)", "12-"], "first '(12.00)', '12-'"),
        (["true"], "first 'true'"),
        (["inf", "-Infinity", "1e999"], "first 'inf', '-Infinity', '1e999'"),
        (["1e14"], "first '1e14'"),
        (["x" * 1_000], f"first '{'x' * 40}'; mend"),
    ],
)
@pytest.mark.parametrize("query", [None, "SELECT * FROM source"])
def test_amounts_that_cannot_be_read_are_refused_with_the_first(
    tmp_path: Path, values: list[str], found: str, query: str | None
) -> None:
    bad = [f'ann{number},2024-02-01,"{value}"' for number, value in enumerate(values)]
    csv(tmp_path / "a.csv", FIRST, *bad, LAST)
    message = refused(tmp_path, "a.csv", query=query)
    if query and values[0] == "1e14":
        found = "first '100000000000000.0'"
    if query and values[0] == "inf":
        found = "first '-inf', 'inf', 'inf'"
    assert message.startswith("column amount: ")
    assert found in message
    assert message.endswith(
        "mend the source, or convert the column in the `query`, for instance by "
        "CAST(replace(amount, ',', '') AS DOUBLE)"
    )


def test_the_first_are_the_same_wherever_the_source_has_them(tmp_path: Path) -> None:
    bad = [f"ann{number},2024-02-01,{value}" for number, value in enumerate("abcde")]
    for rows in (bad, bad[::-1]):
        csv(tmp_path / "a.csv", FIRST, *rows, LAST)
        assert "first 'a', 'b', 'c'; mend" in refused(tmp_path, "a.csv")


def test_the_advice_for_amounts_works(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", FIRST, 'ann,2024-02-01,"1,234.5"', LAST)
    query = "SELECT * REPLACE (CAST(replace(amount, ',', '') AS DOUBLE) AS amount) FROM source"
    assert days(opened(tmp_path, "a.csv", query=query))["ann", date(2024, 2, 1)] == Decimal(
        "1234.5"
    )


def test_infinite_amounts_are_refused(tmp_path: Path) -> None:
    stamps = pa.array([date(2024, 1, 5)] * 2)
    amounts = pa.array([math.inf, -math.inf])
    parquet(tmp_path / "a.parquet", customer_id=["a", "b"], ordered_at=stamps, amount=amounts)
    message = refused(tmp_path, "a.parquet")
    assert "2 of its values cannot be read as a number, first '-inf', 'inf'; mend" in message


def test_a_day_that_adds_up_to_more_than_fits_is_refused(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", FIRST, *["ann,2024-02-01,9e13"] * 2, LAST)
    assert "cannot be read to its end (Conversion Error" in refused(tmp_path, "a.csv")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("amount", pa.array([True, False]), "column amount has the type boolean; it must be a num"),
        ("amount", pa.array([{"net": 1}] * 2), "column amount has the type struct"),
        ("amount", pa.array([[1.0]] * 2), "column amount has the type array"),
        ("amount", pa.array([date(2024, 1, 1)] * 2), "column amount has the type date"),
        ("ordered_at", pa.array([20240105, 20240331]), "column ordered_at has the type int64; it"),
        ("ordered_at", pa.array([1.5, 2.5]), "column ordered_at has the type float64"),
        ("ordered_at", pa.array([1, 2], pa.time32("s")), "column ordered_at has the type time"),
        ("ordered_at", pa.array([{"d": 1}] * 2), "column ordered_at has the type struct"),
        ("customer_id", pa.array([{"id": 1}] * 2), "column customer_id has the type struct"),
        ("customer_id", pa.array([b"a", b"b"]), "column customer_id has the type binary; it must"),
        ("customer_id", pa.array([True, False]), "column customer_id has the type boolean"),
        ("unit", pa.array([["Shop"]] * 2), "column unit has the type array<string>; it must be te"),
    ],
)
def test_a_column_of_the_wrong_type_is_refused(
    tmp_path: Path, column: str, values: Any, message: str
) -> None:
    columns = {
        "customer_id": ["a", "b"],
        "ordered_at": pa.array([date(2024, 1, 5), date(2024, 3, 31)]),
        "amount": [1.0, 2.0],
        column: values,
    }
    parquet(tmp_path / "a.parquet", **columns)
    said = refused(tmp_path, "a.parquet")
    assert said.startswith(message)
    assert said.endswith("convert it in the `query`")


def test_a_column_of_nothing_is_nothing_in_every_row(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", FIRST, LAST)
    columns = {"customer_id": ["a", "b"], "ordered_at": ["2024-01-01"] * 2, "amount": [1, 2]}
    for column, message in {
        "amount": "no row can be counted (2 with no_amount)",
        "ordered_at": "no row can be counted (2 with no_date)",
        "customer_id": "no row has a customer id",
    }.items():
        query = f"SELECT * REPLACE (NULL AS {column}) FROM source"
        assert refused(tmp_path, "a.csv", query=query).startswith(message)
        parquet(tmp_path / "a.parquet", **columns | {column: pa.nulls(2)})
        assert refused(tmp_path, "a.parquet").startswith(message)
    query = "SELECT * REPLACE ('101'::BIT AS amount) FROM source"
    assert refused(tmp_path, "a.csv", query=query).startswith("column amount has the type BIT; it")


def test_every_stage_has_the_schema_it_declares() -> None:
    import ibis

    raw = ibis.table(
        {"customer_id": "int64", "ordered_at": "timestamp('UTC')", "amount": "decimal(10, 2)"},
        name="raw",
    )
    typed = transactions_of(raw, unit="Shop")
    counted = tally_of(typed)
    assert typed.schema() == TRANSACTIONS
    assert counted.schema() == TALLY
    assert customer_days_of(counted, as_of=date(2024, 1, 1)).schema() == CUSTOMER_DAYS
    assert quality_of(counted, source_rows=1, as_of=date(2024, 1, 1)).schema() == QUALITY
