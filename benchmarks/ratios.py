"""One row of the table, the file that keeps rows, and what became worse than those kept."""

import datetime
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ANYWAY = 0.1
"""The share by which a value may become worse beside the noise of both measurements."""

Kept = dict[str, Any]
"""What a file of rows holds: the `machine` they were measured on, and `rows` by their name."""


@dataclass(frozen=True)
class Row:
    """One measured value, which is to be at most, or at least, the `goal`; `noise` is its spread.

    `name` says the sizes too. `here_only`: it is in seconds, which say nothing of another machine.
    """

    name: str
    value: float
    goal: float = math.inf
    at_least: bool = False
    noise: float = 0.0
    detail: str = ""
    here_only: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def told(self) -> str:
        """The row as a line of the table; one without a goal is told as it is."""
        free = math.isinf(self.goal)
        goal = "" if free else f"{'>=' if self.at_least else '<='} {self.goal:g}"
        met = "" if free else "met" if self.met else "MISSED"
        value = f"{self.value:8.2f}  ±{self.noise:4.0%}"
        return f"{self.name:66} {value}  {goal:8} {met:7}{self.detail}"


def keep(row: Row, path: Path, *, machine: str, today: datetime.date) -> None:
    """Put a row into a file of rows, in the place of one of its name; of one machine alone."""
    kept = read(path)
    rows = kept["rows"] if kept["machine"] == machine else {}
    # JSON knows no infinity: a row without a goal has none.
    said = {name: value for name, value in asdict(row).items() if value != math.inf}
    rows[row.name] = said | {"measured": today.isoformat()}
    text = json.dumps({"machine": machine, "rows": rows}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Kept:
    """A file of rows; one that is not there is empty."""
    if not path.exists():
        return {"machine": "", "rows": {}}
    kept: Kept = json.loads(path.read_text(encoding="utf-8"))
    return kept


def rows_of(kept: Kept) -> Iterator[Row]:
    """The rows that a file holds."""
    for said in kept["rows"].values():
        yield Row(**{name: value for name, value in said.items() if name != "measured"})


def compared(rows: Iterable[Row], before: Kept, *, machine: str) -> tuple[list[str], list[str]]:
    """What became worse by more than noise, and what could not be compared; a line each.

    Rows are the same where their names are, sizes and all. On another machine than that of `before`
    rows in seconds are not compared: ratios hold there too.
    """
    now = {row.name: row for row in rows}
    old = {row.name: row for row in rows_of(before)}
    elsewhere = machine != before["machine"]
    worse, untold = [], []
    if elsewhere:
        untold.append(f"measured on {before['machine']}, and now on {machine}: ratios alone")
    for name, row in now.items():
        if name not in old:
            untold.append(f"{name}: not in the baseline, or with other sizes")
        elif not (elsewhere and row.here_only) and (line := _worse(row, old[name])):
            worse.append(line)
    untold += [f"{name}: in the baseline, and not measured now" for name in _missing(old, now)]
    return worse, untold


def _missing(old: Mapping[str, Row], now: Mapping[str, Row]) -> list[str]:
    return [name for name in old if name not in now]


def _worse(row: Row, old: Row) -> str:
    good, bad = (row.value, old.value) if row.at_least else (old.value, row.value)
    # An exponent may be 0 or less, and has no ratio then.
    change = bad / good if min(good, bad) > 0 else 1 + bad - good
    noise = row.noise + old.noise + ANYWAY
    if change <= 1 + noise:
        return ""
    return f"{row.name}: {old.value:.2f} -> {row.value:.2f}, worse than the noise of {noise:.0%}"
