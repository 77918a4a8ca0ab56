"""One way to do one thing, once, in a process of its own: `python -m benchmarks.way NAME ARGS`.

Prints the seconds that it and its processors took, imports apart, as JSON on its last line.
"""

import importlib
import json
import sys
import time
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
        start, processor = time.perf_counter(), time.process_time()
        way(Path(arguments[0]))
    elif name == "imports":
        start, processor = time.perf_counter(), time.process_time()
        for library in LIBRARIES:
            importlib.import_module(library)
    else:
        from benchmarks import notebooks

        start, processor = getattr(notebooks, name)(*arguments)
    took = {"seconds": time.perf_counter() - start, "processor": time.process_time() - processor}
    print(json.dumps(took))


if __name__ == "__main__":
    main()
