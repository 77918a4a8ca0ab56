"""What a failed unit leaves: a page that says why and what to do, a record, the notebook."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from retention.language import Language
from retention.params import Settings, language_of_all
from retention.reporting import manifest
from retention.reporting.export import ALARM, Banner
from retention.reporting.index import since
from retention.reporting.notebooks import as_text
from retention.reporting.outcome import Outcome
from retention.reporting.pages import day, moment, rendered
from retention.reporting.publishing import (
    FAILURE_NOTEBOOK,
    FAILURE_PAGE,
    FAILURE_RECORD,
    NOTICE,
    checksum_of_newest,
    newest_manifest,
)
from retention.reporting.statuses import IN_WORDS, Status

TEXT = {
    "kicker": "Report not published",
    "now": "What to do now",
    "last_good": "Open the last good report",
    "stale": "data up to {day}; {since}",
    "no_report": "There is no earlier report of this unit.",
    "notebook": "Open the notebook as far as it ran",
    "notebook_note": "for the analyst, in JupyterLab",
    "index": "Back to all units",
    "traceback": "Technical details",
}
_ANY_FAULT = "An analyst finds the failing cell in the notebook below."
_NEXT_STEPS = {
    Status.SETTINGS_REFUSED: "Correct the settings file named above, then run this unit again.",
    Status.DATA_REFUSED: "Correct the data or the settings named above, then run this unit again.",
    Status.CHECK_FAILED: "The figures contradict each other: do not use them, tell the analyst.",
    Status.NOTEBOOK_ERROR: _ANY_FAULT,
    Status.KERNEL_DIED: "Run this unit alone, or on a machine with more memory.",
    Status.WORKER_FAILED: "See that the workers of the cluster are up, then run this unit again.",
    Status.TIMED_OUT: "Run it again, with more time (--timeout) or fewer units at once (--jobs).",
    Status.TRUNCATED: "An analyst finds the last cell that ran in the notebook below.",
    Status.RENDER_FAILED: "The figures were computed; an analyst finds them in the notebook below.",
    Status.GATE_FAILED: "The figures were computed; mend what the page shows, then run again.",
    Status.PUBLISH_FAILED: "Look at space and permissions of the reports folder, then run again.",
}


def _notice(outcome: Outcome, at: datetime, report: Mapping[str, Any]) -> str:
    """What the last good report says above its headline, in its own language: it is overtaken."""
    language = Language.of(report.get("facts") or {})
    sentence = language(
        "{state} ({moment}). This is still the last good report, with data up to {day}; "
        "failure.html beside it says what happened and what to do.",
        state=language(IN_WORDS[outcome.status]),
        moment=language.moment(at),
        day=day(str(report.get("as_of")), language),
    )
    banner = Banner(ALARM, language("A newer report could not be published"), [sentence])
    return rendered("retention/banner.html.j2", {"banner": banner}, language)


def failure_files(
    settings: Settings,
    outcome: Outcome,
    *,
    at: datetime,
    folder: Path,
    notebook: NotebookNode | None,
) -> dict[str, bytes]:
    """Return the files of a failure by name, for `publishing.record_failure`.

    `folder`: of the unit, with the record of its failure before, if any: then it has failed since
    then; but not since a day to come, which a clock that was wrong may have told. The page is in
    the unit's language, but for the message, which quotes what the program said.
    """
    previous = manifest.read(folder / FAILURE_RECORD) or {}
    report, now = newest_manifest(folder), at.isoformat(timespec="seconds")
    language = Language.of(settings.model_dump())
    text = language.each(TEXT)
    record: dict[str, Any] = {
        "schema": manifest.SCHEMA,
        "status": outcome.status.value,
        "message": outcome.message,
        "cell": outcome.cell,
        "slug": settings.slug,
        "unit": settings.unit,
        "since": min(str(previous.get("since") or now), now),
        "at": now,
        "last_good": checksum_of_newest(folder),
        "last_good_as_of": (report or {}).get("as_of"),
        "kit": manifest.kit_version(),
        "settings": settings.resolved(),
        manifest.LANGUAGE_OF_ALL: language_of_all(settings.path.parent),
    }
    if report is not None:
        record[NOTICE] = _notice(outcome, at, report)
    covered = day(str((report or {}).get("as_of")), language)
    page = rendered(
        "failure.html.j2",
        {
            "title": f"{settings.unit} · {text['kicker']}",
            "name": settings.unit,
            "state": language(IN_WORDS[outcome.status]),
            "when": moment(record["at"], language),
            "message": outcome.message,
            "next_step": language(_NEXT_STEPS.get(outcome.status, _ANY_FAULT)),
            "has_report": report is not None,
            "has_notebook": notebook is not None,
            "stale": text["stale"].format(day=covered, since=since(record, language)),
            "traceback": outcome.traceback,
            "text": text,
        },
        language,
    )
    files = {FAILURE_PAGE: page.encode(), FAILURE_RECORD: manifest.as_json(record)}
    if notebook is not None:
        files[FAILURE_NOTEBOOK] = as_text(notebook).encode()
    return files
