"""The rows of the table: each compares ways to do one thing, and says what is wanted of the kit."""

import math
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import answers, by_hand, by_kit, by_pandas, by_polars, company
from benchmarks.measure import ROOT, Taken, side_by_side, way

SCRIPTS = Path(sysconfig.get_path("scripts"))
CORES = os.cpu_count() or 1
REPORT = ROOT / "notebooks" / "retention_report.ipynb"


@dataclass(frozen=True)
class Row:
    """One ratio: `value` is to be at most, or at least, the `goal`; `noise` is its spread."""

    name: str
    value: float
    goal: float
    at_least: bool = False
    noise: float = 0.0
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def _ratio(name: str, one: Taken, other: Taken, goal: float, *, at_least: bool = False) -> Row:
    detail = f"{one.seconds:.2f} s / {other.seconds:.2f} s"
    value, noise = one.seconds / other.seconds, one.spread + other.spread
    return Row(name, value, goal, at_least, noise, detail)


def check_answers(folder: Path) -> None:
    """Stop where a way that is compared comes to other figures than the kit."""
    path = company.transactions(100_000, folder)
    kit = by_kit.tables(path)
    for module in (by_hand, by_pandas, by_polars):
        if wrong := answers.differences(kit, module.tables(path)):
            raise SystemExit(f"{module.__name__} and the kit differ: {', '.join(wrong)}")


def analysis(
    millions: list[float], folder: Path, *, rounds: int, taken: dict[float, Taken]
) -> Iterator[Row]:
    """The core tables of one file of so many rows; what the kit took goes to `taken`."""
    for size in millions:
        path = company.transactions(int(size * 1_000_000), folder)
        names = ["floor", "sql", "kit", "polars", *(["pandas"] if size <= 10 else [])]
        found = side_by_side({name: [way(name, path)] for name in names}, rounds=rounds)
        kit, label = found["kit"], f"{size:g} million rows"
        taken[size] = kit
        yield _ratio(f"{label}: kit / one GROUP BY", kit, found["floor"], 5)
        yield _ratio(f"{label}: kit / SQL by hand", kit, found["sql"], 1.1)
        yield _ratio(f"{label}: Polars / kit", found["polars"], kit, 1, at_least=True)
        if "pandas" in found:
            yield _ratio(f"{label}: pandas / kit", found["pandas"], kit, 10, at_least=True)
        yield Row(f"{label}: peak memory of the kit, GB", kit.megabytes / 1024, 8)


def growth(what: str, taken: dict[float, Taken]) -> Iterator[Row]:
    """The exponent by which time and memory grow, from the smallest to the largest size."""
    if len(taken) < 2:
        return
    small, large = min(taken), max(taken)
    one, other = taken[small], taken[large]
    scale = math.log(large / small)
    yield Row(f"{what}: exponent of time", math.log(other.seconds / one.seconds) / scale, 1.1)
    yield Row(f"{what}: exponent of memory", math.log(other.megabytes / one.megabytes) / scale, 1.1)


def reports(
    counts: list[int], folder: Path, *, rounds: int, taken: dict[float, Taken]
) -> Iterator[Row]:
    """Reports of so many units: the kit, the loop that people write, and a warm script."""
    settings = _settings(folder, max(counts))
    loop = side_by_side({"loop": _loop(settings[0], folder)}, rounds=rounds)["loop"]
    for count in counts:
        units = [str(path) for path in settings[:count]]
        ways = {
            "kit": [[str(SCRIPTS / "retention"), "run", *units, "--out", str(folder / "reports")]],
            "floor": [way("script", *units)],
        }
        found = side_by_side(ways, rounds=rounds)
        kit = taken[count] = found["kit"]
        # The loop takes a unit after the other: it was timed on one.
        loops = Taken(loop.seconds * count, loop.spread, loop.megabytes)
        goal = 4 if count >= 50 else 1
        label = f"{count} units" if count > 1 else "1 unit"
        yield _ratio(
            f"{label}: loop of papermill, nbconvert / kit", loops, kit, goal, at_least=True
        )
        floor = found["floor"]
        cores = min(CORES, count)
        floor = Taken(floor.seconds / cores, floor.spread, floor.megabytes)
        yield _ratio(f"{label}: kit / warm script on {cores} cores", kit, floor, 1.3)


def _settings(folder: Path, count: int) -> list[Path]:
    data = company.transactions(max(200_000, count * 20_000), folder)
    params = folder / "params"
    params.mkdir(exist_ok=True)
    paths = []
    for number in range(count):
        path = params / f"unit_{number:03d}.yaml"
        name = f"Unit {number % company.UNITS:02d}"
        path.write_text(f"unit: {name}\nsource: {data.resolve()}\n", encoding="utf-8")
        paths.append(path)
    return paths


def _loop(settings: Path, folder: Path) -> list[list[str]]:
    out = str(folder / "loop.ipynb")
    run = [str(SCRIPTS / "papermill"), str(REPORT), out, "-p", "unit", str(settings)]
    page = [str(SCRIPTS / "jupyter"), "nbconvert", "--to", "html", "--no-input", out]
    return [run, page]


def interactive(million: float, folder: Path, *, rounds: int) -> Iterator[Row]:
    """The notebook as an analyst runs it: all of it, and again after a changed threshold."""
    data = company.transactions(int(million * 1_000_000), folder)
    path = folder / "analyst.yaml"
    query = "SELECT customer_id, ordered_at, amount FROM source"
    text = f"unit: All\nsource: {data.resolve()}\nquery: {query}\n"
    path.write_text(text, encoding="utf-8")
    ways = {"all": [way("lab", path)], "again": [way("again", path)], "imports": [way("imports")]}
    found = side_by_side(ways, rounds=rounds)
    label = f"{million:g} million rows in JupyterLab"
    for name, said, goal in (("all", "Run All", 5.0), ("again", "changed threshold", 2.0)):
        one, alone = found[name], found["imports"]
        yield Row(f"{label}: {said}, seconds", one.seconds, goal, noise=one.spread)
        detail = f"{one.seconds:.2f} s / {alone.seconds:.2f} s"
        value, noise = one.seconds / alone.seconds, one.spread + alone.spread
        yield Row(f"{label}: {said} / imports alone", value, math.inf, noise=noise, detail=detail)


def page(folder: Path) -> Iterator[Row]:
    """The published page of the first unit: its bytes, and when Chromium first paints it."""
    path = next((folder / "reports").glob("*/latest.html"))
    yield Row("page: kilobytes", path.resolve().stat().st_size / 1000, 600)
    chromium = shutil.which("chromium")
    if chromium is None:
        print("page: first paint is not measured; there is no chromium here", file=sys.stderr)
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        view = browser.new_page()
        view.goto(path.resolve().as_uri())
        paints = "performance.getEntriesByName('first-contentful-paint').map(p => p.startTime)"
        view.wait_for_function(f"{paints}.length > 0")
        painted = view.evaluate(paints)[0]
        browser.close()
    yield Row("page: first paint, seconds", painted / 1000, 1)
