"""Which signal ended a command, also where an engine was at work."""

from __future__ import annotations

import subprocess
import sys

import pytest

from retention import stops

AT_WORK = """
import os, signal, threading
import duckdb
from retention import stops
from retention.files import interruptible

stops.heed()
threading.Timer(0.2, os.kill, (os.getpid(), signal.{name})).start()
try:
    with interruptible():
        many = "range(1000000)"
        duckdb.execute(f"SELECT sum(sin(a.range * b.range)) FROM {{many}} a, {{many}} b")
except KeyboardInterrupt as interrupt:
    print(stops.signal_of(interrupt).name)
"""

LOST = """
import contextlib, signal
from retention import stops

stops.heed()
with contextlib.suppress(KeyboardInterrupt):
    signal.raise_signal(signal.{name})
try:
    stops.check()
except KeyboardInterrupt as interrupt:
    print(stops.signal_of(interrupt).name)
"""


@pytest.mark.parametrize("script", [AT_WORK, LOST], ids=["at work", "lost"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_is_heard_and_keeps_its_name(script: str, name: str) -> None:
    command = [sys.executable, "-c", script.format(name=name)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.stdout.strip() == name, told.stderr


def test_nothing_is_heard_where_nothing_came() -> None:
    stops.check()
