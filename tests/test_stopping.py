"""A run that is told to stop ends its kernels, at whatever moment it is told."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from retention.reporting.kernels import Kernels
from retention.reporting.outcome import StoppedError
from retention.reporting.workers import Threads, attempts


def test_a_signal_while_units_are_handed_out_ends_the_kernels_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernels, given = Kernels(), []

    def submit(*arguments: Any, **_: object) -> None:
        given.append(arguments[-1])
        if len(given) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
    tasks: Any = ["first", "second", "third"]
    with pytest.raises(KeyboardInterrupt):
        next(attempts(tasks, Threads(1, kernels)))
    assert given == ["first", "second"]
    with pytest.raises(StoppedError):
        kernels.check()
