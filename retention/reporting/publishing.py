"""Files under reports/: built apart, moved into place whole, the last good report kept.

```
<out>/<slug>/<as_of>/...      one report, replaced as a whole
<out>/<slug>/latest.html      a copy of the newest report.html (a copy works on a file share);
                              while the newest attempt failed it says so above its headline, and it
                              leads to the unit's win-back page where there is one (beside)
<out>/winback/...             the same for win-back pages, which lead back
<out>/<slug>/failure.*        only while the newest attempt failed: page, record, notebook
<out>/portfolio.*             the page of all units and its notebook
<out>/runs/<id>.json          the log of a run; JSON lines while it is at work
<out>/.staging/               while a run writes; what a dead run left there the next one clears
```
"""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from retention.language import Language
from retention.reporting import beside, manifest
from retention.reporting.exchange import exchanged

LATEST = "latest.html"
GROUP_PAGE = "portfolio.html"
REPORT = "report.html"
COMPARED = ("ledger", "rates")
"""The published frames that the page of all units reads of each."""
FAILURE_PAGE = "failure.html"
FAILURE_NOTEBOOK = "failure.ipynb"
FAILURE_RECORD = "failure.json"

NOTICE = "notice"
"""In a failure record: finished HTML for the last good report, where there is one."""

# Where the template begins what is of the report; nothing of the data stands before it unescaped.
_BEGINNING = b'<main id="report">'
_STAGING = ".staging"
_NEW, _OLD = "new", "old"


def publish(files: Mapping[str, bytes], *, out: Path, slug: str, as_of: str) -> Path:
    """Put a report in place and return its report.html.

    `files` by their path in the report's folder, `report.html` and `manifest.json` among them. A
    report of the same day is replaced as a whole, the record of an earlier failure goes, and
    `latest.html` comes last. Raises OSError, and then nothing that a reader can open has changed,
    except that a new report may be there that `latest.html` does not show yet.
    """
    target = out / slug / as_of
    with staging(out) as place:
        built = place / _NEW / slug / as_of
        for name, raw in files.items():
            _write(built / name, raw)
        for folder in {built, *(path for path in built.rglob("*") if path.is_dir())}:
            _sync(folder)
        # Written before anything moves: from here on there are renames, which want no space.
        latest = place / LATEST
        _write(latest, _led(files[REPORT], built, out=out, slug=slug))
        _move_into_place(built, target, retired=place / _OLD / slug / as_of)
        _forget_failure(out / slug)
        if report_folders(out / slug)[-1] == target:
            latest.replace(out / slug / LATEST)
            _sync(out / slug)
    _show_newest(out, slug)
    return target / REPORT


def repair(out: Path) -> None:
    """Finish or undo what a run that was killed began; for the one run that holds the folder.

    A report that was taken away to be replaced comes back, half-built ones go, `latest.html` shows
    the newest report, and a failure that another report has mended is forgotten: the one that was
    there when it failed is known by its checksum, since a clock may have been moved. One that came
    to be the newest because a newer one was removed by hand has mended nothing.
    """
    for retired in (out / _STAGING).glob(f"*/{_OLD}/*/*"):
        target = out / retired.parent.name / retired.name
        if not target.exists() and _is_whole(retired):
            retired.rename(target)
    shutil.rmtree(out / _STAGING, ignore_errors=True)
    for folder in (path for path in out.iterdir() if path.is_dir()):
        newest = checksum_of_newest(folder)
        if newest is None:
            continue
        failure = manifest.read(folder / FAILURE_RECORD)
        another = failure is not None and failure.get("last_good", newest) != newest
        if failure and another and _mends(newest_manifest(folder) or {}, failure):
            _forget_failure(folder)
        _show_newest(out, folder.name)


def lead_across(out: Path) -> None:
    """Let each `latest.html` lead to the other page of its unit, where that has come meanwhile."""
    for folder in (path for path in out.iterdir() if path.is_dir()):
        if beside.address(out, f"{folder.name}/{LATEST}") and report_folders(folder):
            _show_newest(out, folder.name)


def record_failure(files: Mapping[str, bytes], *, out: Path, slug: str) -> Path:
    """Put the page, record and notebook of a failure beside the last good report.

    Returns the failure page. What an earlier failure left and this one does not is removed, and
    `latest.html` says above its headline that it has been overtaken.
    """
    folder = out / slug
    folder.mkdir(parents=True, exist_ok=True)
    for name in (FAILURE_NOTEBOOK, FAILURE_PAGE, FAILURE_RECORD):
        if name in files:
            replace(folder / name, files[name], out=out)
        else:
            (folder / name).unlink(missing_ok=True)
    if report_folders(folder):
        _show_newest(out, slug)
    return folder / FAILURE_PAGE


