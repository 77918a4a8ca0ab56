"""Means of money and how sure they are, by counts, sums and sums of squares from the engine."""

from decimal import Decimal
from typing import Any

from scipy import stats

_ROUNDING = Decimal("1e-9")
_ALPHA = 0.05


def variance(total: Any, squares: Any, size: int) -> float:
    """Of a sample of `size`, its sum and the sum of its squares; 0 where all are equal.

    In decimals, for the difference of two large sums loses its digits in floats. The squares come
    as floats: a difference within _ROUNDING of them is none, not less than none.
    """
    added, squared = Decimal(total), Decimal(squares)
    apart = squared - added * added / size
    return float(apart / (size - 1)) if apart > _ROUNDING * squared else 0.0


def mean_interval(total: Any, squares: Any, size: int) -> tuple[float, float]:
    """The 95 % interval of the mean total / size, by Student's t (Student 1908).

    Absent where there is no variance to tell from: fewer than two, or all alike.

    >>> [round(bound, 3) for bound in mean_interval(10, 30, 4)]  # 1, 2, 3, 4
    [0.446, 4.554]
    """
    spread = variance(total, squares, size) if size > 1 else 0.0
    if not spread:
        return float("nan"), float("nan")
    mean = float(Decimal(total) / size)
    reach = float(stats.t.ppf(1 - _ALPHA / 2, size - 1)) * (spread / size) ** 0.5
    return mean - reach, mean + reach
