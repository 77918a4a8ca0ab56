"""Second purchases by segment, and the time to them: tables without the figures of few."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from displayed import html, showing

from retention import Unit
from retention.onboarding import BY_SEGMENT
from retention.reporting.winback_display import WinBackReport
from retention.winback import WinBack


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


def times_told(unit: Unit, least: int) -> str:
    changed = replace(unit, settings=unit.settings.model_copy(update={"minimum_group": least}))
    winback = WinBack(changed)
    with showing() as outputs:
        WinBackReport(changed).second_purchase_times(winback.second_purchase_times())
    return " ".join(html(output).get_text(" ") for output in outputs)


def test_the_time_to_the_second_purchase_stands_in_a_table(unit: Unit) -> None:
    # Twelve of thirteen bought again after 7 days, all at once.
    found = times_told(unit, 12)
    assert "Time to the second purchase" in found
    assert found.split()[-18:] == [
        *("10%", "7", "7", "7", "13", "12"),
        *("25%", "7", "7", "7", "13", "12"),
        *("50%", "7", "7", "7", "13", "12"),
    ]


def test_of_few_no_time_is_told(unit: Unit) -> None:
    assert times_told(unit, 13) == "No group of customers is large enough to show yet."
