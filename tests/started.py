"""The command in processes of its own that have imported everything already, to be killed.

Run as a script this is the process that they are forked from: it takes one JSON object a line, and
answers each with a process or how that process ended.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from retention.reporting.outcome import Execution
from retention.reporting.warm import _ONE_THREAD

_LONGEST_SECONDS = 300
_ENDS = (signal.SIGINT, signal.SIGTERM)


class Commands:
    """Starts the command and tells how it ended."""

    def __init__(self, server: subprocess.Popen[str], *, kernels: bool) -> None:
        self._server = server
        self._kernels = kernels

    def without_kernels(self) -> Commands:
        """The same, but no data are looked at before, and the runner itself runs the cells.

        Both take no time then, and most of a run is what writes, and of interest to kill.
        """
        return Commands(self._server, kernels=False)

    def started(self, folder: Path, *arguments: str) -> int:
        """The process of a command called in a folder, where its stderr becomes a file."""
        asked = {"folder": str(folder), "arguments": arguments, "kernels": self._kernels}
        return self._asked(asked)

    def ended(self, process: int) -> int:
        """The exit code of a process once it has ended, negative for a signal."""
        return self._asked({"process": process})

    def called(self, folder: Path, *arguments: str) -> int:
        """The exit code of a command that nobody disturbs."""
        return self.ended(self.started(folder, *arguments))

    def struck(self, number: signal.Signals, after: float, folder: Path, *arguments: str) -> int:
        """The exit code of a command that gets a signal so many seconds after its start."""
        process = self.started(folder, *arguments)
        time.sleep(after)
        # Not reaped before it is asked for: it is there, if only as a zombie.
        os.kill(process, number)
        return self.ended(process)

    def _asked(self, question: dict[str, object]) -> int:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps(question) + "\n")
        self._server.stdin.flush()
        there, *_ = select.select([self._server.stdout], [], [], _LONGEST_SECONDS)
        assert there, "it never answered"
        return int(self._server.stdout.readline())


@contextlib.contextmanager
def commands() -> Iterator[Commands]:
    """A process that has imported the kit, and gives a copy of itself for each command."""
    command = [sys.executable, __file__]
    pipe = subprocess.PIPE
    # A fork copies one thread alone: it may have no other.
    env = os.environ | _ONE_THREAD
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=env, text=True) as server:
        try:
            yield Commands(server, kernels=True)
        finally:
            server.kill()


def _serve() -> None:
    from retention.reporting import preflight, warm, work

    # What a run imports on its way.
    for name in ("IPython.display", "jinja2.ext", "pydantic.type_adapter"):
        importlib.import_module(name)
    for name in ("notify", "progress", "runner"):
        importlib.import_module(f"retention.reporting.{name}")

    # What is copied hears them once it is whole: Python loses what comes while it mends its locks.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    for line in sys.stdin:
        asked = json.loads(line)
        if "process" in asked:
            status = os.waitpid(asked["process"], 0)[1]
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        process = os.fork()
        if process == 0:
            if not asked["kernels"]:
                work.execute, preflight._opened = executed, lambda settings, *_: settings
                preflight.stage = lambda *_: None
                warm.entry_points = lambda **_: ()
                # A process that dies loses nothing that it wrote: the disk need not be waited for.
                os.fsync = lambda _: None
            _become(Path(asked["folder"]), asked["arguments"])
        print(process, flush=True)


def executed(
    notebook: NotebookNode, *, parameters: Mapping[str, str], folder: Path, **_: object
) -> Execution:
    """What `kernels.execute` would return, without a kernel."""
    answered, shown = set(), []
    given = parameters | {"unit": str(folder / parameters["unit"])}

    def display(data: dict[str, Any], raw: bool) -> None:
        assert raw
        shown.append(new_output("display_data", data=data))

    names: dict[str, Any] = {"display": display}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        shown.clear()
        try:
            exec(cell.source, names)
        except Exception as error:
            told = new_output("error", ename=type(error).__name__, evalue=str(error), traceback=[])
            cell.outputs = [told]
            break
        cell.outputs = list(shown)
        answered.add(cell.id)
        if "parameters" in cell.metadata.get("tags", []):
            names |= given
    return Execution(notebook, frozenset(answered))


def _become(folder: Path, arguments: list[str]) -> None:
    from retention import cli

    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
        os.chdir(folder)
        said = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        nothing = os.open(os.devnull, os.O_RDWR)
        for own, given in ((0, nothing), (1, nothing), (2, said)):
            os.dup2(given, own)
        sys.argv = ["retention", *arguments]
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:  # before the command had begun
        code = 130
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        # As a process of its own would do at its end.
        atexit._run_exitfuncs()
        os._exit(code)


if __name__ == "__main__":
    _serve()
