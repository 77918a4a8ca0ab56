"""Several tests at once: p-values adjusted for how many there are (Holm 1979)."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """The adjusted p-values, in the order of those given.

    The smallest of n is multiplied by n, the next by n - 1, and so on; none is less than one before
    it, or more than 1. Of tests without any effect, none is below a level in all but that share of
    cases, whatever hangs on whatever.

    Not by statsmodels' multipletests, which sweeps the memory at every call: 0.3 s in a report.
    The tests hold this to it.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for step, place in enumerate(order):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - step)))
        adjusted[place] = largest
    return adjusted
