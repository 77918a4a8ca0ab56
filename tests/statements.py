"""Statements of one engine, each written once for all tables that are looked at in the same way.

Of the time that a small history takes, Ibis spends nearly all on writing statements. The kit's
functions lead from tables and plain values to a table, so equal functions and values make the same
statement, but for the names of the tables: those are put in here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import count
from unittest.mock import patch

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends import BaseBackend

_NUMBERS = count()


@dataclass(frozen=True)
class Statement:
    """What a function makes of any tables with these schemas."""

    expression: ir.Table
    """Keeps the tables in memory, which the text names, alive."""
    text: str
    names: tuple[str, ...]

    def of(self, tables: tuple[ir.Table, ...]) -> str:
        text = self.text
        for name, table in zip(self.names, tables, strict=True):
            text = text.replace(f'"{name}"', f'"{table.op().name}"')
        return text


@dataclass(frozen=True)
class Statements:
    """The statements of DuckDB so far."""

    backend: BaseBackend
    written: dict[Hashable, Statement] = field(default_factory=dict)

    def frame(
        self, function: Callable[..., ir.Table], /, *tables: ir.Table, **values: Hashable
    ) -> pd.DataFrame:
        """What `function` makes of stored tables and plain values."""
        statement = self._statement(function, tables, values)
        with patch.object(self.backend, "compile", lambda *_, **__: statement.of(tables)):
            return self.backend.execute(statement.expression)

    def stored(
        self, function: Callable[..., ir.Table], /, *tables: ir.Table, **values: Hashable
    ) -> ir.Table:
        """The same, kept on the engine for the session."""
        statement = self._statement(function, tables, values)
        self.backend._run_pre_execute_hooks(statement.expression)
        name = f"retention_stated_{next(_NUMBERS)}"
        table = self.backend.create_table(name, schema=statement.expression.schema(), temp=True)
        self.backend.raw_sql(f'INSERT INTO "{name}" {statement.of(tables)}')
        return table

    def _statement(
        self,
        function: Callable[..., ir.Table],
        tables: tuple[ir.Table, ...],
        values: dict[str, Hashable],
    ) -> Statement:
        schemas = tuple(table.schema() for table in tables)
        key = (function, schemas, *sorted(values.items()))
        if key not in self.written:
            names = tuple(f"retention_any_{number}" for number in range(len(tables)))
            unbound = [
                ibis.table(schema, name) for schema, name in zip(schemas, names, strict=True)
            ]
            expression = function(*unbound, **values)
            self.written[key] = Statement(expression, self.backend.compile(expression), names)
        return self.written[key]
