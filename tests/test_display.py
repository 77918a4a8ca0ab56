from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import frames
import nbformat.v4 as v4
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib import rc_context
from matplotlib.axes import Axes
from nbformat import NotebookNode

from retention import Unit, cohort_plots, open_unit, plots, summary
from retention.cohorts import RETURNS
from retention.language import ABSENT, Language
from retention.params import Settings
from retention.rates import MEASURES
from retention.reporting import bundles
from retention.reporting import shown as shown_module
from retention.reporting.display import Report
from retention.reporting.export import report_page
from retention.reporting.gate import problems
from retention.style import STYLE, axes
from retention.tiles import tiles as headline_tiles
from retention.words import NAMES, OF_MONEY, heading_of, within_a_line

ENGLISH = Language()
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></section></p><style>*{display:none}</style>",
    "<!-- & &lt;b&gt; &#60;",
    "evil\u202e\u200f",
    '=HYPERLINK("https://example.org","click")',
    "{unit} %s ${HOME}",
]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """Twelve customers over half a year, one more who bought once, and a first month of its own."""
    folder = tmp_path_factory.mktemp("unit")
    day = date(2026, 1, 1)
    rows = [
        (f"c{customer}", day + timedelta(days=customer + 7 * purchase), 10 / 3)
        for customer in range(12)
        for purchase in range(24 - customer)
    ]
    rows.append(("once", date(2026, 3, 9), 7.5))
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    orders.to_csv(folder / "orders.csv", index=False)
    settings = Settings(
        slug="unit",
        path=folder / "unit.yaml",
        unit="Unit",
        source="orders.csv",
        as_of=date(2026, 6, 30),
        inactive_after=10,
        lost_after=40,
    )
    return open_unit(settings)


@contextmanager
def showing() -> Iterator[list[NotebookNode]]:
    """What is displayed in the block, as the outputs of a cell."""
    outputs: list[NotebookNode] = []

    def displayed(data: dict[str, Any], *, raw: bool) -> None:
        assert raw
        outputs.append(v4.new_output("display_data", data=data))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shown_module, "display", displayed)
        yield outputs


@pytest.fixture
def shown() -> Iterator[list[NotebookNode]]:
    """What is displayed in the test."""
    with showing() as outputs:
        yield outputs


def report(unit: Unit, /, **change: object) -> Report:
    return Report(replace(unit, settings=unit.settings.model_copy(update=change)))


def executed(outputs: list[NotebookNode]) -> NotebookNode:
    return v4.new_notebook(cells=[v4.new_code_cell("report", outputs=outputs)])


def summarised(report: Report) -> None:
    ledger = frames.ledger()
    report.summary(ledger, frames.rates_of(ledger), frames.revenue(*[{"new": 5.0}] * 13))


def html(output: NotebookNode) -> BeautifulSoup:
    return BeautifulSoup(output.data["text/html"], "html.parser")


def tags(soup: BeautifulSoup) -> set[str]:
    return {tag.name for tag in soup.find_all(True)}


def chart(text: str = "3.982") -> Axes:
    ax = axes(None)
    ax.plot([0, 1.23456], [3.982, 1234.56], alpha=0.155)
    ax.text(0.1, 0.2, text)
    return ax


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


# Tables and figures -------------------------------------------------------------------------------


def test_a_table_has_a_heading_a_column_and_a_row_a_row(
    unit: Unit, shown: list[NotebookNode]
) -> None:
    report(unit).table(unit.rates(), "Rates")
    head, *rows = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in html(shown[0]).find_all("tr")
    ]
    columns = ["period", "measure", "numerator", "denominator", "rate", "low", "high"]
    assert [cell.lower() for cell in head] == [
        heading_of(name, ENGLISH).lower() for name in columns
    ]
    assert len(rows) == len(unit.rates())
    assert rows[0] == ["January 2026", "churn rate", "0", "0", ABSENT, ABSENT, ABSENT]
    scopes = [cell["scope"] for cell in html(shown[0]).find_all("th")]
    assert scopes == ["col"] * len(columns) + ["row"] * len(rows)


def test_a_share_of_money_is_shown_as_money(unit: Unit, shown: list[NotebookNode]) -> None:
    rates = unit.rates()
    report(unit).table(rates[rates["measure"] == "revenue_churn"], "Revenue churn")
    head, *_, last = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in html(shown[0]).find_all("tr")
    ]
    names = ["period", "measure", *OF_MONEY.values(), "rate"]
    assert [cell.lower() for cell in head] == [heading_of(name, ENGLISH).lower() for name in names]
    assert all(cell.startswith(("€", "−€")) for cell in last[2:4])


def test_a_figure_folds_the_frame_behind_it(unit: Unit, shown: list[NotebookNode]) -> None:
    report(unit).figure(chart(), "A chart", data=unit.ledger())
    soup = html(shown[0])
    assert not soup.details.has_attr("open")
    assert len(soup.details.tbody.find_all("tr")) == 6
    assert soup.img["src"].startswith("data:image/svg+xml,")
    assert shown[0].data["text/plain"] == "A chart"


