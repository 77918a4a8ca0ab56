"""What a run costs by the model of SCALING.md: `python -m benchmarks.model` prints its table.

The constants are what was measured; everything else on the page follows from them.
`python -m benchmarks.model --measure` measures those of DuckDB on this machine, in minutes.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CORES = 2
"""Of the machine that was measured."""


@dataclass(frozen=True)
class Cost:
    """Seconds of a processor: for a million rows, and for a unit whatever its rows."""

    engine: str
    million_rows: float
    unit: float

    def hours(self, *, rows: float, units: int, cores: int) -> float:
        """What a run of `rows` rows in `units` units takes."""
        seconds = rows / 1e6 * self.million_rows + units * self.unit
        return seconds / cores / 3600


COSTS = (
    Cost("DuckDB", million_rows=9.0, unit=7.0),
    Cost("PostgreSQL", million_rows=4.0, unit=7.0),
)
"""DuckDB: 7.1 for the core tables of 1 million rows with ids of 64 letters, and 1.9 for the check
before. PostgreSQL: the server's 40 seconds for a unit of 50,000 rows in a table of 10 million. A
unit: by a run of 200 units and one of 50 of the same file, on an idle machine. `--measure` measures
DuckDB's anew."""

SIZES = (
    # rows, units, cores
    (1e6, 5, 2),
    (66e6, 50, 2),
    (1e9, 10_000, 2),
    (1e9, 10_000, 64),
    (1e9, 10_000, 512),
)


def table() -> str:
    """The model's constants, and what they predict, as Markdown."""
    lines = ["| engine | seconds a million rows | seconds a unit |", "|---|---|---|"]
    lines += [f"| {cost.engine} | {cost.million_rows:g} | {cost.unit:g} |" for cost in COSTS]
    lines += ["", "| rows | units | cores | " + " | ".join(c.engine for c in COSTS) + " |"]
    lines += ["|---" * (3 + len(COSTS)) + "|"]
    for rows, units, cores in SIZES:
        cells = [_said(cost.hours(rows=rows, units=units, cores=cores)) for cost in COSTS]
        lines.append(f"| {rows:,.0f} | {units:,} | {cores} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def measured(folder: Path) -> Cost:
    """The constants of DuckDB on this machine: by what more rows, and more units, cost a run."""
    # Here, since the model itself takes none of what is compared.
    from benchmarks import rows
    from benchmarks.measure import once

    few, many, fewer, more = 500_000, 2_500_000, 2, 6
    small, large = (
        once(rows.run([rows.analyst(folder, size)], folder)).processor for size in (few, many)
    )
    narrow, wide = (
        once(rows.run(rows.settings(folder, units, rows=few), folder)).processor
        for units in (fewer, more)
    )
    million = (large - small) / ((many - few) / 1e6)
    return Cost("DuckDB", round(million, 1), round((wide - narrow) / (more - fewer), 1))


def _said(hours: float) -> str:
    return f"{hours:,.1f} h" if hours >= 1 else f"{hours * 60:,.1f} min"


if __name__ == "__main__":
    if "--measure" in sys.argv:
        with tempfile.TemporaryDirectory() as scratch:
            print(measured(Path(scratch)))
    else:
        print(table())
