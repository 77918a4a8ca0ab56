"""The SQL that the tables become on engines that no test can start.

All of them compile; of a few the whole SQL stands in tests/sql, to be read and to show what a
change of an expression, or of Ibis, does to it. RETENTION_SQL=write writes these files anew.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest
from every_table import TABLES, Figures
from ibis.common.exceptions import OperationNotDefinedError
from raw_rows import RAW

DIALECTS = ("bigquery", "snowflake", "trino")
SHOWN = ("transactions, dates", "in_order", "gaps", "spells", "lapses")
LACKING = ("fingerprint", "trino")
"""Ibis 12.0.0 has no hash there: a run would have to do without."""

FILES = Path(__file__).parent / "sql"


class Unbound(Figures):
    """Tables that are on no engine: names and types are all there is of them."""

    def __init__(self) -> None:
        super().__init__(None, ibis.table(ibis.Schema.from_pyarrow(RAW), name="orders"))

    @cache  # noqa: B019 (there is one)
    def kept(self, name: str) -> ir.Table:
        return ibis.table(TABLES[name](self).schema(), name=name.replace(" ", "_"))


UNBOUND = Unbound()


def sql(name: str, dialect: str) -> str:
    return f"{ibis.to_sql(TABLES[name](UNBOUND), dialect=dialect)}\n"


def file_of(name: str, dialect: str) -> Path:
    return FILES / f"{name.replace(', ', '_')}.{dialect}.sql"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", TABLES)
def test_every_table_compiles(name: str, dialect: str) -> None:
    if (name, dialect) == LACKING:
        with pytest.raises(OperationNotDefinedError, match="'Hash'"):
            sql(name, dialect)
        return
    assert sql(name, dialect).startswith(("SELECT", "WITH"))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", SHOWN)
def test_the_sql_is_what_it_was(name: str, dialect: str) -> None:
    file = file_of(name, dialect)
    if os.environ.get("RETENTION_SQL") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(sql(name, dialect), encoding="utf-8")
    assert sql(name, dialect) == file.read_text(encoding="utf-8"), (
        "if the change is meant, write the files anew: RETENTION_SQL=write pytest tests/test_sql.py"
    )


def test_every_file_is_tested() -> None:
    assert set(FILES.iterdir()) == {file_of(name, d) for name in SHOWN for d in DIALECTS}
