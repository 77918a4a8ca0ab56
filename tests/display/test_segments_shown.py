"""Values of segments are somebody's data: they reach the page as text, and few are not shown."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from bs4 import BeautifulSoup
from displayed import executed, html, showing, tags
from nbformat import NotebookNode

from retention import Unit
from retention.reporting.gate import problems
from retention.reporting.winback_display import WinBackReport
from retention.reporting.work import checked_page
from retention.segments import SEGMENT_COUNTS, compared

HOSTILE = "<script>alert(1)</script>\"'&\u202e$x$={u}"


def shown(unit: Unit, *values: tuple[str, int], **change: object) -> list[NotebookNode]:
    rows = [
        ("<b>channel", value, measure, customers, 30, 300, 40, 320, 3600)
        for value, customers in values
        for measure in ("churn", "reactivation", "win_back")
    ]
    frame = compared(pd.DataFrame(rows, columns=list(SEGMENT_COUNTS.names)))
    changed = replace(unit, settings=unit.settings.model_copy(update=change))
    with showing() as outputs:
        WinBackReport(changed).segments(frame)
    return outputs


def text(outputs: list[NotebookNode]) -> str:
    return " ".join(html(output).get_text(" ") for output in outputs)


def test_hostile_values_are_text(unit: Unit) -> None:
    outputs = shown(unit, (HOSTILE, 100), ("unknown", 100), language="fr")
    assert not {"script", "b"} & set().union(*(tags(html(output)) for output in outputs))
    page = checked_page(executed(outputs), [], 600_000)
    assert "<script" not in page
    assert "alert(1)" in BeautifulSoup(page, "html.parser").get_text()
    assert not [found for found in problems(page) if "script" in found]
    assert "inconnu" in text(outputs)
    alt = html(outputs[0]).select_one("img")["alt"]
    assert "\u202e" not in alt
    assert "{u}" in alt


def test_values_of_few_are_left_out_and_cannot_be_subtracted(unit: Unit) -> None:
    outputs = shown(unit, ("large", 500), ("next", 60), ("few", 3), minimum_group=5)
    assert "large" in text(outputs)
    assert "few" not in text(outputs).replace("fewer", "")
    assert "next" not in text(outputs)


def test_a_value_named_like_the_unknown_stands_beside_it(unit: Unit) -> None:
    outputs = shown(unit, ("inconnu", 100), ("unknown", 200), language="fr")
    assert text(outputs).count("inconnu") > 2
    assert "unknown" not in text(outputs)


def test_a_measure_that_nobody_was_at_risk_of_is_an_empty_panel(unit: Unit) -> None:
    frame = pd.DataFrame(
        [
            ("channel", "store", measure, 100, *sums)
            for measure, sums in (
                ("churn", (30, 300, 40, 320, 3600)),
                ("reactivation", (0, 0, 0, 0, 0)),
                ("win_back", (0, 0, 0, 0, 0)),
            )
        ],
        columns=list(SEGMENT_COUNTS.names),
    )
    with showing() as outputs:
        WinBackReport(unit).segments(compared(frame))
    assert "store 10.0%" in html(outputs[0]).select_one("img")["alt"]


def test_without_segments_one_line_says_how_to_set_them(unit: Unit) -> None:
    outputs = shown(unit)
    assert len(outputs) == 1
    assert "segments" in text(outputs)
