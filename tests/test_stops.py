"""Which signal ended a command, also where an engine was at work."""

from __future__ import annotations

import subprocess
import sys

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


def test_a_signal_keeps_its_name_where_an_engine_was_at_work() -> None:
    for name in ("SIGTERM", "SIGINT"):
        command = [sys.executable, "-c", AT_WORK.format(name=name)]
        told = subprocess.run(command, capture_output=True, text=True)
        assert told.stdout.strip() == name, told.stderr
