"""How a run shows itself on stderr: a bar on a terminal, plain lines with the time elsewhere."""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from retention.reporting.delivery import Result
from retention.reporting.run_log import unit_record
from retention.reporting.statuses import Status

_log = logging.getLogger("retention")


class Watch:
    """Shows each result as it comes; a context, so that the bar is gone whatever happens.

    What the kit logs meanwhile, such as a database that is asked again, is a line among the others.
    `quiet` shows failures alone. `json_in` is the reports folder where machines read: each result
    is then one JSON object a line, and there is nothing else.
    """

    def __init__(
        self,
        *,
        console: Console | None = None,
        quiet: bool = False,
        json_in: Path | None = None,
    ) -> None:
        self._console = console or Console(stderr=True)
        self._quiet = quiet
        self._json_in = json_in
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=quiet or json_in is not None or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("Reports", total=None)
        self._logged = _Logged(self)

    def __enter__(self) -> "Watch":
        _log.addHandler(self._logged)
        self._bar.start()
        return self

    def reading(self, source: str, units: int) -> None:
        """Say that a source is read, and for how many units."""
        line = f"reading {source} for {units} units" if units > 1 else f"reading {source}"
        self._bar.update(self._task, description=line[0].upper() + line[1:])
        if units > 1 and not (self._quiet or self._json_in or self._console.is_terminal):
            self.tell(line)

    def expect(self, units: int) -> None:
        """Say how many results will come."""
        self._bar.update(self._task, total=units, description="Reports")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        _log.removeHandler(self._logged)

    def __call__(self, result: Result) -> None:
        """Show one result."""
        self._bar.advance(self._task)
        outcome, slug = result.outcome, result.settings.slug
        if self._json_in is not None:
            record = unit_record(result, out=self._json_in)
            self._print(json.dumps({"event": "unit", **record}, ensure_ascii=False))
            return
        if self._quiet and outcome.status.good:
            return
        line = f"{slug}: {outcome.status.value.replace('_', ' ')}"
        if outcome.status is Status.SKIPPED:
            line += f". {outcome.message}"
        else:
            line += f" in {result.seconds:.1f} s"
        if self._console.is_terminal:
            line = f"{'✓' if outcome.status.good else '✗'} {line}"
        self.tell(line, style="" if outcome.status.good else "red")

    def tell(self, line: str, *, style: str = "") -> None:
        """Show a line, with the time where nobody watches."""
        if self._json_in is not None:
            self._print(json.dumps({"event": "note", "message": line}, ensure_ascii=False))
            return
        if not self._console.is_terminal:
            line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}"
        self._print(line, style=style)

    def explain(self, results: Iterable[Result]) -> None:
        """Say of each unit that has no current report why, and where to read more."""
        if self._json_in is not None:
            return
        for result in results:
            if not result.outcome.status.good:
                where = f" See {result.page}" if result.page else ""
                message = " ".join(result.outcome.message.split())
                self._print(f"{result.settings.slug}: {message}{where}")

    def _print(self, line: str, *, style: str = "") -> None:
        # As text and not as markup: names and messages come from data. Never wrapped: logs are read
        # by line.
        self._console.print(Text(line, style=style), soft_wrap=True)


class _Logged(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.tell(record.getMessage())
