"""Adjusted p-values: those of statsmodels, ties and few of them too."""

from __future__ import annotations

import pytest
from statsmodels.stats.multitest import multipletests

from retention.holm import holm

P_VALUES = [
    [0.04],
    [0.03, 0.01],
    [0.02, 0.001, 0.02, 0.3],
    # The third is less than the second once both are multiplied, and the last more than 1.
    [0.01, 0.02, 0.021, 0.9, 1.0, 0.0],
]


@pytest.mark.parametrize("p_values", P_VALUES)
def test_agrees_with_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())


def test_of_nothing_is_nothing() -> None:
    assert holm([]) == []
