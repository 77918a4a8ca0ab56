"""Defaults, several files, and parameters of a run over both."""

import json
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from retention.errors import SettingsRefused
from retention.params import all_settings, settings, unit_files

# Defaults, and several files


def test_a_unit_overrides_the_defaults_key_by_key(folder):
    (folder / "defaults.yaml").write_text("source: all.csv\nlanguage: es\ncurrency: GBP\n")
    (folder / "france.yaml").write_text("unit: France\nlanguage: fr\n")
    france = settings("params/france.yaml")
    assert (france.source, france.language, france.currency) == ("all.csv", "fr", "GBP")


def test_an_error_in_the_defaults_is_said_once_with_their_line(folder):
    (folder / "defaults.yaml").write_text("source: x.csv\nlanguage: de\nlangage: fr\n")
    for name in ("a", "b", "c"):
        (folder / f"{name}.yaml").write_text(f"unit: {name}\n")
    assert refused(all_settings, unit_files(folder)) == [
        "params/defaults.yaml:3: langage: unknown key; did you mean language?",
        "params/defaults.yaml:2: language: 'de' is not one of en, es, fr",
    ]


def test_an_error_in_the_defaults_is_said_though_every_unit_overrides_it(folder):
    (folder / "defaults.yaml").write_text("source: x.csv\nlanguage: de\n")
    (folder / "a.yaml").write_text("unit: a\nlanguage: fr\n")
    (problem,) = refused(settings, "params/a.yaml")
    assert problem.startswith("params/defaults.yaml:2: language: ")


@pytest.mark.parametrize("content", ["", "source: a: b\n", "- x\n"])
def test_broken_defaults_are_one_problem_and_units_lack_nothing_for_it(folder, content):
    (folder / "defaults.yaml").write_text(content)
    for name in ("a", "b"):
        (folder / f"{name}.yaml").write_text(f"unit: {name}\n")
    (problem,) = refused(all_settings, unit_files(folder))
    assert problem.startswith("params/defaults.yaml:1: ")


def test_a_unit_that_clashes_with_the_defaults_is_blamed_itself(folder):
    (folder / "defaults.yaml").write_text("source: x.csv\ninactive_after: 90\n")
    (folder / "a.yaml").write_text("unit: a\nlost_after: 60\n")
    assert refused(settings, "params/a.yaml")[0].startswith("params/a.yaml:2: lost_after: ")


def test_defaults_may_leave_to_the_unit_what_completes_them(folder):
    (folder / "defaults.yaml").write_text("source: x.csv\nreactivation_scope: with_prospects\n")
    (folder / "a.yaml").write_text("unit: a\nprospects: p.csv\n")
    assert settings("params/a.yaml").prospects == "p.csv"


def test_all_problems_of_all_files_are_raised_at_once(folder):
    (folder / "defaults.yaml").write_text("source: x.csv\ncurrency: pounds\n")
    (folder / "a.yaml").write_text("unit: a\nlanguage: de\n")
    (folder / "b.yaml").write_text("unit: b: c\n")
    (folder / "c.yaml").write_text("unit: c\n")
    problems = refused(all_settings, unit_files(folder), overrides={"as_of": "soon"})
    assert [problem.split(": ")[0] for problem in problems] == [
        "params/defaults.yaml:2",
        "parameter as_of",
        "params/a.yaml:2",
        "params/b.yaml:1",
    ]


def test_the_message_of_the_error_has_one_line_a_problem(unit):
    with pytest.raises(SettingsRefused) as refusal:
        unit("language: de\ncurrency: x\n")
    assert str(refusal.value).splitlines() == refusal.value.problems


def test_settings_come_in_the_order_of_the_files_and_each_file_once(folder):
    for name in ("a", "b"):
        (folder / f"{name}.yaml").write_text(f"unit: {name}\nsource: x.csv\n")
    paths = [Path("params/b.yaml"), folder / "a.yaml", folder / "b.yaml"]
    assert [unit.slug for unit in all_settings(paths)] == ["b", "a"]


@pytest.mark.parametrize("stem", ["runs", "Runs"])
def test_the_folder_of_the_run_logs_is_no_slug(folder, stem):
    (folder / f"{stem}.yaml").write_text("unit: a\nsource: x.csv\n")
    assert refused(all_settings, [folder / f"{stem}.yaml"]) == [
        f"params/{stem}.yaml:1: {stem} is no slug of a unit, for runs keep their logs in a folder "
        "of that name; rename the file"
    ]


