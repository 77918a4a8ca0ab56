"""A source that changes between the check of a run and its kernels: what the reports are of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fault_notebook import orders, unit, written
from typer.testing import CliRunner

from retention import open_unit
from retention.cli import app
from retention.params import settings
from retention.reporting import preflight, runner


def fingerprint(path: Path) -> str | None:
    opened = open_unit(settings(path))
    found = opened.fingerprint
    opened.source.backend.disconnect()
    return found


@pytest.mark.parametrize("staged", [True, False], ids=["from its slices", "read again"])
def test_a_report_is_of_the_rows_that_were_checked_or_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: bool
) -> None:
    """Kernels that find no slice, as on the workers of a cluster, read the source as it is then."""
    slugs = ("read-a", "read-b")
    for slug in slugs:
        unit(tmp_path, slug)
    orders(tmp_path)
    notebook, source = written(tmp_path), tmp_path / "params" / "orders.csv"
    path = tmp_path / "params" / "read-a.yaml"
    checked, run = fingerprint(path), runner.run

    def then_changed(*args: object, **how: object) -> runner.Batch:
        source.write_text(source.read_text().replace("c1,2026-01-01,10", "c1,2026-01-01,11"))
        return run(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "run", then_changed)
    if not staged:
        monkeypatch.setattr(preflight, "stage", lambda *_: None)
    out = tmp_path / "reports"
    asked = ["run", "--params", path.parent, "--out", out, "--notebook", notebook]
    result = CliRunner().invoke(app, [str(argument) for argument in asked])
    assert result.exit_code == 0, result.output
    now = fingerprint(path)
    assert now != checked
    for slug in slugs:
        manifest = json.loads((out / slug / "2026-10-31" / "manifest.json").read_text())
        assert manifest["facts"]["source"]["fingerprint"] == (checked if staged else now)
        assert (f"{slug}: {runner.OTHERS_READ}" in result.stderr) is not staged
