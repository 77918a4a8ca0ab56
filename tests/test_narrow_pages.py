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

import retention.reporting.shown
from retention.language import Language
from retention.reporting.drawing import address
from retention.reporting.shown import Shown
from retention.style import NARROW, STYLE, WIDTH, apart, panels

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


@pytest.mark.parametrize("count", [2, 3])
def test_charts_that_belong_together_stand_in_a_row_or_stacked(
    chromium: Browser, tmp_path: Path, count: int
) -> None:
    shown: list[str] = []
    axes = apart(count)
    for number, ax in enumerate(axes):
        ax.set_title(f"title {number}", loc="left")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(retention.reporting.shown, "show", lambda html, _: shown.append(html))
        Shown(Language()).figure(axes, "what they show")
    page = tmp_path / "page.html"
    page.write_text(
        f"<!DOCTYPE html><style>{SHEET.read_text()}</style><main>{shown[0]}</main>",
        encoding="utf-8",
    )
    boxes = "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.width])"
    for width, across in ((1200, count), (400, 1), (320, 1)):
        with opened(chromium, page, width=width) as watched:
            images = watched.page.locator("figure img")
            placed = images.evaluate_all(boxes)
            assert len({top for _, top, _ in placed}) == count / across
            assert len({left for left, _, _ in placed}) == across
            frame = watched.page.locator(".scroll")
            assert frame.evaluate("each => each.scrollWidth <= each.clientWidth")
            # Letters of nine points, drawn at this size, have eight pixels and more.
            drawn = images.evaluate_all("all => all.map(e => e.width / e.naturalWidth)")
            assert width < 400 or min(drawn) * 12 >= 8
            described = images.evaluate_all("all => all.map(e => e.alt)")
            assert described == ["what they show", "title 1", "title 2"][:count]


def test_a_chart_hides_nothing_of_the_shade_below_it() -> None:
    with rc_context(STYLE):
        assert all(ax.get_facecolor()[3] == 0 for ax in panels(2))
