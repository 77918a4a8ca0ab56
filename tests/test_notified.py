"""The command that --notify names hears of every night, of those too in which nothing ran."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from pathlib import Path

import pytest
from fault_notebook import orders, unit, written
from started import executed
from test_cli import NOTEBOOK, called

from retention.reporting import lock, notify, work

KEEP = "import sys, pathlib; pathlib.Path('told.json').write_text(sys.stdin.read())"


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a unit and its data, whose notebook the runner itself executes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "execute", executed)
    unit(tmp_path, "read")
    orders(tmp_path)
    written(tmp_path)
    return tmp_path


def ran(*options: str) -> tuple[int, str]:
    command = shlex.join([sys.executable, "-c", KEEP])
    result = called("run", "--notebook", NOTEBOOK, "--notify", command, *options)
    return result.exit_code, result.stderr


def told(kit: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((kit / "told.json").read_bytes())
    return found


def test_a_run_that_is_refused_is_notified_with_its_problems(kit: Path) -> None:
    (kit / "params" / "orders.csv").unlink()
    code, said = ran()
    assert code == 2
    assert said.startswith("read.yaml: source orders.csv: no such file")
    problems = said.splitlines()
    assert told(kit) == {"exit_code": 2, "problems": problems, "statuses": {}, "units": []}


def test_a_second_run_that_is_refused_is_notified(kit: Path) -> None:
    (kit / "reports").mkdir()
    with lock.sole_run(kit / "reports"):
        code, said = ran()
    assert code == 2
    assert told(kit)["problems"] == said.splitlines()


def test_a_refusal_is_notified_for_machines_and_what_goes_wrong_is_said(kit: Path) -> None:
    (kit / "params" / "orders.csv").unlink()
    result = called("run", "--notebook", NOTEBOOK, "--log-json", "--notify", "/no/such/command")
    assert result.exit_code == 2
    lines = [json.loads(line)["message"] for line in result.stderr.splitlines()]
    assert [line.partition(": ")[0] for line in lines] == ["read.yaml", "--notify"]


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("raised", [KeyboardInterrupt(signal.SIGTERM), OSError(28, "full")])
def test_what_ends_the_telling_after_a_run_leaves_no_traceback(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    def ends(*_: object) -> str:
        raise raised

    monkeypatch.setattr(notify, "notified", ends)
    # The notebook shows nothing by IPython here, so that the unit fails.
    code, said = ran()
    assert code == (143 if isinstance(raised, KeyboardInterrupt) else 3)
    assert said.endswith("the system: full\n") == isinstance(raised, OSError)
