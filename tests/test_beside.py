"""The report of a unit and its win-back page lead to each other, and never to nothing."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from attempts import attempt, files, tree
from bs4 import BeautifulSoup
from fault_notebook import unit, written

from retention.reporting import beside, manifest, publishing, runner
from retention.reporting.index import NAME, write_index
from retention.reporting.lock import sole_run
from retention.reporting.run_log import RunLog
from retention.reporting.upkeep import verified
from retention.reporting.work import Attempt, Task

DAY = "2026-10-31"


def published(out: Path, slug: str, language: str) -> None:
    content = files()
    told = json.loads(content[manifest.NAME])
    told["facts"] = told.get("facts", {}) | {"language": language}
    content[publishing.REPORT] = b'<html><main id="report"><p>Figures</p></main></html>'
    others = {name: raw for name, raw in content.items() if name != manifest.NAME}
    told["files"] = {name: {"sha256": manifest.sha256(raw)} for name, raw in others.items()}
    content[manifest.NAME] = manifest.as_json(told)
    out.mkdir(parents=True, exist_ok=True)
    log = RunLog(out, units=[slug])
    publishing.publish(content, out=out, slug=slug, as_of=DAY)
    write_index(out)
    log.end(None, None)


def links(page: Path) -> dict[str, str]:
    """Where a page leads to, and how it says so; each is there."""
    found = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("a[href]")
    told = {str(link["href"]): link.get_text() for link in found if link["href"][0] != "#"}
    assert all((page.parent / where).is_file() for where in told), told
    return told


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Reports of two units, and the win-back page of one, as runs of theirs leave them."""
    reports = tmp_path / "reports"
    published(reports, "grocer", "fr")
    published(reports, "bakery", "en")
    published(reports / beside.WINBACK, "grocer", "fr")
    runner._lead_back(reports / beside.WINBACK)
    return reports


def test_pages_of_a_unit_lead_to_each_other(out: Path) -> None:
    winback = out / beside.WINBACK
    there, back = "../winback/grocer/latest.html", "../../grocer/latest.html"
    assert links(out / "grocer" / publishing.LATEST) == {
        there: "Qui pourrions\u2011nous récupérer\u202f?"
    }
    assert list(links(winback / "grocer" / publishing.LATEST)) == [back]
    assert links(out / "bakery" / publishing.LATEST) == {}
    rows = links(out / NAME)
    assert rows["winback/grocer/latest.html"] == "Whom could we win back?"
    assert "winback/bakery/latest.html" not in rows
    assert links(winback / NAME)["../grocer/latest.html"] == "Customer retention report"


def test_what_is_forwarded_has_no_link_and_is_as_it_was_published(out: Path) -> None:
    for page in out.rglob(publishing.REPORT):
        assert links(page) == {}
    assert verified(out).problems == []


def test_no_page_leads_to_one_that_is_gone(out: Path) -> None:
    shutil.rmtree(out / beside.WINBACK / "grocer")
    assert verified(out).problems == [
        f"{out / 'grocer' / publishing.LATEST}: is not the newest report, {DAY}"
    ]
    publishing.repair(out)
    write_index(out)
    assert links(out / "grocer" / publishing.LATEST) == {}
    assert not any(beside.WINBACK in where for where in links(out / NAME))


def test_a_run_that_is_at_work_there_is_left_alone(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    winback = reports / beside.WINBACK
    published(reports, "grocer", "en")
    published(winback, "grocer", "en")
    with sole_run(reports):
        runner._lead_back(winback)
    # The page says nothing yet, which is no fault of it.
    assert links(reports / "grocer" / publishing.LATEST) == {}
    assert verified(reports).problems == []
    runner._lead_back(winback)
    assert list(links(reports / "grocer" / publishing.LATEST)) == ["../winback/grocer/latest.html"]


def test_a_folder_with_no_other_pages_is_left_alone(tmp_path: Path) -> None:
    published(tmp_path, "grocer", "en")
    runner._lead_back(tmp_path)
    assert not (tmp_path / beside.WINBACK).exists()
    assert links(tmp_path / "grocer" / publishing.LATEST) == {}


@pytest.mark.parametrize("ours", ["site", "site/winback"])
def test_a_page_of_somebody_else_is_left_as_it_is(tmp_path: Path, ours: str) -> None:
    out = tmp_path / ours
    published(out, "grocer", "en")
    theirs = beside.folder(out)
    for name in (NAME, ".staging/draft.html", "runs/5-km.json"):
        (theirs / name).parent.mkdir(parents=True, exist_ok=True)
        (theirs / name).write_text("ours since 1998", encoding="utf-8")
    before = tree(tmp_path)
    runner._lead_back(out)
    assert tree(tmp_path) == before


class Worker:
    """A cluster that has done its work at once."""

    def check(self, *_: object) -> None:
        pass

    def submit(self, task: Task) -> Future[Attempt]:
        done: Future[Attempt] = Future()
        page = f'<html><main id="report"><p>{task.settings.slug}</p></main></html>'
        done.set_result(attempt(as_of=DAY, page=page))
        return done

    def gone(self) -> str:
        return ""


@pytest.mark.parametrize("ours", ["reports", "reports/winback"])
def test_runs_side_by_side_lead_to_each_other_at_once(tmp_path: Path, ours: str) -> None:
    out = tmp_path / ours
    other = beside.folder(out)

    def meanwhile(_: object) -> None:
        published(other, "good", "en")
        runner._lead_back(other)  # the folder is held

    worker: Any = Worker()
    plan = runner.Plan(written(tmp_path), out, cluster=worker)
    batch = runner.run([unit(tmp_path, "good")], plan, watch=meanwhile)
    assert batch.results[0].outcome.status.good, batch.results[0].outcome
    for place in (out, other):
        assert links(place / "good" / publishing.LATEST)
        assert any(beside.address(place, "good/latest.html") == row for row in links(place / NAME))
