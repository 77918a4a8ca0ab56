"""Drawings in the page: small, and to the eye what Matplotlib drew."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import frames
import numpy as np
import pytest
from browsers import CHROMIUM, browser
from matplotlib.axes import Axes
from matplotlib.image import imread

from retention import cohort_plots, plots
from retention.language import Language
from retention.reporting.drawing import address, compact, drawn, path
from retention.style import axes

ENGLISH = Language()
SVG = "{http://www.w3.org/2000/svg}"
TEXT = "3.982 of 1,234.56, 0.123456789 > 0 & <b> \"' --> ]]>"


def written() -> Axes:
    ax = axes(None)
    ax.text(0.5, 0.5, TEXT)
    return ax


def dotted() -> Axes:
    ax = axes(None)
    ax.plot([1, 2, 2, 3], [1, 1, 5, 5], marker="o", ls=":")
    ax.axhline(2, color="white", lw=4)
    return ax


DRAWINGS: dict[str, Callable[[], Axes]] = {
    "texts": written,
    "dots": dotted,
    "stocks": lambda: plots.stocks(frames.ledger(), ENGLISH),
    "rates": lambda: plots.rates(frames.rates_of(frames.ledger()), ["churn"], ENGLISH)[0],
    "cohorts": lambda: cohort_plots.revenue_heatmap(frames.cohorts([400] * 12), ENGLISH),
    "curve": lambda: plots.return_curve(frames.curve(), frames.thresholds(), ENGLISH),
}


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_every_text_stays_to_the_letter_and_the_drawing_is_small(name: str) -> None:
    plain = drawn(DRAWINGS[name]())
    small = compact(plain)
    assert texts(small) == texts(plain)
    assert len(small) < len(plain) * 0.5


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_to_the_eye_nothing_has_moved(tmp_path: Path) -> None:
    """Shapes pixel by pixel, and texts by their boxes: a browser moves letters to whole pixels."""
    with browser() as chromium:
        page = chromium.new_page()

        def seen(svg: str) -> tuple[np.ndarray, np.ndarray]:
            file = tmp_path / "drawing.svg"
            file.write_text(svg, encoding="utf-8")
            page.goto(file.as_uri())
            boxes = page.evaluate(
                "[...document.querySelectorAll('text')].map(t => t.getBoundingClientRect())"
                ".map(box => [box.left, box.top, box.width, box.height])"
            )
            page.evaluate("document.querySelectorAll('text').forEach(text => text.remove())")
            return imread(io.BytesIO(page.screenshot()))[..., :3], np.array(boxes)

        for name, make in DRAWINGS.items():
            plain = drawn(make())
            (before, texts_before), (after, texts_after) = seen(plain), seen(compact(plain))
            assert before.min() < 0.5, name
            # Edges move by less than a tenth of a point: their shade changes, the ink does not.
            assert np.abs(before - after).max() < 0.5, name
            assert (1 - after).sum() == pytest.approx((1 - before).sum(), rel=0.02), name
            assert texts_after == pytest.approx(texts_before, abs=0.15), name


def test_what_nobody_sees_is_gone() -> None:
    small = compact(drawn(DRAWINGS["cohorts"]()))
    assert "metadata" not in small
    assert "fill: none" not in small
    assert "<g" not in small
    named = {text.partition('"')[0] for text in small.split('id="')[1:]}
    assert all(f"#{name}" in small for name in named)


def test_an_address_stands_between_double_quotes() -> None:
    source = address(written())
    assert not set('"#\n') & set(source.removeprefix("data:image/svg+xml,"))
    assert TEXT in texts(unquote(source.removeprefix("data:image/svg+xml,")).replace("&amp;", "&"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("M 0 0 L 1 0 L 2.5 0 L 2.5 4 L 0 4 z", "M0 0h2.5v4h-2.5z"),
        ("M 0 0 L 5 0 L 2 0", "M0 0h5-3"),
        ("M 1 1 L 1 1", "M1 1h0"),
        ("M 1 1 L 2 2 L 2.01 2.02 L 3 1", "M1 1l1 1 1-1"),
        ("M 1 1 L 2 3 M 5 5 L 6 6", "M1 1l1 2M5 5l1 1"),
        ("M 0 -1 C 1 -1 2 -2 2 -3 Q 3 -3 4 -4", "M0-1c1 0 2-1 2-2q1 0 2-1"),
        ("M 0 0 L 1 1 z L 2 2", "M0 0l1 1zl2 2"),
        ("M -0.04 1e-05 L 0.1 0.16", "M0 0l0.1 0.2"),
    ],
)
def test_an_outline_in_steps(before: str, after: str) -> None:
    assert path(before) == after


def test_rounding_does_not_add_up() -> None:
    """A thousand steps of less than a tenth end where they should."""
    steps = path("M 0 0 " + " ".join(f"L {n * 0.04:.2f} {n * 0.04:.2f}" for n in range(1, 1001)))
    numbers = steps.removeprefix("M0 0h0l").replace("-", " -").split()
    assert sum(map(float, numbers[::2])) == pytest.approx(40)
