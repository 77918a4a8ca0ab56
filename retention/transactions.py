"""From raw rows to customer-days, with an account of every row that was dropped.

A customer-day is what a customer bought and returned on one calendar day; it is a purchase day when
that adds up to more than nothing.
"""

from datetime import date

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from retention.errors import DataRefused

TRANSACTIONS = ibis.schema(
    {"customer_id": "string", "day": "date", "amount": "float64", "fault": "string"}
)
TALLY = ibis.schema(
    {
        "fault": "string",
        "customer_id": "string",
        "day": "date",
        "rows": "int64",
        "amount": "decimal(38, 4)",
        "refunds": "int64",
        "refunded": "decimal(38, 4)",
    }
)
CUSTOMER_DAYS = ibis.schema(
    {"customer_id": "string", "day": "date", "amount": "decimal(18, 4)", "bought": "boolean"}
)
QUALITY = ibis.schema({"check": "string", "rows": "int64", "amount": "float64", "level": "string"})

REQUIRED = ("customer_id", "ordered_at", "amount")
_EXAMPLES = {"customer_id": "client", "ordered_at": "date", "amount": "net"}
OTHER_UNIT, NO_CUSTOMER, NO_DATE, NO_AMOUNT = (
    "other_unit",
    "no_customer_id",
    "no_date",
    "no_amount",
)
UNREADABLE = {"ordered_at": "unreadable_date", "amount": "unreadable_amount"}
AFTER_AS_OF = "after_as_of"
DROPS = (NO_CUSTOMER, NO_DATE, NO_AMOUNT, AFTER_AS_OF)
"""Why rows are dropped; a row with several faults counts under the first of them."""

FIRST_DAY, LAST_DAY = date(1900, 1, 2), date(9999, 12, 31)
"""What is dated before is the zero date of a database or a spreadsheet, or a year of two digits."""

LARGEST_AMOUNT = 1e14
"""From here on an amount does not fit CUSTOMER_DAYS."""

_TEXT = dt.String | dt.Integer | dt.Floating | dt.Decimal | dt.UUID


def transactions(raw: ir.Table, *, unit: str) -> ir.Table:
    """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

    raw: `customer_id`, `ordered_at`, `amount`, and optionally `unit`, of any type that can be read
        as text, date or time stamp, and number. Naive time stamps are local; aware ones are cut
        into days in the session's time zone (see sources.open_source).
    unit: where `raw` has a column `unit`, the value to keep; other rows get the fault OTHER_UNIT.
    Returns TRANSACTIONS. Raises DataRefused for missing columns and for types that cannot be read.
    """
    missing = [column for column in REQUIRED if column not in raw.columns]
    if missing:
        named = (f"{_EXAMPLES[name]} AS {name}" if name in missing else name for name in REQUIRED)
        example = f"SELECT {', '.join(named)} FROM source"  # noqa: S608 (it is shown, not run)
        raise DataRefused(
            f"the data lack the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; they "
            f"have {', '.join(raw.columns)}; name the right ones with a `query`, for instance "
            f"`{example}`"
        )
    return raw.select(
        customer_id=_text(raw, "customer_id"),
        day=_day(raw),
        amount=_number(raw),
        fault=_fault(raw, unit),
    ).cast(TRANSACTIONS)


def unreadable(raw: ir.Table, *, unit: str, column: str) -> ir.Table:
    """One row each of the first three values of `column` that cannot be read, as text."""
    kept = raw.select(*(c for c in raw.columns if c in (*REQUIRED, "unit")))
    bad = kept.filter(_fault(kept, unit) == UNREADABLE[column])
    return bad.select(**{column: bad[column].cast("string").substr(0, 40)}).limit(3)


def units(raw: ir.Table) -> ir.Table:
    """One row a unit that the data have, where they have a column `unit`."""
    names = raw.select(unit=_text(raw, "unit")).distinct()
    return names.filter(names.unit.notnull()).order_by("unit")


