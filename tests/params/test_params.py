"""Settings: what a unit's files and parameters may say, and how they are refused."""

from datetime import date

import pytest
from pydantic import ValidationError
from refusals import refused

from retention.params import settings

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
        "contacts": None,
        "response_days": 30,
        "control_share": None,
        "feedback": None,
        "do_not_contact": None,
        "reactivation_scope": "inactive",
        "history_complete": False,
        "periods_shown": 24,
        "minimum_group": 5,
        "segments": [],
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
        (
            "table: ${TABLE}",
            "${NAME} may stand only in source, prospects, contacts, feedback and do_not_contact",
        ),
        (
            "query: SELECT '${X}'",
            "${NAME} may stand only in source, prospects, contacts, feedback and do_not_contact",
        ),
        (
            "language: ${LANG}",
            "${NAME} may stand only in source, prospects, contacts, feedback and do_not_contact",
        ),
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
