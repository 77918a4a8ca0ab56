"""The template as Jupyter finds it: among the data files of the installed package."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from retention.reporting.export import NOTE, TEMPLATE, TEMPLATES, Banner, report_page
from retention.reporting.gate import problems
from retention.reporting.mime import FACTS

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
TOLD = {"unit": "Grocer", "as_of": "2026-10-31", "language": "fr", "period_label": "octobre 2026"}


def test_the_wheel_brings_the_template_where_jupyter_looks() -> None:
    wheel = tomllib.loads(PROJECT.read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    (brought,) = wheel["shared-data"].items()
    assert (PROJECT.parent / brought[0]) == TEMPLATES / TEMPLATE
    assert brought[1] == f"share/jupyter/nbconvert/templates/{TEMPLATE}"


def test_nbconvert_needs_nothing_but_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name alone, from a folder of Jupyter's data that holds a copy of the template."""
    shutil.copytree(TEMPLATES / TEMPLATE, tmp_path / "nbconvert" / "templates" / TEMPLATE)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    told = new_output("display_data", data={"text/html": "<p>told</p>", FACTS: TOLD})
    cells = [
        new_markdown_cell("# Rapport\n\n## Pourquoi ?"),
        new_code_cell("tell()", outputs=[told]),
    ]
    notebook = new_notebook(cells=cells)
    banner = Banner(NOTE, "Titre", ["<b>Phrase</b>."])
    exporter = HTMLExporter(template_name=TEMPLATE)
    assert str(tmp_path) in "".join(exporter.template_paths)
    page, _ = exporter.from_notebook_node(notebook, resources={"banners": [banner]})
    assert problems(page) == []
    pages = page, report_page(notebook, [banner])
    found, ours = (BeautifulSoup(each, "html.parser") for each in pages)
    assert found.main == ours.main
    assert found.style == ours.style
    assert found.aside.p.get_text() == "Titre. <b>Phrase</b>."
