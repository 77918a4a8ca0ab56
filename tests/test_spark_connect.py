"""A server of Spark Connect as a source: the same figures, from a process that has no Spark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import servers
from orders import frame, opened, refused
from pandas.testing import assert_frame_equal
from pyarrow import parquet

pytestmark = pytest.mark.xdist_group("engines")

QUERY = "SELECT customer_id, ordered_at, amount::DECIMAL(12, 2) AS amount FROM source"


def orders() -> pa.Table:
    """Sixty customers, each at a pace of their own; some stop, some come back."""
    rows = [
        (f"c{who}", datetime(2024, 1, 1, 22) + timedelta(days=who % 11 + n * (9 + who)), 5.25 + n)
        for who in range(60)
        for n in range(3 + who % 7)
        if (who + n) % 4
    ]
    return pa.Table.from_pandas(frame(rows))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with servers.spark_connect() as found:
        yield found


def test_a_table_of_spark_connect_gives_the_figures_of_a_file(tmp_path: Path, url: str) -> None:
    path = tmp_path / "orders.parquet"
    parquet.write_table(orders(), path)
    there = opened(tmp_path, url, table=f"parquet.`{path}`", query=QUERY)
    here = opened(tmp_path, str(path), query=QUERY)
    assert there.source.backend.name == "pyspark"
    assert there.as_of == here.as_of
    for name in ("ledger", "quality"):
        assert_frame_equal(getattr(there, name)(), getattr(here, name)(), check_dtype=False)
    assert there.fingerprint
    there.source.close()
    assert there.source.backend._session.is_stopped


def test_what_spark_connect_lacks_is_refused(tmp_path: Path, url: str) -> None:
    message = refused(tmp_path, url, table="nowhere")
    assert message.startswith(f"source {url}: there is no table or view nowhere; ")


def test_where_no_spark_connect_answers_it_is_told_at_once(tmp_path: Path) -> None:
    assert refused(tmp_path, "sc://127.0.0.1:1", table="x") == (
        "source sc://127.0.0.1:1: cannot connect (nothing answers there); check the URL, and that "
        "the database takes connections from here"
    )
