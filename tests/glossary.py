"""GLOSSARY.md: its text, its blocks and its tables."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = Path(__file__).parents[1].joinpath("GLOSSARY.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
MONTHS = ["January", "February", "March"]
ABSENT = "absent"


def block(name: str) -> str:
    (body,) = [body for _, called, body in BLOCKS if called == name]
    return body


def table(name: str) -> list[list[str]]:
    """Cells of the table below `<!-- checked: name -->`, heading first."""
    (_, below) = TEXT.split(f"<!-- checked: {name} -->\n\n")
    lines = below.split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]
