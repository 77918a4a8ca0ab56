"""Fixtures for all tests: the engines, the real data, and how Hypothesis looks for examples."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import companies
import duckdb
import histories
import hypothesis
import ibis
import pytest
import servers
import workers
from filelock import FileLock
from ibis.backends import BaseBackend

# Runs are a function of the code: the same examples everywhere. HYPOTHESIS_PROFILE=explore looks
# for new ones.
hypothesis.settings.register_profile(
    "ci", derandomize=True, database=None, deadline=None, max_examples=50, print_blob=True
)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Ibis makes objects by the million, which the collector would look through again and again: a tenth
# of the time of all tests.
gc.set_threshold(200_000, 20, 20)

# What a terminal can is for the tests to say, and not for whatever they are run in.
os.environ["TERM"] = "xterm"
for _name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)

# A shell starts what runs in its background deaf to Ctrl-C, and so would be the runs under test.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> workers.ByFile | None:
    """Files stay together (--dist loadfile), as workers.py says."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return workers.ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: workers.place(item.nodeid))


ENGINES = {"duckdb": lambda: ibis.duckdb.connect()}
"""How to open each engine on which the analysis is proved."""


@pytest.fixture(scope="session", params=sorted(ENGINES))
def backend(request: pytest.FixtureRequest) -> Iterator[BaseBackend]:
    """One engine, open for the session; what uses it is run once on each."""
    engine = ENGINES[request.param]()
    yield engine
    engine.disconnect()


@pytest.fixture(scope="session")
def kit(backend: BaseBackend) -> histories.Kit:
    """The kit on one engine: `kit(days, as_of=...)`, `kit.drawn({"ann": "$..$"})`."""
    return histories.Kit(backend)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL database on a server of the tests' own."""
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def spark_url() -> str:
    """The URL of a Spark in the process of the tests."""
    return servers.spark()


@pytest.fixture(scope="session")
def real_data() -> Iterator[Path]:
    """The folder with online_retail_ii.parquet, where the environment names one."""
    named = os.environ.get("RETENTION_REAL_DATA")
    if not named:
        pytest.skip("RETENTION_REAL_DATA names no folder with online_retail_ii.parquet")
    folder = Path(named).resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETENTION_REAL_DATA", str(folder))
        yield folder


@pytest.fixture(scope="module")
def rows(real_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, with the published rows as `retail`."""
    with duckdb.connect() as connection:
        connection.read_parquet(str(real_data / "online_retail_ii.parquet")).create("retail")
        yield connection


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The reports folder of a small company; tests that run side by side share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "company"
    with FileLock(f"{folder}.lock"):
        found = folder / "reports"
        return found if (found / "index.html").exists() else companies.write_reports(folder)
