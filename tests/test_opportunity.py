"""What came of those who were inactive on a day, and how the spending of returners adds up."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import ibis
import oracle
import pandas as pd
import pytest
from histories import History, Kit, assert_same, cells, records
from pandas.testing import assert_frame_equal

from retention import opportunity
from retention.opportunity import BANDS, GROWTH, OUTCOMES, REALISED
from retention.transactions import CUSTOMER_DAYS

START = date(2023, 3, 1)
CELL = ("since_lapse", "former_activity")


def outcomes(history: History, day: date, since: date) -> pd.DataFrame:
    table = opportunity.outcomes(
        history.customer_days, day=day, since=since, inactive_after=history.inactive_after
    )
    return in_order(table)


def in_order(table: ibis.Table) -> pd.DataFrame:
    """Outcomes as the oracle has them; who did not return comes first."""
    found = table.to_pandas()
    assert_frame_equal(
        found, found.sort_values([*CELL, "window", "band"], kind="stable", ignore_index=True)
    )
    return found.assign(window=found["window"].astype("Int64")).sort_values(
        [*CELL, "window", "band"], na_position="first", ignore_index=True
    )


def growth(history: History, as_of: date) -> pd.DataFrame:
    return opportunity.growth(
        history.customer_days, inactive_after=history.inactive_after, as_of=as_of
    ).to_pandas()


def given(kit: Kit, as_of: date, **days: dict[int, int]) -> History:
    """Customers by name: number of the day from START on -> amount."""
    rows = {
        name: [(START + timedelta(days=day), Decimal(amount)) for day, amount in of_one.items()]
        for name, of_one in days.items()
    }
    return kit(rows, as_of=as_of, inactive_after=10, lost_after=30, frequency="month")


def test_who_was_inactive_on_the_day_and_what_they_did(kit: Kit) -> None:
    day = START + timedelta(days=100)
    history = given(
        kit,
        day + timedelta(days=365),
        still_active={91: 10},
        just_inactive={90: 10},  # silent for 10 days, and for good
        returner={20: 5, 50: 5, 101: 40, 130: -5, 465: 3, 466: 100},  # the horizon ends on day 465
        too_late={40: 7, 466: 9},
        refunded={60: 8, 70: -3, 120: -2, 465: 4},  # a refund is no return, and no part of one
        later={101: 1},
    )
    names = ("window", "band", "customers", "watched_days", "spend", "former_value")
    found = outcomes(history, day, START)
    never = cells(found, *CELL, *names, window=None)
    assert never == [("lapsed_within_90", "once", None, 0, 2, 0, 0.0, 17.0)]
    back = [row for row in cells(found, *CELL, *names) if row[2] is not None]
    assert back == [
        ("lapsed_within_90", "once", 0, 2, 1, 1, 4.0, 5.0),
        ("lapsed_within_90", "very_active", 12, 5, 1, 365, 38.0, 10.0),
    ]
    assert found["customers"].sum() == 4


def test_only_purchases_since_a_day_say_who_was_inactive(kit: Kit) -> None:
    history = given(kit, START + timedelta(days=200), ann={0: 1, 30: 1}, bob={0: 1}, cat={5: 1})
    day = START + timedelta(days=60)
    everything = outcomes(history, day, START)
    assert cells(everything, *CELL, "customers") == [
        ("lapsed_within_90", "once", 2),
        ("lapsed_within_90", "very_active", 1),
    ]
    newer = outcomes(history, day, START + timedelta(days=1))
    # Of ann, one purchase is left to see; bob was never seen.
    assert cells(newer, *CELL, "customers") == [("lapsed_within_90", "once", 2)]


def test_brackets_begin_the_day_after(kit: Kit) -> None:
    day = START + timedelta(days=800)
    # Silent for 10 days, the lapse is today.
    edges = (0, 90, 91, 180, 181, 365, 366, 790)
    customers = {f"c{since}": {790 - since: 1} for since in edges}
    found = outcomes(given(kit, day, **customers), day, START)
    assert sorted(cells(found, "since_lapse", "customers")) == [
        ("lapsed_earlier", 2),
        ("lapsed_within_180", 2),
        ("lapsed_within_365", 2),
        ("lapsed_within_90", 2),
    ]


def test_bands_begin_at_1_2_and_5_of_each_power_of_ten(kit: Kit) -> None:
    assert [str(int(band)) for band in BANDS[:7]] == ["1", "2", "5", "10", "20", "50", "100"]
    day = START + timedelta(days=50)
    spent = ("0.99", "1", "1.99", "2", "500000000", "999999999")
    rows = {name: [(START, Decimal(1)), (day + timedelta(days=1), Decimal(name))] for name in spent}
    history = kit(rows, as_of=day + timedelta(days=1), inactive_after=10, lost_after=30)
    assert cells(outcomes(history, day, START), "band", "customers") == [
        (0, 1),
        (1, 2),
        (2, 1),
        (27, 2),
    ]


def test_spending_of_the_returns_that_were_watched_for_a_year(kit: Kit) -> None:
    as_of = START + timedelta(days=464)
    history = given(
        kit,
        as_of,
        watched={0: 1, 100: 10, 130: -4, 464: 5},  # day 464 is the 365th of the return
        too_young={0: 1, 101: 99},
        no_return={0: 1, 10: 7},  # 9 days of silence before it
        twice={0: 1, 20: 3, 40: 2},  # the second return is also part of the first one's year
    )
    found = growth(history, as_of)
    # Back 364, 444 and 424 days before the end: 4 is what is left of each, after twenties.
    assert cells(found, "fold", "days", "returns", "spend") == [
        (4, 0, 3, 15.0),
        (4, 20, 1, 2.0),
        (4, 30, 1, -4.0),
        (4, 364, 1, 5.0),
    ]


def test_nobody_returned() -> None:
    nothing = opportunity.growth(
        ibis.memtable([], schema=CUSTOMER_DAYS), inactive_after=30, as_of=START
    )
    assert nothing.to_pandas().empty


def drawn(seed: int) -> tuple[oracle.Days, date]:
    """Histories over some years, with silences on the very days that decide."""
    draw = random.Random(seed)
    as_of = START + timedelta(days=1100)
    days: oracle.Days = {}
    for number in range(40):
        day, amounts = START + timedelta(days=draw.randrange(700)), {}
        busy = draw.choice((3, 15, 40))
        while day <= as_of:
            amounts[day] = Decimal(draw.randint(1, 99_999)) / 100
            long = draw.choice((29, 30, 31, 119, 120, 121, 209, 210, 211, 364, 365, 366, 395, 396))
            day += timedelta(days=long if draw.random() < 0.2 else draw.randint(1, busy))
        for _ in range(draw.randrange(4)):
            amounts[START + timedelta(days=draw.randrange(1100))] = Decimal(draw.choice((0, -5)))
        days[f"customer {number}"] = sorted(amounts.items())
    return days, as_of


@pytest.mark.parametrize("seed", range(6))
def test_the_kit_and_the_oracle_agree(kit: Kit, seed: int) -> None:
    days, as_of = drawn(seed)
    history = kit(days, as_of=as_of, inactive_after=30, lost_after=60, frequency="month")
    seen = set()
    for day, since in ((400, 0), (600, 1), (765, 365), (1100, 365)):
        dates = START + timedelta(days=day), START + timedelta(days=since)
        found = outcomes(history, *dates)
        assert_same(found, oracle.outcomes(days, *dates, 30))
        seen |= {(row["since_lapse"], row["former_activity"]) for row in records(found)}
    assert len(seen) > 8
    assert_same(growth(history, as_of), oracle.growth(days, 30, as_of))
    day, since = START + timedelta(days=400), START + timedelta(days=10)
    asked = {"day": day, "since": since, "inactive_after": 30}
    [came] = opportunity.realised(history.customer_days, **asked).to_pandas().to_dict("records")
    rows = oracle.inactive_on(days, day, since, 30)
    spent = sum(row["spend_a_year"] for row in rows)
    back = sum(row["returned_on"] is not None for row in rows)
    assert came == {"customers": len(rows), "returned": back, "spend": pytest.approx(float(spent))}


@pytest.mark.parametrize("seed", [0, 3])
def test_nothing_after_the_horizon_counts(kit: Kit, seed: int) -> None:
    days, as_of = drawn(seed)
    day, since = START + timedelta(days=500), START + timedelta(days=20)
    end = day + timedelta(days=365)
    cut = {name: [row for row in rows if row[0] <= end] for name, rows in days.items()}
    cut = {name: rows for name, rows in cut.items() if rows}
    whole, known = (
        outcomes(kit(of, as_of=last, inactive_after=30, lost_after=60), day, since)
        for of, last in ((days, as_of), (cut, end))
    )
    pd.testing.assert_frame_equal(whole, known)


def test_schemas_hold_on_no_engine_at_all() -> None:
    days = ibis.table(CUSTOMER_DAYS, name="days")
    found = opportunity.outcomes(days, day=START, since=START, inactive_after=30)
    assert found.schema() == OUTCOMES
    assert opportunity.growth(days, inactive_after=30, as_of=START).schema() == GROWTH
    asked = {"day": START, "since": START, "inactive_after": 30}
    assert opportunity.realised(days, **asked).schema() == REALISED
