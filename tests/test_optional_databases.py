"""Optional sources in databases: where they are read, what is refused, what stays there."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest
from histories import cells
from ibis.backends import BaseBackend
from orders import csv, opened, refused, settings_file

from retention import Unit, connections, contacts, open_unit, sources
from retention.errors import DataRefused
from retention.params import Settings
from retention.reporting.preflight import preflight

ORDERS = ("ann,2024-01-03,10", "ben,2024-01-05,10", "ann,2024-02-20,10")
PEOPLE = [("ben", "2024-01-01"), ("eve", "2024-01-20"), ("", "2024-01-20")]
SENT = [("ann", "spring", "2024-02-10", "mail"), ("ben", "spring", "2024-02-10", "control")]
KEYS = {"as_of": "2024-02-29"}
ACCOUNT = [("prospects_rows", 3), ("prospects_no_customer_id", 1), ("prospects_kept", 2)]
TABLES = {
    "orders": "customer_id text, ordered_at date, amount numeric(10, 2)",
    "people": "customer_id text, known_on date",
    "crm.sent": "customer_id text, campaign text, contacted_on date, arm text",
    "texts": "customer_id text, known_on text",
}


def filled(connection: psycopg.Connection | duckdb.DuckDBPyConnection, *, mark: str) -> None:
    connection.execute("CREATE SCHEMA crm")
    rows = {"orders": [line.split(",") for line in ORDERS], "people": PEOPLE, "crm.sent": SENT}
    for name, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({columns})")
        for row in rows.get(name, PEOPLE):
            marks = ", ".join([mark] * len(row))
            connection.execute(f"INSERT INTO {name} VALUES ({marks})", list(row))


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[str]:
    """The URL of a database with orders, people and contacts, to which others do not look."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE optional")
    url = postgres_url.replace("/postgres?", "/optional?")
    with psycopg.connect(url, autocommit=True) as connection:
        filled(connection, mark="%s")
    yield url
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE optional WITH (FORCE)")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the same as files, and as a database of DuckDB."""
    csv(tmp_path / "orders.csv", *ORDERS)
    pd.DataFrame(PEOPLE, columns=["customer_id", "known_on"]).to_csv(tmp_path / "people.csv")
    pd.DataFrame(PEOPLE, columns=["customer_id", "known_on"]).to_excel(tmp_path / "people.xlsx")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as database:
        filled(database, mark="?")
    return tmp_path


def figures(unit: Unit) -> tuple[object, ...]:
    """What the unit makes of its optional sources; the connection is closed then."""
    checks = cells(unit.quality(), "check", "rows")
    found = (
        [row for row in checks if row in ACCOUNT],
        cells(unit.rates(), "numerator", "denominator", measure="conversion"),
        sorted(
            cells(
                contacts.contacts(unit.others["contacts"], as_of=unit.as_of).to_pandas(),
                "customer_id",
                "arm",
            )
        ),
    )
    unit.source.backend.disconnect()
    return found


EXPECTED = (ACCOUNT, [(0, 0), (0, 1)], [("ann", "mail"), ("ben", "control")])


@pytest.mark.parametrize(
    ("source", "people", "sent"),
    [
        ("server", "server", "server"),
        ("server", "people.csv", "duckdb"),
        ("orders.csv", "people.xlsx", "server"),
        ("orders.csv", "duckdb", "duckdb"),
        ("duckdb", "people.csv", "duckdb"),
        ("duckdb", "server", "duckdb"),
    ],
)
def test_a_unit_reads_its_sources_wherever_they_are(
    files: Path, server: str, source: str, people: str, sent: str
) -> None:
    urls = {"server": server, "duckdb": "duckdb://shop.duckdb"}
    unit = opened(
        files,
        urls.get(source, source),
        table="orders" if source in urls else None,
        prospects=f"{urls[people]}#people" if people in urls else people,
        contacts=f"{urls[sent]}#crm.sent",
        **KEYS,
    )
    assert unit.fingerprint
    assert figures(unit) == EXPECTED


def test_a_server_that_holds_both_is_connected_to_once(
    files: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []

    def counted(source: str, url: str) -> BaseBackend:
        connected.append(source)
        return connections.postgres(source, url)

    monkeypatch.setitem(sources.ENGINES, "postgresql", counted)
    monkeypatch.setenv("SHOP_USER", "kit")
    named = server.replace("kit@", "${SHOP_USER}@")
    unit = opened(files, named, table="orders", prospects=f"{server}#people", **KEYS)
    assert connected == [named]
    assert unit.others["prospects"].get_backend() is unit.source.backend
    assert cells(unit.rates(), "denominator", measure="conversion") == [0, 1]
    unit.source.backend.disconnect()


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (
            "{server}",
            "source {server}: a database needs the table or view to read, after a #, as in "
            "{server}#schema.table",
        ),
        ("{server}#", "source {server}#: a database needs the table or view to read, after a #, "),
        ("{server}#peple", "source {server}#peple: there is no table or view peple; it has people"),
        ("duckdb://shop.duckdb#sent", "there is no table or view sent; it has crm.sent"),
        ("duckdb://shop.duckdb", "as in duckdb://shop.duckdb#schema.table"),
        ("duckdb://shp.duckdb#people", "no such file; its folder has shop.duckdb"),
        ("shop.duckdb", "looks like a database; write duckdb://shop.duckdb, and which table or "),
        ("mysql://here/shop#people", "source mysql://here/shop#people: mysql is no engine that "),
        (
            "{server}#texts",
            "column known_on is text, which PostgreSQL reads in a way of its own; say which in a "
            "view, and name that, for instance CAST(known_on AS DATE) AS known_on",
        ),
        ("{server}#crm.sent", "the data lack the column known_on; they have customer_id, campaign"),
        ("{server}#orders", "the data lack the column known_on; they have "),
    ],
)
@pytest.mark.parametrize("source", ["server", "orders.csv"])
def test_what_a_database_cannot_give_is_refused(
    files: Path, server: str, source: str, named: str, message: str
) -> None:
    own = {"table": "orders"} if source == "server" else {}
    where = server if source == "server" else source
    said = refused(files, where, prospects=named.replace("{server}", server), **own, **KEYS)
    assert said.startswith("prospects: ")
    assert message.replace("{server}", server) in said
    assert "ibis" not in said


