"""What a run says while it is at work: to a terminal, to a log, to a machine, or nothing."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fault_notebook import unit, written
from rich.console import Console
from test_cli import NOTEBOOK, called

from retention.reporting.delivery import Result
from retention.reporting.outcome import Outcome
from retention.reporting.progress import Watch
from retention.reporting.statuses import Status


def shown(folder: Path, *, terminal: bool = False, **how: Any) -> str:
    """What is shown of a unit that is published, one that failed, and one that was skipped."""
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)
    results = [
        Result(unit(folder, "good"), Outcome(Status.PUBLISHED), 2.0),
        Result(unit(folder, "dead"), Outcome(Status.KERNEL_DIED, "It [b]died[/b].\nYes."), 3.0),
        Result(unit(folder, "same"), Outcome(Status.SKIPPED, "Nothing has changed.")),
    ]
    with Watch(console=console, **how) as watch:
        watch.expect(len(results))
        for result in results:
            watch(result)
    watch.explain(results)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_log_has_plain_lines_with_their_time(tmp_path: Path) -> None:
    good, dead, same, why = shown(tmp_path).splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ good: published in 2.0 s", good)
    assert dead.endswith("Z dead: kernel died in 3.0 s")
    assert same.endswith("Z same: skipped. Nothing has changed.")
    assert why == "dead: It [b]died[/b]. Yes."


def test_a_terminal_has_a_bar(tmp_path: Path) -> None:
    text = shown(tmp_path, terminal=True)
    assert "Reports" in text
    assert "✓ good: published in 2.0 s" in text
    assert "✗ dead: kernel died in 3.0 s" in text


def test_a_quiet_run_says_only_what_is_wrong(tmp_path: Path) -> None:
    failed, why = shown(tmp_path, quiet=True).splitlines()
    assert failed.endswith("Z dead: kernel died in 3.0 s")
    assert why == "dead: It [b]died[/b]. Yes."
    assert "Reports" not in shown(tmp_path, terminal=True, quiet=True)


def test_a_machine_reads_one_object_a_line(tmp_path: Path) -> None:
    events = [json.loads(line) for line in shown(tmp_path, json_in=tmp_path).splitlines()]
    assert [(event["event"], event["slug"]) for event in events] == [
        ("unit", "good"),
        ("unit", "dead"),
        ("unit", "same"),
    ]
    assert events[1]["message"] == "It [b]died[/b].\nYes."


def test_a_machine_reads_problems_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path)
    for slug in ("one", "two"):
        unit(tmp_path, slug)
    result = called("run", "--notebook", NOTEBOOK, "--log-json")
    assert result.exit_code == 2
    problems = [json.loads(line) for line in result.stderr.splitlines()]
    assert {problem["event"] for problem in problems} == {"problem"}
    assert [problem["message"].partition(":")[0] for problem in problems] == [
        "one.yaml",
        "two.yaml",
    ]