def test_two_files_with_one_slug_are_refused(folder):
    for place in (folder / "eu", folder / "us"):
        place.mkdir()
    (folder / "eu" / "shop.yaml").write_text("unit: a\nsource: x.csv\n")
    (folder / "us" / "Shop.yaml").write_text("unit: b\nsource: x.csv\n")
    paths = [folder / "eu" / "shop.yaml", folder / "us" / "Shop.yaml"]
    assert refused(all_settings, paths) == [
        "params/us/Shop.yaml:1: has the slug of params/eu/shop.yaml; rename one of them"
    ]


def test_each_folder_has_its_own_defaults(folder):
    for name, currency in (("eu", "EUR"), ("us", "USD")):
        (folder / name).mkdir()
        (folder / name / "defaults.yaml").write_text(f"source: x.csv\ncurrency: {currency}\n")
        (folder / name / f"shop_{name}.yaml").write_text(f"unit: {name}\n")
    found = all_settings([folder / "eu" / "shop_eu.yaml", folder / "us" / "shop_us.yaml"])
    assert [unit.currency for unit in found] == ["EUR", "USD"]


def test_a_path_elsewhere_is_shown_in_full(folder, tmp_path, monkeypatch):
    (folder / "a.yaml").write_text("unit: x\n")
    far = tmp_path / "a" / "b"
    far.mkdir(parents=True)
    monkeypatch.chdir(far)
    (problem,) = refused(settings, folder / "a.yaml")
    assert problem.startswith(f"{folder}/a.yaml:1: source: is missing")


def test_a_path_beside_the_current_folder_is_shown_relative(folder, monkeypatch):
    (folder / "a.yaml").write_text("unit: x\n")
    (folder.parent / "notebooks").mkdir()
    monkeypatch.chdir(folder.parent / "notebooks")
    (problem,) = refused(settings, folder / "a.yaml")
    assert problem.startswith("../params/a.yaml:1: source: is missing")


# Parameters


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("as_of", "2011-12-09", date(2011, 12, 9)),
        ("as_of", date(2011, 12, 9), date(2011, 12, 9)),
        ("as_of", datetime(2011, 12, 9), date(2011, 12, 9)),
        ("as_of", pd.Timestamp("2011-12-09"), date(2011, 12, 9)),
        ("inactive_after", 90, 90),
        ("inactive_after", "90", 90),
        ("inactive_after", np.int64(90), 90),
        ("lost_after", "auto", "auto"),
        ("threshold_quantiles", [0.5, 0.6], (0.5, 0.6)),
        ("threshold_gap_multiples", (1, 2), (1.0, 2.0)),
        ("history_complete", True, True),
        ("source", Path("other.csv"), "other.csv"),
    ],
)
def test_a_parameter_overrides_the_file_by_the_same_types(unit, key, given, value):
    assert getattr(unit("language: fr\n", **{key: given}), key) == value


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_parameter_of_none_or_empty_text_means_as_in_the_file(unit, nothing):
    found = unit("language: fr\nas_of: 2011-12-09\n", language=nothing, as_of=nothing)
    assert (found.language, found.as_of) == ("fr", date(2011, 12, 9))


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("as_of", "2011-13-01", "parameter as_of: '2011-13-01' is not a date like 2026-10-31"),
        (
            "as_of",
            datetime(2011, 12, 9, 12),
            "parameter as_of: '2011-12-09 12:00:00' is not a date",
        ),
        ("inactive_after", True, "parameter inactive_after: 'true' is not a whole number of days"),
        ("inactive_after", float("nan"), "parameter inactive_after: 'nan' is not a whole number"),
        ("language", "de", "parameter language: 'de' is not one of en, es, fr"),
        ("threshold_quantiles", [], "parameter threshold_quantiles: has no value"),
        ("langage", "fr", "parameter langage: unknown key; did you mean language?"),
        ("frequency", "${X}", "parameter frequency: ${NAME} may stand only in source"),
        ("password", "hunter2", "parameter password: looks like a secret"),
        ("model", "contracts", "parameter model: 'contracts' is not one of purchases"),
    ],
)
def test_a_bad_parameter_is_blamed_by_its_name(unit, key, given, message):
    (problem,) = refused(unit, **{key: given})
    assert problem.startswith(message)


def test_a_bad_parameter_is_said_once_for_all_units(folder):
    for name in ("a", "b"):
        (folder / f"{name}.yaml").write_text(f"unit: {name}\nsource: x.csv\n")
    assert len(refused(all_settings, unit_files(folder), overrides={"language": "de"})) == 1


# The settings in force


def test_resolved_settings_are_json_with_iso_dates_and_no_path_of_the_machine(unit, folder):
    resolved = json.loads(json.dumps(unit("as_of: 2011-12-09\n", lost_after=180).resolved()))
    assert (resolved["as_of"], resolved["lost_after"]) == ("2011-12-09", 180)
    assert str(folder) not in json.dumps(resolved)
