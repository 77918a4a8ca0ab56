"""Settings of one unit: strict, typed, every problem of every file at once with file and line.

A value stays text until the type of its field decides what it is: `unit: NO` is the text NO, never
false. `${NAME}` stays as written: the environment is read where a source is connected, not here.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from retention.environment import VARIABLE
from retention.errors import SettingsRefused, did_you_mean
from retention.flat_yaml import NotFlatYamlError, read_lines
from retention.unit_settings import KEYS, REQUIRED, SOURCES, Settings, allowed, choices

__all__ = [
    "DEFAULTS",
    "Settings",
    "all_settings",
    "find_unit",
    "settings",
    "unit_files",
]

DEFAULTS = "defaults.yaml"
RESERVED = ("runs",)
"""Names of folders under reports/ that are of no unit."""

_NEXT_STEP = "`retention sample DIR` writes an example company, `retention init DIR` a new kit"
_SUFFIXES = (".yaml", ".yml")
_SOURCES = f"{', '.join(SOURCES[:-1])} and {SOURCES[-1]}"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SECRET = re.compile(r"passw|pwd|secret|token|credential|(api|access|private)_?key", re.IGNORECASE)
_SECRET_IN_URL = re.compile(
    rf"://[^/?#@]*:(?!{VARIABLE.pattern}@)[^/?#]+@|[?&;]\w*({_SECRET.pattern})\w*=(?!\$\{{)",
    re.IGNORECASE,
)


def settings(path: Path | str, *, overrides: Mapping[str, object] | None = None) -> Settings:
    """One unit's settings: the file, over `defaults.yaml` beside it, under the overrides.

    Overrides come from a notebook, a form or a command line, also as text; None and empty text mean
    "as in the file". Anything wrong raises SettingsRefused with every problem of both files and of
    the overrides.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "norway.yaml")
    ...     _ = file.write_text("unit: NO\\nsource: data/*.csv\\nlost_after: 180\\n")
    ...     norway = settings(file, overrides={"as_of": "2026-10-31", "lost_after": None})
    >>> norway.slug, norway.unit, norway.inactive_after, norway.lost_after, norway.as_of
    ('norway', 'NO', 'auto', 180, datetime.date(2026, 10, 31))
    """
    return all_settings([Path(path)], overrides=overrides)[0]


def all_settings(
    paths: Sequence[Path], *, overrides: Mapping[str, object] | None = None
) -> list[Settings]:
    """The settings of each file, in the order given; a file named twice counts once.

    Raises SettingsRefused with every problem of every file; what is wrong in a `defaults.yaml` is
    said once, with its own line.
    """
    problems: list[str] = []
    given = _parameters(overrides or {}, problems)
    shared: dict[Path, dict[str, _Entry]] = {}
    slugs: dict[str, Path] = {}
    found: list[Settings | None] = []
    for path in dict.fromkeys(_absolute(Path(path)) for path in paths):
        if path.name == DEFAULTS:
            problems.append(f"{_shown(path)}:1: holds what units share and is no unit; name a unit")
            continue
        if path.suffix != ".yaml":
            problems.append(
                f"{_shown(path)}:1: the name of a settings file ends in .yaml; rename it"
            )
            continue
        if path.parent not in shared:
            shared[path.parent] = _defaults(path.parent / DEFAULTS, problems)
        # Reports of two slugs that differ in case alone are one folder on many file systems.
        if (twin := slugs.setdefault(path.stem.casefold(), path)) != path:
            problems.append(f"{_shown(path)}:1: has the slug of {_shown(twin)}; rename one of them")
        if path.stem.casefold() in RESERVED:
            problems.append(
                f"{_shown(path)}:1: {path.stem} is no slug of a unit, for runs keep their logs in "
                "a folder of that name; rename the file"
            )
        entries = shared[path.parent] | _file(path, problems, layer=1) | given
        found.append(_validated(path, entries, problems))
    if problems:
        raise SettingsRefused(list(dict.fromkeys(problems)))
    return [unit for unit in found if unit is not None]


def language_of_all(params: Path) -> str | None:
    """The `language` that `defaults.yaml` in a folder names: that of the pages of all its units."""
    entries = _file(params / DEFAULTS, [], layer=0) if (params / DEFAULTS).is_file() else {}
    language = entries.get("language")
    return str(language.value) if language and language.value else None


def unit_files(params: Path) -> list[Path]:
    """The unit files directly in the folder, by name, without `defaults.yaml`.

    Raises SettingsRefused, with the next step, where there is no folder or no unit file in it.
    """
    try:
        paths = sorted(params.resolve().iterdir())
    except OSError as error:
        text = (
            f"{_shown(params.resolve())}: no folder with settings ({error.strerror}); {_NEXT_STEP}"
        )
        raise SettingsRefused([text]) from error
    # A .yml is kept, so that it is refused with its name and not overlooked.
    files = [path for path in paths if path.suffix.lower() in _SUFFIXES and path.name != DEFAULTS]
    files = [path for path in files if not path.name.startswith(".")]
    if not files:
        text = f"{_shown(params.resolve())}: no unit has a settings file here; {_NEXT_STEP}"
        raise SettingsRefused([text])
    return files


def find_unit(unit: str, *, params: Path | None = None) -> Path:
    """The settings file of a unit, given as its slug or as the path of a file.

    A slug is looked up in `params`, by default the folder `params` here or in the nearest parent
    folder that has one. Raises SettingsRefused with the nearest names.
    """
    given = Path(unit)
    if given.suffix in _SUFFIXES or given.name != unit:
        if os.path.lexists(given):
            return _absolute(given)
        near = did_you_mean(given.name, [path.name for path in given.parent.glob("*.yaml")])
        raise SettingsRefused([f"{unit}: there is no such file{near}"])
    here = Path.cwd()
    parents = (parent / "params" for parent in (here, *here.parents))
    folder = params or next((place for place in parents if place.is_dir()), Path("params"))
    # Reversed, so that of x.yaml and x.yml the former is found.
    files = {path.stem: path for path in reversed(unit_files(folder))}
    if unit in files:
        return files[unit]
    near = did_you_mean(unit, files, most=3) or f"; the units are {', '.join(sorted(files)[:20])}"
    raise SettingsRefused([f"{_shown(folder.resolve())}: no unit {_found(unit)}{near}"])


@dataclass(frozen=True)
class _Entry:
    """A value as text, where it stands, and its layer: 0 defaults, 1 the unit's file, 2 parameter.

    A value of None was refused already: it is not missing, and nothing more is said of it.
    """

    value: str | list[str] | None
    place: str
    layer: int


def _defaults(path: Path, problems: list[str]) -> dict[str, _Entry]:
    if not os.path.lexists(path):
        return {}
    entries = _file(path, problems, layer=0)
    # Judged alone as well: a unit that overrides a bad value must not hide it from the other units.
    _validated(path, dict.fromkeys(REQUIRED, _Entry(None, "", 0)) | entries, problems)
    return entries


def _file(path: Path, problems: list[str], *, layer: int) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    try:
        lines = read_lines(path)
    except NotFlatYamlError as error:
        problems.append(f"{_shown(path)}:{error.line}: {error}")
        return dict.fromkeys(REQUIRED, _Entry(None, "", layer))
    for line in lines:
        place = f"{_shown(path)}:{line.number}: {_printable(line.key)}"
        wrong = line.wrong or _refusal(line.key, line.value)
        if wrong:
            problems.append(f"{place}: {wrong}")
            entries.setdefault(line.key, _Entry(None, place, layer))
        else:
            entries[line.key] = _Entry(line.value, place, layer)
    return entries


def _parameters(overrides: Mapping[str, object], problems: list[str]) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    for key, value in overrides.items():
        # A form that is left empty gives an empty text.
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        text = _as_text(value)
        place = f"parameter {_printable(key)}"
        if wrong := _refusal(key, text):
            problems.append(f"{place}: {wrong}")
        entries[key] = _Entry(None if wrong else text, place, 2)
    return entries


def _as_text(value: object) -> str | list[str]:
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(key: str, value: str | list[str]) -> str:
    """Why a key, or its value as text, cannot be taken whatever its type; or nothing."""
    if _SECRET.search(key):
        return "looks like a secret; put ${NAME} into source and the secret into the environment"
    if key not in KEYS:
        return "unknown key" + (did_you_mean(key, KEYS) or f"; the keys are {', '.join(KEYS)}")
    texts = [value] if isinstance(value, str) else value
    if not any(text.strip() for text in texts):
        return "has no value; leave it out to use the default"
    if any(_CONTROL.search(text) for text in texts):
        return "holds a control character; write plain text"
    if key not in SOURCES:
        wrong = any("${" in text for text in texts)
        return f"${{NAME}} may stand only in {_SOURCES}" if wrong else ""
    if any("${" in VARIABLE.sub("", text) for text in texts):
        return "holds a ${ that is no ${NAME}; a NAME has letters, digits and _"
    if any(_SECRET_IN_URL.search(text) for text in texts):
        return "holds a password or key; put ${NAME} in its place and the secret in the environment"
    return ""


def _validated(path: Path, entries: Mapping[str, _Entry], problems: list[str]) -> Settings | None:
    values = {key: entry.value for key, entry in entries.items() if entry.value is not None}
    try:
        return Settings.model_validate({**values, "slug": path.stem, "path": path})
    except ValidationError as error:
        # A union and a pair report each of their parts; the first says it.
        first: dict[str, ErrorDetails] = {}
        for detail in error.errors():
            first.setdefault(str(detail["loc"][0]), detail)
        for key, detail in first.items():
            problems += _problem(key, detail, path, entries)
    return None


def _problem(
    key: str, detail: ErrorDetails, path: Path, entries: Mapping[str, _Entry]
) -> list[str]:
    # A pair of one number lacks its second, which is missing too, one level down.
    if detail["type"] == "missing" and len(detail["loc"]) == 1:
        hint = "add it here" if key == "unit" else f"add it here or in {DEFAULTS}"
        return [] if key in entries else [f"{_shown(path)}:1: {key}: is missing; {hint}"]
    entry = entries.get(key) or _Entry(path.stem, f"{_shown(path)}:1: file name", 1)
    if detail["type"] == "rule":
        other = entries.get(detail["ctx"]["other"], entry)
        # A unit may give what defaults.yaml lacks, and of a refused value enough was said.
        if path.name == DEFAULTS or other.value is None:
            return []
        # Of two values that do not go together the one given last is the one to change.
        return [f"{max(entry, other, key=lambda given: given.layer).place}: {detail['msg']}"]
    # What stands in a source may be a secret.
    found = "this" if key in SOURCES else _found(entry.value)
    near = did_you_mean(entry.value, choices(key)) if isinstance(entry.value, str) else ""
    return [f"{entry.place}: {found} is not {allowed(key)}{near}"]


def _found(value: str | list[str] | None) -> str:
    text = repr(value) if isinstance(value, str) else f"[{repr(', '.join(value or []))[1:-1]}]"
    return text if len(text) <= 60 else f"{text[:60]}..."


def _printable(key: str) -> str:
    return key if key.isidentifier() and len(key) <= 60 else _found(key)


def _absolute(path: Path) -> Path:
    # The folder alone is resolved: the slug is the name the user gave, also where it is a link.
    return path.parent.resolve() / path.name


def _shown(path: Path) -> str:
    near = path.is_relative_to(Path.cwd().parent)
    return os.path.relpath(path) if near else str(path)
