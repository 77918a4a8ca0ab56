"""From raw rows to customer-days: ids, amounts, dates, and the account of what was dropped."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from orders import COLUMNS, csv, customers, days, frame, opened, quality, refused

from retention.quality import QUALITY
from retention.transactions import CUSTOMER_DAYS, TALLY, TRANSACTIONS
from retention.transactions import customer_days as customer_days_of
from retention.transactions import quality as quality_of
from retention.transactions import tally as tally_of
from retention.transactions import transactions as transactions_of

# A first and a last row that make complete months around what a test is about.
FIRST, LAST = "first,2023-12-01,1", "last,2024-12-31,1"


def parquet(path: Path, **columns: Any) -> None:
    pq.write_table(pa.table(columns), path)


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
    bad = [f'ann,2024-02-01,"{value}"' for value in values]
    csv(tmp_path / "a.csv", FIRST, *bad, LAST)
    message = refused(tmp_path, "a.csv", query=query)
    if query and values[0] == "1e14":
        found = "first '100000000000000.0'"
    if query and values[0] == "inf":
        found = "first 'inf', '-inf', 'inf'"
    assert message.startswith("column amount: ")
    assert found in message
    assert message.endswith(
        "mend the source, or convert the column in the `query`, for instance by "
        "CAST(replace(amount, ',', '') AS DOUBLE)"
    )


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
    assert "column amount: 2 of its values cannot be read as a number, first 'inf'" in message


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


AT = datetime(2024, 2, 29, 23, 59, 59, 999000)
DATES: dict[str, Any] = {
    "date": pa.array([AT.date()]),
    "date64": pa.array([AT.date()], pa.date64()),
    "seconds": pa.array([AT], pa.timestamp("s")),
    "nanoseconds": pa.array([AT], pa.timestamp("ns")),
    "text date": pa.array(["2024-02-29"]),
    "text of one digit": pa.array([" 2024-2-29\t"]),
    "text slashed": pa.array(["2024/02/29"]),
    "text stamp": pa.array(["2024-02-29 23:59:59.999"]),
    "text stamp without seconds": pa.array(["2024-02-29 23:59"]),
    "text ISO": pa.array(["2024-02-29T23:59:59"]),
}


@pytest.mark.parametrize("form", DATES)
@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_naive_dates_are_local_in_every_zone(tmp_path: Path, form: str, timezone: str) -> None:
    parquet(tmp_path / "a.parquet", customer_id=["a"], ordered_at=DATES[form], amount=[1.0])
    unit = opened(tmp_path, "a.parquet", timezone=timezone, as_of="2024-04-01")
    assert days(unit) == {("a", date(2024, 2, 29)): 1}


def instants(zone: str, change: date) -> list[datetime]:
    """Each quarter of an hour, in UTC, around a day on which clocks change."""
    midnight = datetime(change.year, change.month, change.day, tzinfo=ZoneInfo(zone))
    start = midnight.astimezone(UTC) - timedelta(hours=3)
    return [start + timedelta(minutes=15 * quarter) for quarter in range(31 * 4)]


CHANGES = [
    ("Europe/Madrid", date(2024, 3, 31)),
    ("Europe/Madrid", date(2024, 10, 27)),
    ("America/New_York", date(2024, 3, 10)),
    ("America/New_York", date(2024, 11, 3)),
    # Days that begin at one o'clock, and days whose last hour comes twice.
    ("America/Santiago", date(2024, 9, 8)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2019, 2, 16)),
    ("Asia/Beirut", date(2024, 3, 31)),
    ("Asia/Beirut", date(2024, 10, 26)),
]


@pytest.mark.parametrize("form", ["parquet", "parquet of Tokyo", "Z", "offset", "query"])
@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_aware_stamps_fall_on_the_day_of_the_unit(
    tmp_path: Path, form: str, zone: str, change: date
) -> None:
    stamps = instants(zone, change)
    tokyo = timezone(timedelta(hours=9))
    ordered_at: Any = {
        "parquet": pa.array(stamps, pa.timestamp("us", "UTC")),
        "parquet of Tokyo": pa.array(stamps, pa.timestamp("ms", "Asia/Tokyo")),
        "Z": [stamp.strftime("%Y-%m-%dT%H:%M:%SZ") for stamp in stamps],
        "offset": [stamp.astimezone(tokyo).isoformat(sep=" ") for stamp in stamps],
        "query": pa.array(stamps, pa.timestamp("us", "UTC")),
    }[form]
    names = [f"c{number}" for number in range(len(stamps))]
    parquet(
        tmp_path / "a.parquet",
        customer_id=names,
        ordered_at=ordered_at,
        amount=[1.0] * len(stamps),
    )
    query = (
        "SELECT * REPLACE (CAST(ordered_at AS DATE) AS ordered_at) FROM source"
        if form == "query"
        else None
    )
    unit = opened(tmp_path, "a.parquet", timezone=zone, as_of="2024-12-31", query=query)
    expected = {
        (name, stamp.astimezone(ZoneInfo(zone)).date())
        for name, stamp in zip(names, stamps, strict=True)
    }
    assert set(days(unit)) == expected
    assert len({day for _, day in expected}) == 3


@pytest.mark.parametrize(
    ("zone", "change", "hours"),
    [
        ("Europe/Madrid", date(2024, 3, 31), 23),
        ("Europe/Madrid", date(2024, 10, 27), 25),
        ("America/New_York", date(2024, 3, 10), 23),
        ("America/New_York", date(2024, 11, 3), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("Asia/Beirut", date(2024, 10, 26), 25),
    ],
)
def test_a_day_on_which_clocks_change_has_the_money_of_its_own_hours(
    tmp_path: Path, zone: str, change: date, hours: int
) -> None:
    # One unit of money for each quarter of an hour of three days.
    start = datetime(change.year, change.month, change.day, 12, tzinfo=ZoneInfo(zone))
    noon = start.astimezone(UTC)
    stamps = [noon + timedelta(minutes=15 * quarter) for quarter in range(-36 * 4, 36 * 4)]
    parquet(
        tmp_path / "a.parquet",
        customer_id=["a"] * len(stamps),
        ordered_at=pa.array(stamps, pa.timestamp("us", "UTC")),
        amount=[1.0] * len(stamps),
    )
    unit = opened(tmp_path, "a.parquet", timezone=zone, frequency="day")
    ledger = unit.ledger().set_index("period")
    assert ledger["revenue"][pd.Timestamp(change)] == 4 * hours
    assert unit.calendar.periods[0].start <= change - timedelta(days=1)
    assert ledger["revenue"].sum() == unit.customer_days.amount.sum().to_pandas()


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_naive_stamps_stay_on_their_day_also_in_an_hour_that_is_not(
    tmp_path: Path, zone: str, change: date
) -> None:
    stamps = [
        datetime(change.year, change.month, change.day, h, m) for h in range(24) for m in (0, 30)
    ]
    for ordered_at in (pa.array(stamps), [str(stamp) for stamp in stamps]):
        parquet(
            tmp_path / "a.parquet",
            customer_id=["a"] * len(stamps),
            ordered_at=ordered_at,
            amount=[1.0] * len(stamps),
        )
        unit = opened(tmp_path, "a.parquet", timezone=zone, as_of="2024-12-31")
        assert days(unit) == {("a", change): len(stamps)}


def test_half_past_eleven_at_night_in_utc_is_tomorrow_in_madrid(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", FIRST, "ann,2024-01-31T23:30:00Z,1", "ben,2024-01-31T23:30:00,1", LAST)
    found = set(days(opened(tmp_path, "a.csv", timezone="Europe/Madrid")))
    assert {("ann", date(2024, 2, 1)), ("ben", date(2024, 1, 31))} <= found
    found = set(days(opened(tmp_path, "a.csv", timezone="America/New_York")))
    assert {("ann", date(2024, 1, 31)), ("ben", date(2024, 1, 31))} <= found


@pytest.mark.parametrize(
    "bad",
    [
        "yesterday",
        "2024-02-30",
        "2023-02-29",
        "20240131",
        "31.01.2024",
        "2024-13-01",
        "45322",
        "infinity",
        "-infinity",
        "0001-01-01",
        "1899-12-30",
        "1900-01-01",
        "12024-01-01",
        "0044-03-15 (BC)",
        "2024-01-31 25:00",
    ],
)
def test_dates_that_cannot_be_read_are_refused_with_the_first(tmp_path: Path, bad: str) -> None:
    csv(tmp_path / "a.csv", FIRST, f"ann,{bad},1", f"ben,{bad},1", LAST)
    assert refused(tmp_path, "a.csv").startswith(
        f"column ordered_at: 2 of its values cannot be read as a date, first '{bad}', '{bad}'; mend"
    )


def test_infinite_dates_of_a_database_are_refused(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "a.duckdb")) as database:
        database.execute(
            "CREATE TABLE t AS SELECT 'a' AS customer_id, d AS ordered_at, 1.5 AS amount "
            "FROM (VALUES (DATE '2024-01-01'), (DATE 'infinity'), (DATE '-infinity')) v(d)"
        )
    message = refused(tmp_path, "duckdb://a.duckdb", table="t")
    assert "2 of its values cannot be read as a date, first 'infinity', '-infinity'" in message


def test_missing_dates_are_dropped_and_counted(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", FIRST, LAST, "ann,,3", "ben, ,4.5")
    unit = opened(tmp_path, "a.csv")
    assert customers(unit) == {"first", "last"}
    assert quality(unit)["no_date"] == (2, 7.5)


def test_what_cannot_be_read_in_a_row_that_is_dropped_anyway_is_not_asked_for(
    tmp_path: Path,
) -> None:
    header = "customer_id,ordered_at,amount,unit"
    rows = ["a,2024-01-05,1,Shop", "a,2024-03-31,1,Shop", ",soon,1,Shop", "a,never,much,Other"]
    csv(tmp_path / "a.csv", *rows, header=header)
    unit = opened(tmp_path, "a.csv")
    assert quality(unit)["no_customer_id"] == (1, 1)
    assert quality(unit)["other_unit"] == (1, 0)
    csv(tmp_path / "a.csv", *rows, "a,soon,1,Shop", "b,,much,Shop", header=header)
    assert refused(tmp_path, "a.csv").startswith(
        "column ordered_at: 1 of its values cannot be read as a date, first 'soon'; mend"
    )


def test_several_orders_of_a_day_add_up(tmp_path: Path) -> None:
    rows = ["a,2024-02-01 08:00,10", "a,2024-02-01 23:59,-4", "a,2024-02-02,-1", "b,2024-02-01,-10"]
    csv(tmp_path / "a.csv", FIRST, *rows, LAST)
    found = days(opened(tmp_path, "a.csv"))
    assert found["a", date(2024, 2, 1)] == 6
    assert found["a", date(2024, 2, 2)] == -1
    assert found["b", date(2024, 2, 1)] == -10


@pytest.mark.parametrize(
    ("amounts", "total", "bought"),
    [
        (["0.1", "0.2", "-0.3"], "0", False),
        (["168469.6", "-168469.6"], "0", False),
        (["1e13", "0.01", "-1e13"], "0.01", True),
        (["0.0001"], "0.0001", True),
        (["0.00004"], "0", False),
        (["0.00006"], "0.0001", True),
        (["0.00003"] * 2, "0.0001", True),
        (["-0.00004", "0"], "0", False),
        (["1.00005"], "1.0001", True),
        (["0"], "0", False),
    ],
)
def test_a_day_is_rounded_once_to_a_ten_thousandth(
    tmp_path: Path, amounts: list[str], total: str, bought: bool
) -> None:
    csv(tmp_path / "a.csv", FIRST, LAST, *(f"ann,2024-02-01,{amount}" for amount in amounts))
    unit = opened(tmp_path, "a.csv")
    assert days(unit)["ann", date(2024, 2, 1)] == Decimal(total)
    assert unit.cohorts().query("age == 0")["customers"].sum() == (3 if bought else 2)


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    rng = random.Random(20240229)
    rows = [
        f"c{rng.randrange(300)},{date(2023, 1, 1) + timedelta(rng.randrange(500))},"
        f"{rng.choice((-1, 1, 1, 1)) * rng.randrange(10**6) / 1000}"
        for _ in range(5_000)
    ]
    found = []
    for _ in range(2):
        csv(tmp_path / "a.csv", *rows)
        unit = opened(tmp_path, "a.csv")
        found.append((days(unit), unit.quality().to_csv(), unit.ledger().to_csv()))
        rng.shuffle(rows)
    assert found[0] == found[1]


FAULTS = """\
customer_id,ordered_at,amount,unit
ann,2024-01-05,10,Shop
ann,2024-01-05,-4,Shop
ben,2024-02-01,7.5,Shop
cid,2024-03-01,-2,Shop
,2024-01-09,3,Shop
  ,2024-01-10,2,Shop
