"""The account of the data: every row of the source, counted once, with its money."""

from collections.abc import Collection, Sequence

import ibis
import ibis.expr.types as ir

from retention.cells import OTHER_UNIT

QUALITY = ibis.schema({"check": "string", "rows": "int64", "amount": "float64", "level": "string"})

ROWS_IN_SOURCE, ROWS_AFTER_QUERY, KEPT = "rows_in_source", "rows_after_query", "kept"
ROWS, REPEATED = "rows", "repeated"
"""Checks of an optional source beside its drops: what came in, and who is named once more."""

_ALARMING = 0.05


def account(
    found: ir.Table, *, checks: Sequence[str], drops: Collection[str], source_rows: int
) -> ir.Table:
    """One row a check, in the order of `checks`, after the rows of the source; 0 where none is in
    `found`.

    found: `check`, `rows`, `amount`, at most one row a check.
    drops: the checks that take rows away; with the rows `kept` they are the unit's own.
    `level` is note, or warning where a drop takes more than 5 % of the unit's own rows. Returns
    QUALITY (`amount` is empty for rows in the source, whose amounts the query may define).
    """
    listed = ibis.memtable(
        [(number, name, name in drops) for number, name in enumerate(checks)],
        schema={"number": "int64", "check": "string", "is_drop": "boolean"},
    )
    rows = listed.left_join(found, "check").select(
        "number",
        "check",
        "is_drop",
        rows=found.rows.fill_null(0),
        amount=found.amount.fill_null(0.0),
    )
    own = rows.rows.sum(where=rows.is_drop | (rows.check == KEPT)).over()
    level = (rows.is_drop & (rows.rows > _ALARMING * own)).ifelse("warning", "note")
    judged = rows.mutate(level=level).drop("is_drop")
    source = ibis.memtable(
        [(-1, ROWS_IN_SOURCE, source_rows, None, "note")],
        schema={"number": "int64", **QUALITY},
    )
    return ibis.union(source, judged.cast(source.schema())).order_by("number").drop("number")


def counts(
    tally: ir.Table, check: str | ir.Value, *, rows: str = "rows", amount: str = "amount"
) -> ir.Table:
    """One row a check: what falls to it, as the columns `rows` and `amount` of a tally count it."""
    checks = check if isinstance(check, ir.Value) else ibis.literal(check)
    return tally.group_by(check=checks).agg(rows=tally[rows].sum(), amount=tally[amount].sum())


def checks_of(source: str, drops: Sequence[str]) -> tuple[str, ...]:
    """Names of the checks of an optional source, in their order, told apart by its own name."""
    return tuple(f"{source}_{name}" for name in (ROWS, OTHER_UNIT, *drops, KEPT, REPEATED))


def account_of(found: ir.Table, *, source: str, drops: Sequence[str]) -> ir.Table:
    """One row a check of an optional source, in the order of `checks_of`; 0 where none is found.

    found: `check` (without the name of the source), `rows`; rows of a check are added up.
    Rows add up: rows = other_unit + every drop + kept; `repeated` are some of the kept. `level` is
    warning where a drop takes more than 5 % of the unit's rows. Returns QUALITY; what such a source
    holds brings no amount.
    """
    names = (ROWS, OTHER_UNIT, *drops, KEPT, REPEATED)
    listed = ibis.memtable(
        [
            (number, name, check, check in drops)
            for number, (name, check) in enumerate(
                zip(checks_of(source, drops), names, strict=True)
            )
        ],
        schema={"number": "int64", "name": "string", "check": "string", "is_drop": "boolean"},
    )
    totals = found.group_by("check").agg(rows=found.rows.sum())
    rows = listed.left_join(totals, "check").select(
        "number", "name", "check", "is_drop", rows=totals.rows.fill_null(0)
    )
    own = rows.rows.sum(where=rows.is_drop | (rows.check == KEPT)).over()
    level = (rows.is_drop & (rows.rows > _ALARMING * own)).ifelse("warning", "note")
    judged = rows.select("number", "rows", check="name", amount=ibis.null("float64"), level=level)
    return judged.order_by("number").select(*QUALITY.names).cast(QUALITY)
