"""The command that the page prints for an audience works as it stands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from displayed import html, showing
from typer.testing import CliRunner

from retention import open_unit
from retention.cli import app
from retention.reporting.display import Report


@pytest.mark.usefixtures("kit")
def test_the_printed_command_writes_the_list_on_a_first_run() -> None:
    with showing() as outputs:
        Report(open_unit("params/shop.yaml")).audience()
    _, *arguments = shlex.split(html(outputs[0]).select_one("pre code").get_text())
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert Path("shop_lost.csv").is_file()
