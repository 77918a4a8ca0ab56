"""Runs on a Dask cluster: the same reports, and nothing lost where workers are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import psutil
import pytest
from clusters import Workers, cluster, is_kernel, kernels, kill, until
from fault_notebook import orders, unit, written
from test_cli import called

from retention.errors import SettingsRefused
from retention.params import all_settings
from retention.reporting import cluster as clusters
from retention.reporting import manifest
from retention.reporting.cluster import joined
from retention.reporting.delivery import Result
from retention.reporting.limits import Limits
from retention.reporting.notebooks import kit_notebook
from retention.reporting.runner import Batch, Plan, run
from retention.reporting.statuses import Status
from retention.reporting.work import Task
from retention.sample import write_company


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """A cluster of two workers; what a test kills, it replaces."""
    with cluster(tmp_path_factory.mktemp("cluster"), workers=2) as found:
        yield found


@pytest.fixture
def workers(started: Workers) -> Workers:
    """The same, once both are there: they start, or one starts anew after a test has killed it."""
    with joined(started.address) as found:
        until(lambda: len(found._workers()) == 2)
    return started


def executing(found: Workers) -> list[psutil.Process]:
    """The kernels on a cluster."""
    return [kernel for nanny in found.nannies for kernel in kernels(nanny.pid)]


def test_the_sample_company_is_published_whole_though_a_worker_is_killed(
    workers: Workers, tmp_path: Path, reports: Path
) -> None:
    write_company(tmp_path, customers=1500)
    struck: list[psutil.Process] = []

    def killed() -> bool:
        """Whether a kernel was at work, and what it worked for is killed."""
        for nanny in workers.nannies:
            for worker in psutil.Process(nanny.pid).children():
                struck.extend(kernels(worker.pid)[:1])
                if struck:
                    worker.kill()
                    return True
        return False

    def strike(_result: Result) -> None:
        """After the first report, what works on another unit dies; its nanny starts it anew."""
        if not struck:
            until(killed)

    # Two that are compared, and one that is at work still when the first of them is done.
    slugs = ("grocer_es", "fashion_fr", "furniture_uk")
    units = all_settings([tmp_path / "params" / f"{slug}.yaml" for slug in slugs])
    with joined(workers.address) as found:
        plan = Plan(kit_notebook(), tmp_path / "reports", cluster=found)
        batch = run(units, plan, watch=strike)
    assert {result.outcome.status for result in batch.results} == {Status.PUBLISHED}
    assert batch.group
    assert batch.group.status is Status.PUBLISHED
    until(lambda: not is_kernel(struck[0]))
    for slug in slugs[:2]:
        here, there = (
            {p.name: p.read_bytes() for p in (out / slug).glob("*/data/*.csv")}
            for out in (reports, tmp_path / "reports")
        )
        assert here == there
        assert len(here) > 10


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A folder with a small notebook in the place of the report, and data."""
    (tmp_path / "params").mkdir()
    orders(tmp_path)
    written(tmp_path)
    return tmp_path


def planned(kit: Path, found: clusters.Cluster) -> Plan:
    return Plan(written(kit), kit / "reports", cluster=found)


def statuses(batch: Batch) -> list[Status]:
    """That of each unit; what else there is to know of a failure is printed."""
    for result in batch.results:
        print(result.settings.slug, result.outcome.message)
    return [result.outcome.status for result in batch.results]


def test_a_failure_names_the_worker(workers: Workers, kit: Path) -> None:
    units = [unit(kit, "raises"), unit(kit, "killed")]
    with joined(workers.address) as found:
        batch = run(units, planned(kit, found))
    assert statuses(batch) == [Status.NOTEBOOK_ERROR, Status.KERNEL_DIED]
    raises, killed = (result.outcome.message for result in batch.results)
    assert "no such <b>column</b>" in raises
    assert "killed by signal 9" in killed
    for message in (raises, killed):
        assert "(On worker tcp://127.0.0.1:" in message