def test_a_password_is_never_shown(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "FIRST_WAIT_SECONDS", 0)
    monkeypatch.setenv("SHOP_PASSWORD", "tr0ub#4dor")
    for url in ("postgres://kit:${SHOP_PASSWORD}@127.0.0.1:1/shop", "${SHOP_URL}"):
        monkeypatch.setenv("SHOP_URL", "postgres://kit:tr0ub#4dor@127.0.0.1:1/shop")
        said = refused(files, "orders.csv", contacts=f"{url}#sent", **KEYS)
        assert said.startswith(f"contacts: source {url}#sent: cannot connect (")
        assert "4dor" not in said
    with pytest.raises(DataRefused, match=re.escape("://kit:***@")) as caught:
        open_unit(
            Settings(
                slug="shop",
                path=files / "shop.yaml",
                unit="Shop",
                source="orders.csv",
                inactive_after=30,
                lost_after=60,
                contacts="postgres://kit:tr0ub4dor@127.0.0.1:1/shop#sent",
            )
        )
    assert "4dor" not in "".join(traceback.format_exception(caught.value))


def test_a_check_of_the_kit_reads_them_and_other_rows_are_other_data(
    files: Path, server: str
) -> None:
    path = settings_file(files, "orders.csv", prospects=f"{server}#people", **KEYS)
    before = preflight([str(path)], params=files).fingerprints
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("INSERT INTO people VALUES ('gil', '2024-01-20')")
        try:
            after = preflight([str(path)], params=files).fingerprints
        finally:
            connection.execute("DELETE FROM people WHERE customer_id = 'gil'")
    assert before["shop"] != after["shop"]


@pytest.fixture
def lake(files: Path) -> dict[str, str]:
    """The same as files, named as Spark names a table that is a file."""
    for name, rows in (("orders", ORDERS), ("people", [",".join(row) for row in PEOPLE])):
        heading = "customer_id,ordered_at,amount" if name == "orders" else "customer_id,known_on"
        frame = pd.read_csv(csv(files / "rows.csv", *rows, header=heading), parse_dates=[1])
        frame.to_parquet(files / f"{name}.parquet")
    texts = pd.DataFrame(PEOPLE, columns=["customer_id", "known_on"])
    texts.to_parquet(files / "texts.parquet")
    return {name: f"parquet.`{files}/{name}.parquet`" for name in ("orders", "people", "texts")}


def test_spark_holds_both_and_no_second_one(
    files: Path, spark_url: str, lake: dict[str, str]
) -> None:
    keys = {"table": lake["orders"], **KEYS}
    people = f"#{lake['people']}"
    unit = opened(files, spark_url, prospects=f"{spark_url}{people}", **keys)
    assert unit.others["prospects"].get_backend() is unit.source.backend
    assert cells(unit.rates(), "denominator", measure="conversion") == [0, 1]
    path = settings_file(files, spark_url, prospects=f"{spark_url}?x=1{people}", **keys)
    with pytest.raises(DataRefused, match=r"prospects: source .* a process has one Spark"):
        open_unit(str(path))


def test_what_another_unit_has_on_spark_is_left_to_it(
    files: Path, spark_url: str, lake: dict[str, str]
) -> None:
    one = opened(files, spark_url, table=lake["orders"], **KEYS)
    for source, keys, words in (
        ("spark://127.0.0.1:1", {"table": "x"}, "a process has one Spark, and this one has anoth"),
        (spark_url, {"table": lake["texts"]}, "column known_on is text, which Spark"),
        (spark_url, {"table": lake["people"]}, "the data lack the columns ordered_at, amount"),
        ("orders.csv", {"prospects": f"{spark_url}#{lake['texts']}"}, "column known_on is text"),
    ):
        with pytest.raises(DataRefused, match=re.escape(words)):
            opened(files, source, **keys, **KEYS)
    path = settings_file(files, "orders.csv", prospects=f"{spark_url}#{lake['people']}", **KEYS)
    assert preflight([str(path)], params=files).fingerprints["shop"]
    path = settings_file(files, spark_url, table=lake["orders"], **KEYS)
    assert preflight([str(path)], params=files).fingerprints["shop"] == one.fingerprint
    assert cells(one.ledger(), "new") == cells(opened(files, "orders.csv", **KEYS).ledger(), "new")
    views = "SHOW VIEWS LIKE 'retention_*'"
    assert one.source.backend.raw_sql(views).collect()
    one.source.close()
    assert not one.source.backend.raw_sql(views).collect()
