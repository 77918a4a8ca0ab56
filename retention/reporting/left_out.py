"""Sections of a notebook with nothing to show: which they are, and the line that says why.

A section is a Markdown cell with a heading and the code cells below it.
"""

import re
from collections.abc import Sequence

from nbformat import NotebookNode

from retention.reporting.bundles import FRAME, LEFT_OUT
from retention.reporting.markdown import passages

_HEADING = re.compile(r"(#{2,6}) +\S")


def absent(cells: Sequence[NotebookNode]) -> dict[int, str]:
    """Return the place of the Markdown cell of each section that is left out, and its line (HTML).

    A section is left out where all that its cells show says why there is nothing. One of level 2
    stays where a section below it stays.
    """
    sections: list[tuple[int, int, list[NotebookNode]]] = []
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            found = _HEADING.match(cell.source)
            sections.append((number, len(found[1]) if found else 0, []))
        elif sections:
            sections[-1][2].extend(cell.get("outputs", []))
    lines = {}
    for place, (number, level, outputs) in enumerate(sections):
        below = [outputs]
        for _, deeper, others in sections[place + 1 :]:
            if 0 < deeper <= level:
                break
            below.append(others)
        if level and all(_is_absent(others) for others in below):
            lines[number] = next(output.data["text/html"] for output in outputs if _says(output))
    return lines


def heading_of(markdown: str) -> str:
    """Return the text of the heading that a Markdown cell begins with."""
    return passages(markdown)[0]


def _is_absent(outputs: Sequence[NotebookNode]) -> bool:
    shown = [output for output in outputs if FRAME not in output.get("data", {FRAME: None})]
    return bool(shown) and all(_says(output) for output in shown)


def _says(output: NotebookNode) -> bool:
    return LEFT_OUT in output.get("data", {})
