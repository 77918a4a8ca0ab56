"""Nights with nobody watching: skip what is unchanged, log, notify, verify, prune, schedule."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from fault_notebook import orders, unit, written
from publisher import files
from test_cli import NOTEBOOK, called

from retention.fingerprints import FINGERPRINT, fingerprint
from retention.reporting import manifest
from retention.reporting.notify import notified
from retention.reporting.publishing import publish
from retention.reporting.schedule import cron, systemd
from retention.reporting.upkeep import verified

Row = tuple[str | None, date, Decimal]
ROWS: list[Row] = [
    ("ann", date(2026, 1, 5), Decimal("10.00")),
    ("ben", date(2026, 1, 5), Decimal("10.00")),
    (None, date(2026, 2, 1), Decimal("-3.50")),
]
SCHEMA = ibis.schema({"customer_id": "string", "day": "date", "amount": "decimal(18, 4)"})


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data, a unit that reads them and one that fails, and a notebook."""
    monkeypatch.chdir(tmp_path)
    unit(tmp_path, "read")
    orders(tmp_path)
    written(tmp_path)
    return tmp_path


# Fingerprints -------------------------------------------------------------------------------------


def of(rows: list[Row]) -> tuple[Any, ...]:
    records = [dict(zip(SCHEMA.names, row, strict=True)) for row in rows]
    table = ibis.memtable(records, schema=SCHEMA)
    (found,) = fingerprint(table).to_pyarrow().to_pylist()
    return tuple(found.values())


def test_a_fingerprint_knows_the_rows_and_not_their_order() -> None:
    assert of(ROWS) == of(ROWS[::-1])
    others = [
        ROWS[:2],
        [*ROWS, ROWS[0]],
        [(None, *ROWS[0][1:]), *ROWS[1:]],
        [(ROWS[0][0], date(2026, 1, 6), ROWS[0][2]), *ROWS[1:]],
        [(*ROWS[0][:2], Decimal("10.0001")), *ROWS[1:]],
    ]
    assert len({of(rows) for rows in [ROWS, *others]}) == 6


def test_a_fingerprint_has_its_schema_and_of_no_rows_is_nothing() -> None:
    table: ir.Table = ibis.table(SCHEMA, name="rows")
    assert fingerprint(table).schema() == FINGERPRINT
    empty = fingerprint(ibis.memtable([], schema=SCHEMA)).to_pyarrow().to_pylist()
    assert empty == [{"rows": 0, "hashes": 0}]


# --if-changed, why, the log -----------------------------------------------------------------------


def log(kit: Path) -> dict[str, Any]:
    """The newest log; a run that ended leaves no lines."""
    runs = kit / "reports" / "runs"
    assert list(runs.glob("*.jsonl")) == []
    found: dict[str, Any] = json.loads(sorted(runs.glob("*.json"))[-1].read_bytes())
    return found


def test_unchanged_units_are_skipped_until_their_data_change(kit: Path) -> None:
    run = ("run", "--if-changed", "--notebook", NOTEBOOK)
    assert called("why", "--notebook", NOTEBOOK).stdout == "read: would run: it has no report yet\n"
    assert called(*run).exit_code == 0
    (first,) = log(kit)["units"]
    report = kit / "reports" / first["page"]
    told = manifest.read(report.with_name("manifest.json"))
    assert told
    assert (first["status"], first["rows"], first["as_of"]) == ("published", 80, "2026-10-31")
    size = sum(path.stat().st_size for path in report.parent.rglob("*") if path.is_file())
    assert first["bytes"] == size
    assert first["peak_memory_bytes"] > 10_000_000
    assert first["seconds"] > 0

    again = called(*run)
    assert again.exit_code == 0
    assert "read: skipped. Nothing has changed since its report of 2026-10-31 (data too)." in (
        again.stderr
    )
    assert log(kit)["statuses"] == {"skipped": 1}
    why = called("why", "--notebook", NOTEBOOK).stdout
    assert why == "read: would be skipped: nothing changed\n"

    data = kit / "params" / "orders.csv"
    data.write_text(data.read_text().replace("c5,2026-05-05,10", "c5,2026-05-05,11"))
    why = called("why", "--notebook", NOTEBOOK).stdout
    assert why == "read: would run: the data are others\n"
    # Without a look at the data, --resume takes it for current.
    resumed = called("run", "--resume", "--notebook", NOTEBOOK)
    assert "(the data were not looked at)" in resumed.stderr
    assert called(*run).exit_code == 0
    assert log(kit)["statuses"] == {"published": 1}


def test_a_run_is_logged_for_machines_and_told_to_a_command(kit: Path) -> None:
    unit(kit, "refused")
    script = "import sys, pathlib; pathlib.Path('told.json').write_text(sys.stdin.read())"
    notify = shlex.join([sys.executable, "-c", script])
    result = called(
        "run", "refused", "--notebook", NOTEBOOK, "--log-json", "--quiet", "--notify", notify
    )
    assert result.exit_code == 3
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    (record,) = log(kit)["units"]
    assert json.loads(line) == {"event": "unit", **record}
    assert record["message"] == "orders.csv: column ordered_at is missing"
    assert record["page"] == "refused/failure.html"
    assert json.loads((kit / "told.json").read_bytes()) == log(kit) | {"exit_code": 3}


