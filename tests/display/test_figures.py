"""Tables and figures of a report, and the tables folded behind them."""

from __future__ import annotations

from dataclasses import replace

import frames
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from displayed import ENGLISH, chart, executed, html, report, summarised
from nbformat import NotebookNode

from retention import Unit
from retention.headings import OF_MONEY, heading_of
from retention.numerals import ABSENT
from retention.reporting.display import Report
from retention.reporting.export import report_page


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
    assert all(cell.startswith(("€", "−\u2060€")) for cell in last[2:4])


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
