"""The report notebook as it is written, and as plain papermill executes it."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from retention import open_unit
from retention.opportunity_value import OPPORTUNITY
from retention.rates import CHURN
from retention.reporting import bundles
from retention.reporting.notebooks import NOTEBOOKS, kit_notebook
from retention.sample import write_company

NOTEBOOK = kit_notebook()

# Contract 3: the columns of what a run leaves.
COLUMNS = {
    "ledger": "period,period_end,opening_active,new,reactivated,won_back,lapsed,closing_active,"
    "opening_dormant,closing_dormant,opening_lost,became_lost,closing_lost,intra_period_returns,"
    "revenue",
    "rates": "period,period_end,measure,numerator,denominator,rate,low,high",
    "cohorts": "cohort,age,cohort_size,customers,retention,revenue,"
    "cumulative_revenue_per_customer,complete",
    "unbounded": "cohort,age,cohort_size,customers,retention,low,high",
    "rolling": "cohort,window,cohort_size,watched,customers,retention,low,high,"
    "cumulative_revenue_per_customer,complete",
    "cohort_revenue": "cohort,age,cohort_size,gross_revenue,refunded,revenue,"
    "cumulative_gross_revenue,cumulative_revenue,complete",
    "second_purchase": "days,at_risk,second_purchases,censored,second_purchase_share,low,high",
    "second_life": "began_as,window,watched,customers,retention,low,high,"
    "cumulative_revenue_per_customer",
    "opportunity": ",".join(OPPORTUNITY),
    "inactive": "breakdown,group,dormant,lost,customers,inactive,share,low,high,former_value",
    "returns": "lapse_period,age,lapsed,returned,return_share,low,high,complete",
    "thresholds": "threshold,days,rule,gaps,open_gaps,wrongly_called,low,high",
    "sensitivity": "multiple,inactive_after,lost_after,measure,rate,low,high",
    "activity": "period,period_end,active,new,retained,resurrected,churned,quick_ratio,"
    "active_revenue,new_revenue,retained_revenue,resurrected_revenue,expansion,contraction,"
    "churned_revenue,other_revenue",
    "quality": "check,rows,amount,level",
}
DRAWS = ("plots", "cohort_plots", "follow_up_plots", "report")
# Executive first, evidence last.
AROUND = ("publish", "recent", "large", "figure", "ways", "without_few")
"""Calls that show nothing of their own."""

SHOWN = [
    *("summary", "stocks", "movements", "note", "rates", "rates", "rates", "scope"),
    *("returns", "second_life", "inactive", "worth", "audience", "revenue", "recurring"),
    *("retention_heatmap", "revenue_heatmap", "second_purchase"),
    *("thresholds", "table", "table", "table"),
    *("table", "quality", "definitions", "provenance"),
]


# As it is written ---------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=NOTEBOOKS)
def written(request: pytest.FixtureRequest) -> NotebookNode:
    return nbformat.read(kit_notebook(request.param), as_version=nbformat.NO_CONVERT)


@pytest.fixture(scope="module")
def code(written: NotebookNode) -> list[str]:
    return [cell.source for cell in written.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def of_unit() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)


def nodes(code: list[str]) -> Iterator[ast.AST]:
    for source in code:
        yield from ast.walk(ast.parse(source))


def test_file_is_a_clean_notebook_of_python(written: NotebookNode) -> None:
    nbformat.validate(written)
    assert written.metadata.kernelspec.name == "python3"
    assert all(cell.id for cell in written.cells)
    for cell in written.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


def test_parameters_are_what_papermill_explains() -> None:
    known = papermill.inspect_notebook(str(NOTEBOOK))
    assert {name: told["inferred_type_name"] for name, told in known.items()} == {
        "unit": "str",
        "as_of": "str",
        "frequency": "str",
        "inactive_after": "int",
        "lost_after": "int",
        "language": "str",
    }
    assert all(told["help"] for told in known.values())
    assert {told["default"] for name, told in known.items() if name != "unit"} == {"None"}


def test_the_first_cell_holds_the_parameters_and_nothing_else(written: NotebookNode) -> None:
    tagged = [cell for cell in written.cells if "parameters" in cell.metadata.get("tags", [])]
    assert tagged == [written.cells[0]]
    assert all(isinstance(line, ast.AnnAssign) for line in ast.parse(tagged[0].source).body)


def test_cells_are_few_and_short(code: list[str]) -> None:
    assert len(code) <= 20
    assert max(len(source.splitlines()) for source in code) <= 8
    assert max(len(line) for source in code for line in source.splitlines()) <= 100


def test_cells_hold_no_logic(code: list[str]) -> None:
    logic = (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
        *(ast.For, ast.While, ast.If, ast.With, ast.Try, ast.comprehension),
    )
    assert [ast.unparse(node) for node in nodes(code) if isinstance(node, logic)] == []


def test_cells_neither_print_nor_read_nor_group_nor_draw(code: list[str]) -> None:
    names = {node.id for node in nodes(code) if isinstance(node, ast.Name)}
    assert not names & {"print", "open", "input", "exec", "eval", "plt", "sns", "pd"}
    attributes = {node.attr for node in nodes(code) if isinstance(node, ast.Attribute)}
    assert not attributes & {"groupby", "merge", "pivot", "apply", "to_csv", "savefig", "sql"}
    texts = {node.value for node in nodes(code) if isinstance(node, ast.Constant)}
    assert not any("select " in str(text).lower() for text in texts)
    assert not any(
        line.lstrip()[:1] in ("%", "!") for source in code for line in source.split("\n")
    )


def test_cells_import_from_the_kit_alone(code: list[str]) -> None:
    assert not [node for node in nodes(code) if isinstance(node, ast.Import)]
    modules = {node.module for node in nodes(code) if isinstance(node, ast.ImportFrom)}
    assert {str(module).split(".")[0] for module in modules} == {"retention"}


def test_questions_come_in_the_order_of_an_executive(of_unit: NotebookNode) -> None:
    code = [cell.source for cell in of_unit.cells if cell.cell_type == "code"]
    calls = [
        node.func.attr
        for source in code
        for node in sorted(
            (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)),
            key=lambda call: (call.lineno, call.col_offset),
        )
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in DRAWS
    ]
    assert [name for name in calls if name not in AROUND] == SHOWN


def test_every_section_asks_a_question_and_is_followed_by_its_answer(written: NotebookNode) -> None:
    first = next(n for n, cell in enumerate(written.cells) if cell.cell_type == "markdown")
    sections = written.cells[first:]
    assert [cell.cell_type for cell in sections] == ["markdown", "code"] * (len(sections) // 2)
    level = 2
    for cell in sections[::2]:
        heading = cell.source.splitlines()[0]
        marks, text = heading.split(" ", 1)
        # The one of the whole page, where it has one, comes first.
        assert (1 if cell is sections[0] else 2) <= len(marks) <= level + 1
        assert text.endswith("?")
        level = len(marks)


def test_win_back_and_reactivation_are_told_apart_where_they_are_shown(
    of_unit: NotebookNode,
) -> None:
    cells = {cell.source.splitlines()[0]: cell.source for cell in of_unit.cells}
    text = cells["## Who comes back?"]
    win_back, reactivation = (text.index(f"**{word}**") for word in ("Win-back", "Reactivation"))
    assert "lost" in text[win_back:reactivation]
    assert "dormant and lost" in text[reactivation:]


# As it is executed --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    write_company(folder, customers=800)
    return folder


def executed(folder: Path, **parameters: object) -> NotebookNode:
    notebook: NotebookNode = papermill.execute_notebook(
        NOTEBOOK,
        None,
        parameters=parameters,
        cwd=folder,
        progress_bar=False,
        log_output=False,
        # Of nbclient's own 4 seconds a busy machine may need more for a large figure.
        iopub_timeout=120,
    )
    return notebook


@pytest.fixture(scope="module")
def report(company: Path) -> NotebookNode:
    return executed(company, unit="params/fashion_fr.yaml")


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def frame(notebook: NotebookNode, name: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(bundles.frames(notebook)[name]))


def churn(rates: pd.DataFrame) -> list[float]:
    found = rates.loc[rates["measure"] == CHURN, "rate"]
    return found.dropna().round(12).tolist()


def test_papermill_runs_every_cell_without_a_word_on_the_side(report: NotebookNode) -> None:
    code = [cell for cell in report.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert {output.output_type for output in outputs(report)} == {"display_data"}


def test_every_frame_of_the_contract_is_published_with_its_columns(report: NotebookNode) -> None:
    found = bundles.frames(report)
    assert {name: csv.splitlines()[0] for name, csv in found.items()} == COLUMNS
    assert all(len(csv.splitlines()) > 1 for csv in found.values())


def test_facts_are_those_of_the_unit(company: Path, report: NotebookNode) -> None:
    facts = bundles.facts(report)
    assert (facts["unit"], facts["as_of"], facts["period"]) == (
        "Mode France",
        "2026-06-30",
        "2026-06-01",
    )
    unit = open_unit(str(company / "params" / "fashion_fr.yaml"))
    assert facts["thresholds"]["inactive_after"] == unit.thresholds.inactive_after
    assert churn(frame(report, "rates")) == churn(unit.rates())


def test_every_chart_is_drawn_and_described(report: NotebookNode) -> None:
    shown = [output.data.get("text/html", "") for output in outputs(report)]
    page = BeautifulSoup("".join(shown), "html.parser")
    images = page.select("figure img")
    assert all(image["src"].startswith("data:image/svg+xml,") for image in images)
    assert all(image["alt"] for image in images)
    # Of a chart of several panels, the first says what all show.
    described = [figure.select_one("img")["alt"] for figure in page.select("figure:has(img)")]
    assert len(described) == len(set(described)) == 13
    assert all(len(alt) > 40 for alt in described)


def test_a_turned_parameter_changes_the_figures(company: Path, report: NotebookNode) -> None:
    turned = executed(company, unit="params/fashion_fr.yaml", inactive_after=45, language="en")
    given = open_unit(str(company / "params" / "fashion_fr.yaml"), inactive_after=45)
    assert frame(turned, "thresholds")["days"].tolist()[0] == 45
    assert frame(turned, "thresholds")["rule"].tolist()[0] == "given"
    assert churn(frame(turned, "rates")) == churn(given.rates())
    assert churn(frame(turned, "rates")) != churn(frame(report, "rates"))
    headlines = [bundles.facts(notebook)["headline"] for notebook in (report, turned)]
    assert headlines[0] != headlines[1]
    assert "Mode France had" in headlines[1]
    # What does not hang on the thresholds stays.
    assert bundles.frames(turned)["quality"] == bundles.frames(report)["quality"]


def test_a_unit_with_hardly_any_data_has_a_report_too(tmp_path: Path) -> None:
    # Three customers, one month, no lapse, no cohort as large as minimum_group.
    day = date(2026, 1, 1)
    rows = [
        f"c{customer},{day + timedelta(days=customer + 3 * purchase)},10"
        for customer in range(3)
        for purchase in range(9)
    ]
    text = "\n".join(["customer_id,ordered_at,amount", *rows, "late,2026-02-02,5", ""])
    (tmp_path / "orders.csv").write_text(text)
    settings = "unit: Small\nsource: orders.csv\ninactive_after: 90\nlost_after: 180\n"
    (tmp_path / "small.yaml").write_text(settings)
    small = executed(tmp_path, unit="small.yaml")
    assert bundles.facts(small)["period"] == "2026-01-01"
    assert len(frame(small, "ledger")) == 1
    assert bundles.frames(small)["returns"] == COLUMNS["returns"] + "\n"