def test_a_notification_that_fails_is_said() -> None:
    assert notified(f"{shlex.quote(sys.executable)} -c 'raise SystemExit(4)'", {}) == (
        "--notify: the command ended with 4"
    )
    for command in ("/no/such/command", "'open", ""):
        assert notified(command, {}).startswith("--notify: ")


# verify, prune, schedule --------------------------------------------------------------------------


def reports(folder: Path, *days: str) -> Path:
    out = folder / "reports"
    for number, day in enumerate(days):
        content = files(number)
        record = json.loads(content.pop("manifest.json"))
        listed = {name: {"sha256": manifest.sha256(raw)} for name, raw in content.items()}
        content["manifest.json"] = manifest.as_json(record | {"files": listed, "as_of": day})
        publish(content, out=out, slug="grocer", as_of=day)
    return out


def test_verify_finds_every_file_that_is_not_as_it_was_published(tmp_path: Path) -> None:
    out = reports(tmp_path, "2026-09-30", "2026-10-31")
    assert called("verify", out).stdout == "2 reports, 0 problems\n"
    old, new = (out / "grocer" / day for day in ("2026-09-30", "2026-10-31"))
    (old / "manifest.json").write_text("{}")
    (new / "data" / "ledger.csv").write_text("number\n7\n")
    (new / "report.html").unlink()
    (new / "data" / "extra.csv").touch()
    result = called("verify", out)
    assert result.exit_code == 1
    assert result.stdout == "2 reports, 5 problems\n"
    assert sorted(result.stderr.splitlines()) == [
        f"{old / 'manifest.json'}: is no manifest",
        f"{new / 'data' / 'extra.csv'}: is not in the manifest",
        f"{new / 'data' / 'ledger.csv'}: was changed after it was published",
        f"{new / 'report.html'}: cannot be read (No such file or directory)",
        f"{out / 'grocer' / 'latest.html'}: is not the newest report, 2026-09-30",
    ]
    assert called("verify", tmp_path / "none").exit_code == 2


def test_verify_looks_at_the_stable_link(tmp_path: Path) -> None:
    out = reports(tmp_path, "2026-10-31")
    latest = out / "grocer" / "latest.html"
    latest.write_text("older")
    assert verified(out).problems == [f"{latest}: is not the newest report, 2026-10-31"]
    assert verified(out / "grocer" / "2026-10-31").problems == []


def test_prune_names_old_reports_and_removes_them_when_told(tmp_path: Path) -> None:
    out = reports(tmp_path, "2026-08-31", "2026-09-30", "2026-10-31")
    named = called("prune", "--keep", "1", "--out", out)
    assert named.stdout.splitlines() == [
        f"{out / 'grocer' / day}: would be removed" for day in ("2026-08-31", "2026-09-30")
    ]
    assert len(list((out / "grocer").iterdir())) == 4
    called("prune", "--keep", "2", "--out", out, "--delete")
    left = sorted(path.name for path in (out / "grocer").iterdir())
    assert left == ["2026-09-30", "2026-10-31", "latest.html"]
    assert not (out / ".staging").exists()


def test_schedule_prints_a_line_that_the_shell_of_cron_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = called("schedule", "--cron").stdout
    assert line.startswith("17 3 * * * cd ")
    command = shlex.split(line)[8:]
    assert command[1:] == ["run", "--if-changed", "--wait", "--quiet"]
    told = subprocess.run([command[0], "--help"], capture_output=True, text=True, check=True)
    assert "verify" in told.stdout
    place = tmp_path / "50 % off"
    place.mkdir()
    words = cron([sys.executable, "-c", "import os; print(os.getcwd())"], folder=place).split(
        " ", 5
    )
    assert words[:5] == ["17", "3", "*", "*", "*"]
    # As cron hands it to the shell: \% is a plain %.
    told = subprocess.run(
        words[5].replace(r"\%", "%"), shell=True, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(place)


def test_schedule_prints_a_service_and_its_timer() -> None:
    units = systemd(
        ["/usr/bin/python 3", "run", "--notify", 'say "50 %" $HOME'], folder=Path("/a%")
    )
    assert list(units) == ["retention.service", "retention.timer"]
    assert "WorkingDirectory=/a%%\n" in units["retention.service"]
    words = r'ExecStart="/usr/bin/python 3" "run" "--notify" "say \"50 %%\" $$HOME"'
    assert f"{words}\n" in units["retention.service"]
    assert "OnCalendar=*-*-* 03:17:00\nPersistent=true\n" in units["retention.timer"]
    printed = called("schedule", "--systemd").stdout
    assert printed.index("# retention.service") < printed.index("# retention.timer")
    assert called("schedule").exit_code == 2
