"""Files of every kind, whole, damaged and empty, opened through settings."""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path

import pytest
from orders import COLUMNS, DAYS, ORDERS, csv, days, frame, opened, quality, refused
from written_orders import LINES, WRITERS


@pytest.fixture(scope="module")
def fingerprint(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """That of the orders, in whatever kind of file they are."""
    folder = tmp_path_factory.mktemp("fingerprint")
    WRITERS["orders.parquet"](folder / "orders.parquet")
    return opened(folder, "orders.parquet").fingerprint


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_gives_the_same_days(
    tmp_path: Path, name: str, fingerprint: str | None
) -> None:
    WRITERS[name](tmp_path / name)
    unit = opened(tmp_path, name)
    assert days(unit) == DAYS
    assert unit.extent() == {
        "rows": 4,
        "first_day": "2024-01-05",
        "last_day": "2024-03-31",
        "fingerprint": fingerprint,
    }
    assert fingerprint is not None


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
        ("shop.duckdb", "shop.duckdb looks like a database; write duckdb://shop.duckdb, and "),
        ("shop.db", "shop.db looks like a database; write duckdb://shop.db, and which "),
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
