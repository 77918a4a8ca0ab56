"""What can be known about the notebook before any kernel starts."""

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import nbformat
import papermill
from nbformat import NotebookNode

from retention.errors import SettingsRefused
from retention.params import Settings, did_you_mean

# What a run may pass; a notebook that is run must have a place for each.
PASSED = ("unit", "as_of")


def load_notebook(path: Path, *, passed: Iterable[str] = PASSED) -> NotebookNode:
    """Return the notebook, once for all units: an edit during a run changes none of them.

    Raises SettingsRefused where the file is no notebook of Python, and for each name in `passed`
    that its `parameters` cell does not define: papermill would only warn and run on without it.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except OSError as error:
        raise SettingsRefused([f"{path}: no notebook here ({error.strerror})"]) from error
    except Exception as error:  # nbformat raises what its parsers raise
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SettingsRefused([f"{path}: is not a notebook: {text}"]) from error
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        message = f"has {len(cells)} cells tagged `parameters`; exactly 1 is needed"
        raise SettingsRefused([f"{path}: {message}"])
    # The kernel is Python whatever the file says; papermill wants to read it there.
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    known = papermill.inspect_notebook(notebook)
    problems = [
        f"{path}: its `parameters` cell has no {name}{did_you_mean(name, known)}"
        for name in passed
        if name not in known
    ]
    if problems:
        raise SettingsRefused(problems)
    return notebook


def parameters(settings: Settings, *, folder: Path) -> dict[str, str | int]:
    """Return what is passed to the notebook of a unit, which runs in `folder`: text only.

    The path of the settings file is relative where the system allows it, so that an executed
    notebook does not tell where on a machine it was made.
    """
    try:
        unit = Path(os.path.relpath(settings.path, folder)).as_posix()
    except ValueError:  # another drive
        unit = str(settings.path)
    as_of: date | None = settings.as_of
    return {"unit": unit} | ({"as_of": as_of.isoformat()} if as_of else {})
