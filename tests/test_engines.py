"""The same tables on every engine, row for row, from raw rows to the last figure.

One population with all that has ever made engines differ; DuckDB's tables are the measure, because
all other tests prove those.
"""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import every_table
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import pytest
from every_table import ENGINES, KEPT, TABLES, Figures
from orders import settings_file
from pandas.testing import assert_frame_equal
from pyarrow import parquet
from raw_rows import raw_rows

import retention
from retention import engines
from retention.reporting.notebooks import kit_notebook
from retention.sources import open_source


@pytest.fixture(scope="session")
def measure() -> Iterator[Figures]:
    """The figures on DuckDB."""
    backend = ibis.duckdb.connect()
    engines.set_timezone(backend, "Europe/Madrid")
    yield Figures(backend, backend.create_table("orders", raw_rows()))
    backend.disconnect()


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> tuple[str, str]:
    """The URL of a PostgreSQL database, and the table in it that holds the rows."""
    backend = ibis.connect(postgres_url)
    # Named as one that the kit keeps, which must not hide it.
    backend.create_table("tally", raw_rows())
    backend.disconnect()
    return postgres_url, "tally"


@pytest.fixture(scope="session")
def pyspark(spark_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The URL of a Spark, and a file with the rows, named as Spark names one."""
    path = tmp_path_factory.mktemp("lake") / "orders.parquet"
    parquet.write_table(raw_rows(), path)
    return spark_url, f"parquet.`{path}`"


@pytest.fixture(scope="session", params=ENGINES)
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """The figures on another engine, whose rows come through the door."""
    url, table = request.getfixturevalue(request.param)
    source = open_source(url, folder=Path(), table=table, timezone="Europe/Madrid")
    yield Figures(source.backend, source.rows, {"source": url, "table": table})
    source.backend.disconnect()


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """The rows, in their order where the table has one."""
    rows = table.to_pyarrow().to_pylist()
    keys = [
        key.dtype for sort in table.op().find(ops.Sort, filter=ops.Relation) for key in sort.keys
    ]
    # Engines order texts in their own ways; no reader sees a table in the order of texts alone.
    ordered = any(not kind.is_string() for kind in keys)
    return rows if ordered else sorted(rows, key=lambda row: [str(cell) for cell in row.values()])


def assert_equal_tables(found: ir.Table, expected: ir.Table) -> None:
    """Row for row the same: everything exactly, but shares and money to twelve places."""
    assert found.schema() == expected.schema()
    rows, wanted = rows_of(found), rows_of(expected)
    assert len(rows) == len(wanted)
    assert rows, "a table without rows proves nothing"
    for row, other in zip(rows, wanted, strict=True):
        for name, cell in row.items():
            same = cell == other[name] or (
                isinstance(cell, float)
                and isinstance(other[name], float)
                and math.isclose(cell, other[name], rel_tol=1e-12)
            )
            assert same, f"{name} = {cell!r}, on DuckDB {other[name]!r}: {row} {other}"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_on_every_engine(figures: Figures, measure: Figures, name: str) -> None:
    # What others rest on is there already, without its order.
    found, expected = (
        each.kept(name) if name in KEPT else TABLES[name](each) for each in (figures, measure)
    )
    assert_equal_tables(found, expected)


KEYS = {
    "query": """
        SELECT TRIM(who) AS customer_id, aware AS ordered_at, 2 * money AS amount, shop AS unit
        FROM source
        WHERE coalesce(day >= DATE '1900-01-02' AND abs(money) < 1000000, day IS NULL)
    """,
    "timezone": "Europe/Madrid",
    "as_of": "2024-03-31",
    "inactive_after": "auto",
    "lost_after": "auto",
}


def published(folder: Path, **settings: str) -> dict[str, pd.DataFrame]:
    """What `retention run` publishes of a unit with the settings, file by file."""
    settings_file(folder, **KEYS | settings)
    command = ["-m", "retention.cli", "run", "--params", ".", "--notebook", kit_notebook()]
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert not list(folder.glob("*warehouse*"))
    return {
        path.stem: pd.read_csv(path)
        for path in sorted((folder / "reports" / "shop" / "2024-03-31" / "data").iterdir())
    }


@pytest.fixture(scope="session")
def published_here(measure: Figures, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("here")
    measure.raw.to_parquet(folder / "orders.parquet")
    return published(folder, source="orders.parquet")


def test_a_run_publishes_the_same_from_every_engine(
    figures: Figures, published_here: dict[str, Any], tmp_path: Path
) -> None:
    found = published(tmp_path, **figures.settings)
    assert found.keys() == published_here.keys()
    assert {"ledger", "rates", "cohorts", "returns", "thresholds", "quality"} <= found.keys()
    for name, frame in found.items():
        assert_frame_equal(frame, published_here[name], rtol=1e-12, obj=name)
        assert len(frame) > 0 or name == "opportunity"  # the history is too short for its estimate


def test_no_public_table_is_left_out() -> None:
    doors = {"engines", "files", "queries", "sources"}
    source = inspect.getsource(every_table)
    for found in pkgutil.iter_modules(retention.__path__):
        if found.name in doors:
            continue
        module = importlib.import_module(f"retention.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                table = inspect.signature(function).return_annotation is ir.Table
                assert not table or f"{name}(" in source, f"{found.name}.{name} is in no TABLES"
