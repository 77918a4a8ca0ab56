"""The door to the data: every test writes real files and opens them through settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from orders import DAYS, csv, customers, days, opened, refused, settings_file
from written_orders import LINES, WRITERS, write_database

from retention import open_unit, scratch, sources
from retention.errors import DataRefused
from retention.sources import open_source


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


def test_a_password_in_a_source_is_never_shown_by_what_only_looks_at_it(tmp_path: Path) -> None:
    source = "postgresql://report:hunter2@${NO_SUCH_HOST}/shop"
    for looked in (sources.look, sources.paths):
        with pytest.raises(DataRefused) as refusal:
            looked(source, folder=tmp_path)
        assert "source postgresql://report:***@${NO_SUCH_HOST}/shop: " in str(refusal.value)
        assert "hunter2" not in str(refusal.value)


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
    assert {path.parent for path in spills} == {scratch.private()}


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
