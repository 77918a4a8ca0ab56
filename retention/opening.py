"""From settings to an opened unit: its data read, checked and counted; what is wrong is refused.

This is where settings meet tables; the modules it calls know nothing of settings.
"""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from retention import cells, engines, segments, sources, transactions
from retention.errors import DataRefused
from retention.models import MODELS, Model
from retention.optional_sources import OPTIONAL, OptionalSource
from retention.params import Settings, find_unit
from retention.params import settings as read_settings
from retention.periods import Calendar, Rules
from retention.unit import Unit

_NUMBER = ("number", "CAST(replace({column}, ',', '') AS DOUBLE)")
_DATE = ("date", "strptime({column}, '%d/%m/%Y')")


def open_unit(unit: str | Settings, **overrides: object) -> Unit:
    """The unit with its data read, checked and counted by customer and day.

    unit: a slug in params/, the path of a settings file, or settings already read.
    overrides: any setting; None and empty text mean "as in the file". Settings already read take
        none.
    Raises SettingsRefused or DataRefused, whose message begins with the unit's file.
    """
    if isinstance(unit, Settings) and any(value is not None for value in overrides.values()):
        raise TypeError("settings already read take no overrides; give the path of their file")
    settings = unit if isinstance(unit, Settings) else _read(unit, overrides)
    with named(settings):
        return _opened(settings)


@contextlib.contextmanager
def named(settings: Settings) -> Iterator[None]:
    """What is refused while the data of a unit are read begins with its file.

    A server that gives up is refused too, whatever it was asked.
    """
    try:
        with engines.unbroken():
            yield
    except DataRefused as refusal:
        raise DataRefused(f"{settings.path.name}: {refusal}") from None


def _read(unit: str, overrides: Mapping[str, object]) -> Settings:
    return read_settings(find_unit(unit), overrides=overrides)


def _opened(settings: Settings) -> Unit:
    source = sources.open_source(
        settings.source,
        folder=settings.path.parent,
        table=settings.table,
        query=settings.query,
        timezone=settings.timezone,
    )
    try:
        return _counted(settings, source)
    except Exception:
        source.backend.disconnect()
        raise


def _counted(settings: Settings, source: sources.Source) -> Unit:
    model = MODELS[settings.model]
    segments.need_segments(source.table, settings.segments)
    tally = source.read("tally", model.tally(source.table, unit=settings.unit))
    _check_rows(settings, source, tally)
    as_of = settings.as_of or _last_day(model, tally, settings.timezone)
    followed = source.read("followed", model.followed(tally, as_of=as_of))
    first_day = _first_day(model, tally, followed, as_of)
    rules = Rules(settings.calendar, settings.week_start, settings.fiscal_year_start)
    calendar = Calendar(settings.frequency, first_day, as_of, rules)
    if not calendar.complete:
        raise DataRefused(
            f"{settings.model} from {first_day} to {as_of} make no complete {settings.frequency}; "
            "choose a shorter frequency or a later as_of"
        )
    mean_gap = settings.threshold_rule == "mean_gap"
    derived = model.thresholds(
        followed,
        as_of=as_of,
        inactive_after=settings.inactive_after,
        lost_after=settings.lost_after,
        rule=settings.threshold_rule,
        factors=settings.threshold_gap_multiples if mean_gap else settings.threshold_quantiles,
    )
    days = model.customer_days(followed, calendar=calendar)
    if days is not followed:
        days = source.stored("customer_days", days)
    named = {key: getattr(settings, key) for key in OPTIONAL}
    others = {key: _other(settings, key, name, source) for key, name in named.items() if name}
    values = _segment_values(settings, source, days) if settings.segments else None
    return Unit(settings, source, calendar, tally, followed, days, derived, others, values)


def _segment_values(settings: Settings, source: sources.Source, days: ir.Table) -> ir.Table:
    """The value of each customer in each segment of the unit (segments.VALUES)."""
    names = settings.segments
    rows = transactions.transactions(source.table, unit=settings.unit, segments=names)
    values = source.read("segments", segments.segment_values(rows, days, names))
    segments.check_values(segments.values_counted(values).to_pandas())
    return values


def _other(settings: Settings, key: str, name: str, source: sources.Source) -> ir.Table:
    """The tally of an optional source, brought to the engine of the unit's own source."""
    if "://" in name:
        raise DataRefused(
            f"{key}: they are read from files alone; export the table as parquet or csv and "
            "name that file"
        )
    try:
        other = sources.open_source(name, folder=settings.path.parent, timezone=settings.timezone)
        try:
            tally = other.read(key, OPTIONAL[key].tally(other.table, unit=settings.unit))
            _check_others(settings, OPTIONAL[key], other.table, tally)
            return source.stored(key, ibis.memtable(tally.to_pyarrow()))
        finally:
            other.backend.disconnect()
    except DataRefused as refusal:
        raise DataRefused(f"{key}: {refusal}") from None


