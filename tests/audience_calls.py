"""`retention audience` as it is called, and what it leaves: rows, ids, the manifest, refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from orders import csv as orders_csv
from orders import settings_file
from typer.testing import CliRunner, Result

from retention.cli import app

HEADING = (
    "customer_id,state,last_purchase_on,days_silent,turns_dormant_on,turns_lost_on,purchase_days,"
    "value_365d,tier,arm,campaign,contacted_on,unit,planned_control"
)
ORDERS = (
    "ann,2024-01-01,10",
    "ann,2024-03-25,30.5",
    "ben,2024-02-20,20",
    "cid,2024-01-05,5",
    "dan,2024-01-10,7",
    "dan,2024-03-20,7",
    "eve,2024-03-31,1000",
    "fay,2024-03-05,8",
)
# On 2024-03-31, dormant after 30 days and lost after 60: ann active (back from lost on 03-25), ben
# dormant since 03-21, cid lost since 03-05, dan active (back on 03-20), eve and fay active.


def called(name: str = "one-time-buyers", *options: str, out: str = "audiences/a.csv") -> Result:
    arguments = ["audience", "shop", name, "--out", out, *options]
    return CliRunner().invoke(app, arguments)


def rows(file: str = "audiences/a.csv") -> list[dict[str, str]]:
    with Path(file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def ids(file: str = "audiences/a.csv") -> list[str]:
    return [row["customer_id"] for row in rows(file)]


def record(file: str = "audiences/a.csv") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(f"{file}.manifest.json").read_text(encoding="utf-8"))
    return found


def refusal(*arguments: str, out: str = "audiences/a.csv") -> list[str]:
    result = called(*arguments, out=out)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr.splitlines()


def report(slug: str, as_of: str) -> None:
    folder = Path("reports", slug, as_of)
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("a page")
    (folder / "manifest.json").write_text('{"schema": 1, "slug": "shop", "as_of": "any"}')


def listing(folder: Path, *rows: str, heading: str = "customer_id") -> None:
    orders_csv(folder / "params" / "stop.csv", *rows, header=heading)
    settings_file(folder / "params", "orders.csv", as_of="2024-03-31", do_not_contact="stop.csv")
