"""The catalogues are whole, and no English is left on the pages of the other languages."""

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from babel.dates import get_month_names
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from companies import IN_LANGUAGES
from fault_notebook import unit
from messages import TEMPLATE, messages
from nbformat.v4 import new_notebook

from retention.language import LANGUAGES, LOCALES, Language
from retention.reporting.delivery import deliver
from retention.reporting.index import write_index
from retention.reporting.outcome import Outcome
from retention.reporting.statuses import IN_WORDS, Status
from retention.reporting.work import Attempt

FOREIGN = [code for code in LANGUAGES if code != "en"]
MESSAGES = messages()
AT = datetime(2026, 11, 2, 6, 12, tzinfo=UTC)

SVG = "{http://www.w3.org/2000/svg}"

# The field's own words; a translator does not choose these.
TERMS = {
    "churn rate": ("tasa de abandono", "taux d’attrition"),
    "retention rate": ("tasa de retención", "taux de rétention"),
    "win-back rate": ("tasa de recuperación", "taux de récupération"),
    "reactivation rate": ("tasa de reactivación", "taux de réactivation"),
    "active customer": ("cliente activo", "client actif"),
    "dormant customer": ("cliente inactivo", "client dormant"),
    "lost (former) customer": ("cliente perdido (antiguo cliente)", "client perdu (ancien client)"),
}
WITHOUT_PAGE = {Status.PUBLISHED, Status.SKIPPED, Status.INTERRUPTED}
# Words of English that no page may miss for being in the catalogues of another language too.
PLAIN_ENGLISH = {"the", "of", "and", "customers", "churn", "lost", "revenue", "purchase", "rows"}
# Names that are the same in every language.
NAMES = {"win", "back", "jupyterlab", "utc", "wilson", "jobs", "timeout", "ipynb"}


def catalog(code: str) -> Catalog:
    with (LOCALES / f"{code}.po").open("rb") as source:
        return read_po(source, locale=code, abort_invalid=True)


CATALOGS = {code: catalog(code) for code in FOREIGN}


def texts(found: Message) -> tuple[str, ...]:
    return found.string if isinstance(found.string, tuple) else (found.string,)


def every(code: str) -> list[tuple[str, str]]:
    """Each message of the source, in its last form, with each form of its translation."""
    pairs = []
    for message in MESSAGES.values():
        found = CATALOGS[code].get(message.one)
        pairs += [(message.many or message.one, text) for text in (texts(found) if found else ())]
    assert len(pairs) >= len(MESSAGES)
    return pairs


@pytest.mark.parametrize("code", FOREIGN)
def test_every_message_is_translated_and_none_is_doubtful(code: str) -> None:
    untranslated = []
    for message in MESSAGES.values():
        found = CATALOGS[code].get(message.one)
        forms = 2 if message.many else 1
        if not found or found.fuzzy or len(texts(found)) != forms or not all(texts(found)):
            untranslated.append(message.one)
    assert untranslated == []


@pytest.mark.parametrize("code", FOREIGN)
def test_no_translation_outlives_its_message(code: str) -> None:
    ids = {found.id[0] if isinstance(found.id, tuple) else found.id for found in CATALOGS[code]}
    assert ids - {""} - set(MESSAGES) == set()
    assert not CATALOGS[code].obsolete


@pytest.mark.parametrize("code", FOREIGN)
def test_translations_keep_what_the_program_needs(code: str) -> None:
    def needs(text: str) -> tuple[object, ...]:
        fields = sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)
        edges = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
        return fields, edges, text.count("**"), text.count("`")

    assert [pair for pair in every(code) if needs(pair[0]) != needs(pair[1])] == []


@pytest.mark.parametrize("code", FOREIGN)
def test_translations_begin_small_where_the_message_does(code: str) -> None:
    """Labels are given their capital by the page, and without it they stand inside sentences."""
    wrong = [
        text
        for message, text in every(code)
        if message[0].isalpha() and text[0].isalpha() and message[0].islower() != text[0].islower()
    ]
    assert wrong == []


@pytest.mark.parametrize("code", FOREIGN)
def test_plural_forms_are_those_of_the_language(code: str) -> None:
    known = get_plural(code)
    assert CATALOGS[code].num_plurals == known.num_plurals == 2
    for count in (0, 1, 2, 21):
        months = Language(code, frequency="year").duration(count)
        singular = count == 1 or (code == "fr" and count == 0)
        assert months.split(" ")[1] in (("año", "an") if singular else ("años", "ans"))


@pytest.mark.parametrize("code", FOREIGN)
def test_the_terms_of_the_field_are_the_accepted_ones(code: str) -> None:
    said = {message: Language(code).text(message) for message in TERMS}
    assert said == {message: text[FOREIGN.index(code)] for message, text in TERMS.items()}


