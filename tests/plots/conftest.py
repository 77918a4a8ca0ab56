"""Nothing that a chart does is left behind."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest


@pytest.fixture(autouse=True)
def nothing_global() -> Iterator[None]:
    """No test leaves a figure with pyplot, or a changed setting of Matplotlib."""
    before = dict(mpl.rcParams)
    yield
    from matplotlib import pyplot

    assert pyplot.get_fignums() == []
    assert dict(mpl.rcParams) == before
