"""The unit whose customers are written to a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from audience_calls import ORDERS
from orders import csv as orders_csv
from orders import settings_file


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a unit `shop`, in which the command is called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params").mkdir()
    (tmp_path / "audiences").mkdir()
    orders_csv(tmp_path / "params" / "orders.csv", *ORDERS)
    settings_file(tmp_path / "params", "orders.csv", as_of="2024-03-31")
    return tmp_path
