"""The engines that hold tables: the few things that each does its own way.

Figures are Ibis expressions, the same on all of them. Called by `sources`, the only door.
"""

import contextlib
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import duckdb
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError, TableNotFound
from ibis.util import gen_name
from sqlglot.errors import SqlglotError

from retention import how_far
from retention.errors import DataRefused
from retention.files import first_words, interruptible

NAMES = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "pyspark": "Spark"}
"""Ibis's name of an engine -> its own."""

TYPES = {
    "ordered_at": "TIMESTAMP",
    "started_on": "DATE",
    "ended_on": "DATE",
    "known_on": "DATE",
    "contacted_on": "DATE",
    "reported_on": "DATE",
    "amount": "DECIMAL(18, 4)",
}
"""Columns of a source that hold dates or numbers, and a type that they may have."""


def errors() -> tuple[type[Exception], ...]:
    """What an engine raises when it cannot compute something; drivers are looked at once loaded."""
    drivers = {"psycopg": "Error", "pyspark.errors": "PySparkException"}
    loaded = [getattr(sys.modules[name], e) for name, e in drivers.items() if sys.modules.get(name)]
    return (duckdb.Error, IbisError, TableNotFound, SqlglotError, *loaded)


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Raise DataRefused where a server gives up within, for a reason that is not in the data."""
    try:
        yield
    except errors() as error:
        psycopg = sys.modules.get("psycopg")
        if psycopg is None or not isinstance(error, psycopg.OperationalError):
            raise
        raise DataRefused(
            f"the database gave up while it was read ({first_words(error)}); run again when it is "
            "well"
        ) from None


def close(backend: BaseBackend) -> None:
    """End the connection to an engine, and what it has kept for it.

    The Spark of a process runs on: other units may be on it, and whoever called the kit.
    """
    if backend.name == "pyspark":
        from pyspark.sql import SparkSession

        if isinstance(backend._session, SparkSession):
            with contextlib.suppress(Exception):  # where Spark has ended, so have its views
                _drop_views(backend._session)
            return
    if backend.name == "duckdb":
        how_far.ends(backend.con)
    backend.disconnect()


def _drop_views(session: Any) -> None:
    for view in session.sql("SHOW VIEWS").collect():
        if view.isTemporary:
            session.catalog.dropTempView(view.viewName)


def table(backend: BaseBackend, source: str, name: str) -> ir.Table:
    """The table or view that a server has under a name, in its own words. Raises DataRefused."""
    if backend.name == "pyspark":
        from pyspark.errors import AnalysisException

        view = gen_name("rows")
        try:
            backend._session.table(name).createOrReplaceTempView(view)
        except AnalysisException:
            raise DataRefused(no_table(source, name, backend.list_tables())) from None
        return backend.table(view)
    schema, _, last = name.rpartition(".")
    with unbroken():
        try:
            return backend.table(last, database=schema or None)
        except errors():
            found = _execute(backend, _POSTGRES_TABLES)
    names = [known if schema == "public" else f"{schema}.{known}" for schema, known in found]
    raise DataRefused(no_table(source, name, names))


_POSTGRES_TABLES = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
"""


def _execute(backend: BaseBackend, statement: str) -> list[tuple[Any, ...]]:
    """The rows, if any, that a statement gives on PostgreSQL."""
    with backend.begin() as cursor:
        cursor.execute(statement)
        return list(cursor) if cursor.description else []


def set_timezone(backend: BaseBackend, timezone: str) -> None:
    """Make the engine cut days out of zone-aware time stamps in `timezone`."""
    try:
        with unbroken():
            _set_timezone(backend, timezone)
    except errors():
        raise DataRefused(
            f"timezone {timezone}: the engine does not know it; give one like Europe/Madrid"
        ) from None


def _set_timezone(backend: BaseBackend, timezone: str) -> None:
    if backend.name == "pyspark":
        backend._session.conf.set("spark.sql.session.timeZone", timezone)
    elif backend.name == "postgres":
        _execute(backend, f"SET TimeZone = '{timezone}'")
    else:
        backend.raw_sql(f"SET TimeZone = '{timezone}'")


def stored(backend: BaseBackend, name: str, table: ir.Table) -> ir.Table:
    """`table` computed once and kept for the session; it replaces what was kept under the name."""
    # A temporary table hides a table of the same name, which may be the very source.
    name = f"retention_{name}"
    if backend.name == "duckdb":
        with interruptible():
            # What Ibis overwrites is first written under another name, and then once more.
            backend.drop_table(name, database=("temp", "main"), force=True)
            return backend.create_table(name, table, temp=True)
    if backend.name == "postgres":
        # Ibis would drop whatever has the name, and not only what is temporary.
        _execute(backend, f"DROP TABLE IF EXISTS pg_temp.{name}")
        kept = backend.create_table(name, table, temp=True)
        # Nothing else counts the rows of a temporary table for the planner.
        _execute(backend, f"ANALYZE pg_temp.{name}")
        return kept
    # Spark has no temporary tables. A checkpoint is computed once, like one, while a cache may be
    # computed again, from rows that have changed; Spark drops it when the view goes.
    backend._run_pre_execute_hooks(table)
    rows = backend._session.sql(backend.compile(table)).localCheckpoint()
    rows.createOrReplaceTempView(name)
    return backend.table(name)


def check_types(backend: BaseBackend, table: ir.Table, *, how: str) -> None:
    """Refuse text where dates and numbers belong (TYPES), on engines that read it their own way.

    how: where the user can say which, for the message.
    PostgreSQL takes 01/02/2024 for a day in January and stops at the first text that is no date;
    Spark takes 2024 for a day. DuckDB reads text as the kit says.
    """
    if backend.name == "duckdb":
        return
    for column, kind in TYPES.items():
        if isinstance(table.schema().get(column), dt.String):
            raise DataRefused(
                f"column {column} is text, which {NAMES[backend.name]} reads in a way of its own; "
                f"say which {how}, for instance CAST({column} AS {kind}) AS {column}"
            )


def no_table(source: str, table: str, names: list[str]) -> str:
    """The refusal of a table that a database lacks, with the nearest it has."""
    near = get_close_matches(table, names, n=3, cutoff=0.5) or sorted(names)[:5]
    has = f"it has {' and '.join(near)}" if near else "it is empty"
    return f"source {source}: there is no table or view {table}; {has}"