def test_french_typography() -> None:
    """’ for an apostrophe, and no-break spaces; those before ; ? ! are thin, as in numbers."""
    for _, text in every("fr"):
        assert not re.search("['\"]", text), text
        assert not re.search("[^\xa0][:%]|[^\u202f][;?!]", text), text


def test_spanish_typography() -> None:
    for _, text in every("es"):
        assert not re.search("['\"]|[^\xa0]%", text), text
        assert text.count("?") == text.count("¿"), text
        assert text.count("!") == text.count("¡"), text


def test_the_template_for_new_languages_has_the_messages_of_the_source() -> None:
    """Its notes may lag behind; a message that is missing would never be translated."""
    with TEMPLATE.open("rb") as source:
        there = {message.id for message in read_po(source)} - {""}
    wanted = {(m.one, m.many) if m.many else m.one for m in MESSAGES.values()}
    assert there == wanted, "run `python tests/messages.py`, then translate what is new"


def words(text: str) -> set[str]:
    bare = re.sub(r"\{\w+\}", " ", text)
    return {word.casefold() for word in re.findall(r"[^\W\d_]{2,}", bare)}


def english() -> set[str]:
    """Every word that the kit says in English, the months among them."""
    said = " ".join(f"{message.one} {message.many}" for message in MESSAGES.values())
    return words(said + months("en"))


def months(code: str) -> str:
    widths = ("wide", "abbreviated")
    return " ".join(" ".join(get_month_names(w, locale=code).values()) for w in widths)


def leaks(text: str, code: str) -> set[str]:
    """The words of a text that are English, and of no use in the language it should be in."""
    own = words(" ".join(text for _, text in every(code)) + months(code))
    return words(text) & (english() - own - NAMES)


def shown(page: str) -> str:
    """What a reader or a screen reader gets of a page, charts included, but for technical parts."""
    soup = BeautifulSoup(page, "html.parser")
    # Code, settings, and what the program itself said: marked as English, and meant to be.
    for technical in soup.select("style, details.code > :not(summary), [lang=en]:not(html)"):
        technical.decompose()
    charts = [str(image["src"]).removeprefix("data:image/svg+xml,") for image in soup.select("img")]
    drawn = [ElementTree.fromstring(unquote(chart)) for chart in charts]
    told = [
        str(tag[name])
        for tag in soup.find_all(True)
        for name in ("alt", "title", "aria-label")
        if tag.has_attr(name)
    ]
    written = [" ".join(text.itertext()) for svg in drawn for text in svg.iter(f"{SVG}text")]
    assert len(written) >= 10 * len(drawn)
    return "\n".join([soup.get_text("\n"), *told, *written])


def test_the_list_of_english_words_finds_english() -> None:
    for code in FOREIGN:
        assert leaks(" ".join(PLAIN_ENGLISH), code) == PLAIN_ENGLISH
    assert leaks("Clientes lost en June", "es") == {"lost", "june"}
    assert len(english()) > 300


@pytest.mark.parametrize("code", FOREIGN)
def test_reports_are_in_their_language_throughout(reports: Path, code: str) -> None:
    page = (reports / IN_LANGUAGES[code] / "latest.html").read_text(encoding="utf-8")
    text = shown(page)
    assert len(words(text)) > 200
    assert leaks(text, code) == set()
    # Nothing was left to be filled in.
    assert not re.search(r"\{\w*\}", text)
    assert f'<html lang="{code}">' in page


@pytest.mark.parametrize("code", FOREIGN)
def test_reports_explain_how_win_back_differs_from_reactivation(reports: Path, code: str) -> None:
    page = (reports / IN_LANGUAGES[code] / "latest.html").read_text(encoding="utf-8")
    page = BeautifulSoup(page, "html.parser")
    (said,) = [p for p in page.find_all("p") if len(p.find_all("strong")) == 2]
    terms = {"es": ("recuperación", "reactivación"), "fr": ("récupération", "réactivation")}
    assert tuple(term.get_text() for term in said.find_all("strong")) == terms[code]
    scopes = {"es": ["perdidos", "inactivos y perdidos"], "fr": ["perdus", "dormants et perdus"]}
    assert [scope.get_text() for scope in said.find_all("em")][1:] == scopes[code]


@pytest.mark.parametrize("code", FOREIGN)
@pytest.mark.parametrize("status", sorted({*IN_WORDS} - WITHOUT_PAGE))
def test_failure_pages_and_index_are_in_their_language(
    tmp_path: Path, code: str, status: Status
) -> None:
    failed = unit(tmp_path, "xyz").model_copy(update={"language": code})
    attempt = Attempt(Outcome(status, "It says why.", traceback="E"), AT, AT, new_notebook())
    result = deliver(failed, attempt, out=tmp_path / "reports", notebook={})
    assert result.page
    for page in (result.page, write_index(tmp_path / "reports", at=AT)):
        text = shown(page.read_text(encoding="utf-8"))
        assert "2026" in text
        assert leaks(text, code) == set()
