"""Files of one kind -> one table on DuckDB; called by `sources`, the only door, alone.

What a file says is taken as it stands. Nothing is guessed from a sample: a guessed date format
reads 02-03-24 as the year 2002, and a guessed number merges customers 0123 and 123.
"""

import csv
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from glob import escape, glob, has_magic
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (it reads workbooks)
from ibis.common.exceptions import IbisError
from ibis.util import gen_name
from python_calamine import CalamineError

from retention.errors import DataRefused

TEXT_COLUMNS = ("customer_id", "order_id", "unit")
"""Columns of a csv file that are text whatever they look like."""

_KINDS = {
    "csv": (".csv", ".tsv", ".tab", ".txt"),
    "parquet": (".parquet", ".pq"),
    "workbook": (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
}
_COMPRESSIONS = (".gz", ".zst")
_DATABASES = (".duckdb", ".ddb", ".db")

_ADVICE = ("Possible", "The search space", "LINE ")

_WHOLE = "[-+]?(0|[1-9][0-9]{0,17})"
_IDENTIFIER = "^[-+]?(0[0-9]|[0-9]{19})"
"""A number with leading zeros, or more digits than the engine keeps, is a name and not a number."""


def found(source: str, resolved: str, folder: Path) -> list[Path]:
    """The files that `resolved`, a path or glob relative to `folder`, names; at least one.

    source: what messages show instead, with `${NAME}` as written.
    Raises DataRefused for no file, a folder, and a file of 0 bytes.
    """
    path = folder / os.path.expanduser(resolved)  # noqa: PTH111 (Path's refuses an unknown ~user)
    if path.is_dir():
        raise DataRefused(
            f"source {source}: it is a folder; name the files in it, for instance by /*.parquet at "
            "the end"
        )
    # A file whose own name has a bracket is no pattern.
    if path.is_file():
        paths = [path]
    else:
        # Nor is a bracket in the name of the folder that holds the settings.
        pattern = os.path.expanduser(resolved)  # noqa: PTH111
        pattern = pattern if Path(pattern).is_absolute() else f"{escape(str(folder))}/{pattern}"
        paths = [Path(p) for p in sorted(glob(pattern, recursive=True)) if Path(p).is_file()]  # noqa: PTH207
    if not paths:
        raise DataRefused(f"source {source}: {_none(path, resolved)}")
    for path in paths:
        if path.stat().st_size == 0:
            raise DataRefused(
                f"source {source}: {path.name} is empty (0 bytes); export it again, or name the "
                "files without it"
            )
    return paths


def table(source: str, paths: list[Path], *, backend: Any, typed: bool) -> ir.Table:
    """One row a row of the files, which are of one kind; their columns are put together by name.

    typed: whether a column of a csv file that holds only numbers becomes one, for a query to count
        with; it takes a pass over the file. Everything else in it is text.
    Raises DataRefused where the files are of several kinds or of none, or cannot be read.
    """
    kinds = {path: _kind(source, path) for path in paths}
    if len(set(kinds.values())) > 1:
        raise DataRefused(
            f"source {source}: it matches files of several kinds "
            f"({', '.join(path.name for path in paths[:4])}); narrow the pattern to one kind"
        )
    kind = kinds[paths[0]]
    try:
        with interruptible():
            if kind == "csv":
                return _csv(backend, paths, typed=typed)
            if kind == "parquet":
                rows: ir.Table = backend.read_parquet(list(map(str, paths)), union_by_name=True)
                return rows
            return _workbooks(backend, paths)
    except (duckdb.Error, IbisError, CalamineError, ValueError, OSError) as error:
        which = paths[0].name if len(paths) == 1 else f"one of {len(paths)} files"
        words = first_words(error).removeprefix(f"{which}: ")
        raise DataRefused(
            f"source {source}: {which} cannot be read as a table ({words}); mend it or export it "
            "again, as csv in UTF-8, parquet or xlsx"
        ) from None


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C be what it is in Python: DuckDB makes an error of its own of it."""
    try:
        yield
    except (RuntimeError, duckdb.InterruptException) as error:
        if "interrupted" in str(error).casefold():
            raise KeyboardInterrupt from None
        raise


def first_words(error: Exception) -> str:
    """What an engine says is wrong, without its advice and without the folders of this machine.

    >>> first_words(OSError("IO Error: No magic bytes in file '/srv/data/a.parquet'\\n\\nLINE 1"))
    "IO Error: No magic bytes in file 'a.parquet'"
    """
    text = str(error).strip()
    head = text.partition("\n\n")[0].splitlines() or [type(error).__name__]
    advice = (n for n, line in enumerate(head) if n and line.startswith(_ADVICE))
    said = head[: next(advice, len(head))]
    # DuckDB may suggest a table that is named by Ibis.
    ends = dict.fromkeys(line for line in (said[0], said[-1]) if "ibis_" not in line)
    words = "; ".join(ends).removeprefix("Invalid Input Error: ")
    file = re.search(r"^ *file = .*?([^/\n]+)$", text, re.MULTILINE)
    words = f"{file[1]}: {words}" if file else words
    return re.sub(r"(?<![\w.:/])/(?:[^/'\"\n]+/)+", "", words).rstrip(".")


def _none(path: Path, resolved: str) -> str:
    if has_magic(resolved):
        return "no file matches; paths are relative to the settings file"
    names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, names, n=3, cutoff=0.5)
    there = f"; its folder has {' and '.join(near)}" if near else ""
    return f"no such file{there}; paths are relative to the settings file"


def _kind(source: str, path: Path) -> str:
    suffix = Path(path.stem if path.suffix.lower() in _COMPRESSIONS else path).suffix.lower()
    for kind, suffixes in _KINDS.items():
        if suffix in suffixes:
            return kind
    if suffix in _DATABASES:
        raise DataRefused(
            f"source {source}: {path.name} looks like a database; write duckdb://{source}, and "
            "which table or view of it"
        )
    known = " ".join(suffix for suffixes in _KINDS.values() for suffix in suffixes)
    raise DataRefused(
        f"source {source}: {path.name} is of no kind that is read ({known}, csv also as .gz or "
        ".zst); export it as one of them"
    )


def _csv(backend: Any, paths: list[Path], *, typed: bool) -> ir.Table:
    alike: dict[str, list[str]] = {}
    for path in paths:
        alike.setdefault(_header(backend, str(path)), []).append(str(path))
    parts = [_text(backend, header, files) for header, files in alike.items()]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    text = ibis.union(*(_with_columns(part, names) for part in parts))
    return text.cast(_numbers(text)) if typed else text


def _header(backend: Any, file: str) -> str:
    """The first line of a file, whichever way it is compressed."""
    whole = {"columns": {"line": "VARCHAR"}, "delim": "\x1f", "quote": "", "escape": ""}
    # Several threads begin at several places of a large file, and where the order of its rows need
    # not be kept (sources.MEMORY), the first row to come is that of the fastest.
    rows = backend.read_csv(file, header=False, parallel=False, **whole)
    lines = rows.limit(1).to_pyarrow()["line"].to_pylist()
    if not lines or not (lines[0] or "").strip():
        raise ValueError("no header: its first line must name the columns")
    return str(lines[0])


def _text(backend: Any, header: str, files: list[str]) -> ir.Table:
    """The rows of files with the same header, every cell as text."""
    delimiter = max(",;\t|", key=header.count)
    names: list[str] = []
    for number, name in enumerate(next(csv.reader([header], delimiter=delimiter))):
        taken = {other.casefold() for other in names}
        name = name.strip() or f"column{number}"
        names.append(f"{name}_{number}" if name.casefold() in taken else name)
    # Everything is said and nothing detected: what is detected in a sample is wrong further down,
    # for instance quotes that come late, or rows of another length in one of several files.
    dialect = {"delim": delimiter, "quote": '"', "escape": '"'}
    rows: ir.Table = backend.read_csv(files, columns=dict.fromkeys(names, "VARCHAR"), **dialect)
    return rows


def _with_columns(part: ir.Table, names: Iterable[str]) -> ir.Table:
    absent = ibis.null("string")
    return part.select(**{name: part[name] if name in part.columns else absent for name in names})


def _numbers(text: ir.Table) -> dict[str, str]:
    """The type of each column of text in which every value is a number; one pass over the rows."""
    columns = [column for column in text.columns if column not in TEXT_COLUMNS]
    tests = {"float64": _is_number, "int64": _is_whole}
    answers = text.agg(
        **{
            f"{kind} {number}": test(text[column]).all(where=text[column].notnull())
            for number, column in enumerate(columns)
            for kind, test in tests.items()
        }
    ).to_pyarrow()
    return {
        column: kind
        for number, column in enumerate(columns)
        for kind in tests
        if answers[f"{kind} {number}"][0].as_py()
    }


def _is_whole(column: ir.StringColumn) -> ir.BooleanColumn:
    return column.re_search(f"^{_WHOLE}$")


def _is_number(column: ir.StringColumn) -> ir.BooleanColumn:
    return column.try_cast("float64").notnull() & ~column.re_search(_IDENTIFIER)


def _workbooks(backend: Any, paths: list[Path]) -> ir.Table:
    """All sheets of all workbooks, one below the other, with the sheet's name in `sheet`."""
    # Cells keep the type they have: text that looks like a number, or like NA, stays text.
    cells: dict[str, Any] = {"dtype": object, "keep_default_na": False, "na_values": [""]}
    frames = []
    for path in paths:
        sheets = pd.read_excel(path, sheet_name=None, engine="calamine", **cells)
        for name, frame in sheets.items():
            frame.columns = frame.columns.map(str)
            frames.append(frame if "sheet" in frame else frame.assign(sheet=name))
    rows = pd.concat(frames, ignore_index=True).infer_objects()
    # A column that mixes numbers and text, as those of invoice numbers do, is text.
    for column in filter(lambda name: rows[name].dtype == "object", rows):
        rows[column] = rows[column].map(str, na_action="ignore").astype("str")
    table: ir.Table = backend.create_table(gen_name("workbook"), rows, temp=True)
    return table
