"""Print and store the table: `python -m benchmarks`; `--full` for the large sizes (about an hour).

`--only` measures some of its sections: analysis, reports, interactive, page. What is measured in
parts gathers in one file, which `--show` prints without measuring anything.
"""

import argparse
import datetime
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ratios
from benchmarks.measure import ROOT
from benchmarks.ratios import Row

SMOKE = {"millions": [0.1, 1], "units": [1, 2], "looped": 1, "lab": 0.2, "rounds": 1}
FULL = {"millions": [1, 10, 66], "units": [1, 8, 50, 200], "looped": 50, "lab": 1, "rounds": 3}
SECTIONS = ("analysis", "reports", "interactive", "page")
BASELINE = ROOT / "benchmarks" / "baseline.json"
STORED = ROOT / "benchmarks" / "measured.json"


def main() -> int:
    """Measure, print, store; or compare with what was stored before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the large sizes, and all peers")
    parser.add_argument("--only", choices=SECTIONS, nargs="+", default=SECTIONS, help="sections")
    parser.add_argument("--millions", type=float, nargs="+", help="rows of the analysis")
    parser.add_argument("--units", type=int, nargs="+", help="how many reports")
    parser.add_argument("--rounds", type=int, help="how often each way is timed")
    parser.add_argument("--data", type=Path, help="folder that keeps the made-up data")
    parser.add_argument("--store", type=Path, default=STORED, help="file of the ratios, as JSON")
    parser.add_argument("--compare", action="store_true", help="with benchmarks/baseline.json")
    parser.add_argument("--show", action="store_true", help="print what is stored")
    asked = parser.parse_args()
    if asked.show:
        print("\n".join(row.told() for row in ratios.rows_of(ratios.read(asked.store))))
        return 0
    plan = dict(FULL if asked.full else SMOKE) | {"only": asked.only, "peers": asked.full}
    given = {name: getattr(asked, name) for name in ("millions", "units", "rounds")}
    plan |= {name: value for name, value in given.items() if value}
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}")
    table = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.data or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for row in _measured(plan, folder.resolve()):
            print(row.told(), flush=True)
            ratios.keep(row, asked.store, machine=machine, today=datetime.date.today())
            table.append(row)
    return _compare(table, machine) if asked.compare else 0


def _measured(plan: dict, folder: Path) -> Iterator[Row]:
    # Here, since to show rows and to compare them takes none of what is compared.
    from benchmarks import rows

    rounds = plan["rounds"]
    if "analysis" in plan["only"]:
        rows.check_answers(folder)
        yield from rows.analysis(plan["millions"], folder, rounds=rounds, peers=plan["peers"])
    if "reports" in plan["only"]:
        yield from rows.reports(plan["units"], folder, rounds=rounds, looped=plan["looped"])
    if "interactive" in plan["only"]:
        yield from rows.interactive(plan["lab"], folder, rounds=rounds)
    if "page" in plan["only"]:
        yield from rows.page(folder)


def _compare(table: list[Row], machine: str) -> int:
    """Say what became worse than the baseline by more than noise; 1 where something did."""
    before = ratios.read(BASELINE)
    if not before["rows"]:
        print(f"{BASELINE.name}: not there yet; `make bench-baseline` writes it on this machine")
        return 2
    worse, untold = ratios.compared(table, before, machine=machine)
    print("\n".join(["", "Not compared:", *untold] if untold else []))
    print("\n".join(["", "Worse than the baseline:", *worse] if worse else ["", "None is worse."]))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
