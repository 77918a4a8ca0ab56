"""A disk that is full at any write of publishing, and one that may only be read: really mounted."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fault_notebook import orders, unit, written
from started import executed
from test_cli import NOTEBOOK, called
from test_killed_runs import numbered
from whole import assert_whole

from retention.params import settings
from retention.reporting import runner, work
from retention.reporting.publishing import newest_manifest
from retention.reporting.statuses import Status


def mounted(*arguments: str | Path) -> None:
    subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own for the reports, with room for 400 KB and 400 names."""
    place = tmp_path / "reports"
    place.mkdir()
    try:
        mounted("mount", "-t", "tmpfs", "-o", "size=400k,nr_inodes=400", "tmpfs", place)
    except (OSError, subprocess.CalledProcessError) as error:
        # The right to mount is the machine's to give; nothing that one installs makes up for it.
        pytest.skip(f"no disk may be mounted here: {error}")
    try:
        yield place
    finally:
        mounted("umount", place)


@pytest.fixture
def kit(tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A unit whose notebook the runner itself executes, and a report of it on the disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "execute", executed)
    unit(tmp_path, "grocer")
    orders(tmp_path)
    written(tmp_path, numbered())
    assert ran(tmp_path, 1).results[0].outcome.status is Status.PUBLISHED
    assert_whole(disk)
    return tmp_path


def ran(kit: Path, number: int) -> runner.Batch:
    """Run the unit with another number in its settings, which its report then tells."""
    path = kit / "params" / "grocer.yaml"
    text = path.read_text().partition("periods_shown")[0]
    path.write_text(f"{text}periods_shown: {number}\n")
    return runner.run([settings(path)], runner.Plan(kit / NOTEBOOK, kit / "reports", jobs=1))


def pages_left(disk: Path, pages: int) -> None:
    """Fill the disk until so many pages are free."""
    found = os.statvfs(disk)
    (disk / ".ballast").write_bytes(b"x" * (found.f_bfree - pages) * found.f_frsize)
    assert os.statvfs(disk).f_bfree == pages


def names_left(disk: Path, names: int) -> None:
    """Fill the disk until it can hold so many more files and folders."""
    (disk / ".ballast").mkdir()
    for number in range(os.statvfs(disk).f_ffree - names):
        (disk / ".ballast" / str(number)).touch()
    assert os.statvfs(disk).f_ffree == names


def emptied(disk: Path) -> None:
    mounted("rm", "-rf", disk / ".ballast")


@pytest.mark.parametrize("fill", [pages_left, names_left])
def test_a_disk_that_is_full_at_any_write_costs_no_good_report(
    kit: Path, disk: Path, fill: Callable[[Path, int], None]
) -> None:
    told, seen = 1, set()
    for left in itertools.count():
        number = left + 2
        fill(disk, left)
        batch = ran(kit, number)
        (result,) = batch.results
        assert not (disk / ".staging").exists()
        emptied(disk)
        # What could not be written, an index or the notice on the last good report, is as it was.
        assert_whole(disk, killed=batch.index is None or result.page is None)
        seen.add((result.outcome.status, result.page is not None, batch.index is not None))
        assert result.outcome.status in (Status.PUBLISHED, Status.PUBLISH_FAILED)
        if result.outcome.status is Status.PUBLISHED:
            told = number
        else:
            assert "No space left on device" in result.outcome.message
        newest = newest_manifest(disk / "grocer")
        assert newest
        assert newest["facts"]["number"] == told
        if told == number and batch.index and list((disk / "runs").glob("*.json")):
            break
    failed = Status.PUBLISH_FAILED
    # Full for everything, full for the report but not for the reason, and full for nothing.
    assert {(failed, False, False), (failed, True, True), (Status.PUBLISHED, True, True)} <= seen
    assert ran(kit, 1_000).results[0].outcome.status is Status.PUBLISHED
    assert_whole(disk)


def test_a_disk_that_may_only_be_read_is_named_and_nothing_runs(kit: Path, disk: Path) -> None:
    before = {path: path.read_bytes() for path in disk.rglob("*") if path.is_file()}
    mounted("mount", "-o", "remount,ro", disk)
    try:
        result = called("run", "--notebook", NOTEBOOK)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.strip() == f"{disk / '.lock'}: Read-only file system"
        pruned = called("prune", "--keep", "1", "--delete")
        assert (pruned.exit_code, pruned.stderr) == (2, result.stderr)
        assert called("verify").exit_code == 0
    finally:
        mounted("mount", "-o", "remount,rw", disk)
    assert {path: path.read_bytes() for path in disk.rglob("*") if path.is_file()} == before
    assert ran(kit, 2).results[0].outcome.status is Status.PUBLISHED
    assert_whole(disk)
