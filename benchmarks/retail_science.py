"""openretailscience, timed in an environment of its own: it wants an older DuckDB than the kit.

`python retail_science.py FILE` in that environment prints what its cohorts took, as JSON.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

VERSION = "0.48.1"


def command(path: Path, folder: Path) -> list[str] | None:
    """What times it on a file, with an environment in `folder`; None where it cannot be set up."""
    python = folder / "openretailscience" / "bin" / "python"
    done = python.parent / VERSION
    if not done.exists():
        install = [str(python), "-m", "pip", "install", "-q", f"openretailscience=={VERSION}"]
        made = subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=False)
        if made.returncode or subprocess.run(install, check=False).returncode:
            print("openretailscience: cannot be installed here, and is left out", file=sys.stderr)
            return None
        done.touch()
    return [str(python), __file__, str(path)]


def main() -> None:
    import ibis
    import ibis.backends.duckdb  # Ibis imports it on first use
    from openretailscience.analysis.cohort import CohortAnalysis

    start, processor = time.perf_counter(), time.process_time()
    rows = ibis.duckdb.connect().read_parquet(sys.argv[1])
    bought = rows.filter(rows.customer_id.notnull()).rename(transaction_date="ordered_at")
    CohortAnalysis(bought, "customer_id", agg_func="nunique", period="month")
    took = time.perf_counter() - start, time.process_time() - processor
    print(json.dumps({"seconds": took[0], "processor": took[1]}))


if __name__ == "__main__":
    main()
