"""From settings to an opened unit: its data read, checked and counted; what is wrong is refused.

This is where settings meet tables; the modules it calls know nothing of settings.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from retention import engines, rereading, segments, sources, staging, stops, transactions
from retention.errors import DataRefused
from retention.models import MODELS, Model
from retention.optional_sources import OPTIONAL
from retention.params import Settings, find_unit
from retention.params import settings as read_settings
from retention.periods import Calendar, Rules
from retention.row_checks import check_rows
from retention.unit import Unit

_SEGMENTS = "segments"
"""What the values of the segments are stored as."""


def open_unit(unit: str | Settings, **overrides: object) -> Unit:
    """The unit with its data read, checked and counted by customer and day.

    unit: a slug in params/, the path of a settings file, or settings already read.
    overrides: any setting; None and empty text mean "as in the file". Settings already read take
        none.
    Where the unit that was opened last is opened again, by its name and from the files as they were
    then, they are not read again.
    Raises SettingsRefused or DataRefused, whose message begins with the unit's file.
    """
    if isinstance(unit, Settings) and any(value is not None for value in overrides.values()):
        raise TypeError("settings already read take no overrides; give the path of their file")
    if isinstance(unit, Settings):
        with named(unit):
            return _opened(unit)
    settings = _read(unit, overrides)
    with named(settings):
        return _opened_again(settings)


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


def _opened_again(settings: Settings) -> Unit:
    """The unit, which an analyst may open again with another threshold."""
    stamp = rereading.stamp(settings)
    unit = _opened(settings, rereading.reread(settings, stamp))
    if not isinstance(unit.source, staging.Tallied):
        rereading.remember(unit, stamp)
    return unit


def _opened(settings: Settings, read_before: staging.Tallied | None = None) -> Unit:
    own = read_before or staging.staged(settings)
    if own is not None:
        with contextlib.suppress(DataRefused, *engines.errors()), stops.told_apart():
            return _counted(settings, own)
        # Whatever is wrong, with what was read or with the data: the source itself says it in full.
    return _counted(settings, staging.source_of(settings))


def _counted(settings: Settings, source: sources.Source) -> Unit:
    try:
        return _unit(settings, source)
    except Exception:
        source.close()
        raise


def _unit(settings: Settings, source: sources.Source) -> Unit:
    model = MODELS[settings.model]
    tally = _tally(settings, source)
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
    paced = model.paced(followed)
    derived = model.thresholds(paced, as_of=as_of, **settings.thresholds())
    days = model.customer_days(followed, calendar=calendar)
    if not model.buys:
        days = source.stored("customer_days", days)
    named = {key: getattr(settings, key) for key in OPTIONAL}
    others = {
        key: _kept(key, name, source, partial(_other, settings, key, name, source))
        for key, name in named.items()
        if name
    }
    values = None
    if settings.segments:
        of = settings.source
        # Another unit may have the same slice and end on another day.
        name = f"{_SEGMENTS}-{as_of}"
        values = _kept(name, of, source, partial(_segment_values, settings, source, days))
    made = source.frames if isinstance(source, rereading.Reread) else {}
    read = (tally, followed, paced, days)
    return Unit(settings, source, calendar, *read, derived, others, values, made)


def _tally(settings: Settings, source: sources.Source) -> ir.Table:
    model, queried = MODELS[settings.model], bool(settings.query)
    if isinstance(source, staging.Tallied):
        tally = source.tally()
    else:
        segments.need_segments(source.table, settings.segments)
        tally = source.read("tally", model.tally(source.table, unit=settings.unit))
    check_rows(tally, source.table, model, unit=settings.unit, queried=queried)
    return tally


def _kept(name: str, of: str, source: sources.Source, read: Callable[[], ir.Table]) -> ir.Table:
    """What another opening of the unit in the same run has kept, else what is read now of `of`."""
    # What a database holds stays there.
    if not (isinstance(source, staging.Slice) and sources.in_process(of)):
        return read()
    kept = source.kept(name)
    if kept is None:
        kept = read()
        source.keep(name, kept)
    return kept


def _segment_values(settings: Settings, source: sources.Source, days: ir.Table) -> ir.Table:
    """The value of each customer in each segment of the unit (segments.VALUES)."""
    names, whole = settings.segments, source
    if isinstance(source, staging.Slice):
        # A slice has lost the columns that no tally needs.
        whole, bought = staging.source_of(settings), days.filter(days.bought)
        first = bought.group_by("customer_id").agg(day=bought.day.min())
        dressed = first.mutate(amount=ibis.literal(1), bought=ibis.literal(value=True))
        days = ibis.memtable(dressed.cast(transactions.CUSTOMER_DAYS).to_pyarrow())
    try:
        segments.need_segments(whole.table, names)
        rows = transactions.transactions(whole.table, unit=settings.unit, segments=names)
        values = whole.read(_SEGMENTS, segments.segment_values(rows, days, names))
        segments.check_values(segments.values_counted(values).to_pandas())
        return values if whole is source else _brought(_SEGMENTS, values, source)
    finally:
        if whole is not source:
            whole.close()


def _brought(name: str, table: ir.Table, source: sources.Source) -> ir.Table:
    """A table of another engine, stored on that of the source."""
    return source.stored(name, ibis.memtable(table.to_pyarrow()))


def _other(settings: Settings, key: str, name: str, source: sources.Source) -> ir.Table:
    """The tally of an optional source, on the engine of the unit's own source."""
    kind, folder = OPTIONAL[key], settings.path.parent
    try:
        other = sources.beside(source, name, folder=folder, timezone=settings.timezone)
        try:
            tally = other.read(key, kind.tally(kind.typed(other.table, unit=settings.unit)))
            check_rows(tally, other.table, kind, unit=settings.unit, queried=False)
            if other.backend is source.backend:
                return tally
            return _brought(key, tally, source)
        finally:
            if other.backend is not source.backend:
                other.close()
    except DataRefused as refusal:
        raise DataRefused(f"{key}: {refusal}") from None


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
