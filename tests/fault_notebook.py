"""A small real notebook in the place of the report, which fails in the way its unit is named."""

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from retention.params import Settings, settings

HOSTILE = "<script>alert(1)</script>&\"'"
SECRET = "hunter2 & <co>"
"""What the environment gives to the sources of the units `blurts` and `leaks`, as KIT_SECRET."""

PARAMETERS = """\
unit: str = None  # slug or settings file
as_of: str = None  # last day covered
frequency: str = None  # None = as in the file"""

SET_UP = """\
import os, sys, time
from html import escape
from pathlib import Path
from IPython.display import display
from retention.errors import CheckFailed, DataRefused
from retention.params import settings
from retention.opening import open_unit
from retention.unit import DEFINITIONS_VERSION
fault, name = Path(unit).stem, settings(unit).unit"""

FAULTS = """\
match fault.split("-")[0]:
    case "killed": os.kill(os.getpid(), 9)
    case "exits": raise SystemExit(0)
    case "raises": raise ValueError("no such <b>column</b>")
    case "refused": raise DataRefused("orders.csv: column ordered_at is missing")
    case "broken": raise CheckFailed("active: 10 + 1 - 2 is not 8")
    case "endless": time.sleep(600)
    case "greedy": hoard = [os.urandom(50_000_000) for _ in range(200)]
    case "blurts": raise ValueError(f"cannot open {os.environ['KIT_SECRET']}/orders.csv")
    case "leaks": print(os.environ["KIT_SECRET"])"""

FACTS = """\
read = open_unit(settings(unit)).extent() if fault.startswith("read") else {"rows": 3}
tile = {"key": "active", "label": f"Active at {name}", "value": "1,234", "detail": "of 2,000",
        "change": "+12 on September", "tone": "good"}
facts = {"unit": name, "as_of": as_of or "2026-10-31", "language": "en", "currency": "EUR",
         "frequency": "month", "period": "2026-10-01", "period_label": "October 2026",
         "definitions": DEFINITIONS_VERSION, "identities": "held",
         "headline": f"Nothing lost at {name}.", "tiles": [tile], "thresholds": {}, "source": read,
         "folder": Path.cwd().name}"""

SHOW = """\
html = f'<p class="headline">{escape(facts["headline"])}</p>'
if fault != "mute":
    display({"text/html": html, "text/plain": facts["headline"],
             "application/vnd.retention.facts+json": facts}, raw=True)"""

FRAME = """\
frame = {"name": "ledger", "csv": "period,revenue\\n2026-10-01,\\u20ac 7\\n"}
image = "<img src='http://example.org/x.png' alt='x'>" if fault == "reaches" else ""
head = "customer_id" if fault == "names" else "ledger"
table = f"<table><caption>Ledger</caption><tr><th scope='col'>{head}</th></tr></table>"
display({"text/html": f"{table}{image}", "text/plain": "ledger",
         "application/vnd.retention.frame+json": frame}, raw=True)
print("printed"); print("warned", file=sys.stderr)"""


def notebook() -> NotebookNode:
    """A notebook of the kit's shape: parameters, set-up, headings, bundles among the outputs."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Customer retention"),
            new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            new_code_cell(SET_UP),
            new_markdown_cell("## Does it work?\n\nIt [does](https://example.org/why)."),
            new_code_cell(FAULTS),
            new_code_cell(""),
            new_code_cell(FACTS),
            new_code_cell(SHOW),
            new_markdown_cell("## The figures"),
            new_code_cell(FRAME),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}},
    )


def written(folder: Path, node: NotebookNode | None = None) -> Path:
    """The notebook as a file whose folder has a name that papermill would take for a pattern."""
    path = folder / "note{books}" / "retention_report.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(node or notebook(), path)
    return path


def unit(folder: Path, slug: str, *, name: str = "") -> Settings:
    """Settings of a unit, read from a file that is written for it."""
    path = folder / "params" / f"{slug}.yaml"
    path.parent.mkdir(exist_ok=True)
    # A JSON string is a YAML string, whatever it holds.
    folder_of_data = "${KIT_SECRET}/" if slug in ("blurts", "leaks") else ""
    lines = [f"unit: {json.dumps(name or slug)}", f"source: {folder_of_data}orders.csv"]
    lines += ["as_of: 2026-10-31"]
    lines += ["inactive_after: 30", "lost_after: 60", ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return settings(path)


def orders(folder: Path) -> None:
    """Data that the settings of `unit` can be opened with."""
    rows = [f"c{n},2026-{month:02d}-{n:02d},10" for n in range(1, 9) for month in range(1, 11)]
    text = "\n".join(["customer_id,ordered_at,amount", *rows, ""])
    (folder / "params" / "orders.csv").write_text(text, encoding="utf-8")
