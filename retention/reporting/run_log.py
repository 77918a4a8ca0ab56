"""What a run did, for machines: reports/runs/<id>.json, and JSON lines while it is at work."""

import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from retention.params import RESERVED
from retention.reporting import manifest, publishing
from retention.reporting.delivery import Result
from retention.reporting.outcome import Outcome

RUNS = RESERVED[0]


def have_run(out: Path) -> bool:
    """Whether a run has ended in the folder, as its log there tells."""
    return any((out / RUNS).glob("*T*Z-*.json"))


class RunLog:
    """The log of one run.

    Its lines are on disk as soon as they are written: where a run was killed, `<id>.jsonl` stays
    and tells how far it got. A log that cannot be written costs no unit its report.
    """

    def __init__(self, out: Path, *, units: Sequence[str]) -> None:
        self._out = out
        self._units: list[dict[str, Any]] = []
        started = datetime.now(UTC)
        self._started = started.isoformat(timespec="seconds")
        self.id = f"{started:%Y%m%dT%H%M%S.%fZ}-{os.getpid()}"
        self._lines = out / RUNS / f"{self.id}.jsonl"
        self._line("started", {"at": self._started, "units": list(units)})

    def unit(self, result: Result) -> None:
        """Note what became of a unit."""
        self._units.append(unit_record(result, out=self._out))
        self._line("unit", self._units[-1])

    def end(self, stopped_by: signal.Signals | None, group: Outcome | None) -> dict[str, Any]:
        """Put the whole log in place of its lines; return it. `group`: of the page of all units."""
        summary = {
            "id": self.id,
            "started": self._started,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "stopped_by": stopped_by.name if stopped_by else None,
            "kit": manifest.kit_version(),
            "statuses": dict(Counter(unit["status"] for unit in self._units)),
            "portfolio": group.status.value if group else None,
            "units": self._units,
        }
        with contextlib.suppress(OSError):
            path = self._lines.with_suffix(".json")
            path.parent.mkdir(exist_ok=True)
            publishing.replace(path, manifest.as_json(summary), out=self._out)
            self._lines.unlink(missing_ok=True)
        return summary

    def _line(self, event: str, record: dict[str, Any]) -> None:
        text = json.dumps({"event": event, **record}, ensure_ascii=False)
        with contextlib.suppress(OSError):
            self._lines.parent.mkdir(exist_ok=True)
            with self._lines.open("a", encoding="utf-8") as stream:
                stream.write(text + "\n")


def unit_record(result: Result, *, out: Path) -> dict[str, Any]:
    """Return what became of a unit as a record: status, message, seconds, rows, bytes, memory."""
    return {
        "slug": result.settings.slug,
        "status": result.outcome.status.value,
        "message": result.outcome.message,
        "as_of": str(result.settings.as_of) if result.settings.as_of else None,
        "seconds": round(result.seconds, 3),
        "rows": result.rows,
        "bytes": result.size,
        "peak_memory_bytes": result.memory,
        "page": result.page.relative_to(out).as_posix() if result.page else None,
    }
