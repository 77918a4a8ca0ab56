"""The only door to data: files, a query over them, or a database -> one raw table.

Every source of the kit is read through `open_source`; nothing else connects, globs or reads files.
"""

import os
import re
import uuid
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend
from ibis.common.exceptions import TableNotFound
from ibis.util import gen_name

from retention import connections, engines, files, how_far, scratch, stops
from retention.environment import filled_in
from retention.errors import DataRefused
from retention.files import first_words
from retention.queries import queried

# Ibis 12.0.0 on pandas 3 and DuckDB 2 warns from inside, mended upstream after that release; and so
# does PySpark 4.0 on pandas 3.
warnings.filterwarnings("ignore", message="The 'future.infer_string' option is deprecated")
warnings.filterwarnings("ignore", message="The copy keyword is deprecated")
warnings.filterwarnings("ignore", message="'verifySchema' is ignored")  # by Spark Connect
warnings.filterwarnings("ignore", message=r"fetch_arrow_table\(\) is deprecated")

ENGINES = {
    "duckdb": None,
    "postgres": connections.postgres,
    "postgresql": connections.postgres,
    "spark": connections.spark,
    "pyspark": connections.spark,
    "sc": connections.spark_connect,
}
"""Schemes of database URLs, and what connects to a server; a DuckDB database is a file."""

MEMORY = "RETENTION_MEMORY_MB"
"""Environment variable: the megabytes that DuckDB may hold before it spills to a scratch folder."""
MOST_MEGABYTES = 5000
"""What DuckDB may hold where the variable is not set, and the machine has four times as much."""

_URL = re.compile(r"([a-z][a-z0-9+]*)://")


@dataclass(frozen=True)
class Source:
    """An opened source.

    `rows`: the source as it stands; `table`: what the settings' query made of it (the same table
    where there is no query); `backend`: the engine that holds both; `url`: of its server, in full.
    """

    backend: BaseBackend
    rows: ir.Table
    table: ir.Table
    url: str | None = field(default=None, repr=False)

    def close(self) -> None:
        """End the connection, and with it all that was stored."""
        engines.close(self.backend)

    def count(self) -> int:
        """How many rows the source has, before any query."""
        return int(self.rows.count().to_pyarrow().as_py())

    def stored(self, name: str, table: ir.Table) -> ir.Table:
        """`table` computed once and kept as a temporary table of the engine."""
        return engines.stored(self.backend, name, table)

    def spared(self, name: str, table: ir.Table) -> ir.Table:
        """`table` as it is, or `stored` where memory is limited: one query holds all its parts."""
        return self.stored(name, table) if os.environ.get(MEMORY) else table

    def read(self, name: str, table: ir.Table) -> ir.Table:
        """Like `stored`, for a table that depends on what a cell holds: what fails is its fault.

        Raises DataRefused with the engine's first words, which name the line or the value.
        """
        try:
            with engines.unbroken():
                return self.stored(name, table)
        except engines.errors() as error:
            by = "the source" if self.table is self.rows else "the source, or the query over it,"
            raise DataRefused(
                f"{by} cannot be read to its end ({first_words(error)}); mend what it names"
            ) from None


def open_source(
    source: str,
    *,
    folder: Path,
    table: str | None = None,
    query: str | None = None,
    timezone: str = "UTC",
) -> Source:
    """The rows that `source` names, and the table that `query` makes of them.

    source: path or glob relative to `folder` (csv, parquet, Excel; csv also compressed), or a
        database URL (ENGINES), then with `table`; the path in a `duckdb://` URL is relative to
        `folder` too. `${NAME}` is replaced from the environment and never shown.
    query: one SELECT over `source`, in DuckDB's SQL, transpiled to the engine. In csv files a
        column of numbers is one to it, and everything else is text: dates want a CAST or strptime.
    timezone: the zone in which the engine cuts days out of zone-aware time stamps.
    Nothing is written beside the data: DuckDB runs in memory, and opens a database to read only.
    Raises DataRefused with what was found and what to do.
    """
    source, resolved = filled_in(source)
    scheme = _scheme(source, resolved)
    if scheme and table is None:
        raise DataRefused(f"source {source}: a database needs `table`, the table or view to read")
    if scheme:
        backend, rows = _database(source, resolved, str(table), folder)
    elif table is not None:
        raise DataRefused(
            f"source {source}: `table` is for databases, and this is no database URL; leave "
            "`table` out, or write for instance duckdb://file.duckdb"
        )
    else:
        backend, rows = _files(source, resolved, folder, typed=query is not None)
    try:
        engines.set_timezone(backend, timezone)
        asked = rows if query is None else queried(backend, rows, query)
        engines.check_types(backend, asked, how="in the `query`")
    except DataRefused:
        engines.close(backend)
        raise
    return Source(backend, rows, asked, resolved)


