"""One notebook, one kernel of its own: papermill executes, this module keeps the evidence.

papermill's engine interface is used as it is meant to be, for three things its own engine cannot
do: keep the notebook as far as it got, see which cells the kernel answered, and end a kernel from
another thread.
"""

import asyncio
import contextlib
import logging
import math
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import papermill
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from retention import scratch
from retention.reporting.limits import Limits, MemoryWatch
from retention.reporting.outcome import Execution, StoppedError
from retention.reporting.warm import Forked, Zygote, warm

_ENGINE = "retention"
_START_SECONDS = 120
# nbclient's 4 seconds are too few for a large figure on a busy machine.
_OUTPUT_SECONDS = 120
# A socket's path may have 108 characters on Linux and 104 on macOS, its number included.
_LONGEST_SOCKET = 95
_STDERR_BYTES = 4000

# Without a handler of their own, Python prints what these libraries log to stderr.
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
logging.getLogger("papermill").addHandler(logging.NullHandler())


class Kernels:
    """The kernels of a run: what they are forked from, if anything, and the end of all of them."""

    def __init__(self, zygote: Zygote | None = None) -> None:
        self.zygote = zygote
        self._lock = threading.Lock()
        self._sessions: set[_Session] = set()
        self._told = threading.Event()

    def stop(self) -> None:
        """Kill every kernel, from any thread; units that have not begun will not begin."""
        self._told.set()
        with self._lock:
            for session in self._sessions:
                session.kill()

    def check(self) -> None:
        """Raise StoppedError once the run was told to stop."""
        if self._told.is_set():
            raise StoppedError

    @contextlib.contextmanager
    def watching(self, session: "_Session") -> Iterator[None]:
        """Have the session among those that `stop` kills."""
        with self._lock:
            self._sessions.add(session)
        try:
            yield
        finally:
            with self._lock:
                self._sessions.discard(session)


def execute(
    notebook: NotebookNode,
    *,
    parameters: Mapping[str, str | int],
    folder: Path,
    limits: Limits,
    kernels: Kernels | None = None,
) -> Execution:
    """Execute a copy of the notebook in a new kernel and return what was seen; raises nothing.

    `parameters`: plain text and numbers, since papermill writes them as code. `folder`: the
    working folder of the kernel. The kernel runs the Python that runs this, whatever kernels a user
    has installed under that name, and is gone when this returns.
    """
    kernels = kernels or Kernels()
    with tempfile.TemporaryDirectory(prefix=scratch.prefix(), ignore_cleanup_errors=True) as own:
        session = _Session(Path(own), folder=folder, limits=limits, kernels=kernels)
        error: Exception | None = None
        try:
            with kernels.watching(session):
                kernels.check()
                papermill.execute_notebook(
                    notebook,
                    None,
                    parameters=dict(parameters),
                    engine_name=_ENGINE,
                    kernel_name="python3",
                    language="python",
                    progress_bar=False,
                    session=session,
                )
        except Exception as raised:  # a status is owed for anything that can happen
            error = raised
        finally:
            session.kill()
            _close_loop()
        try:
            kernels.check()
        except StoppedError as stopped:
            error = stopped
        return Execution(
            notebook=_tidy(session.notebook or notebook, session.answered),
            answered=frozenset(session.answered),
            error=error,
            exit_code=session.exit_code,
            stderr=session.stderr(),
            limits=limits,
            cell_limited=session.cell_limited,
            memory=session.memory,
        )


