"""reports/index.html: every unit that was ever published or tried here, failures first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from retention.reporting import manifest
from retention.reporting.outcome import IN_WORDS, Status
from retention.reporting.pages import day, moment, rendered
from retention.reporting.publishing import FAILURE_RECORD, newest_manifest, replace

NAME = "index.html"

TEXT = {
    "skip": "Skip to the units",
    "kicker": "Customer retention",
    "title": "All units",
    "attention": "Needs attention",
    "reports": "Reports",
    "failure": "What happened and what to do",
    "last_good": "Last good report",
    "colophon": "Each report is one file without any link outside itself: it can be forwarded.",
}
_COUNTS = "{published} of {units} units have a current report"
_MADE = "Page made {moment}"
_CURRENT = "Current"
_STALE = "Stale since {day}"
_NEVER = "No report was ever published"
_FRESH = "Data up to {day} · published {moment}"
_FAILED_SINCE = "failing since {moment}"
_TONES = ("good", "bad")


@dataclass(frozen=True)
class Entry:
    """One unit as the index shows it."""

    slug: str
    name: str
    state: str
    period: str = ""
    headline: str = ""
    tiles: list[dict[str, str]] = field(default_factory=list)
    fresh: str = ""
    message: str = ""
    stale: str = ""
    report: bool = False


def write_index(out: Path, *, at: datetime | None = None) -> Path:
    """Write the index of a reports folder from the manifests and failures in it; return its path.

    `at` is the moment it says it was made, by default now.
    """
    made = (at or datetime.now(UTC)).isoformat()
    failed, published = entries(out)
    current = sum(not entry.stale for entry in published)
    units = len({entry.slug for entry in (*failed, *published)})
    page = rendered(
        "index.html.j2",
        {
            "title": f"{TEXT['kicker']} · {TEXT['title']}",
            "text": TEXT,
            "counts": _COUNTS.format(published=current, units=units),
            "made": _MADE.format(moment=moment(made)),
            "failed": failed,
            "published": published,
        },
    )
    replace(out / NAME, page.encode())
    return out / NAME


def entries(out: Path) -> tuple[list[Entry], list[Entry]]:
    """Return the units whose newest attempt failed, and those with a report; by name.

    A unit can be in both: its last good report is stale, and says so.
    """
    failed, published = [], []
    for folder in sorted(path for path in out.iterdir() if path.is_dir()):
        failure = manifest.read(folder / FAILURE_RECORD)
        report = newest_manifest(folder)
        if failure:
            failed.append(_failed(folder.name, failure, report))
        if report:
            published.append(_published(folder.name, report, failure))
    return sorted(failed, key=_by_name), sorted(published, key=_by_name)


def since(failure: Mapping[str, Any]) -> str:
    """Return the text that says how long a unit has failed."""
    return _FAILED_SINCE.format(moment=moment(str(failure.get("since", ""))))


def _by_name(entry: Entry) -> tuple[str, str]:
    return entry.name.casefold(), entry.slug


def _failed(slug: str, failure: dict[str, Any], report: dict[str, Any] | None) -> Entry:
    status = failure.get("status")
    known = IN_WORDS.get(Status(status)) if status in set(Status) else None
    return Entry(
        slug=slug,
        name=str(failure.get("unit") or slug),
        state=known or str(status),
        message=str(failure.get("message", "")),
        stale=since(failure) if report else f"{_NEVER} · {since(failure)}",
        report=report is not None,
    )


def _published(slug: str, report: dict[str, Any], failure: dict[str, Any] | None) -> Entry:
    facts = report.get("facts", {})
    as_of = str(report.get("as_of", ""))
    stale = _STALE.format(day=day(str(failure.get("since", "")))) if failure else ""
    return Entry(
        slug=slug,
        name=str(report.get("unit") or slug),
        state=stale or _CURRENT,
        period=str(facts.get("period_label") or ""),
        headline=str(facts.get("headline") or ""),
        tiles=[_tile(tile) for tile in facts.get("tiles", []) if isinstance(tile, dict)],
        fresh=_FRESH.format(day=day(as_of), moment=moment(str(report.get("finished", "")))),
        stale=stale,
        report=True,
    )


def _tile(tile: Mapping[str, Any]) -> dict[str, str]:
    shown = {key: str(tile.get(key) or "") for key in ("label", "value", "change")}
    return shown | {"tone": tile["tone"] if tile.get("tone") in _TONES else "neutral"}
