"""The rows of the table: each compares ways to do one thing, and says what is wanted of the kit."""

import math
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks import company, retail_science
from benchmarks.measure import ROOT, Taken, median, once, side_by_side, stages, way
from benchmarks.ratios import Row

SCRIPTS = Path(sysconfig.get_path("scripts"))
CORES = os.cpu_count() or 1
REPORT = ROOT / "notebooks" / "retention_report.ipynb"


LARGE = 10
"""Million rows above which pandas is not asked, and the kit is asked in little memory too."""
ONLY_KIT = "the kit alone cleans ids and dates, counts each fault and asserts identities"
"""What SQL that is written for one file leaves out, and the seconds of the kit hold."""
PAGE_ROWS = 200_000


def _ratio(name: str, one: Taken, other: Taken, goal: float, *, at_least: bool = False) -> Row:
    value, noise = one.seconds / other.seconds, one.spread + other.spread
    return Row(name, value, goal, at_least, noise, _detail(one, other))


def _detail(one: Taken, other: Taken) -> str:
    clock = f"{one.seconds:.2f} s / {other.seconds:.2f} s"
    if math.isnan(one.processor + other.processor):
        return clock
    return f"{clock}; of processors {one.processor:.2f} s / {other.processor:.2f} s"


def check_answers(folder: Path) -> None:
    """Stop where a way that is compared comes to other figures than the kit."""
    path = company.transactions(100_000, folder).resolve()
    check = [sys.executable, "-m", "benchmarks.answers", str(path)]
    if subprocess.run(check, cwd=ROOT, check=False).returncode:
        raise SystemExit(1)


def analysis(millions: list[float], folder: Path, *, rounds: int, peers: bool) -> Iterator[Row]:
    """The core tables of one file of so many rows; `peers`: openretailscience too."""
    taken: dict[float, Taken] = {}
    for size in millions:
        path = company.transactions(int(size * 1_000_000), folder)
        ways = ["floor", "sql", "kit", "polars", *(["pandas"] if size <= LARGE else [])]
        commands = {name: [way(name, path)] for name in ways}
        if peers and (other := retail_science.command(path, folder)):
            commands |= {"cohorts": [way("cohorts", path)], "openretailscience": [other]}
        if size > LARGE:
            commands["tight"] = [way("tight", path)]
        found = side_by_side(commands, rounds=1 if size > LARGE else rounds)
        taken[size] = found["kit"]
        yield from _sized(size, found)
    yield from growth("million rows", taken)


def _sized(size: float, found: dict[str, Taken]) -> Iterator[Row]:
    kit, label = found["kit"], f"{size:g} million rows"
    yield _ratio(f"{label}: kit / one GROUP BY", kit, found["floor"], 5)
    by_hand = _ratio(f"{label}: kit / SQL by hand", kit, found["sql"], 1.1)
    yield replace(by_hand, detail=f"{by_hand.detail}; {ONLY_KIT}")
    yield _ratio(f"{label}: Polars / kit", found["polars"], kit, 1, at_least=True)
    if "pandas" in found:
        # Ahead of every peer at any size; by 10 where there is enough to do.
        goal = 10 if size >= LARGE else 1
        yield _ratio(f"{label}: pandas / kit", found["pandas"], kit, goal, at_least=True)
    if "openretailscience" in found:
        name = f"{label}: cohorts of openretailscience / of the kit"
        yield _ratio(name, found["openretailscience"], found["cohorts"], 1, at_least=True)
    yield Row(f"{label}: peak memory of the kit, GB", kit.megabytes / 1024, 8)
    if "tight" in found:
        tight = found["tight"]
        yield Row(f"{label}: peak memory where it spills, GB", tight.megabytes / 1024, 4)
        yield _ratio(f"{label}: kit where it spills / kit", tight, kit, math.inf)


def growth(what: str, taken: dict[float, Taken]) -> Iterator[Row]:
    """The exponent by which time and memory grow, fitted to all sizes."""
    if len(taken) < 2:
        return
    label = f"{min(taken):g} to {max(taken):g} {what}: exponent of"
    yield Row(f"{label} time", _exponent({n: one.seconds for n, one in taken.items()}), 1.1)
    yield Row(f"{label} memory", _exponent({n: one.megabytes for n, one in taken.items()}), 1.1)


def _exponent(values: dict[float, float]) -> float:
    sizes, found = ([math.log(one) for one in side] for side in (values, values.values()))
    return statistics.linear_regression(sizes, found).slope


