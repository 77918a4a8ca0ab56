"""What a process took: seconds by its own word or by the clock around it, processor, memory."""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from time import perf_counter

from benchmarks.openings import openings

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Taken:
    """Medians over the rounds; `spread` is half the range of the seconds, as a share of them.

    `processor`: seconds of all processors, children counted, which a busy machine does not stretch
    as it does `seconds`. `megabytes`: the peak of the largest process, never less than that of the
    one that measures, where Linux begins to count: that one is to stay small. `opened`: how often
    the file that was watched was opened; not a number where none was, or where that is not known.
    """

    seconds: float
    processor: float
    megabytes: float
    opened: float = math.nan
    spread: float = 0.0

    def divided(self, cores: int) -> "Taken":
        """The same work, had it been shared by cores without loss."""
        return replace(self, seconds=self.seconds / cores)


def side_by_side(
    ways: Mapping[str, Sequence[Sequence[str]]], *, rounds: int, watched: Path | None = None
) -> dict[str, Taken]:
    """Run each way, a list of commands, once a round, and return what it took, by its name.

    `watched`: a file whose openings are counted.
    """
    found: dict[str, list[Taken]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, commands in ways.items():
            found[name].append(_together([_once(command, watched) for command in commands]))
    return {name: median(rounds) for name, rounds in found.items()}


def _together(parts: Sequence[Taken]) -> Taken:
    """One command after the other."""
    added = ("seconds", "processor", "opened")
    sums = {name: sum(getattr(part, name) for part in parts) for name in added}
    return Taken(**sums, megabytes=max(part.megabytes for part in parts))


def median(rounds: Sequence[Taken]) -> Taken:
    """The middle of each value, with the spread of the seconds."""
    middle = [statistics.median(values) for values in zip(*map(astuple, rounds), strict=True)]
    seconds = [one.seconds for one in rounds]
    return Taken(*middle[:-1], spread=(max(seconds) - min(seconds)) / 2 / middle[0])


def way(name: str, *arguments: object) -> list[str]:
    """The command that times one way of benchmarks.way."""
    return [sys.executable, "-m", "benchmarks.way", name, *map(str, arguments)]


def _once(command: Sequence[str], watched: Path | None) -> Taken:
    if watched is None:
        return once(command)
    taken: list[Taken] = []
    opened = openings(watched, lambda: taken.append(once(command)))
    return replace(taken[0], opened=math.nan if opened is None else opened)


def once(command: Sequence[str]) -> Taken:
    """What one command took; one that tells takes what it says last."""
    return stages(command)[-1]


def stages(command: Sequence[str]) -> list[Taken]:
    """What each stage of a command took, by the lines in which it tells; else what all of it took.

    The memory is that of the whole.
    """
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
        lines = said.read().decode().splitlines()
    megabytes = usage.ru_maxrss / 1024
    told = [json.loads(line) for line in lines if line.startswith('{"seconds"')]
    if not told:
        return [Taken(around, usage.ru_utime + usage.ru_stime, megabytes)]
    return [Taken(**stage, megabytes=megabytes) for stage in told]
