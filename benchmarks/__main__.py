"""Print and store the table: `python -m benchmarks`; `--full` for the large sizes (hours)."""

import argparse
import json
import math
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import rows
from benchmarks.measure import ROOT, Taken

SMOKE = {"millions": [0.1, 1], "units": [1, 4], "lab": 0.2, "rounds": 1}
FULL = {"millions": [1, 10, 66], "units": [1, 8, 50, 200], "lab": 1, "rounds": 3}
BASELINE = ROOT / "benchmarks" / "baseline.json"


def main() -> int:
    """Measure, print, store; or compare with what was stored before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the large sizes")
    parser.add_argument("--millions", type=float, nargs="+", help="rows of the analysis")
    parser.add_argument("--units", type=int, nargs="+", help="how many reports")
    parser.add_argument("--rounds", type=int, help="how often each way is timed")
    parser.add_argument("--data", type=Path, help="folder that keeps the made-up data")
    parser.add_argument("--store", type=Path, help="file for the ratios, as JSON")
    parser.add_argument("--compare", action="store_true", help="with benchmarks/baseline.json")
    asked = parser.parse_args()
    plan = dict(FULL if asked.full else SMOKE)
    given = {name: getattr(asked, name) for name in ("millions", "units", "rounds")}
    plan |= {name: value for name, value in given.items() if value}
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.data or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        table = list(_told(_measured(plan, folder)))
    if asked.store:
        kept = {row.name: {"value": row.value, "noise": row.noise} for row in table}
        asked.store.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return _compared(table) if asked.compare else 0


def _measured(plan: dict, folder: Path) -> Iterator[rows.Row]:
    rows.check_answers(folder)
    sizes: dict[float, Taken] = {}
    units: dict[float, Taken] = {}
    yield from rows.analysis(plan["millions"], folder, rounds=plan["rounds"], taken=sizes)
    yield from rows.growth("rows", sizes)
    yield from rows.reports(plan["units"], folder, rounds=plan["rounds"], taken=units)
    yield from rows.growth("units", units)
    yield from rows.interactive(plan["lab"], folder, rounds=plan["rounds"])
    yield from rows.page(folder)


def _told(table: Iterator[rows.Row]) -> Iterator[rows.Row]:
    print(f"{platform.machine()}, {rows.CORES} cores, Python {platform.python_version()}")
    for row in table:
        sign = ">=" if row.at_least else "<="
        free = math.isinf(row.goal)
        goal = "" if free else f"{sign} {row.goal:g}"
        met = "" if free else "met" if row.met else "MISSED"
        told = f"{row.name:58} {row.value:8.2f}  ±{row.noise:4.0%}  {goal:8} {met:7}{row.detail}"
        print(told, flush=True)
        yield row


def _compared(table: list[rows.Row]) -> int:
    """Name what became worse than the baseline by more than the noise of both."""
    if not BASELINE.exists():
        print(f"{BASELINE.name}: not there yet; `make bench-baseline` writes it on this machine")
        return 2
    before = json.loads(BASELINE.read_text(encoding="utf-8"))
    worse = []
    for row in table:
        if row.name not in before:
            continue
        old = before[row.name]
        change = row.value / old["value"] if not row.at_least else old["value"] / row.value
        if change > 1 + row.noise + old["noise"] + 0.1:
            worse.append(f"{row.name}: {old['value']:.2f} -> {row.value:.2f}")
    print("\n".join(["", "Worse than the baseline:", *worse] if worse else ["", "None is worse."]))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
