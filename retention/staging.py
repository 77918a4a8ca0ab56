"""Sources read once a run: what is counted of them lies in a private folder, a slice for each unit.

The check of a batch and each kernel of the run open a unit from its slice, so that all of them see
the same rows. Whoever finds no slice, as on a worker of a cluster, reads the source. The slices
hold ids of customers: the folder is its owner's alone, and is removed with the run, or by the next
one.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis.expr.types as ir

from retention import engines, scratch, sources, stops
from retention import slices as by_unit
from retention.errors import DataRefused
from retention.files import interruptible
from retention.models import MODELS
from retention.optional_sources import OPTIONAL
from retention.unit_settings import SOURCES, Settings

FOLDER = "RETENTION_STAGED"
"""Name of the variable of the environment that tells kernels where the slices lie."""

_READ = ("model", "source", "table", "query")
"""Settings by which units read alike."""

_OWN = ("timezone", "unit", "segments", *OPTIONAL)
_TOTALS, _FACTS = "totals.parquet", "facts.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Tallied(sources.Source):
    """A source that has been read before: `table` is the tally of the unit.

    `rows_read` are those of the whole source.
    """

    rows_read: int

    def count(self) -> int:
        """How many rows the source had when it was read."""
        return self.rows_read

    def tally(self) -> ir.Table:
        """The tally of the unit, computed. Raises DataRefused."""
        return self.read("tally", self.table)


@dataclass(frozen=True, kw_only=True)
class Slice(Tallied):
    """What a run has read of the source of a unit, on an engine of its own."""

    folder: Path

    def kept(self, name: str) -> ir.Table | None:
        """A table of the unit that the check of the batch has kept; None without one."""
        path = self.folder / f"{name}.parquet"
        return self.read(name, self.backend.read_parquet(str(path))) if path.exists() else None

    def keep(self, name: str, table: ir.Table) -> None:
        """Keep a table for the kernel of the unit, which reads for itself where there is none."""
        path = self.folder / f"{name}.parquet"
        unfinished = path.with_suffix(".unfinished")
        try:
            with interruptible():
                self.backend.to_parquet(table, unfinished)
            unfinished.rename(path)
        except (OSError, duckdb.Error):
            unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def staging() -> Iterator[None]:
    """A private folder for what is staged meanwhile, known to every kernel that starts in it."""
    prefix = scratch.prefix()
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


def stage(units: Sequence[Settings], tell: Callable[[str, int], object]) -> None:
    """Read each source that files hold, once for all units that read it alike, into slices.

    Without a folder (`staging`) nothing is staged. What cannot be read, or for which there is no
    room, is not staged: opening the unit says what is wrong, or reads the source itself. `tell` is
    called with each source before it is read, and with how many units read it.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    failures: tuple[type[Exception], ...] = (DataRefused, OSError, *engines.errors())
    alike: dict[str, list[Settings]] = {}
    for settings in units:
        # What a database holds stays there.
        if sources.in_process(settings.source):
            alike.setdefault(_key(settings, _READ), []).append(settings)
    for name, group in alike.items():
        for number, part in enumerate(_parts(group)):
            tell(part[0].source, len(part))
            place = Path(folder, f"{name}-{number}")
            try:
                with stops.told_apart():
                    _stage(part, place)
            except failures as error:
                shutil.rmtree(place, ignore_errors=True)
                if isinstance(error, OSError | duckdb.IOException | duckdb.OutOfMemoryException):
                    _log.warning("%s: no room to stage it; each unit reads it", part[0].source)


def _parts(group: Sequence[Settings]) -> list[list[Settings]]:
    """Units that read alike, parted by time zone where the days of their rows depend on it."""
    zones: dict[str, list[Settings]] = {}
    for settings in group:
        zones.setdefault(settings.timezone, []).append(settings)
    return [list(group)] if len(zones) > 1 and _has_local_days(group[0]) else list(zones.values())


def _has_local_days(settings: Settings) -> bool:
    # A query may compute days, and a text may have an offset.
    if settings.query is not None:
        return False
    try:
        source = source_of(settings)
    except DataRefused:
        return False
    model, schema = MODELS[settings.model], source.table.schema()
    dated = [schema[name] for name in model.unreadable if name in schema and name != "amount"]
    source.close()
    return all(kind.is_date() or (kind.is_timestamp() and not kind.timezone) for kind in dated)


def staged(settings: Settings) -> Slice | None:
    """The slice of a unit with just these settings; None where there is none."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return None
    own = Path(folder, key(settings))
    try:
        facts = json.loads((own / _FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    backend = sources.engine(settings.timezone)
    try:
        with interruptible():
            rows = backend.read_parquet(f"{facts['own']}/*.parquet", hive_partitioning=False)
            shared = facts["totals"] and backend.read_parquet(facts["totals"])
    except engines.errors():
        engines.close(backend)
        return None
    tally = by_unit.tally(rows, shared, MODELS[settings.model])
    return Slice(backend, rows, tally, folder=own, rows_read=facts["rows"])


def source_of(settings: Settings) -> sources.Source:
    """The source of a unit, opened. Raises DataRefused."""
    return sources.open_source(
        settings.source,
        folder=settings.path.parent,
        table=settings.table,
        query=settings.query,
        timezone=settings.timezone,
    )


def _stage(group: Sequence[Settings], place: Path) -> None:
    model, units = MODELS[group[0].model], sorted({settings.unit for settings in group})
    source = source_of(group[0])
    try:
        place.mkdir(mode=0o700)
        places = source.stored("places", by_unit.places(units))
        counted = by_unit.slices(source.table, model, places)
        shared = "unit" in source.table.columns
        backend = source.backend
        with interruptible():
            backend.to_parquet(counted, place, partition_by=by_unit.SLICE)
            files = f"{place}/*/*.parquet"
            written = backend.read_parquet(files, hive_partitioning=False)
            totals = by_unit.totals(written, model)
            if shared:
                backend.to_parquet(totals, place / _TOTALS)
            rows = source.count() if group[0].query else totals.rows.sum().to_pyarrow().as_py()
        for settings in group:
            own = place / f"{by_unit.SLICE}={units.index(settings.unit) if shared else 0}"
            facts = {
                "own": str(own),
                "totals": str(place / _TOTALS) if shared else None,
                "rows": int(rows or 0),
            }
            if own.is_dir():
                _note(place.parent / key(settings), facts)
    finally:
        source.close()


def _note(folder: Path, facts: Mapping[str, object]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    unfinished = folder / f"{_FACTS}.unfinished"
    unfinished.write_text(json.dumps(facts), encoding="utf-8")
    unfinished.rename(folder / _FACTS)


def key(settings: Settings) -> str:
    """A name for what the settings of a unit say of the rows that are counted."""
    return _key(settings, (*_READ, *_OWN))


def _key(settings: Settings, names: Sequence[str]) -> str:
    """A name for what these settings say; files by where they are, whoever names them."""
    said = {name: getattr(settings, name) for name in names}
    places = {name: _place(settings, said[name]) for name in SOURCES if said.get(name)}
    values = list((said | places).values())
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:32]


def _place(settings: Settings, source: str) -> object:
    folder = settings.path.parent
    # The path in a duckdb:// URL is relative to the folder too.
    return [source, str(folder)] if "://" in source else os.path.normpath(folder / source)