dan,,5,Shop
eve,2024-01-11,,Shop
eve,2024-01-11,nan,Shop
fay,2024-04-01,9,Shop
ann,2024-01-05,100,Other
,,,Shop
,2024-04-02,64,Shop
dan,,,Shop
fay,2024-04-02,,Shop
,,1,Other
"""


def test_the_account_of_a_file_with_one_of_each_fault(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FAULTS)
    unit = opened(tmp_path, "a.csv", as_of="2024-03-31")
    assert quality(unit) == {
        "rows_in_source": (16, None),
        "rows_after_query": (16, 195.5),
        "other_unit": (2, 101),
        "no_customer_id": (4, 69),
        "no_date": (2, 5),
        "no_amount": (3, 0),
        "after_as_of": (1, 9),
        "kept": (4, 11.5),
        "refunds": (2, -6),
        "days_without_purchase": (1, -2),
    }
    assert list(unit.quality().columns) == ["check", "rows", "amount", "level"]
    warned = unit.quality().query("level == 'warning'")["check"]
    assert set(warned) == {"no_customer_id", "no_date", "no_amount", "after_as_of"}
    assert days(unit) == {
        ("ann", date(2024, 1, 5)): 6,
        ("ben", date(2024, 2, 1)): Decimal("7.5"),
        ("cid", date(2024, 3, 1)): -2,
    }
    query = "SELECT * FROM source WHERE amount IS DISTINCT FROM 10"
    assert quality(opened(tmp_path, "a.csv", as_of="2024-03-31", query=query)) == quality(unit) | {
        "rows_after_query": (15, 185.5),
        "kept": (3, 1.5),
        "days_without_purchase": (2, -6),
    }


@pytest.mark.parametrize(("blank", "level"), [(5, "note"), (6, "warning")])
def test_a_drop_of_more_than_a_twentieth_is_a_warning(
    tmp_path: Path, blank: int, level: str
) -> None:
    rows = [FIRST, LAST, *["a,2024-02-01,1"] * (98 - blank), *[",2024-02-01,1"] * blank]
    csv(tmp_path / "a.csv", *rows)
    table = opened(tmp_path, "a.csv").quality().set_index("check")
    assert table.loc["no_customer_id", "level"] == level
    assert set(table.drop(index="no_customer_id")["level"]) == {"note"}


def naive_account(rows: list[tuple[str, str, str, str]], as_of: date) -> tuple[Any, Any]:
    """Faults and customer-days by a loop over the rows."""
    account: dict[str, list[Decimal]] = defaultdict(list)
    found: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for who, when, amount, unit in rows:
        worth = Decimal(amount) if amount else Decimal(0)
        if unit != "Shop":
            fault = "other_unit"
        elif not who.strip():
            fault = "no_customer_id"
        elif not when:
            fault = "no_date"
        elif not amount:
            fault = "no_amount"
        elif date.fromisoformat(when[:10]) > as_of:
            fault = "after_as_of"
        else:
            fault = "kept"
            found[who.strip(), date.fromisoformat(when[:10])] += worth
        account[fault].append(worth)
    return account, found


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_and_money_add_up_to_those_of_a_naive_loop(
    tmp_path: Path, seed: int, kind: str
) -> None:
    rng = random.Random(seed)
    rows = [
        (
            rng.choice(["", " ", "007", "7", " ann", "ann", "Zoë", "b,en"]),
            rng.choice(
                ["", *[f"2024-0{rng.randrange(1, 6)}-1{rng.randrange(10)} 0{n}:00" for n in (1, 2)]]
            ),
            rng.choice(["", f"{rng.randrange(-500, 2_000) / 100}"])
            if rng.random() < 0.3
            else "9.99",
            rng.choice(["Shop", "Shop", "Shop", "Other", ""]),
        )
        for _ in range(2_000)
    ]
    as_of = date(2024, 4, 15)
    table = pd.DataFrame(rows, columns=[*COLUMNS, "unit"])
    path = tmp_path / f"a.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
    account, found = naive_account(rows, as_of)
    unit = opened(tmp_path, path.name, as_of=str(as_of))
    assert days(unit) == found
    shown = quality(unit)
    for check in ("other_unit", "no_customer_id", "no_date", "no_amount", "after_as_of", "kept"):
        amounts = account[check]
        assert shown[check] == (len(amounts), float(sum(amounts))), check
    drops = [check for check in shown if check in account]
    assert sum(shown[check][0] for check in drops) == shown["rows_after_query"][0] == len(rows)
    money = sum(Decimal(str(shown[check][1])) for check in drops)
    assert float(money) == shown["rows_after_query"][1]
    assert float(sum(found.values())) == shown["kept"][1]


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
