"""How a run shows itself on stderr: a bar on a terminal, plain lines with the time elsewhere."""

from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from retention.reporting.delivery import Result


class Watch:
    """Shows each result as it comes; a context, so that the bar is gone whatever happens."""

    def __init__(self, units: int, *, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("Reports", total=units)

    def __enter__(self) -> "Watch":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, result: Result) -> None:
        """Show one result."""
        self._bar.advance(self._task)
        status, slug = result.outcome.status, result.settings.slug
        line = f"{slug}: {status.value.replace('_', ' ')} in {result.seconds:.1f} s"
        if self._console.is_terminal:
            line = f"{'✓' if status.good else '✗'} {line}"
        else:
            line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}"
        self._print(line, style="" if status.good else "red")

    def explain(self, results: Iterable[Result]) -> None:
        """Say of each unit that has no current report why, and where to read more."""
        for result in results:
            if not result.outcome.status.good:
                where = f" See {result.page}" if result.page else ""
                message = " ".join(result.outcome.message.split())
                self._print(f"{result.settings.slug}: {message}{where}")

    def _print(self, line: str, *, style: str = "") -> None:
        # As text and not as markup: names and messages come from data. Never wrapped: logs are read
        # by line.
        self._console.print(Text(line, style=style), soft_wrap=True)
