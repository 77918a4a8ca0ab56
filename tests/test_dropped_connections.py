"""A database that drops the connection between two questions of the check is told, unit by unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ibis
import psycopg
import pytest
import yaml
from fault_notebook import written
from orders import ORDERS
from test_cli import NOTEBOOK, called

from retention import engines, opening, unit

DROPPED = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dropped'"
)
SAID = (
    "read.yaml: the database gave up while it was read (terminating connection due to "
    "administrator command"
)


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Iterator[Path]:
    """A unit whose data lie in a database, and the connections to it a name to end them by."""
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA dropped; SET search_path TO dropped")
        connection.execute("CREATE TABLE kept (customer_id text, ordered_at date, amount numeric)")
        connection.cursor().executemany("INSERT INTO kept VALUES (%s, %s, %s)", ORDERS)
    given = {"unit": "Read", "source": f"{postgres_url}&application_name=dropped"}
    given |= {"table": "dropped.kept", "inactive_after": "30", "lost_after": "60"}
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "read.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
    written(tmp_path)
    yield tmp_path
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA dropped CASCADE")


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (ibis.postgres, "from_connection"),
        (engines, "_execute"),
        (engines, "_set_timezone"),
        (opening, "check_rows"),
        (opening, "_last_day"),
        (opening, "_first_day"),
        (unit, "fingerprint"),
    ],
)
def test_it_is_told_whatever_was_asked(
    kit: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    asked: Callable[..., Any] = getattr(where, name)

    def dropped(*arguments: Any, **named: Any) -> Any:
        with psycopg.connect(postgres_url, autocommit=True) as beside:
            assert beside.execute(DROPPED).fetchall()
        return asked(*arguments, **named)

    monkeypatch.setattr(where, name, dropped)
    if name == "_execute":  # the question for the tables there are
        path = kit / "params" / "read.yaml"
        path.write_text(path.read_text().replace("dropped.kept", "dropped.lost"))
    result = called("check", "--notebook", NOTEBOOK)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(SAID)
    assert line.endswith("run again when it is well")
