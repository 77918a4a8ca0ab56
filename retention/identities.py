"""Identities between figures counted apart: a run asserts them before it publishes."""

from collections.abc import Mapping

import pandas as pd  # noqa: TID251 (small frames only)

from retention.errors import CheckFailed

_PENNY = 0.005


def check(
    periods: "pd.Series[pd.Timestamp]",
    identities: Mapping[str, tuple["pd.Series[float]", "pd.Series[float]"]],
) -> None:
    """Assert that the two sides of each identity are equal in every period, money to the penny.

    identities: what is asserted, in words -> left and right side, with indices of `periods`.
    Raises CheckFailed that names the period, the identity and both sides.
    """
    for identity, (left, right) in identities.items():
        for period, one, other in zip(periods.loc[left.index], left, right, strict=True):
            if not abs(one - other) <= _PENNY:  # so that an absent figure is a broken one
                raise CheckFailed(
                    f"identity broken in the period from {period:%Y-%m-%d}: {identity}; "
                    f"left {one:,.2f}, right {other:,.2f}; the figures are not published"
                )
