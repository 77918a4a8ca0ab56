"""What a report displays, caught and read back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import frames
import nbformat.v4 as v4
import pytest
from bs4 import BeautifulSoup
from matplotlib.axes import Axes
from nbformat import NotebookNode

from retention import Unit
from retention.language import Language
from retention.reporting import shown as shown_module
from retention.reporting.display import Report
from retention.style import axes

ENGLISH = Language()
SVG = "{http://www.w3.org/2000/svg}"


@contextmanager
def showing() -> Iterator[list[NotebookNode]]:
    """What is displayed in the block, as the outputs of a cell."""
    outputs: list[NotebookNode] = []

    def displayed(data: dict[str, Any], *, raw: bool) -> None:
        assert raw
        outputs.append(v4.new_output("display_data", data=data))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shown_module, "display", displayed)
        yield outputs


def report(unit: Unit, /, **change: object) -> Report:
    return Report(replace(unit, settings=unit.settings.model_copy(update=change)))


def executed(outputs: list[NotebookNode]) -> NotebookNode:
    return v4.new_notebook(cells=[v4.new_code_cell("report", outputs=outputs)])


def summarised(report: Report) -> None:
    ledger = frames.ledger()
    report.summary(ledger, frames.rates_of(ledger), frames.revenue(*[{"new": 5.0}] * 13))


def html(output: NotebookNode) -> BeautifulSoup:
    return BeautifulSoup(output.data["text/html"], "html.parser")


def tags(soup: BeautifulSoup) -> set[str]:
    return {tag.name for tag in soup.find_all(True)}


def chart(text: str = "3.982") -> Axes:
    ax = axes(None)
    ax.plot([0, 1.23456], [3.982, 1234.56], alpha=0.155)
    ax.text(0.1, 0.2, text)
    return ax
