"""Finding settings files; those that ship with the kit."""

import os
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from refusals import refused

from retention.errors import did_you_mean
from retention.params import all_settings, find_unit, settings, unit_files

ROOT = Path(__file__).parents[2]
ONLINE_RETAIL = ROOT / "params" / "online_retail_ii"


# Finding files


def test_unit_files_are_those_directly_in_the_folder_by_name_without_defaults(folder):
    (folder / "sub").mkdir()
    for name in (
        "b.yaml",
        "a.yaml",
        "defaults.yaml",
        "notes.md",
        ".a.yaml.swp",
        ".c.yaml",
        "sub/d.yaml",
    ):
        (folder / name).touch()
    assert unit_files(Path("params")) == [folder / "a.yaml", folder / "b.yaml"]


def test_a_file_ending_in_yml_is_refused_and_not_overlooked(folder):
    (folder / "france.yml").write_text("unit: France\nsource: x.csv\n")
    (problem,) = refused(all_settings, unit_files(folder))
    assert problem.startswith("params/france.yml:1: ")


@pytest.mark.parametrize("content", [None, "defaults.yaml"])
def test_a_folder_without_units_is_refused_with_the_next_step(folder, content):
    if content:
        (folder / content).write_text("source: x.csv\n")
    (problem,) = refused(unit_files, folder)
    assert problem.startswith("params: no unit has a settings file here; `retention sample DIR`")
    assert "`retention init DIR`" in problem


def test_an_absent_folder_is_refused_with_the_next_step(folder):
    (problem,) = refused(unit_files, folder / "absent")
    assert problem.startswith("params/absent: no folder with settings (No such file or directory)")
    assert "`retention sample DIR`" in problem


def test_a_slug_is_found_in_the_params_here_or_in_the_nearest_parent(unit, folder, monkeypatch):
    unit()
    deep = folder.parent / "notebooks" / "own"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_unit("france") == folder / "france.yaml"


def test_a_slug_is_found_in_the_folder_that_is_named(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "france.yaml").touch()
    assert find_unit("france", params=folder / "sub") == folder / "sub" / "france.yaml"


@pytest.mark.parametrize("given", ["params/france.yaml", "./params/../params/france.yaml"])
def test_a_unit_may_be_the_path_of_its_file(unit, folder, given):
    unit()
    assert find_unit(given) == folder / "france.yaml"


def test_an_unknown_slug_is_refused_with_the_nearest_names(folder):
    for name in ("france", "germany", "spain"):
        (folder / f"{name}.yaml").touch()
    assert refused(find_unit, "frnace") == ["params: no unit 'frnace'; did you mean france?"]


@pytest.mark.parametrize("slug", ["xyzzy", "", "..", "défaut", "x" * 5000, "france\n"])
def test_a_slug_near_to_nothing_is_refused_with_the_units_there_are(folder, slug):
    for name in ("lille", "nice"):
        (folder / f"{name}.yaml").touch()
    (problem,) = refused(find_unit, slug)
    assert problem.endswith("; the units are lille, nice")
    assert "\n" not in problem


def test_a_path_that_is_not_there_is_refused_with_the_nearest_name(unit):
    unit()
    assert refused(find_unit, "params/frnace.yaml") == [
        "params/frnace.yaml: there is no such file; did you mean france.yaml?"
    ]


def test_a_slug_without_any_params_folder_is_refused_with_the_next_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "`retention sample DIR`" in refused(find_unit, "france")[0]


def test_the_nearest_words_come_first_and_case_does_not_matter():
    assert did_you_mean("FRANC", ["Spain", "France"]) == "; did you mean France?"
    assert did_you_mean("xyz", ["Spain", "France"]) == ""


# The settings that ship with the kit


def test_the_units_of_online_retail_are_sound():
    found = {unit.slug: unit for unit in all_settings(unit_files(ONLINE_RETAIL))}
    assert {slug: (unit.unit, unit.language) for slug, unit in found.items()} == {
        "belgium": ("Belgium", "fr"),
        "france": ("France", "fr"),
        "germany": ("Germany", "en"),
        "spain": ("Spain", "es"),
        "united_kingdom": ("United Kingdom", "en"),
    }
    assert {(unit.currency, unit.timezone) for unit in found.values()} == {("GBP", "Europe/London")}


@pytest.fixture
def query():
    query = settings(ONLINE_RETAIL / "france.yaml").query
    assert query is not None
    return query


def test_the_query_of_online_retail_removes_overlap_and_duplicates_and_keeps_the_rest(query):
    # Customer ids as the published csv has them, and the sheet names of the workbook.
    columns = ["sheet", "Invoice", "StockCode", "Quantity", "InvoiceDate", "Customer ID", "Country"]
    rows = [
        ("Year 2009-2010", "536365", "A", 2, "2010-12-01 08:26", 17850.0, "France"),
        ("Year 2010-2011", "536365", "A", 2, "2010-12-01 08:26", 17850.0, "France"),
        ("Year 2010-2011", "536365", "A", 2, "2010-12-01 08:26", 17850.0, "France"),
        ("Year 2010-2011", "536365", "B", 2, "2010-12-01 08:26", 17850.0, "France"),
        ("Year 2010-2011", "C536366", "A", -1, "2010-12-02 09:00", 17850.0, "France"),
        ("Year 2010-2011", "536367", "A", 1, "2010-12-02 09:01", None, "Spain"),
    ]
    source = pd.DataFrame(rows, columns=columns).assign(Description="lamp", Price=2.5)
    with duckdb.connect() as engine:
        engine.register("source", source)
        rows = engine.execute(f"{query} ORDER BY order_id, amount").fetchall()
    assert rows == [
        ("17850", "2010-12-01 08:26", 5.0, "536365", "France"),
        ("17850", "2010-12-01 08:26", 5.0, "536365", "France"),
        (None, "2010-12-02 09:01", 2.5, "536367", "Spain"),
        ("17850", "2010-12-02 09:00", -2.5, "C536366", "France"),
    ]


@pytest.mark.skipif(
    "RETENTION_REAL_DATA" not in os.environ, reason="RETENTION_REAL_DATA does not name a folder"
)
def test_the_query_of_online_retail_on_the_real_data(query):
    file = Path(os.environ["RETENTION_REAL_DATA"], "online_retail_ii.parquet")
    if not file.exists():
        pytest.skip(f"{file.name} is not in RETENTION_REAL_DATA")
    with duckdb.connect() as engine:
        engine.from_parquet(str(file)).create_view("source")
        counts = engine.execute(
            f"SELECT count(*), count(customer_id), count(DISTINCT customer_id) FROM ({query})"
        ).fetchone()
    assert counts == (1_033_035, 797_884, 5_942)


# The command that finds them again


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("params", ""),
        ("params/shops of europe", "--params 'params/shops of europe' "),
        ("settings", "--params settings "),
    ],
)
def test_a_printed_command_names_the_folder_that_the_unit_is_found_in(folder, place, named):
    kept = folder.parent / place
    kept.mkdir(exist_ok=True)
    (kept / "france.yaml").write_text("unit: France\nsource: x.csv\n", "utf-8")
    command = settings(kept / "france.yaml").audience_command("lost-high-value --out x.csv")
    assert command == f"retention audience france {named}lost-high-value --out x.csv"
