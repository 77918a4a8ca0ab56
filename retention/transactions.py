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
        "amount": "float64",
        "refunds": "int64",
        "refunded": "float64",
    }
)
CUSTOMER_DAYS = ibis.schema({"customer_id": "string", "day": "date", "amount": "decimal(18, 4)"})
QUALITY = ibis.schema({"check": "string", "rows": "int64", "amount": "float64", "level": "string"})

REQUIRED = ("customer_id", "ordered_at", "amount")
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
        raise DataRefused(
            f"the data lack the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; they "
            f"have {', '.join(raw.columns)}; name the right ones with a `query`, for instance: "
            "SELECT client AS customer_id, date AS ordered_at, net AS amount FROM source"
        )
    customer_id, day, amount = _text(raw.customer_id), _day(raw), _number(raw)
    faults = [
        (customer_id.isnull(), NO_CUSTOMER),
        (_blank(raw.ordered_at), NO_DATE),
        (day.isnull(), UNREADABLE["ordered_at"]),
        (_blank(raw.amount), NO_AMOUNT),
        (amount.isnull(), UNREADABLE["amount"]),
    ]
    if "unit" in raw.columns:
        faults.insert(0, (_text(raw.unit).fill_null("") != unit, OTHER_UNIT))
    return raw.select(
        customer_id=customer_id, day=day, amount=amount, fault=ibis.cases(*faults, else_="")
    ).cast(TRANSACTIONS)


def unreadable(raw: ir.Table, *, unit: str, column: str) -> ir.Table:
    """One row each of the first three values of `column` that cannot be read, as text."""
    kept = raw.select(*(c for c in raw.columns if c in (*REQUIRED, "unit")))
    readings = {"ordered_at": _day, "amount": _number}
    bad = ~_blank(kept[column]) & readings[column](kept).isnull()
    if "unit" in raw.columns:
        bad = bad & (_text(kept.unit).fill_null("") == unit)
    return kept.filter(bad).select(**{column: kept[column].cast("string")}).limit(3)


def tally(transactions: ir.Table) -> ir.Table:
    """One row a customer and day of the rows without fault, and one row a fault of the others.

    This is the one pass over the rows: everything after it counts customer-days. Returns TALLY.
    """
    good = transactions.fault == ""
    amount = transactions.amount
    return (
        transactions.group_by(
            fault="fault",
            customer_id=good.ifelse(transactions.customer_id, ibis.null("string")),
            day=good.ifelse(transactions.day, ibis.null("date")),
        )
        .agg(
            rows=transactions.count(),
            amount=amount.sum().fill_null(0.0),
            refunds=(amount < 0).sum(),
            refunded=amount.sum(where=amount < 0).fill_null(0.0),
        )
        .cast(TALLY)
    )


def customer_days(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer and day with at least one countable row, up to `as_of`.

    `amount` is what the day adds up to, rounded to 0.0001 after adding; decimal, so that later sums
    do not depend on their order. Returns CUSTOMER_DAYS.
    """
    return (
        tally.filter((tally.fault == "") & (tally.day <= as_of))
        .select("customer_id", "day", "amount")
        .cast(CUSTOMER_DAYS)
    )


def purchase_days(customer_days: ir.Table) -> ir.Table:
    """One row a customer's purchase day: a day whose amounts add up to more than 0."""
    return customer_days.filter(customer_days.amount > 0)


def quality(tally: ir.Table, *, source_rows: int, as_of: date) -> ir.Table:
    """One row a check of the data: what came in, what was dropped and why, what was kept.

    Rows and money add up: rows_after_query = other_unit + every drop + kept.
    `level` is note, or warning where a drop takes more than 5 % of the unit's rows. Returns
    QUALITY (`amount` is empty for rows in the source, whose amounts the query may define).
    """
    check = (tally.day > as_of).fill_null(False).ifelse(AFTER_AS_OF, tally.fault)
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
    no_purchase = kept_days.amount.round(4) <= 0
    idle = kept_days.filter(no_purchase).agg(
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
        amount=found.amount.fill_null(0.0).round(4),
    )
    own = rows.rows.sum(where=rows.is_drop | (rows.check == "kept")).over()
    level = (rows.is_drop & (rows.rows > 0.05 * own)).ifelse("warning", "note")
    judged = rows.mutate(level=level).drop("is_drop")
    source = ibis.memtable(
        [(-1, "rows_in_source", source_rows, None, "note")],
        schema={"number": "int64", **QUALITY},
    )
    return ibis.union(source, judged.cast(source.schema())).order_by("number").drop("number")


def _text(column: ir.Column) -> ir.StringValue:
    """The column as trimmed text, empty where blank; a whole number has no decimal point."""
    kind = column.type()
    if isinstance(kind, dt.Floating | dt.Decimal):
        column = _finite(column)
        whole = column == column.round()
        return whole.ifelse(column.cast("int64").cast("string"), column.cast("string"))
    return column.cast("string").strip().nullif("")


def _blank(column: ir.Column) -> ir.BooleanValue:
    """Whether a cell holds nothing: empty, white space, or not a number."""
    kind = column.type()
    if isinstance(kind, dt.String):
        return column.strip().nullif("").isnull()
    return column.isnull() | column.isnan() if isinstance(kind, dt.Floating) else column.isnull()


def _finite(column: ir.Column) -> ir.Column:
    if not isinstance(column.type(), dt.Floating):
        return column
    return (column.isnan() | column.isinf()).ifelse(ibis.null(column.type()), column)


def _day(raw: ir.Table) -> ir.DateValue:
    column = raw.ordered_at
    kind = column.type()
    if isinstance(kind, dt.Date):
        return column
    if isinstance(kind, dt.Timestamp):
        return column.cast("date")
    if isinstance(kind, dt.String):
        return column.strip().nullif("").try_cast("timestamp").cast("date")
    raise DataRefused(_wrong_type("ordered_at", kind, "a date or time stamp"))


def _number(raw: ir.Table) -> ir.FloatingValue:
    column = raw.amount
    kind = column.type()
    if isinstance(kind, dt.String):
        return _finite(column.strip().nullif("").try_cast("float64"))
    if isinstance(kind, dt.Numeric) and not isinstance(kind, dt.Boolean):
        return _finite(column.cast("float64"))
    raise DataRefused(_wrong_type("amount", kind, "a number"))


def _wrong_type(column: str, found: dt.DataType, wanted: str) -> str:
    return (
        f"column {column} has the type {found}; it must be {wanted}, or text that can be read as "
        "one; convert it in the `query`"
    )