@pytest.mark.parametrize(
    ("frame", "value", "first"),
    [
        (frames.cohorts([40, 30, 20]), "retention", ["40", "100.0%", "50.0%"]),
        (
            frames.returns({"2026-01-01": [(90, 0.25, True), (90, 0.5, True), (90, 0.7, False)]}),
            "return_share",
            ["90", "25.0%", "50.0%"],
        ),
    ],
)
def test_figures_by_age_fold_a_table_with_a_column_an_age(
    unit: Unit, shown: list[NotebookNode], frame: pd.DataFrame, value: str, first: list[str]
) -> None:
    report(unit).figure(chart(), "A chart", data=frame, value=value)
    table = html(shown[0]).details.table
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in table.tbody.find_all("tr")]
    assert rows[0] == first
    # What is not complete is absent, and so is its age where no group has been watched so long.
    assert all(row[-1] == "" for row in rows[1:])
    ages = [int(cell.get_text()) for cell in table.thead.find_all("th")[2:]]
    whole = frame.loc[frame["complete"], "age"]
    assert ages == sorted(whole.unique())
    assert heading_of(value, ENGLISH) in table.caption.get_text()


@pytest.mark.parametrize("scope", ["inactive", "with_prospects"])
def test_the_page_says_which_scope_is_in_force(
    unit: Unit, shown: list[NotebookNode], scope: str
) -> None:
    changed = {"prospects": "people.csv", "reactivation_scope": scope}
    settings = unit.settings.model_copy(update=changed)
    told = Report(replace(unit, settings=settings))
    told.scope()
    told.definitions()
    said, terms = html(shown[0]).get_text(), html(shown[1])
    meanings = {
        term.get_text(): meaning.get_text()
        for term, meaning in zip(terms.select("dt"), terms.select("dd"), strict=True)
    }
    wide = scope == "with_prospects"
    assert ("prospects too" in said) == wide
    assert ("prospects" in meanings["Reactivation rate"]) == wide
    assert {"Prospect", "Conversion rate"} <= set(meanings)
    assert told.returning == ["win_back", "reactivation", "conversion"]
    assert report(unit).returning == ["win_back", "reactivation"]


def test_definitions_name_the_units_own_thresholds(unit: Unit, shown: list[NotebookNode]) -> None:
    report(unit).definitions()
    soup = html(shown[0])
    assert len(soup.find_all("dt")) == len(soup.find_all("dd"))
    assert "10 days" in soup.dd.get_text()
    assert "{" not in soup.get_text()


def test_the_exported_page_leaves_out_what_is_for_jupyterlab(
    unit: Unit, shown: list[NotebookNode]
) -> None:
    summarised(report(unit))
    assert 'class="workbench"' in shown[0].data["text/html"]
    page = report_page(executed(shown))
    assert "workbench" not in page
    assert ".jp-" not in page
    assert len(BeautifulSoup(page, "html.parser").select(".tile")) == 6


# What is recent -----------------------------------------------------------------------------------


def test_the_first_cohort_holds_earlier_customers_unless_the_history_is_whole(unit: Unit) -> None:
    assert report(unit).cut == unit.cohorts()["cohort"].min().date() == date(2026, 1, 1)
    assert report(unit, history_complete=True).cut is None


def test_recent_keeps_the_newest_periods(unit: Unit) -> None:
    kept = report(unit, periods_shown=2).recent(unit.rates())
    assert [f"{day:%Y-%m}" for day in kept["period"].unique()] == ["2026-05", "2026-06"]
    assert len(kept) == 2 * len(MEASURES)
    assert kept.index.tolist() == list(range(len(kept)))


def test_recent_leaves_small_groups_out(unit: Unit) -> None:
    cohorts = unit.cohorts()
    assert cohorts["cohort_size"].unique().tolist() == [12, 1]
    # The one of 1 would follow from all customers and the one of 12.
    assert report(unit, minimum_group=2).recent(cohorts).empty
    four = frames.cohorts([40, 3, 7, 90])
    assert report(unit).recent(four)["cohort_size"].unique().tolist() == [40, 90]
    pd.testing.assert_frame_equal(report(unit, minimum_group=1).recent(cohorts), cohorts)
    assert report(unit, minimum_group=13).recent(cohorts).empty


def test_large_leaves_out_what_rests_on_too_few_customers(unit: Unit) -> None:
    lives = frames.second_life({"new": [(60, 60, 1.0), (5, 2, 2.0), (4, 2, 3.0)]})
    assert report(unit).large(lives)["watched"].tolist() == [60, 5]
    waits = frames.second_purchase()
    assert report(unit, minimum_group=301).large(waits)["at_risk"].min() >= 301
    assert report(unit, minimum_group=1).large(waits).equals(waits)


def test_recent_counts_cohorts_before_it_leaves_any_out(unit: Unit) -> None:
    # The newest cohort is the single customer's; with her out, nothing older takes her place.
    assert report(unit, periods_shown=1, minimum_group=2).recent(unit.cohorts()).empty


def test_lapses_are_groups_in_the_returns_and_events_in_the_ledger(unit: Unit) -> None:
    lapses = {"2026-01-01": 4, "2026-02-01": 5, "2026-03-01": 9}
    returns = frames.returns({day: [(lapsed, 0.5, True)] for day, lapsed in lapses.items()})
    assert report(unit).recent(returns)["lapsed"].tolist() == [9]
    ledger = unit.ledger()
    assert (ledger["lapsed"] < 5).any()
    pd.testing.assert_frame_equal(report(unit).recent(ledger), ledger)


@pytest.mark.parametrize("frame", [frames.cohorts([]), pd.DataFrame(columns=list(RETURNS))])
def test_recent_of_nothing_is_nothing(unit: Unit, frame: pd.DataFrame) -> None:
    assert report(unit).recent(frame).empty


# Drawings -----------------------------------------------------------------------------------------

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
