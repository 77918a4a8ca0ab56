"""A unit, and what is displayed of it in a test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd
import pytest
from displayed import showing
from nbformat import NotebookNode

from retention import Unit, open_unit
from retention.params import Settings


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """Twelve customers over half a year, one more who bought once, and a first month of its own."""
    folder = tmp_path_factory.mktemp("unit")
    day = date(2026, 1, 1)
    rows = [
        (f"c{customer}", day + timedelta(days=customer + 7 * purchase), 10 / 3)
        for customer in range(12)
        for purchase in range(24 - customer)
    ]
    rows.append(("once", date(2026, 3, 9), 7.5))
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    orders.to_csv(folder / "orders.csv", index=False)
    settings = Settings(
        slug="unit",
        path=folder / "unit.yaml",
        unit="Unit",
        source="orders.csv",
        as_of=date(2026, 6, 30),
        inactive_after=10,
        lost_after=40,
    )
    return open_unit(settings)


@pytest.fixture
def shown() -> Iterator[list[NotebookNode]]:
    """What is displayed in the test."""
    with showing() as outputs:
        yield outputs
