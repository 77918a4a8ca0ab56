"""The door to the data: every test writes real files and opens them through settings."""

from __future__ import annotations

import gzip
import random
import re
import sqlite3
import tempfile
import traceback
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import Workbook
from orders import (
    COLUMNS,
    DAYS,
    ORDERS,
    csv,
    customers,
    days,
    frame,
    opened,
    quality,
    refused,
    settings_file,
)

from retention import open_unit
from retention.errors import DataRefused
from retention.sources import open_source

LINES = [",".join(map(str, row)) for row in ORDERS]


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)


def write_sheets(path: Path) -> None:
    stamped = [(who, datetime.fromisoformat(day), amount) for who, day, amount in ORDERS]
    workbook(path, first=[COLUMNS, *stamped[:2]], second=[COLUMNS, *stamped[2:]])


def write_database(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.register("orders_frame", frame())
        database.execute("CREATE SCHEMA sales")
        database.execute("CREATE TABLE sales.orders AS FROM orders_frame")
        database.execute("CREATE TABLE orders AS SELECT * FROM orders_frame")
        database.execute("CREATE VIEW recent AS SELECT * FROM sales.orders")


WRITERS: dict[str, Callable[[Path], object]] = {
    "orders.csv": lambda path: csv(path, *LINES),
    "orders.txt": lambda path: csv(path, *LINES),
    "orders.CSV": lambda path: csv(path, *LINES),
    "orders.2024.csv.gz": lambda path: frame().to_csv(path, index=False),
    "orders.tsv": lambda path: frame().to_csv(path, index=False, sep="\t"),
    "semicolons.csv": lambda path: frame().to_csv(path, index=False, sep=";"),
    "byte_order_mark.csv": lambda path: frame().to_csv(path, index=False, encoding="utf-8-sig"),
    "windows.csv": lambda path: frame().to_csv(path, index=False, lineterminator="\r\n"),
    "orders.parquet": lambda path: frame().to_parquet(path),
    "orders.pq": lambda path: frame().to_parquet(path),
    "orders.xlsx": write_sheets,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_gives_the_same_days(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    unit = opened(tmp_path, name)
    assert days(unit) == DAYS
    assert unit.extent() == {
        "rows": 4,
        "first_day": "2024-01-05",
        "last_day": "2024-03-31",
        "fingerprint": unit.fingerprint,
    }


@pytest.mark.parametrize("name", WRITERS)
def test_a_query_sees_every_kind_of_file_as_source(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    query = "SELECT customer_id, ordered_at, amount * 2 AS amount FROM source WHERE amount < 30"
    unit = opened(tmp_path, name, query=query)
    doubled = {key: 2 * amount for key, amount in DAYS.items() if amount < 30}
    assert days(unit) == doubled
    assert quality(unit)["rows_in_source"] == (4, None)
    assert quality(unit)["rows_after_query"] == (3, 70.5)


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_glob_puts_its_files_one_below_the_other_by_column_name(
    tmp_path: Path, kind: str
) -> None:
    (tmp_path / "data" / "2024").mkdir(parents=True)
    writers = {
        "csv": lambda rows, path: rows.to_csv(path, index=False),
        "parquet": lambda rows, path: rows.to_parquet(path),
        "xlsx": lambda rows, path: rows.to_excel(path, index=False),
    }
    writers[kind](frame(ORDERS[:2]), tmp_path / "data" / f"january.{kind}")
    later = frame(ORDERS[2:]).assign(channel="web")[["channel", "amount", *COLUMNS[:2]]]
    writers[kind](later, tmp_path / "data" / "2024" / f"later.{kind}")
    assert days(opened(tmp_path, f"data/**/*.{kind}")) == DAYS
    assert len(days(opened(tmp_path, f"data/*.{kind}", as_of="2024-03-31"))) == 2


def test_files_of_several_kinds_are_refused(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "a.csv", index=False)
    frame().to_parquet(tmp_path / "b.parquet")
    message = refused(tmp_path, "[ab].*")
    assert message == (
        "source [ab].*: it matches files of several kinds (a.csv, b.parquet); "
        "narrow the pattern to one kind"
    )


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert refused(tmp_path, "data") == (
        "source data: it is a folder; name the files in it, for instance by /*.parquet at the end"
    )


def test_a_missing_file_is_refused_with_the_nearest_names(tmp_path: Path) -> None:
    csv(tmp_path / "orders_2024.csv", *LINES)
    (tmp_path / "readme.md").write_text("x")
    assert refused(tmp_path, "order_2024.csv") == (
        "source order_2024.csv: no such file; its folder has orders_2024.csv; "
        "paths are relative to the settings file"
    )
    assert "no such file; paths are relative" in refused(tmp_path, "nowhere/order_2024.csv")
    assert "no file matches; paths are relative" in refused(tmp_path, "*.parquet")


def test_a_broken_link_and_a_name_too_long_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "gone.csv")
    assert "no such file" in refused(tmp_path, "link.csv")
    assert "File name too long" in refused(tmp_path, "x" * 300)
    assert "no such file" in refused(tmp_path, "~nobody-of-this-name/orders.csv")


@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet", "orders.xlsx", "orders.csv.gz"])
def test_a_file_of_0_bytes_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert refused(tmp_path, name) == (
        f"source {name}: {name} is empty (0 bytes); export it again, or name the files without it"
    )


def test_a_csv_of_empty_lines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n\n\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b""))
    assert "(no header: its first line must name the columns)" in refused(tmp_path, "a.csv")
    assert "(no header: its first line must name the columns)" in refused(tmp_path, "b.csv.gz")


@pytest.mark.parametrize("query", [None, "SELECT * FROM source"])
@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet", "orders.xlsx"])
def test_a_header_without_rows_is_refused(tmp_path: Path, name: str, query: str | None) -> None:
    empty = frame([]).astype({"customer_id": "str", "ordered_at": "str", "amount": "float64"})
    write = {".csv": empty.to_csv, ".parquet": empty.to_parquet, ".xlsx": empty.to_excel}
    write[Path(name).suffix](tmp_path / name, index=False)
    assert refused(tmp_path, name, query=query).startswith("the source has no rows")


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + bytes(500), b"PK\x03\x04" + random.Random(1).randbytes(5_000)],
)
@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet", "orders.xlsx", "orders.csv.gz"])
def test_a_binary_file_of_another_kind_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path, name)
    assert message.startswith(f"source {name}: {name} cannot be read as a table (")
    assert message.endswith("mend it or export it again, as csv in UTF-8, parquet or xlsx")


