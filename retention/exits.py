"""How a command ends: its exit code, and what it says where it could not do its work."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from retention import stops
from retention.errors import RetentionError, SettingsRefused

if TYPE_CHECKING:
    from retention.reporting.runner import Batch

SOME_FAILED, REFUSED, NONE_PUBLISHED = 1, 2, 3
STOPPED = 128
"""Of a run that a signal stopped; the number of the signal is added, as shells have it."""


@contextlib.contextmanager
def spoken(
    *,
    as_json: bool = False,
    code: int = REFUSED,
    then: Callable[[Sequence[str]], object] = lambda _: None,
) -> Iterator[None]:
    """What a user can mend is said on stderr, one line a problem, without a traceback.

    The command ends with `code` then, after `then` has been called with the lines.
    """
    try:
        with stops.told_apart():
            yield
        return
    except SettingsRefused as refusal:
        problems = refusal.problems
    except RetentionError as error:
        problems = [str(error)]
    except OSError as error:
        problems = [f"{error.filename or 'the system'}: {error.strerror or error}"]
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(STOPPED + stops.signal_of(interrupt)) from None
    lines = [" ".join(problem.split()) for problem in dict.fromkeys(problems)]
    for line in lines:
        say(line, as_json=as_json)
    then(lines)
    raise typer.Exit(code)


def say(line: str, *, as_json: bool) -> None:
    """Put a line on stderr, as words or as an event of the log."""
    event = json.dumps({"event": "problem", "message": line}, ensure_ascii=False)
    typer.echo(event if as_json else line, err=True)


def code_of(batch: "Batch") -> int:
    """The exit code of a run by what became of its units, the index and the page of all units."""
    good = [result.outcome.status.good for result in batch.results]
    if batch.stopped_by:
        return STOPPED + batch.stopped_by
    if all(good) and batch.index and (batch.group is None or batch.group.status.good):
        return 0
    return SOME_FAILED if any(good) else NONE_PUBLISHED
