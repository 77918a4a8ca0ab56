"""A condition over the columns of a table, written in SQL by a user, as an expression of Ibis.

Only what stands in this module can be asked: comparisons of columns with values, joined by AND, OR
and NOT. The text is read and built anew; none of it reaches an engine.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import ibis
import ibis.expr.types as ir
from ibis.expr.schema import Schema
from sqlglot import exp
from sqlglot.dialects import DuckDB
from sqlglot.errors import ParseError, SqlglotError

from retention.errors import SettingsRefused, did_you_mean

_LONGEST = 2000
_LARGEST_EXPONENT = 17
_ALLOWED = (
    "a condition compares columns with values (= <> < <= > >= BETWEEN IN LIKE IS NULL), joined by "
    "AND, OR and NOT"
)
_COMPARED: dict[type[exp.Expr], Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    exp.EQ: lambda one, other: one == other,
    exp.NEQ: lambda one, other: one != other,
    exp.LT: lambda one, other: one < other,
    exp.LTE: lambda one, other: one <= other,
    exp.GT: lambda one, other: one > other,
    exp.GTE: lambda one, other: one >= other,
}
_TEXT, _NUMBER, _DATE = "a text", "a number", "a date like '2026-10-31'"


def condition(text: str, columns: Schema) -> Callable[[ir.Table], ir.BooleanValue]:
    """The condition as a function of a table that has these `columns`.

    As in SQL, an empty cell meets no comparison but IS NULL. Texts stand in single quotes, and so
    do dates. Raises SettingsRefused, with the place in the text, for anything else.

    >>> import ibis
    >>> table = ibis.memtable({"state": ["lost", "active"], "days": [99, 3]})
    >>> table.filter(condition("days > 50 AND state = 'lost'", table.schema())).count().execute()
    1
    """
    tree = _parsed(text)
    reading = _Reading(columns)
    reading.truth(tree)  # what is wrong is said here, before there is a table
    return lambda table: _Reading(columns, table).truth(tree)


def _parsed(text: str) -> exp.Expr:
    if not text.strip():
        raise _refused("it is empty; " + _ALLOWED)
    if len(text) > _LONGEST:
        raise _refused(f"it has {len(text):,} characters; at most {_LONGEST:,} are read")
    try:
        trees: list[exp.Expr | None] = DuckDB().parse_into(exp.Condition, text)
    except ParseError as error:
        where = error.errors[0] if error.errors else {}
        near = f" near {where['highlight']!r}" if where.get("highlight") else ""
        place = where["col"] - len(where["highlight"]) + 1 if near else None
        raise _refused(f"it cannot be read{near}; {_ALLOWED}", place) from None
    except (SqlglotError, RecursionError):
        raise _refused(
            f"it cannot be read, for instance a quote is not closed; {_ALLOWED}"
        ) from None
    if len(trees) != 1 or trees[0] is None:
        raise _refused("it is more than one; join them by AND or OR, without a ;")
    return trees[0]


class _Reading:
    """The tree, read over the table, or over one that stands for it."""

    def __init__(self, columns: Schema, table: ir.Table | None = None) -> None:
        self.columns = columns
        self.table = ibis.table(columns, name="customers") if table is None else table

    def truth(self, node: exp.Expr) -> ir.BooleanValue:
        """What is true or false of a row."""
        match node:
            case exp.Paren():
                return self.truth(node.this)
            case exp.And():
                return self.truth(node.this) & self.truth(node.expression)
            case exp.Or():
                return self.truth(node.this) | self.truth(node.expression)
            case exp.Not():
                return ~self.truth(node.this)
            case exp.Between(this=one):
                column = self._column(one)
                low, high = (self._value(node.args[side], column) for side in ("low", "high"))
                return column.between(low, high)
            case exp.In(this=one, expressions=[_, *_] as others):
                column = self._column(one)
                return column.isin([self._value(other, column) for other in others])
            case exp.Like(this=one, expression=exp.Literal(is_string=True) as pattern):
                column = self._column(one)
                if _kind(column) != _TEXT:
                    raise _refused(f"LIKE is for texts, and {column.get_name()} is {_kind(column)}")
                return column.like(pattern.this)
            case exp.Is(this=one, expression=exp.Null()):
                return self._column(one).isnull()
        if type(node) in _COMPARED:
            return self._compared(node)
        raise _refused(f"{_shown(node)} is no condition; {_ALLOWED}", _place(node))

    def _compared(self, node: exp.Expr) -> ir.BooleanValue:
        one, other = node.this, node.expression
        compare = _COMPARED[type(node)]
        if isinstance(other, exp.Column) and isinstance(one, exp.Literal | exp.Neg | exp.Cast):
            column = self._column(other)
            return compare(self._value(one, column), column)
        column = self._column(one)
        return compare(column, self._value(other, column))

    def _column(self, node: exp.Expr) -> ir.Column:
        if not isinstance(node, exp.Column):
            raise _refused(f"{_shown(node)} is no column; {_ALLOWED}", _place(node))
        name = node.name
        if name not in self.columns and not node.this.quoted:
            alike = [column for column in self.columns if column.casefold() == name.casefold()]
            name = alike[0] if len(alike) == 1 else name.casefold()
        if name not in self.columns or node.table:
            near = (
                did_you_mean(name, self.columns) or f"; the columns are {', '.join(self.columns)}"
            )
            quotes = ", and texts stand in single quotes" if node.this.quoted else ""
            raise _refused(f"there is no column {_shown(node)}{quotes}{near}", _place(node))
        return self.table[name]

    def _value(self, node: exp.Expr, column: ir.Column) -> ir.Value:
        """What a column is compared with: another column of its kind, or a value."""
        kind = _kind(column)
        if isinstance(node, exp.Column):
            other = self._column(node)
            if _kind(other) == kind:
                return other
        value = _literal(node, kind)
        if value is None:
            raise _refused(
                f"{column.get_name()} is {kind}, and {_shown(node)} is none", _place(node)
            )
        return ibis.literal(value)


def _literal(node: exp.Expr, kind: str) -> str | int | float | date | None:
    if isinstance(node, exp.Cast) and node.to.is_type("date"):  # DATE '2026-10-31'
        node = node.this
    sign = -1 if isinstance(node, exp.Neg) else 1
    node = node.this if isinstance(node, exp.Neg) else node
    if not isinstance(node, exp.Literal) or node.is_string is (kind == _NUMBER):
        return None
    if kind == _TEXT:
        return str(node.this)
    if kind == _DATE:
        try:
            return date.fromisoformat(node.this)
        except ValueError:
            return None
    number = sign * Decimal(node.this)
    if number.adjusted() > _LARGEST_EXPONENT:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _kind(column: ir.Value) -> str:
    kind = column.type()
    if kind.is_string():
        return _TEXT
    return _DATE if kind.is_date() else _NUMBER


def _shown(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb", comments=False)


def _place(node: exp.Expr) -> int | None:
    """The first character of a part of the text, counted from 1."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    return min(starts) + 1 if starts else None


def _refused(what: str, place: int | None = None) -> SettingsRefused:
    at = "" if place is None else f" at character {place}"
    return SettingsRefused([f"--where{at}: {what}"])
