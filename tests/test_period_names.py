"""Periods have names that stand in sentences, in every language and calendar."""

from datetime import date

import pandas as pd
import pytest
from languages import APART, DASH

from retention.language import LANGUAGES, Language
from retention.periods import FREQUENCIES, Frequency, Rules

PERIODS = {
    # language, frequency: long name, short name, during, at the close, since
    ("en", "day"): (
        "1 April 2026",
        "1 Apr 2026",
        "on 1 April 2026",
        "at the close of 1 April 2026",
        "since 1 April 2026",
    ),
    ("en", "week"): (
        "week 14 of 2026",
        "W14 2026",
        "in week 14 of 2026",
        "at the close of week 14 of 2026",
        "since week 14 of 2026",
    ),
    ("en", "month"): (
        "April 2026",
        "Apr 2026",
        "in April 2026",
        "at the close of April 2026",
        "since April 2026",
    ),
    ("en", "quarter"): (
        "Q2 2026",
        "Q2 2026",
        "in Q2 2026",
        "at the close of Q2 2026",
        "since Q2 2026",
    ),
    ("en", "year"): ("2026", "2026", "in 2026", "at the close of 2026", "since 2026"),
    ("es", "day"): (
        "1 de abril de 2026",
        "1 abr 2026",
        "el 1 de abril de 2026",
        "al cierre del 1 de abril de 2026",
        "desde el 1 de abril de 2026",
    ),
    ("es", "week"): (
        "semana 14 de 2026",
        "S14 2026",
        "en la semana 14 de 2026",
        "al cierre de la semana 14 de 2026",
        "desde la semana 14 de 2026",
    ),
    ("es", "month"): (
        "abril de 2026",
        "abr 2026",
        "en abril de 2026",
        "al cierre de abril de 2026",
        "desde abril de 2026",
    ),
    ("es", "quarter"): (
        "T2 2026",
        "T2 2026",
        "en el T2 2026",
        "al cierre del T2 2026",
        "desde el T2 2026",
    ),
    ("es", "year"): ("2026", "2026", "en 2026", "al cierre de 2026", "desde 2026"),
    ("fr", "day"): (
        "1er avril 2026",
        "1 avr 2026",
        "le 1er avril 2026",
        "le 1er avril 2026 au soir",
        "depuis le 1er avril 2026",
    ),
    ("fr", "week"): (
        "semaine 14 de 2026",
        "S14 2026",
        "en semaine 14 de 2026",
        "à la fin de la semaine 14 de 2026",
        "depuis la semaine 14 de 2026",
    ),
    ("fr", "month"): (
        "avril 2026",
        "avr 2026",
        "en avril 2026",
        "fin avril 2026",
        "depuis avril 2026",
    ),
    ("fr", "quarter"): (
        "T2 2026",
        "T2 2026",
        "au T2 2026",
        "à la fin du T2 2026",
        "depuis le T2 2026",
    ),
    ("fr", "year"): ("2026", "2026", "en 2026", "fin 2026", "depuis 2026"),
}


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("code", LANGUAGES)
def test_periods_have_names_that_stand_in_sentences(code: str, frequency: Frequency) -> None:
    language, start = Language(code, frequency=frequency), date(2026, 4, 1)
    assert (
        language.period(start),
        language.period(start, short=True),
        language.during(start),
        language.at_close(start),
        language.since(start),
    ) == PERIODS[code, frequency]


