"""The unit that was opened last in this process, for who opens it again with other settings.

An analyst changes a threshold and runs every cell again: the files are the same, and so are the
rows that were counted of them, and every figure that no threshold touches.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from retention import engines, sources, staging
from retention.errors import DataRefused
from retention.periods import Calendar
from retention.queries import is_steady
from retention.unit import Unit
from retention.unit_settings import Settings

_COUNTED = "retention_counted"
_Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Reread(staging.Tallied):
    """The rows that another opening has counted, on a connection of its own to the same engine."""

    frames: dict[tuple[str, Calendar], pd.DataFrame]

    def tally(self) -> ir.Table:
        """The tally of the unit, which is there already."""
        return self.table


# One, so that no more than one unit is held for somebody who may not come back to it.
_last: list[tuple[str, _Stamp, Unit]] = []


def stamp(settings: Settings) -> _Stamp | None:
    """What tells whether the files of a unit have changed; None where nothing can.

    Taken before they are read, so that a file that is written meanwhile counts as changed.
    """
    if settings.segments or (settings.query and not is_steady(settings.query)):
        return None
    try:
        paths = sources.paths(settings.source, folder=settings.path.parent)
        seen = [(path, path.stat()) for path in paths]
    except (DataRefused, OSError):
        return None
    files = ((str(path), s.st_mtime_ns, s.st_size, s.st_ino) for path, s in seen)
    return tuple(files) or None


def remember(unit: Unit, stamp: _Stamp | None) -> None:
    """Hold a unit that has been opened, in place of the one before."""
    forget()
    if stamp is not None:
        _last.append((staging.key(unit.settings), stamp, unit))


def forget() -> None:
    """Hold no unit any more."""
    _last.clear()


def reread(settings: Settings, stamp: _Stamp | None) -> Reread | None:
    """What the last opening read, where it was of the same rows; else None."""
    if not _last or stamp is None or _last[0][:2] != (staging.key(settings), stamp):
        return None
    unit = _last[0][2]
    try:
        connection = unit.source.backend.con
        # A temporary table is seen by its own connection alone.
        kept = f"CREATE TABLE IF NOT EXISTS memory.{_COUNTED} AS FROM temp.retention_tally"
        connection.execute(kept)
        backend = ibis.duckdb.from_connection(connection.cursor())
        engines.set_timezone(backend, settings.timezone)
        table = backend.table(_COUNTED, database=("memory", "main"))
        return Reread(backend, table, table, rows_read=unit.source_rows, frames=unit.frames)
    except engines.errors():  # somebody has closed it
        forget()
        return None
