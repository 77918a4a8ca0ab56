"""A real re-run on changed data: what moved, told on the pages of five units."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from fault_notebook import orders

from retention.language import Language
from retention.params import settings
from retention.reporting import runner
from retention.reporting.notebooks import kit_notebook
from retention.restatements import RESTATEMENTS
from retention.unit import DEFINITIONS_VERSION

UNITS: dict[str, dict[str, object]] = {
    "same": {},
    "corrected": {},
    "stricter": {"language": "fr"},
    "quarterly": {"language": "es"},
    "torn": {},
}
LATER: dict[str, dict[str, object]] = {
    "stricter": {"inactive_after": 45, "periods_shown": 12},
    "quarterly": {"frequency": "quarter"},
}


def batch(folder: Path, changed: dict[str, dict[str, object]]) -> runner.Batch:
    units = []
    for slug, keys in UNITS.items():
        given = {"unit": slug, "source": "orders.csv", "inactive_after": 30, "lost_after": 60}
        given |= {"as_of": "2026-10-31", **keys, **changed.get(slug, {})}
        if slug == "corrected":
            given["source"] = "corrected.csv"
        path = folder / "params" / f"{slug}.yaml"
        path.write_text(yaml.safe_dump(given), encoding="utf-8")
        units.append(settings(path))
    result = runner.run(units, runner.Plan(folder / "report.ipynb", folder / "reports"))
    assert [each.outcome.message for each in result.results] == [""] * len(UNITS)
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five units, run, then run again after corrections of their data and settings."""
    folder = tmp_path_factory.mktemp("kit")
    (folder / "params").mkdir()
    orders(folder)
    told = (folder / "params" / "orders.csv").read_text(encoding="utf-8")
    (folder / "params" / "corrected.csv").write_text(told, encoding="utf-8")
    # The beginning of the report's own notebook is enough: the summary and what it rests on.
    notebook = nbformat.read(kit_notebook(), as_version=4)
    notebook.cells = notebook.cells[:3]
    nbformat.write(notebook, folder / "report.ipynb")
    batch(folder, {})
    first = folder / "first"
    (folder / "reports").rename(first)
    for slug in UNITS:
        assert not (report(folder, slug, "first") / "data" / "restatements.csv").exists()
    # Copied, so that both runs can be looked at.
    (folder / "reports").mkdir()
    for path in sorted(first.rglob("*")):
        there = folder / "reports" / path.relative_to(first)
        if path.is_dir():
            there.mkdir(parents=True)
        else:
            there.write_bytes(path.read_bytes())
    (report(folder, "torn") / "data" / "ledger.csv").write_bytes(b"period,\xff\n")
    corrected = told.replace("c5,2026-05-05,10\n", "").replace("2026-09-01,10", "2026-09-01,14.5")
    (folder / "params" / "corrected.csv").write_text(corrected, encoding="utf-8")
    batch(folder, LATER)
    return folder


def report(folder: Path, slug: str, run: str = "reports") -> Path:
    return folder / run / slug / "2026-10-31"


def manifest(folder: Path, slug: str, run: str = "reports") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((report(folder, slug, run) / "manifest.json").read_bytes())
    return found


