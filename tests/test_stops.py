"""Which signal ended a command, also where nothing heard it when it came."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retention import cli, stops

LOST = """
import contextlib, signal
from retention import stops

stops.heed()
with contextlib.suppress(KeyboardInterrupt):
    signal.raise_signal(signal.{name})
try:
    stops.check()
except KeyboardInterrupt as interrupt:
    print(stops.signal_of(interrupt).name, stops.signal_of(KeyboardInterrupt()).name)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_is_heard_and_keeps_its_name(name: str) -> None:
    command = [sys.executable, "-c", LOST.format(name=name)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.stdout.split() == [name, name], told.stderr


def test_nothing_is_heard_where_nothing_came() -> None:
    stops.check()


ENDLESS = """
import os, signal, threading, time
from retention import sources, stops

def strike():
    began = time.process_time()
    while time.process_time() < began + 0.4:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.{name})

stops.heed()
engine = sources.engine("UTC")
engine.raw_sql("SET threads = 2")
engine.raw_sql("SET enable_progress_bar = false")
query = "SELECT sum(sin(a.range * b.range)) FROM range(1000000) a, range(20000) b"
threading.Thread(target=strike, daemon=True).start()
try:
    with stops.told_apart():
        engine.raw_sql(query).fetchall()
except KeyboardInterrupt as interrupt:
    print(stops.signal_of(interrupt).name, flush=True)
os._exit(0)
"""

# What comes again comes once the program has told its line, however slow the machine is.
TOLD = """
import _thread, signal, sys
from retention import stops

told = _thread.allocate_lock()
told.acquire()
stops.time.sleep = lambda _: told.acquire()

def tell(line):
    print(line, flush=True)
    told.release()
    while True:
        signal.sigtimedwait([], 0.01)
"""

IMPORTING = (
    TOLD
    + """
class Client:
    def find_spec(self, *_):
        signal.raise_signal(signal.{name})

    def interrupt(self):
        pass

client = Client()
stops.heed()
stops.interrupts(client)
sys.meta_path.insert(0, client)
try:
    try:
        import a_module_that_an_engine_may_use
    except ImportError:
        sys.meta_path.pop(0)
        tell("heard later")
except KeyboardInterrupt as interrupt:
    print(stops.signal_of(interrupt).name, flush=True)
"""
)


def printed(program: str) -> list[str]:
    """What a process prints; one that hears nothing is killed."""
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return told.stdout.splitlines()


def test_a_signal_ends_a_query_that_would_not_end() -> None:
    assert printed(ENDLESS.format(name="SIGTERM")) == ["SIGTERM"]


def test_a_signal_while_something_is_imported_waits_for_its_end() -> None:
    assert printed(IMPORTING.format(name="SIGTERM")) == ["heard later", "SIGTERM"]


JOB = """
import signal
from retention import stops

class Client:
    def interrupt(self):
        pass

client = Client()
stops.heed()
stops.interrupts(client)
try:
    signal.raise_signal(signal.SIGTERM)
    signal.sigtimedwait([], 5)
    print("went on", flush=True)
except KeyboardInterrupt as interrupt:
    print(stops.signal_of(interrupt).name, flush=True)
"""


def test_a_job_that_runs_while_it_is_imported_hears_signals(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(JOB)
    command = [sys.executable, "-c", "import job"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert told.stdout.split() == ["SIGTERM"], told.stderr


DONE = """
import atexit, signal, sys
from retention import cli

cli.app = lambda: sys.exit(3)
atexit.register(signal.raise_signal, signal.{name})
cli.main()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_after_a_command_is_done_changes_nothing(name: str) -> None:
    command = [sys.executable, "-c", DONE.format(name=name)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert (told.returncode, told.stdout, told.stderr) == (3, "", "")


TIDYING = (
    TOLD
    + """
class Opened:
    def __del__(self):
        signal.raise_signal(signal.{name})

stops.heed()
try:
    Opened()
    tell("lost")
except KeyboardInterrupt as interrupt:
    print(stops.signal_of(interrupt).name, flush=True)
"""
)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_while_an_object_is_tidied_up_comes_again(name: str) -> None:
    command = [sys.executable, "-c", TIDYING.format(name=name)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (told.stdout.split(), told.stderr) == (["lost", name], "")


def test_what_else_an_object_does_wrong_is_told() -> None:
    program = (
        "from retention import stops; stops.heed(); type('A', (), {'__del__': lambda _: 1/0})()"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "ZeroDivisionError" in told.stderr


@pytest.mark.parametrize("ended", [SystemExit(130), KeyboardInterrupt()])
def test_a_command_that_has_not_begun_its_work_ends_by_its_signal_too(
    ended: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def app() -> None:
        raise ended

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr(stops, "heed", lambda: None)
    for told, code in ([signal.SIGTERM], 143), ([], 130):
        monkeypatch.setattr(stops, "_told", told)
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == code
