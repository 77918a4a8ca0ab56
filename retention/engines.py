"""The engines that hold tables: how each is reached, and the few things that each does its own way.

Figures are Ibis expressions, the same on all of them. Called by `sources`, the only door.
"""

import contextlib
import logging
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import tenacity
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError, TableNotFound
from ibis.util import gen_name
from sqlglot.errors import SqlglotError

from retention.errors import DataRefused
from retention.files import first_words, interruptible

if TYPE_CHECKING:
    from psycopg import Connection

_log = logging.getLogger(__name__)

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

# A driver's text may quote the URL, and with it a password: what it says is said in our words.
_REASONS = {
    "authentication failed": "user or password is wrong",
    "no password supplied": "it wants a password",
    "Connection refused": "nothing answers there",
    "No such file or directory": "nothing answers there",
    "starting up": "it is starting up",
    "shutting down": "it is shutting down",
    "not yet accepting connections": "it is starting up",
    "too many clients": "it has too many connections",
    "too many connections": "it has too many connections",
    "connection slots are reserved": "it has too many connections",
    "closed the connection unexpectedly": "it closed the connection",
    "not known": "the host is not known",
    "does not exist": "it has no such database or user",
    "invalid integer value": "the port in the URL is none",
    "invalid port": "the port in the URL is none",
    "invalid URI": "the URL has an option that PostgreSQL does not know",
    "timeout expired": "it does not answer in time",
    "JAVA_GATEWAY_EXITED": "Java 17 or newer is needed, and does not start",
    "Could not parse Master URL": "the master in the URL is none",
}


TRIES = 5
"""How often a server is asked that refuses the connection."""

FIRST_WAIT_SECONDS = 1.0
"""Before the second try; each later wait is twice the one before."""

# What a server, or the system in its place, refuses while it restarts or has too much to do; to a
# wrong user, password, name or option a second try would be told the same.
_PASSING = {
    "nothing answers there",
    "it is starting up",
    "it is shutting down",
    "it has too many connections",
    "it closed the connection",
}
_in_vain: set[str] = set()
"""URLs of servers that refused every try: the next unit of a batch does not wait for them again."""


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


def postgres(source: str, url: str) -> BaseBackend:
    """A connection of its own to a PostgreSQL server.

    source: what messages show in place of `url`. A server that refuses the connection is asked
    again a few times, after waits that grow. Raises DataRefused.
    """
    try:
        import psycopg
    except ImportError:
        raise DataRefused(_no_driver(source, "postgres")) from None
    try:
        connection = _connection(source, url)
    except psycopg.Error as error:
        raise DataRefused(_no_connection(source, error)) from None
    try:
        with unbroken():
            return ibis.postgres.from_connection(connection)
    except DataRefused:
        connection.close()
        raise


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


def _connection(source: str, url: str) -> "Connection[tuple[Any, ...]]":
    import psycopg

    def tell(state: tenacity.RetryCallState) -> None:
        failed = state.outcome.exception() if state.outcome else None
        again = f"try {state.attempt_number + 1} of {TRIES} in {state.upcoming_sleep:g} s"
        _log.warning("source %s: cannot connect (%s); %s", source, _why(failed), again)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        stop=tenacity.stop_after_attempt(1 if url in _in_vain else TRIES),
        wait=tenacity.wait_exponential(multiplier=FIRST_WAIT_SECONDS),
        before_sleep=tell,
        reraise=True,
    )
    try:
        # The server's own library reads the URL: all that its manual allows works here too.
        connection = retrying(psycopg.connect, url, autocommit=True)
    except psycopg.Error as error:
        if _may_pass(error):
            _in_vain.add(url)
        raise
    _in_vain.discard(url)
    return connection


def _may_pass(error: BaseException) -> bool:
    return _why(error) in _PASSING


def _why(error: BaseException | None) -> str:
    said = next((why for words, why in _REASONS.items() if words in str(error)), None)
    return said or type(error).__name__


_POSTGRES_TABLES = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
"""


def _execute(backend: BaseBackend, statement: str) -> list[tuple[Any, ...]]:
    """The rows, if any, that a statement gives on PostgreSQL."""
    with backend.begin() as cursor:
        cursor.execute(statement)
        return list(cursor) if cursor.description else []


def spark(source: str, url: str) -> BaseBackend:
    """A session of its own on Spark.

    url: `spark://host:7077`, a cluster, or `pyspark://`, what the environment configures; options
        as `?key=value`. source: what messages show in its place. Raises DataRefused.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise DataRefused(_no_driver(source, "spark")) from None
    parts = urlsplit(url)
    if parts.scheme == "pyspark" and (parts.netloc or parts.path):
        raise DataRefused(
            f"source {source}: pyspark:// stands for the Spark that is configured where the kit "
            "runs, and takes ?options alone; a cluster is spark://host:7077"
        )
    # A line that rewrites itself belongs to a terminal of Spark's own.
    options = {"spark.ui.showConsoleProgress": "false", **dict(parse_qsl(parts.query))}
    builder = SparkSession.builder.appName("retention").config(map=options)
    if parts.scheme == "spark":
        builder = builder.master(f"spark://{parts.netloc}")
    try:
        # A process has one Spark; time zone and temporary views are the session's.
        session = builder.getOrCreate().newSession()
    except Exception as error:
        raise DataRefused(_no_connection(source, error)) from None
    return ibis.pyspark.connect(session)


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
            return backend.create_table(name, table, temp=True, overwrite=True)
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


def _no_driver(source: str, extra: str) -> str:
    return (
        f"source {source}: its driver is not installed; install it with "
        f"pip install 'retention-report-kit[{extra}]'"
    )


def _no_connection(source: str, error: Exception) -> str:
    return (
        f"source {source}: cannot connect ({_why(error)}); check the URL, and that the database "
        "takes connections from here"
    )
