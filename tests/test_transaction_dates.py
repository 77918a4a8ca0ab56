"""Dates and instants of every type, and the day of the unit on which they fall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from orders import csv, customers, days, opened, quality, refused
from written_columns import FIRST, LAST, parquet

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
    assert "2 of its values cannot be read as a date, first '-infinity', 'infinity'" in message


def test_missing_dates_are_dropped_and_counted(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", FIRST, LAST, "ann,,3", "ben, ,4.5")
    unit = opened(tmp_path, "a.csv")
    assert customers(unit) == {"first", "last"}
    assert quality(unit)["no_date"] == (2, 7.5)
