"""The core tables as the kit makes them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from retention import Unit, open_unit
from retention.sources import MEMORY

_SETTINGS = """\
unit: All units
source: {path}
query: SELECT customer_id, ordered_at, amount FROM source
history_complete: true
"""


TIGHT_MEGABYTES = 2600
"""What DuckDB may hold, so that the process with Python and its libraries stays below 4 GB."""


def tables(path: Path) -> dict[str, pd.DataFrame]:
    """The core tables of the file, taken as one unit, by month."""
    with _opened(path) as unit:
        return {
            "quality": unit.quality(),
            "thresholds": unit.thresholds.evidence,
            "ledger": unit.ledger(),
            "revenue": unit.revenue(),
            "rates": unit.rates(),
            "cohorts": unit.cohorts(),
            "returns": unit.returns(),
        }


def tight(path: Path) -> dict[str, pd.DataFrame]:
    """The same in little memory."""
    os.environ[MEMORY] = str(TIGHT_MEGABYTES)
    return tables(path)


def cohorts(path: Path) -> dict[str, pd.DataFrame]:
    """The cohorts alone."""
    with _opened(path) as unit:
        return {"cohorts": unit.cohorts()}


@contextmanager
def _opened(path: Path) -> Iterator[Unit]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "all.yaml")
        settings.write_text(_SETTINGS.format(path=path.resolve()), encoding="utf-8")
        yield open_unit(str(settings))
