"""The only door to data: files, a query over them, or a database -> one raw table.

Every source of the kit is read through `open_source`; nothing else connects, globs or reads files.
"""

import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from glob import glob, has_magic
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import sqlglot
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError

from retention.errors import DataRefused

# Ibis 12.0.0 on pandas 3 and DuckDB 2 warns from inside; mended upstream after that release.
warnings.filterwarnings("ignore", message="The 'future.infer_string' option is deprecated")
warnings.filterwarnings("ignore", message=r"fetch_arrow_table\(\) is deprecated")

TEXT_COLUMNS = ("customer_id", "order_id", "unit")
"""Columns of a csv file that are text whatever they look like: 0123 is not 123."""

_URL = re.compile(r"[a-z][a-z0-9+]*://")
_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SHEET_SUFFIXES = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
_COMPRESSIONS = {".gz", ".zst"}


@dataclass(frozen=True)
class Source:
    """An opened source.

    `rows`: the source as it stands; `table`: what the settings' query made of it (the same table
    where there is no query); `backend`: the engine that holds both.
    """

    backend: BaseBackend
    rows: ir.Table
    table: ir.Table

    def stored(self, name: str, table: ir.Table) -> ir.Table:
        """`table` computed once and kept as a temporary table of the engine."""
        return self.backend.create_table(name, table, temp=True, overwrite=True)

    def read(self, name: str, table: ir.Table) -> ir.Table:
        """Like `stored`, for the table that scans the source: what fails there is its fault.

        Raises DataRefused with the engine's first words, which name the line or the value.
        """
        try:
            return self.stored(name, table)
        except duckdb.Error as error:
            raise DataRefused(
                f"the source cannot be read to its end: {_first_line(error)}"
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

    source: path or glob relative to `folder` (csv, parquet, Excel; also compressed), or a database
        URL, then with `table`. `${NAME}` is replaced from the environment and never shown.
    query: one SELECT over `source`, in DuckDB's SQL, transpiled to the engine.
    timezone: the zone in which the engine cuts days out of zone-aware time stamps.
    Raises DataRefused with what was found and what to do.
    """
    resolved = _with_environment(source)
    if _URL.match(resolved):
        backend, rows = _database(source, resolved, table)
    else:
        backend, rows = _files(source, resolved, folder)
    _set_timezone(backend, timezone)
    return Source(backend, rows, rows if query is None else _queried(backend, rows, query))


def _with_environment(source: str) -> str:
    def value(match: re.Match[str]) -> str:
        try:
            return os.environ[match[1]]
        except KeyError:
            raise DataRefused(
                f"source {source}: the environment variable {match[1]} is not set; "
                f"set it, for instance `export {match[1]}=...`, and run again"
            ) from None

    return _NAME.sub(value, source)


def _set_timezone(backend: BaseBackend, timezone: str) -> None:
    """Casting an aware stamp to a date cuts the day in the session's zone on these engines."""
    if backend.name in ("duckdb", "postgres"):
        backend.raw_sql(f"SET TimeZone = '{timezone}'")  # type: ignore[attr-defined]
    elif backend.name == "pyspark":
        backend._session.conf.set("spark.sql.session.timeZone", timezone)  # type: ignore[attr-defined]


def _database(source: str, url: str, table: str | None) -> tuple[BaseBackend, ir.Table]:
    if table is None:
        raise DataRefused(f"source {source}: a database needs `table`, the table or view to read")
    try:
        backend = ibis.connect(url)
    except Exception as error:
        # The driver's text may quote the URL, and with it a password.
        raise DataRefused(
            f"source {source}: cannot connect ({type(error).__name__}); check that the database "
            "answers and that its Ibis extra is installed"
        ) from None
    schema, _, name = table.rpartition(".")
    try:
        return backend, backend.table(name, database=schema or None)
    except Exception:
        near = get_close_matches(name, backend.list_tables(), n=3, cutoff=0.5)
        raise DataRefused(
            f"source {source}: it has no table {table}"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
        ) from None


def _files(source: str, resolved: str, folder: Path) -> tuple[BaseBackend, ir.Table]:
    paths = _matching(source, resolved, folder)
    kinds = {_kind(path) for path in paths}
    if len(kinds) > 1:
        raise DataRefused(
            f"source {source}: it matches files of several kinds "
            f"({', '.join(path.name for path in paths[:4])}); narrow the pattern to one"
        )
    backend = ibis.duckdb.connect()
    readers: dict[str, Callable[[Any, list[Path]], ir.Table]] = {
        "csv": _csv,
        "parquet": lambda engine, files: engine.read_parquet([str(f) for f in files]),
        "sheets": _sheets,
    }
    try:
        return backend, readers[kinds.pop()](backend, paths)
    except (duckdb.Error, IbisError, ValueError, OSError) as error:
        raise DataRefused(
            f"source {source}: {paths[0].name} cannot be read as a table: {_first_line(error)}"
        ) from None


def _matching(source: str, resolved: str, folder: Path) -> list[Path]:
    pattern = str(folder / Path(resolved).expanduser())
    paths = [Path(p) for p in sorted(glob(pattern, recursive=True))]
    if not paths and not has_magic(resolved):
        parent = Path(pattern).parent
        names = [p.name for p in parent.iterdir()] if parent.is_dir() else []
        near = get_close_matches(Path(pattern).name, names, n=3, cutoff=0.5)
        raise DataRefused(
            f"source {source}: no such file"
            + (f"; its folder has {' and '.join(near)}" if near else "")
            + "; paths are relative to the settings file"
        )
    if not paths:
        raise DataRefused(
            f"source {source}: no file matches; paths are relative to the settings file"
        )
    for path in paths:
        if path.is_dir():
            raise DataRefused(
                f"source {source}: it is a folder; name the files: {source}/*.parquet"
            )
        if path.stat().st_size == 0:
            raise DataRefused(f"source {source}: {path.name} is empty (0 bytes)")
    return paths


def _kind(path: Path) -> str:
    suffixes = [s.lower() for s in path.suffixes if s.lower() not in _COMPRESSIONS]
    last = suffixes[-1] if suffixes else ""
    if last in _SHEET_SUFFIXES:
        return "sheets"
    return "parquet" if last in (".parquet", ".pq") else "csv"


def _csv(backend: Any, paths: list[Path]) -> ir.Table:
    files = [str(path) for path in paths]
    options: dict[str, Any] = {"union_by_name": len(files) > 1}
    header = duckdb.from_csv_auto(files, **options).columns
    types = {column: "VARCHAR" for column in header if column in TEXT_COLUMNS}
    # The whole file decides a column's type, so that a bad value far down is found, not hit.
    table: ir.Table = backend.read_csv(files, sample_size=-1, types=types or None, **options)
    return table


def _sheets(backend: Any, paths: list[Path]) -> ir.Table:
    """All sheets of all workbooks, one below the other, with the sheet's name in `sheet`."""
    frames = [
        frame.assign(sheet=name)
        for path in paths
        for name, frame in pd.read_excel(path, sheet_name=None, engine="calamine").items()
    ]
    rows = pd.concat(frames, ignore_index=True)
    # A column of a workbook may mix numbers and text, as invoice numbers do; as text it is one type.
    mixed = [c for c in rows.columns if pd.api.types.infer_dtype(rows[c]).startswith("mixed")]
    rows[mixed] = rows[mixed].map(str, na_action="ignore")
    table: ir.Table = backend.create_table("workbook", rows, temp=True)
    return table


def _queried(backend: BaseBackend, rows: ir.Table, query: str) -> ir.Table:
    try:
        statements = sqlglot.parse(query, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise DataRefused(f"query: it is not valid SQL: {_first_line(error)}") from None
    if len(statements) != 1 or not isinstance(statements[0], sqlglot.exp.Query):
        raise DataRefused("query: it must be one SELECT over `source`")
    try:
        if backend.name != "duckdb":
            return rows.alias("source").sql(query, dialect="duckdb")
        # Table.sql of Ibis 12.0.0 calls a method that DuckDB 2 no longer has.
        backend.create_view("source", rows)
        backend.raw_sql(f"CREATE TEMP VIEW queried AS {query.rstrip().rstrip(';')}")  # type: ignore[attr-defined]
        return backend.table("queried")
    except (duckdb.Error, IbisError) as error:
        columns = ", ".join(rows.columns)
        raise DataRefused(
            f"query: it fails: {_first_line(error)}; `source` has the columns {columns}"
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
