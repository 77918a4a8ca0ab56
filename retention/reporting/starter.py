"""A new kit laid out in a folder: notebooks, shared settings with every key, an example unit."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from retention.errors import SettingsRefused
from retention.reporting.export import TEMPLATES
from retention.reporting.notebooks import NOTEBOOKS, kit_notebook


def laid_out(folder: Path) -> Iterator[Path]:
    """Each file once it is written. Raises SettingsRefused, first, where one is there already."""
    files = {
        **{folder / "notebooks" / name: kit_notebook(name) for name in NOTEBOOKS},
        folder / "params" / "defaults.yaml": TEMPLATES / "starter" / "defaults.yaml",
        folder / "params" / "example.yaml": TEMPLATES / "starter" / "example.yaml",
    }
    there = [path for path in files if path.exists()]
    if there:
        raise SettingsRefused([f"{path}: exists; init overwrites nothing" for path in there])
    for path, origin in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, path)
        yield path
