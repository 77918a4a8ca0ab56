"""Whether two ways came to the same figures: a faster wrong answer is no answer.

`python -m benchmarks.answers FILE` compares all of them with the kit on a file.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]

_COMPARED = {
    "thresholds": ["days"],
    "ledger": [
        *("new", "reactivated", "won_back", "lapsed", "became_lost", "intra_period_returns"),
        *("opening_active", "closing_active", "closing_dormant", "closing_lost", "revenue"),
    ],
    "revenue": ["customers", "revenue"],
    "rates": ["numerator", "denominator", "rate"],
    "cohorts": ["age", "cohort_size", "customers", "revenue"],
    "returns": ["age", "lapsed", "returned", "return_share"],
}
_NAMES = {"revenue": ["bought_as"], "rates": ["measure"]}
"""Columns of words, which are the same to the letter."""


def differences(ours: Tables, others: Tables) -> list[str]:
    """Where two sets of core tables differ by more than rounding; empty where they agree."""
    found = []
    for name, columns in _COMPARED.items():
        one, other = ours[name], others[name]
        if len(one) != len(other):
            found.append(f"{name}: {len(one)} rows and {len(other)}")
            continue
        for column in columns:
            sides = (frame[column].to_numpy(dtype=float, na_value=np.nan) for frame in (one, other))
            if not np.allclose(*sides, rtol=1e-9, atol=1e-6, equal_nan=True):
                found.append(f"{name}.{column}")
        found += [f"{name}.{c}" for c in _NAMES.get(name, []) if list(one[c]) != list(other[c])]
    # The kit makes more checks than the others, who count what these data have.
    rows = ours["quality"].set_index("check")["rows"]
    counted = others["quality"].iloc[0]
    return found + [f"quality.{c}" for c in counted.index if counted[c] != rows[c]]


def main() -> None:
    """Exit with what differs, if anything does."""
    from benchmarks import by_hand, by_kit, by_pandas, by_polars

    path = Path(sys.argv[1])
    kit = by_kit.tables(path)
    for module in (by_hand, by_pandas, by_polars):
        if wrong := differences(kit, module.tables(path)):
            sys.exit(f"{module.__name__} and the kit differ: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
