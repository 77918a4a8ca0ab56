"""One run at a time; a reader sees whole pages; a killed run leaves nothing that stays."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publisher import files, hold, numbers, publish_for_ever

from retention.reporting import publishing
from retention.reporting.lock import NAMES, FolderInUse, sole_run, uninterrupted
from retention.reporting.publishing import publish, record_failure, repair

KILLS = 25
_LONGEST_SECONDS = 300

# Forked, so that none of them has to import anything; what they run takes no lock of a thread.
CONTEXT = multiprocessing.get_context("fork")
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@contextlib.contextmanager
def running(target: Callable[..., None], *arguments: Path) -> Iterator[int]:
    """A process of its own, which is killed at the end, as by the system."""
    process = CONTEXT.Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        assert process.pid
        yield process.pid
    finally:
        process.kill()
        process.join()
        process.close()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


# The lock -----------------------------------------------------------------------------------------


def test_a_second_run_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    with sole_run(tmp_path):
        with pytest.raises(FolderInUse) as refusal, sole_run(tmp_path):
            pytest.fail("both hold it")
        assert f"at work here (process {os.getpid()} on " in str(refusal.value)
        assert str(refusal.value).endswith("or with --wait")
    with sole_run(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [NAMES[0]]


def test_a_run_that_waits_says_for_whom_and_begins_after_it(tmp_path: Path) -> None:
    told: list[str] = []
    order: list[str] = []
    waits = threading.Event()

    def tell(line: str) -> None:
        told.append(line)
        waits.set()

    def second() -> None:
        with sole_run(tmp_path, wait=True, tell=tell):
            order.append("second")

    other = threading.Thread(target=second)
    with sole_run(tmp_path):
        other.start()
        assert waits.wait(60)
        order.append("first")
    other.join(60)
    assert order == ["first", "second"]
    assert len(told) == 1
    assert told[0].endswith("waiting for its end")


def test_what_a_dead_run_held_is_free(tmp_path: Path) -> None:
    held = tmp_path / "held"
    with running(hold, tmp_path, held) as process:
        until(held.exists)
        with pytest.raises(FolderInUse, match=rf"\(process {process} on "), sole_run(tmp_path):
            pytest.fail("both hold it")
    assert (tmp_path / NAMES[1]).exists()
    with sole_run(tmp_path):
        pass


def test_a_holder_that_cannot_be_read_is_not_named(tmp_path: Path) -> None:
    with sole_run(tmp_path):
        (tmp_path / NAMES[1]).write_text("{}")
        with pytest.raises(FolderInUse, match=r"at work here; run again"), sole_run(tmp_path):
            pytest.fail("both hold it")


def test_a_signal_is_put_off_until_the_block_is_done() -> None:
    done, before = [], signal.getsignal(signal.SIGINT)

    def work() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("whole")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGINT) is before


def test_outside_the_main_thread_no_signal_arrives() -> None:
    ran = []

    def work() -> None:
        with uninterrupted():
            ran.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [signal.getsignal(signal.SIGINT)]


# Whole pages --------------------------------------------------------------------------------------


def pages(out: Path) -> list[bytes]:
    names = ("2026-10-31/report.html", "latest.html")
    return [(out / "grocer" / name).read_bytes() for name in names]


def test_a_reader_sees_a_whole_report_while_it_is_replaced(tmp_path: Path) -> None:
    """On Linux and macOS; where two renames replace a report, it is gone between them."""
    publish(files(0), out=tmp_path, slug="grocer", as_of="2026-10-31")
    seen: set[bytes] = set()
    with running(publish_for_ever, tmp_path):
        while len(seen) < 8:
            time.sleep(0.001)
            for page in pages(tmp_path):
                found = numbers(page)
                assert len(found) == 1
                seen |= found


def test_a_publisher_killed_at_any_moment_leaves_whole_pages_and_is_followed_by_the_next(
    tmp_path: Path,
) -> None:
    publish(files(0), out=tmp_path, slug="grocer", as_of="2026-10-31")
    for kill in range(KILLS):
        with running(publish_for_ever, tmp_path):
            until((tmp_path / NAMES[1]).exists)
            time.sleep(kill * 0.002)
        assert [len(numbers(page)) for page in pages(tmp_path)] == [1, 1]
        with sole_run(tmp_path):
            repair(tmp_path)
            # What is shown is the newest report, whole, and nothing half-built is left.
            report, latest = pages(tmp_path)
            assert report == latest
            (number,) = numbers(report)
            ledger = (tmp_path / "grocer" / "2026-10-31" / "data" / "ledger.csv").read_bytes()
            assert ledger == b"number\n%s\n" % number
            assert not (tmp_path / ".staging").exists()
    left = {path.name for path in tmp_path.iterdir()}
    assert left - {"index.html"} == {"grocer", NAMES[0]}


# Where folders cannot change places ---------------------------------------------------------------


@pytest.fixture
def two_renames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "exchanged", lambda *_: False)


@pytest.mark.usefixtures("two_renames")
def test_two_renames_replace_a_report_too(tmp_path: Path) -> None:
    for number in (1, 2):
        publish(files(number), out=tmp_path, slug="grocer", as_of="2026-10-31")
    assert [numbers(page) for page in pages(tmp_path)] == [{b"2"}, {b"2"}]
    assert [path.name for path in tmp_path.iterdir()] == ["grocer"]


@pytest.mark.usefixtures("two_renames")
def test_what_stops_between_two_renames_brings_the_report_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(files(1), out=tmp_path, slug="grocer", as_of="2026-10-31")
    rename = Path.rename

    def stopped(path: Path, target: Path) -> Path:
        if path.parts[-3] == "new":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        publish(files(2), out=tmp_path, slug="grocer", as_of="2026-10-31")
    assert [numbers(page) for page in pages(tmp_path)] == [{b"1"}, {b"1"}]


def test_repair_brings_back_what_was_taken_away(tmp_path: Path) -> None:
    publish(files(1), out=tmp_path, slug="grocer", as_of="2026-10-31")
    retired = tmp_path / ".staging" / "0a1b2c3d" / "old" / "grocer" / "2026-10-31"
    retired.parent.mkdir(parents=True)
    (tmp_path / "grocer" / "2026-10-31").rename(retired)
    repair(tmp_path)
    assert [numbers(page) for page in pages(tmp_path)] == [{b"1"}, {b"1"}]
    assert not (tmp_path / ".staging").exists()


def test_repair_forgets_a_failure_that_another_report_has_mended(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    publish(files(1), out=tmp_path, slug="grocer", as_of="2026-10-31")
    here = publishing.checksum_of_newest(tmp_path / "grocer")
    for seen, stays in ((None, False), ("0" * 64, False), (here, True)):
        failure = json.dumps({"last_good": seen}).encode()
        record_failure({"failure.json": failure}, out=tmp_path, slug="grocer")
        repair(tmp_path)
        assert (tmp_path / "grocer" / "failure.json").exists() is stays
