"""Second purchases by segment: a table without values of few."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from displayed import html, showing

from retention import Unit
from retention.onboarding import BY_SEGMENT
from retention.reporting.winback_display import WinBackReport


def told(unit: Unit, *sizes: tuple[str, int]) -> str:
    rows = [
        ("channel", value, days, size, size, size // 2, 0.5, 0.3, 0.7)
        for value, size in sizes
        for days in (30, 60)
    ]
    changed = replace(unit, settings=unit.settings.model_copy(update={"minimum_group": 5}))
    with showing() as outputs:
        frame = pd.DataFrame(rows, columns=list(BY_SEGMENT.names))
        WinBackReport(changed).onboarding_segments(frame)
    assert all(output.data["text/plain"] for output in outputs)
    return " ".join(html(output).get_text(" ") for output in outputs)


@pytest.mark.parametrize("size", [500, 5])
def test_values_stand_in_a_table(unit: Unit, size: int) -> None:
    found = told(unit, ("store", 500), ("online", size))
    assert "Second purchases by segment" in found
    assert "store" in found
    assert "online" in found
    assert "left out" not in found


def test_values_of_few_are_left_out_and_counted(unit: Unit) -> None:
    found = told(unit, ("store", 500), ("online", 60), ("phone", 3))
    assert "store" in found
    assert "online" not in found
    assert "phone" not in found
    assert "2 values are left out" in found


def test_where_all_are_few_it_says_so(unit: Unit) -> None:
    assert "large enough" in told(unit, ("store", 3), ("online", 1))
    assert not told(unit)
