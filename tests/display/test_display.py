"""What a report shows: escaped, published, with its facts."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict
from pathlib import Path

import frames
import pandas as pd
import pytest
from displayed import ENGLISH, chart, executed, html, report, summarised, tags
from nbformat import NotebookNode

from retention import Unit, summary
from retention.reporting import bundles
from retention.reporting.export import report_page
from retention.reporting.gate import problems
from retention.tiles import tiles as headline_tiles
from retention.words import NAMES, within_a_line

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></section></p><style>*{display:none}</style>",
    "<!-- & &lt;b&gt; &#60;",
    "evil\u202e\u200f",
    '=HYPERLINK("https://example.org","click")',
    "{unit} %s ${HOME}",
]


# Escaping -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_unit_is_text(unit: Unit, shown: list[NotebookNode], name: str) -> None:
    hostile = report(unit, unit=name)
    summarised(hostile)
    hostile.provenance()
    first, provenance = map(html, shown)
    assert tags(first) == {"style", "p", "section", "div", "svg", "path"}
    assert f", {within_a_line(name)} had" in first.select_one("p.headline").get_text()
    cells = [cell.get_text() for cell in provenance.find_all("td")]
    assert name in cells
    assert tags(provenance) == {"div", "table", "caption", "tbody", "tr", "th", "td"}
    # The facts are data, not a page: who shows them escapes them.
    assert shown[0].data[bundles.FACTS]["unit"] == name
    assert problems(report_page(executed(shown))) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_captions_notes_and_descriptions_are_text(
    unit: Unit, shown: list[NotebookNode], text: str
) -> None:
    told = report(unit)
    told.table(unit.quality(), text)
    told.note(text)
    told.figure(chart(), text)
    table, note, figure = map(html, shown)
    assert table.caption.get_text() == table.div["aria-label"] == text
    assert tags(table) == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert (note.p.get_text(), tags(note)) == (text, {"p"})
    assert figure.img["alt"] == text
    assert figure.figcaption.get_text() == text
    assert tags(figure) == {"figure", "div", "img", "figcaption"}
    assert set(figure.img.attrs) == {"src", "alt"}


def test_a_hostile_cell_is_refused(unit: Unit) -> None:
    bad = unit.quality().assign(check="<script>")
    with pytest.raises(KeyError):
        report(unit).table(bad, "Rows")


def test_a_hostile_source_is_shown_as_it_is_written(unit: Unit, shown: list[NotebookNode]) -> None:
    source = "postgresql://${USER}:${PASSWORD}@host/<b>"
    report(unit, source=source).provenance()
    assert source in [cell.get_text() for cell in html(shown[0]).find_all("td")]
    assert str(Path.cwd()) not in str(shown)


# Published frames ---------------------------------------------------------------------------------

FRAMES = ("ledger", "rates", "cohorts", "returns", "sensitivity", "quality")


def published(unit: Unit, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(unit, name)()
    return frame


@pytest.mark.parametrize("name", FRAMES)
def test_published_csv_is_the_frame(unit: Unit, shown: list[NotebookNode], name: str) -> None:
    frame = published(unit, name)
    assert report(unit).publish(name, frame) is frame
    (csv,) = bundles.frames(executed(shown)).values()
    lines = csv.splitlines()
    assert csv == "\n".join(lines) + "\n"
    assert lines[0].split(",") == list(frame.columns)
    assert len(lines) == len(frame) + 1
    days = [column for column in frame.columns if frame[column].dtype.kind == "M"]
    read = pd.read_csv(io.StringIO(csv), parse_dates=days)
    pd.testing.assert_frame_equal(read, frame, check_dtype=False, check_exact=True)
    for column, cells in zip(
        frame, zip(*(line.split(",") for line in lines[1:]), strict=True), strict=True
    ):
        if column in days:
            assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", cell) for cell in cells)
        # Text is the kit's own words: no cell can be a formula, no customer can be named.
        assert all(re.fullmatch(r"-?[\d.e+-]*|True|False", cell) or cell in NAMES for cell in cells)


def test_an_absent_rate_is_an_empty_field(unit: Unit, shown: list[NotebookNode]) -> None:
    report(unit).publish("rates", unit.rates())
    first = shown[0].data[bundles.FRAME]["csv"].splitlines()[1]
    assert first == "2026-01-01,2026-02-01,churn,0,0,,,"


def test_whole_numbers_are_published_without_decimals(
    unit: Unit, shown: list[NotebookNode]
) -> None:
    numbers = pd.DataFrame({"amount": [12.0, -0.0, -3.0, 1234567.0, 0.1 + 0.2, None, 1e15]})
    report(unit).publish("rates", numbers)
    *lines, last = shown[0].data[bundles.FRAME]["csv"].splitlines()
    assert lines == ["amount", "12", "0", "-3", "1234567", "0.30000000000000004", '""']
    assert last == "1000000000000000.0"


def test_a_share_is_published_to_its_last_digit(unit: Unit, shown: list[NotebookNode]) -> None:
    third = frames.rates({"churn": [(1, 3)]})
    report(unit).publish("rates", third)
    assert ",1,3,0.3333333333333333," in shown[0].data[bundles.FRAME]["csv"]


# Facts --------------------------------------------------------------------------------------------


def test_facts_are_whole_and_are_those_of_the_unit(unit: Unit, shown: list[NotebookNode]) -> None:
    ledger, rates, revenue = unit.ledger(), unit.rates(), unit.revenue()
    report(unit).summary(ledger, rates, revenue)
    facts = bundles.facts(executed(shown))
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    tiles = headline_tiles(ledger, rates, revenue, ENGLISH)
    assert facts == {
        "unit": "Unit",
        "as_of": "2026-06-30",
        "language": "en",
        "currency": "EUR",
        "frequency": "month",
        "calendar": "gregorian",
        "week_start": "monday",
        "fiscal_year_start": "january",
        "model": "purchases",
        "period": "2026-06-01",
        "period_label": "June 2026",
        "definitions": "1",
        "identities": "held",
        "headline": summary.headline("Unit", ledger, rates, ENGLISH),
        "unusual": summary.unusual(rates, ENGLISH),
        "worth": summary.worth(ledger, rates, revenue, ENGLISH),
        "tiles": [asdict(tile) for tile in tiles],
        "worse_than_normal": summary.worse_than_normal(rates),
        "thresholds": {"inactive_after": 10, "lost_after": 40, "rules": ["given", "given"]},
        "source": {
            "rows": 223,
            "first_day": "2026-01-01",
            "last_day": "2026-06-11",
            "fingerprint": unit.fingerprint,
        },
    }
    assert unit.fingerprint


def test_summary_shows_the_headline_and_every_tile(unit: Unit, shown: list[NotebookNode]) -> None:
    summarised(report(unit))
    facts, soup = bundles.facts(executed(shown)), html(shown[0])
    assert soup.select_one("p.headline").get_text() == facts["headline"]
    parts = ("label", "value", "detail")
    for tile, told in zip(soup.select(".tile"), facts["tiles"], strict=True):
        assert [tile.select_one(f".tile-{part}").get_text() for part in parts] == [
            told[part] for part in parts
        ]
        before, year = tile.select(".tile-change")
        assert (before.get_text(), before["class"]) == (
            told["change"],
            ["tile-change", told["tone"]],
        )
        assert year.get_text() == told["change_year"]
