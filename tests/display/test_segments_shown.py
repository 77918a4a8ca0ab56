"""Values of segments are somebody's data: they reach the page as text, and few are not shown."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from displayed import executed, html, showing, tags
from nbformat import NotebookNode

from retention import Unit, winback_narrative, winback_plots
from retention.language import Language
from retention.reporting.gate import problems
from retention.reporting.winback_display import WinBackReport
from retention.reporting.work import checked_page
from retention.segments import SEGMENT_COUNTS, compared, of_all
from retention.suppression import of_many

HOSTILE = "<script>alert(1)</script>\"'&\u202e$x$={u}"


def shown(unit: Unit, *values: tuple[str, int], **change: object) -> list[NotebookNode]:
    rows = [
        ("<b>channel", value, measure, customers, *([30] * 3), 30, 300, 40, 320, 3600)
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
    outputs = shown(unit, ("large", 500), ("next", 60), ("tiny", 3), minimum_group=5)
    assert "large" in text(outputs)
    assert "tiny" not in text(outputs)
    assert "next" not in text(outputs)
    assert "2 values are left out" in text(outputs)


def small_at_risk(*lost: int) -> pd.DataFrame:
    """Three values of 60 customers: so many of each were ever lost, and half of these won back."""
    rows = []
    for value, count in zip(("store", "online", "phone"), lost, strict=True):
        half = count / 2
        events = (count, half, half, half, count, half, half, count)
        many = (60, 30, 60, 60, 120, 160, 160, 300)
        rows += [
            ("channel", value, "churn", 60, *many),
            ("channel", value, "reactivation", 60, *many),
            ("channel", value, "win_back", 60, *events),
        ]
    return compared(pd.DataFrame(rows, columns=list(SEGMENT_COUNTS.names)))


def test_a_rate_of_few_at_risk_is_left_out_and_cannot_be_subtracted(unit: Unit) -> None:
    changed = replace(unit, settings=unit.settings.model_copy(update={"minimum_group": 5}))
    with showing() as outputs:
        WinBackReport(changed).segments(small_at_risk(2, 8, 40))
    alt = html(outputs[0]).select_one("img")["alt"]
    assert "Win-back rate a month by channel, with 95% intervals: phone 50.0%" in alt
    assert "2 rates are left out" in text(outputs)
    assert "store" in alt


def test_the_line_of_all_customers_is_of_those_left_out_too() -> None:
    rates = small_at_risk(2, 8, 40).assign(numerator=lambda f: f["numerator"].mask(f.index < 3, 60))
    shown = of_many(rates, least=5)
    drawn = winback_plots.segment(shown, Language("en"), together=of_all(rates))
    line = next(line for line in drawn[2].lines if line.get_linestyle() == ":")
    assert line.get_xdata()[0] == pytest.approx((60 + 4 + 20) / 50)


@pytest.mark.parametrize(
    ("p_adjusted", "said"),
    [
        (float("nan"), "too few customers of each value to compare"),
        (0.6, "no difference is larger than chance explains"),
        (0.01, "these differences hold"),
    ],
)
def test_what_was_not_compared_is_not_said_to_be_alike(p_adjusted: float, said: str) -> None:
    rates = small_at_risk(20, 20, 40).assign(p_adjusted=p_adjusted)
    assert said in winback_narrative.differences(rates, Language("en"))


def test_rates_that_are_shown_alike_have_no_lowest_and_highest() -> None:
    rates = pd.concat([small_at_risk(20, 20, 20).assign(value=name) for name in "ab"])
    weekly = Language("en", frequency="week")
    told = winback_narrative.segment(rates[rates["measure"] == "win_back"], weekly)
    assert told == "Win-back rate a week by channel: 50.0% of each."


def test_a_value_named_like_the_unknown_stands_beside_it(unit: Unit) -> None:
    outputs = shown(unit, ("inconnu", 100), ("unknown", 200), language="fr")
    assert text(outputs).count("inconnu") > 2
    assert "unknown" not in text(outputs)


def test_a_measure_that_nobody_was_at_risk_of_is_an_empty_panel(unit: Unit) -> None:
    frame = pd.DataFrame(
        [
            ("channel", "store", measure, 100, *sums)
            for measure, sums in (
                ("churn", (90, 30, 90, 30, 300, 40, 320, 3600)),
                ("reactivation", (0,) * 8),
                ("win_back", (0,) * 8),
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
