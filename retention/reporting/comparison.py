"""What the newest published report of a unit said, and how this run's past periods compare."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from retention.reporting import manifest, publishing
from retention.restatements import common_periods, restatements

LEDGER = "ledger"
RESTATEMENTS = "restatements"
"""The frames of a report that are compared, and that says what moved."""

# What a reader sees differs with these settings, and no figure of a past period does.
_WITHOUT_EFFECT = {"as_of", "language", "minimum_group", "periods_shown", "slug"}
_DAYS = ["period", "period_end"]


@dataclass(frozen=True)
class Previous:
    """The report published before: its manifest and its ledger, as text that can travel."""

    manifest: dict[str, Any]
    ledger: str


@dataclass(frozen=True)
class Comparison:
    """How the figures of past periods compare with those of the report published before.

    `published` and `as_of` are of that report. `moved` has one row a figure that moved
    (restatements.RESTATEMENTS) out of `periods` periods, and is None where the two cannot be
    compared. `differences` is what else is known to differ: kind -> name -> (before, now).
    """

    published: str
    as_of: str
    periods: int
    moved: pd.DataFrame | None
    differences: dict[str, dict[str, tuple[Any, Any]]]

    def record(self) -> dict[str, Any]:
        """What the manifest keeps of it; the moved figures themselves are a file of the report."""
        moved = self.moved
        return {
            "compared_with": {"as_of": self.as_of, "finished": self.published},
            "comparable": moved is not None,
            "periods": self.periods,
            "moved_periods": None if moved is None else int(moved["period"].nunique()),
            "moved_figures": None if moved is None else len(moved),
            "differences": self.differences,
        }


def previous_report(folder: Path) -> Previous | None:
    """Return what the newest report in a unit's folder said, None where there is none yet."""
    folders = publishing.report_folders(folder)
    found = manifest.read(folders[-1] / manifest.NAME) if folders else None
    if found is None:
        return None
    try:
        ledger = (folders[-1] / "data" / f"{LEDGER}.csv").read_text(encoding="utf-8")
    except (OSError, ValueError):
        ledger = ""
    return Previous(found, ledger)


def compared(previous: Previous, ledger: str, now: Mapping[str, Any]) -> Comparison:
    """Return how the ledger of this run, as its CSV text, compares with the published one.

    `now` holds of this run what a manifest holds: facts, settings (resolved) and kit. A published
    ledger that cannot be read is one that cannot be compared.
    """
    periods, moved = 0, None
    try:
        before, after = _frame(previous.ledger), _frame(ledger)
        common = common_periods(before, after)
        if common is not None:
            periods, moved = len(common), restatements(before, after)
    except (TypeError, ValueError):  # a date, or a figure, that is none
        periods = 0
    told = previous.manifest
    return Comparison(
        published=str(told.get("finished", "")),
        as_of=str(told.get("as_of", "")),
        periods=periods,
        moved=moved,
        differences=_differences(_known(told), _known(now)),
    )


def _frame(csv: str) -> pd.DataFrame:
    frame = pd.read_csv(io.StringIO(csv), parse_dates=_DAYS, date_format="%Y-%m-%d")
    if frame.empty:
        raise ValueError("no period")
    return frame


def _known(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    facts = record.get("facts") or {}
    settings = record.get("settings") or {}
    versions = {"definitions": facts.get("definitions"), "kit": record.get("kit")}
    known = {
        "thresholds": dict(facts.get("thresholds") or {}),
        "settings": {key: settings[key] for key in settings if key not in _WITHOUT_EFFECT},
        "versions": {name: version for name, version in versions.items() if version},
        "source": dict(facts.get("source") or {}),
    }
    # One of the two was read from JSON, where tuples are lists.
    plain: dict[str, dict[str, Any]] = json.loads(json.dumps(known))
    return plain


def _differences(
    before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, tuple[Any, Any]]]:
    found: dict[str, dict[str, tuple[Any, Any]]] = {}
    for kind, values in now.items():
        for key, value in values.items():
            # What only one of the two knows came with another version of the kit.
            if key in before[kind] and before[kind][key] != value:
                found.setdefault(kind, {})[key] = (before[kind][key], value)
    return found
