"""What becomes of an attempt under reports/: its report is published, or its failure recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from retention.params import Settings
from retention.reporting import freshness, manifest, publishing
from retention.reporting.failure import failure_files
from retention.reporting.notebooks import as_text
from retention.reporting.outcome import Execution, Outcome, StepFailedError, classify
from retention.reporting.statuses import Status
from retention.reporting.work import Attempt


@dataclass(frozen=True)
class Result:
    """What became of one unit, and the page that shows it: the report or the failure page.

    `rows` in the source, `size` of the published files and peak `memory` of the kernel in bytes;
    None where they are not known.
    """

    settings: Settings
    outcome: Outcome
    seconds: float = 0.0
    page: Path | None = None
    rows: int | None = None
    size: int | None = None
    memory: int | None = None


def deliver(
    settings: Settings, attempt: Attempt, *, out: Path, notebook: Mapping[str, str]
) -> Result:
    """Publish a good attempt, or record why there is none; return what became of it.

    `notebook`: name and sha256 of the notebook as it was before the run. A disk that refuses is a
    failure of this unit, and costs no other unit its report. What was interrupted leaves no trace.
    """
    outcome, page, size = attempt.outcome, None, None
    if outcome.status is Status.PUBLISHED:
        try:
            files = _report_files(settings, attempt, notebook)
            as_of = attempt.facts["as_of"]
            page = publishing.publish(files, out=out, slug=settings.slug, as_of=as_of)
            size = sum(map(len, files.values()))
        except Exception as error:  # any defect here must stay with its unit
            failed = StepFailedError(Status.PUBLISH_FAILED, f"{type(error).__name__}: {error}")
            failed.__cause__ = error
            outcome = classify(Execution(attempt.notebook, error=failed))
    if not outcome.status.good and outcome.status is not Status.INTERRUPTED:
        outcome, page = _recorded(settings, replace(attempt, outcome=outcome), out)
    seconds = (attempt.finished - attempt.started).total_seconds()
    return Result(
        settings,
        outcome,
        seconds,
        page,
        rows=(attempt.facts.get("source") or {}).get("rows"),
        size=size,
        memory=attempt.memory or None,
    )


UNSEEN = ""
"""In the place of a fingerprint: the data are not to be looked at."""


def reasons_to_run(
    settings: Settings,
    *,
    out: Path,
    notebook: Mapping[str, str],
    fingerprint: str | None = UNSEEN,
) -> list[str]:
    """Return why a unit needs a new attempt, in words; none where its newest report is current.

    It is where the newest attempt was published with the same settings, as_of, notebook, versions
    and, unless they are not to be looked at, data. `fingerprint`: of the data, None where the
    engine gives none.
    """
    folder = out / settings.slug
    failure = manifest.read(folder / publishing.FAILURE_RECORD)
    if failure:
        return [f"its newest attempt failed: {failure.get('message')}"]
    found = publishing.newest_manifest(folder)
    if found is None:
        return ["it has no report yet"]
    reasons = manifest.differences(found, settings, notebook=notebook)
    before = (found.get("facts", {}).get("source") or {}).get("fingerprint")
    if fingerprint is None:
        reasons.append("its engine cannot tell whether the data are the same")
    elif fingerprint not in (UNSEEN, before):
        reasons.append("the data are others")
    # Nothing else tells a reader that the source has run dry: no new day, so no new report.
    if _missed(found, settings) and not (found.get(freshness.KEY) or {}).get("periods_missed"):
        reasons.append("its data have grown old, and the report does not say so")
    return reasons


def _missed(found: Mapping[str, Any], settings: Settings) -> int:
    today = freshness.Freshness.of(settings, datetime.now(UTC)).today
    return freshness.missed_since(found, today)


def skipped(settings: Settings, *, out: Path, data_seen: bool) -> Result:
    """Return the result of a unit whose newest report is current."""
    folder = publishing.report_folders(out / settings.slug)[-1]
    looked = "data too" if data_seen else "the data were not looked at"
    message = f"Nothing has changed since its report of {folder.name} ({looked})."
    return Result(settings, Outcome(Status.SKIPPED, message), page=folder / publishing.REPORT)


def _report_files(
    settings: Settings, attempt: Attempt, notebook: Mapping[str, str]
) -> dict[str, bytes]:
    files = {
        publishing.REPORT: attempt.page.encode(),
        "report.ipynb": as_text(attempt.notebook).encode(),
        **{f"data/{name}.csv": csv.encode() for name, csv in sorted(attempt.frames.items())},
    }
    record = manifest.manifest(
        settings,
        facts=attempt.facts,
        files=files,
        times=(attempt.started, attempt.executed or attempt.finished, attempt.finished),
        notebook=notebook,
    )
    record["restatements"] = attempt.comparison.record() if attempt.comparison else None
    record[freshness.KEY] = attempt.freshness
    return files | {manifest.NAME: manifest.as_json(record)}


def _recorded(settings: Settings, attempt: Attempt, out: Path) -> tuple[Outcome, Path | None]:
    # On a full disk there may be room for the reason, if not for the notebook.
    for notebook in (attempt.notebook, None):
        try:
            files = failure_files(
                settings,
                attempt.outcome,
                at=attempt.finished,
                folder=out / settings.slug,
                notebook=notebook,
            )
            page = publishing.record_failure(files, out=out, slug=settings.slug)
        except Exception as error:  # nor must a defect here cost the others theirs
            refused = error
        else:
            return attempt.outcome, page
    message = f"{attempt.outcome.message} (Nor could its failure page be written: {refused})"
    return replace(attempt.outcome, message=message), None
