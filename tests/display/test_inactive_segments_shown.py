"""The inactive by segment, as the win-back page shows them."""

from __future__ import annotations

import pandas as pd
from bs4 import BeautifulSoup
from displayed import html, showing, tags

from retention import Unit
from retention.inactive_segments import INACTIVE_BY_SEGMENT
from retention.reporting.winback_display import WinBackReport
from retention.suppression import SMALL


def some(*counts: tuple[str, int, int]) -> pd.DataFrame:
    whole = sum(dormant + lost for _, dormant, lost in counts)
    rows = [
        ("channel", value, dormant, lost, dormant + lost, whole, None, None, None, 10.0 * dormant)
        for value, dormant, lost in counts
    ]
    return pd.DataFrame(rows, columns=list(INACTIVE_BY_SEGMENT.names))


def shown(unit: Unit, frame: pd.DataFrame) -> list[BeautifulSoup]:
    with showing() as outputs:
        WinBackReport(unit).inactive_segments(frame)
    return [html(output) for output in outputs]


def test_the_largest_value_comes_first_and_few_follow_from_nothing(unit: Unit) -> None:
    (page,) = shown(unit, some(("a", 1, 1), ("b", 40, 60), ("c", 10, 10), ("d", 0, 0)))
    rows = [[cell.text for cell in row.find_all(["th", "td"])] for row in page.select("tbody tr")]
    # Two customers would follow from the total: the next smallest value is hidden with them.
    assert [row[1] for row in rows] == ["b", "groups too small to show apart"]
    assert [row[4] for row in rows] == ["100", "22"]
    assert tags(page) >= {"figure", "table"}


def test_a_value_of_the_name_of_a_key_stays_what_it_is(unit: Unit) -> None:
    (page,) = shown(unit, some(("b", 40, 60), (SMALL, 30, 20)))
    names = [row.find_all(["th", "td"])[1].text for row in page.select("tbody tr")]
    assert names == ["b", SMALL]


def test_a_unit_without_segments_says_so(unit: Unit) -> None:
    (page,) = shown(unit, some())
    assert "This unit has no segments" in page.text
