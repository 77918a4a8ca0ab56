"""RFM segments: the grid, the fifths, and a loop on random histories."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import ibis
import oracle
import pytest
from histories import Kit, assert_same, cells
from oracle import rfm_names, standings
from test_agreement import drawn

from retention import inactive
from retention.rfm import RFM, rfm
from retention.rfm_segments import (
    CELLS,
    SCORES,
    SEGMENTS,
    definition,
    rfm_scores,
    rfm_segments,
)
from retention.suppression import pooled
from retention.transactions import CUSTOMER_DAYS, purchase_days

AS_OF = date(2026, 6, 30)


def test_each_pair_of_scores_is_of_one_segment() -> None:
    found = Counter(
        pair
        for recency, worth in CELLS.values()
        for pair in product(range(recency[0], recency[1] + 1), range(worth[0], worth[1] + 1))
    )
    assert found == dict.fromkeys(product(range(1, 6), range(1, 6)), 1)


def test_scores_of_ten_customers(kit: Kit) -> None:
    # c1 bought last on the newest day, and twice; c10 longest ago, and eleven times. What the first
    # day brought makes c1 worth most.
    days = {
        f"c{number:02}": [
            (
                AS_OF - timedelta(days=number + 30 * back),
                Decimal(1100 - 100 * number if back == number else 1),
            )
            for back in reversed(range(number + 1))
        ]
        for number in range(1, 11)
    }
    found = scores(kit, days)
    assert cells(found, "recency_score") == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert cells(found, "frequency_score") == [2, 2, 3, 3, 3, 4, 4, 5, 5, 5]
    assert cells(found, "monetary_score") == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert cells(found, "segment")[::3] == ["champions", "loyal_customers", "at_risk", "at_risk"]


def test_equal_customers_share_the_middle_of_their_places(kit: Kit) -> None:
    once = {f"c{number}": [(AS_OF, Decimal(5))] for number in range(10)}
    found = scores(kit, once)
    names = "recency_score", "frequency_score", "monetary_score", "segment"
    assert set(cells(found, *names)) == {(3, 1, 3, "about_to_sleep")}


@pytest.mark.parametrize(("recent", "gone"), [(30, 30), (40, 45)], ids=["60 %", "85 %"])
def test_who_bought_once_is_new_or_gone_and_nothing_else(kit: Kit, recent: int, gone: int) -> None:
    silent = [*range(recent), *range(500, 500 + gone)]
    once = {
        f"once {number:02}": [(AS_OF - timedelta(days=days), Decimal(5 + number * 17 % 60))]
        for number, days in enumerate(silent)
    }
    once["once 00"] = [(AS_OF, Decimal(10_000))]
    others = {
        f"repeat {number:02}": [
            (AS_OF - timedelta(days=days), Decimal(9))
            for days in range(200 + 7 * (number % 5), 99 + number, -7)
        ]
        for number in range(100 - recent - gone)
    }
    found = scores(kit, once | others)
    of_once = cells(found, "frequency_score", "monetary_score", "segment")[: len(once)]
    assert {frequency for frequency, _, _ in of_once} == {1}
    assert of_once[0][1] == 5  # 10,000 on one day is much money, and no habit
    names = [name for _, _, name in of_once]
    assert set(names[:recent]) == {"recent_customers", "promising"}
    # Fifths are of places: of 45 in 100 who are gone, 40 are of the last two.
    assert set(names[-40:][-gone:]) == {"hibernating", "lost_long_ago"}
    of_others = cells(found, "frequency_score", "segment")[len(once) :]
    assert {frequency for frequency, _ in of_others} == {2, 3, 4, 5}
    assert not {name for _, name in of_others} & {"recent_customers", "promising"}


def scores(kit: Kit, days: oracle.Days) -> object:
    history = kit(days, as_of=AS_OF)
    table = rfm(purchase_days(history.customer_days), as_of=AS_OF)
    return rfm_scores(table, history.customer_days).order_by("customer_id").to_pandas()


@pytest.mark.parametrize("seed", [1, 2, 7, 13])
def test_agrees_with_a_loop(kit: Kit, seed: int) -> None:
    case = drawn(seed)
    days, inactive_after, lost_after, as_of, _ = case.asked
    history = kit(days, as_of=as_of, inactive_after=inactive_after, lost_after=lost_after)
    bought = purchase_days(history.customer_days)
    given = rfm_scores(rfm(bought, as_of=as_of), history.customer_days)
    standing = inactive.standing(
        history.spells_table, history.customer_days, inactive_after=inactive_after, as_of=as_of
    )
    expected = rfm_names.scores(oracle.rfm(days, as_of), days, as_of)
    assert_same(given.order_by("customer_id").to_pandas(), expected)
    segments = rfm_segments(given, standing).to_pandas()
    rows = standings.standing(days, inactive_after, lost_after, as_of)
    assert_same(segments, rfm_names.segments(expected, rows))
    shown = pooled(segments, least=5, of="all_customers")
    assert shown["customers"].sum() == len(rows)
    assert shown["customers"].min() >= 5


def test_schemas_hold_on_no_engine_at_all() -> None:
    given = rfm_scores(ibis.table(RFM, name="rfm"), ibis.table(CUSTOMER_DAYS, name="days"))
    assert given.schema() == SCORES
    assert rfm_segments(given, ibis.table(inactive.STANDING, name="s")).schema() == SEGMENTS


def test_the_definition_names_every_segment_once() -> None:
    assert list(definition()["group"]) == list(CELLS) == rfm_names.NAMES
