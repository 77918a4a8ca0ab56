"""A DuckDB file as the source, and what is refused in its place."""

from __future__ import annotations

import re
import sqlite3
import traceback
from pathlib import Path

import pytest
from orders import DAYS, csv, days, opened, refused
from written_orders import LINES, write_database

from retention.errors import DataRefused
from retention.sources import open_source


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
            "postgresql, spark, pyspark, sc); export the table as parquet or csv and name that file"
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


@pytest.mark.parametrize("key", ["password", "sslpassword", "fs.secret.key"])
def test_a_password_among_the_options_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("NAME", "very")
    for secret in ("tr0ub4dor", "p@s#tr0ub4dor", "${NAME}tr0ub4dor"):
        url = f"mysql://db.example.com:1/shop?user=kit&{key}={secret}&port=2"
        with pytest.raises(DataRefused, match=re.escape(f"?user=kit&{key}=***&port=2: ")) as caught:
            open_source(url, folder=tmp_path, table="orders")
        assert "tr0ub4dor" not in str(caught.value)


def test_a_table_is_for_databases_alone(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", *LINES)
    assert refused(tmp_path, "orders.csv", table="orders") == (
        "source orders.csv: `table` is for databases, and this is no database URL; leave `table` "
        "out, or write for instance duckdb://file.duckdb"
    )
