"""Cells of the opportunity value, as the win-back page shows them."""

from __future__ import annotations

import pandas as pd
from displayed import html, showing

from retention import Unit
from retention.inactive import GROUPS
from retention.opportunity_value import ALL, OPPORTUNITY
from retention.reporting.winback_display import WinBackReport

FRESH, OLDER = "lapsed_within_90", "lapsed_within_180"


def cell(since: str, activity: str, customers: int, returned: int = 10) -> dict[str, object]:
    figures = dict.fromkeys(OPPORTUNITY, 0.5)
    return figures | {
        "since_lapse": since,
        "former_activity": activity,
        "customers": customers,
        "stood_before": 100 + returned,
        "returned": returned,
    }


def rows(unit: Unit, *cells: dict[str, object]) -> list[list[str]]:
    """Of the table: customers and returned."""
    total = sum(int(str(own["customers"])) for own in cells)
    came = sum(int(str(own["returned"])) for own in cells)
    frame = pd.DataFrame([*cells, cell(ALL, ALL, total, came)], columns=list(OPPORTUNITY))
    groups = pd.DataFrame([dict.fromkeys(GROUPS.names, total)])
    with showing() as outputs:
        WinBackReport(unit).opportunity(frame, groups)
    pages = [html(output) for output in outputs]
    page = next((page for page in pages if page.table), None)
    if page is None:
        return [[page.text] for page in pages]
    body = [[one.text for one in row.find_all(["th", "td"])] for row in page.select("tbody tr")]
    return [[row[2], row[4]] for row in body]


def test_a_small_cell_does_not_follow_from_the_sums_of_its_row_and_column(unit: Unit) -> None:
    shown = rows(
        unit,
        cell(FRESH, "once", 3),
        cell(FRESH, "occasional", 20),
        cell(FRESH, "regular", 90),
        cell(OLDER, "once", 30),
        cell(OLDER, "occasional", 40),
        cell(OLDER, "regular", 50),
    )
    assert [customers for customers, _ in shown] == ["90", "50"]


def test_figures_of_few_who_returned_are_absent(unit: Unit) -> None:
    shown = rows(
        unit,
        cell(FRESH, "once", 30, returned=4),
        cell(FRESH, "regular", 90, returned=40),
        cell(OLDER, "once", 30, returned=50),
        cell(OLDER, "regular", 50, returned=60),
    )
    # The spend of the 4 would follow from the money of all, so that the next 40 go with them.
    assert [back for _, back in shown] == ["–", "–", "50", "60"]


def test_nothing_is_told_where_few_returned_in_all(unit: Unit) -> None:
    ((text,),) = rows(unit, cell(FRESH, "once", 90, returned=4))
    assert "No group of customers is large enough" in text
