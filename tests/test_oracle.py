"""The oracle against figures worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import oracle
import pytest
import timelines
from two_weeks import START, WEEKS, day, drawn

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
