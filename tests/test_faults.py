"""Faults of the world around a run: secrets, a full disk, a source that vanishes, hostile data."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import yaml
from fault_notebook import orders, written
from publisher import files, numbers
from test_cli import NOTEBOOK, called

from retention.params import settings
from retention.reporting import index, runner
from retention.reporting.publishing import newest_manifest, publish, record_failure
from retention.reporting.statuses import Status

CANARY = "canary-3f9d1c"
KEYS = {"as_of": "2026-10-31", "inactive_after": 30, "lost_after": 60}


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the command is called: a notebook, and data in a folder with a secret."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETENTION_CANARY", str(tmp_path / CANARY))
    (tmp_path / "params").mkdir()
    orders(tmp_path)
    (tmp_path / CANARY).mkdir()
    (tmp_path / "params" / "orders.csv").rename(tmp_path / CANARY / "orders.csv")
    written(tmp_path)
    return tmp_path


def unit(kit: Path, slug: str, source: str) -> Path:
    path = kit / "params" / f"{slug}.yaml"
    given = {"unit": slug, "source": source, **KEYS}
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    return path


def leaks(folder: Path) -> list[str]:
    """Every file under a folder that holds the canary, or has it in its name."""
    found = []
    for path in folder.rglob("*"):
        if CANARY in path.name or (path.is_file() and CANARY.encode() in path.read_bytes()):
            found.append(str(path))
    return found


def test_a_source_that_vanishes_is_explained_and_no_secret_is_told(kit: Path) -> None:
    """Between the check of all units and the kernel of one, its file went away."""
    good = unit(kit, "read", "${RETENTION_CANARY}/orders.csv")
    gone = unit(kit, "read-too", "${RETENTION_CANARY}/gone.csv")
    broken = unit(kit, "read-all", "${RETENTION_CANARY}/broken.parquet")
    (kit / CANARY / "broken.parquet").write_bytes(b"PAR1 is how it begins")
    plan = runner.Plan(kit / NOTEBOOK, kit / "reports")
    batch = runner.run([settings(path) for path in (good, gone, broken)], plan)
    statuses = [result.outcome.status for result in batch.results]
    assert statuses == [Status.PUBLISHED, Status.DATA_REFUSED, Status.DATA_REFUSED]
    assert "${RETENTION_CANARY}/gone.csv" in batch.results[1].outcome.message
    assert leaks(kit / "reports") == []
    for result in batch.results:
        assert CANARY not in result.outcome.message + result.outcome.traceback
    assert (kit / "reports" / "read" / "latest.html").is_file()


def test_no_secret_is_told_where_the_check_refuses(kit: Path) -> None:
    unit(kit, "gone", "${RETENTION_CANARY}/gone.csv")
    result = called("run", "--notebook", NOTEBOOK)
    assert result.exit_code == 2
    assert "${RETENTION_CANARY}/gone.csv" in result.stderr
    assert CANARY not in result.stderr


def test_a_unit_with_three_rows_is_refused_before_anything_runs(kit: Path) -> None:
    rows = [f"c{n},2026-0{n}-01,10" for n in (1, 2, 3)]
    path = kit / "params" / "three.csv"
    path.write_text("\n".join(["customer_id,ordered_at,amount", *rows, ""]), encoding="utf-8")
    unit(kit, "three", "three.csv")
    settings_file = kit / "params" / "three.yaml"
    settings_file.write_text(settings_file.read_text().replace("30", "auto").replace("60", "auto"))
    result = called("run", "--notebook", NOTEBOOK)
    assert result.exit_code == 2
    assert result.stderr.startswith("three.yaml: ")
    assert not (kit / "reports").exists()


# A disk that is full at any moment ----------------------------------------------------------------


class FullDisk:
    """Lets so many writes reach the disk, and no other."""

    def __init__(self, writes: int) -> None:
        self.left = writes

    def __call__(self, _handle: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused(out: Path) -> bool:
    """Whether the disk refused a report and the index that shows it."""
    try:
        publish(files(2), out=out, slug="grocer", as_of="2026-10-31")
        index.write_index(out)
    except OSError as error:
        return error.errno == errno.ENOSPC
    return False


def test_a_disk_that_is_full_at_any_write_leaves_whole_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(files(1), out=tmp_path, slug="grocer", as_of="2026-10-31")
    index.write_index(tmp_path)
    record_failure({"failure.json": b"{}"}, out=tmp_path, slug="grocer")
    unit, writes, was_refused = tmp_path / "grocer", -1, True
    while was_refused:
        writes += 1
        monkeypatch.setattr(os, "fsync", FullDisk(writes))
        was_refused = refused(tmp_path)
        monkeypatch.undo()
        pages = [(unit / name).read_bytes() for name in ("2026-10-31/report.html", "latest.html")]
        assert [len(numbers(page)) for page in pages] == [1, 1]
        manifest = newest_manifest(unit)
        assert manifest
        assert numbers(pages[0]) == {str(manifest["number"]).encode()}
        assert (tmp_path / "index.html").read_bytes().rstrip().endswith(b"</html>")
        assert not (tmp_path / ".staging").exists()
    # A report of three files, the stable link and the index can each meet the full disk.
    assert writes >= 5
    assert [numbers(page) for page in pages] == [{b"2"}, {b"2"}]
    assert not (unit / "failure.json").exists()
