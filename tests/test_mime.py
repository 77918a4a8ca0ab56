"""What the set-up cell of the report imports, which a kernel pays for in every report."""

import subprocess
import sys

IMPORTS = """
import sys
from retention import cohort_plots, follow_up_plots, narrative, open_unit, plots
from retention.reporting.display import Report
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_report_imports_nothing_of_what_runs_notebooks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True
    )
    assert "'retention'" in done.stdout
    for name in ("jsonschema", "jupyter_client", "nbclient", "nbconvert", "nbformat", "papermill"):
        assert f"'{name}'" not in done.stdout