def beside(own: Source, source: str, *, folder: Path, timezone: str) -> Source:
    """The rows of another source, on the engine of `own` where that reaches them too.

    source, folder, timezone: as for `open_source`, but the table or view of a database stands at
        the end of its URL, as in postgresql://host/shop#contacts.
    DuckDB reaches files and DuckDB databases, and a server what is at its own URL; for what is
    elsewhere there is an engine of its own, to be closed.
    """
    given, on = source, own.backend
    source, resolved = filled_in(given)
    scheme = _scheme(source, resolved)
    if scheme is None:
        shared = on if on.name == "duckdb" else None
        backend, rows = _files(source, resolved, folder, typed=False, on=shared)
    else:
        # Looked for before the environment is read, for a password may hold the sign too.
        address, _, table = given.rpartition("#")
        if not (address and table):
            raise DataRefused(
                f"source {source}: a database needs the table or view to read, after a #, as in "
                f"{source.rstrip('#')}#schema.table"
            )
        resolved = filled_in(address)[1]
        same = on.name == "duckdb" if scheme == "duckdb" else resolved == own.url
        if on.name == "pyspark" and ENGINES[scheme] is connections.spark and not same:
            raise DataRefused(
                f"source {source}: a process has one Spark, and the unit's own source is on "
                "another; name it by the URL that `source` has"
            )
        backend, rows = _database(source, resolved, table, folder, on=on if same else None)
    try:
        if backend is not on:
            engines.set_timezone(backend, timezone)
        engines.check_types(backend, rows, how="in a view, and name that")
    except DataRefused:
        if backend is not on:
            engines.close(backend)
        raise
    return Source(backend, rows, rows)


def _scheme(source: str, resolved: str) -> str | None:
    """The scheme of the URL of a database; None where files are named."""
    found = _URL.match(resolved)
    if found and found[1] not in ENGINES:
        raise DataRefused(
            f"source {source}: {found[1]} is no engine that the kit computes on "
            f"({', '.join(ENGINES)}); export the table as parquet or csv and name that file"
        )
    return found and found[1]


def in_process(source: str) -> bool:
    """Whether what `source` names is read by this process, and by no server."""
    try:
        scheme = _URL.match(filled_in(source)[1])
    except DataRefused:
        return False
    return scheme is None or scheme[1] == "duckdb"


def spark_master(source: str) -> str | None:
    """The Spark that `source` is on, of which a process has one; None where it names none."""
    try:
        return connections.spark_master(filled_in(source)[1])
    except DataRefused:
        return None


def paths(source: str, *, folder: Path) -> list[Path]:
    """The files that `source` names; none where it names a database. Raises DataRefused."""
    source, resolved = filled_in(source)
    return [] if _URL.match(resolved) else _found(source, resolved, folder)


def look(source: str, *, folder: Path) -> None:
    """Raise DataRefused where this machine has not the file that `source` names, or its variables.

    A DuckDB database is a file too; whether a server answers is not asked.
    """
    source, resolved = filled_in(source)
    scheme = _URL.match(resolved)
    if scheme is None:
        _found(source, resolved, folder)
    elif scheme[1] == "duckdb":
        path = resolved.removeprefix("duckdb://").partition("#")[0].partition("?")[0]
        _found(source, path, folder)


