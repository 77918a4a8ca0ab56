"""reports/index.html: every unit that was ever published or tried here, failures first."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from retention.language import Language
from retention.reporting import beside, manifest
from retention.reporting.banners import moved_in_words
from retention.reporting.freshness import missed_since
from retention.reporting.pages import day, moment, rendered
from retention.reporting.publishing import (
    FAILURE_RECORD,
    GROUP_PAGE,
    LATEST,
    newest_manifest,
    replace,
)
from retention.reporting.shared_language import shared_language
from retention.reporting.statuses import IN_WORDS, Status
from retention.sparkline import sparkline

NAME = "index.html"

TEXT = {
    "skip": "Skip to the units",
    "kicker": "Customer retention",
    "title": "All units",
    "group": "Compare the units side by side",
    "attention": "Needs attention",
    "reports": "Reports",
    "failure": "What happened and what to do",
    "last_good": "Last good report",
    "colophon": "Each report is one file that can be forwarded; links to other pages stay behind.",
}
_TONES = ("good", "bad")


@dataclass(frozen=True)
class Entry:
    """One unit as the index shows it.

    `language` is that of `period`, `headline` and `tiles`, which its own report tells; the other
    texts are in the language of the index. `beside` is the address of the unit's win-back page, or
    from there of its report; empty where there is none.
    """

    slug: str
    name: str
    state: str
    language: str = ""
    period: str = ""
    headline: str = ""
    tiles: list[dict[str, str | Markup]] = field(default_factory=list)
    fresh: str = ""
    message: str = ""
    stale: str = ""
    report: bool = False
    beside: str = ""
    worse: int = 0
    worse_in_words: str = ""


def write_index(out: Path, *, at: datetime | None = None) -> Path:
    """Write the index of a reports folder from the manifests and failures in it; return its path.

    `at` is the moment it says it was made, by default now.
    """
    language = shared_language(out)
    text = language.each(TEXT)
    now = at or datetime.now(UTC)
    failed, published = entries(out, language, today=now.date())
    current = sum(not entry.stale for entry in published)
    units = len({entry.slug for entry in (*failed, *published)})
    made = language.moment(now)
    page = rendered(
        "index.html.j2",
        {
            "title": f"{text['kicker']} · {text['title']}",
            "text": text | {"beside": beside.words(out, language)},
            "counts": language(
                "{published} of {units} units have a current report", published=current, units=units
            ),
            "made": language("Page made {moment}", moment=made),
            "group": GROUP_PAGE if (out / GROUP_PAGE).is_file() else "",
            "failed": failed,
            "published": published,
        },
        language,
    )
    replace(out / NAME, page.encode(), out=out)
    return out / NAME


def _folders(out: Path) -> list[Path]:
    return sorted(path for path in out.iterdir() if path.is_dir())


def entries(out: Path, language: Language, *, today: date) -> tuple[list[Entry], list[Entry]]:
    """Return the units whose newest attempt failed, and those with a report.

    The failed stand by name; the reports by what needs attention: stale ones, which failed since or
    whose data are old by `today`, then those with the most rates worse than normal, then by name.
    A unit can be in both: its last good report is stale, and says so.
    """
    failed, published = [], []
    for folder in _folders(out):
        failure = manifest.read(folder / FAILURE_RECORD)
        report = newest_manifest(folder)
        if failure:
            failed.append(_failed(folder.name, failure, report, language))
        if report:
            stale = _stale(report, failure, language, today)
            shown = _published(folder.name, report, stale, language)
            other = beside.address(out, f"{folder.name}/{LATEST}")
            published.append(dataclasses.replace(shown, beside=other))
    return sorted(failed, key=_by_name), sorted(published, key=_by_need)


def since(failure: Mapping[str, Any], language: Language) -> str:
    """Return the text that says how long a unit has failed."""
    return language(
        "failing since {moment}", moment=moment(str(failure.get("since", "")), language)
    )


def _by_name(entry: Entry) -> tuple[str, str]:
    return entry.name.casefold(), entry.slug


def _by_need(entry: Entry) -> tuple[bool, int, tuple[str, str]]:
    return not entry.stale, -entry.worse, _by_name(entry)


def _failed(
    slug: str, failure: dict[str, Any], report: dict[str, Any] | None, language: Language
) -> Entry:
    status = failure.get("status")
    known = language(IN_WORDS[Status(status)]) if status in set(Status) else None
    ever = "" if report else f"{language('No report was ever published')} · "
    return Entry(
        slug=slug,
        name=str(failure.get("unit") or slug),
        state=known or str(status),
        message=str(failure.get("message", "")),
        stale=ever + since(failure, language),
        report=report is not None,
    )


def _published(slug: str, report: dict[str, Any], stale: str, language: Language) -> Entry:
    facts = report.get("facts", {})
    worse = facts.get("worse_than_normal")
    worse = worse if isinstance(worse, int) else 0
    return Entry(
        slug=slug,
        name=str(report.get("unit") or slug),
        state=stale or language("Current"),
        language=Language.of(facts).code,
        period=str(facts.get("period_label") or ""),
        headline=str(facts.get("headline") or ""),
        tiles=[_tile(tile) for tile in facts.get("tiles", []) if isinstance(tile, dict)],
        fresh=" · ".join(_fresh(report, language)),
        stale=stale,
        report=True,
        worse=worse,
        worse_in_words=language.plural(
            "{count} rate is worse than normal", "{count} rates are worse than normal", worse
        )
        if worse
        else "",
    )


def _stale(
    report: dict[str, Any], failure: dict[str, Any] | None, language: Language, today: date
) -> str:
    """Why a report is not current, in words; nothing where it is."""
    if failure:
        return language("Stale since {day}", day=day(str(failure.get("since", "")), language))
    missed = missed_since(report, today)
    if not missed:
        return ""
    return language("Old data: none for {duration}", duration=_its(report, language).span(missed))


def _its(report: dict[str, Any], language: Language) -> Language:
    """The language of the index with the periods of a unit."""
    own = Language.of(report.get("facts", {}))
    return dataclasses.replace(language, frequency=own.frequency, rules=own.rules)


def _fresh(report: dict[str, Any], language: Language) -> list[str]:
    """What the index says below a unit: what it covers, by which definitions, what has moved."""
    notes = [
        language(
            "Data up to {day} · published {moment}",
            day=day(str(report.get("as_of", "")), language),
            moment=moment(str(report.get("finished", "")), language),
        )
    ]
    if report.get("definitions"):
        notes.append(language("Definitions, version {version}", version=report["definitions"]))
    moved = report.get("restatements") or {}
    if moved.get("moved_figures"):
        counts = moved["moved_figures"], moved["moved_periods"]
        notes.append(moved_in_words(*counts, _its(report, language)))
    return notes


def _tile(tile: Mapping[str, Any]) -> dict[str, str | Markup]:
    texts = {key: str(tile.get(key) or "") for key in ("label", "value", "change")}
    series = [value if _is_number(value) else None for value in tile.get("series") or ()]
    # Finished markup: numbers, and a text that is escaped where the line is drawn.
    line = Markup(sparkline(series, str(tile.get("trend") or "")))  # noqa: S704
    tone = tile["tone"] if tile.get("tone") in _TONES else "neutral"
    return {**texts, "tone": tone, "line": line}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