def page(folder: Path, slug: str, run: str = "reports") -> BeautifulSoup:
    text = (report(folder, slug, run) / "report.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def banner(folder: Path, slug: str) -> str:
    """The one banner of a page, which stands before everything else in it."""
    soup = page(folder, slug)
    (found,) = soup.select("aside.banner")
    assert soup.main.find(True) is found
    return str(found.p.get_text(" ", strip=True))


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def told(folder: Path, slug: str) -> list[list[str]]:
    table = rows(report(folder, slug) / "data" / "restatements.csv")
    return [list(row.values()) for row in table]


def test_a_first_run_has_nothing_to_compare_with(folder: Path) -> None:
    assert page(folder, "corrected", "first").select("aside") == []
    assert manifest(folder, "corrected", "first")["restatements"] is None


def test_where_nothing_moved_the_file_has_its_heading_alone(folder: Path) -> None:
    path = report(folder, "same") / "data" / "restatements.csv"
    assert path.read_text(encoding="utf-8") == ",".join(RESTATEMENTS) + "\n"
    assert page(folder, "same").select("aside") == []
    record = manifest(folder, "same")["restatements"]
    assert record["compared_with"] == {
        "as_of": "2026-10-31",
        "finished": manifest(folder, "same", "first")["finished"],
    }
    assert (record["comparable"], record["periods"], record["moved_figures"]) == (True, 10, 0)
    assert record["differences"] == {}


def test_a_correction_of_past_rows_is_told_figure_by_figure(folder: Path) -> None:
    ledgers = [
        rows(report(folder, "corrected", run) / "data" / "ledger.csv")
        for run in ("first", "reports")
    ]
    expected = [
        [old["period"], figure, old[figure], new[figure]]
        for old, new in zip(*ledgers, strict=True)
        for figure in old
        if old[figure] != new[figure] and not figure.startswith("opening_")
    ]
    assert [row[:4] for row in told(folder, "corrected")] == expected
    assert ["2026-09-01", "revenue", "80", "84.5", "4.5"] in told(folder, "corrected")
    assert ["2026-05-01", "revenue", "80", "70", "-10"] in told(folder, "corrected")


def test_the_banner_counts_what_moved_and_names_the_largest(folder: Path) -> None:
    moves = told(folder, "corrected")
    record = manifest(folder, "corrected")["restatements"]
    assert (record["moved_figures"], record["moved_periods"]) == (
        len(moves),
        len({row[0] for row in moves}),
    )
    said = banner(folder, "corrected")
    assert f"{len(moves)} figures of past periods ({record['moved_periods']} months)" in said
    assert "revenue, May 2026: €80.00 → €70.00 (−\u2060€10.00)" in said
    assert "definitions are the same as then: rows of past days were added, changed" in said
    assert "The source had 80 rows then and has 79 now." in said
    table = page(folder, "corrected").select("aside details tbody tr")
    assert len(table) == len({row[1] for row in moves})


def test_the_index_says_which_units_were_restated(folder: Path) -> None:
    soup = BeautifulSoup((folder / "reports" / "index.html").read_text("utf-8"), "html.parser")
    notes = {unit.h3.get_text(): unit.select_one(".fresh").get_text() for unit in soup.select("li")}
    assert "figures of past periods moved (" in notes["corrected"]
    assert "moved" not in notes["same"]
    assert all(f"Definitions, version {DEFINITIONS_VERSION}" in note for note in notes.values())


def test_changed_thresholds_are_named_with_both_values(folder: Path) -> None:
    said = banner(folder, "stricter")
    assert "Des chiffres de périodes passées ont changé." in said
    assert "désormais compté comme dormant après 45 jours, contre 30 auparavant." in said
    assert "Réglages qui diffèrent\xa0: inactive_after." in said
    differences = manifest(folder, "stricter")["restatements"]["differences"]
    # `periods_shown` changed too, and moves no figure.
    assert differences == {
        "thresholds": {"inactive_after": [30, 45]},
        "settings": {"inactive_after": [30, 45]},
    }


def test_other_periods_are_said_and_not_compared(folder: Path) -> None:
    said = banner(folder, "quarterly")
    assert said.startswith("No comparable con el informe anterior.")
    assert said.endswith("Ajustes que difieren: frequency.")
    assert not (report(folder, "quarterly") / "data" / "restatements.csv").exists()
    record = manifest(folder, "quarterly")["restatements"]
    assert (record["comparable"], record["moved_figures"]) == (False, None)


def test_a_ledger_that_cannot_be_read_costs_the_comparison_and_not_the_report(
    folder: Path,
) -> None:
    assert "cannot be read" in banner(folder, "torn")
    assert manifest(folder, "torn")["restatements"]["comparable"] is False


def test_the_definitions_version_is_seen_on_every_page_and_in_the_manifest(folder: Path) -> None:
    for slug in UNITS:
        soup = page(folder, slug)
        version = Language(soup.html["lang"])(
            "Definitions, version {version}", version=DEFINITIONS_VERSION
        )
        (seen,) = [text for text in soup.find_all(string=True) if version in text]
        assert not any(parent.name == "details" for parent in seen.parents)
        assert manifest(folder, slug)["definitions"] == DEFINITIONS_VERSION
