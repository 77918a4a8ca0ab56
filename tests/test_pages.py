"""Finished pages in a real browser: offline, on a phone, in the dark, by keyboard, on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import CHROMIUM, browser, opened
from companies import HOSTILE, HOSTILE_NAMES, IN_LANGUAGES
from playwright.sync_api import Browser, Page
from test_lock import until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

REPORTS = {code: f"{slug}/latest.html" for code, slug in IN_LANGUAGES.items()}
OTHERS = {
    "index": "index.html",
    "portfolio": "portfolio.html",
    "failure": "refused/failure.html",
    "winback": "../winback/hostile/latest.html",
}
ISOLATES = "\u2068\u2069"
"""What keeps a name that is written from right to left from turning the figures beside it."""
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line a rule and place."""
    options = {"runOnly": {"type": "tag", "values": list(WCAG)}}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


def unfold(page: Page) -> None:
    """Open everything that is folded; of the rows of a table, which are alike, leave three."""
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    page.eval_on_selector_all("tbody > tr:nth-child(n + 4)", "all => all.forEach(r => r.remove())")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - innerWidth"))


# The win-back page is made of what the report is made of: each width and each scheme once.
CASES = [
    (name, width, scheme)
    for name in (*REPORTS, *OTHERS)
    for width in (360, 1440)
    for scheme in ("light", "dark")
    if name != "winback" or (width == 360) == (scheme == "light")
]


@pytest.mark.parametrize(("name", "width", "scheme"), CASES)
def test_page_keeps_to_itself_and_is_accessible(
    reports: Path, chromium: Browser, name: str, width: int, scheme: str
) -> None:
    path = reports / (REPORTS | OTHERS)[name]
    with opened(chromium, path, width=width, scheme=scheme) as watched:
        assert overflow(watched.page) <= 0
        unfold(watched.page)
        assert overflow(watched.page) <= 0
        assert watched.found == []
        assert violations(watched.page) == []


@pytest.mark.parametrize("name", ["en", "fr"])
def test_a_phone_begins_with_the_newest_value(reports: Path, chromium: Browser, name: str) -> None:
    with opened(chromium, reports / (REPORTS | OTHERS)[name], width=360) as watched:
        beyond = watched.page.locator("figure.newest .scroll").evaluate_all(
            "all => all.map(e => e.firstChild.getBoundingClientRect().right"
            " - e.getBoundingClientRect().right)"
        )
        assert beyond
        assert max(beyond) <= 0
        frame = watched.page.locator("figure.newest .scroll").first
        frame.focus()
        watched.page.keyboard.press("ArrowLeft")
        # Scrolling is smooth, and a policy that forbids scripts forbids to wait by one.
        until(lambda: frame.evaluate("e => e.scrollLeft") < 0)


def shown(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_text_contents()]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("hostile/latest.html", "h1"),
        (OTHERS["winback"], "h1"),
        ("refused/failure.html", "h1"),
        ("index.html", ".unit-head h3"),
        ("portfolio.html", "tbody th"),
    ],
)
def test_hostile_texts_are_text(reports: Path, chromium: Browser, path: str, names: str) -> None:
    with opened(chromium, reports / path, width=360) as watched:
        page = watched.page
        # Code is kept as it is written, and a browser shows white space as one space.
        assert HOSTILE.strip() in shown(page, names)
        of_all = ("index.html", "portfolio.html")
        assert HOSTILE.split("\u202e")[0] in page.title() or path in of_all
        bad = "script, iframe, object, base, [onclick], [onerror], img:not([src^='data:image/'])"
        assert page.locator(bad).count() == 0
        assert page.locator("style").count() == 1
        assert page.locator("main").is_visible()
        assert watched.found == []


def test_hostile_settings_are_shown_as_they_are_written(reports: Path, chromium: Browser) -> None:
    with opened(chromium, reports / "hostile/latest.html") as watched:
        cells = shown(watched.page, "table.settings td")
        assert any('<b onclick="alert(3)">' in cell for cell in cells)
        assert any("</style></figure></details><h1>" in cell for cell in cells)
    with opened(chromium, reports / "refused/failure.html") as watched:
        assert "<script>" in watched.page.locator(".message").inner_text()


def test_hostile_names_of_segments_campaigns_and_reasons_are_text(
    reports: Path, chromium: Browser
) -> None:
    with opened(chromium, reports / OTHERS["winback"]) as watched:
        cells = shown(watched.page, "tbody :is(th, td)")
        # A mark that turns the line round is left out, and long values are cut as they are read.
        for name in HOSTILE_NAMES:
            told = name.replace("\u202e", "")
            assert sum(cell.strip(ISOLATES) in (told, told[:40].strip()) for cell in cells) >= 2, (
                told
            )
        described = watched.page.locator("figure img").evaluate_all("all => all.map(e => e.alt)")
        assert HOSTILE_NAMES[0] in " ".join(described)
        assert not any("\u202e" in alt for alt in described)


FOCUSABLE = "a[href], summary, [tabindex='0']"


@pytest.mark.parametrize("name", ["en", "index", "portfolio", "failure", "winback"])
def test_keyboard_reaches_everything(reports: Path, chromium: Browser, name: str) -> None:
    with opened(chromium, reports / (REPORTS | OTHERS)[name]) as watched:
        page = watched.page
        unfold(page)
        page.eval_on_selector_all(FOCUSABLE, "all => all.forEach((e, i) => e.dataset.place = i)")
        places = page.locator(FOCUSABLE).count()
        reached = []
        for _ in range(places):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.dataset.place"))
        assert reached == [str(place) for place in range(places)]
        # Nothing that can be scrolled by a pointer alone.
        stuck = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1"
            " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0)"
            ".map(e => e.outerHTML.slice(0, 99))"
        )
        assert stuck == []


def test_keyboard_skips_to_the_report_and_unfolds(reports: Path, chromium: Browser) -> None:
    with opened(chromium, reports / REPORTS["en"]) as watched:
        page = watched.page
        page.keyboard.press("Tab")
        assert page.locator(".skip").evaluate("e => e.getBoundingClientRect().left >= 0")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("#report$"))
        summary = page.locator("details.data > summary").first
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator("details.data").first.get_attribute("open") is not None


PAPER = (688, 1005)
"""Width and height of A4 in pixels, less the margins of the style sheet."""


@pytest.mark.parametrize(("name", "fewest"), [("en", 8), ("portfolio", 4), ("winback", 8)])
def test_paper_cuts_no_chart(reports: Path, chromium: Browser, name: str, fewest: int) -> None:
    with opened(chromium, reports / (REPORTS | OTHERS)[name], width=PAPER[0]) as watched:
        page = watched.page
        page.emulate_media(media="print", color_scheme="dark")
        figures = page.eval_on_selector_all(
            "figure",
            """all => all.map(figure => {
                const image = figure.querySelector("img"), style = getComputedStyle(figure)
                return {inside: style.breakInside, height: figure.offsetHeight,
                        wide: image.getBoundingClientRect().right - innerWidth,
                        cut: figure.firstElementChild.scrollWidth - figure.clientWidth}
            })""",
        )
        assert len(figures) >= fewest
        for figure in figures:
            assert figure["inside"] == "avoid"
            assert figure["height"] < PAPER[1]
            assert figure["wide"] <= 0
            assert figure["cut"] <= 0
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb(255, 255, 255)"
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
