"""Nothing half, lost or left behind in a reports folder, whatever happened to a run there."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import psutil
from bs4 import BeautifulSoup

from retention.reporting import gate, manifest, publishing
from retention.reporting.lock import NAMES
from retention.reporting.statuses import IN_WORDS, Status
from retention.reporting.upkeep import verified


def assert_whole(reports: Path, *, killed: bool = False) -> None:
    """Every page a reader can open is whole, every link leads somewhere, nothing is left over.

    `killed`: a run was killed here and no other has come since. Then `latest.html` may show the
    report before the newest, a newer failure may be missing from the index, and what the run built
    may still lie in its staging folder. But no page may be half, and no link dead.
    """
    wrong = verified(reports).problems
    wrong = [line for line in wrong if not (killed and "latest.html: is not the newest" in line)]
    assert wrong == []
    index = reports / "index.html"
    pages = [path for path in reports.rglob("*.html") if publishing._STAGING not in path.parts]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.rstrip().endswith("</html>"), page
        if page.name in (publishing.REPORT, publishing.LATEST, publishing.GROUP_PAGE):
            assert gate.problems(text) == [], page
            continue
        # Failure pages of no record are what an index that is still there may lead to.
        for link in BeautifulSoup(text, "html.parser").select("a[href]"):
            where = str(link["href"])
            assert where.startswith(("#", "http")) or (page.parent / where).is_file(), (page, where)
    for record in reports.rglob("*.json"):
        # Who holds the folder may be half told: then a second run is refused without the name.
        if publishing._STAGING not in record.parts and record.name != NAMES[1]:
            json.loads(record.read_bytes())
    if not killed:
        assert shown(index) == failed(reports)
        assert {path.name for path in reports.iterdir() if path.name[0] == "."} <= {NAMES[0]}
        assert len(list(reports.rglob("failure.html"))) == len(failed(reports))
        assert kernels(reports.parent) == []


def failed(reports: Path) -> list[str]:
    """The words for each unit whose newest attempt failed, by its record."""
    records = [manifest.read(path) or {} for path in reports.glob(f"*/{publishing.FAILURE_RECORD}")]
    return sorted(IN_WORDS[Status(record["status"])] for record in records)


def shown(index: Path) -> list[str]:
    """The words for each unit whose newest attempt failed, by the index."""
    soup = BeautifulSoup(index.read_text(encoding="utf-8"), "html.parser")
    told = [state.get_text().strip() for state in soup.select(".state")]
    return sorted(words for words in told if words in IN_WORDS.values())


def kernels(folder: Path) -> list[psutil.Process]:
    """The processes that are at work in a folder of a test, which are kernels of it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found
