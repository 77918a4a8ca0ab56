"""Attempts at a report, and what they publish."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from nbformat.v4 import new_notebook

from retention.reporting.delivery import Result, deliver
from retention.reporting.outcome import Outcome
from retention.reporting.statuses import Status
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


def fail(settings: Any, out: Path, *, at: datetime = AT, message: str = "No.") -> Result:
    outcome = Outcome(Status.DATA_REFUSED, message, traceback="Traceback <b>")
    failed = Attempt(outcome, started=at, finished=at, notebook=new_notebook())
    return deliver(settings, failed, out=out, notebook=SOURCE)


def links(page: Path) -> list[str]:
    """The links of a page, each of which leads to a file that exists."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    found = [str(link["href"]) for link in soup.find_all("a") if link["href"][0] != "#"]
    for link in found:
        assert (page.parent / link).is_file(), link
    return found