def engine(timezone: str) -> Any:
    """An engine of its own in this process, without a row, for whom the tables are files."""
    backend = _memory()
    engines.set_timezone(backend, timezone)
    return backend


def _found(source: str, resolved: str, folder: Path) -> list[Path]:
    try:
        return files.found(source, resolved, folder)
    except OSError as error:
        raise DataRefused(
            f"source {source}: its folder cannot be looked into ({error.strerror}); check the path "
            "and who may read it"
        ) from None


def _memory() -> Any:
    # Its own name a connection: two that spill into one folder would overwrite each other. DuckDB
    # makes it, and removes it with the last connection, but would let everybody read it.
    spill = scratch.private() / uuid.uuid4().hex
    backend = ibis.duckdb.connect(
        temp_directory=str(spill), autoinstall_known_extensions=False, **_limited()
    )
    if not os.environ.get(MEMORY) and _limit(backend) > MOST_MEGABYTES * 1_000_000:
        backend.raw_sql(f"SET memory_limit = '{MOST_MEGABYTES}MB'")
    stops.interrupts(backend.con)
    how_far.tells(backend.con)
    return backend


def _limit(backend: Any) -> int:
    """The bytes that DuckDB may hold in memory."""
    asked = "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
    return int(backend.raw_sql(asked).fetchone()[0])


def _limited() -> dict[str, object]:
    """What DuckDB may hold in memory; the rest it spills.

    By itself it would hold four fifths of the machine, and several units run at once.
    """
    given = os.environ.get(MEMORY)
    if not given:
        return {"memory_limit": "25%"}
    if not re.fullmatch("[1-9][0-9]*", given):
        raise DataRefused(
            f"the environment variable {MEMORY} is {given!r}; give a whole number of megabytes"
        )
    # To keep rows in the order of the file costs memory; no figure depends on it.
    return {"memory_limit": f"{given}MB", "preserve_insertion_order": False}


def _files(
    source: str, resolved: str, folder: Path, *, typed: bool, on: BaseBackend | None = None
) -> tuple[BaseBackend, ir.Table]:
    paths = _found(source, resolved, folder)
    backend = on or _memory()
    return backend, files.table(source, paths, backend=backend, typed=typed)


def _database(
    source: str, url: str, table: str, folder: Path, *, on: BaseBackend | None = None
) -> tuple[BaseBackend, ir.Table]:
    """The table, and the engine that holds it: `on`, or one that is connected to."""
    connect = ENGINES[url.partition(":")[0]]
    if connect is None:
        return _duckdb_file(source, url, table, folder, on=on)
    backend = on or connect(source, url)
    try:
        return backend, engines.table(backend, source, table)
    except DataRefused:
        if on is None:
            engines.close(backend)
        raise


def _duckdb_file(
    source: str, url: str, table: str, folder: Path, *, on: BaseBackend | None
) -> tuple[BaseBackend, ir.Table]:
    path, *others = _found(source, url.removeprefix("duckdb://").partition("?")[0], folder)
    if others:
        raise DataRefused(f"source {source}: it matches {1 + len(others)} files; name one database")
    backend: Any = on or _memory()
    attached = gen_name("attached")  # another one of the unit's may be attached already
    try:
        quoted = str(path).replace("'", "''")
        backend.raw_sql(f"ATTACH '{quoted}' AS {attached} (READ_ONLY)")
    except duckdb.Error as error:
        raise DataRefused(
            f"source {source}: cannot be opened as a DuckDB database ({first_words(error)}); "
            "check the file, and that no other program holds it open to write"
        ) from None
    schema, _, name = table.rpartition(".")
    try:
        return backend, backend.table(name, database=(attached, schema or "main"))
    except TableNotFound:
        # Ibis 12.0.0 lists tables by a method that DuckDB 2 no longer has.
        known = backend.con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 "
            "UNION SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = $1 AND NOT internal",
            [attached],
        ).fetchall()
        names = [name if schema == "main" else f"{schema}.{name}" for schema, name in known]
        raise DataRefused(engines.no_table(source, table, names)) from None
