"""Rows of an optional source, read, counted and accounted for as a description of it says.

The descriptions are in modules of their own (optional_sources.OPTIONAL).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from retention import cells, formulas
from retention.cells import AFTER_AS_OF, NO_CUSTOMER, NO_DATE
from retention.errors import ColumnRefused, DataRefused
from retention.quality import KEPT, REPEATED, ROWS, account_of, checks_of

UNREADABLE_DATE, UNREADABLE_SHARE = "unreadable_date", "unreadable_share"
_SHARE = dt.Decimal(9, 6)


@dataclass(frozen=True, kw_only=True)
class OptionalSource:
    """What a source beside the unit's own holds, and why a row of it cannot be counted.

    Every source has `customer_id`, and may have `unit`, whose value is then the one to keep. Ids
    and units that the kit has guarded against spreadsheets are read as they were.
    """

    name: str
    """The key of the settings that names the source."""

    columns: Mapping[str, str]
    """The columns that must be there, and what they may be called in somebody's data."""

    day: str | None = None
    """The column that holds days; every other one of `columns` holds text."""

    shares: Sequence[str] = ()
    """Columns that may be there, of shares above 0 and below 1; empty where none is stated."""

    empty: Mapping[str, str] = field(default_factory=dict)
    """Column of text -> the fault of a row that has nothing in it; NO_CUSTOMER goes without."""

    read: Mapping[str, Callable[[ir.StringValue], ir.StringValue]] = field(default_factory=dict)
    """Column of text -> what its texts mean, where they are not taken as they are written."""

    apart: Mapping[str, Callable[[ir.Table], ir.BooleanValue]] = field(default_factory=dict)
    """Fault -> the rows of `judged` that have it though each can be counted by itself."""

    once: Sequence[str]
    """A row that has these columns in common with another one is counted as `repeated`."""

    words: Sequence[str]
    """What a page says of each of the `checks`, in their order: messages of the catalogues."""

    @property
    def typed_schema(self) -> ibis.Schema:
        """The columns of `typed`."""
        kinds = {name: "date" if name == self.day else "string" for name in self.columns}
        return ibis.schema({**kinds, **dict.fromkeys(self.shares, _SHARE), "fault": "string"})

    @property
    def tally_schema(self) -> ibis.Schema:
        """The columns of `tally`."""
        kinds = {name: kind for name, kind in self.typed_schema.items() if name != "fault"}
        return ibis.schema({"fault": "string", **kinds, "rows": "int64"})

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Column of days or shares -> the fault of a row whose cell in it cannot be read."""
        days = {self.day: UNREADABLE_DATE} if self.day else {}
        return days | dict.fromkeys(self.shares, UNREADABLE_SHARE)

    @property
    def impossible(self) -> Mapping[str, str]:
        """Fault for which the data are refused -> what its rows do; none here has such rows."""
        return {}

    @property
    def drops(self) -> tuple[str, ...]:
        """Why rows are dropped; a row with several faults counts under the first of them."""
        undated, late = ((NO_DATE,), (AFTER_AS_OF,)) if self.day else ((), ())
        return (NO_CUSTOMER, *undated, *self.empty.values(), *late, *self.apart)

    @property
    def checks(self) -> tuple[str, ...]:
        """Checks of the source, in their order; named apart from those of the unit's own source."""
        return checks_of(self.name, self.drops)

    def typed(self, raw: ir.Table, *, unit: str) -> ir.Table:
        """One row a raw row, typed, with the reason why it cannot be counted, if any, in `fault`.

        raw: the columns, of any type that can be read as text, day and number.
        unit: where `raw` has a column `unit`, the value to keep.
        Returns `typed_schema`. Raises DataRefused for missing columns and for types that cannot be
        read.
        """
        try:
            cells.need_columns(raw, self.columns)
            raw = _unguarded(raw)
            values = {name: self._value(raw, name) for name in self.columns}
            values |= {name: _share(raw, name) for name in self.shares}
        except ColumnRefused as refusal:
            raise DataRefused(f"{refusal.found}; mend it in the source, or in a view") from None
        return raw.select(**values, fault=self._fault(raw, unit)).cast(self.typed_schema)

    def refused(self, raw: ir.Table, *, unit: str, fault: str) -> ir.Table:
        """One row each of the first three rows with a fault, its cells as text."""
        named = [name for name in (*self.columns, *self.shares) if name in raw.columns]
        kept = raw.select(*named, *(name for name in raw.columns if name == "unit"))
        kept = _unguarded(kept)
        return cells.shown(kept.filter(self._fault(kept, unit) == fault), named)

    def tally(self, typed: ir.Table) -> ir.Table:
        """One row a day, with all the rest, of the rows without fault; one row a fault and day.

        Returns `tally_schema`.
        """
        good = typed.fault == ""
        rest = [name for name in self.typed_schema if name not in (self.day, "fault")]
        kept = {name: good.ifelse(typed[name], ibis.null(self.typed_schema[name])) for name in rest}
        names = [*self.tally_schema.names]
        keys = [name for name in ("fault", self.day) if name]
        return (
            typed.group_by(*keys, **kept)
            .agg(rows=typed.count())
            .select(*names)
            .cast(self.tally_schema)
        )

    def judged(self, tally: ir.Table, *, as_of: date) -> ir.Table:
        """The tally with the `check` that each of its rows falls to at the close of `as_of`."""
        check = (tally.fault == "").ifelse(KEPT, tally.fault)
        if self.day:
            check = ((check == KEPT) & (tally[self.day] > as_of)).ifelse(AFTER_AS_OF, check)
        judged = tally.mutate(check=check)
        for fault, has_it in self.apart.items():
            found = (judged.check == KEPT) & has_it(judged)
            judged = judged.mutate(check=found.ifelse(fault, judged.check))
        return judged

    def kept(self, tally: ir.Table, *, as_of: date) -> ir.Table:
        """The rows of the tally that count at the close of `as_of`."""
        judged = self.judged(tally, as_of=as_of)
        return judged.filter(judged.check == KEPT)

    def quality(self, tally: ir.Table, *, as_of: date) -> ir.Table:
        """One row a check of the source, in order: what came in, was dropped, was kept.

        `repeated` are those of the kept that say `once` more. Returns quality.QUALITY; see
        quality.account_of.
        """
        judged = self.judged(tally, as_of=as_of)
        kept = judged.filter(judged.check == KEPT)
        first = kept.select(*self.once).distinct()
        found = ibis.union(
            judged.agg(check=ibis.literal(ROWS), rows=judged.rows.sum()),
            judged.group_by("check").agg(rows=judged.rows.sum()),
            kept.agg(check=ibis.literal(REPEATED), rows=kept.rows.sum()),
            first.agg(check=ibis.literal(REPEATED), rows=-first.count()),
        )
        return account_of(found, source=self.name, drops=self.drops)

    def _value(self, raw: ir.Table, name: str) -> ir.Value:
        if name == self.day:
            return cells.day(raw, name)
        text = cells.text(raw, name)
        if name == "customer_id":
            return formulas.unguarded(text)
        return self.read[name](text) if name in self.read else text

    def _fault(self, raw: ir.Table, unit: str) -> ir.StringValue:
        faults = [
            (cells.text(raw, name).isnull(), ibis.literal(fault))
            for name, fault in self.empty.items()
        ]
        if self.day:
            read = cells.day(raw, self.day)
            faults.insert(
                0,
                cells.unread(raw, self.day, read, nothing=NO_DATE, unreadable=UNREADABLE_DATE),
            )
        for name in self.shares:
            if name in raw.columns:
                is_none = _share(raw, name).isnull() & ~cells.is_blank(raw, name)
                faults.append((is_none, ibis.literal(UNREADABLE_SHARE)))
        return cells.fault(raw, faults, unit=unit)


def _share(raw: ir.Table, name: str) -> ir.DecimalValue:
    """The column as a share, empty where it holds none, or is not there."""
    if name not in raw.columns:
        return ibis.null(_SHARE)
    share = cells.number(raw, name)
    return ((share > 0) & (share < 1)).ifelse(share, ibis.null("float64")).cast(_SHARE)


def _unguarded(raw: ir.Table) -> ir.Table:
    """With the names of units as the settings have them, where `retention audience` wrote them."""
    if "unit" not in raw.columns:
        return raw
    return raw.mutate(unit=formulas.unguarded(cells.text(raw, "unit")))
