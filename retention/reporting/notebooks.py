"""Notebook files: what can be known before any kernel starts, and what is passed to them."""

import ast
import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from retention.errors import SettingsRefused, did_you_mean
from retention.params import Settings

# What a run may pass; a notebook that is run must have a place for each.
PASSED = ("unit", "as_of")

_PACKAGE = Path(__file__).resolve().parents[1]
REPORT, WINBACK, PORTFOLIO = "retention_report.ipynb", "winback.ipynb", "portfolio.ipynb"
NOTEBOOKS = (REPORT, WINBACK, PORTFOLIO)
"""The notebooks of the kit: two of one unit, and one of all units."""

# In a wheel the notebook is inside the package, in a checkout beside it.
_KIT = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")


def default_notebook(name: str = REPORT) -> Path:
    """Return a notebook of the kit: of the folder the command runs in, else the kit's own.

    Raises SettingsRefused where there is neither.
    """
    here = Path("notebooks") / name
    return here if here.is_file() else kit_notebook(name)


def kit_notebook(name: str = REPORT) -> Path:
    """Return a notebook that comes with the kit.

    Raises SettingsRefused where it is missing.
    """
    for folder in _KIT:
        if (folder / name).is_file():
            return folder / name
    raise SettingsRefused([f"notebooks/{name}: no notebook, here or in the package; reinstall it"])


def load_notebook(path: Path, *, passed: Iterable[str] = PASSED) -> NotebookNode:
    """Return the notebook, once for all units: an edit during a run changes none of them.

    Raises SettingsRefused where the file is no notebook of Python, and for each name in `passed`
    that its `parameters` cell does not define: papermill would only warn and run on without it.
    """
    try:
        notebook = from_text(path.read_text(encoding="utf-8"))
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
    known = _assigned(cells[0].source)
    problems = [
        f"{path}: its `parameters` cell has no {name}{did_you_mean(name, known)}"
        for name in passed
        if name not in known
    ]
    if problems:
        raise SettingsRefused(problems)
    return notebook


def _assigned(source: str) -> list[str]:
    # papermill.inspect_notebook overlooks a line whose comment holds a second equals sign.
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    targets: list[ast.expr] = []
    for statement in statements:
        if isinstance(statement, ast.Assign):
            targets += statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            targets.append(statement.target)
    return [target.id for target in targets if isinstance(target, ast.Name)]


def imports(notebook: NotebookNode) -> list[str]:
    """Return the statements by which a notebook imports the kit."""
    found = []
    for cell in notebook.cells:
        statements: list[ast.stmt] = []
        with contextlib.suppress(SyntaxError):  # a magic command of IPython
            statements = ast.parse(cell.source).body if cell.cell_type == "code" else []
        for statement in statements:
            if isinstance(statement, ast.ImportFrom):
                names = [statement.module or ""]
            elif isinstance(statement, ast.Import):
                names = [alias.name for alias in statement.names]
            else:
                continue
            if {name.partition(".")[0] for name in names} == {_PACKAGE.name}:
                found.append(ast.unparse(statement))
    return found


def parameters(settings: Settings, *, folder: Path) -> dict[str, str | int]:
    """Return what is passed to the notebook of a unit, which runs in `folder`: text only.

    The path of the settings file is relative where the system allows it, so that an executed
    notebook does not tell where on a machine it was made.
    """
    try:
        unit = Path(os.path.relpath(settings.path, folder)).as_posix()
    except ValueError:  # another drive
        unit = str(settings.path)
    passed: dict[str, str | int] = {"unit": unit}
    if settings.as_of:
        passed["as_of"] = settings.as_of.isoformat()
    return passed


def working_folder(home: Path, notebook: Path) -> Path:
    """Return where a notebook runs: its own folder, as in JupyterLab.

    The notebook inside the installed package runs in `home`, that of the settings or reports.
    """
    inside = _PACKAGE in notebook.resolve().parents
    return home if inside else notebook.resolve().parent


def from_text(text: str) -> NotebookNode:
    """Return the notebook that a file holds, in the current format: each cell has an id."""
    notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    upgraded: NotebookNode = nbformat.v4.upgrade(notebook)  # type: ignore[no-untyped-call]
    return upgraded


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as the text of its file."""
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text
