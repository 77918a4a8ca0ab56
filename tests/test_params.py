"""Settings: what a unit's files and parameters may say, and how they are refused."""

import json
import os
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from retention.errors import SettingsRefused
from retention.params import (
    Settings,
    all_settings,
    did_you_mean,
    find_unit,
    settings,
    unit_files,
)

ROOT = Path(__file__).parents[1]
ONLINE_RETAIL = ROOT / "params" / "online_retail_ii"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A kit with an empty params folder, as the current folder."""
    (tmp_path / "params").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "params"


@pytest.fixture
def unit(folder):
    """The settings of a unit `france` with these lines after `unit` and `source`."""

    def write(text: str = "", **overrides: object) -> Settings:
        (folder / "france.yaml").write_text(f"unit: France\nsource: x.csv\n{text}\n", "utf-8")
        return settings("params/france.yaml", overrides=overrides)

    return write


def refused(call, *args, **kwargs) -> list[str]:
    with pytest.raises(SettingsRefused) as refusal:
        call(*args, **kwargs)
    return refusal.value.problems


# One file


def test_a_file_with_the_required_keys_has_the_defaults_of_the_contract(unit):
    assert unit().resolved() == {
        "slug": "france",
        "unit": "France",
        "model": "purchases",
        "source": "x.csv",
        "table": None,
        "query": None,
        "frequency": "month",
        "calendar": "gregorian",
        "week_start": "monday",
        "fiscal_year_start": "january",
        "as_of": None,
        "timezone": "UTC",
        "currency": "EUR",
        "language": "en",
        "inactive_after": "auto",
        "lost_after": "auto",
        "threshold_rule": "return_quantile",
        "threshold_quantiles": [0.80, 0.95],
        "threshold_gap_multiples": [2.0, 4.0],
        "prospects": None,
        "reactivation_scope": "inactive",
        "history_complete": False,
        "periods_shown": 24,
        "minimum_group": 5,
    }


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("table: sales.orders", "table", "sales.orders"),
        ("query: |\n  SELECT 1\n  FROM source", "query", "SELECT 1\nFROM source\n"),
        ("frequency: week", "frequency", "week"),
        ("calendar: 4-4-5", "calendar", "4-4-5"),
        ("week_start: sunday", "week_start", "sunday"),
        ("fiscal_year_start: april", "fiscal_year_start", "april"),
        ("as_of: 2011-12-09", "as_of", date(2011, 12, 9)),
        ('as_of: "2012-02-29"', "as_of", date(2012, 2, 29)),
        ("timezone: Europe/Madrid", "timezone", "Europe/Madrid"),
        ("currency: GBP", "currency", "GBP"),
        ("language: es", "language", "es"),
        ("inactive_after: 1", "inactive_after", 1),
        ("lost_after: auto", "lost_after", "auto"),
        ("threshold_rule: mean_gap", "threshold_rule", "mean_gap"),
        ("threshold_quantiles: [0.5, 0.9]", "threshold_quantiles", (0.5, 0.9)),
        ("threshold_gap_multiples:\n- 1.5\n- 3", "threshold_gap_multiples", (1.5, 3.0)),
        ("prospects: ${HOME}/known.csv", "prospects", "${HOME}/known.csv"),
        ("history_complete: true", "history_complete", True),
        ("history_complete: false", "history_complete", False),
        ("periods_shown: 36", "periods_shown", 36),
        ("minimum_group: 1", "minimum_group", 1),
    ],
)
def test_the_type_of_a_field_decides_what_its_text_is(unit, line, key, value):
    found = getattr(unit(line), key)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "name", ["NO", "12:30", "0o17", "true", "2011-12-09", "España 🛒", "x" * 5000]
)
def test_a_unit_is_text_whatever_it_looks_like(folder, name):
    (folder / "x.yaml").write_text(f"unit: {name}\nsource: x.csv\n", "utf-8")
    assert settings(folder / "x.yaml").unit == name


def test_slug_and_path_are_those_of_the_file(unit, folder):
    assert (unit().slug, unit().path) == ("france", folder / "france.yaml")


def test_the_slug_is_the_name_of_a_link_and_not_of_its_target(folder):
    (folder / "stored").write_text("unit: France\nsource: x.csv\n")
    (folder / "france.yaml").symlink_to("stored")
    assert settings("params/france.yaml").path == folder / "france.yaml"


def test_settings_cannot_be_changed(unit):
    with pytest.raises(ValidationError):
        unit().unit = "Spain"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("langage: fr", "unknown key; did you mean language?"),
        ("Currency: EUR", "unknown key; did you mean currency?"),
        ("slug: x", "unknown key; the keys are unit, model, source, "),
        ("language: de", "'de' is not one of en, es, fr"),
        (
            "frequency: monthly",
            "'monthly' is not one of day, week, month, quarter, year; did you mean month?",
        ),
        ("frequency: [month]", "[month] is not one of day,"),
        ("calendar: 445", "'445' is not one of gregorian, 4-4-5; did you mean 4-4-5?"),
        ("calendar: 4-5-4", "'4-5-4' is not one of gregorian, 4-4-5; did you mean 4-4-5?"),
        ("calendar: julian", "'julian' is not one of gregorian, 4-4-5"),
        ("week_start: Sunday", "'Sunday' is not one of monday, tuesday, wednesday, thursday, "),
        ("week_start: 0", "'0' is not one of monday,"),
        (
            "fiscal_year_start: apr",
            "'apr' is not one of january, february, march, april, may, june, july, august, "
            "september, october, november, december; did you mean april?",
        ),
        ("fiscal_year_start: 4", "'4' is not one of january,"),
        ("as_of: 2011-02-30", "'2011-02-30' is not a date like 2026-10-31"),
        ("as_of: 1323388800", "'1323388800' is not a date"),
        ("as_of: 20111209", "'20111209' is not a date"),
        ("as_of: 2011-12-09T00:00:00", "'2011-12-09T00:00:00' is not a date"),
        ("as_of: 09/12/2011", "'09/12/2011' is not a date"),
        ("as_of: yesterday", "'yesterday' is not a date"),
        (
            "timezone: Europe/Madird",
            "'Europe/Madird' is not a time zone like Europe/Madrid; did you mean Europe/Madrid?",
        ),
        ("timezone: ../../etc/passwd", "'../../etc/passwd' is not a time zone"),
        ("timezone: Europe", "'Europe' is not a time zone"),
        ("currency: eur", "'eur' is not a currency code like EUR; did you mean EUR?"),
        ("currency: Pounds", "'Pounds' is not a currency code"),
        (
            "inactive_after: 98 days",
            "'98 days' is not a whole number of days from 1 to 36500, or auto",
        ),
        ("inactive_after: 0", "'0' is not a whole number of days"),
        ("inactive_after: -5", "'-5' is not a whole number of days"),
        ("inactive_after: 12:30", "'12:30' is not a whole number of days"),
        ("inactive_after: 0o17", "'0o17' is not a whole number of days"),
        ("inactive_after: 90.5", "'90.5' is not a whole number of days"),
        ("inactive_after: Auto", "'Auto' is not a whole number of days"),
        ("inactive_after: 99999999999", "'99999999999' is not a whole number of days"),
        ("inactive_after: [90]", "[90] is not a whole number of days"),
        (
            "threshold_rule: quantile",
            "'quantile' is not one of return_quantile, mean_gap; did you mean return_quantile?",
        ),
        ("threshold_quantiles: 0.8", "'0.8' is not two increasing numbers between 0 and 1"),
        ("threshold_quantiles: [0.8]", "[0.8] is not two increasing numbers"),
        ("threshold_quantiles: [0.8, 0.9, 0.95]", "[0.8, 0.9, 0.95] is not two"),
        ("threshold_quantiles: [0.95, 0.8]", "[0.95, 0.8] is not two increasing"),
        ("threshold_quantiles: [0.8, 0.8]", "[0.8, 0.8] is not two increasing"),
        ("threshold_quantiles: [0, 0.8]", "[0, 0.8] is not two increasing"),
        ("threshold_quantiles: [0.8, 1]", "[0.8, 1] is not two increasing"),
        ("threshold_quantiles: [nan, 0.8]", "[nan, 0.8] is not two"),
        ("threshold_quantiles: [a, b]", "[a, b] is not two increasing numbers"),
        ("threshold_gap_multiples: [4, 2]", "[4, 2] is not two increasing numbers above 0"),
        ("threshold_gap_multiples: [0, 2]", "[0, 2] is not two"),
        ("threshold_gap_multiples: [2, inf]", "[2, inf] is not two"),
        ("history_complete: yes", "'yes' is not true or false"),
        ("history_complete: 1", "'1' is not true or false"),
        ("history_complete: True", "'True' is not true or false"),
        ("periods_shown: 0", "'0' is not a whole number above 0"),
        ("minimum_group: few", "'few' is not a whole number above 0"),
        ("table: [a, b]", "[a, b] is not text"),
        ("table:", "has no value; remove the line to use the default"),
        (
            "language: !!python/object/apply:os.system [id]",
            "has a tag (!python/object/apply:os.system)",
        ),
        ("language: !!binary ZXM=", "has a tag (!binary), which is not allowed"),
        ("unit: Spain", "stands in line 1 and again in line 3; keep one"),
        ("password: hunter2", "looks like a secret; put ${NAME} into source"),
        ("dbPassword: hunter2", "looks like a secret"),
        ("api_key: hunter2", "looks like a secret"),
        ("ACCESS_TOKEN: hunter2", "looks like a secret"),
        ("table: ${TABLE}", "${NAME} may stand only in source and prospects"),
        ("query: SELECT '${X}'", "${NAME} may stand only in source and prospects"),
        ("language: ${LANG}", "${NAME} may stand only in source and prospects"),
        ("prospects: ${not-a-name}/x.csv", "holds a ${ that is no ${NAME}"),
        ("prospects: ${", "holds a ${ that is no ${NAME}"),
    ],
)
def test_a_line_is_refused_with_its_place_what_was_found_and_what_is_allowed(unit, line, message):
    (problem,) = refused(unit, line)
    assert problem.startswith(f"params/france.yaml:3: {line.partition(':')[0]}: {message}")


def test_a_key_that_is_no_word_is_quoted(unit):
    assert refused(unit, "lost-after: 90")[0].startswith(
        "params/france.yaml:3: 'lost-after': is no"
    )


def test_a_very_long_value_is_not_repeated_in_full(unit):
    (problem,) = refused(unit, f"inactive_after: {'9' * 100_000}")
    assert len(problem) < 300


@pytest.mark.parametrize("escape", ["\\e[31m", "\\0", "\\x9b", "\\ud800", "\\u0085"])
def test_control_characters_and_lone_surrogates_are_refused_and_not_repeated(unit, escape):
    problems = refused(unit, f'table: "a{escape}b"\n"a{escape}b": x\n')
    assert problems[0] == "params/france.yaml:3: table: holds a control character; write plain text"
    assert "".join(problems).isprintable()


@pytest.mark.parametrize("key", ["unit", "source"])
def test_a_missing_required_key_is_named(folder, key):
    kept = {"unit": "unit: France\n", "source": "source: x.csv\n"}
    del kept[key]
    (folder / "france.yaml").write_text("".join(kept.values()))
    (problem,) = refused(settings, "params/france.yaml")
    assert problem.startswith(f"params/france.yaml:1: {key}: is missing; add it here")


def test_a_required_key_without_a_value_is_not_called_missing_as_well(folder):
    (folder / "france.yaml").write_text("unit:\nsource: x.csv\n")
    assert refused(settings, "params/france.yaml") == [
        "params/france.yaml:1: unit: has no value; remove the line to use the default"
    ]


def test_all_problems_of_a_file_are_said_at_once(unit):
    problems = refused(unit, "langage: fr\ncurrency: pounds\nas_of:\ninactive_after: x\n")
    assert sorted(int(problem.split(":")[1]) for problem in problems) == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", 1), (b"unit: a: b\n", 1), (b"unit: x\nsource: \xff\n", 2), (b"unit: x\nsource: '\n", 3)],
)
def test_a_file_that_cannot_be_taken_at_all_is_one_problem(folder, content, line):
    (folder / "france.yaml").write_bytes(content)
    (problem,) = refused(settings, "params/france.yaml")
    assert problem.startswith(f"params/france.yaml:{line}: ")


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_not_there_is_refused():
    (problem,) = refused(settings, "params/france.yaml")
    assert problem == "params/france.yaml:1: cannot be read: No such file or directory"


@pytest.mark.parametrize("name", ["a b", ".hidden", "-x", "_x", "café", "a.b", "x\u202ey", "a;b"])
def test_a_file_name_that_makes_no_plain_slug_is_refused(folder, name):
    (folder / f"{name}.yaml").write_text("unit: x\nsource: x.csv\n")
    (problem,) = refused(settings, folder / f"{name}.yaml")
    assert ":1: file name: " in problem
    assert "plain name" in problem


@pytest.mark.parametrize("name", ["france.yml", "france", "france.YAML"])
def test_a_settings_file_must_end_in_yaml(folder, name):
    (folder / name).write_text("unit: x\nsource: x.csv\n")
    (problem,) = refused(settings, folder / name)
    assert "ends in .yaml" in problem


def test_defaults_are_no_unit(folder):
    (folder / "defaults.yaml").write_text("source: x.csv\n")
    (problem,) = refused(settings, folder / "defaults.yaml")
    assert problem.startswith("params/defaults.yaml:1: holds what units share and is no unit")


# Secrets


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://kit:hunter2@db:5432/shop",
        "postgresql://kit:${USER}hunter2@db/shop",
        "snowflake://db/shop?user=kit&password=hunter2",
        "https://host/x.parquet?access_token=hunter2",
    ],
)
def test_a_secret_written_into_a_source_is_refused_and_not_repeated(folder, source):
    (folder / "shop.yaml").write_text(f"unit: Shop\nsource: {source}\n")
    (problem,) = refused(settings, "params/shop.yaml")
    assert problem.startswith("params/shop.yaml:2: source: holds a password or key")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://kit:${SHOP_PASSWORD}@db:5432/shop",
        "postgresql://kit@db:5432/shop",
        "${SHOP_URL}",
        "snowflake://db/shop?password=${SHOP_PASSWORD}",
        "s3://bucket/a:b@c/*.parquet",
        "data/shop@home:1.csv",
    ],
)
def test_a_source_may_name_secrets_of_the_environment_and_keeps_the_name(
    folder, monkeypatch, source
):
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    monkeypatch.setenv("SHOP_URL", "hunter2")
    (folder / "shop.yaml").write_text(f"unit: Shop\nsource: {source}\n")
    shop = settings("params/shop.yaml")
    assert shop.source == source
    assert "hunter2" not in json.dumps(shop.resolved())


def test_the_value_of_a_secret_key_is_not_repeated(unit):
    assert "hunter2" not in refused(unit, "password: hunter2\n")[0]


# Values that do not go together


def test_lost_below_inactive_is_refused_on_the_line_of_lost(unit):
    (problem,) = refused(unit, "lost_after: 89\ninactive_after: 90\n")
    assert problem.startswith(
        "params/france.yaml:3: lost_after: lost_after (89) is below inactive_after (90)"
    )


@pytest.mark.parametrize("lost", ["90", "auto"])
def test_lost_may_equal_inactive_or_be_left_to_the_data(unit, lost):
    assert str(unit(f"inactive_after: 90\nlost_after: {lost}\n").lost_after) == lost


def test_of_two_values_that_clash_the_one_given_last_is_blamed(unit):
    (problem,) = refused(unit, "inactive_after: 30\nlost_after: 60\n", inactive_after=61)
    assert problem.startswith("parameter inactive_after: lost_after (60) is below inactive_after")


def test_prospects_in_scope_need_a_source_of_prospects(unit):
    assert any(
        "needs the key prospects" in p
        for p in refused(unit, "reactivation_scope: with_prospects\n")
    )


@pytest.mark.parametrize("lost", ["0", "90", "auto"])
def test_contracts_may_be_lost_at_their_end(unit, lost):
    assert str(unit(f"model: subscriptions\nlost_after: {lost}\n").lost_after) == lost


def test_purchases_are_not_lost_at_once(unit):
    assert refused(unit, "lost_after: 0\n") == [
        "params/france.yaml:3: lost_after: lost_after (0) is for subscriptions; for purchases give "
        "a whole number of days from 1 to 36500, or auto"
    ]


def test_a_contract_ends_on_its_date_and_not_by_silence(folder, unit):
    problem = (
        "inactive_after (90) is for purchases: a contract ends on its date; leave it out, or write "
        "auto"
    )
    assert refused(unit, "model: subscriptions\ninactive_after: 90\n") == [
        f"params/france.yaml:4: inactive_after: {problem}"
    ]
    # Shops and contracts under the same defaults: the unit's own file is the one to change.
    (folder / "defaults.yaml").write_text("source: x.csv\ninactive_after: 90\n")
    (folder / "a.yaml").write_text("unit: a\nmodel: subscriptions\n")
    assert refused(settings, "params/a.yaml") == [f"params/a.yaml:2: model: {problem}"]
    (folder / "a.yaml").write_text("unit: a\nmodel: subscriptions\ninactive_after: auto\n")
    assert settings("params/a.yaml").inactive_after == "auto"


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


def test_a_parameter_of_none_means_as_in_the_file(unit):
    assert unit("language: fr\nas_of: 2011-12-09\n", language=None, as_of=None).as_of == date(
        2011, 12, 9
    )


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
        ("language", "", "parameter language: has no value; leave it out to use the default"),
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
