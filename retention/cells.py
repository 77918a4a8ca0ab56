"""Cells of a raw table, of whatever type, as text, day or number; and the faults of its rows.

What the doors of the kit share: each names its columns, and reads them here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from retention.errors import ColumnRefused

OTHER_UNIT, NO_CUSTOMER, NO_DATE, NO_AMOUNT, AFTER_AS_OF = (
    "other_unit",
    "no_customer_id",
    "no_date",
    "no_amount",
    "after_as_of",
)

FIRST_DAY, LAST_DAY = date(1900, 1, 2), date(9999, 12, 31)
"""What is dated before is the zero date of a database or a spreadsheet, or a year of two digits."""

LARGEST_AMOUNT = 1e14
"""From here on an amount does not fit 18 digits with four decimals."""

_LARGEST_ID = 1e18  # from here on a number that has decimals does not fit a whole one

_HUGE = 1e300  # more than anybody counts, and less than infinity

_MAY_CHANGE = "[^!-~]|[.]0$"  # all that may be white space in some alphabet, and whole numbers

_TEXT = dt.String | dt.Integer | dt.Floating | dt.Decimal | dt.UUID


def need_columns(raw: ir.Table, examples: Mapping[str, str]) -> None:
    """Raise ColumnRefused where `raw` lacks a column.

    examples: each column that must be there, and what it may be called in somebody's data.
    """
    missing = [column for column in examples if column not in raw.columns]
    if missing:
        named = (f"{examples[name]} AS {name}" if name in missing else name for name in examples)
        example = f"SELECT {', '.join(named)} FROM source"  # noqa: S608 (it is shown, not run)
        raise ColumnRefused(
            f"the data lack the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; they "
            f"have {', '.join(raw.columns)}",
            f"name the right ones with a `query`, for instance `{example}`",
        )


def text(raw: ir.Table, name: str) -> ir.StringValue:
    """The column as trimmed text, empty where blank; a whole number has no decimal point."""
    column = _typed(raw, name)
    kind = column.type()
    if not isinstance(kind, _TEXT):
        raise _wrong_type(name, kind, "text or a number")
    if isinstance(kind, dt.Floating | dt.Decimal):
        column = _finite(column)
        fits = column.abs() < _LARGEST_ID
        whole = fits.ifelse(column, ibis.null(kind)).cast("int64")
        return (whole == column).ifelse(whole.cast("string"), column.cast("string"))
    if not isinstance(kind, dt.String):
        return column.cast("string")
    stripped = column.replace("\u00a0", " ").strip()
    # Programs that keep ids as numbers write 13085.0 as soon as one is missing.
    with_decimal = stripped.re_search("^[0-9]+[.]0$")
    read = with_decimal.ifelse(stripped.substr(0, stripped.length() - 2), stripped)
    # Asked first, because trimming every cell costs more than counting the rows.
    return column.re_search(_MAY_CHANGE).ifelse(read, column).nullif("")


def day(raw: ir.Table, name: str) -> ir.DateValue:
    """The column as the day of a date or time stamp, empty where it is none."""
    column = _typed(raw, name)
    kind = column.type()
    if isinstance(kind, dt.String):
        # An aware type: a text without an offset is read in the session's zone, so it stays local.
        aware = "timestamp('UTC')"
        column = ibis.coalesce(column.try_cast(aware), column.strip().try_cast(aware))
    elif not isinstance(kind, dt.Date | dt.Timestamp):
        raise _wrong_type(name, kind, "a date or time stamp, or text that is one")
    read = column.cast("date")
    return read.between(FIRST_DAY, LAST_DAY).ifelse(read, ibis.null("date"))


def number(raw: ir.Table, name: str, *, below: float = LARGEST_AMOUNT) -> ir.FloatingValue:
    """The column as a number of a size under `below`, empty where it is none."""
    column = _typed(raw, name)
    kind = column.type()
    if isinstance(kind, dt.String):
        column = column.try_cast("float64")
    elif isinstance(kind, dt.Boolean) or not isinstance(kind, dt.Numeric):
        raise _wrong_type(name, kind, "a number, or text that is one")
    # NaN apart: DuckDB takes a comparison for true that holds for the least and the greatest value
    # in the statistics of a parquet file, and NaN is in none of them.
    read = _finite(column.cast("float64"))
    return (read.abs() < below).ifelse(read, ibis.null("float64"))


def is_blank(raw: ir.Table, name: str) -> ir.BooleanValue:
    """Whether a cell holds nothing: empty, white space, or not a number."""
    column = _typed(raw, name)
    kind = column.type()
    if isinstance(kind, dt.String):
        return column.isnull() | column.strip().lower().isin(["", "nan"])
    return column.isnull() | column.isnan() if isinstance(kind, dt.Floating) else column.isnull()


def fault(
    raw: ir.Table, others: Sequence[tuple[ir.BooleanValue, ir.Value]], *, unit: str
) -> ir.StringValue:
    """Why a row cannot be counted, or the empty text: the first of its faults.

    That it is of another unit than `unit`, where `raw` has a column `unit`, and that it names no
    customer, come before the `others`, each a condition and the fault it makes.
    """
    faults = [(text(raw, "customer_id").isnull(), ibis.literal(NO_CUSTOMER)), *others]
    if "unit" in raw.columns:
        faults.insert(0, (text(raw, "unit").fill_null("") != unit, ibis.literal(OTHER_UNIT)))
    return ibis.cases(*faults, else_="")


def unread(
    raw: ir.Table, name: str, value: ir.Value, *, nothing: str, unreadable: str
) -> tuple[ir.BooleanValue, ir.Value]:
    """The fault of a cell without `value`: `nothing` where it is blank, else `unreadable`."""
    # Asked only where there is no value, because trimming every cell costs more than the rest.
    return value.isnull(), is_blank(raw, name).ifelse(nothing, unreadable)


def shown(rows: ir.Table, columns: Iterable[str]) -> ir.Table:
    """The first three rows in the order of their cells, as text short enough for a message."""
    texts = {name: rows[name].cast("string").substr(0, 40) for name in columns}
    # Texts come last: each engine has an order of its own for them.
    plain = [name for name in texts if isinstance(rows[name].type(), dt.Numeric | dt.Temporal)]
    others = [texts[name] for name in texts if name not in plain]
    return rows.order_by(*plain, *others).select(**texts).limit(3)


def units(raw: ir.Table) -> ir.Table:
    """One row a unit that the data have, where they have a column `unit`."""
    names = raw.select(unit=text(raw, "unit")).distinct()
    return names.filter(names.unit.notnull()).order_by("unit")


def _typed(raw: ir.Table, name: str) -> ir.Value:
    """The column; one in which no cell has a value, and which so has no type, as text."""
    kind = raw[name].type()
    void = isinstance(kind, dt.Unknown) and "NULL" in str(kind.raw_type)
    return ibis.null("string") if void or isinstance(kind, dt.Null) else raw[name]


def _finite(column: ir.Value) -> ir.Value:
    if not isinstance(column.type(), dt.Floating):
        return column
    # Not isinf: on Spark, Ibis 12.0.0 finds nothing infinite.
    return (column.isnan() | (column.abs() >= _HUGE)).ifelse(ibis.null(column.type()), column)


def _wrong_type(column: str, found: dt.DataType, wanted: str) -> ColumnRefused:
    kind = found.raw_type if isinstance(found, dt.Unknown) else found
    return ColumnRefused(
        f"column {column} has the type {kind}; it must be {wanted}", "convert it in the `query`"
    )
