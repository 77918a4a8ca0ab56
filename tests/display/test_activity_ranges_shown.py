"""Of how many purchase days each former activity is, as the win-back page says it."""

from __future__ import annotations

import pandas as pd
from displayed import html, showing

from retention import Unit
from retention.inactive import ACTIVITY_RANGES
from retention.reporting.winback_display import WinBackReport


def test_no_number_is_of_few(unit: Unit) -> None:
    rows = [("once", 40, 1, 1), ("regular", 20, 4, 4), ("very_active", 4, 5, 9)]
    ranges = pd.DataFrame(rows, columns=list(ACTIVITY_RANGES.names))
    with showing() as outputs:
        WinBackReport(unit).activity_ranges(ranges)
    (text,) = [html(output).text for output in outputs]
    assert "regular: 4 days" in text
    assert "very active" not in text