def tally(transactions: ir.Table) -> ir.Table:
    """One row a customer and day of the rows without fault, one row a fault and day of the others.

    This is the one pass over the rows: everything after it counts customer-days. Returns TALLY.
    """
    good = transactions.fault == ""
    # Decimal, so that the sum does not depend on the order of the rows.
    amount = transactions.amount.cast("decimal(38, 8)")
    return (
        transactions.group_by(
            fault="fault",
            customer_id=good.ifelse(transactions.customer_id, ibis.null("string")),
            day="day",
        )
        .agg(
            rows=transactions.count(),
            amount=amount.sum().fill_null(0),
            refunds=(amount < 0).sum().fill_null(0),
            refunded=amount.sum(where=amount < 0).fill_null(0),
        )
        .cast(TALLY)
    )


def customer_days(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer and day with at least one countable row, up to `as_of`.

    `amount` is what the day adds up to, rounded to 0.0001 after adding; decimal, so that later sums
    do not depend on their order. `bought` says whether that is more than 0. Returns CUSTOMER_DAYS.
    """
    return (
        tally.filter((tally.fault == "") & (tally.day <= as_of))
        .select("customer_id", "day", "amount", bought=tally.amount > 0)
        .cast(CUSTOMER_DAYS)
    )


def purchase_days(customer_days: ir.Table) -> ir.Table:
    """One row a customer's purchase day: a day whose amounts add up to more than 0."""
    return customer_days.filter("bought")


def quality(tally: ir.Table, *, source_rows: int, as_of: date) -> ir.Table:
    """One row a check of the data: what came in, what was dropped and why, what was kept.

    Rows and money add up: rows_after_query = other_unit + every drop + kept.
    `level` is note, or warning where a drop takes more than 5 % of the unit's rows. Returns
    QUALITY (`amount` is empty for rows in the source, whose amounts the query may define).
    """
    late = (tally.fault == "") & (tally.day > as_of)
    check = late.ifelse(AFTER_AS_OF, tally.fault)
    kept = check == ""
    counted = tally.group_by(check=kept.ifelse("kept", check)).agg(
        rows=tally.rows.sum(), amount=tally.amount.sum()
    )
    everything = tally.agg(
        check=ibis.literal("rows_after_query"), rows=tally.rows.sum(), amount=tally.amount.sum()
    )
    kept_days = tally.filter(kept)
    refunds = kept_days.agg(
        check=ibis.literal("refunds"), rows=kept_days.refunds.sum(), amount=kept_days.refunded.sum()
    )
    idle = kept_days.filter(kept_days.amount <= 0).agg(
        check=ibis.literal("days_without_purchase"),
        rows=ibis._.rows.sum(),
        amount=ibis._.amount.sum(),
    )
    checks = ibis.memtable(
        [
            (number, name, name in DROPS)
            for number, name in enumerate(
                ["rows_after_query", OTHER_UNIT, *DROPS, "kept", "refunds", "days_without_purchase"]
            )
        ],
        schema={"number": "int64", "check": "string", "is_drop": "boolean"},
    )
    found = ibis.union(counted, everything, refunds, idle)
    rows = checks.left_join(found, "check").select(
        "number",
        "check",
        "is_drop",
        rows=found.rows.fill_null(0),
        amount=found.amount.fill_null(0.0),
    )
    own = rows.rows.sum(where=rows.is_drop | (rows.check == "kept")).over()
    level = (rows.is_drop & (rows.rows > 0.05 * own)).ifelse("warning", "note")
    judged = rows.mutate(level=level).drop("is_drop")
    source = ibis.memtable(
        [(-1, "rows_in_source", source_rows, None, "note")],
        schema={"number": "int64", **QUALITY},
    )
    return ibis.union(source, judged.cast(source.schema())).order_by("number").drop("number")


def _fault(raw: ir.Table, unit: str) -> ir.StringValue:
    """Why a row cannot be counted: the first fault it has, or the empty text."""
    faults = [(_text(raw, "customer_id").isnull(), ibis.literal(NO_CUSTOMER))]
    for name, value, nothing in (
        ("ordered_at", _day(raw), NO_DATE),
        ("amount", _number(raw), NO_AMOUNT),
    ):
        # Asked only where there is no value, because trimming every cell costs more than the rest.
        what = _blank(_cells(raw, name)).ifelse(nothing, UNREADABLE[name])
        faults.append((value.isnull(), what))
    if "unit" in raw.columns:
        faults.insert(0, (_text(raw, "unit").fill_null("") != unit, ibis.literal(OTHER_UNIT)))
    return ibis.cases(*faults, else_="")


def _cells(raw: ir.Table, name: str) -> ir.Value:
    """The column; one in which no cell has a value, and which so has no type, as text."""
    kind = raw[name].type()
    void = isinstance(kind, dt.Unknown) and "NULL" in str(kind.raw_type)
    return ibis.null("string") if void or isinstance(kind, dt.Null) else raw[name]


def _text(raw: ir.Table, name: str) -> ir.StringValue:
    """The column as trimmed text, empty where blank; a whole number has no decimal point."""
    column = _cells(raw, name)
    kind = column.type()
    if not isinstance(kind, _TEXT):
        raise DataRefused(_wrong_type(name, kind, "text or a number"))
    if isinstance(kind, dt.Floating | dt.Decimal):
        column = _finite(column)
        whole = column.try_cast("int64")
        return (whole == column).ifelse(whole.cast("string"), column.cast("string"))
    if not isinstance(kind, dt.String):
        return column.cast("string")
    text = column.replace("\u00a0", " ").strip()
    # Programs that keep ids as numbers write 13085.0 as soon as one is missing.
    return text.re_replace(r"^([0-9]+)\.0$", r"\1").nullif("")


def _blank(column: ir.Value) -> ir.BooleanValue:
    """Whether a cell holds nothing: empty, white space, or not a number."""
    kind = column.type()
    if isinstance(kind, dt.String):
        return column.isnull() | column.strip().lower().isin(["", "nan"])
    return column.isnull() | column.isnan() if isinstance(kind, dt.Floating) else column.isnull()


def _finite(column: ir.Value) -> ir.Value:
    if not isinstance(column.type(), dt.Floating):
        return column
    return (column.isnan() | column.isinf()).ifelse(ibis.null(column.type()), column)


def _day(raw: ir.Table) -> ir.DateValue:
    column = _cells(raw, "ordered_at")
    kind = column.type()
    if isinstance(kind, dt.String):
        # An aware type: a text without an offset is read in the session's zone, so it stays local.
        aware = "timestamp('UTC')"
        column = ibis.coalesce(column.try_cast(aware), column.strip().try_cast(aware))
    elif not isinstance(kind, dt.Date | dt.Timestamp):
        raise DataRefused(
            _wrong_type("ordered_at", kind, "a date or time stamp, or text that is one")
        )
    day = column.cast("date")
    return day.between(FIRST_DAY, LAST_DAY).ifelse(day, ibis.null("date"))


def _number(raw: ir.Table) -> ir.FloatingValue:
    column = _cells(raw, "amount")
    kind = column.type()
    if isinstance(kind, dt.String):
        column = column.try_cast("float64")
    elif isinstance(kind, dt.Boolean) or not isinstance(kind, dt.Numeric):
        raise DataRefused(_wrong_type("amount", kind, "a number, or text that is one"))
    # NaN apart: DuckDB takes a comparison for true that holds for the least and the greatest value
    # in the statistics of a parquet file, and NaN is in none of them.
    number = _finite(column.cast("float64"))
    return (number.abs() < LARGEST_AMOUNT).ifelse(number, ibis.null("float64"))


def _wrong_type(column: str, found: dt.DataType, wanted: str) -> str:
    kind = found.raw_type if isinstance(found, dt.Unknown) else found
    return f"column {column} has the type {kind}; it must be {wanted}; convert it in the `query`"
