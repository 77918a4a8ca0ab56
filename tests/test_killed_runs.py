"""A run that is killed or stopped at any moment: nothing half, nothing lost, taken up again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_notebook import orders, written
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from started import Commands, commands
from test_cli import NOTEBOOK
from test_lock import until
from whole import assert_whole

from retention.reporting import manifest
from retention.reporting.publishing import newest_manifest
from retention.unit import DEFINITIONS_VERSION

KILLS, KILLS_OF_KERNELS, STOPS = 46, 4, 10
SLUGS = ("bakery", "odd")
"""`odd` fails at odd numbers."""

READ = """\
import re
from pathlib import Path
number = int(re.search(r"periods_shown: (\\d+)", Path(unit).read_text())[1])"""
FAIL = """\
if Path(unit).stem == "odd" and number % 2:
    raise ValueError(f"{number} is odd")"""
SHOW = f"""\
facts = {{"unit": Path(unit).stem, "as_of": as_of, "language": "en", "period_label": "October",
         "headline": f"The number is {{number}}.", "definitions": {DEFINITIONS_VERSION!r},
         "identities": "held", "number": number}}
frame = {{"name": "ledger", "csv": f"number\\n{{number}}\\n"}}
display({{"text/html": "<p>" + facts["headline"] + "</p>", "text/plain": "",
         "application/vnd.retention.facts+json": facts,
         "application/vnd.retention.frame+json": frame}}, raw=True)"""


def numbered() -> NotebookNode:
    """A notebook that shows the number in the settings of its unit, in every file of the report."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Customer retention"),
            new_code_cell("unit = None\nas_of = None", metadata={"tags": ["parameters"]}),
            new_code_cell(READ),
            new_markdown_cell("## Which number is it?"),
            new_code_cell(FAIL),
            new_code_cell(SHOW),
        ]
    )


class Kit:
    """A folder with two units, whose reports tell the number that their settings have."""

    def __init__(self, folder: Path, command: Commands) -> None:
        self.folder, self.reports, self.command = folder, folder / "reports", command
        self.number = 1
        (folder / "params").mkdir()
        orders(folder)
        written(folder, numbered())

    def next(self) -> None:
        """Change the settings of every unit, so that no report is current; now and then the day."""
        self.number += 1
        day = f"2026-10-{10 + self.number // 20}"
        for slug in SLUGS:
            text = f"unit: {slug}\nsource: orders.csv\ninactive_after: 30\nlost_after: 60\n"
            text += f"as_of: {day}\nperiods_shown: {self.number}\n"
            (self.folder / "params" / f"{slug}.yaml").write_text(text)

    def run(self, *options: str) -> int:
        return self.command.called(self.folder, *self._words(*options))

    def started(self, *options: str) -> int:
        return self.command.started(self.folder, *self._words(*options))

    def struck(self, number: signal.Signals, after: float) -> int:
        return self.command.struck(number, after, self.folder, *self._words())

    def seconds(self) -> float:
        """How long a run takes that nobody disturbs."""
        self.completed()
        began = time.monotonic()
        self.run()
        return time.monotonic() - began

    def completed(self, *options: str) -> None:
        """Run to the end, and look whether each unit has what this number gives."""
        odd = self.number % 2
        assert self.run(*options) == (1 if odd else 0), (self.folder / "said.txt").read_text()
        assert_whole(self.reports)
        told = self.told()
        assert told["bakery"] == self.number
        failure = manifest.read(self.reports / "odd" / "failure.json") or {}
        assert failure.get("status") == ("notebook_error" if odd else None)
        assert told["odd"] == self.number - odd

    def told(self) -> dict[str, int]:
        """The number that the newest report of each unit tells."""
        found = {slug: newest_manifest(self.reports / slug) for slug in SLUGS}
        return {slug: record["facts"]["number"] for slug, record in found.items() if record}

    def _words(self, *options: str) -> list[str]:
        return ["run", "--notebook", str(NOTEBOOK), "--jobs", "2", *options]


@pytest.fixture(scope="module")
def command() -> Iterator[Commands]:
    with commands() as given:
        yield given


def killed_at_random(kit: Kit, kills: int) -> None:
    kit.next()
    over = kit.seconds()
    moments = random.Random(kills)
    for _ in range(kills):
        before = kit.told()
        kit.next()
        kit.struck(signal.SIGKILL, moments.uniform(0, over))
        assert_whole(kit.reports, killed=True)
        after = kit.told()
        assert set(after) == set(SLUGS)
        assert all(after[slug] in (before[slug], kit.number) for slug in SLUGS)
        kit.completed("--resume")


def test_a_run_killed_at_any_moment_loses_nothing_and_is_taken_up(
    tmp_path: Path, command: Commands
) -> None:
    killed_at_random(Kit(tmp_path, command.without_kernels()), KILLS)


def test_a_run_killed_with_its_kernels_at_work_is_taken_up(
    tmp_path: Path, command: Commands
) -> None:
    killed_at_random(Kit(tmp_path, command), KILLS_OF_KERNELS)


def test_a_run_stopped_at_any_moment_leaves_nothing_behind(
    tmp_path: Path, command: Commands
) -> None:
    kit = Kit(tmp_path, command.without_kernels())
    kit.next()
    over, moments = kit.seconds(), random.Random(STOPS)
    for stop in range(STOPS):
        before = kit.told()
        kit.next()
        number = (signal.SIGTERM, signal.SIGINT)[stop % 2]
        code = kit.struck(number, moments.uniform(0, over))
        said = (tmp_path / "said.txt").read_text()
        # It may have been done already, or not have begun to listen.
        assert code in (128 + number, kit.number % 2, -number), said
        assert "Traceback" not in said
        assert_whole(kit.reports)
        assert all(told in (before[slug], kit.number) for slug, told in kit.told().items())
        kit.completed("--resume")


def test_of_two_runs_at_once_one_is_refused_and_one_waits(
    tmp_path: Path, command: Commands
) -> None:
    kit = Kit(tmp_path, command)
    kit.next()
    first, holder = kit.started(), kit.reports / ".holder.json"
    try:
        # Stopped between opening and writing it would not have told its name yet.
        until(lambda: holder.exists() and holder.stat().st_size > 0)
        os.kill(first, signal.SIGSTOP)
        assert kit.run() == 2
        said = tmp_path / "said.txt"
        assert f"at work here (process {first} on " in said.read_text()
        second = kit.started("--wait")
        until(lambda: "waiting for its end" in said.read_text())
    finally:
        # It ends by itself then, and with it the one that waits.
        os.kill(first, signal.SIGCONT)
    assert [command.ended(first), command.ended(second)] == [0, 0]
    assert kit.told() == dict.fromkeys(SLUGS, kit.number)
    assert_whole(kit.reports)
