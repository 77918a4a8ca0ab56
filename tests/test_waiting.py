"""How far a long reading is: on a terminal, in a log, and when it is stopped."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
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

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
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
        process.wait(timeout=300)
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


def console(said: io.StringIO, **how: Any) -> Console:
    """A terminal without colours, all of which is in `said`."""
    return Console(file=said, width=100, force_terminal=True, color_system=None, **how)


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
    with Watch(console=console(said)) as watch:
        watch.wait_for("reading orders.csv")
        watch.wait_for("counting shop")
        assert said.there.wait(60)
        watch.expect(2)
    assert "Counting shop" in said.getvalue()
    assert re.search("Reports .* 0/2", said.getvalue())


@pytest.mark.parametrize("how", [{"quiet": True}, {"json_in": Path()}])
def test_who_wants_to_hear_nothing_hears_nothing(how: dict[str, Any]) -> None:
    with Watch(console=console(io.StringIO()), **how) as watch:
        watch.wait_for("reading orders.csv")
        assert not followers()


@pytest.mark.parametrize("terminal", [True, False])
def test_no_thread_is_left_whatever_happens(terminal: bool) -> None:
    said = io.StringIO()
    shown_on = Console(file=said, force_terminal=terminal)
    with contextlib.suppress(KeyboardInterrupt), Watch(console=shown_on) as watch:
        watch.wait_for("reading orders.csv")
        watch.wait_for("counting shop")
        assert len(followers()) == 1
        raise KeyboardInterrupt
    assert not followers()
    assert terminal or said.getvalue() == ""


def settings() -> list[bool]:
    """Whether an engine that is opened now follows how far it is, and draws a bar of its own."""
    engine = sources.engine("UTC")
    told = [engine.raw_sql(SETTING.format(of)).fetchone()[0] for of in ("", "_print")]
    engines.close(engine)
    return told


@pytest.mark.parametrize("early", [(how_far, "ask"), (Watch, "_show")])
def test_a_signal_before_anything_is_followed_leaves_nothing(
    early: tuple[object, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before, listening = settings(), list(logging.getLogger("retention").handlers)
    monkeypatch.setattr(*early, interrupted)
    said = io.StringIO()
    with pytest.raises(KeyboardInterrupt), Watch(console=console(said)) as watch:
        watch.wait_for("reading orders.csv")
    assert said.getvalue().rindex(SHOW_CURSOR) > said.getvalue().rindex(HIDE_CURSOR)
    assert logging.getLogger("retention").handlers == listening
    assert settings() == before


@pytest.mark.usefixtures("hasty")
def test_the_clock_of_a_terminal_is_that_of_each_thing_and_goes_on_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(how_far, "per_cent", lambda: 100.0)
    now = 0.0
    said = Said("99 %")

    def shows(seconds: float, words: str) -> None:
        nonlocal now
        said.awaited, now = words, now + seconds
        said.there.clear()
        assert said.there.wait(60), words

    with Watch(console=console(said, get_time=lambda: now)) as watch:
        watch.wait_for("reading orders.csv")
        assert said.there.wait(60)
        shows(75, "0:01:15")
        watch.wait_for("counting shop")
        shows(7, "0:00:07")
        watch.expect(2)
        shows(3, "0:00:03")


def test_an_engine_tells_how_far_it_is_only_where_somebody_asks() -> None:
    before = settings()
    with waiting.Waiting("reading orders.csv"):
        assert settings() == [True, False]
    assert settings() == before


def test_an_engine_comes_to_those_asked_while_none_is_asked() -> None:
    class Engine:
        def __init__(self) -> None:
            self.locked: list[bool] = []

        def execute(self, _: str) -> None:
            """Take what is set."""

        def __hash__(self) -> int:
            self.locked.append(how_far._lock.locked())
            return id(self)

    engine = Engine()
    with waiting.Waiting("reading orders.csv"):
        how_far.tells(engine)
        how_far.ends(engine)
    assert engine.locked
    assert all(engine.locked)


def test_an_engine_that_was_closed_is_not_asked() -> None:
    with waiting.Waiting("reading orders.csv"):
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
    # Settings refuse what is plainly a password; this is an option like Spark's.
    server = "postgresql://127.0.0.1:1/shop?user=reader&fs.secret.key="
    west = f"unit: West\nsource: {server}hunter2\ntable: x\n"
    (tmp_path / "params" / "west.yaml").write_text(west)
    result = called(command, "--notebook", NOTEBOOK)
    assert result.exit_code == 2
    assert f"source {server}***: cannot connect" in result.stderr
    assert "hunter2" not in result.output
    assert said == [
        "reading orders.csv for 2 units",
        "counting north (1 of 3)",
        "counting south (2 of 3)",
        f"reading {server}*** for west (3 of 3)",
    ]


def test_the_choice_of_an_audience_says_what_it_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Watch, "wait_for", lambda _, what: said.append(what))
    unit(tmp_path, "north")
    orders(tmp_path)
    (tmp_path / "audiences").mkdir()
    result = called("audience", "north", "one-time-buyers", "--out", "audiences/a.csv")
    assert result.exit_code == 0, result.output
    assert said == ["reading orders.csv", "choosing one-time-buyers of north"]
