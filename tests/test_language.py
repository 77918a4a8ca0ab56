from datetime import UTC, date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from retention.language import ABSENT, LANGUAGES, Language
from retention.periods import FREQUENCIES, Frequency, Rules
from retention.unit_settings import Settings

BRITISH, AMERICAN = Language("en", "GBP"), Language("en", "USD")
SPANISH, FRENCH = Language("es"), Language("fr")
THIN, FIXED = "\u202f", "\xa0"
"""The no-break spaces of French figures: a thin one, and one of full width."""

DASH, APART = "–", "\u2009–\u2009"
"""Between the days, or the months, of a span."""


def each(*texts: str) -> list[object]:
    """Languages and what each of them should say."""
    return list(zip((BRITISH, AMERICAN, SPANISH, FRENCH), texts, strict=True))


def test_settings_offer_the_languages_that_there_are() -> None:
    assert get_args(Settings.model_fields["language"].annotation) == LANGUAGES


@pytest.mark.parametrize(
    ("language", "text"),
    each("1,234,567", "1,234,567", "1.234.567", f"1{THIN}234{THIN}567"),
)
def test_numbers_have_the_separators_of_the_language(language: Language, text: str) -> None:
    assert language.number(1_234_567) == text


@pytest.mark.parametrize(
    ("language", "text"), each("−1,234.50", "−1,234.50", "−1.234,50", f"−1{THIN}234,50")
)
def test_a_minus_is_no_hyphen(language: Language, text: str) -> None:
    assert language.number(-1234.5, 2) == text


@pytest.mark.parametrize(
    ("language", "text"), each("12.3%", "12.3%", f"12,3{FIXED}%", f"12,3{FIXED}%")
)
def test_shares_are_per_cent(language: Language, text: str) -> None:
    assert language.percent(0.1234) == text


def test_an_absent_share_is_a_dash_and_not_zero() -> None:
    assert BRITISH.percent(None) == BRITISH.percent(float("nan")) == ABSENT
    assert BRITISH.percent(0.0) == "0.0%"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (BRITISH, "−£1,235"),
        (AMERICAN, "−$1,235"),
        (Language("en", "EUR"), "−€1,235"),
        (SPANISH, f"−1.235{FIXED}€"),
        (FRENCH, f"−1{THIN}235{FIXED}€"),
        (Language("es", "JPY"), f"−1.235{FIXED}JPY"),
    ],
)
def test_money_is_in_whole_units_where_the_language_puts_the_sign(
    language: Language, text: str
) -> None:
    assert language.money(-1234.56) == text


@pytest.mark.parametrize(
    ("language", "text"), each("£473K", "$473K", f"473{FIXED}mil{FIXED}€", f"473{FIXED}k{FIXED}€")
)
def test_large_money_is_short_on_axes_and_tiles(language: Language, text: str) -> None:
    assert language.short_money(472_800) == text


@pytest.mark.parametrize(
    ("language", "text"), each("2.41M", "2.41M", f"2,41{FIXED}M", f"2,41{FIXED}M")
)
def test_large_numbers_are_short_on_axes_and_small_ones_whole(
    language: Language, text: str
) -> None:
    assert language.short_number(2_414_000) == text
    assert language.short_number(9999) == language.number(9999)
    assert language.short_money(9999) == language.money(9999)


def test_changes_have_a_sign_and_nothing_has_none() -> None:
    assert [SPANISH.signed(n) for n in (1500, 0, -1500)] == ["+1.500", "0", "−1.500"]
    assert [BRITISH.signed_percent(x) for x in (0.07, 0, -0.07)] == ["+7%", "±0%", "−7%"]


@pytest.mark.parametrize(
    ("language", "text"),
    each("−2.3 points", "−2.3 points", f"−2,3{FIXED}puntos", f"−2,3{FIXED}pt"),
)
def test_differences_of_shares_are_points(language: Language, text: str) -> None:
    assert language.points(-0.0234) == text


def test_a_change_that_rounds_to_nothing_went_neither_way() -> None:
    assert [BRITISH.points(x) for x in (-0.0004, 0.0004)] == ["±0.0 points"] * 2
    assert [BRITISH.signed_percent(x) for x in (-0.004, 0.004)] == ["±0%"] * 2


