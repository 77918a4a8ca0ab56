"""The page of all units, and that of a failure."""

from pathlib import Path

from attempts import AT, SOURCE, attempt, fail, files, links
from bs4 import BeautifulSoup
from fault_notebook import HOSTILE, unit

from retention.language import Language
from retention.params import Settings
from retention.reporting import index
from retention.reporting.delivery import deliver
from retention.reporting.publishing import publish
from retention.reporting.shared_language import shared_language

TILE = {"label": "Active", "value": "1,234", "change": "+12", "tone": "good", "key": "active"}


def test_index_shows_every_unit_of_the_folder_failures_first(tmp_path: Path) -> None:
    facts = {"headline": HOSTILE, "period_label": "October 2026", "tiles": [TILE]}
    publish(files(**facts), out=tmp_path, slug="grocer", as_of="2026-10-31")
    publish(files(), out=tmp_path, slug="bakery", as_of="2026-10-31")
    fail(unit(tmp_path, "bakery", name="Bakery"), tmp_path)
    fail(unit(tmp_path, "new", name=HOSTILE), tmp_path)
    page = index.write_index(tmp_path, at=AT)
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    soup = BeautifulSoup(html, "html.parser")
    states = [state.get_text() for state in soup.select(".state")]
    assert states == [
        "The data were refused",
        "The data were refused",
        "Stale since 2 November 2026",
        "Current",
    ]
    assert "1 of 3 units have a current report" in soup.get_text()
    assert soup.select_one(".tile-change.good").get_text() == "+12"
    assert HOSTILE in soup.get_text()
    assert links(page) == [
        "new/failure.html",
        "bakery/failure.html",
        "bakery/latest.html",
        "bakery/latest.html",
        "grocer/latest.html",
    ]


def test_index_sorts_reports_by_what_needs_attention(tmp_path: Path) -> None:
    for slug, worse in (("a", 0), ("b", 1), ("c", 3), ("d", 3), ("e", "many")):
        published = files(worse_than_normal=worse)
        publish(published, out=tmp_path, slug=slug, as_of="2026-10-31")
    publish(files(), out=tmp_path, slug="z", as_of="2026-10-31")
    fail(unit(tmp_path, "z", name="Z"), tmp_path)
    page = index.write_index(tmp_path, at=AT)
    shown = [link for link in links(page) if link.endswith("latest.html")]
    order = ["z", "z", "c", "d", "b", "a", "e"]
    assert shown == [f"{slug}/latest.html" for slug in order]
    states = [
        state.get_text()
        for state in BeautifulSoup(page.read_text("utf-8"), "html.parser").select(".state")
    ]
    assert states[2:5] == ["Current", "3 rates are worse than normal", "Current"]
    assert "1 rate is worse than normal" in states


def test_index_draws_the_lines_of_its_tiles_from_numbers_alone(tmp_path: Path) -> None:
    trend = f"since May: {HOSTILE}"
    tile = TILE | {"series": [1, None, HOSTILE, True, 4.5], "trend": trend}
    publish(files(tiles=[tile, TILE]), out=tmp_path, slug="grocer", as_of="2026-10-31")
    html = index.write_index(tmp_path, at=AT).read_text(encoding="utf-8")
    assert "<script" not in html
    (line,) = BeautifulSoup(html, "html.parser").select("svg")
    assert line["aria-label"] == trend
    assert line.path["d"].count("M") == 2


def french(folder: Path, slug: str, **change: str) -> Settings:
    """The settings of a unit whose report is French, but for what is given."""
    return unit(folder, slug).model_copy(update={"language": "fr", **change})


def delivered(settings: Settings, out: Path) -> None:
    """Publish a report whose facts are in the language of its settings."""
    good = attempt(as_of="2026-10-31")
    good.facts.update(language=settings.language, tiles=[TILE])
    deliver(settings, good, out=out, notebook=SOURCE)


