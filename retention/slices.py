"""The tallies of many units out of one reading of the rows that they share.

What belongs to none of the units is counted by day alone, which is all that a tally says of the
rows of other units.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from retention import cells
from retention.models import Model

SLICE, ELSEWHERE = "slice", "elsewhere"
"""The column that says of which unit a row is, and its value where it is of none of them."""

_OF_NOBODY = ("customer_id", "ended_on")
"""Columns of a tally that are empty for rows of other units."""


def places(units: Sequence[str]) -> ir.Table:
    """One row a unit: its name as `of`, and as `slice` its place among them."""
    return ibis.memtable({"of": list(units), SLICE: [str(place) for place, _ in enumerate(units)]})


def slices(raw: ir.Table, model: Model, places: ir.Table) -> ir.Table:
    """One row a unit and row of its tally, before it is rounded; `slice` is the unit's place.

    places: of the units (see `places`), best stored: DuckDB cannot tell how far a query is that
        reads what lies in Python.
    Where `raw` has no column `unit`, every row is of the one slice "0"; else the rows of no unit
    are of the slice ELSEWHERE. Raises DataRefused as the model's tally does.
    """
    cells.need_columns(raw, model.columns)
    names = [name for name in (*model.columns, "unit") if name in raw.columns]
    rows = raw.select(*names)
    if "unit" in names:
        found = rows.mutate(of=cells.text(rows, "unit")).left_join(places, "of")
        nobody = ibis.null(rows.customer_id.type())
        own = found[SLICE].notnull()
        rows = found.select(
            *(name for name in names if name not in ("unit", "customer_id")),
            customer_id=own.ifelse(found.customer_id, nobody),
            **{SLICE: found[SLICE].fill_null(ELSEWHERE)},
        )
    else:
        rows = rows.mutate(**{SLICE: ibis.literal("0")})
    counted = model.counted(rows, SLICE)
    kinds = counted.schema()
    return counted.cast({name: _kept(kinds[name]) for name in _sums(counted)})


def totals(rows: ir.Table, model: Model) -> ir.Table:
    """One row a day: what rows of slices add up to on it."""
    sums = {name: rows[name].sum().cast(_kept(rows[name].type())) for name in _sums(rows)}
    return rows.group_by(model.dated).agg(**sums)


def tally(own: ir.Table, shared: ir.Table | None, model: Model) -> ir.Table:
    """The tally of a unit, as the model would have counted it alone.

    own: the rows of its slice; shared: the totals of all slices, None where there is but one.
    """
    own = own.drop(*(name for name in (SLICE,) if name in own.columns))
    if shared is None:
        return model.rounded(own)
    sums = _sums(own)
    less = own.select(model.dated, **{name: -own[name] for name in sums})
    others = totals(ibis.union(shared, less.cast(shared.schema())), model)
    others = others.filter(others.rows > 0).mutate(
        fault=ibis.literal(cells.OTHER_UNIT),
        **{name: ibis.null(own[name].type()) for name in _OF_NOBODY if name in own.columns},
    )
    return model.rounded(ibis.union(own, others.select(*own.columns).cast(own.schema())))


def _sums(rows: ir.Table) -> list[str]:
    return [name for name, kind in rows.schema().items() if kind.is_numeric()]


def _kept(kind: ibis.DataType) -> str:
    return "decimal(38, 8)" if kind.is_decimal() else "int64"