@pytest.mark.parametrize("share", [0.3, 0.9])
@pytest.mark.parametrize("name", ["orders.parquet", "orders.csv.gz", "orders.xlsx"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    rng = random.Random(1)
    rows = [(f"c{rng.random()}", "2024-01-05", rng.random()) for _ in range(2_000)]
    many = frame(rows)
    write = {".parquet": many.to_parquet, ".gz": many.to_csv, ".xlsx": many.to_excel}
    write[Path(name).suffix](tmp_path / name, index=False)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    message = refused(tmp_path, name)
    assert "cannot be read" in message


def test_a_parquet_file_damaged_inside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    rng = random.Random(1)
    many = frame([(f"c{rng.random()}", "2024-01-05", rng.random()) for _ in range(20_000)])
    many.to_parquet(path, compression="gzip")
    whole = bytearray(path.read_bytes())
    whole[100:4_000] = bytes(3_900)
    path.write_bytes(whole)
    assert "cannot be read" in refused(tmp_path, "orders.parquet")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("orders.json", "orders.json is of no kind that is read (.csv .tsv"),
        ("orders", "orders is of no kind that is read"),
        ("shop.duckdb", "shop.duckdb looks like a database; write duckdb://shop.duckdb and give"),
        ("shop.db", "shop.db looks like a database; write duckdb://shop.db and give the `table`"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, found: str) -> None:
    (tmp_path / name).write_text("[]")
    assert found in refused(tmp_path, name)


@pytest.mark.parametrize("lines_before", [1, 30_000])
@pytest.mark.parametrize("bad", ["ben,2024-01-20", "ben,2024-01-20,1,5"])
def test_a_row_of_another_length_is_refused_with_its_line(
    tmp_path: Path, bad: str, lines_before: int
) -> None:
    csv(tmp_path / "orders.csv", *LINES[:1] * lines_before, bad, LINES[2])
    assert refused(tmp_path, "orders.csv") == (
        f"the source cannot be read to its end (orders.csv: CSV Error on Line: {lines_before + 2}; "
        f"Expected Number of Columns: 3 Found: {bad.count(',') + 1}); mend what it names"
    )


def test_of_several_files_the_bad_one_is_named(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *LINES)
    csv(tmp_path / "b.csv", "ann,2024-01-05,1,2,3", *LINES)
    message = refused(tmp_path, "*.csv")
    assert "b.csv: CSV Error on Line: 2" in message


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    text = "customer_id,ordered_at,amount\nann,2024-01-05,1\nMuñoz,2024-01-05,1\n"
    (tmp_path / "orders.csv").write_bytes(text.encode("latin-1"))
    message = refused(tmp_path, "orders.csv")
    assert re.search(r"CSV Error on Line: \d+; .*not utf-8 encoded", message)


def test_quotes_that_come_late_are_quotes(tmp_path: Path) -> None:
    late = ['"ann",2024-01-06,1', '"Smith, John",2024-02-10,2', '"a ""b""",2024-03-31,3']
    csv(tmp_path / "orders.csv", *LINES[:1] * 30_000, *late)
    assert customers(opened(tmp_path, "orders.csv")) == {"ann", "Smith, John", 'a "b"'}


def test_no_file_decides_the_type_of_a_column_of_another(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "7,2024-01-05,10", "7,2024-02-10,1")
    csv(tmp_path / "b.csv", "x,2024-03-31,0.5")
    unit = opened(tmp_path, "*.csv", query="SELECT *, amount AS a FROM source")
    assert customers(unit) == {"7", "x"}
    assert sum(days(unit).values()) == pytest.approx(11.5)


@pytest.mark.parametrize("query", [None, "SELECT client AS customer_id, * FROM source"])
@pytest.mark.parametrize(
    "ids", [("0123", "123"), ("12345678901234567890", "12345678901234567891"), ("007", "x")]
)
def test_ids_of_a_csv_stay_what_they_are(
    tmp_path: Path, ids: tuple[str, str], query: str | None
) -> None:
    header = "client,ordered_at,amount" if query else "customer_id,ordered_at,amount"
    rows = [f"{ids[0]},2024-01-05,1", f"{ids[1]},2024-03-31,1"]
    csv(tmp_path / "orders.csv", *rows, header=header)
    assert customers(opened(tmp_path, "orders.csv", query=query)) == set(ids)


@pytest.mark.parametrize("query", [None, "SELECT * FROM source"])
@pytest.mark.parametrize("ambiguous", ["01/02/2024", "02-03-24", "31/12/2023"])
def test_a_date_that_could_be_two_is_never_guessed(
    tmp_path: Path, ambiguous: str, query: str | None
) -> None:
    csv(tmp_path / "orders.csv", f"ann,{ambiguous},1", "ann,2024-03-31,2")
    message = refused(tmp_path, "orders.csv", query=query)
    assert message == (
        f"column ordered_at: 1 of its values cannot be read as a date, first '{ambiguous}'; mend "
        "the source, or convert the column in the `query`, for instance by "
        "strptime(ordered_at, '%d/%m/%Y')"
    )


def test_the_advice_for_dates_works(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", "ann,01/02/2024,1", "ann,31/03/2024,2")
    query = "SELECT * REPLACE (strptime(ordered_at, '%d/%m/%Y') AS ordered_at) FROM source"
    unit = opened(tmp_path, "orders.csv", query=query)
    assert set(days(unit)) == {("ann", date(2024, 2, 1)), ("ann", date(2024, 3, 31))}


def test_a_sheet_keeps_the_type_of_its_cells(tmp_path: Path) -> None:
    january, march = datetime(2024, 1, 5, 23, 30), datetime(2024, 3, 31)
    workbook(
        tmp_path / "orders.xlsx",
        cover=[],
        first=[
            ("customer_id", "ordered_at", "amount", "unit", 2024),
            ("0123", january, 1, "NA", 1),
            (123, january, 2.5, "NA", None),
            ("A7", january, 3, "NA", None),
        ],
        second=[
            ("unit", "customer_id", "ordered_at", "amount"),
            ("NA", 13085.0, march, 4),
            ("NA", None, march, 5),
            ("null", 1, march, 1),
            (None, 1, march, 1),
        ],
    )
    unit = opened(tmp_path, "orders.xlsx", unit="NA")
    assert customers(unit) == {"0123", "123", "A7", "13085"}
    assert {day for _, day in days(unit)} == {january.date(), march.date()}
    assert quality(unit)["no_customer_id"] == (1, 5)
    assert quality(unit)["other_unit"] == (2, 2)
    sheets = opened(
        tmp_path, "orders.xlsx", query="SELECT * REPLACE (sheet AS unit) FROM source", unit="second"
    )
    assert customers(sheets) == {"13085", "1"}


def test_dates_and_text_mixed_in_a_sheet_are_both_read_or_named(tmp_path: Path) -> None:
    head, good = ("customer_id", "ordered_at", "amount"), datetime(2024, 1, 5, 12)
    workbook(tmp_path / "a.xlsx", s=[head, ("x", good, 1), ("x", "2024-03-31", 1), ("y", None, 1)])
    workbook(tmp_path / "b.xlsx", s=[head, ("x", good, 1), ("x", "31.03.2024", 1)])
    assert set(days(opened(tmp_path, "a.xlsx"))) == {
        ("x", date(2024, 1, 5)),
        ("x", date(2024, 3, 31)),
    }
    assert "cannot be read as a date, first '31.03.2024'" in refused(tmp_path, "b.xlsx")


@pytest.mark.parametrize("value", ["data", ".", "ABS"])
def test_the_environment_names_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (tmp_path / "data").mkdir()
    for folder in (tmp_path, tmp_path / "data"):
        csv(folder / "orders.csv", *LINES)
    monkeypatch.setenv("SHOP_DATA", str(tmp_path / "data") if value == "ABS" else value)
    assert days(opened(tmp_path, "${SHOP_DATA}/orders.csv")) == DAYS


def test_a_variable_that_is_not_set_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_DATA", raising=False)
    expected = (
        "source ${SHOP_DATA}/orders.csv: the environment variable SHOP_DATA is not set, or empty; "
        "set it, for instance `export SHOP_DATA=...`, and run again"
    )
    assert refused(tmp_path, "${SHOP_DATA}/orders.csv") == expected
    monkeypatch.setenv("SHOP_DATA", "")
    assert refused(tmp_path, "${SHOP_DATA}/orders.csv") == expected


@pytest.mark.parametrize("kind", ["nothing", "empty", "broken", "cut"])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_what_a_variable_holds_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, suffix: str
) -> None:
    secret = tmp_path / "very secret place"
    secret.mkdir()
    monkeypatch.setenv("SHOP_DATA", str(secret))
    content = {"empty": b"", "broken": b"\x00\xff" * 999, "cut": b"a,b\n1\n"}
    if kind in content:
        (secret / f"orders.{suffix}").write_bytes(content[kind])
    message = refused(tmp_path, f"${{SHOP_DATA}}/orders.{suffix}", query="SELECT * FROM source")
    assert message.startswith(f"source ${{SHOP_DATA}}/orders.{suffix}: ")
    assert "secret" not in message


def test_paths_are_relative_to_the_settings_file_not_to_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("kit/params", "kit/data", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    csv(tmp_path / "kit" / "data" / "orders.csv", *LINES)
    csv(tmp_path / "elsewhere" / "orders.csv", "eve,2024-01-05,1", "eve,2024-03-31,1")
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings_file(tmp_path / "kit" / "params", "../data/orders.csv")
    assert days(open_unit("../kit/params/shop.yaml")) == DAYS
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    assert customers(opened(tmp_path / "kit" / "params", "~/orders.csv")) == {"eve"}


def test_brackets_in_names_are_names_where_such_a_file_stands(tmp_path: Path) -> None:
    folder = tmp_path / "kit [old]"
    folder.mkdir()
    csv(folder / "orders [1].csv", *LINES[:2])
    csv(folder / "orders 1.csv", *LINES[2:])
    assert len(days(opened(folder, "orders [1].csv", as_of="2024-03-31"))) == 2
    assert days(opened(folder, "*.csv")) == DAYS
    assert len(days(opened(folder, "orders ?.csv"))) == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELEC 1", 'it is not valid SQL (Parser Error: syntax error at or near "SELEC"); mend'),
        ("SELECT 'a FROM source", "it is not valid SQL (Parser Error: unterminated string"),
        ("SELECT 1; SELECT 2", "it must be one SELECT over `source`, and nothing else"),
        ("DROP TABLE source", "it must be one SELECT over `source`, and nothing else"),
        ("COPY source TO 'stolen.csv'", "it must be one SELECT over `source`, and nothing else"),
        ("-- nothing", "it must be one SELECT over `source`, and nothing else"),
        (
            "SELECT custommer_id FROM source",
            'it fails (Binder Error: Referenced column "custommer_id" not found in FROM clause!; '
            'Candidate bindings: "customer_id"',
        ),
        ("SELECT * FROM orders", "it fails (Catalog Error: Table with name orders does not exist"),
    ],
)
def test_a_query_that_fails_is_refused(tmp_path: Path, query: str, message: str) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    said = refused(tmp_path, "orders.csv", query=query)
    assert said.startswith(f"query: {message}")
    assert "ibis" not in said
    if "it fails" in message:
        assert said.endswith("; `source` has the columns customer_id, ordered_at, amount")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["orders.csv", "shop.yaml"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM source;",
        "SELECT * FROM source; -- all of it",
        "-- all of it\nSELECT * FROM source -- indeed",
        "FROM source",
        "WITH a AS (SELECT * FROM source) (SELECT * FROM a) UNION ALL SELECT * FROM a LIMIT 4",
    ],
)
def test_one_select_may_be_written_in_many_ways(tmp_path: Path, query: str) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    assert days(opened(tmp_path, "orders.csv", query=query)) == DAYS