def test_index_speaks_the_language_that_all_its_units_share(tmp_path: Path) -> None:
    out = tmp_path / "reports"
    delivered(french(tmp_path, "mode"), out)
    fail(french(tmp_path, "new"), out, at=AT.replace(day=1))
    page = BeautifulSoup(index.write_index(out, at=AT).read_text("utf-8"), "html.parser")
    assert page.html["lang"] == "fr"
    assert page.title.get_text() == "Rétention client · Toutes les unités"
    shown = page.get_text(" ", strip=True)
    assert "Rapports à jour\xa0: 1 sur 2 unités" in shown
    assert "Données jusqu’au 31 octobre 2026 · publié le 2 novembre 2026 à 06:12 UTC" in shown
    assert "Aucun rapport n’a jamais été publié · en échec depuis le 1er novembre 2026" in shown
    assert [state.get_text() for state in page.select(".state")] == [
        "Les données ont été refusées",
        "À jour",
    ]


def test_index_of_units_in_several_languages_is_english_and_marks_each(tmp_path: Path) -> None:
    out = tmp_path / "reports"
    delivered(french(tmp_path, "mode"), out)
    delivered(french(tmp_path, "tienda", language="es"), out)
    page = BeautifulSoup(index.write_index(out, at=AT).read_text("utf-8"), "html.parser")
    assert page.html["lang"] == "en"
    assert "Page made 2 November 2026, 06:12 UTC" in page.get_text()
    for place in (".headline", ".tiles", ".period[lang]"):
        assert [one["lang"] for one in page.select(place)] == ["fr", "es"]


def test_index_speaks_the_language_of_the_shared_settings(tmp_path: Path) -> None:
    out = tmp_path / "reports"
    shared = unit(tmp_path, "any").path.with_name("defaults.yaml")
    for slug, language in (("mode", "fr"), ("tienda", "en")):
        shared.write_text("frequency: month\nlanguage: es\n", "utf-8")
        delivered(french(tmp_path, slug, language=language), out)
    fail(french(tmp_path, "new"), out)
    assert shared_language(out).code == "es"
    # Units of two folders that do not agree: then as without a shared language.
    shared.unlink()
    delivered(french(tmp_path, "mode"), out)
    assert shared_language(out).code == "en"


def test_index_dates_are_american_where_all_money_is_in_dollars(tmp_path: Path) -> None:
    dollars = french(tmp_path, "outlet", language="en", currency="USD")
    delivered(dollars, tmp_path / "reports")
    page = index.write_index(tmp_path / "reports", at=AT).read_text("utf-8")
    assert "Page made November 2, 2026, 06:12 UTC" in page


def test_failure_page_speaks_the_units_language_and_quotes_the_program(tmp_path: Path) -> None:
    tienda = french(tmp_path, "tienda", language="es")
    publish(files(), out=tmp_path, slug="tienda", as_of="2026-10-31")
    failed = fail(tienda, tmp_path, message="No such column.").page
    assert failed
    page = BeautifulSoup(failed.read_text("utf-8"), "html.parser")
    assert page.html["lang"] == "es"
    shown = page.get_text(" ", strip=True)
    assert "Los datos fueron rechazados 2 de noviembre de 2026 a las 06:12 UTC" in shown
    assert "Corrija los datos o la configuración" in shown
    assert "(datos hasta el 31 de octubre de 2026; con fallos desde el 2 de noviembre" in shown
    assert (page.select_one(".message")["lang"], page.pre["lang"]) == ("en", "en")


def test_index_refers_to_nothing_outside(tmp_path: Path) -> None:
    publish(files(), out=tmp_path, slug="grocer", as_of="2026-10-31")
    html = index.write_index(tmp_path).read_text(encoding="utf-8")
    assert "http" not in html.replace("http-equiv", "")
    assert "default-src 'none'" in html


def test_index_passes_over_what_is_no_unit(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "failure.json").write_text('{"schema": 1, ')
    (tmp_path / "notes.txt").write_text("mine")
    assert index.entries(tmp_path, Language(), today=AT.date()) == ([], [])
    assert "0 of 0" in index.write_index(tmp_path).read_text(encoding="utf-8")
