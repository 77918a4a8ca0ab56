"""SCALING.md says what the model computes from the constants that it states."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import model

PAGE = Path(__file__).parents[1] / "SCALING.md"


def test_the_page_shows_what_the_model_computes() -> None:
    found = re.search(
        r"<!-- model: .*? -->\n(.*?)<!-- end of model -->", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found
    assert found[1].strip() == model.table()


def test_a_run_costs_its_rows_and_its_units_shared_by_the_cores() -> None:
    cost = model.Cost("x", million_rows=2.0, unit=10.0)
    assert cost.hours(rows=3e6, units=3, cores=1) * 3600 == pytest.approx(36)
    assert cost.hours(rows=3e6, units=3, cores=4) * 3600 == pytest.approx(9)
