"""How far a long reading is: on a terminal, in a log, and when it is stopped."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_notebook import orders, unit, written
from rich.console import Console
from test_cli import NOTEBOOK, called

from retention import connections, engines, how_far, sources
from retention.reporting import waiting
from retention.reporting.progress import Watch

SETTING = "SELECT current_setting('enable_progress_bar{}')"
ENDLESS = """
from retention import sources, stops
from retention.reporting.progress import Watch

stops.heed()
try:
    with stops.told_apart(), Watch() as watch:
        watch.wait_for("reading orders.parquet")
        engine = sources.engine("UTC")
        query = "SELECT sum(sin(a.range * b.range)) FROM range(1000000) a, range(20000) b"
        engine.raw_sql(query).fetchall()
except KeyboardInterrupt as interrupt:
    raise SystemExit(128 + stops.signal_of(interrupt))
"""


@contextlib.contextmanager
def on_a_terminal(program: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process whose stderr is a terminal, and the other end of that."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen([sys.executable, "-c", program], stderr=theirs, env=environment)
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read(terminal: int, until: bytes = b"\0") -> bytes:
    """What is shown, to its end or until something is."""
    shown = b""
    # Linux makes an error of the end of a terminal.
    with contextlib.suppress(OSError):
        while until not in shown and (more := os.read(terminal, 4096)):
            shown += more
    return shown


def test_a_signal_ends_the_query_and_the_line_is_gone() -> None:
    with on_a_terminal(ENDLESS) as (process, terminal):
        shown = read(terminal, b" %")
        assert b"Reading orders.parquet" in shown
        process.send_signal(signal.SIGINT)
        last = read(terminal)
        process.wait(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    # The cursor is there again, and nothing stands in the line.
    assert last.endswith(b"\x1b[?25h\r\x1b[1A\x1b[2K")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([3, 40, 41.9, 99.7, 100], [(0, None), (1, 40), (1, 41), (1, 99), (1, 100)]),
        ([3, 40, 2, 1, 0, 30], [(0, None), (1, 40), (1, None), (1, None), (1, None), (2, 30)]),
        ([None, 50, None, 50, None], [(0, None), (0, None), (0, None), (1, 50), (1, None)]),
    ],
)
def test_per_cent_never_fall_within_a_step(
    asked: list[float | None], told: list[tuple[int, int | None]]
) -> None:
    steps = waiting.Steps()
    assert [steps.at(1.0 * second, share) for second, share in enumerate(asked)] == told


class Said(io.StringIO):
    """What is written, and whether something was."""

    def __init__(self, awaited: str) -> None:
        super().__init__()
        self.awaited, self.there = awaited, threading.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        if self.awaited in self.getvalue():
            self.there.set()
        return count


def followers() -> list[threading.Thread]:
    """The threads that follow how far something is; Rich has others, which it does not wait for."""
    return [thread for thread in threading.enumerate() if thread.name == waiting.THREAD]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "LINE_SECONDS", "SHORT_SECONDS"):
        monkeypatch.setattr(waiting, name, 0.01)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("shares", "known"), [([43.2], ", 43 %"), ([None], ""), ([90, 90, 90, 10, 10, 10], ", step 2")]
)
def test_a_log_has_a_line_now_and_then(
    shares: list[float | None], known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(how_far, "per_cent", itertools.cycle(shares).__next__)
    said = Said(f"reading orders.csv{known}")
    with Watch(console=Console(file=said, width=40)) as watch:
        watch.wait_for("reading orders.csv")
        assert said.there.wait(60)
    for line in said.getvalue().splitlines():
        words = r"reading orders.csv(, step \d+)?(, \d+ %)? after \d+ s"
        assert re.fullmatch(rf"[-\d]+T[:\d]+Z {words}", line)


@pytest.mark.usefixtures("hasty")
def test_a_terminal_says_what_is_waited_for_and_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(how_far, "per_cent", lambda: 97.6)
    said = Said("97 %")
    console = Console(file=said, width=100, force_terminal=True, color_system=None)
    with Watch(console=console) as watch:
        watch.wait_for("reading orders.csv")
        watch.wait_for("counting shop")
        assert said.there.wait(60)
        watch.expect(2)
    assert "Counting shop" in said.getvalue()
    assert re.search("Reports .* 0/2", said.getvalue())


@pytest.mark.parametrize("how", [{"quiet": True}, {"json_in": Path()}])
def test_who_wants_to_hear_nothing_hears_nothing(how: dict[str, Any]) -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    with Watch(console=console, **how) as watch:
        watch.wait_for("reading orders.csv")
        assert not followers()


@pytest.mark.parametrize("terminal", [True, False])
def test_no_thread_is_left_whatever_happens(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal)
    with contextlib.suppress(KeyboardInterrupt), Watch(console=console) as watch:
        watch.wait_for("reading orders.csv")
        watch.wait_for("counting shop")
        assert len(followers()) == 1
        raise KeyboardInterrupt
    assert not followers()
    assert terminal or console.file.getvalue() == ""  # type: ignore[attr-defined]


def test_an_engine_tells_how_far_it_is_only_where_somebody_asks() -> None:
    def settings() -> list[bool]:
        engine = sources.engine("UTC")
        told = [engine.raw_sql(SETTING.format(of)).fetchone()[0] for of in ("", "_print")]
        engines.close(engine)
        return told

    before = settings()
    with how_far.asked():
        assert settings() == [True, False]
    assert settings() == before


def test_an_engine_that_was_closed_is_not_asked() -> None:
    with how_far.asked():
        engine = sources.engine("UTC")
        engine.con.close()
        assert how_far.per_cent() is None
        engines.close(engine)
    assert how_far.per_cent() is None


@pytest.mark.parametrize("command", ["check", "why", "run"])
def test_a_command_says_what_it_waits_for(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Watch, "wait_for", lambda _, what: said.append(what))
    written(tmp_path)
    for slug in ("north", "south"):
        unit(tmp_path, slug)
    orders(tmp_path)
    # Refused, so that a run ends before its kernels.
    monkeypatch.setattr(connections, "TRIES", 1)
    server = "postgresql://reader@127.0.0.1:1/shop"
    (tmp_path / "params" / "west.yaml").write_text(f"unit: West\nsource: {server}\ntable: x\n")
    assert called(command, "--notebook", NOTEBOOK).exit_code == 2
    assert said == [
        "reading orders.csv for 2 units",
        "counting north (1 of 3)",
        "counting south (2 of 3)",
        f"reading {server} for west (3 of 3)",
    ]
