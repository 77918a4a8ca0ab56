import re
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from retention.reporting.bundles import FACTS, FRAME
from retention.reporting.export import TEMPLATES, report_page
from retention.reporting.gate import customers, problems

HOSTILE = "<script>alert(1)</script>&\"'"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJA"
    "AAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
POLICY = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
MINIMAL = f"<html lang='en'><head>{POLICY}<title>x</title></head><body><h1>x</h1>{{}}</body></html>"


def facts(**change: str) -> dict[str, Any]:
    return {
        "unit": "Grocer",
        "as_of": "2026-10-31",
        "language": "es",
        "period_label": "octubre de 2026",
        "definitions": "1",
    } | change


def shown(**data: Any) -> NotebookNode:
    named = {key.replace("__", "/"): value for key, value in data.items()}
    return new_output("display_data", data=named)


def report(*cells: NotebookNode, **change: str) -> NotebookNode:
    told = new_output("display_data", data={"text/html": "<p>told</p>", FACTS: facts(**change)})
    return new_notebook(
        cells=[
            new_markdown_cell("# Customer retention"),
            new_code_cell("unit = None", metadata={"tags": ["parameters"]}),
            new_code_cell("unit = 'grocer'", metadata={"tags": ["injected-parameters"]}),
            new_code_cell("tell()", outputs=[told]),
            *cells,
        ]
    )


def parsed(*cells: NotebookNode, **change: str) -> BeautifulSoup:
    page = report_page(report(*cells, **change))
    assert problems(page) == []
    return BeautifulSoup(page, "html.parser")


def text(node: Any) -> str:
    return str(node.get_text(" ", strip=True))


def test_page_says_unit_period_and_day_in_its_language() -> None:
    page = parsed()
    assert page.html["lang"] == "es"
    assert text(page.title) == "Grocer · octubre de 2026"
    assert text(page.h1) == "Grocer"
    assert text(page.select_one(".kicker")) == "Retención de clientes"
    assert "Datos hasta el 31 de octubre de 2026" in text(page.select_one(".dateline"))


@pytest.mark.parametrize(("currency", "day"), [("GBP", "31 October"), ("USD", "October 31,")])
def test_english_dates_are_british_unless_money_is_in_dollars(currency: str, day: str) -> None:
    page = parsed(language="en", currency=currency)
    assert f"Data up to and including {day} 2026" in text(page.select_one(".dateline"))


@pytest.mark.parametrize("language", ["", "de", "../es", HOSTILE])
def test_a_language_that_the_kit_does_not_speak_is_english(language: str) -> None:
    page = parsed(language=language)
    assert page.html["lang"] == "en"
    assert text(page.select_one(".kicker")) == "Customer retention"


def test_markdown_is_translated_passage_by_passage_and_never_lost() -> None:
    page = parsed(
        new_markdown_cell(
            "## Who comes back?\n### Sub *mine*\nNobody translated {this}.\n\n"
            "Every row of the source is counted here, with its revenue: what was kept, and what "
            "was dropped and why.\n\n```\n# Who comes back?\n\nWho comes back?\n```"
        )
    )
    section = page.select_one("section[aria-labelledby]")
    assert (text(section.h2), text(section.h3)) == ("¿Quién vuelve?", "Sub mine")
    paragraphs = [text(paragraph) for paragraph in section.find_all("p")]
    assert paragraphs[0] == "Nobody translated {this}."
    assert paragraphs[1].startswith("Aquí se cuentan todas las filas")
    assert section.pre.get_text().strip() == "# Who comes back?\n\nWho comes back?"


def test_page_reads_on_a_phone_and_allows_nothing_but_itself() -> None:
    page = parsed()
    assert page.find("meta", attrs={"name": "viewport"})
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert page.find("script") is None
    assert page.find("link") is None


def test_hostile_facts_are_text_everywhere() -> None:
    page = report_page(report(unit=HOSTILE, period_label=HOSTILE, definitions=HOSTILE))
    assert problems(page) == []
    assert "<script" not in page
    soup = BeautifulSoup(page, "html.parser")
    assert text(soup.h1) == HOSTILE
    assert text(soup.title) == f"{HOSTILE} · {HOSTILE}"


