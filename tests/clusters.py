"""A Dask cluster of processes of its own: a scheduler, and workers of one thread each."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

_LONGEST_SECONDS = 300


class Workers:
    """The processes of a cluster: its scheduler's address, and what can happen to its workers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._file = folder / "scheduler.json"
        self.scheduler = self._started("scheduler", "--port", "0", "--host", "127.0.0.1")
        until(lambda: self._told() is not None)
        self.address = str(self._told())
        """Of the scheduler."""

    def add(self, *options: str) -> subprocess.Popen[bytes]:
        """The process of one more worker: a nanny, which starts what works."""
        one = ("--nthreads", "1", "--memory-limit", "0", "--local-directory", str(self._folder))
        return self._started("worker", *one, *options)

    @property
    def nannies(self) -> list[subprocess.Popen[bytes]]:
        """The processes of its workers."""
        return self._processes[1:]

    def _told(self) -> object:
        """The address in the file of the scheduler, None until it has written that to its end."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self._file.read_bytes())["address"]
        return None

    def _started(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", kind, "--scheduler-file", str(self._file)]
        log = (self._folder / f"{kind}-{len(self._processes)}.txt").open("wb")
        with log:
            process = subprocess.Popen(
                [*command, "--no-dashboard", *options], stdout=log, stderr=log, cwd=self._folder
            )
        self._processes.append(process)
        return process

    def end(self) -> None:
        """Kill every process that is left."""
        for process in self._processes:
            kill(process.pid)
            process.wait()


@contextlib.contextmanager
def cluster(folder: Path, *, workers: int) -> Iterator[Workers]:
    """A cluster, and the end of all its processes."""
    found = Workers(folder)
    try:
        for _ in range(workers):
            found.add()
        yield found
    finally:
        found.end()


def until(happened: object) -> None:
    """Wait until a call returns what is true."""
    assert callable(happened)
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)


def kernels(worker: int) -> list[psutil.Process]:
    """The kernels under a process."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(worker).children(recursive=True)
        return [member for member in family if is_kernel(member)]
    return []


def is_kernel(process: psutil.Process) -> bool:
    """Whether a process is a kernel that has not ended."""
    with contextlib.suppress(psutil.Error):
        return "ipykernel_launcher" in process.cmdline()
    return False


def kill(process: int) -> None:
    """Kill a process and what it started, kernels apart, as when a machine loses its memory."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in [psutil.Process(process), *psutil.Process(process).children(recursive=True)]:
            if not is_kernel(member):
                with contextlib.suppress(psutil.NoSuchProcess):
                    os.kill(member.pid, signal.SIGKILL)