def test_a_query_that_fails_on_a_value_names_the_value(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", *LINES, "dan,2024-03-31,twelve")
    query = "SELECT * REPLACE (CAST(amount AS DOUBLE) AS amount) FROM source"
    message = refused(tmp_path, "orders.csv", query=query)
    assert message.startswith("the source, or the query over it, cannot be read to its end (")
    assert "'twelve'" in message


@pytest.mark.parametrize(
    ("select", "lacking", "example"),
    [
        ("customer_id, ordered_at", "column amount", "customer_id, ordered_at, net AS amount"),
        (
            "amount AS net",
            "columns customer_id, ordered_at, amount",
            "client AS customer_id, date AS ordered_at, net AS amount",
        ),
    ],
)
def test_a_query_that_drops_a_column_is_refused(
    tmp_path: Path, select: str, lacking: str, example: str
) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    message = refused(tmp_path, "orders.csv", query=f"SELECT {select} FROM source")
    have = select.replace("amount AS ", "")
    assert message == (
        f"the data lack the {lacking}; they have {have}; name the right ones with a `query`, for "
        f"instance `SELECT {example} FROM source`"
    )


def test_a_duckdb_file_is_read_through_its_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "it's data").mkdir()
    path = tmp_path / "it's data" / "shop.duckdb"
    write_database(path)
    monkeypatch.setenv("SHOP_DATA", str(path.parent))
    relative, absolute = "duckdb://it's data/shop.duckdb", "duckdb://${SHOP_DATA}/shop.duckdb"
    for source in (relative, absolute):
        for table in ("orders", "main.orders", "sales.orders", "recent"):
            assert days(opened(tmp_path, source, table=table)) == DAYS
    query = "SELECT * FROM source WHERE amount > 15"
    assert len(days(opened(tmp_path, relative, table="sales.orders", query=query))) == 2


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("order", "there is no table or view order; it has orders and sales.orders"),
        ("sale.orders", "there is no table or view sale.orders; it has sales.orders and orders"),
        ("x", "there is no table or view x; it has orders and recent and sales.orders"),
        (None, "a database needs `table`, the table or view to read"),
    ],
)
def test_a_table_that_a_database_lacks_is_refused(
    tmp_path: Path, table: str | None, message: str
) -> None:
    write_database(tmp_path / "shop.duckdb")
    assert refused(tmp_path, "duckdb://shop.duckdb", table=table) == (
        f"source duckdb://shop.duckdb: {message}"
    )