RETAIL = Rules("4-4-5", "sunday", "february")
APRIL = Rules(fiscal_year_start="april")
SUNDAY = Rules(week_start="sunday")
FISCAL_PERIODS: dict[tuple[str, Frequency, Rules, date], tuple[str, ...]] = {
    ("en", "week", SUNDAY, date(2026, 3, 1)): (
        "week from 1 March 2026",
        "1 Mar 2026",
        "in the week from 1 March 2026",
        "at the close of the week from 1 March 2026",
        "since the week from 1 March 2026",
    ),
    ("es", "week", SUNDAY, date(2026, 3, 1)): (
        "semana del 1 de marzo de 2026",
        "1 mar 2026",
        "en la semana del 1 de marzo de 2026",
        "al cierre de la semana del 1 de marzo de 2026",
        "desde la semana del 1 de marzo de 2026",
    ),
    ("fr", "week", SUNDAY, date(2026, 3, 1)): (
        "semaine du 1er mars 2026",
        "1 mars 2026",
        "pendant la semaine du 1er mars 2026",
        "à la fin de la semaine du 1er mars 2026",
        "depuis la semaine du 1er mars 2026",
    ),
    ("en", "week", RETAIL, date(2026, 2, 8)): (
        "week 2 of FY2027",
        "W2 FY2027",
        "in week 2 of FY2027",
        "at the close of week 2 of FY2027",
        "since week 2 of FY2027",
    ),
    ("es", "week", RETAIL, date(2026, 2, 8)): (
        "semana 2 del ejercicio 2027",
        "S2 ej. 2027",
        "en la semana 2 del ejercicio 2027",
        "al cierre de la semana 2 del ejercicio 2027",
        "desde la semana 2 del ejercicio 2027",
    ),
    ("fr", "week", RETAIL, date(2026, 2, 8)): (
        "semaine 2 de l’exercice 2027",
        "S2 ex. 2027",
        "en semaine 2 de l’exercice 2027",
        "à la fin de la semaine 2 de l’exercice 2027",
        "depuis la semaine 2 de l’exercice 2027",
    ),
    ("en", "month", RETAIL, date(2026, 3, 1)): (
        f"period 2 of FY2027 (1{DASH}28 Mar 2026)",
        "P2 FY2027",
        f"in period 2 of FY2027 (1{DASH}28 Mar 2026)",
        f"at the close of period 2 of FY2027 (1{DASH}28 Mar 2026)",
        f"since period 2 of FY2027 (1{DASH}28 Mar 2026)",
    ),
    ("es", "month", RETAIL, date(2026, 3, 1)): (
        f"periodo 2 del ejercicio 2027 (1{DASH}28 mar 2026)",
        "P2 ej. 2027",
        f"en el periodo 2 del ejercicio 2027 (1{DASH}28 mar 2026)",
        f"al cierre del periodo 2 del ejercicio 2027 (1{DASH}28 mar 2026)",
        f"desde el periodo 2 del ejercicio 2027 (1{DASH}28 mar 2026)",
    ),
    ("fr", "month", RETAIL, date(2026, 3, 1)): (
        f"période 2 de l’exercice 2027 (1{DASH}28 mars 2026)",
        "P2 ex. 2027",
        f"pendant la période 2 de l’exercice 2027 (1{DASH}28 mars 2026)",
        f"à la fin de la période 2 de l’exercice 2027 (1{DASH}28 mars 2026)",
        f"depuis la période 2 de l’exercice 2027 (1{DASH}28 mars 2026)",
    ),
    ("en", "quarter", APRIL, date(2026, 1, 1)): (
        f"Q4 FY2026 (Jan{APART}Mar 2026)",
        "Q4 FY2026",
        f"in Q4 FY2026 (Jan{APART}Mar 2026)",
        f"at the close of Q4 FY2026 (Jan{APART}Mar 2026)",
        f"since Q4 FY2026 (Jan{APART}Mar 2026)",
    ),
    ("es", "quarter", APRIL, date(2026, 1, 1)): (
        f"T4 del ejercicio 2026 (ene{DASH}mar 2026)",
        "T4 ej. 2026",
        f"en el T4 del ejercicio 2026 (ene{DASH}mar 2026)",
        f"al cierre del T4 del ejercicio 2026 (ene{DASH}mar 2026)",
        f"desde el T4 del ejercicio 2026 (ene{DASH}mar 2026)",
    ),
    ("fr", "quarter", APRIL, date(2026, 1, 1)): (
        f"T4 de l’exercice 2026 (janv.{DASH}mars 2026)",
        "T4 ex. 2026",
        f"au T4 de l’exercice 2026 (janv.{DASH}mars 2026)",
        f"à la fin du T4 de l’exercice 2026 (janv.{DASH}mars 2026)",
        f"depuis le T4 de l’exercice 2026 (janv.{DASH}mars 2026)",
    ),
    ("en", "year", APRIL, date(2025, 4, 1)): (
        f"fiscal year 2026 (Apr 2025{APART}Mar 2026)",
        "FY2026",
        f"in fiscal year 2026 (Apr 2025{APART}Mar 2026)",
        f"at the close of fiscal year 2026 (Apr 2025{APART}Mar 2026)",
        f"since fiscal year 2026 (Apr 2025{APART}Mar 2026)",
    ),
    ("es", "year", APRIL, date(2025, 4, 1)): (
        f"ejercicio 2026 (abr 2025{APART}mar 2026)",
        "Ej. 2026",
        f"en el ejercicio 2026 (abr 2025{APART}mar 2026)",
        f"al cierre del ejercicio 2026 (abr 2025{APART}mar 2026)",
        f"desde el ejercicio 2026 (abr 2025{APART}mar 2026)",
    ),
    ("fr", "year", APRIL, date(2025, 4, 1)): (
        f"exercice 2026 (avr. 2025{APART}mars 2026)",
        "Ex. 2026",
        f"pendant l’exercice 2026 (avr. 2025{APART}mars 2026)",
        f"à la fin de l’exercice 2026 (avr. 2025{APART}mars 2026)",
        f"depuis l’exercice 2026 (avr. 2025{APART}mars 2026)",
    ),
}


@pytest.mark.parametrize("case", FISCAL_PERIODS, ids=lambda case: "-".join(case[:2]))
def test_periods_of_a_fiscal_year_have_names_that_stand_in_sentences(
    case: tuple[str, Frequency, Rules, date],
) -> None:
    code, frequency, rules, start = case
    language = Language(code, frequency=frequency, rules=rules)
    assert (
        language.period(start),
        language.period(start, short=True),
        language.during(start),
        language.at_close(start),
        language.since(start),
    ) == FISCAL_PERIODS[case]
    # As frames hold it.
    assert language.period(pd.Timestamp(start)) == FISCAL_PERIODS[case][0]


def test_a_report_says_what_its_periods_are() -> None:
    told = {"frequency": "month", "calendar": "4-4-5", "week_start": "sunday"}
    spoken = Language.of(told | {"language": "es", "fiscal_year_start": "february"})
    assert spoken == Language("es", frequency="month", rules=RETAIL)
    broken = {"frequency": 7, "calendar": "julian", "week_start": None, "fiscal_year_start": "x"}
    assert Language.of(broken) == Language()


def test_rules_that_do_not_concern_a_period_leave_its_name() -> None:
    start = date(2026, 4, 1)
    for frequency, rules in (
        ("day", RETAIL),
        ("month", APRIL),
        ("month", SUNDAY),
        ("quarter", SUNDAY),
        ("week", APRIL),
    ):
        named = Language(frequency=frequency, rules=rules)
        assert named.period(start) == Language(frequency=frequency).period(start)
        assert named.since(start) == Language(frequency=frequency).since(start)
