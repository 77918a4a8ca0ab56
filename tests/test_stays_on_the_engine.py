"""What leaves a database is figures: its rows stay there, however many they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from counted_bytes import counted

from retention import open_unit

pytestmark = pytest.mark.xdist_group("engines")

ROWS = int(os.environ.get("RETENTION_ROWS_ON_THE_ENGINE", "400_000"))
"""Of the table; the figures of 10 million, which take minutes, are in SCALING.md."""
UNITS = 10
"""The table is one of a company: a unit has a tenth of its rows."""
ROWS_A_CUSTOMER = 10
TABLES = (
    *("extent", "quality", "ledger", "revenue", "rates", "cohorts", "cohort_revenue", "returns"),
    *("unbounded", "rolling", "activity", "second_purchase", "second_life", "sensitivity"),
)
"""Of a unit, in the names of its methods."""

_TABLE = f"""
CREATE UNLOGGED TABLE rows_of_all AS
SELECT
    'c' || n / {ROWS_A_CUSTOMER} AS customer_id,
    DATE '2022-01-01' + ((n / {ROWS_A_CUSTOMER} * 37) % 200 + n % {ROWS_A_CUSTOMER}
        * (20 + (n / {ROWS_A_CUSTOMER} * 11) % 30))::int AS ordered_at,
    (10 + n % 90)::numeric(10, 2) AS amount,
    'Unit ' || (n / {ROWS_A_CUSTOMER}) % {UNITS} AS unit
FROM generate_series(0, {ROWS} - 1) AS n
"""


@pytest.fixture(scope="module")
def table(postgres_url: str) -> Iterator[str]:
    """A large table, made by the server itself."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(_TABLE)
        yield "rows_of_all"
        connection.execute("DROP TABLE rows_of_all")


def test_no_row_of_a_table_crosses_to_the_client(
    tmp_path: Path, postgres_url: str, table: str
) -> None:
    settings = tmp_path / "seven.yaml"
    with counted(postgres_url) as between:
        text = f"unit: Unit 7\nsource: {between.url}\ntable: {table}\n"
        settings.write_text(text, encoding="utf-8")
        unit = open_unit(str(settings))
        found = {name: getattr(unit, name)() for name in TABLES}
        received = between.received
        # Were they to cross, they would be seen: what is counted here are the rows of the unit.
        assert unit.customer_days.count().to_pyarrow().as_py() > 0.9 * ROWS / UNITS
        unit.customer_days.select("customer_id").to_pyarrow()
        unit.source.backend.disconnect()
        crossed = between.received - received
    assert found["extent"]["rows"] == ROWS
    assert found["ledger"]["new"].sum() > 0.9 * ROWS / UNITS / ROWS_A_CUSTOMER
    assert crossed > 8 * ROWS / UNITS
    assert received < 4 * ROWS / UNITS