def test_a_database_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("this is no database" * 1_000)
    (tmp_path / "empty.duckdb").write_text("")
    for name in ("a", "b"):
        write_database(tmp_path / f"{name}.db")
    for source, message in {
        "duckdb://text.duckdb": "cannot be opened as a DuckDB database",
        "duckdb://empty.duckdb": "empty.duckdb is empty (0 bytes)",
        "duckdb://shop.db": "no such file",
        "duckdb://*.db": "it matches 2 files; name one database",
        "duckdb://": "it is a folder",
    }.items():
        assert refused(tmp_path, source, table="orders").startswith(f"source {source}: {message}")
    assert not (tmp_path / "shop.db").exists()


def test_sqlite_and_other_engines_are_refused_before_anything_connects(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.execute("CREATE TABLE orders (customer_id, ordered_at, amount)")
    database.close()
    for source in ("sqlite://shop.sqlite", "sqlite://new.sqlite", "s3://bucket/orders.parquet"):
        scheme = source.partition(":")[0]
        assert refused(tmp_path, source, table="orders") == (
            f"source {source}: {scheme} is no engine that the kit computes on (duckdb, postgres, "
            "postgresql, spark, pyspark); export the table as parquet or csv and name that file"
        )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["shop.sqlite", "shop.yaml"]


def test_a_password_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "tr0ub4dor")
    source = "postgres://kit:${SHOP_PASSWORD}@127.0.0.1:1/shop"
    message = refused(tmp_path, source, table="orders")
    assert message.startswith(f"source {source}: cannot connect (")
    assert "tr0ub4dor" not in message
    for url in ("postgres://kit:tr0ub4dor@127.0.0.1:1/shop", "mysql://kit:p@ss/tr0ub4dor@x/y"):
        with pytest.raises(DataRefused, match=re.escape("://kit:***@")) as caught:
            open_source(url, folder=tmp_path, table="orders")
        assert "tr0ub4dor" not in "".join(traceback.format_exception(caught.value))


