"""What an executed notebook says to the runner: MIME bundles among its outputs.

The notebook speaks to people in HTML and to the runner in two bundles: the facts of the report,
once, and the frames behind the charts, each under its name.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from nbformat import NotebookNode

from retention.reporting.mime import FACTS, FRAME, LEFT_OUT, as_csv
from retention.reporting.outcome import StepFailedError
from retention.reporting.statuses import Status

__all__ = ["FACTS", "FRAME", "LEFT_OUT", "as_csv", "facts", "frames"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TEXTS = ("unit", "language", "period_label", "headline")


def facts(notebook: NotebookNode) -> dict[str, Any]:
    """Return the facts of the report, as the notebook showed them.

    Raises StepFailedError unless they are there exactly once, with a valid `as_of` (it becomes the
    name of a folder), the texts that the page needs, and identities that held.
    """
    found = list(_bundles(notebook, FACTS))
    if len(found) != 1:
        raise _wrong(f"shows {len(found)} summaries (facts bundles); exactly 1 is needed")
    bundle = found[0]
    missing = [key for key in _TEXTS if not isinstance(bundle.get(key), str)]
    if missing:
        raise _wrong(f"shows a summary without {', '.join(missing)}")
    try:
        day = date.fromisoformat(bundle["as_of"]).isoformat()
    except (KeyError, TypeError, ValueError):
        day = None
    # There are other forms of a date, and a folder with such a name would be no report.
    if day is None or day != bundle["as_of"]:
        raise _wrong(f"shows a summary whose as_of is {bundle.get('as_of')!r}")
    if bundle.get("identities") != "held":
        message = f"The identities of the ledger: {bundle.get('identities', 'not checked')}."
        raise StepFailedError(Status.CHECK_FAILED, message)
    return bundle


def frames(notebook: NotebookNode) -> dict[str, str]:
    """Return the CSV text of every frame, by name; one that is shown twice must be the same.

    Raises StepFailedError for a name that is no plain file name, and for two frames of one name.
    """
    texts: dict[str, str] = {}
    for bundle in _bundles(notebook, FRAME):
        name, csv = bundle.get("name"), bundle.get("csv")
        if not isinstance(name, str) or not isinstance(csv, str) or not _NAME.fullmatch(name):
            raise _wrong(f"shows a frame named {name!r}; letters, digits and _ are allowed")
        if texts.setdefault(name, csv) != csv:
            raise _wrong(f"shows two different frames named {name}")
    return texts


def _bundles(notebook: NotebookNode, mime: str) -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            bundle = output.get("data", {}).get(mime)
            if isinstance(bundle, dict):
                yield dict(bundle)


def _wrong(what: str) -> StepFailedError:
    return StepFailedError(Status.NOTEBOOK_ERROR, f"The notebook {what}.")
