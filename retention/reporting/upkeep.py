"""Looking after a reports folder: are its files as they were published, and which are old."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retention.reporting import manifest, publishing


@dataclass(frozen=True)
class Verification:
    """How many reports were looked at, and what is wrong with their files, one line each."""

    reports: int
    problems: list[str]


def verified(folder: Path) -> Verification:
    """Compare the files of every report under a folder with the checksums of its manifest.

    A file that is missing, changed or not in the manifest is a problem, and so is a `latest.html`
    that is not the newest report.
    """
    manifests = [path for path in sorted(folder.rglob(manifest.NAME)) if not _hidden(path, folder)]
    problems = [problem for path in manifests for problem in _problems(path)]
    for unit in sorted({path.parent.parent for path in manifests}):
        reports, latest = publishing.report_folders(unit), unit / publishing.LATEST
        if not reports or not unit.is_relative_to(folder):
            continue
        # Without its link to the other page it waits for a run that was kept from adding it.
        shown = [publishing.latest(unit, led=led) for led in (True, False)]
        if not latest.is_file() or latest.read_bytes() not in shown:
            problems.append(f"{latest}: is not the newest report, {reports[-1].name}")
    return Verification(len(manifests), problems)


def old_reports(out: Path, *, keep: int) -> list[Path]:
    """Return the folders of all reports but the newest `keep` of each unit, oldest first."""
    units = sorted(path for path in out.iterdir() if path.is_dir())
    return [report for unit in units for report in publishing.report_folders(unit)[:-keep]]


def remove(report: Path) -> None:
    """Remove a report; no reader finds a part of it, and what a crash leaves is cleared away."""
    out = report.parents[1]
    with publishing.staging(out) as place:
        gone = place / report.name
        report.rename(gone)
        shutil.rmtree(gone)


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _problems(path: Path) -> list[str]:
    found = manifest.read(path)
    listed = found.get("files") if found else None
    if not isinstance(listed, dict):
        return [f"{path}: is no manifest"]
    there = {
        file.relative_to(path.parent).as_posix()
        for file in path.parent.rglob("*")
        if file.is_file() and file != path
    }
    strangers = [f"{path.parent / name}: is not in the manifest" for name in there - set(listed)]
    return [*_changed(path.parent, listed), *sorted(strangers)]


def _changed(folder: Path, listed: dict[str, Any]) -> list[str]:
    problems = []
    for name, told in listed.items():
        try:
            raw = (folder / name).read_bytes()
        except OSError as error:
            problems.append(f"{folder / name}: cannot be read ({error.strerror})")
            continue
        if manifest.sha256(raw) != told.get("sha256"):
            problems.append(f"{folder / name}: was changed after it was published")
    return problems
