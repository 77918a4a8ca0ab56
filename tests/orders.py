"""Orders written to real files, and the unit that opens them through its settings."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from retention import Unit, open_unit
from retention.errors import DataRefused

COLUMNS = ("customer_id", "ordered_at", "amount")
ORDERS = (
    ("ann", "2024-01-05", 10.0),
    ("ben", "2024-01-20", 20.0),
    ("ann", "2024-02-10", 30.5),
    ("cid", "2024-03-31", 5.25),
)
DAYS = {
    ("ann", date(2024, 1, 5)): Decimal("10.0000"),
    ("ben", date(2024, 1, 20)): Decimal("20.0000"),
    ("ann", date(2024, 2, 10)): Decimal("30.5000"),
    ("cid", date(2024, 3, 31)): Decimal("5.2500"),
}


def frame(rows: Sequence[Sequence[Any]] = ORDERS, columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def csv(path: Path, *rows: str, header: str = "customer_id,ordered_at,amount") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def settings_file(folder: Path, source: str, **keys: object) -> Path:
    """The settings of a unit with the slug `shop`; thresholds are given unless `keys` say else."""
    given = {"unit": "Shop", "inactive_after": 30, "lost_after": 60, "source": source, **keys}
    path = folder / "shop.yaml"
    lines = {key: value for key, value in given.items() if value is not None}
    path.write_text(yaml.safe_dump(lines, width=10_000, allow_unicode=True), encoding="utf-8")
    return path


def opened(folder: Path, source: str, **keys: object) -> Unit:
    return open_unit(str(settings_file(folder, source, **keys)))


def refused(folder: Path, source: str, **keys: object) -> str:
    """What the user reads: one line that names the unit, no place of this machine, no traceback."""
    path = settings_file(folder, source, **keys)
    with pytest.raises(DataRefused) as caught:
        open_unit(str(path))
    message = str(caught.value)
    printed = "".join(traceback.format_exception(caught.value))
    assert message.startswith("shop.yaml: ")
    assert message.isprintable()
    assert str(folder) not in message
    assert "During handling" not in printed
    assert "direct cause" not in printed
    return message.removeprefix("shop.yaml: ")


def days(unit: Unit) -> dict[tuple[str, date], Decimal]:
    """What each customer-day adds up to."""
    rows = unit.customer_days.to_pyarrow().to_pylist()
    assert len({(row["customer_id"], row["day"]) for row in rows}) == len(rows)
    return {(row["customer_id"], row["day"]): row["amount"] for row in rows}


def customers(unit: Unit) -> set[str]:
    return {customer for customer, _ in days(unit)}


def quality(unit: Unit) -> dict[str, tuple[int, float | None]]:
    """Rows and amount of each check of the data."""
    return {
        check: (rows, None if pd.isna(amount) else amount)
        for check, rows, amount, _ in unit.quality().itertuples(index=False)
    }
