"""Warm kernels: each forked from one process that has imported what every report imports.

Each report still has a process of its own, which shares with the others only what was imported, and
that as a copy. `WarmProvisioner` is a provisioner of jupyter_client, registered as its entry point;
wherever it cannot fork it starts a kernel as its parent class does. multiprocessing's fork server
is none: it would import the program of the runner into every kernel.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Instance

from retention.errors import SettingsRefused
from retention.reporting.notebooks import default_notebook, imports, load_notebook
from retention.reporting.zygote import BEGUN, KERNEL, NUMBER, READY

NAME = "retention-warm"
"""Of the entry point."""
ALWAYS = "import ibis.backends.duckdb, ipykernel.ipkernel"
"""What a kernel imports before its first cell, and for its first query."""

_LAUNCHER = [sys.executable, "-m", "ipykernel_launcher"]
_START_SECONDS = 60
_END_SECONDS = 10
# Without these, NumPy and Arrow start threads at import.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
# What ipykernel sets before a cell can import matplotlib, which reads it at import.
_BACKEND = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


class Zygote:
    """The process that is forked, seen from the runner; it ends with the runner at the latest."""

    def __init__(self, *imports: str) -> None:
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._ready: bool | None = None
        command = [sys.executable, "-P", "-m", "retention.reporting.zygote"]
        with theirs:
            # In a session of its own: Ctrl-C is for the runner, which ends its kernels itself.
            self._process = subprocess.Popen(  # noqa: S603 (no shell, own module)
                [*command, str(theirs.fileno()), *imports],
                env=_BACKEND | _inherited() | _ONE_THREAD,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def fork(self, order: Mapping[str, object], *, stdout: int, stderr: int) -> "Forked | None":
        """A new kernel, or None where there can be none. `stdout`, `stderr`: open handles.

        `order`: the `arguments` of the kernel, its `env` and its `cwd`.
        """
        if not self._is_ready():
            return None
        ours, theirs = socket.socketpair()
        ours.settimeout(_START_SECONDS)
        try:
            with theirs:
                socket.send_fds(self._control, [b"f"], [theirs.fileno(), stdout, stderr])
            ours.sendall(json.dumps(order).encode() + b"\n")
            return Forked(ours)
        except OSError:
            ours.close()
            return None

    def close(self) -> None:
        """End the process, and every kernel that is left."""
        self._control.close()
        try:
            # It hears of the end at once, unless it still imports.
            self._process.wait(_END_SECONDS if self._ready else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        with self._lock:
            if self._ready is None:
                self._control.settimeout(_START_SECONDS)
                try:
                    self._ready = self._control.recv(len(READY)) == READY
                except OSError:
                    self._ready = False
        return self._ready


class Forked:
    """A forked kernel in the manner of subprocess.Popen, as far as provisioners use it.

    It is no child of this process: the zygote tells over the channel how it ended.
    """

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket) -> None:
        self.returncode: int | None = None
        self._channel = channel
        # Told by the kernel itself, once it leads a group of its own.
        told = channel.recv(KERNEL.size)
        # Where it ended before, here is nothing, or the exit code that the zygote tells.
        if len(told) != KERNEL.size or told[:1] != BEGUN:
            raise ConnectionResetError("it ended before it was a kernel")
        _, self.pid = KERNEL.unpack(told)
        channel.settimeout(None)

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or None while the kernel lives."""
        with contextlib.suppress(BlockingIOError):
            self._ended(socket.MSG_DONTWAIT)
        return self.returncode

    def wait(self) -> int | None:
        """The exit code, once the kernel has ended."""
        self._ended()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, flags: int = 0) -> None:
        if self.returncode is None:
            told = self._channel.recv(NUMBER.size, flags)
            # Where the zygote was killed its kernels were killed with it.
            self.returncode = NUMBER.unpack(told)[0] if told else -signal.SIGKILL
            self._channel.close()


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by a fork of `zygote`; without one, or for another command, plainly."""

    zygote = Instance(Zygote, allow_none=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel and return where it listens."""
        forked = self._forked(cmd, **kwargs)
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked  # type: ignore[assignment]  # all that is used of a Popen
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    def _forked(self, cmd: list[str], **kwargs: Any) -> Forked | None:
        if self.zygote is None or cmd[: len(_LAUNCHER)] != _LAUNCHER:
            return None
        order = {
            "arguments": cmd[len(_LAUNCHER) :],
            "env": dict(kwargs["env"]),
            "cwd": str(kwargs.get("cwd") or os.getcwd()),  # noqa: PTH109 (a plain text)
        }
        with _handle(kwargs.get("stdout"), 1) as stdout, _handle(kwargs.get("stderr"), 2) as stderr:
            return self.zygote.fork(order, stdout=stdout, stderr=stderr)


def warm(spec: KernelSpec | None, zygote: Zygote | None) -> None:
    """Have the kernels of a specification started by forks of the zygote, if there is one."""
    if spec is not None and zygote is not None:
        config = {"provisioner_name": NAME, "config": {"zygote": zygote}}
        spec.metadata["kernel_provisioner"] = config


@contextlib.contextmanager
def early(notebook: Path | None) -> Iterator[Zygote | None]:
    """A zygote that imports while the data are checked, None as for `zygote`.

    None too where the notebook cannot be run: the check says why. notebook: None is the kit's.
    """
    try:
        loaded = load_notebook(notebook or default_notebook())
    except SettingsRefused:
        yield None
        return
    with zygote(imports(loaded)) as process:
        yield process


@contextlib.contextmanager
def zygote(statements: Iterable[str]) -> Iterator[Zygote | None]:
    """A zygote for the kernels of a notebook; None where there can be none.

    statements: those by which it imports the kit.
    """
    group = KernelProvisionerFactory.GROUP_NAME
    here = sys.platform == "linux" and hasattr(os, "pidfd_open")
    if not here or not entry_points(group=group, name=NAME):
        yield None
        return
    process = Zygote(ALWAYS, *statements)
    try:
        yield process
    finally:
        process.close()


def _inherited() -> dict[str, str]:
    """The environment without what ipykernel reads at import: who its parent was."""
    return {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"}


@contextlib.contextmanager
def _handle(given: Any, inherited: int) -> Iterator[int]:
    """What subprocess takes for an output, as an open handle."""
    if given == subprocess.DEVNULL:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 (no path of anybody)
            yield nothing.fileno()
    elif given is None:
        yield inherited
    else:
        yield given if isinstance(given, int) else given.fileno()
