"""What a report says about itself to machines: manifest.json."""

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from retention.params import Settings, language_of_all
from retention.reporting.statuses import Status
from retention.unit import DEFINITIONS_VERSION

SCHEMA = 1
NAME = "manifest.json"
LANGUAGE_OF_ALL = "language_of_all"
"""The language that the settings folder names for the pages of all units, if it does."""

_KIT = "retention-report-kit"
_LIBRARIES = (
    "babel",
    "duckdb",
    "ibis-framework",
    "ipykernel",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "pydantic",
    "scipy",
    "seaborn",
    "statsmodels",
)
_GIT_SECONDS = 10


def manifest(
    settings: Settings,
    *,
    facts: Mapping[str, Any],
    files: Mapping[str, bytes],
    times: tuple[datetime, datetime, datetime],
    notebook: Mapping[str, str],
) -> dict[str, Any]:
    """Return the manifest of a published report: what went in, what made it, what came out.

    `files` are the other files of the report by their path in its folder, `times` (aware) when work
    on it began, when its notebook had been executed, and when its page was made and checked,
    `notebook` the name and sha256 of the notebook as it was before the run.
    """
    started, executed, finished = times
    return {
        "schema": SCHEMA,
        "status": Status.PUBLISHED.value,
        "slug": settings.slug,
        "unit": facts["unit"],
        "as_of": facts["as_of"],
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "duration_seconds": _seconds(started, finished),
        "durations": {
            "notebook": _seconds(started, executed),
            "page": _seconds(executed, finished),
        },
        "settings": settings.resolved(),
        LANGUAGE_OF_ALL: language_of_all(settings.path.parent),
        "facts": dict(facts),
        "definitions": facts.get("definitions"),
        "kit": kit_version(),
        "notebook": dict(notebook),
        "python": platform.python_version(),
        "libraries": libraries(),
        "git": git_state(settings.path.parent),
        "files": {name: {"sha256": sha256(raw), "bytes": len(raw)} for name, raw in files.items()},
    }


def _seconds(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 3)


def differences(
    found: Mapping[str, Any], settings: Settings, *, notebook: Mapping[str, str]
) -> list[str]:
    """Return what makes a run of these settings another than the one of a manifest, in words.

    Looked at are settings (as_of included), notebook, kit and definitions. The data are not: a
    correction of past rows changes none of these.
    """
    if found.get("schema") != SCHEMA:
        return ["the report is of another version of this program"]
    # Through JSON, as the other side came: tuples are lists there.
    now = json.loads(json.dumps(settings.resolved())) | {"as_of": str(settings.as_of)}
    then = dict(found.get("settings") or {}) | {"as_of": found.get("as_of")}
    told = [
        f"{key} is {now.get(key)!r} and was {then.get(key)!r}"
        for key in sorted(now.keys() | then.keys())
        if now.get(key) != then.get(key)
    ]
    if found.get("notebook") != dict(notebook):
        told.append("the notebook is another")
    for name, version_now in (("kit", kit_version()), ("definitions", DEFINITIONS_VERSION)):
        if found.get(name) != version_now:
            told.append(f"the version of the {name} is {version_now} and was {found.get(name)}")
    return told


def of_notebook(path: Path) -> dict[str, str]:
    """Return the name and the checksum of a notebook, as manifests hold them."""
    return {"name": path.name, "sha256": sha256(path.read_bytes())}


def read(path: Path) -> dict[str, Any] | None:
    """Return a manifest or failure record, or None where there is no whole one."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def as_json(record: Mapping[str, Any]) -> bytes:
    """Return a record as the bytes of its file."""
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()


def sha256(raw: bytes) -> str:
    """Return the checksum that `sha256sum` prints."""
    return hashlib.sha256(raw).hexdigest()


@cache
def kit_version() -> str | None:
    """Return the version of this package, None where it is not installed."""
    return _version(_KIT)


@cache
def libraries() -> dict[str, str | None]:
    """Return the versions of the libraries that the figures and pages rest on."""
    return {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@cache
def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit and dirty flag of the repository that holds a folder, None where none does.

    Asked once a run: what is committed while a run is at work is not what it began with.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain")
    if commit is None or changes is None:
        return None
    return {"commit": commit.strip(), "dirty": bool(changes.strip())}


def _git(folder: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments, no shell
            [git, "-C", str(folder), *arguments],
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=True,
            text=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