def _check_others(
    settings: Settings, kind: OptionalSource, table: ir.Table, tally: ir.Table
) -> None:
    counts = _counts(tally)
    if not counts:
        raise DataRefused("the source has no rows; check the export and the settings")
    for column, fault in kind.unreadable.items():
        if fault in counts:
            rows = kind.refused(table, unit=settings.unit, fault=fault).to_pandas()
            raise DataRefused(
                f"column {column}: {counts[fault]:,} of its values cannot be read as a date, "
                f"first {', '.join(map(repr, rows[column]))}; write dates as 2026-10-31 in the "
                "source"
            )
    own = set(counts) - {cells.OTHER_UNIT}
    if not own:
        raise DataRefused(_unknown_unit(settings.unit, table))
    if "" not in own:
        found = " and ".join(f"{counts[fault]:,} with {fault}" for fault in sorted(own))
        raise DataRefused(f"no row can be counted ({found}); check the columns of the source")


def _counts(tally: ir.Table) -> dict[str, int]:
    """Fault -> rows with it."""
    counts = tally.group_by("fault").agg(rows=tally.rows.sum()).to_pandas()
    return dict(counts.itertuples(index=False))


def _check_rows(settings: Settings, source: sources.Source, tally: ir.Table) -> None:
    """Refuse data that hold no row, no row of the unit, no customer, or unreadable cells."""
    counts = _counts(tally)
    if not counts:
        after = " after the query" if settings.query else ""
        raise DataRefused(f"the source has no rows{after}; check the export and the settings")
    model, named = MODELS[settings.model], {"unit": settings.unit}
    for column, fault in model.unreadable.items():
        if fault in counts:
            rows = model.refused(source.table, fault=fault, **named).to_pandas()
            found = ", ".join(repr(value) for value in rows[column])
            wanted, example = _NUMBER if column == "amount" else _DATE
            raise DataRefused(
                f"column {column}: {counts[fault]:,} of its values cannot be read as a {wanted}, "
                f"first {found}; mend the source, or convert the column in the `query`, for "
                f"instance by {example.format(column=column)}"
            )
    for fault, what in model.impossible.items():
        if fault in counts:
            rows = model.refused(source.table, fault=fault, **named).to_pandas()
            rows = rows.fillna("").itertuples(index=False)
            found = "; ".join(", ".join(row) for row in rows)
            raise DataRefused(
                f"rows that {what}: {counts[fault]:,}, first {found}; "
                "mend the source, or leave them out in the `query`"
            )
    own = set(counts) - {cells.OTHER_UNIT}
    if not own:
        raise DataRefused(_unknown_unit(settings.unit, source.table))
    if own == {cells.NO_CUSTOMER}:
        raise DataRefused(
            "no row has a customer id; map the right column to customer_id in the `query`"
        )
    if "" not in own:
        found = " and ".join(f"{counts[fault]:,} with {fault}" for fault in sorted(own))
        raise DataRefused(f"no row can be counted ({found}); check the columns of the source")


def _unknown_unit(unit: str, table: ir.Table) -> str:
    known = cells.units(table).limit(10_000).to_pandas()["unit"].tolist()
    if not known:
        return "the column unit is empty in every row; fill it, or leave it out in the `query`"
    folded = {name.casefold(): name for name in known}
    near = [folded[name] for name in get_close_matches(unit.casefold(), folded, n=3, cutoff=0.5)]
    return (
        f"no row has the unit {unit!r}; the data have {len(known):,} units, "
        f"{'the nearest' if near else 'among them'} {', '.join(map(repr, near or known[:5]))}; "
        "write `unit` as the data do"
    )


def _last_day(model: Model, tally: ir.Table, timezone: str) -> date:
    """The last day in the data that is not after today, the one reading of a clock.

    Rows of other units count too: a unit without a sale on the last days has lost sight of its
    customers, and its data have not ended before.
    """
    today = datetime.now(ZoneInfo(timezone)).date()
    dates = model.dates(tally)
    last = dates.filter(dates.day <= today).day.max().to_pyarrow().as_py()
    if last is None:
        raise DataRefused(
            f"no row is dated {today} or before; check {model.date_column}, or give as_of"
        )
    return date.fromisoformat(str(last))


def _first_day(model: Model, tally: ir.Table, followed: ir.Table, as_of: date) -> date:
    first = model.first_day(followed).to_pyarrow().as_py()
    if first is None:
        dates = model.dates(tally)
        first_row = dates.filter(dates.fault == "").day.min().to_pyarrow().as_py()
        if first_row is not None and first_row > as_of:
            raise DataRefused(
                f"as_of {as_of} is before the first row in the data ({first_row}); choose a later "
                "as_of, or a source that goes further back"
            )
        raise DataRefused(
            f"no customer has a purchase up to {as_of}: on no day do a customer's amounts add up "
            "to more than 0; check the sign of amount"
        )
    return date.fromisoformat(str(first))
