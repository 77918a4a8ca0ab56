"""One way to do one thing, once, in a process of its own: `python -m benchmarks.way NAME ARGS`.

Prints the seconds that it and its processors took, imports apart, as JSON; a line a stage where it
has several.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

TABLES = {
    "kit": ("benchmarks.by_kit", "tables"),
    "tight": ("benchmarks.by_kit", "tight"),
    "cohorts": ("benchmarks.by_kit", "cohorts"),
    "floor": ("benchmarks.by_hand", "floor"),
    "sql": ("benchmarks.by_hand", "tables"),
    "pandas": ("benchmarks.by_pandas", "tables"),
    "polars": ("benchmarks.by_polars", "tables"),
}
LIBRARIES = ("ibis", "duckdb", "pandas", "seaborn", "matplotlib.pyplot")


def main() -> None:
    """Time what the arguments name."""
    name, *arguments = sys.argv[1:]
    if name in TABLES:
        module, function = TABLES[name]
        way = getattr(importlib.import_module(module), function)
        importlib.import_module("ibis.backends.duckdb")  # Ibis imports it on first use
        stages = _timed(lambda: way(Path(arguments[0])))
    elif name == "imports":
        stages = _timed(lambda: [importlib.import_module(library) for library in LIBRARIES])
    else:
        from benchmarks import notebooks

        stages = getattr(notebooks, name)(*arguments)
    for seconds, processor in stages:
        print(json.dumps({"seconds": seconds, "processor": processor}))


def _timed(work: Callable[[], object]) -> Iterator[tuple[float, float]]:
    start, processor = time.perf_counter(), time.process_time()
    work()
    yield time.perf_counter() - start, time.process_time() - processor


if __name__ == "__main__":
    main()
