"""Which signal ended a command, also where nothing heard it when it came."""

from __future__ import annotations

import subprocess
import sys

import pytest

from retention import stops

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
