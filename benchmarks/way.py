"""One way to do one thing, once, in a process of its own: `python -m benchmarks.way NAME ARGS`.

Prints the seconds it took, imports apart, as JSON on its last line.
"""

import importlib
import json
import sys
import time
from pathlib import Path

TABLES = {
    "kit": ("benchmarks.by_kit", "tables"),
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
        start = time.perf_counter()
        way(Path(arguments[0]))
    elif name == "imports":
        start = time.perf_counter()
        for library in LIBRARIES:
            importlib.import_module(library)
    else:
        from benchmarks import notebooks

        start = getattr(notebooks, name)(*arguments)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