def test_headings_of_level_2_make_sections_with_what_follows_them() -> None:
    page = parsed(
        new_markdown_cell("## Do we lose?\n\nYes.\n\n## Do we win?"),
        new_code_cell("draw()", outputs=[shown(text__html="<p>drawn</p>")]),
    )
    first, second = page.main.find_all("section", recursive=False)
    assert (text(first.h2), text(first.p)) == ("Do we lose?", "Yes.")
    assert (text(second.h2), text(second.p)) == ("Do we win?", "drawn")
    assert first["aria-labelledby"] == first.h2["id"] == "do-we-lose"


def test_contents_lead_to_sections_even_with_equal_headings() -> None:
    page = parsed(new_markdown_cell("## Same\n\n## Same\n\n## Größe & `code`"))
    links = [link["href"] for link in page.select("nav.toc a")]
    assert links == ["#same", "#same-2", "#größe-code"]
    assert [heading["id"] for heading in page.find_all("h2")] == [link[1:] for link in links]


def test_code_is_kept_for_the_auditor_and_folded() -> None:
    page = parsed(new_code_cell("x = 1 < 2  # <b>"), new_code_cell("  "))
    appendix = page.select_one("details.code")
    assert not appendix.has_attr("open")
    labels = [text(label) for label in appendix.select(".cell-label")]
    assert labels == [
        "Celda de código 1",
        "Celda de código 2: parámetros de esta ejecución",
        "Celda de código 3",
        "Celda de código 4",
    ]
    assert "x = 1 < 2  # <b>" in appendix.get_text()
    appendix.extract()
    assert "tell()" not in page.get_text()


def test_streams_errors_and_data_are_not_on_the_page() -> None:
    page = parsed(
        new_code_cell(
            "x",
            outputs=[
                new_output("stream", name="stdout", text="PRINTED"),
                new_output("stream", name="stderr", text="WARNED"),
                new_output("error", ename="E", evalue="RAISED", traceback=["RAISED"]),
                new_output(
                    "display_data", data={FRAME: {"name": "x", "csv": "CSV"}, "text/plain": "PLAIN"}
                ),
            ],
        )
    )
    assert not re.search("PRINTED|WARNED|RAISED|CSV|PLAIN", str(page))


def test_other_outputs_are_shown_as_text_or_picture() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
    page = parsed(
        new_code_cell(
            "x",
            outputs=[
                shown(text__plain="<script>alert(1)</script>"),
                shown(image__png=PIXEL + "\n", text__plain="<Figure>"),
                shown(**{"image__svg+xml": svg}),
                shown(text__html=pd.DataFrame({"a": [1]}).to_html()),
            ],
        )
    )
    assert "<script>alert(1)</script>" in [text(pre) for pre in page.find_all("pre")]
    png, vector = page.find_all("img")
    assert png["src"] == f"data:image/png;base64,{PIXEL}"
    assert vector["src"].startswith("data:image/svg+xml;base64,")
    assert png["alt"] == "Figura de la celda de código 4, sin descripción"
    table = page.find("table")
    assert table.parent["class"] == ["scroll"]
    assert text(table.caption) == "Tabla de la celda de código 4"
    assert [cell["scope"] for cell in table.find_all("th")] == ["col", "col", "row"]


def test_links_that_lead_outside_become_text() -> None:
    page = parsed(
        new_markdown_cell("[Rule](https://example.org/a?b=1&c=2), <https://e.org>, [up](#top)")
    )
    assert [link["href"] for link in page.main.find_all("a")] == ["#top"]
    assert "Rule (https://example.org/a?b=1&c=2)" in text(page.main)


def test_the_page_is_the_same_through_jupyter_nbconvert() -> None:
    exporter = HTMLExporter(template_name="retention", extra_template_basedirs=[str(TEMPLATES)])
    page, _ = exporter.from_notebook_node(report(new_markdown_cell("## Why?\n\nSo.")))
    assert problems(page) == []
    assert text(BeautifulSoup(page, "html.parser").select_one("section h2")) == "Why?"


