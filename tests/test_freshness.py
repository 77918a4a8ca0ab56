"""Old data and overtaken reports: the run knows its day, and says so on page and index."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from attempts import AT, SOURCE, attempt, fail, files, tree
from bs4 import BeautifulSoup
from fault_notebook import HOSTILE, unit
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from retention.language import Language
from retention.periods import Frequency, Rules
from retention.reporting import freshness, index, manifest, publishing, work
from retention.reporting.delivery import deliver, reasons_to_run
from retention.reporting.export import report_page
from retention.reporting.freshness import Freshness
from retention.reporting.limits import Limits
from retention.reporting.upkeep import verified

MONTHS = {"language": "en", "frequency": "month"}


@pytest.mark.parametrize(
    ("frequency", "as_of", "today", "missed"),
    [
        ("month", "2026-06-30", "2026-07-31", 0),
        ("month", "2026-06-30", "2026-08-01", 1),
        ("month", "2026-06-01", "2026-07-31", 0),  # June has begun: July is the first whole one
        ("month", "2026-06-30", "2026-11-25", 4),
        ("month", "2026-06-30", "2026-06-30", 0),
        ("month", "2026-06-30", "2026-06-01", 0),
        ("quarter", "2026-06-30", "2026-09-30", 0),
        ("quarter", "2026-06-30", "2026-10-01", 1),
        ("week", "2026-11-01", "2026-11-08", 0),  # Sunday to Sunday: the week is not over
        ("week", "2026-11-01", "2026-11-09", 1),
        ("day", "2026-11-01", "2026-11-08", 0),  # a week without data is no news
        ("day", "2026-11-01", "2026-11-09", 7),
        ("year", "2025-01-01", "2026-12-31", 0),
        ("year", "2025-12-31", "2027-01-01", 1),
    ],
)
def test_data_are_old_once_a_whole_period_has_passed_without_any(
    frequency: Frequency, as_of: str, today: str, missed: int
) -> None:
    for asked, expected in ((False, missed), (True, 0)):
        seen = Freshness(date.fromisoformat(today), asked)
        assert seen.missed(date.fromisoformat(as_of), frequency, Rules()) == expected


def test_periods_are_those_of_the_units_calendar() -> None:
    seen = Freshness(date(2026, 10, 1), asked=False)
    fiscal = Rules(fiscal_year_start="february")
    assert seen.missed(date(2026, 6, 30), "quarter", Rules()) == 1
    assert seen.missed(date(2026, 6, 30), "quarter", fiscal) == 0


def test_the_day_of_the_run_is_that_of_the_units_time_zone(tmp_path: Path) -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    grocer = unit(tmp_path, "grocer")
    abroad = grocer.model_copy(update={"timezone": "Europe/Madrid"})
    assert Freshness.of(grocer, late).today == date(2026, 10, 31)
    assert Freshness.of(abroad, late).today == date(2026, 11, 1)


def test_a_day_that_settings_ask_for_stays_asked_for(tmp_path: Path) -> None:
    asked = unit(tmp_path, "grocer").model_copy(update={"as_of": date(2026, 10, 31)})
    free = asked.model_copy(update={"as_of": None})
    assert asked.found(date(2026, 1, 1)).as_of == date(2026, 10, 31)
    assert Freshness.of(asked.found(date(2026, 1, 1)), AT).asked
    found = free.found(date(2026, 1, 1))
    assert found.as_of == date(2026, 1, 1)
    assert not Freshness.of(found, AT).asked
    assert found.resolved() == free.resolved() | {"as_of": "2026-01-01"}


# A page whose data are old ------------------------------------------------------------------------


def executed(facts: dict[str, Any]) -> Any:
    """A notebook as a kernel would have left it, with these facts."""
    shown = {"text/html": "<p>Well.</p>", "application/vnd.retention.facts+json": facts}
    output = new_output("display_data", data=shown)
    cell = new_code_cell("report.summary()", execution_count=1, outputs=[output])
    return new_notebook(cells=[new_markdown_cell("# Customer retention"), cell])


def finished(folder: Path, *, found: bool, language: str = "en") -> dict[str, Any]:
    """What work adds to a run of 2 November with data up to the end of August."""
    settings = unit(folder, "grocer").model_copy(update={"as_of": None})
    last = date(2026, 8, 31)
    settings = settings.found(last) if found else settings.model_copy(update={"as_of": last})
    facts = {"unit": "Grocer", "as_of": "2026-08-31", "identities": "held", **MONTHS}
    facts |= {"language": language, "headline": "Well.", "period_label": "August"}
    task = work.Task(settings, "", folder, Limits(), 600_000)
    return work._finished(executed(facts), task, AT)


@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_a_page_with_old_data_says_so_before_its_headline(tmp_path: Path, code: str) -> None:
    made = finished(tmp_path, found=True, language=code)
    main = BeautifulSoup(made["page"], "html.parser").main
    (banner,) = main.select("aside")
    assert main.find(True) is banner
    assert "banner-alarm" in banner["class"]
    language = Language(code)
    for words in (
        language("The data are old"),
        language.day(date(2026, 8, 31)),
        language.day(date(2026, 11, 2)),
        language.duration(2),
    ):
        assert words in banner.get_text()
    assert made["freshness"] == {"day": "2026-11-02", "asked": False, "periods_missed": 2}


def test_a_page_of_a_day_that_was_asked_for_says_nothing(tmp_path: Path) -> None:
    made = finished(tmp_path, found=False)
    assert "<aside" not in made["page"]
    assert made["freshness"] == {"day": "2026-11-02", "asked": True, "periods_missed": 0}


def test_index_shows_old_data_by_its_own_day_and_first(tmp_path: Path) -> None:
    for slug, asked in (("a", True), ("b", False), ("c", None)):
        content = files(**MONTHS)
        record = {} if asked is None else {freshness.KEY: {"asked": asked}}
        found = manifest.as_json(manifest_of(content) | record)
        content |= {"manifest.json": found}
        publishing.publish(content, out=tmp_path, slug=slug, as_of="2026-10-31")

    def states(at: datetime) -> list[str]:
        page = index.write_index(tmp_path, at=at).read_text(encoding="utf-8")
        soup = BeautifulSoup(page, "html.parser")
        return [state.get_text() for state in soup.select(".state")]

    assert states(AT) == ["Current"] * 3
    assert states(AT.replace(month=12)) == ["Old data: none for 1 month", "Current", "Current"]


def manifest_of(content: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content["manifest.json"])
    return found


def test_a_last_day_that_is_none_is_not_old() -> None:
    assert freshness.missed_since({"as_of": "soon", "freshness": {"asked": False}}, AT.date()) == 0


def test_a_report_is_made_once_more_when_its_data_grow_old(tmp_path: Path) -> None:
    out = tmp_path / "reports"
    settings = unit(tmp_path, "grocer").model_copy(update={"as_of": None}).found(date(2020, 1, 31))

    def reasons(missed: int, *, asked: bool) -> list[str]:
        made = attempt(as_of="2020-01-31")
        record = {"day": "2020-02-01", "asked": asked, "periods_missed": missed}
        deliver(settings, replaced(made, freshness=record), out=out, notebook=SOURCE)
        return reasons_to_run(settings, out=out, notebook=SOURCE)

    assert reasons(0, asked=False) == ["its data have grown old, and the report does not say so"]
    assert reasons(1, asked=False) == []
    assert reasons(0, asked=True) == []


def replaced(made: work.Attempt, **change: Any) -> work.Attempt:
    return replace(made, **change)


# A report that a failure has overtaken ------------------------------------------------------------

PAGE = report_page(executed({"unit": "Grocer", "as_of": "2026-10-31", "headline": "Well."}))


def published(folder: Path, page: str = PAGE, **facts: Any) -> Path:
    content = files(page, **facts)
    record = manifest_of(content) | {"finished": "2026-10-31T06:00:00+00:00"}
    content["manifest.json"] = manifest.as_json(record)
    publishing.publish(content, out=folder, slug="grocer", as_of="2026-10-31")
    return folder / "grocer" / publishing.LATEST


@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_the_last_good_report_says_that_it_is_overtaken(tmp_path: Path, code: str) -> None:
    latest = published(tmp_path, language=code)
    fail(unit(tmp_path, "grocer"), tmp_path)
    page = latest.read_text(encoding="utf-8")
    soup = BeautifulSoup(page, "html.parser")
    banner = soup.main.find(True)
    assert banner.name == "aside"
    language = Language(code)
    assert banner["aria-label"] == language("A newer report could not be published")
    assert language("The data were refused") in banner.get_text()
    assert language.day(date(2026, 10, 31)) in banner.get_text()
    # The rest of the page is the report to the letter, and the report itself is untouched.
    assert page.replace(str(page[page.index("<aside") : page.index("</aside>") + 8]), "") == PAGE
    report = latest.parent / "2026-10-31" / publishing.REPORT
    assert report.read_text(encoding="utf-8") == PAGE


def test_a_notice_lasts_as_long_as_the_failure(tmp_path: Path) -> None:
    latest = published(tmp_path)
    for day in (2, 3):
        fail(unit(tmp_path, "grocer"), tmp_path, at=AT.replace(day=day))
        page = latest.read_text(encoding="utf-8")
        assert page.count("<aside") == 1
        assert f"{day} November 2026" in page
        assert verified(tmp_path).problems == verified(tmp_path / "grocer").problems
        assert not [each for each in verified(tmp_path).problems if publishing.LATEST in each]
    published(tmp_path)
    assert latest.read_text(encoding="utf-8") == PAGE


def test_a_first_failure_has_nothing_to_overtake(tmp_path: Path) -> None:
    fail(unit(tmp_path, "grocer"), tmp_path)
    assert publishing.NOTICE not in (manifest.read(tmp_path / "grocer" / "failure.json") or {})
    assert f"grocer/{publishing.LATEST}" not in tree(tmp_path)


def test_repair_brings_the_notice_back_and_takes_it_away(tmp_path: Path) -> None:
    latest = published(tmp_path)
    fail(unit(tmp_path, "grocer"), tmp_path)
    with_notice = latest.read_bytes()
    latest.write_text(PAGE, encoding="utf-8")  # as if the run had died before it
    publishing.repair(tmp_path)
    assert latest.read_bytes() == with_notice
    (tmp_path / "grocer" / publishing.FAILURE_RECORD).unlink()
    publishing.repair(tmp_path)
    assert latest.read_text(encoding="utf-8") == PAGE


def test_hostile_names_do_not_move_the_notice(tmp_path: Path) -> None:
    hostile = f'</title><main id="report">{HOSTILE}'
    page = report_page(executed({"unit": hostile, "as_of": "2026-10-31", "headline": hostile}))
    latest = published(tmp_path, page)
    fail(unit(tmp_path, "grocer", name=HOSTILE), tmp_path, message=hostile)
    soup = BeautifulSoup(latest.read_text(encoding="utf-8"), "html.parser")
    assert soup.main.find(True).name == "aside"
    assert not soup.find("script")
    assert len(soup.find_all("main")) == 1


def test_a_record_of_another_make_has_no_notice(tmp_path: Path) -> None:
    latest = published(tmp_path)
    record = manifest.as_json({"status": "data_refused", publishing.NOTICE: ["<b>"]})
    content = {publishing.FAILURE_PAGE: b"x", publishing.FAILURE_RECORD: record}
    publishing.record_failure(content, out=tmp_path, slug="grocer")
    assert latest.read_text(encoding="utf-8") == PAGE
