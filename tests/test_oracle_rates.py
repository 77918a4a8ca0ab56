"""The oracle's ledger and rates against figures worked out by hand."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import oracle
import pytest
from two_weeks import WEEKS, drawn, values


def test_ledger_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    week_1, week_2 = oracle.ledger(days, 2, 4, as_of, "week")
    # Week 1: ann, bob, cat and dan are new; ann (3 January) and dan (7 January) lapse; ann is lost
    # on 5 January. Bob and cat close active, dan dormant, ann lost. 4 purchases of 10, eve -10.
    assert week_1 == {
        "period": date(2024, 1, 1),
        "period_end": date(2024, 1, 8),
        "opening_active": 0,
        "new": 4,
        "reactivated": 0,
        "won_back": 0,
        "lapsed": 2,
        "closing_active": 2,
        "opening_dormant": 0,
        "closing_dormant": 1,
        "opening_lost": 0,
        "became_lost": 1,
        "closing_lost": 1,
        "intra_period_returns": 0,
        "revenue": Decimal(30),
    }
    # Week 2: bob lapses, is reactivated, lapses again; cat lapses, is reactivated and closes
    # active; ann is won back, lapses and is lost again; dan is lost, and refunded 10.
    # 5 purchases of 10, less 10.
    assert week_2 == {
        "period": date(2024, 1, 8),
        "period_end": date(2024, 1, 15),
        "opening_active": 2,
        "new": 0,
        "reactivated": 2,
        "won_back": 1,
        "lapsed": 4,
        "closing_active": 1,
        "opening_dormant": 1,
        "closing_dormant": 1,
        "opening_lost": 1,
        "became_lost": 2,
        "closing_lost": 2,
        "intra_period_returns": 1,
        "revenue": Decimal(40),
    }


def test_revenue_of_two_weeks() -> None:
    # Week 2: bob and cat buy twice, first of all when dormant; ann is won back, dan is refunded.
    days, as_of = drawn(**WEEKS)
    assert values(
        oracle.revenue(days, 2, 4, as_of, "week"), "period", "bought_as", "customers", "revenue"
    ) == [
        (date(2024, 1, 1), "new", 4, Decimal(40)),
        (date(2024, 1, 1), "no_purchase", 1, Decimal(-10)),
        (date(2024, 1, 8), "no_purchase", 1, Decimal(-10)),
        (date(2024, 1, 8), "reactivated", 2, Decimal(40)),
        (date(2024, 1, 8), "won_back", 1, Decimal(10)),
    ]


def test_a_purchase_that_meets_active_is_retained() -> None:
    days, as_of = drawn(c1="......$" + "$..$...")
    assert values(oracle.revenue(days, 2, 4, as_of, "week"), "bought_as", "revenue") == [
        ("new", Decimal(10)),
        ("retained", Decimal(20)),
    ]


def test_ledger_with_equal_thresholds_has_no_dormant() -> None:
    # states: AALLAAL, all in week 1: lapsed and lost on days 2 and 6, won back on day 4
    days, as_of = drawn(c1="$...$..")
    (week,) = oracle.ledger(days, 2, 2, as_of, "week")
    assert (week["new"], week["won_back"], week["reactivated"]) == (1, 1, 0)
    assert (week["lapsed"], week["became_lost"]) == (2, 2)
    assert (week["closing_active"], week["closing_dormant"], week["closing_lost"]) == (0, 0, 1)


def test_a_lapse_on_the_last_day_of_a_period_belongs_to_it() -> None:
    # Bought on 6 January, closes the 2nd day without a purchase on Monday 8 January: week 2.
    # Bought on 5 January: Sunday 7 January, week 1.
    days, as_of = drawn(sixth=".....$." + "." * 7, fifth="....$.." + "." * 7)
    assert values(oracle.ledger(days, 2, 9, as_of, "week"), "lapsed") == [(1,), (1,)]
    assert values(oracle.shares(days, 2, 9, as_of, "week"), "measure", "numerator", "denominator")[
        4:
    ] == [("churn", 1, 1), ("retention", 0, 1), ("reactivation", 0, 1), ("win_back", 0, 0)]


def test_rates_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    rows = oracle.shares(days, 2, 4, as_of, "week")
    assert values(rows, "period", "period_end", "measure", "numerator", "denominator", "rate") == [
        # nobody is there at the opening of week 1
        (date(2024, 1, 1), date(2024, 1, 8), "churn", 0, 0, None),
        (date(2024, 1, 1), date(2024, 1, 8), "retention", 0, 0, None),
        (date(2024, 1, 1), date(2024, 1, 8), "reactivation", 0, 0, None),
        (date(2024, 1, 1), date(2024, 1, 8), "win_back", 0, 0, None),
        # bob and cat open active, bob alone does not close so: his return in between is no matter
        (date(2024, 1, 8), date(2024, 1, 15), "churn", 1, 2, 0.5),
        (date(2024, 1, 8), date(2024, 1, 15), "retention", 1, 2, 0.5),
        # dan opens dormant and ann lost; ann buys, and counts though she does not close active
        (date(2024, 1, 8), date(2024, 1, 15), "reactivation", 1, 2, 0.5),
        (date(2024, 1, 8), date(2024, 1, 15), "win_back", 1, 1, 1.0),
    ]
    assert values(rows, "low", "high")[0] == (None, None)
    # 1 of 2: z^2 = 3.841459; 0.5 -+ z sqrt(0.125 + z^2/16) / (1 + z^2/2)
    #       = 0.5 -+ 1.959964 x 0.604227 / 2.920729 = 0.5 -+ 0.405469
    assert values(rows, "low", "high")[4] == pytest.approx((0.094531, 0.905469), abs=1e-6)
    # 1 of 1: low = 1 / (1 + z^2) = 1 / 4.841459
    assert values(rows, "low", "high")[7] == pytest.approx((0.206549, 1.0), abs=1e-6)


def test_revenue_churn_and_quick_ratio_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    rows = oracle.revenue_churn(days, 2, 4, as_of, "week") + oracle.quick_ratio(
        days, 2, 4, as_of, "week"
    )
    assert values(rows, "measure", "numerator", "denominator", "rate", "low", "high") == [
        ("revenue_churn", 0.0, 0.0, None, None, None),
        # of bob and cat, who have brought in 10 each, bob does not close active
        ("revenue_churn", 10.0, 20.0, 0.5, None, None),
        # 4 new, and ann and dan lapsed
        ("quick_ratio", 4.0, 2.0, 2.0, None, None),
        # ann is won back; bob lapses twice and is reactivated once, cat once, ann lapses
        ("quick_ratio", 3.0, 4.0, 0.75, None, None),
    ]
    assert len(oracle.rates(days, 2, 4, as_of, "week")) == 2 * 6


def test_revenue_churn_looks_back_365_days() -> None:
    # 10 on 1 January 2023 and 15 on 11 April 2023.
    start = date(2023, 1, 1)
    days = {"ann": [(start, Decimal(10)), (start + 100 * oracle.ONE_DAY, Decimal(15))]}
    as_of = date(2024, 6, 30)
    found = values(oracle.revenue_churn(days, 900, 900, as_of, "month"), "period", "denominator")
    assert dict(found)[date(2024, 1, 1)] == 25.0  # 1 January 2023 is 365 days back
    assert dict(found)[date(2024, 2, 1)] == 15.0
    assert dict(found)[date(2024, 4, 1)] == 15.0  # from 2 April 2023 on
    assert dict(found)[date(2024, 5, 1)] == 0.0


def test_wilson_against_a_published_interval() -> None:
    # Newcombe (1998), Table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    assert oracle.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert oracle.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert oracle.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert oracle.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@pytest.mark.parametrize("frequency", ["day", "week", "month"])
@pytest.mark.parametrize("thresholds", [(1, 1), (2, 4), (5, 5), (3, 20)])
def test_identities_on_random_histories(frequency: str, thresholds: tuple[int, int]) -> None:
    draw = random.Random(f"{frequency} {thresholds}")
    texts = {f"c{i}": "".join(draw.choices("$sr0.", [2, 1, 1, 1, 20], k=70)) for i in range(40)}
    days, as_of = drawn(**texts)
    before = {"closing_active": 0, "closing_dormant": 0, "closing_lost": 0}
    acquired = 0
    rows = oracle.ledger(days, *thresholds, as_of, frequency)
    rates = {
        (row["period"], row["measure"]): row
        for row in oracle.shares(days, *thresholds, as_of, frequency)
    }
    assert rows
    for row in rows:
        acquired += row["new"]
        back = row["reactivated"] + row["won_back"]
        dormant_to_lost = row["became_lost"] - (
            row["lapsed"] if thresholds[0] == thresholds[1] else 0
        )
        dormant_from_active = row["lapsed"] if thresholds[0] < thresholds[1] else 0
        assert row["closing_active"] == row["opening_active"] + row["new"] + back - row["lapsed"]
        assert row["closing_dormant"] == (
            row["opening_dormant"] + dormant_from_active - row["reactivated"] - dormant_to_lost
        )
        assert row["closing_lost"] == row["opening_lost"] + row["became_lost"] - row["won_back"]
        for name in ("active", "dormant", "lost"):
            assert row[f"opening_{name}"] == before[f"closing_{name}"]
        assert acquired == row["closing_active"] + row["closing_dormant"] + row["closing_lost"]
        churn = rates[row["period"], "churn"]
        assert churn["denominator"] == row["opening_active"]
        assert (
            churn["numerator"] + rates[row["period"], "retention"]["numerator"]
            == (row["opening_active"])
        )
        before = row
