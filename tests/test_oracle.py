"""The oracle against figures worked out by hand."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import oracle
import pytest
import timelines

START = timelines.START


def day(i: int) -> date:
    """The i-th drawn day; the first is 0."""
    return START + timedelta(days=i)


def drawn(**histories: str) -> tuple[oracle.Days, date]:
    """Days and as_of of several drawn customers; all drawings end on the same day."""
    (as_of,) = {timelines.as_of(text) for text in histories.values()}
    rows = [
        row for name, text in histories.items() for row in timelines.purchases(text, START, name)
    ]
    return oracle.purchase_days_from_rows(rows, as_of), as_of


def values(rows: list[oracle.Row], *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


# Two whole weeks and three days of a third. inactive_after 2, lost_after 4, so by hand:
#        week 1   week 2   running         states at the close
# ann    $......  ..$....  ...             AADDLLL LLAADDL LLL
# bob    .....$.  ..$.$..  ...             -----AA DDAAAAD DLL
# cat    ......$  ...$.$.  ...             ------A ADDAAAA DDL
# dan    ....$..  .r.....  ...             ----AAD DLLLLLL LLL
# eve    ...r...  .......  ...             never a customer
WEEKS = {
    "ann": "$......" + "..$...." + "...",
    "bob": ".....$." + "..$.$.." + "...",
    "cat": "......$" + "...$.$." + "...",
    "dan": "....$.." + ".r....." + "...",
    "eve": "...r..." + "......." + "...",
}


# Timelines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "inactive_after", "lost_after", "purchases", "expected"),
    timelines.EXAMPLES,
    ids=[example[0] for example in timelines.EXAMPLES],
)
def test_examples(
    title: str, inactive_after: int, lost_after: int, purchases: str, expected: str
) -> None:
    days, as_of = drawn(c1=purchases)
    spells = oracle.spells(days, inactive_after, lost_after, as_of)
    assert timelines.states(spells, START, len(purchases)) == expected, title


def test_examples_are_drawn_to_the_same_length() -> None:
    assert all(len(bought) == len(states) for _, _, _, bought, states in timelines.EXAMPLES)


def test_leap_day_example_begins_on_28_february() -> None:
    *_, bought, _ = timelines.EXAMPLES[-1]
    assert day(bought.index("$")) == date(2024, 2, 28)


def test_several_orders_and_cancelled_orders_are_several_rows() -> None:
    rows = timelines.purchases("s0r", customer="x")
    assert rows == [
        ("x", day(0), 10.0),
        ("x", day(0), 5.0),
        ("x", day(1), 10.0),
        ("x", day(1), -10.0),
        ("x", day(2), -10.0),
    ]


def test_drawing_refuses_what_is_no_history() -> None:
    with pytest.raises(ValueError, match="unknown signs"):
        timelines.purchases("$ $")
    with pytest.raises(ValueError, match="two spells claim 2024-01-02"):
        timelines.states(
            [("c1", "active", day(0), None), ("c1", "dormant", day(1), None)], START, 3
        )
    with pytest.raises(ValueError, match="more than one customer"):
        timelines.states([("c1", "lost", day(0), day(1)), ("c2", "lost", day(1), None)], START, 3)
    with pytest.raises(ValueError, match="does not last a day"):
        timelines.states([("c1", "lost", day(1), day(1))], START, 3)


# Input ------------------------------------------------------------------------------------------


def test_rows_become_net_days() -> None:
    rows = [
        ("b", day(1), 0.1),
        ("b", day(1), 0.2),
        ("b", day(0), Decimal("5")),
        ("b", day(9), 7.0),  # after as_of
        (None, day(0), 1.0),
        ("b", None, 1.0),
        ("b", day(0), None),
        ("b", day(0), float("nan")),
        ("a", datetime(2024, 1, 1, 23, 59), 0.00004),
        ("a", day(1), 0.00005),
    ]
    assert oracle.purchase_days_from_rows(rows, day(8)) == {
        "a": [(day(0), Decimal("0.0000")), (day(1), Decimal("0.0001"))],
        "b": [(day(0), Decimal("5.0000")), (day(1), Decimal("0.3000"))],
    }


# States and spells ------------------------------------------------------------------------------


def test_ninety_days() -> None:
    # Bought on 1 January 2024. 31 January is 30 days later, 29 February 59, 31 March 90:
    # 31 March closes the 90th day in a row without a purchase. 29 June is 180 days later.
    bought = [date(2024, 1, 1)]
    assert oracle.state(bought, date(2023, 12, 31), 90, 180) is None
    assert oracle.state(bought, date(2024, 1, 1), 90, 180) == "active"
    assert oracle.state(bought, date(2024, 3, 30), 90, 180) == "active"
    assert oracle.state(bought, date(2024, 3, 31), 90, 180) == "dormant"
    assert oracle.state(bought, date(2024, 6, 28), 90, 180) == "dormant"
    assert oracle.state(bought, date(2024, 6, 29), 90, 180) == "lost"
    assert oracle.state([*bought, date(2024, 3, 31)], date(2024, 3, 31), 90, 180) == "active"


def test_ninety_days_prevented_on_the_very_day() -> None:
    days, as_of = drawn(just_in_time="$" + "." * 89 + "$", a_day_late="$" + "." * 90)
    assert oracle.spells(days, 90, 180, as_of) == [
        ("a_day_late", "active", date(2024, 1, 1), date(2024, 3, 31)),
        ("a_day_late", "dormant", date(2024, 3, 31), None),
        ("just_in_time", "active", date(2024, 1, 1), None),
    ]


def test_later_purchases_do_not_change_an_earlier_state() -> None:
    assert oracle.state([day(0), day(5)], day(3), 2, 4) == "dormant"


def test_spells_touch() -> None:
    days, as_of = drawn(**WEEKS)
    spells = [spell for spell in oracle.spells(days, 2, 4, as_of) if spell[0] == "bob"]
    assert spells == [
        ("bob", "active", day(5), day(7)),
        ("bob", "dormant", day(7), day(9)),
        ("bob", "active", day(9), day(13)),
        ("bob", "dormant", day(13), day(15)),
        ("bob", "lost", day(15), None),
    ]


def test_thresholds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        oracle.state([day(0)], day(0), 5, 4)


# Periods ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "first_day", "as_of", "expected"),
    [
        (
            "day",
            date(2024, 2, 29),
            date(2024, 3, 1),
            [
                (date(2024, 2, 29), date(2024, 3, 1), True),
                (date(2024, 3, 1), date(2024, 3, 2), True),
            ],
        ),
        (  # 1 January 2023 is a Sunday: it closes the week that began in 2022
            "week",
            date(2023, 1, 1),
            date(2023, 1, 7),
            [
                (date(2022, 12, 26), date(2023, 1, 2), True),
                (date(2023, 1, 2), date(2023, 1, 9), False),
            ],
        ),
        (  # the last day covered is the last day of the period: complete
            "month",
            date(2023, 12, 31),
            date(2024, 2, 29),
            [
                (date(2023, 12, 1), date(2024, 1, 1), True),
                (date(2024, 1, 1), date(2024, 2, 1), True),
                (date(2024, 2, 1), date(2024, 3, 1), True),
            ],
        ),
        (
            "quarter",
            date(2023, 9, 30),
            date(2024, 1, 1),
            [
                (date(2023, 7, 1), date(2023, 10, 1), True),
                (date(2023, 10, 1), date(2024, 1, 1), True),
                (date(2024, 1, 1), date(2024, 4, 1), False),
            ],
        ),
        (
            "year",
            date(2023, 6, 1),
            date(2024, 12, 30),
            [
                (date(2023, 1, 1), date(2024, 1, 1), True),
                (date(2024, 1, 1), date(2025, 1, 1), False),
            ],
        ),
    ],
)
def test_periods(
    frequency: str, first_day: date, as_of: date, expected: list[oracle.Period]
) -> None:
    assert oracle.periods(first_day, as_of, frequency) == expected


@pytest.mark.parametrize("month", range(1, 13))
def test_quarter_of_every_month(month: int) -> None:
    first_month = {1: 1, 2: 1, 3: 1, 4: 4, 5: 4, 6: 4, 7: 7, 8: 7, 9: 7, 10: 10, 11: 10, 12: 10}
    assert oracle.period_start(date(2023, month, 28), "quarter") == date(
        2023, first_month[month], 1
    )


# Ledger and rates -------------------------------------------------------------------------------


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


# Cohorts ----------------------------------------------------------------------------------------


def test_cohorts_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    names = ("cohort", "age", "cohort_size", "customers", "retention", "revenue")
    rows = oracle.cohorts(days, as_of, "week")
    assert values(rows, *names, "cumulative_revenue_per_customer", "complete") == [
        # ann, bob, cat, dan; eve is in no cohort
        (date(2024, 1, 1), 0, 4, 4, 1.0, Decimal(40), 10.0, True),
        # ann 10, bob 20, cat 20, and dan's refund without a purchase day
        (date(2024, 1, 1), 1, 4, 3, 0.75, Decimal(40), 20.0, True),
        # the running week: observed, empty, and incomplete
        (date(2024, 1, 1), 2, 4, 0, 0.0, Decimal(0), 20.0, False),
    ]


def test_cohorts_without_customers_have_no_rows_and_silent_periods_have() -> None:
    # Weeks 1 and 3 have a new customer, week 2 none; as_of closes week 3: no running week.
    days, as_of = drawn(
        early="s......" + "......." + "......$",
        late="......." + "......." + "$......",
    )
    names = ("cohort", "age", "customers", "revenue", "complete")
    assert values(oracle.cohorts(days, as_of, "week"), *names) == [
        (date(2024, 1, 1), 0, 1, Decimal(15), True),
        (date(2024, 1, 1), 1, 0, Decimal(0), True),
        (date(2024, 1, 1), 2, 1, Decimal(10), True),
        (date(2024, 1, 15), 0, 1, Decimal(10), True),
    ]


def test_amounts_before_the_first_purchase_are_in_no_cohort() -> None:
    # A refund in the week before and one in the week of the first purchase, both before it;
    # one after it counts. The ledger begins with the week of the first purchase, and has both of
    # that week's.
    days, as_of = drawn(c1="r......" + "r$r....")
    names = ("cohort", "age", "revenue", "cumulative_revenue_per_customer")
    assert values(oracle.cohorts(days, as_of, "week"), *names) == [
        (date(2024, 1, 8), 0, Decimal(0), 0.0)
    ]
    assert values(oracle.ledger(days, 2, 4, as_of, "week"), "period", "revenue") == [
        (date(2024, 1, 8), Decimal(-10))
    ]


def test_unbounded_cohort_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    # Of four, ann, bob and cat buy in week 2, and nobody later; the running week has no row.
    assert values(oracle.unbounded(days, as_of, "week"), "age", "customers", "retention") == [
        (0, 4, 1.0),
        (1, 3, 0.75),
    ]
    # Somebody who skips week 2 is still counted in it.
    days, as_of = drawn(ann="$......" + "......." + "$......", bob="$......" + "......." * 2)
    assert values(oracle.unbounded(days, as_of, "week"), "age", "customers") == [
        (0, 2),
        (1, 1),
        (2, 1),
    ]


def test_gross_and_refunded_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    refunds = {"dan": [(day(8), Decimal(-10))], "eve": [(day(3), Decimal(-10))]}
    names = ("age", "gross_revenue", "refunded", "revenue")
    assert values(oracle.cohort_revenue(days, refunds, as_of, "week"), *names) == [
        (0, Decimal(40), Decimal(0), Decimal(40)),
        (1, Decimal(50), Decimal(-10), Decimal(40)),
        (2, Decimal(0), Decimal(0), Decimal(0)),
    ]


# Follow-up --------------------------------------------------------------------------------------


def test_brackets_and_windows_by_hand() -> None:
    # as_of day 60: early (day 0) has been watched for 61 days, late (day 5) for 56.
    days, as_of = drawn(early="$" + "." * 29 + "$" + "." * 30, late="....." + "$" + "." * 54 + "$")
    names = ("from_day", "watched", "customers", "cumulative_revenue_per_customer", "complete")
    assert values(oracle.brackets(days, as_of, "month", (0, 30, 31, 57)), *names) == [
        (0, 2, 2, 10.0, True),
        (30, 2, 1, 15.0, True),
        (31, 1, 0, 20.0, False),
    ]
    assert values(oracle.rolling(days, as_of, "month"), "window", "watched", "customers") == [
        (0, 2, 2),
        (1, 1, 1),
    ]


def test_second_life_by_hand() -> None:
    # inactive_after 2, lost_after 4: day 3 meets dormant, day 33 meets lost. as_of day 63.
    days, as_of = drawn(ann="$..$" + "." * 29 + "$" + "." * 30)
    names = ("began_as", "window", "watched", "customers", "cumulative_revenue_per_customer")
    assert values(oracle.second_life(days, 2, 4, as_of), *names) == [
        ("new", 0, 1, 1, 20.0),
        ("new", 1, 1, 1, 30.0),
        ("reactivated", 0, 1, 1, 10.0),
        ("reactivated", 1, 1, 1, 20.0),  # day 33 is 30 days since day 3
        ("won_back", 0, 1, 1, 10.0),
    ]


def test_second_purchase_by_kaplan_meier() -> None:
    # x buys again after 2 days, y after 5, z not in 3, and w on the last day of all.
    # After 2 days 1 of 3; after 5 days 1 of 1: 1 - 2/3 x 0.
    days, as_of = drawn(x="$.$...", y="$....$", z="..$...", w=".....$")
    names = ("days", "at_risk", "second_purchases")
    rows = oracle.second_purchase(days, as_of)
    assert values(rows, *names) == [
        (0, 4, 0),
        (1, 3, 0),
        (2, 3, 1),
        (3, 2, 0),
        (4, 1, 0),
        (5, 1, 1),
    ]
    assert [row["second_purchase_share"] for row in rows] == pytest.approx(
        [0, 0, 1 / 3, 1 / 3, 1 / 3, 1]
    )


# Returns ----------------------------------------------------------------------------------------


def test_returns_of_two_weeks() -> None:
    days, as_of = drawn(**WEEKS)
    rows = oracle.returns(days, 2, 4, as_of, "week")
    names = ("lapse_period", "age", "lapsed", "returned", "return_share", "complete")
    assert values(rows, *names) == [
        # Lapses of week 1: ann on 3 January, back on the 10th (7 days); dan on the 7th, not back in
        # 10 days. A lapse on the 7th has been watched for 7 days; nobody is away for 14.
        (date(2024, 1, 1), 1, 2, 1, 0.5, True),
        # Lapses of week 2: bob on the 8th and cat on the 9th, each back 2 days later; ann on the
        # 12th and bob on the 14th, watched 5 and 3 days. Nobody is under watch after 7: no row.
    ]
    assert all(row["low"] is None and row["high"] is None for row in rows)


# inactive_after 2, as_of day 16. Lapses, all in week 1:
#   soon   lapses on day 3, back on day 4 (after 1), then buys daily
#   late   lapses on day 2, back on day 12 or 13 (after 10 or 11), then buys daily
#   never  lapses on day 2, watched for 14 days
#   short  lapses on day 6, watched for 10 days
SOON, NEVER, SHORT = ".$.." + "$" * 13, "$" + "." * 16, "....$" + "." * 12


def test_returns_by_kaplan_meier() -> None:
    # After 1 day 1 of 4 returns: 3/4 stay away. After 11 days `short` is watched no more: 1 of 2.
    # 1 - 3/4 x 1/2 = 5/8, where plain counting would say 2/4.
    days, as_of = drawn(soon=SOON, late="$" + "." * 12 + "$$$$", never=NEVER, short=SHORT)
    rows = oracle.returns(days, 2, 4, as_of, "week")
    assert values(rows, "age", "lapsed", "returned", "return_share", "complete") == [
        (1, 4, 1, 0.25, True),
        (2, 4, 2, 0.625, False),
    ]


def test_a_return_on_the_day_another_is_censored_still_has_it_at_risk() -> None:
    # After 10 days `short`, censored at 10, is at risk: 1 of 3. 1 - 3/4 x 2/3 = 1/2.
    days, as_of = drawn(soon=SOON, late="$" + "." * 11 + "$$$$$", never=NEVER, short=SHORT)
    rows = oracle.returns(days, 2, 4, as_of, "week")
    assert values(rows, "age", "returned", "return_share") == [(1, 1, 0.25), (2, 2, 0.5)]


def test_lapses_of_the_running_period_have_no_row() -> None:
    days, as_of = drawn(c1="......." + "$.....")
    assert oracle.returns(days, 2, 4, as_of, "week") == []


# Thresholds -------------------------------------------------------------------------------------

# as_of day 20. x: closed gaps 2, 1, 10, open 7. y: closed 2, open 18. z: open 4. The refund on
# day 8 and the day that nets to zero close no gap.
#   day 1: 7 at risk, 1 closes    1 - 6/7                 F = 1/7
#   day 2: 6 at risk, 2 close     1 - 6/7 x 4/6           F = 3/7
#   day 10: 2 at risk, 1 closes   1 - 6/7 x 4/6 x 1/2     F = 5/7
# The longest gap is the open one of 18 days: the horizon.
GAPS = {
    "x": "$.$$....r....$.......",
    "y": "$.$.0................",
    "z": "................s....",
}


@pytest.mark.parametrize(
    ("quantile", "expected"),
    [
        (0.1, 1),  # 1/14
        (0.2, 1),  # 1/7, reached exactly on day 1
        (0.21, 2),
        (0.6, 2),  # 3/7, reached exactly on day 2
        (0.61, 10),
        (Fraction(4, 5), 10),
        (1.0, 10),
    ],
)
def test_return_quantile(quantile: float | Fraction, expected: int) -> None:
    days, as_of = drawn(**GAPS)
    assert oracle.threshold(days, as_of, quantile) == expected


def test_return_quantile_looks_no_further_than_the_horizon() -> None:
    # F(9) = 3/7; 0.8 of it is 12/35, above F(1) = 1/7 and below F(2)
    days, as_of = drawn(**GAPS)
    assert oracle.threshold(days, as_of, 0.8, horizon=9) == 2
    assert oracle.threshold(days, as_of, 0.8, horizon=10) == 10


def test_a_gap_censored_at_g_days_is_at_risk_through_day_g() -> None:
    # Closed 3 and 5, open 3 and 0: at day 3 three are at risk: F(3) = 1/3, F(5) = 1.
    days, as_of = drawn(a="$..$....$", b=".....$...")
    third = Fraction(1, 3)
    assert oracle.shares_ended([3, 5], [0, 3], 6) == [0, 0, 0, third, third, 1, 1]
    assert oracle.closed_gaps(days, as_of) == [3, 5]
    assert oracle.open_gaps(days, as_of) == [0, 3]
    assert oracle.threshold(days, as_of, Fraction(1, 3)) == 3
    assert oracle.threshold(days, as_of, Fraction(1, 2)) == 5


def test_mean_gap_rounds_up() -> None:
    # Closed gaps 2, 1, 10, 2: the mean is 15/4. Twice is 7.5, four times is 15 and stays 15.
    days, _ = drawn(**GAPS)
    assert oracle.mean_gap(days, 2) == 8
    assert oracle.mean_gap(days, 4) == 15


def test_thresholds_need_a_closed_gap() -> None:
    days, as_of = drawn(once="$....")
    with pytest.raises(ValueError, match="two days"):
        oracle.threshold(days, as_of, 0.8)
    with pytest.raises(ValueError, match="two days"):
        oracle.mean_gap(days, 2)
    days, as_of = drawn(twice="$....$")
    with pytest.raises(ValueError, match="within 4 days"):
        oracle.threshold(days, as_of, 0.8, horizon=4)


# Edges ------------------------------------------------------------------------------------------


def test_nobody_bought() -> None:
    days, as_of = drawn(eve="r.0....")
    assert oracle.spells(days, 2, 4, as_of) == []
    assert oracle.ledger(days, 2, 4, as_of, "week") == []
    assert oracle.shares(days, 2, 4, as_of, "week") == []
    assert oracle.cohorts(days, as_of, "week") == []
    assert oracle.returns(days, 2, 4, as_of, "week") == []


def test_an_earlier_as_of_forgets_what_came_later() -> None:
    days, _ = drawn(**WEEKS)
    rows = [row for name, text in WEEKS.items() for row in timelines.purchases(text, START, name)]
    cut = oracle.purchase_days_from_rows(rows, day(6))
    for data in (days, cut):
        assert len(oracle.ledger(data, 2, 4, day(6), "week")) == 1
    assert oracle.ledger(days, 2, 4, day(6), "week") == oracle.ledger(cut, 2, 4, day(6), "week")
    assert oracle.spells(days, 2, 4, day(6)) == oracle.spells(cut, 2, 4, day(6))
    assert oracle.cohorts(days, day(6), "week") == oracle.cohorts(cut, day(6), "week")
