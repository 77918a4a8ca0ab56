"""How a run shows itself on stderr: a bar on a terminal, plain lines with the time elsewhere."""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from retention.reporting.statuses import Status
from retention.reporting.waiting import Waiting

if TYPE_CHECKING:
    # Its libraries are those of a report, and `retention check` makes none.
    from retention.reporting.delivery import Result

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
            _Done(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=quiet or json_in is not None or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("Reports", total=None, of="units")
        self._waiting: Waiting | None = None
        self._logged = _Logged(self)

    def __enter__(self) -> "Watch":
        _log.addHandler(self._logged)
        self._bar.start()
        return self

    def wait_for(self, what: str) -> None:
        """Say what is waited for from now on, and how far it is; it replaces what was before.

        A terminal shows it at once, a log where it takes long.
        """
        self._waited()
        if self._quiet or self._json_in is not None:
            return
        if self._console.is_terminal:
            self._waiting = Waiting(what, show=self._show)
        else:
            self._waiting = Waiting(what, tell=self.tell)
        self._waiting.__enter__()
        self._bar.reset(self._task)  # the clock

    def _show(self, what: str, per_cent: int | None) -> None:
        # To Rich a total of None is none given.
        self._bar.tasks[0].total = None if per_cent is None else 100
        words = what[0].upper() + what[1:]
        # At its total a task is done, and Rich stops the clock: there is more to wait for.
        done = min(per_cent or 0, 99)
        self._bar.update(self._task, completed=done, description=words, of="hundred")

    def _waited(self) -> None:
        if self._waiting is not None:
            self._waiting.__exit__(None, None, None)
            self._waiting = None

    def expect(self, units: int) -> None:
        """Say how many results will come: all that was waited for before them is done."""
        self._waited()
        self._bar.reset(self._task, total=units, description="Reports", of="units")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._waited()
        finally:
            _log.removeHandler(self._logged)
            self._bar.stop()

    def __call__(self, result: "Result") -> None:
        """Show one result."""
        self._bar.advance(self._task)
        outcome, slug = result.outcome, result.settings.slug
        if self._json_in is not None:
            from retention.reporting.run_log import unit_record

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

    def explain(self, results: Iterable["Result"]) -> None:
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


class _Done(MofNCompleteColumn):
    """How many of the units are done, or how many per cent of what is waited for, if known."""

    def render(self, task: Task) -> Text:
        if task.fields["of"] == "units":
            return super().render(task)
        return Text("" if task.total is None else f"{task.completed:.0f} %", "progress.download")
