"""Charts on a narrow page: what fits is whole, and what does not shows that it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from browsers import CHROMIUM, browser, opened
from matplotlib import rc_context
from matplotlib.image import imread
from playwright.sync_api import Browser

import retention.reporting
from retention.reporting.drawing import address
from retention.reporting.shown import Shown
from retention.style import NARROW, STYLE, WIDTH, panels

SHEET = Path(retention.reporting.__file__).parent / "templates" / "retention" / "retention.css"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    with browser() as started:
        yield started


@pytest.mark.parametrize(("width", "overflows"), [(NARROW, False), (WIDTH, True)])
def test_a_narrow_chart_fits_a_phone_and_the_edge_of_a_wide_one_is_shaded(
    chromium: Browser, tmp_path: Path, width: float, overflows: bool
) -> None:
    ax = panels(1, width=width)[0]
    page = tmp_path / "page.html"
    figure = (
        f'<figure{Shown._kind(ax)}><div class="scroll"><img src="{address(ax)}"></div></figure>'
    )
    page.write_text(f"<style>{SHEET.read_text()}</style>{figure}", encoding="utf-8")
    with opened(chromium, page, width=400) as watched:
        frame = watched.page.locator(".scroll")
        assert frame.evaluate("each => each.scrollWidth > each.clientWidth") is overflows
        seen = imread(BytesIO(frame.screenshot()))
    # Within the border, above the chart.
    assert bool(seen[4, -4, :3].max() < 0.9) is overflows
    assert seen[4, 4, :3].min() > 0.95


def test_a_chart_hides_nothing_of_the_shade_below_it() -> None:
    with rc_context(STYLE):
        assert all(ax.get_facecolor()[3] == 0 for ax in panels(2))
