"""Databases behind the door: what is read, what is refused and in which words, what stays there."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
import servers
from ibis.backends.postgres import Backend
from orders import DAYS, ORDERS, days, frame, opened, refused, settings_file

from retention import Unit, connections, open_unit
from retention.errors import DataRefused


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A schema `sales` with the orders in a table, and a view of them in the public one."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA sales")
        connection.execute(
            'CREATE TABLE sales.orders (customer_id text, "Booked" date, net numeric(10, 2))'
        )
        connection.cursor().executemany("INSERT INTO sales.orders VALUES (%s, %s, %s)", ORDERS)
        connection.execute(
            'CREATE VIEW orders AS SELECT customer_id, "Booked" AS ordered_at, net AS amount '
            "FROM sales.orders"
        )
        yield connection
        connection.execute("DROP SCHEMA sales CASCADE")


@pytest.fixture
def url(database: psycopg.Connection, postgres_url: str) -> str:
    assert not database.closed
    return postgres_url


def read_days(unit: Unit) -> dict[tuple[str, date], Decimal]:
    """What each customer-day adds up to; the connection is closed then."""
    found = days(unit)
    unit.source.backend.disconnect()
    return found


QUERY = (
    'SELECT customer_id, "Booked" AS ordered_at, net::DECIMAL(12, 2) AS amount FROM source '
    "WHERE year(\"Booked\") >= 2024 AND customer_id IN ('ann', 'ben', 'cid')"
)


@pytest.mark.parametrize(("table", "query"), [("orders", None), ("sales.orders", QUERY)])
def test_a_table_of_a_server_is_read(
    tmp_path: Path, url: str, table: str, query: str | None
) -> None:
    unit = opened(tmp_path, url, table=table, query=query)
    assert days(unit) == DAYS
    extent = unit.extent()
    assert re.fullmatch("4-[0-9a-f]{16}", str(extent.pop("fingerprint")))
    assert extent == {"rows": 4, "first_day": "2024-01-05", "last_day": "2024-03-31"}
    assert unit.ledger()["new"].sum() == 3
    unit.source.backend.disconnect()


@pytest.mark.parametrize(
    ("table", "query", "message"),
    [
        ("order", None, "source {url}: there is no table or view order; it has orders and "),
        ("sale.orders", None, "there is no table or view sale.orders; it has sales.orders and "),
        (None, None, "source {url}: a database needs `table`, the table or view to read"),
        (
            "orders",
            "SELECT client FROM source",
            'query: it fails on PostgreSQL (column "client" does not exist); `source` has the '
            "columns customer_id, ordered_at, amount",
        ),
        (
            "orders",
            "SELECT * REPLACE (2 * amount AS amount) FROM source",
            'query: it fails on PostgreSQL (syntax error at or near "REPLACE")',
        ),
        (
            "orders",
            "SELECT customer_id, ordered_at::VARCHAR AS ordered_at, amount FROM source",
            "column ordered_at is text, which PostgreSQL reads in a way of its own; say which in "
            "the `query`, for instance CAST(ordered_at AS TIMESTAMP) AS ordered_at",
        ),
        (
            "orders",
            "SELECT customer_id, CAST(customer_id AS DATE) AS ordered_at, amount FROM source",
            "the source, or the query over it, cannot be read to its end (invalid input syntax for "
            'type date: "ann"); mend what it names',
        ),
    ],
)
def test_what_a_server_cannot_give_is_refused(
    tmp_path: Path, url: str, table: str | None, query: str | None, message: str
) -> None:
    said = refused(tmp_path, url, table=table, query=query)
    assert message.replace("{url}", url) in said
    assert "ibis" not in said


def test_the_advice_for_text_works(tmp_path: Path, url: str) -> None:
    query = "SELECT customer_id, CAST(ordered_at AS TIMESTAMP) AS ordered_at, amount FROM source"
    assert read_days(opened(tmp_path, url, table="orders", query=query)) == DAYS


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:1/shop", "nothing answers there"),
        ("no-such-host.invalid/shop", "the host is not known"),
        ("127.0.0.1:1/shop?option=1", "the URL has an option that PostgreSQL does not know"),
        ("127.0.0.1:port/shop", "the port in the URL is none"),
        ("127.0.0.1:99999/shop", "the port in the URL is none"),
        ("[::1/shop", "ProgrammingError"),
    ],
)
def test_a_server_that_does_not_answer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "tr0ub4dor")
    monkeypatch.setattr(connections, "FIRST_WAIT_SECONDS", 0)
    source = "postgresql://kit:${SHOP_PASSWORD}@" + address
    assert refused(tmp_path, source, table="orders") == (
        f"source {source}: cannot connect ({said}); check the URL, and that the database takes "
        "connections from here"
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("spark://[::1", "the host in the URL is none"),
        ("sc://[x", "the host in the URL is none"),
        ("sc://here:port", "the port in the URL is none"),
        ("sc://here:99999", "the port in the URL is none"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused(tmp_path: Path, source: str, said: str) -> None:
    assert refused(tmp_path, source, table="orders").startswith(
        f"source {source}: cannot connect ({said}); check the URL"
    )


def test_a_database_that_a_server_lacks_is_refused(tmp_path: Path, url: str) -> None:
    source = url.replace("/postgres?", "/shop?")
    assert "(it has no such database or user)" in refused(tmp_path, source, table="orders")


def test_a_password_may_hold_any_sign(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss:w/rd#1?%41 +ñ")
    monkeypatch.setenv("SHOP_FOLDER", url.partition("host=")[2])
    source = "postgresql://kit:${SHOP_PASSWORD}@/postgres?host=${SHOP_FOLDER}"
    unit = opened(tmp_path, source, table="orders")
    assert unit.source.backend.con.info.password == "p@ss:w/rd#1?%41 +ñ"
    assert read_days(unit) == DAYS


def test_a_driver_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert refused(tmp_path, "postgres://kit@localhost/shop", table="orders") == (
        "source postgres://kit@localhost/shop: its driver is not installed; install it with "
        "pip install 'retention-report-kit[postgres]'"
    )


def test_no_table_of_the_database_is_touched(
    tmp_path: Path, url: str, database: psycopg.Connection
) -> None:
    names = ("tally", "retention_tally", "retention_spells", "spells", "ledger", "source")
    database.execute("CREATE SCHEMA kept")
    database.execute("SET search_path TO kept")
    for name in names:
        database.execute(f"CREATE TABLE kept.{name} AS SELECT 1 AS mine")
    unit = opened(tmp_path, f"{url}&options=-csearch_path%3Dkept,public", table="public.orders")
    assert unit.ledger()["new"].sum() == 3
    assert len(unit.sensitivity()) > 0
    for name in names:
        assert database.execute(f"SELECT * FROM kept.{name}").fetchall() == [(1,)]
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'retention%'"
    unit.source.backend.disconnect()
    assert database.execute(tables).fetchone() == (2,)
    database.execute("DROP SCHEMA kept CASCADE")
    database.execute("RESET search_path")


def test_a_role_that_may_only_read_is_enough(
    tmp_path: Path, url: str, database: psycopg.Connection
) -> None:
    database.execute("CREATE ROLE reader LOGIN; GRANT SELECT ON orders TO reader")
    source = url.replace("kit@", "reader@")
    assert read_days(opened(tmp_path, source, table="orders")) == DAYS
    database.execute("REVOKE TEMP ON DATABASE postgres FROM PUBLIC")
    assert "permission denied to create temporary tables" in refused(
        tmp_path, source, table="orders"
    )
    database.execute("GRANT TEMP ON DATABASE postgres TO PUBLIC")
    database.execute("DROP OWNED BY reader; DROP ROLE reader")


def every_figure(unit: Unit) -> None:
    """Call whatever a unit can be asked."""
    for name, figure in inspect.getmembers(Unit, inspect.isfunction):
        if not name.startswith("_") and list(inspect.signature(figure).parameters) == ["self"]:
            figure(unit)


def counted(way: Callable[..., Any], sizes: list[int]) -> Callable[..., Any]:
    def fetch(*arguments: Any, **options: Any) -> Any:
        found = way(*arguments, **options)
        sizes.append(len(found) if hasattr(found, "__len__") else 1)
        return found

    return fetch


def test_what_leaves_the_database_does_not_grow_with_the_customers(
    tmp_path: Path, url: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: dict[int, list[int]] = {1: [], 40: []}
    for copies in sizes:
        database.execute(
            "CREATE OR REPLACE VIEW copied AS SELECT customer_id || '-' || copy AS customer_id, "
            f"ordered_at, amount FROM orders, generate_series(1, {copies}) AS copy"
        )
        with monkeypatch.context() as patch:
            for way in ("execute", "to_pyarrow", "to_pyarrow_batches"):
                patch.setattr(Backend, way, counted(getattr(Backend, way), sizes[copies]))
            unit = opened(tmp_path, url, table="copied")
            every_figure(unit)
        assert unit.ledger()["new"].sum() == 3 * copies
        unit.source.backend.disconnect()
    assert len(sizes[1]) > 10
    assert sizes[1] == sizes[40]


@pytest.fixture
def lake(tmp_path: Path) -> str:
    """A file with the orders, named as Spark names a table that is a file."""
    typed = frame().assign(ordered_at=pd.to_datetime(frame()["ordered_at"]))
    typed.to_parquet(tmp_path / "orders.parquet")
    frame().to_parquet(tmp_path / "text.parquet")
    return f"parquet.`{tmp_path}/orders.parquet`"


def test_spark_reads_a_file_of_the_lake_and_a_query_over_it(
    tmp_path: Path, spark_url: str, lake: str
) -> None:
    query = "SELECT customer_id, ordered_at, amount::DECIMAL(9, 2) AS amount FROM source"
    for asked in (None, query):
        unit = opened(tmp_path, spark_url, table=lake, query=asked)
        assert days(unit) == DAYS


@pytest.mark.parametrize(
    ("file", "query", "message"),
    [
        ("gone", None, "there is no table or view parquet.`"),
        ("orders", "SELECT client FROM source", "query: it fails on Spark ([UNRESOLVED_COLUMN"),
        ("text", None, "column ordered_at is text, which Spark reads in a way of its own; say "),
    ],
)
def test_what_spark_cannot_give_is_refused(
    tmp_path: Path, spark_url: str, lake: str, file: str, query: str | None, message: str
) -> None:
    table = lake.replace("orders.parquet", f"{file}.parquet")
    path = settings_file(tmp_path, spark_url, table=table, query=query)
    with pytest.raises(DataRefused, match=re.escape(message)):
        open_unit(str(path))


def test_spark_names_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(tmp_path, "pyspark://lake/orders", table="x") == (
        "source pyspark://lake/orders: pyspark:// stands for the Spark that is configured where "
        "the kit runs, and takes ?options alone; a cluster is spark://host:7077"
    )
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    assert "pip install 'retention-report-kit[spark]'" in refused(
        tmp_path, "spark://127.0.0.1:7077", table="x"
    )


def test_an_engine_that_does_not_start_is_no_reason_to_skip_where_all_are_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("RETENTION_ENGINES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Java is installed"):
        servers.spark()
    monkeypatch.setenv("RETENTION_ENGINES", "required")
    with pytest.raises(pytest.fail.Exception, match="no Java is installed"):
        servers.spark()
