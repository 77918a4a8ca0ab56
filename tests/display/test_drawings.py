"""Drawings made small for the page: no text, style or place changes."""

from __future__ import annotations

import io
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import frames
import pytest
from displayed import ENGLISH, SVG, chart, html, report, showing
from matplotlib import rc_context
from nbformat import NotebookNode

from retention import Unit, cohort_plots, plots
from retention.style import STYLE

DRAWINGS = {
    "texts": lambda: chart("3.982 of 1,234.56, 0.123456789 > 0 & <b> \"'"),
    "stocks": lambda: plots.stocks(frames.ledger(), ENGLISH),
    "rates": lambda: plots.rates(frames.rates_of(frames.ledger()), ["churn"], ENGLISH)[0],
    "cohorts": lambda: cohort_plots.revenue_heatmap(frames.cohorts([400] * 12), ENGLISH),
    "curve": lambda: plots.return_curve(frames.curve(), frames.thresholds(), ENGLISH),
}


@pytest.fixture(scope="module", params=sorted(DRAWINGS))
def drawings(request: pytest.FixtureRequest, unit: Unit) -> tuple[str, str]:
    """A chart as Matplotlib writes it, and as the report shows it."""
    # Two of them: a layout that has been drawn once starts from there.
    first, second = DRAWINGS[request.param](), DRAWINGS[request.param]()
    plain = io.StringIO()
    with rc_context(STYLE):
        first.figure.savefig(plain, format="svg", metadata={"Date": None, "Creator": None})
    with showing() as shown:
        report(unit).figure(second, "A chart")
    source = html(shown[0]).img["src"].removeprefix("data:image/svg+xml,")
    return plain.getvalue(), unquote(source)


def styles(root: ElementTree.Element) -> dict[str, str]:
    """Class -> the style it stands for."""
    sheet = "".join(element.text or "" for element in root.iter(f"{SVG}style"))
    return dict(re.findall(r"\.(\w+)\{([^}]*)\}", sheet))


def test_compaction_changes_no_text_and_no_style(drawings: tuple[str, str]) -> None:
    plain, small = (ElementTree.fromstring(drawing) for drawing in drawings)
    named = styles(small)
    for before, after in zip(plain.iter(), small.iter(), strict=True):
        assert before.tag == after.tag
        if before.tag == f"{SVG}text":
            assert after.text == before.text
        if before.tag not in (f"{SVG}style", f"{SVG}text"):
            assert (after.text or "").strip() == (before.text or "").strip()
        style = named[after.get("class")] if after.get("class") else None
        assert style == before.get("style")


def test_compaction_moves_nothing_as_far_as_a_tenth(drawings: tuple[str, str]) -> None:
    plain, small = (ElementTree.fromstring(drawing) for drawing in drawings)
    number = re.compile(r"-?\d+(?:\.\d+)?")
    for before, after in zip(plain.iter(), small.iter(), strict=True):
        told = {name: value for name, value in before.items() if name != "style"}
        if told.get("transform", "").startswith("rotate(-0 "):
            del told["transform"]
        assert set(told) == set(after.keys()) - {"class"}
        for name, value in told.items():
            moved = after.get(name) or ""
            assert number.sub("", value).split() == number.sub("", moved).split() or name == "d"
            found = [float(text) for text in number.findall(moved)]
            assert found == pytest.approx([float(text) for text in number.findall(value)], abs=0.1)
        path = re.compile(r"[A-Za-z]")
        assert path.findall(told.get("d", "")) == path.findall(after.get("d") or "")


def test_compaction_is_worth_it(drawings: tuple[str, str]) -> None:
    plain, small = drawings
    assert len(small) < len(plain) * 0.75


def test_numbers_in_a_drawing_stay_to_the_letter(unit: Unit, shown: list[NotebookNode]) -> None:
    report(unit).figure(chart("3.982 of 1,234.56"), "A chart")
    source = html(shown[0]).img["src"].removeprefix("data:image/svg+xml,")
    assert ">3.982 of 1,234.56<" in unquote(source)