def report_folders(folder: Path) -> list[Path]:
    """Return the folders of a unit's published reports, oldest day first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _is_day(path.name) and _is_whole(path))


def compared(folder: Path) -> list[Path] | None:
    """Return the COMPARED files of a unit's newest report, None where one of them is missing."""
    folders = report_folders(folder)
    paths = [folders[-1] / "data" / f"{name}.csv" for name in COMPARED] if folders else []
    return paths if paths and all(path.is_file() for path in paths) else None


def newest_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a unit's newest report, None where it has none."""
    folders = report_folders(folder)
    return manifest.read(folders[-1] / manifest.NAME) if folders else None


def latest(folder: Path, *, led: bool = True) -> bytes:
    """Return what `latest.html` of a unit with a report holds: the newest one, as a whole page.

    Where a later attempt failed, the notice in its record stands before the headline. led: with the
    link to the other page of the unit, where there is one.
    """
    newest = report_folders(folder)[-1]
    page = (newest / REPORT).read_bytes()
    if led:
        page = _led(page, newest, out=folder.parent, slug=folder.name)
    notice = (manifest.read(folder / FAILURE_RECORD) or {}).get(NOTICE)
    if not isinstance(notice, str):
        return page
    return page.replace(_BEGINNING, _BEGINNING + notice.encode(), 1)


def checksum_of_newest(folder: Path) -> str | None:
    """Return the checksum of the manifest of a unit's newest report, None where it has none."""
    folders = report_folders(folder)
    return manifest.sha256((folders[-1] / manifest.NAME).read_bytes()) if folders else None


def clear(out: Path) -> None:
    """Remove the pages of failures that are forgotten, once no index leads to them."""
    for folder in (path for path in out.iterdir() if path.is_dir()):
        if not (folder / FAILURE_RECORD).exists():
            for name in (FAILURE_PAGE, FAILURE_NOTEBOOK):
                (folder / name).unlink(missing_ok=True)


def replace(path: Path, raw: bytes, *, out: Path) -> None:
    """Write a file that readers see either as it was or as it will be, never in between."""
    with staging(out) as place:
        built = place / path.name
        _write(built, raw)
        built.replace(path)
    _sync(path.parent)


def _show_newest(out: Path, slug: str) -> None:
    page, path = latest(out / slug), out / slug / LATEST
    if not path.is_file() or path.read_bytes() != page:
        replace(path, page, out=out)


def _led(page: bytes, report: Path, *, out: Path, slug: str) -> bytes:
    """A page with the link to the other page of its unit; report: the folder of its manifest."""
    facts = (manifest.read(report / manifest.NAME) or {}).get("facts", {})
    link = beside.link(out, f"{slug}/{LATEST}", Language.of(facts))
    return page.replace(_BEGINNING, _BEGINNING + link.encode(), 1)


def _mends(report: Mapping[str, Any], failure: Mapping[str, Any]) -> bool:
    """Whether a report is of after a failure, or of no earlier day than the last good one then."""
    if str(report.get("started", "")) > str(failure.get("at", "")):
        return True
    return str(report.get("as_of", "")) >= str(failure.get("last_good_as_of") or "")


def _forget_failure(folder: Path) -> None:
    # The index leads to the page until it is written again; `clear` removes it after that.
    (folder / FAILURE_RECORD).unlink(missing_ok=True)


@contextlib.contextmanager
def staging(out: Path) -> Iterator[Path]:
    """Give a folder beside the reports, since a rename works only within one file system."""
    place = out / _STAGING / uuid.uuid4().hex[:8]
    try:
        place.mkdir(parents=True)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        with contextlib.suppress(OSError):
            place.parent.rmdir()


def _move_into_place(built: Path, target: Path, *, retired: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        built.rename(target)
    elif not exchanged(built, target):
        # For a moment there is no report of this day; `repair` brings it back after a crash in it.
        retired.parent.mkdir(parents=True)
        target.rename(retired)
        try:
            built.rename(target)
        except BaseException:
            retired.rename(target)
            raise
    _sync(target.parent)


def _write(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder durable, where the system can (Windows cannot)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _is_whole(folder: Path) -> bool:
    return (folder / REPORT).is_file() and (folder / manifest.NAME).is_file()