class _Session:
    """One kernel and what it answered."""

    def __init__(self, own: Path, *, folder: Path, limits: Limits, kernels: Kernels) -> None:
        self.folder = folder
        self.notebook: NotebookNode | None = None
        self.answered: set[str] = set()
        self.cell_limited = False
        self._own = own
        self._stderr = own / "stderr.txt"
        self._limits = limits
        self._watch: MemoryWatch | None = None
        self._watching = contextlib.ExitStack()
        self._deadline = math.inf
        self._kernels = kernels
        self._process: subprocess.Popen[bytes] | Forked | None = None
        socket = own / "kernel"
        local = os.name == "posix" and len(str(socket)) < _LONGEST_SOCKET
        # Sockets in a folder of its own: parallel kernels never race for a port.
        self._manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=f"{socket}.json",
            transport="ipc" if local else "tcp",
            log=_log,
        )
        warm(self._manager.kernel_spec, kernels.zygote)

    def run(self, manager: Any) -> None:
        """Execute the notebook that papermill prepared."""
        self.notebook = manager.nb
        self._deadline = time.monotonic() + self._limits.unit_seconds + _START_SECONDS
        client = PapermillNotebookClient(
            manager,
            km=self._manager,
            timeout_func=self._remaining,
            startup_timeout=_START_SECONDS,
            iopub_timeout=_OUTPUT_SECONDS,
            # Else a cell whose figure never arrived would count as answered.
            raise_on_iopub_timeout=True,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(self.folder)}},
            on_cell_start=self._on_cell_start,
            on_cell_executed=self._on_cell_executed,
            log=_log,
        )
        with self._watching, self._stderr.open("wb") as stderr:
            # A kernel is killed in the end and removes nothing: what it left goes with its folder.
            env = self._limits.environment() | os.environ | {"TMPDIR": str(self._own)}
            client.execute(cleanup_kc=True, env=env, stdout=subprocess.DEVNULL, stderr=stderr)

    def kill(self) -> None:
        """Kill the kernel and the processes it started, if any of them lives."""
        process = self._process or getattr(self._manager.provisioner, "process", None)
        # The group of process 1 would be every process of the machine.
        if process is None or process.pid <= 1:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                # The kernel leads a group of its own, which outlives it where it left children.
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()

    @property
    def exit_code(self) -> int | None:
        """Exit code of a kernel that ended, negative for a signal."""
        return self._process.returncode if self._process else None

    def stderr(self) -> str:
        """What the kernel's process itself last said, outside of any cell."""
        if not self._stderr.exists():
            return ""
        return self._stderr.read_bytes()[-_STDERR_BYTES:].decode("utf-8", "replace")

    @property
    def memory(self) -> int:
        """The most memory that the kernel was seen to have, in bytes; 0 where none was seen."""
        return self._watch.peak if self._watch else 0

    def _remaining(self, _cell: NotebookNode) -> int:
        of_unit = max(1, math.ceil(self._deadline - time.monotonic()))
        of_cell = self._limits.cell_seconds or of_unit
        self.cell_limited = of_cell < of_unit
        return min(of_cell, of_unit)

    def _on_cell_start(self, **_: object) -> None:
        self._kernels.check()
        if self._process is None:
            self._process = getattr(self._manager.provisioner, "process", None)
            self._deadline = time.monotonic() + self._limits.unit_seconds
            if self._process:
                watch = MemoryWatch(self._process.pid, most=self._limits.memory_bytes)
                self._watch = self._watching.enter_context(watch)

    def _on_cell_executed(
        self, *, cell: NotebookNode, execute_reply: Mapping[str, Any] | None, **_: object
    ) -> None:
        if execute_reply and execute_reply["content"]["status"] == "ok":
            self.answered.add(cell.id)


class _Engine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, _kernel_name: str, *, session: _Session, **_options: object
    ) -> None:
        session.run(nb_man)


papermill_engines.register(_ENGINE, _Engine)


def _tidy(notebook: NotebookNode, answered: set[str]) -> NotebookNode:
    """Take out of the notebook what papermill noted and is not so, or is of no use."""
    # It records the whole notebook here when it was given one instead of a path.
    for key in ("input_path", "output_path"):
        notebook.metadata.get("papermill", {}).pop(key, None)
    # And it marks cells completed that a dead kernel never saw.
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.get("id") not in answered:
            cell.metadata.pop("papermill", None)
    return notebook


def _close_loop() -> None:
    """Close the event loop that the Jupyter libraries opened in this thread, tasks included."""
    loop = ensure_event_loop()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
