"""Engines started for the tests, and stopped whatever happens in them.

Where one cannot be started its tests are skipped with the reason; RETENTION_ENGINES=required makes
a failure of it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

_LONGEST_SECONDS = 300
_LISTENS = re.compile(r"Spark Connect server started at: \S+:(\d+)\n")


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database on a server of its own, which listens on a socket alone."""
    found = shutil.which("pg_ctl") or max(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), default=None
    )
    if found is None:
        missing("no PostgreSQL server is installed (pg_ctl)")
    programs = Path(found).resolve().parent
    # The server refuses to run as root, and its user must reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="retention-"))
    user: list[str] = []
    if os.geteuid() == 0:
        user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    # The strictest order of texts there is: another than that of their bytes.
    locale = ["--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"]
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"

    def run(program: str, *arguments: str) -> None:
        # Files, not pipes: the server inherits them, and a pipe would wait for it to end.
        with (folder / f"{program}.txt").open("w") as log:
            command = [*user, str(programs / program), "-D", str(folder / "data"), *arguments]
            done = subprocess.run(
                command, cwd=folder, stdout=log, stderr=log, timeout=_LONGEST_SECONDS
            )
        assert done.returncode == 0, (folder / f"{program}.txt").read_text()

    try:
        run("initdb", "-U", "kit", "-A", "trust", "-E", "UTF8", "--no-sync", *locale)
        run("pg_ctl", "start", "-w", "-o", options)
        try:
            yield f"postgresql://kit@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def spark() -> str:
    """The URL of a Spark of one processor, which starts when it is connected to.

    As little as there is to start: no page about itself, no plans that are revised on the way, one
    partition, and no compiler that makes fast what runs once.
    """
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        missing("no Java is installed, which Spark runs on")
    options = {
        "spark.master": "local[1]",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        # By default a folder where the command is called.
        "spark.sql.warehouse.dir": str(Path(tempfile.gettempdir(), "retention-warehouse")),
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }
    return f"pyspark://?{urlencode(options)}"


@contextmanager
def spark_connect() -> Iterator[str]:
    """The URL of a server of Spark Connect, in a process of its own."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        missing("no Java is installed, which Spark runs on")
    import pyspark

    folder = Path(tempfile.mkdtemp(prefix="retention-"))
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += ["--master", "local[1]", "--driver-java-options", "-XX:TieredStopAtLevel=1"]
    options = {
        # It takes one that is free, and its log tells which.
        "spark.connect.grpc.binding.port": 0,
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": 1,
        "spark.sql.adaptive.enabled": "false",
    }
    for name, value in options.items():
        command += ["--conf", f"{name}={value}"]
    log = folder / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "spark-internal"],
            cwd=folder,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not (told := _LISTENS.search(log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield f"sc://127.0.0.1:{told[1]}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder)


def missing(reason: str) -> None:
    """Skip what needs an engine, or fail where all engines are required."""
    if os.environ.get("RETENTION_ENGINES") == "required":
        pytest.fail(f"RETENTION_ENGINES=required, but {reason}")
    pytest.skip(reason)
