import contextlib
import json
import resource
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from fault_notebook import HOSTILE, unit
from nbformat.v4 import new_notebook

from retention.language import Language
from retention.params import Settings
from retention.reporting import index, manifest
from retention.reporting.delivery import Result, deliver, reasons_to_run, skipped
from retention.reporting.outcome import Outcome, Status
from retention.reporting.publishing import newest_manifest, publish, record_failure
from retention.reporting.work import Attempt
from retention.unit import DEFINITIONS_VERSION

SOURCE = {"name": "retention_report.ipynb", "sha256": "0" * 64}
AT = datetime(2026, 11, 2, 6, 12, tzinfo=UTC)


def files(text: str = "page", **facts: Any) -> dict[str, bytes]:
    record = {"schema": 1, "as_of": "2026-10-31", "unit": "Grocer", "facts": facts}
    return {
        "report.html": text.encode(),
        "data/ledger.csv": b"a\n1\n",
        "manifest.json": json.dumps(record).encode(),
    }


def attempt(outcome: Outcome | None = None, *, page: str = "page", as_of: str) -> Attempt:
    return Attempt(
        outcome or Outcome(Status.PUBLISHED),
        started=AT,
        finished=AT,
        notebook=new_notebook(),
        page=page,
        facts={
            "unit": "Grocer",
            "as_of": as_of,
            "headline": "Well.",
            "period_label": "October",
            "definitions": DEFINITIONS_VERSION,
            "source": {"rows": 3, "fingerprint": "3-0f"},
        },
        frames={"ledger": "a\n1\n"},
    )


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@contextlib.contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file can grow beyond the limit: the system refuses the write, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_report_lies_under_its_unit_and_day(tmp_path: Path) -> None:
    page = publish(files(), out=tmp_path, slug="grocer", as_of="2026-10-31")
    assert page == tmp_path / "grocer" / "2026-10-31" / "report.html"
    assert sorted(tree(tmp_path)) == [
        "grocer/2026-10-31/data/ledger.csv",
        "grocer/2026-10-31/manifest.json",
        "grocer/2026-10-31/report.html",
        "grocer/latest.html",
    ]
    assert not (tmp_path / ".staging").exists()


