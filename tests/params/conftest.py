"""A kit with an empty params folder, and a unit in it."""

import pytest

from retention.params import Settings, settings


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A kit with an empty params folder, as the current folder."""
    (tmp_path / "params").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "params"


@pytest.fixture
def unit(folder):
    """The settings of a unit `france` with these lines after `unit` and `source`."""

    def write(text: str = "", **overrides: object) -> Settings:
        (folder / "france.yaml").write_text(f"unit: France\nsource: x.csv\n{text}\n", "utf-8")
        return settings("params/france.yaml", overrides=overrides)

    return write
