"""What is hidden does not follow from what is shown."""

from __future__ import annotations

import frames
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.ledger import NEW, NO_PURCHASE, RETAINED, WON_BACK
from retention.rates import CHURN, REVENUE_CHURN
from retention.suppression import (
    SMALL,
    hidden,
    hidden_across,
    learned_from_many,
    merged,
    without_few,
)

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


def table(*rows: list[int]) -> pd.DataFrame:
    """Cells of rows and columns; none where there is nobody."""
    found = [
        (f"row {r}", f"column {c}", size)
        for r, row in enumerate(rows)
        for c, size in enumerate(row)
        if size
    ]
    return pd.DataFrame(found, columns=["down", "across", "customers"])


def kept(*rows: list[int]) -> list[int]:
    cells = table(*rows)
    return cells[~hidden_across(cells, ["down", "across"], least=LEAST)]["customers"].tolist()


def test_no_small_cell_follows_from_the_sums_of_rows_and_columns() -> None:
    # 3 alone would follow from its row and from its column.
    assert kept([3, 90, 80], [20, 30, 70], [60, 50, 40]) == [80, 70, 60, 50, 40]
    # 1 and 2 in a row do not hide each other: they are 3 together.
    assert kept([1, 2, 80], [30, 40, 50], [60, 70, 90]) == [60, 70, 90]


def test_where_none_is_small_no_cell_is_hidden() -> None:
    assert kept([5, 90], [20, 30]) == [5, 90, 20, 30]


def test_what_follows_from_a_row_that_has_no_other_cell_is_not_used_to_hide() -> None:
    # 9 is the whole second row: hidden beside the 3 above it, it would follow from its row.
    assert kept([3, 90, 80], [9, 0, 0], [60, 50, 40]) == [90, 9, 50]


def test_a_cell_that_follows_by_way_of_others_takes_more_with_it() -> None:
    # Two or more are hidden in each row and column; but the first two rows less the first two
    # columns are the 4 alone.
    rows = ([1, 20, 80, 80], [30, 1, 4, 80], [80, 80, 1, 20], [80, 80, 30, 1])
    assert len(kept(*rows)) == 6


def unknown(rows: tuple[list[int], ...], least: int) -> list[bool]:
    """Of each hidden small cell, whether a table with the same sums has another figure there.

    By search, along circles of hidden cells: rows and columns by turns.
    """
    cells = table(*rows)
    out = hidden_across(cells, ["down", "across"], least=least)
    edges = list(zip(cells["down"], cells["across"], strict=True))
    hidden_ones = [edge for edge, gone in zip(edges, out, strict=True) if gone]

    def joined(start: str, end: str, without: tuple[str, str]) -> bool:
        seen, reached = set(), {start}
        while reached - seen:
            place = (reached - seen).pop()
            seen.add(place)
            reached |= {
                other for edge in hidden_ones if edge != without and place in edge for other in edge
            }
        return end in seen

    few = [e for e, n in zip(edges, cells["customers"], strict=True) if n < least]
    return [joined(*edge, edge) for edge in few]


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(1, 30), min_size=4, max_size=4), min_size=4, max_size=4))
def test_every_small_cell_could_be_another_figure(rows: list[list[int]]) -> None:
    assert all(unknown(tuple(rows), 3))
    cells = table(*rows)
    out = hidden_across(cells, ["down", "across"], least=3)
    assert (cells["customers"][~out] >= 3).all()
    assert out.any() == (cells["customers"] < 3).any()


def learned(*rows: tuple[int, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["stood_before", "returned", "spend_a_year"])
    return frame.assign(
        since_lapse="s", former_activity="a", customers=90, former_value=1.0, worth=2.0, low=0.1
    )


def test_figures_learned_from_few_who_returned_are_absent() -> None:
    cells = learned((50, 10, 7.0), (50, 10, 7.0), (80, 30, 8.0), (90, 40, 9.0))
    found = learned_from_many(cells, least=25)
    # Those of 10 would follow from all together, so that the next 30 go with them.
    assert found["returned"].isna().tolist() == [True, True, True, False]
    for name in ("spend_a_year", "worth", "low"):
        assert found[name].isna().tolist() == [True, True, True, False]
    assert found["customers"].tolist() == [90] * 4
    pd.testing.assert_frame_equal(learned_from_many(cells, least=10), cells)
