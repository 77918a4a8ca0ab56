"""What is refused once the rows of a source are counted: none, none of the unit, unreadable cells.

The unit's own source and the optional ones are judged alike, in the same words.
"""

from difflib import get_close_matches

import ibis.expr.types as ir

from retention import cells
from retention.errors import DataRefused
from retention.models import Model
from retention.source_rows import UNREADABLE_SHARE, OptionalSource

_NUMBER = ("number", "CAST(replace({column}, ',', '') AS DOUBLE)")
_DATE = ("date", "strptime({column}, '%d/%m/%Y')")
_SHARE = ("share above 0 and below 1", "10 % as 0.1, and nothing where none was planned,")
_WANTED = {"unreadable_amount": _NUMBER, UNREADABLE_SHARE: _SHARE}
"""Fault -> what the cell must hold, and an example; every other one is of a day."""


def check_rows(
    tally: ir.Table, raw: ir.Table, kind: Model | OptionalSource, *, unit: str, queried: bool
) -> None:
    """Raise DataRefused where no row can be counted, or a cell of one cannot be read.

    tally, raw: the rows counted by `fault`, and as they came. queried: whether a query made them.
    """
    counted = tally.group_by("fault").agg(rows=tally.rows.sum()).to_pyarrow().to_pylist()
    counts = {row["fault"]: row["rows"] for row in counted}
    if not counts:
        after = " after the query" if queried else ""
        raise DataRefused(f"the source has no rows{after}; check the export and the settings")
    for column, fault in kind.unreadable.items():
        if fault in counts:
            first = ", ".join(repr(row[column]) for row in _first(raw, kind, unit, fault))
            wanted, example = _WANTED.get(fault, _DATE)
            raise DataRefused(
                f"column {column}: {counts[fault]:,} of its values cannot be read as a {wanted}, "
                f"first {first}; {_mend(kind, fault, example.format(column=column))}"
            )
    for fault, what in kind.impossible.items():
        if fault in counts:
            rows = (row.values() for row in _first(raw, kind, unit, fault))
            first = "; ".join(", ".join(cell or "" for cell in row) for row in rows)
            raise DataRefused(
                f"rows that {what}: {counts[fault]:,}, first {first}; "
                "mend the source, or leave them out in the `query`"
            )
    own = set(counts) - {cells.OTHER_UNIT}
    if not own:
        raise DataRefused(_unknown_unit(unit, raw))
    if own == {cells.NO_CUSTOMER} and isinstance(kind, Model):
        raise DataRefused(
            "no row has a customer id; map the right column to customer_id in the `query`"
        )
    if "" not in own:
        found = " and ".join(f"{counts[fault]:,} with {fault}" for fault in sorted(own))
        raise DataRefused(f"no row can be counted ({found}); check the columns of the source")


def _first(
    raw: ir.Table, kind: Model | OptionalSource, unit: str, fault: str
) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]]
    rows = kind.refused(raw, unit=unit, fault=fault).to_pyarrow().to_pylist()
    return rows


def _mend(kind: Model | OptionalSource, fault: str, example: str) -> str:
    if isinstance(kind, Model):
        return f"mend the source, or convert the column in the `query`, for instance by {example}"
    if fault == UNREADABLE_SHARE:
        return f"write {example} in the source"
    return "write dates as 2026-10-31 in the source"


def _unknown_unit(unit: str, table: ir.Table) -> str:
    known = cells.units(table).limit(10_000).to_pyarrow()["unit"].to_pylist()
    if not known:
        return "the column unit is empty in every row; fill it, or leave it out in the `query`"
    folded = {name.casefold(): name for name in known}
    near = [folded[name] for name in get_close_matches(unit.casefold(), folded, n=3, cutoff=0.5)]
    return (
        f"no row has the unit {unit!r}; the data have {len(known):,} units, "
        f"{'the nearest' if near else 'among them'} {', '.join(map(repr, near or known[:5]))}; "
        "write `unit` as the data do"
    )
