"""A table larger than the memory that DuckDB may hold: slower, and the same figures."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from orders import opened, refused
from pandas.testing import assert_frame_equal

from retention import Unit, sources
from retention.reporting.limits import MEGABYTE, Limits
from retention.sources import MEMORY

MEGABYTES = 120
TABLES = ("quality", "ledger", "rates", "cohorts", "returns")
_LIMIT = "SELECT current_setting('memory_limit')"

_ROWS = """
COPY (
    SELECT
        sha256((n // 20)::VARCHAR) AS customer_id,
        DATE '2022-01-01'
            + ((n // 20 * 37) % 300 + n % 20 * (10 + (n // 20 * 11) % 25))::INT AS ordered_at,
        (10 + n % 90)::DECIMAL(10, 2) AS amount
    FROM range(700_000) AS rows (n)
) TO '{path}' (FORMAT parquet)
"""


def held(unit: Unit) -> tuple[float, float]:
    """Megabytes that the tables of a unit have in memory, and on disk."""
    asked = "SELECT sum(memory_usage_bytes), sum(temporary_storage_bytes) FROM duckdb_memory()"
    ((memory, disk),) = unit.source.backend.raw_sql(asked).fetchall()
    return memory / MEGABYTE, disk / MEGABYTE


def test_what_does_not_fit_into_memory_is_spilled_and_comes_to_the_same_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "orders.parquet"
    duckdb.sql(_ROWS.format(path=path))
    roomy = opened(tmp_path, path.name, inactive_after="auto", lost_after="auto")
    expected = {name: getattr(roomy, name)() for name in TABLES}
    memory, disk = held(roomy)
    assert memory > 1.5 * MEGABYTES
    assert disk == 0
    roomy.source.backend.disconnect()
    monkeypatch.setenv(MEMORY, str(MEGABYTES))
    tight = opened(tmp_path, path.name, inactive_after="auto", lost_after="auto")
    for name in TABLES:
        assert_frame_equal(getattr(tight, name)(), expected[name])
    memory, disk = held(tight)
    assert memory <= MEGABYTES
    assert disk > MEGABYTES / 2
    assert tight.fingerprint
    tight.source.backend.disconnect()
    assert {path.name for path in tmp_path.iterdir()} == {"orders.parquet", "shop.yaml"}


@pytest.mark.parametrize("most", [100, 10**6])
def test_without_a_limit_it_is_a_quarter_of_the_machine_and_no_more_than_so_much(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.delenv(MEMORY, raising=False)
    monkeypatch.setattr(sources, "MOST_MEGABYTES", most)
    quarter = duckdb.connect(config={"memory_limit": "25%"}).execute(_LIMIT).fetchone()
    engine = sources.engine("UTC")
    found = engine.raw_sql(_LIMIT).fetchone()
    engine.disconnect()
    assert found == (quarter if most > 100 else ("95.3 MiB",))
    assert quarter != duckdb.connect().execute(_LIMIT).fetchone()


@pytest.mark.parametrize("given", ["0", "2GB", "-1", "much"])
def test_a_limit_that_is_no_number_of_megabytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(MEMORY, given)
    (tmp_path / "orders.csv").write_text("customer_id,ordered_at,amount\na,2024-01-01,1\n")
    assert refused(tmp_path, "orders.csv") == (
        f"the environment variable RETENTION_MEMORY_MB is '{given}'; give a whole number of "
        "megabytes"
    )


@pytest.mark.parametrize(("given", "told"), [(4000, "2625"), (1000, "375"), (300, "100")])
def test_the_engine_of_a_kernel_is_told_less_than_the_kernel_may_take(
    given: int, told: str
) -> None:
    assert Limits(memory_bytes=given * MEGABYTE).environment() == {MEMORY: told}
    assert Limits().environment() == {}
