"""The query of a unit: one SELECT over `source`, in DuckDB's SQL on every engine."""

import re

import duckdb
import ibis.expr.types as ir
import sqlglot
from ibis.backends import BaseBackend
from sqlglot import exp
from sqlglot.errors import SqlglotError

from retention import engines
from retention.errors import DataRefused
from retention.files import first_words

_TURNS = re.compile(
    r"\b(ag[eo]|now|today|tomorrow|yesterday|\w*current_\w+|localtime\w*|transaction_timestamp|"
    r"rand\w*|setseed|\w*uuid\w*|\w*sample|nextval|currval|getenv|getvariable)\b",
    re.IGNORECASE,
)
"""Words of a query that may answer otherwise over the same rows, by the clock or by chance.

In names and texts too, as in CAST('now' AS TIMESTAMP): where one means something else, to read
again costs time alone.
"""


def queried(backend: BaseBackend, rows: ir.Table, query: str) -> ir.Table:
    """What a query makes of the rows of a source, as a table of their engine. Raises DataRefused.

    The engine has looked at it for its columns and their types, and has not run it.
    """
    try:
        with duckdb.connect() as parser:
            statements = parser.extract_statements(query)
    except duckdb.Error as error:
        raise DataRefused(f"query: it is not valid SQL ({first_words(error)}); mend it") from None
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise DataRefused("query: it must be one SELECT over `source`, and nothing else")
    try:
        if backend.name != "duckdb":
            with engines.unbroken():
                return rows.alias("source").sql(query, dialect="duckdb")
        # Table.sql of Ibis 12.0.0 calls a method that DuckDB 2 no longer has.
        backend.create_view("source", rows)
        backend.raw_sql(f"CREATE TEMP VIEW queried AS {query}")
        return backend.table("queried")
    except engines.errors() as error:
        columns = ", ".join(rows.columns)
        # Carried over from DuckDB's SQL, of which another engine may lack a part.
        on = "" if backend.name == "duckdb" else f" on {engines.NAMES[backend.name]}"
        raise DataRefused(
            f"query: it fails{on} ({first_words(error)}); `source` has the columns {columns}"
        ) from None


def is_steady(query: str) -> bool:
    """Whether a query is sure to answer the same as long as the rows of `source` are the same."""
    return not (_TURNS.search(query) or _reads_more(query))


def _reads_more(query: str) -> bool:
    """Whether a query reads anything but `source`, or cannot be looked through."""
    try:
        parsed = sqlglot.parse_one(query, dialect="duckdb")
    except SqlglotError:
        return True
    own = {"source", *(part.alias.lower() for part in parsed.find_all(exp.CTE))}
    return not all(
        isinstance(table.this, exp.Identifier) and table.name.lower() in own
        for table in parsed.find_all(exp.Table)
    )
