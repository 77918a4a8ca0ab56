"""When a cluster is given up: after it was seen without a worker for as long as that may last."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from fault_notebook import orders, unit, written

from retention.errors import SettingsRefused
from retention.reporting import cluster as clusters
from retention.reporting import workers
from retention.reporting.cluster import PATIENCE_SECONDS, Cluster
from retention.reporting.limits import Limits
from retention.reporting.statuses import Status
from retention.reporting.work import Attempt, Task


class Clock:
    """In the place of `time`: it goes on while somebody sleeps, and when it is told."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Client:
    """A client of Dask; `looks`: the workers that its scheduler has, look by look, then none."""

    status = "running"
    address = "tcp://here:1"

    def __init__(self, *looks: dict[str, int]) -> None:
        self.scheduler = self.ncores = self
        self.looks = list(looks)
        self.futures: list[Future[Attempt]] = []
        self.looked: Callable[[], object] = lambda: None

    def get_executor(self, *, pure: bool) -> Client:
        assert not pure
        return self

    def submit(self, *_task: object) -> Future[Attempt]:
        self.futures.append(Future())
        return self.futures[-1]

    def shutdown(self, *, wait: bool) -> None:
        assert not wait

    def run(self, *_check: object, on_error: str) -> dict[str, list[str]]:
        assert on_error == "return"
        return {}

    def sync(self, *_ncores: object, callback_timeout: float) -> dict[str, int]:
        assert callback_timeout
        self.looked()
        return self.looks.pop(0) if self.looks else {}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clusters, "time", made)
    monkeypatch.setattr(workers, "_LOOK_SECONDS", 0.01)
    return made


@pytest.fixture
def task(tmp_path: Path) -> Task:
    (tmp_path / "params").mkdir()
    orders(tmp_path)
    text = written(tmp_path).read_text(encoding="utf-8")
    return Task(unit(tmp_path, "good"), text, tmp_path, Limits(), 600_000)


def cluster(client: Any) -> Cluster:
    return Cluster(client)


def test_workers_that_start_late_are_waited_for(clock: Clock) -> None:
    client = Client({}, {}, {"tcp://late:1": 1})
    found = cluster(client)
    clock.now += 10 * PATIENCE_SECONDS
    found.check([], [])
    assert client.looks == []


def test_each_check_has_its_own_patience(clock: Clock) -> None:
    client = Client()
    found = cluster(client)
    with pytest.raises(SettingsRefused, match="has had no worker for 60 seconds"):
        found.check([], [])
    client.looks = [{}, {}, {"tcp://late:1": 1}]
    found.check([], [])
    assert clock.now > PATIENCE_SECONDS


def test_a_look_that_finds_nobody_gives_up_nothing(clock: Clock, task: Task) -> None:
    client = Client()
    found = cluster(client)
    clock.now += 10 * PATIENCE_SECONDS  # in which the units before were drawn up
    client.looked = lambda: client.futures[0].done() or client.futures[0].set_result(made)
    made = workers.failed(task, "made")
    assert list(workers.attempts([task], found)) == [(task, made)]


def test_for_how_long_a_check_waited_is_not_held_against_its_workers(
    clock: Clock, task: Task
) -> None:
    client = Client({}, {}, {"tcp://late:1": 1})
    found = cluster(client)
    found.check([], [])
    clock.now += 10 * PATIENCE_SECONDS  # in which they looked at the data
    client.looked = lambda: client.futures[0].done() or client.futures[0].set_result(made)
    made = workers.failed(task, "made")
    assert list(workers.attempts([task], found)) == [(task, made)]


def test_where_nobody_comes_the_rest_is_given_up(clock: Clock, task: Task) -> None:
    client = Client()
    client.looked = lambda: clock.sleep(PATIENCE_SECONDS / 2)
    ((_, attempt),) = workers.attempts([task], cluster(client))
    assert attempt.outcome.status is Status.WORKER_FAILED
    assert "has had no worker for 60 seconds" in attempt.outcome.message


def test_workers_are_looked_for_while_units_end_too(clock: Clock, task: Task) -> None:
    client = Client({}, {"tcp://back:1": 1})
    made = workers.failed(task, "made")

    def looked() -> None:
        first, second = client.futures
        if not first.done():
            first.set_result(made)
        elif not client.looks:
            second.set_result(made)

    client.looked = looked
    found = []
    for _, attempt in workers.attempts([task, task], cluster(client)):
        found.append(attempt)
        clock.now += 10 * PATIENCE_SECONDS  # in which its report is published
        client.looks = []
    assert found == [made, made]