@pytest.mark.parametrize(
    ("language", "text"),
    each("9.9–11.9%", "9.9–11.9%", f"9,9–11,9{FIXED}%", f"9,9–11,9{FIXED}%"),
)
def test_an_interval_says_per_cent_once(language: Language, text: str) -> None:
    assert language.interval(0.099, 0.119) == text


@pytest.mark.parametrize(
    ("language", "text"),
    each("9 December 2011", "December 9, 2011", "9 de diciembre de 2011", "9 décembre 2011"),
)
def test_days_are_in_words(language: Language, text: str) -> None:
    assert language.day(date(2011, 12, 9)) == text


def test_the_first_of_a_month_is_an_ordinal_in_french_alone() -> None:
    assert FRENCH.day(date(2011, 11, 1)) == "1er novembre 2011"
    assert FRENCH.day(date(2011, 11, 11)) == "11 novembre 2011"
    assert SPANISH.day(date(2011, 11, 1)) == "1 de noviembre de 2011"


@pytest.mark.parametrize(
    ("language", "text"),
    each(
        "9 December 2011, 23:05 UTC",
        "December 9, 2011, 23:05 UTC",
        "9 de diciembre de 2011 a las 23:05 UTC",
        "9 décembre 2011 à 23:05 UTC",
    ),
)
def test_moments_are_in_utc_wherever_they_come_from(language: Language, text: str) -> None:
    at = datetime(2011, 12, 9, 23, 5, 59, tzinfo=UTC)
    assert language.moment(at) == language.moment(at.astimezone(ZoneInfo("Asia/Tokyo"))) == text


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


def test_a_week_belongs_to_its_iso_year() -> None:
    weekly = Language("es", frequency="week")
    assert weekly.period(date(2025, 12, 29)) == "semana 1 de 2026"


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("en", ["0 months", "1 month", "2 months", "1,500 months"]),
        ("es", ["0 meses", "1 mes", "2 meses", "1.500 meses"]),
        ("fr", ["0 mois", "1 mois", "2 mois", f"1{THIN}500 mois"]),
    ],
)
def test_durations_agree_with_their_number(code: str, counts: list[str]) -> None:
    assert [Language(code).duration(count) for count in (0, 1, 2, 1500)] == counts


def test_none_of_something_is_singular_in_french_and_plural_in_english_and_spanish() -> None:
    yearly = [Language(code, frequency="year").duration(0) for code in LANGUAGES]
    assert yearly == ["0 years", "0 años", "0 an"]


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("en", ["a day earlier", "a week earlier", "a month earlier", "a quarter earlier"]),
        ("es", ["un día antes", "una semana antes", "un mes antes", "un trimestre antes"]),
        ("fr", ["un jour plus tôt", "une semaine plus tôt", "un mois plus tôt"]),
    ],
)
def test_a_period_earlier_has_the_gender_of_the_period(code: str, texts: list[str]) -> None:
    frequencies: tuple[Frequency, ...] = ("day", "week", "month", "quarter")
    said = [Language(code, frequency=frequency).earlier() for frequency in frequencies]
    assert said[: len(texts)] == texts


def test_labels_begin_with_a_capital_whatever_the_letter() -> None:
    texts = ["ingresos", "état", "ñandúes", "3 días", "¿quién?", ""]
    titles = ["Ingresos", "État", "Ñandúes", "3 días", "¿quién?", ""]
    assert [Language.title(text) for text in texts] == titles


def test_text_of_others_is_never_filled_in() -> None:
    for code in LANGUAGES:
        assert Language(code).text("Mine: {nobody} % s") == "Mine: {nobody} % s"
    # The empty text is the key of a catalogue's own header.
    assert SPANISH.text("") == ""


@pytest.mark.parametrize("told", [{}, {"language": None}, {"language": "de"}, {"language": 7}])
def test_who_names_no_language_of_the_kit_gets_english(told: dict[str, object]) -> None:
    assert Language.of(told).code == "en"
