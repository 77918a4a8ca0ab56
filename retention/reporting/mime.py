"""The MIME bundles in which a notebook speaks to the runner: their names, a frame as text.

A kernel imports this for every report, so it imports nothing of what runs notebooks: nbformat alone
takes more than a second where the checks of all JSON schema formats are installed.
"""

from typing import Any

import pandas as pd

from retention.formulas import guarded

FACTS = "application/vnd.retention.facts+json"
FRAME = "application/vnd.retention.frame+json"
LEFT_OUT = "application/vnd.retention.left-out+json"


def as_csv(frame: pd.DataFrame) -> str:
    """Return a frame as the text of its file: ISO days, absent figures empty, no digit lost.

    Some texts are somebody's own, like the reasons that customers gave: no spreadsheet computes
    them.
    """
    harmless = frame.map(lambda cell: guarded(cell) if isinstance(cell, str) else cell)
    text: str = harmless.to_csv(
        index=False, date_format="%Y-%m-%d", float_format=_digits, lineterminator="\n"
    )
    return text


def _digits(value: Any) -> str:
    """A number with every digit that it needs to be read back the same, and no other."""
    number = float(value)
    whole = number.is_integer() and abs(number) < 1e15
    return str(int(number)) if whole else repr(number)