def test_a_notebook_that_did_not_run_renders_too() -> None:
    page = report_page(new_notebook(cells=[new_markdown_cell("# Draft & more")]))
    assert text(BeautifulSoup(page, "html.parser").title) == "Draft & more"


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<script>1</script>", "<script> is not allowed"),
        ("<SCRIPT src=x></SCRIPT>", "<script> is not allowed"),
        ("<p onclick='x'>y</p>", "attribute onclick"),
        ("<img src='https://e.org/x.png' alt='x'>", "<img> refers to https://e.org/x.png"),
        ("<img src='//e.org/x.png' alt='x'>", "<img> refers to //e.org/x.png"),
        ("<img srcset='x.png 2x' alt='x'>", "<img> refers to x.png 2x"),
        ("<img src='data:image/png;base64,AA' alt=' '>", "<img> without a description"),
        ("<img src='data:text/html,x' alt='x'>", "<img> refers to data:text/html,x"),
        ("<a href='https://e.org'>x</a>", "<a> refers to https://e.org"),
        ("<a href='javascript:1'>x</a>", "<a> refers to javascript:1"),
        ("<link rel=stylesheet href=x.css>", "<link> is not allowed"),
        ("<style>p { background: url(x.png) }</style>", "the style refers to url(x.png"),
        ("<style>@import 'x.css';</style>", "the style refers to @import"),
        ("<p style='background: URL( \"//e.org\" )'>x</p>", "the style refers to URL( "),
        ("<iframe srcdoc='x'></iframe>", "<iframe> is not allowed"),
        ("<meta http-equiv=refresh content='0;url=x'>", "<meta http-equiv=refresh>"),
        ("<h1>again</h1>", "2 headings of level 1"),
        ("<h3>x</h3>", "a heading of level 3 after one of level 1"),
        ("<h2>x</h2><h4>x</h4>", "a heading of level 4 after one of level 2"),
        ("<table><tr><th scope=row>x</th></tr></table>", "<table> without a caption"),
        ("<table><caption>x</caption><tr><td>x</td></tr></table>", "<table> without a heading"),
        ("<table><caption>x</caption><tr><th>x</th></tr></table>", "<th> without a scope"),
        ("<p>ann@example.org</p>", "an e-mail address in the text"),
        (
            "<table aria-label=x><tr><th scope=col> customer_id </th></tr></table>",
            "a table with the column customer_id",
        ),
        ("x" * 600_001, "at most 600,000 are allowed"),
    ],
)
def test_gate_refuses(inside: str, words: str) -> None:
    assert words in "; ".join(problems(MINIMAL.replace("{}", inside)))


def test_gate_passes_a_page_that_keeps_to_itself() -> None:
    inside = (
        "<a href='#x'>x</a><img alt='x' src='data:image/png;base64,AA'>"
        "<style>p { background: url(data:image/png;base64,AA) }</style>"
        "<p>Read https://example.org and //this, said &lt;script&gt;.</p><h2>x</h2><h3>x</h3><h2>"
        "x</h2><table class='settings'><caption>x</caption><tr><th scope=row>query</th>"
        "<td>SELECT a@b.org AS customer_id</td></tr></table><table aria-label='x'><tr>"
        "<th scope=row>x</th></tr></table><details class='code'><details>x</details>"
        "<pre>'ann@example.org'</pre></details>"
    )
    assert problems(MINIMAL.replace("{}", inside)) == []


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (POLICY, "no Content-Security-Policy"),
        (" lang='en'", "<html> without a language"),
        ("<title>x</title>", "no title"),
        ("<h1>x</h1>", "0 headings of level 1"),
    ],
)
def test_gate_asks_for(missing: str, words: str) -> None:
    assert words in "; ".join(problems(MINIMAL.replace(missing, "")))


def test_gate_names_the_first_problems_and_counts_the_rest() -> None:
    found = problems(MINIMAL.replace("{}", "<script></script>" * 9))
    assert found == ["<script> is not allowed"] * 5 + ["and 4 more"]


@pytest.mark.parametrize(
    ("csv", "found"),
    [
        ("period,new\n2026-01-01,7\n", []),
        ("period,customer_id\n2026-01-01,7\n", ["a column customer_id"]),
        ("check,rows\nann@example.org,7\n", ["an e-mail address"]),
        ("check,rows\nno_customer_id,7\n", []),
    ],
)
def test_gate_lets_no_table_name_a_customer(csv: str, found: list[str]) -> None:
    assert customers(csv) == found


def test_a_table_of_markdown_has_a_caption_and_scopes() -> None:
    table = parsed(new_markdown_cell("## Why?\n\n| a | b |\n|---|---|\n| 1 | 2 |")).table
    assert text(table.caption) == "Tabla"
    assert [cell["scope"] for cell in table.find_all("th")] == ["col", "col"]


def test_gate_takes_another_size() -> None:
    assert problems(MINIMAL, most_bytes=20)
    assert not problems(MINIMAL.replace("{}", "x" * 700_000), most_bytes=800_000)
