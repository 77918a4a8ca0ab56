from datetime import UTC, date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from languages import AMERICAN, BRITISH, FIXED, FRENCH, SPANISH, THIN, each

from retention.language import LANGUAGES, Language
from retention.numerals import ABSENT, JOINER
from retention.periods import Frequency
from retention.unit_settings import Settings


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
        (BRITISH, "−\u2060£1,235"),
        (AMERICAN, "−\u2060$1,235"),
        (Language("en", "EUR"), "−\u2060€1,235"),
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


@pytest.mark.parametrize(
    ("amounts", "texts"),
    [
        ([1_220_000, 6_015], ["$1,220K", "$6K"]),
        ([2_000_000, 4_999, 12_000], ["$2,000K", "$5K", "$12K"]),
        ([810_000, 156_000], ["$810K", "$156K"]),
        ([5_000_000, 1_200_000], ["$5.00M", "$1.20M"]),
        ([999_700, 20_000], ["$1,000K", "$20K"]),
        ([999_700, 400_000], ["$1.00M", "$0.40M"]),
        ([1_000_000, -94_000, 0], ["$1,000K", "−\u2060$94K", "$0K"]),
        ([1_000_000, 96_000], ["$1.00M", "$0.10M"]),
    ],
)
def test_amounts_of_a_chart_have_one_unit_in_which_the_smallest_is_told(
    amounts: list[float], texts: list[str]
) -> None:
    assert Language("en", "USD").moneys(amounts) == texts


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
    each(
        f"9.9–{JOINER}11.9%",
        f"9.9–{JOINER}11.9%",
        f"9,9–{JOINER}11,9{FIXED}%",
        f"9,9–{JOINER}11,9{FIXED}%",
    ),
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