def test_a_table_is_for_databases_alone(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    assert refused(tmp_path, "orders.csv", table="orders") == (
        "source orders.csv: `table` is for databases, and this is no database URL; leave `table` "
        "out, or write for instance duckdb://file.duckdb"
    )


def test_a_timezone_that_the_engine_does_not_know_is_refused(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    with pytest.raises(DataRefused, match=r"timezone localtime: .*; give one like Europe/Madrid"):
        open_source("orders.csv", folder=tmp_path, timezone="localtime")


def test_nothing_is_written_beside_the_data_or_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("orders.csv", "orders.parquet", "orders.xlsx"):
        WRITERS[name](tmp_path / name)
    write_database(tmp_path / "shop.duckdb")

    def tree() -> dict[str, tuple[int, int]]:
        found = {path.name: path.stat() for path in tmp_path.rglob("*") if path.suffix != ".yaml"}
        return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found.items()}

    before = tree()
    spills = set()
    for source in ("orders.csv", "orders.parquet", "orders.xlsx", "duckdb://shop.duckdb"):
        table = "orders" if "://" in source else None
        unit = opened(tmp_path, source, table=table, query="SELECT * FROM source")
        assert unit.ledger()["new"].sum() == 3
        asked = "SELECT path, readonly FROM duckdb_databases() WHERE NOT internal"
        open_files = unit.source.backend.raw_sql(asked).fetchall()
        assert [row for row in open_files if row[0] and not row[1]] == []
        spill = unit.source.backend.raw_sql("SELECT current_setting('temp_directory')").fetchone()
        spills.add(Path(spill[0]))
    assert tree() == before
    assert len(spills) == 4
    assert {path.parent for path in spills} == {Path(tempfile.gettempdir())}


def test_the_engine_fetches_no_extension(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    unit = opened(tmp_path, "orders.csv")
    asked = "SELECT current_setting('autoinstall_known_extensions')"
    assert unit.source.backend.raw_sql(asked).fetchone() == (False,)


def test_once_open_a_unit_needs_its_file_no_more(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    unit = opened(tmp_path, "orders.csv")
    (tmp_path / "orders.csv").unlink()
    assert unit.quality()["rows"].iloc[0] == 4
    assert unit.ledger()["new"].sum() == 3
    assert len(unit.cohorts()) > 0
    assert unit.extent()["rows"] == 4


@pytest.mark.parametrize("query", [None, "SELECT * FROM source"])
@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet"])
def test_the_rows_are_scanned_once(tmp_path: Path, name: str, query: str | None) -> None:
    from retention.transactions import tally, transactions

    WRITERS[name](tmp_path / name)
    source = open_source(name, folder=tmp_path, query=query)
    counted = tally(transactions(source.table, unit="Shop"))
    plan = source.backend.raw_sql(f"EXPLAIN {source.backend.compile(counted)}").fetchall()[0][1]
    assert len(re.findall(r"READ_CSV|PARQUET_SCAN|READ_PARQUET", plan)) == 1


def test_a_variable_may_hold_the_whole_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_database(tmp_path / "shop.duckdb")
    monkeypatch.setenv("SHOP_URL", "duckdb://shop.duckdb")
    assert days(opened(tmp_path, "${SHOP_URL}", table="orders")) == DAYS
    for url in ("postgresql://kit:tr0ub4dor@127.0.0.1:1/shop", "oracle://kit:tr0ub4dor@db/shop"):
        monkeypatch.setenv("SHOP_URL", url)
        message = refused(tmp_path, "${SHOP_URL}", table="orders")
        assert message.startswith("source ${SHOP_URL}: ")
        assert "tr0ub4dor" not in message
