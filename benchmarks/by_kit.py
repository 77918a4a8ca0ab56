"""The core tables as the kit makes them."""

import tempfile
from pathlib import Path

import pandas as pd

from retention import open_unit

_SETTINGS = """\
unit: All units
source: {path}
query: SELECT customer_id, ordered_at, amount FROM source
history_complete: true
"""


def tables(path: Path) -> dict[str, pd.DataFrame]:
    """The core tables of the file, taken as one unit, by month."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "all.yaml")
        settings.write_text(_SETTINGS.format(path=path.resolve()), encoding="utf-8")
        unit = open_unit(str(settings))
        return {
            "quality": unit.quality(),
            "thresholds": unit.thresholds.evidence,
            "ledger": unit.ledger(),
            "rates": unit.rates(),
            "cohorts": unit.cohorts(),
            "returns": unit.returns(),
        }
