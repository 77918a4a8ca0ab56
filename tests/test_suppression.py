"""What is hidden does not follow from what is shown."""

from __future__ import annotations

import frames
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.ledger import NEW, NO_PURCHASE, RETAINED, WON_BACK
from retention.rates import CHURN, REVENUE_CHURN
from retention.suppression import SMALL, hidden, merged, without_few

LEAST = 5


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ([40, 90, 5], [40, 90, 5]),
        ([40, 3, 7, 90], [40, 90]),
        ([40, 3, 4, 90], [40, 90]),
        ([2, 90], []),
        ([4], []),
        ([], []),
        ([5, 5, 1], [5]),
    ],
)
def test_small_groups_are_hidden_with_the_smallest_of_the_others(
    sizes: list[int], kept: list[int]
) -> None:
    groups = pd.Series(sizes, dtype="int64")
    assert groups[~hidden(groups, least=LEAST).astype(bool)].tolist() == kept


@given(st.lists(st.integers(1, 30)), st.integers(1, 10))
def test_the_hidden_together_are_never_few(sizes: list[int], least: int) -> None:
    groups = pd.Series(sizes, dtype="int64")
    out = hidden(groups, least=least).astype(bool)
    gone, shown = groups[out], groups[~out]
    assert shown.ge(least).all()
    assert gone.empty == groups.ge(least).all()
    if not gone.empty:
        assert gone.sum() >= least or shown.empty
        # No more than is needed: without the largest of them, somebody would be found.
        smaller = gone.sort_values().iloc[:-1]
        assert gone.max() < least or smaller.sum() < least
    assert shown.empty or gone.empty or gone.max() <= shown.min()


def ways(**customers: int) -> pd.DataFrame:
    revenue = frames.revenue({kind: 10.0 * count for kind, count in customers.items()})
    return revenue.assign(customers=[customers[kind] for kind in revenue["bought_as"]])


def test_small_ways_of_buying_are_one() -> None:
    found = merged(ways(retained=90, new=30, won_back=7, no_purchase=2), least=LEAST)
    shown = found.set_index("bought_as")[["customers", "revenue"]].to_numpy().tolist()
    assert dict(zip(found["bought_as"], shown, strict=True)) == {
        RETAINED: [90, 900.0],
        NEW: [30, 300.0],
        SMALL: [9, 90.0],
    }


def test_large_ways_of_buying_stay_as_they_are() -> None:
    frame = ways(retained=90, new=30, won_back=7)
    pd.testing.assert_frame_equal(merged(frame, least=LEAST), frame)


def test_a_period_hides_nothing_of_another() -> None:
    frame = pd.concat([ways(retained=90, won_back=1), ways(retained=80, won_back=9)])
    second = frame["period"].iloc[0] + pd.DateOffset(months=1)
    frame["period"] = [*frame["period"][:2], second, second]
    found = merged(frame, least=LEAST)
    assert found["bought_as"].tolist() == [SMALL, RETAINED, WON_BACK]
    assert NO_PURCHASE not in set(found["bought_as"])


@pytest.mark.parametrize(
    ("churn", "shown"),
    [((0, 40), True), ((4, 40), False), ((5, 40), True), ((36, 40), False), ((40, 40), True)],
)
def test_money_of_few_who_left_or_stayed_is_absent(churn: tuple[int, int], shown: bool) -> None:
    rates = frames.rates({CHURN: [churn, (9, 90)], REVENUE_CHURN: [(700, 9000), (800, 9000)]})
    found = without_few(rates, least=LEAST)
    money = found[found["measure"] == REVENUE_CHURN]
    assert money["rate"].notna().tolist() == [shown, True]
    assert money["numerator"].notna().tolist() == [shown, True]
    kept = found[found["measure"] == CHURN]
    pd.testing.assert_frame_equal(kept, rates[rates["measure"] == CHURN])
