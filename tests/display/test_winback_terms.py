"""The words of the win-back page: its own, and none that it does not use."""

from __future__ import annotations

from displayed import html, showing

from retention import Unit
from retention.reporting.winback_display import WinBackReport


def test_the_win_back_page_explains_its_own_words(unit: Unit) -> None:
    with showing() as outputs:
        WinBackReport(unit).definitions()
    terms = [term.get_text() for term in html(outputs[0]).find_all("dt")]
    assert {"Opportunity value", "RFM", "Uplift", "Response", "Former activity"} <= {*terms}
    assert not {"Quick ratio", "Normal range", "Retention rate"} & {*terms}
