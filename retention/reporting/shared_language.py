"""The language of the pages that show all units."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from retention.language import Language
from retention.reporting import manifest
from retention.reporting.publishing import FAILURE_RECORD, newest_manifest


def shared_language(out: Path) -> Language:
    """Return the language of the pages of all units: that of `defaults.yaml`, if it names one.

    Else the one that every unit is set to, else English: a run of a few units does not turn the
    page that shows all of them. The currency goes with it: dates are American where money is in
    dollars throughout.
    """
    records = list(_records(out))
    settings = [told for each in records if isinstance(told := each.get("settings"), dict)]
    named = _only(each.get(manifest.LANGUAGE_OF_ALL) for each in records)
    language = named or _only(each.get("language") for each in settings)
    return Language.of(
        {"language": language, "currency": _only(s.get("currency") for s in settings)}
    )


def _only(values: Iterable[Any]) -> Any:
    """The value that all of them are, None where they differ or are none."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def _records(out: Path) -> Iterator[dict[str, Any]]:
    for folder in (path for path in out.iterdir() if path.is_dir()):
        for record in (manifest.read(folder / FAILURE_RECORD), newest_manifest(folder)):
            if record:
                yield record
