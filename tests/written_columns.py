"""Columns of any type, written as a file and opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# A first and a last row that make complete months around what a test is about.
FIRST, LAST = "first,2023-12-01,1", "last,2024-12-31,1"


def parquet(path: Path, **columns: Any) -> None:
    pq.write_table(pa.table(columns), path)