def reports(counts: list[int], folder: Path, *, rounds: int, looped: int) -> Iterator[Row]:
    """Reports of so many units: the kit, the loop that people write, and a warm script.

    The loop and the script are run up to `looped` units. What takes minutes is run once: every way
    from 8 units.
    """
    taken: dict[float, Taken] = {}
    rows = max(200_000, max(counts) * 20_000)
    data, paths = company.transactions(rows, folder), settings(folder, max(counts), rows=rows)
    for count in counts:
        units, label = paths[:count], f"{count} units" if count > 1 else "1 unit"
        ways = {"kit": [run(units, folder)]}
        if count <= looped:
            ways["floor"] = [way("script", *units)]
            ways["loop"] = [step for unit in units for step in _loop(unit, folder)]
        found = side_by_side(ways, rounds=1 if count >= 8 else rounds, watched=data)
        kit = taken[count] = found["kit"]
        if count > looped:
            yield Row(f"{label}: kit, seconds", kit.seconds, noise=kit.spread, here_only=True)
            continue
        goal, name = 4 if count >= 50 else 1, f"{label}: loop of papermill, nbconvert / kit"
        yield _ratio(name, found["loop"], kit, goal, at_least=True)
        cores = min(CORES, count)
        floor = found["floor"].divided(cores)
        yield _ratio(f"{label}: kit / warm script on {cores} cores", kit, floor, 1.3)
    yield from growth("units", taken)
    yield from shared(taken)


def shared(taken: dict[float, Taken]) -> Iterator[Row]:
    """How often a run opens the file that its units share: as often for all as for the fewest."""
    fewest, most = (taken[count].opened for count in (min(taken), max(taken)))
    # Neither where the system does not tell.
    if len(taken) > 1 and min(fewest, most) > 0:
        name = f"{max(taken)} units of one source / {min(taken)}: how often it is read"
        detail = f"opened {most:g} times / {fewest:g} times"
        yield Row(name, most / fewest, 1, detail=detail)


def run(units: list[Path], folder: Path) -> list[str]:
    """The command that makes their reports."""
    retention = str(SCRIPTS / "retention")
    return [retention, "run", *map(str, units), "--out", str(folder / "reports")]


def settings(folder: Path, count: int, *, rows: int) -> list[Path]:
    """Settings of so many units of one file, which has so many rows."""
    data = company.transactions(rows, folder)
    params = folder / "params"
    params.mkdir(exist_ok=True)
    paths = []
    for number in range(count):
        path = params / f"unit_{number:03d}.yaml"
        name = f"Unit {number % company.UNITS:02d}"
        path.write_text(f"unit: {name}\nsource: {data.resolve()}\n", encoding="utf-8")
        paths.append(path)
    return paths


def _loop(unit: Path, folder: Path) -> list[list[str]]:
    out = str(folder / "loop.ipynb")
    run = [str(SCRIPTS / "papermill"), str(REPORT), out, "-p", "unit", str(unit)]
    page = [str(SCRIPTS / "jupyter"), "nbconvert", "--to", "html", "--no-input", out]
    return [run, page]


def analyst(folder: Path, rows: int) -> Path:
    """Settings of one unit that all rows of a file belong to."""
    data = company.transactions(rows, folder)
    path = folder / "analyst.yaml"
    query = "SELECT customer_id, ordered_at, amount FROM source"
    text = f"unit: All\nsource: {data.resolve()}\nquery: {query}\n"
    path.write_text(text, encoding="utf-8")
    return path


def interactive(million: float, folder: Path, *, rounds: int) -> Iterator[Row]:
    """The notebook as an analyst runs it: all of it, and again after a changed threshold."""
    path = analyst(folder, int(million * 1_000_000))
    turns = [(*stages(way("lab", path)), once(way("imports"))) for _ in range(rounds)]
    everything, again, alone = (median(taken) for taken in zip(*turns, strict=True))
    label = f"{million:g} million rows in JupyterLab"
    for one, said, goal in ((everything, "Run All", 5.0), (again, "changed threshold", 2.0)):
        seconds, noise = one.seconds, one.spread
        yield Row(f"{label}: {said}, seconds", seconds, goal, noise=noise, here_only=True)
        yield _ratio(f"{label}: {said} / imports alone", one, alone, math.inf)


def page(folder: Path) -> Iterator[Row]:
    """The published page of the first unit: its bytes, and when Chromium first paints it."""
    path = folder / "reports" / "unit_000" / "latest.html"
    once(run(settings(folder, 1, rows=PAGE_ROWS), folder))
    yield Row("page: kilobytes", path.resolve().stat().st_size / 1000, 600)
    chromium = shutil.which("chromium")
    if chromium is None:
        print("page: first paint is not measured; there is no chromium here", file=sys.stderr)
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        view = browser.new_page()
        view.goto(path.resolve().as_uri())
        painted = _first_paint(view)
        browser.close()
    yield Row("page: first paint, seconds", painted / 1000, 1, here_only=True)


def _first_paint(view: Page) -> float:
    """Milliseconds from the call of a page to its first paint.

    The page's own policy forbids scripts, and with them what Playwright would wait by.
    """
    paints = "performance.getEntriesByName('first-contentful-paint').map(p => p.startTime)"
    for _ in range(1_200):
        if painted := view.evaluate(paints):
            return float(painted[0])
        view.wait_for_timeout(50)
    raise TimeoutError("Chromium has painted nothing of the page for a minute")
