"""A database that refuses the connection, or breaks it off in mid-query: asked again, explained."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psycopg
import pytest
import yaml
from fault_notebook import written
from orders import DAYS, ORDERS, days, opened, refused
from test_cli import NOTEBOOK, called
from whole import assert_whole

from retention import connections
from retention.reporting import manifest


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[psycopg.Connection]:
    """The orders in a table `kept`, and the switch of a view that sleeps where it is on."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA faults; SET search_path TO faults")
        connection.execute("CREATE TABLE kept (customer_id text, ordered_at date, amount numeric)")
        connection.cursor().executemany("INSERT INTO kept VALUES (%s, %s, %s)", ORDERS)
        connection.execute("CREATE TABLE switch AS SELECT 0 AS seconds")
        connection.execute(
            "CREATE VIEW sleepy AS SELECT kept.* FROM kept, "
            "(SELECT pg_sleep(seconds) FROM switch OFFSET 0) AS slept"
        )
        yield connection
        connection.execute("DROP SCHEMA faults CASCADE")


class Waits(logging.Handler):
    """What the kit logs of its waits; `then` happens at the first of them."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._then = then

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        if len(self.lines) == 1:
            self._then()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], object]], Waits]]:
    """Short waits, which are heard."""
    monkeypatch.setattr(connections, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(connections, "_in_vain", set())
    log, heard = logging.getLogger("retention.connections"), []

    def hear(then: Callable[[], object]) -> Waits:
        heard.append(Waits(then))
        log.addHandler(heard[-1])
        return heard[-1]

    yield hear
    for each in heard:
        log.removeHandler(each)


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Path:
    """A unit whose data the view gives; the folder of the server stands in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KIT_SOCKET", postgres_url.partition("host=")[2])
    (tmp_path / "params").mkdir()
    given = {"unit": "Read", "source": "postgresql://kit@/postgres?host=${KIT_SOCKET}"}
    given |= {"table": "faults.sleepy", "as_of": "2024-03-31"}
    given |= {"inactive_after": 30, "lost_after": 60}
    (tmp_path / "params" / "read.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
    return tmp_path


def socket(url: str) -> Path:
    return Path(url.partition("host=")[2]) / ".s.PGSQL.5432"


@pytest.mark.usefixtures("database")
def test_a_server_that_comes_up_late_is_waited_for(
    tmp_path: Path, postgres_url: str, waits: Callable[..., Waits]
) -> None:
    # Beside the server's own socket: the path of one may not be long.
    place = socket(postgres_url).parent / "late"
    place.mkdir()
    source = f"postgresql://kit@/postgres?host={place}"
    heard = waits(lambda: (place / socket(postgres_url).name).symlink_to(socket(postgres_url)))
    unit = opened(tmp_path, source, table="faults.kept")
    assert days(unit) == DAYS
    unit.source.backend.disconnect()
    assert heard.lines == [
        f"source {source}: cannot connect (nothing answers there); try 2 of 5 in 0.01 s"
    ]


def test_a_server_that_is_full_is_asked_again(
    tmp_path: Path, postgres_url: str, database: psycopg.Connection, waits: Callable[..., Waits]
) -> None:
    database.execute("CREATE ROLE crowded LOGIN SUPERUSER")
    database.execute("ALTER ROLE crowded NOSUPERUSER CONNECTION LIMIT 0")
    database.execute("GRANT USAGE ON SCHEMA faults TO crowded; GRANT SELECT ON kept TO crowded")
    heard = waits(lambda: database.execute("ALTER ROLE crowded CONNECTION LIMIT 1"))
    unit = opened(tmp_path, postgres_url.replace("kit@", "crowded@"), table="faults.kept")
    assert days(unit) == DAYS
    unit.source.backend.disconnect()
    assert ["it has too many connections" in line for line in heard.lines] == [True]
    database.execute("DROP OWNED BY crowded; DROP ROLE crowded")


def test_a_server_that_refuses_for_good_is_told_after_waits_that_grow(
    tmp_path: Path, waits: Callable[..., Waits]
) -> None:
    heard = waits(lambda: None)
    source = "postgresql://kit@/postgres?host=/no/such/folder"
    for _ in range(2):  # the second unit of a batch does not wait again
        assert "cannot connect (nothing answers there); check" in refused(
            tmp_path, source, table="kept"
        )
    ends = [f"try {n} of 5 in {s} s" for n, s in ((2, 0.01), (3, 0.02), (4, 0.04), (5, 0.08))]
    assert [line.partition("; ")[2] for line in heard.lines] == ends


@pytest.mark.parametrize(
    ("option", "line"), [((), r"\d{4}-.*Z %s"), (("--log-json",), r'{"event": "note", .*"%s"}')]
)
def test_each_wait_is_said_in_the_log(
    kit: Path, waits: Callable[..., Waits], option: tuple[str, ...], line: str
) -> None:
    heard = waits(lambda: None)
    path = kit / "params" / "read.yaml"
    path.write_text(path.read_text().replace("${KIT_SOCKET}", "/no/such/folder"))
    result = called("run", "--notebook", written(kit), *option)
    assert result.exit_code == 2
    told = result.stderr.splitlines()
    assert len(told) == 5
    assert all(re.fullmatch(line % re.escape(heard.lines[n]), told[n]) for n in range(4))
    assert "read.yaml: source postgresql://" in told[4]


def test_what_a_second_try_cannot_mend_is_told_at_once(
    tmp_path: Path, postgres_url: str, waits: Callable[..., Waits]
) -> None:
    heard = waits(lambda: None)
    for source in (
        postgres_url.replace("kit@", "nobody@"),
        postgres_url.replace("/postgres?", "/nothing?"),
        "postgresql://kit@localhost:port/postgres",
    ):
        assert "cannot connect (" in refused(tmp_path, source, table="kept")
    assert heard.lines == []


def terminated(url: str, ended: threading.Event) -> int:
    """End the first server process that is seen to sleep, from beside; how many were ended."""
    found = "FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    with psycopg.connect(url, autocommit=True) as beside:
        while not ended.wait(0.05):
            killed = beside.execute(f"SELECT pg_terminate_backend(pid) {found}").fetchall()
            if killed:
                return len(killed)
    return 0


SLEEPS = """\
import psycopg
database = psycopg.connect(f"postgresql://kit@/postgres?host={os.environ['KIT_SOCKET']}")
database.execute("UPDATE faults.switch SET seconds = 600")
database.commit()"""
IN_A_FIGURE = "open_unit(settings(unit)).source.backend.con.execute('SELECT pg_sleep(600)')"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (SLEEPS, "read.yaml: the database gave up while it was read (terminating connection due"),
        (IN_A_FIGURE, "database gave up (terminating connection due to administrator command)"),
    ],
)
def test_a_database_that_breaks_off_in_mid_query_leaves_the_last_good_report(
    kit: Path, postgres_url: str, database: psycopg.Connection, source: str, words: str
) -> None:
    path = written(kit)
    assert called("run", "--notebook", NOTEBOOK).exit_code == 0
    before = (kit / "reports" / "read" / "2024-03-31" / "report.html").read_bytes()
    # From the kernel on, when the check of the batch has passed, the server is slow to answer.
    node = nbformat.read(path, as_version=4)
    node.cells[4].source = source
    nbformat.write(node, path)
    ended, killed = threading.Event(), []
    beside = threading.Thread(target=lambda: killed.append(terminated(postgres_url, ended)))
    beside.start()
    result = called("run", "--notebook", NOTEBOOK)
    ended.set()
    beside.join()
    database.execute("UPDATE faults.switch SET seconds = 0")
    assert killed == [1]
    assert result.exit_code == 3
    record = manifest.read(kit / "reports" / "read" / "failure.json")
    assert record
    assert record["status"] == "data_refused"
    assert words in record["message"]
    assert (kit / "reports" / "read" / "2024-03-31" / "report.html").read_bytes() == before
    assert_whole(kit / "reports")
