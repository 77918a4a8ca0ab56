"""Files under reports/: built apart, moved into place whole, the last good report kept.

```
<out>/<slug>/<as_of>/...      one report, replaced as a whole
<out>/<slug>/latest.html      a copy of the newest report.html (a copy works on a file share)
<out>/<slug>/failure.*        only while the newest attempt failed: page, record, notebook
<out>/portfolio.*             the page of all units and its notebook
<out>/.staging/               while a run writes
```
"""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from retention.reporting import manifest

LATEST = "latest.html"
GROUP_PAGE = "portfolio.html"
REPORT = "report.html"
FAILURE_PAGE = "failure.html"
FAILURE_NOTEBOOK = "failure.ipynb"
FAILURE_RECORD = "failure.json"

_STAGING = ".staging"


def publish(files: Mapping[str, bytes], *, out: Path, slug: str, as_of: str) -> Path:
    """Put a report in place and return its report.html.

    `files` by their path in the report's folder, `report.html` and `manifest.json` among them. A
    report of the same day is replaced as a whole; `latest.html` comes last, and after it the
    traces of an earlier failure go. Raises OSError, and then nothing that a reader can open has
    changed, except that a new report may be there that `latest.html` does not show yet.
    """
    target = out / slug / as_of
    with _staged(out, slug) as staging:
        for name, raw in files.items():
            _write(staging / name, raw)
        for folder in {staging, *(path for path in staging.rglob("*") if path.is_dir())}:
            _sync(folder)
        _move_into_place(staging, target)
    newest = report_folders(out / slug)[-1]
    replace(out / slug / LATEST, (newest / REPORT).read_bytes())
    for name in (FAILURE_PAGE, FAILURE_RECORD, FAILURE_NOTEBOOK):
        (out / slug / name).unlink(missing_ok=True)
    return target / REPORT


def record_failure(files: Mapping[str, bytes], *, out: Path, slug: str) -> Path:
    """Put the page, record and notebook of a failure beside the last good report.

    Returns the failure page. What an earlier failure left and this one does not is removed.
    """
    folder = out / slug
    folder.mkdir(parents=True, exist_ok=True)
    for name in (FAILURE_NOTEBOOK, FAILURE_PAGE, FAILURE_RECORD):
        if name in files:
            replace(folder / name, files[name])
        else:
            (folder / name).unlink(missing_ok=True)
    return folder / FAILURE_PAGE


def report_folders(folder: Path) -> list[Path]:
    """Return the folders of a unit's published reports, oldest day first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _is_day(path.name) and _is_whole(path))


def figures(folder: Path, names: Sequence[str]) -> list[Path] | None:
    """Return the named CSV files of a unit's newest report, None where one of them is missing."""
    folders = report_folders(folder)
    paths = [folders[-1] / "data" / f"{name}.csv" for name in names] if folders else []
    return paths if paths and all(path.is_file() for path in paths) else None


def newest_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a unit's newest report, None where it has none."""
    folders = report_folders(folder)
    return manifest.read(folders[-1] / manifest.NAME) if folders else None


def replace(path: Path, raw: bytes) -> None:
    """Write a file that readers see either as it was or as it will be, never in between."""
    staged = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        _write(staged, raw)
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
    _sync(path.parent)


@contextlib.contextmanager
def _staged(out: Path, slug: str) -> Iterator[Path]:
    # Beside the reports: a rename works only within one file system.
    staging = out / _STAGING / f"{slug}.{uuid.uuid4().hex[:8]}"
    staging.mkdir(parents=True)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with contextlib.suppress(OSError):
            staging.parent.rmdir()


def _move_into_place(staging: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        staging.rename(target)
    else:
        retired = staging.with_name(f"{staging.name}.old")
        target.rename(retired)
        try:
            staging.rename(target)
        except OSError:
            retired.rename(target)
            raise
        shutil.rmtree(retired, ignore_errors=True)
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
