"""What a process took: seconds by its own word or by the clock around it, and peak memory."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Taken:
    """Medians over the rounds; `spread` is half the range of the seconds, as a share of them."""

    seconds: float
    spread: float
    megabytes: float


def side_by_side(ways: Mapping[str, Sequence[Sequence[str]]], *, rounds: int) -> dict[str, Taken]:
    """Run each way, a list of commands, once a round, and return what it took, by its name."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, commands in ways.items():
            parts = [once(command) for command in commands]
            found[name].append((sum(s for s, _ in parts), max(m for _, m in parts)))
    return {name: _median(rows) for name, rows in found.items()}


def _median(rows: Sequence[tuple[float, float]]) -> Taken:
    seconds = [row[0] for row in rows]
    middle = statistics.median(seconds)
    spread = (max(seconds) - min(seconds)) / 2 / middle
    return Taken(middle, spread, statistics.median(row[1] for row in rows))


def way(name: str, *arguments: object) -> list[str]:
    """The command that times one way of benchmarks.way."""
    return [sys.executable, "-m", "benchmarks.way", name, *map(str, arguments)]


def once(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and peak megabytes (of the largest process) of one command."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
        start = perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=said, stderr=wrong, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        around = perf_counter() - start
        if process.returncode:
            wrong.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {wrong.read().decode()[-2000:]}")
        said.seek(0)
        lines = said.read().decode().strip().splitlines()
    inside = json.loads(lines[-1])["seconds"] if "benchmarks.way" in command else around
    return inside, usage.ru_maxrss / 1024