def test_a_report_of_the_same_day_is_replaced_as_a_whole(tmp_path: Path) -> None:
    old = files("old") | {"data/retired.csv": b""}
    publish(old, out=tmp_path, slug="grocer", as_of="2026-10-31")
    publish(files("new"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    left = tree(tmp_path / "grocer")
    assert left["latest.html"] == left["2026-10-31/report.html"] == b"new"
    assert "2026-10-31/data/retired.csv" not in left
    assert [path.name for path in tmp_path.iterdir()] == ["grocer"]


def test_latest_is_the_newest_day_and_not_the_newest_run(tmp_path: Path) -> None:
    publish(files("october"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    publish(files("back then"), out=tmp_path, slug="grocer", as_of="2025-10-31")
    assert (tmp_path / "grocer" / "latest.html").read_bytes() == b"october"


def test_a_full_disk_leaves_the_last_good_report_untouched(tmp_path: Path) -> None:
    publish(files("old"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    before = tree(tmp_path)
    for as_of in ("2026-10-31", "2026-11-30"):
        with full_disk(1000), pytest.raises(OSError, match="File too large"):
            publish(files("x" * 5000), out=tmp_path, slug="grocer", as_of=as_of)
    assert tree(tmp_path) == before
    assert not (tmp_path / ".staging").exists()


def test_a_disk_that_refuses_is_a_status_of_the_unit(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer")
    good = attempt(page="x" * 40_000, as_of="2026-10-31")
    with full_disk(35_000):
        result = deliver(grocer, good, out=tmp_path / "reports", notebook=SOURCE)
    assert result.outcome.status is Status.PUBLISH_FAILED
    assert "File too large" in result.outcome.message
    assert result.page == tmp_path / "reports" / "grocer" / "failure.html"
    assert "Look at space and permissions" in result.page.read_text(encoding="utf-8")
    with full_disk(100):
        again = deliver(grocer, good, out=tmp_path / "reports", notebook=SOURCE)
    assert again.page is None
    assert "Nor could its failure page be written" in again.outcome.message


def fail(settings: Any, out: Path, *, at: datetime = AT, message: str = "No.") -> Result:
    outcome = Outcome(Status.DATA_REFUSED, message, traceback="Traceback <b>")
    failed = Attempt(outcome, started=at, finished=at, notebook=new_notebook())
    return deliver(settings, failed, out=out, notebook=SOURCE)


def test_a_failure_keeps_the_last_good_report_and_success_removes_its_traces(
    tmp_path: Path,
) -> None:
    grocer = unit(tmp_path, "grocer")
    out = tmp_path / "reports"
    deliver(grocer, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    good = tree(out)
    fail(grocer, out)
    failed = tree(out)
    new = {f"grocer/failure.{kind}" for kind in ("html", "ipynb", "json")}
    assert set(failed) - set(good) == new
    assert {name: failed[name] for name in good} == good
    deliver(grocer, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    assert set(tree(out)) == set(good)


def test_a_failure_page_leads_to_what_is_there(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer", name=HOSTILE)
    out = tmp_path / "reports"
    page = fail(grocer, out, message=HOSTILE).page
    assert page
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<b>" not in html
    assert "There is no earlier report" in html
    publish(files(), out=out, slug="grocer", as_of="2026-10-31")
    page = fail(grocer, out).page
    index.write_index(out)
    assert page
    assert "latest.html" in links(page)


def links(page: Path) -> list[str]:
    """The links of a page, each of which leads to a file that exists."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    found = [str(link["href"]) for link in soup.find_all("a") if link["href"][0] != "#"]
    for link in found:
        assert (page.parent / link).is_file(), link
    return found


def test_a_failure_counts_from_the_first_of_its_row(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer")
    fail(grocer, tmp_path, at=AT)
    fail(grocer, tmp_path, at=AT.replace(day=3))
    record = manifest.read(tmp_path / "grocer" / "failure.json")
    assert record
    assert (record["since"][:10], record["at"][:10]) == ("2026-11-02", "2026-11-03")


def test_what_was_interrupted_leaves_no_trace(tmp_path: Path) -> None:
    stopped = attempt(Outcome(Status.INTERRUPTED), as_of="2026-10-31")
    deliver(unit(tmp_path, "grocer"), stopped, out=tmp_path / "reports", notebook=SOURCE)
    assert not (tmp_path / "reports").exists()


def test_files_of_an_earlier_failure_go_with_the_next(tmp_path: Path) -> None:
    record_failure({"failure.html": b"1", "failure.ipynb": b"1"}, out=tmp_path, slug="grocer")
    record_failure({"failure.html": b"2"}, out=tmp_path, slug="grocer")
    assert tree(tmp_path) == {"grocer/failure.html": b"2"}


def test_half_a_report_is_none(tmp_path: Path) -> None:
    publish(files("old"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    torn = tmp_path / "grocer" / "2026-11-30"
    torn.mkdir()
    (torn / "report.html").write_text("torn")
    found = newest_manifest(tmp_path / "grocer")
    assert found
    assert found["as_of"] == "2026-10-31"


def test_a_unit_is_current_with_equal_settings_notebook_versions_and_data(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer")
    out = tmp_path / "reports"

    def reasons(settings: Settings = grocer, **change: Any) -> list[str]:
        return reasons_to_run(settings, **({"out": out, "notebook": SOURCE} | change))

    assert reasons() == ["it has no report yet"]
    deliver(grocer, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    assert reasons() == []
    done = skipped(grocer, out=out, data_seen=False)
    assert done.page == out / "grocer" / "2026-10-31" / "report.html"
    assert done.outcome.message.endswith("report of 2026-10-31 (the data were not looked at).")
    shorter = grocer.model_copy(update={"inactive_after": 31, "as_of": None})
    assert reasons(shorter) == [
        "as_of is 'None' and was '2026-10-31'",
        "inactive_after is 31 and was 30",
    ]
    assert reasons(notebook=SOURCE | {"sha256": "1"}) == ["the notebook is another"]
    assert reasons(fingerprint="3-0f") == []
    assert reasons(fingerprint="3-1f") == ["the data are others"]
    assert reasons(fingerprint=None) == ["its engine cannot tell whether the data are the same"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "kit_version", lambda: "9.9")
        patch.setattr(manifest, "DEFINITIONS_VERSION", "99")
        assert [reason.partition(" and was ")[0] for reason in reasons()] == [
            "the version of the kit is 9.9",
            "the version of the definitions is 99",
        ]
        patch.setattr(manifest, "SCHEMA", 0)
        assert reasons() == ["the report is of another version of this program"]
    fail(grocer, out)
    assert reasons() == ["its newest attempt failed: No."]


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
    assert index.entries(tmp_path, Language()) == ([], [])
    assert "0 of 0" in index.write_index(tmp_path).read_text(encoding="utf-8")


def test_git_state_is_the_commit_and_whether_anything_differs(tmp_path: Path) -> None:
    manifest.git_state.cache_clear()
    assert manifest.git_state(tmp_path / "nowhere") is None
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    clean = manifest.git_state(tmp_path)
    assert clean
    assert (len(clean["commit"]), clean["dirty"]) == (40, False)
    (tmp_path / "grocer.yaml").write_text("unit: x")
    manifest.git_state.cache_clear()
    assert manifest.git_state(tmp_path) == clean | {"dirty": True}