def test_data_that_a_worker_cannot_see_are_told_before_anything_runs(
    workers: Workers, kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_SECRET", str(kit / "params"))
    folder = kit / "params"
    units = [unit(kit, "good"), unit(kit, "blurts"), unit(kit, "leaks")]
    gone = {"source": "duckdb://gone.duckdb", "contacts": "gone/*.csv", "feedback": "sc://x#y"}
    units += [units[0].model_copy(update={"slug": "other", **gone})]
    with joined(workers.address) as found, pytest.raises(SettingsRefused) as refusal:
        run(units, planned(kit, found))
    assert all(line.startswith("worker tcp://127.0.0.1:") for line in refusal.value.problems)
    lines = sorted({line.partition(": ")[2] for line in refusal.value.problems})
    assert len(refusal.value.problems) == 2 * len(lines)
    # The environment of the worker gives what stands in ${}: the runner's is not the workers'.
    assert lines == [
        f"settings in {folder}: source ${{KIT_SECRET}}/orders.csv: the environment variable "
        "KIT_SECRET is not set, or empty; set it, for instance `export KIT_SECRET=...`, and run "
        "again",
        f"settings in {folder}: source duckdb://gone.duckdb: no such file; paths are relative to "
        "the settings file",
        f"settings in {folder}: source gone/*.csv: no file matches; paths are relative to the "
        "settings file",
    ]
    assert not (kit / "reports").exists()


def test_a_runner_that_is_told_to_stop_ends_the_kernels_on_the_workers(
    workers: Workers, kit: Path
) -> None:
    unit(kit, "endless")
    command = [sys.executable, "-m", "retention.cli", "run", "--executor", "dask"]
    command += ["--scheduler", workers.address, "--notebook", str(written(kit))]
    for number in (signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen(command, cwd=kit, stderr=subprocess.DEVNULL) as process:
            until(lambda: executing(workers))
            os.kill(process.pid, number)
            code = process.wait()
        assert code == {signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
        until(lambda: not executing(workers))
    assert not (kit / "reports" / "endless").exists()


def test_where_the_last_worker_goes_the_rest_fails_in_time(tmp_path: Path, kit: Path) -> None:
    units = [unit(kit, "good"), unit(kit, "endless"), unit(kit, "endless-too")]
    with cluster(tmp_path, workers=1) as own, joined(own.address) as found:
        found._patience = 120.0

        def strike(result: Result) -> None:
            if result.outcome.status is Status.PUBLISHED:
                until(lambda: executing(own))
                kill(own.nannies[0].pid)
                found._patience = 2.0

        batch = run(units, planned(kit, found), watch=strike)
    assert statuses(batch) == [Status.PUBLISHED, Status.WORKER_FAILED, Status.WORKER_FAILED]
    assert "has had no worker for 2 seconds; start some with `dask worker" in (
        batch.results[1].outcome.message
    )
    assert (kit / "reports" / "good" / "latest.html").is_file()
    assert (kit / "reports" / "endless" / "failure.html").is_file()


def test_a_scheduler_that_goes_costs_what_is_left_and_nothing_more(
    tmp_path: Path, kit: Path
) -> None:
    units = [unit(kit, "good"), unit(kit, "endless")]
    with cluster(tmp_path, workers=1) as own, joined(own.address) as found:
        batch = run(units, planned(kit, found), watch=lambda _: kill(own.scheduler.pid))
        assert statuses(batch) == [Status.PUBLISHED, Status.WORKER_FAILED]
        assert "is gone; start it, and run again." in batch.results[1].outcome.message


def test_what_a_worker_lacks_is_told_before_anything_runs(
    workers: Workers, kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = unit(kit, "good")
    elsewhere = settings.model_copy(update={"path": kit / "nowhere" / "good.yaml"})
    monkeypatch.setattr(manifest, "kit_version", lambda: "99.0")
    with joined(workers.address) as found, pytest.raises(SettingsRefused) as refusal:
        run([elsewhere], planned(kit, found))
    lines = refusal.value.problems
    assert len(lines) == 4
    assert (
        sum("the kit is 0.1.0 there and 99.0 here; install the same" in line for line in lines) == 2
    )
    assert sum(f"there is no {kit}/nowhere/good.yaml; folders" in line for line in lines) == 2
    assert all(line.startswith("worker tcp://127.0.0.1:") for line in lines)
    assert not (kit / "reports").exists()


def test_a_worker_that_came_later_and_lacks_a_path_is_told_with_the_unit(
    workers: Workers, kit: Path
) -> None:
    settings = unit(kit, "good")
    task = Task(settings, written(kit).read_text(), kit / "nowhere", Limits(), 600_000)
    with joined(workers.address) as found:
        outcome = found.submit(task).result().outcome
    assert outcome.status is Status.WORKER_FAILED
    assert outcome.message.startswith("The worker tcp://127.0.0.1:")
    assert f"cannot do it: there is no {kit}/nowhere; folders of" in outcome.message


def test_a_cluster_without_workers_is_refused(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=0) as own, joined(own.address) as found:
        found._patience = 1.0
        with pytest.raises(SettingsRefused, match="has had no worker for 1 seconds"):
            found.check([], [])


def test_a_scheduler_that_is_deaf_at_the_end_changes_nothing_of_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Client:
        def __init__(self, *_: object, **__: object) -> None:
            self.scheduler, self.address = self, "tcp://deaf:1"
            self.closed: list[float] = []

        def get_executor(self, *, pure: bool) -> None:
            assert not pure

        def close(self, *, timeout: float) -> None:
            self.closed.append(timeout)
            raise TimeoutError

    monkeypatch.setattr(distributed, "Client", Client)
    with joined("tcp://deaf:1") as found:
        client: Any = found._client
    assert len(client.closed) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--executor", "dask"], "--executor dask: give the address of its --scheduler too"),
        (["--scheduler", "tcp://x:1"], "--scheduler: it is of a Dask cluster; add --executor dask"),
        (["--executor", "dask", "--scheduler", "tcp://x:1", "--jobs", "2"], "--jobs: on a Dask"),
        (
            ["--executor", "dask", "--scheduler", "tcp://127.0.0.1:1"],
            "--scheduler tcp://127.0.0.1:1: no Dask scheduler answers there",
        ),
        (
            ["--executor", "dask", "--scheduler", "nonsense://x"],
            "--scheduler nonsense://x: no Dask scheduler answers there",
        ),
    ],
)
def test_options_that_lead_to_no_cluster_are_refused(
    kit: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.chdir(kit)
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 1)
    result = called("run", *options)
    assert result.exit_code == 2
    assert result.stderr.startswith(words)
    assert len(result.stderr.splitlines()) == 1
    assert not (kit / "reports").exists()


def test_without_dask_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = called("run", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert result.exit_code == 2
    assert "pip install 'retention-report-kit[dask]'" in result.stderr


def test_a_task_that_kills_its_workers_is_told_so() -> None:
    class KilledWorker(Exception):  # noqa: N818 (Dask's own name)
        last_worker: Any = type("State", (), {"address": "tcp://far:1"})

    found = object.__new__(clusters.Cluster)
    assert found.lost(KilledWorker()) == (
        "Every worker that it was given to was lost, tcp://far:1 the last of them; look at their "
        "memory."
    )
