"""Cohorts by first purchase: sizes, ages, what is 0 and what is absent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import ibis
import pandas as pd
from histories import History, Kit, cells
from weeks import WEEK_1, WEEK_2, WEEK_3

from retention.cohorts import COHORTS, LAPSES, average_retention, cohorts, lapses
from retention.lifecycle import SPELLS
from retention.periods import Calendar
from retention.transactions import DAYS_IN_ORDER


def row_of(history: History, cohort: date, name: str = "customers") -> list[object]:
    """One cohort row, age by age."""
    found = cells(history.cohorts(), "age", name, cohort=cohort)
    assert [age for age, _ in found] == list(range(len(found)))
    return [value for _, value in found]


# First purchases --------------------------------------------------------------------------------


def test_two_weeks_and_a_running_one(kit: Kit) -> None:
    history = kit.drawn(
        {
            "ann": "$...... ..$.... ...",
            "bob": ".....$. ..$.$.. ...",
            "cat": "......$ ...$.$. ...",
            "dan": "....$.. .r..... ...",
            "eve": "...r... ....... ...",  # in no cohort
            "fay": "....... ....... .s.",
        }
    )
    names = ("cohort", "age", "cohort_size", "customers", "retention", "revenue")
    assert cells(history.cohorts(), *names, "cumulative_revenue_per_customer", "complete") == [
        (WEEK_1, 0, 4, 4, 1.0, 40.0, 10.0, True),
        # ann 10, bob 20, cat 20, and dan's refund, who did not buy: 3 of 4
        (WEEK_1, 1, 4, 3, 0.75, 40.0, 20.0, True),
        # the running week: observed so far, empty so far, and marked
        (WEEK_1, 2, 4, 0, 0.0, 0.0, 20.0, False),
        (WEEK_3, 0, 1, 1, 1.0, 15.0, 15.0, False),
    ]


def test_cells_that_are_not_observed_are_absent_and_never_zero(kit: Kit) -> None:
    history = kit.drawn(
        {"ann": "$...... ....... .......", "bob": "....... $...... .......", "cat": "." * 20 + "$"}
    )
    assert cells(history.cohorts(), "cohort", "age", "customers") == [
        (WEEK_1, 0, 1),
        (WEEK_1, 1, 0),
        (WEEK_1, 2, 0),
        (WEEK_2, 0, 1),
        (WEEK_2, 1, 0),
        (WEEK_3, 0, 1),
    ]


def test_a_silent_month_keeps_its_place_in_a_row(kit: Kit) -> None:
    # Nobody at all buys in February; March stands at age 2 and not at age 1.
    days = {"ann": [date(2024, 1, 31), date(2024, 3, 1)], "bob": [date(2024, 1, 1)]}
    history = kit(tens(days), as_of=date(2024, 3, 31), frequency="month")
    assert row_of(history, date(2024, 1, 1)) == [2, 0, 1]
    assert row_of(history, date(2024, 1, 1), "revenue") == [20.0, 0.0, 10.0]
    assert row_of(history, date(2024, 1, 1), "complete") == [True, True, True]
    assert cells(history.cohorts(), "cohort") == [date(2024, 1, 1)] * 3


def test_a_period_without_a_first_purchase_is_no_cohort_and_shifts_none(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...... $...... $......", "bob": "....... ....... $......"})
    assert row_of(history, WEEK_1) == [1, 1, 1]
    assert row_of(history, WEEK_2) == []
    assert row_of(history, WEEK_3) == [1]


def test_a_returner_stays_in_the_cohort_of_the_first_purchase(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...... ....... $......"}, inactive_after=2, lost_after=4)
    assert cells(history.cohorts(), "cohort") == [WEEK_1] * 3


def test_age_counts_whole_periods_over_a_new_year_and_a_leap_day(kit: Kit) -> None:
    # Calendar months: 31 December to 1 January is age 1, and 29 February is age 2.
    days = {"ann": [date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 29)]}
    history = kit(tens(days), as_of=date(2024, 3, 15), frequency="month")
    assert row_of(history, date(2023, 12, 1)) == [1, 1, 1, 0]
    assert row_of(history, date(2023, 12, 1), "complete") == [True, True, True, False]


def test_iso_weeks_over_a_new_year(kit: Kit) -> None:
    # Thursday 31 December 2020 and Sunday 3 January 2021 are one week, Monday begins another.
    days = {
        "ann": [date(2020, 12, 31), date(2021, 1, 3)],
        "bob": [date(2021, 1, 3), date(2021, 1, 4)],
    }
    history = kit(tens(days), as_of=date(2021, 1, 10), frequency="week")
    assert row_of(history, date(2020, 12, 28)) == [2, 1]
    assert row_of(history, date(2020, 12, 28), "cohort_size") == [2, 2]


def test_the_running_period_is_complete_on_its_last_day(kit: Kit) -> None:
    for as_of, complete in ((date(2024, 2, 28), False), (date(2024, 2, 29), True)):
        history = kit(tens({"ann": [date(2024, 2, 1)]}), as_of=as_of, frequency="month")
        assert row_of(history, date(2024, 2, 1), "complete") == [complete]


def test_a_customer_who_buys_often_counts_once(kit: Kit) -> None:
    history = kit.drawn({"ann": "$.$.$.$ sss....", "bob": "...$... ......."})
    assert row_of(history, WEEK_1) == [2, 1]
    assert row_of(history, WEEK_1, "cohort_size") == [2, 2]


def test_days_that_net_to_nothing_are_no_purchase_and_no_first_one(kit: Kit) -> None:
    history = kit.drawn({"ann": "0...... $...... 0r.....", "bob": "$...... ....... ......."})
    assert row_of(history, WEEK_1) == [1, 0, 0]
    assert row_of(history, WEEK_2) == [1, 0]
    assert row_of(history, WEEK_2, "revenue") == [10.0, -10.0]


def test_amounts_before_the_first_purchase_are_in_no_cohort(kit: Kit) -> None:
    # Refunded in the week before, and in the same week before and after the first purchase.
    history = kit.drawn({"ann": "r...... r$r....", "bob": "$...... ......."})
    assert row_of(history, WEEK_2, "revenue") == [0.0]
    assert row_of(history, WEEK_1, "revenue") == [10.0, 0.0]


def test_cumulative_revenue_is_per_customer_of_the_cohort(kit: Kit) -> None:
    days = {
        "ann": [(date(2024, 1, 1), Decimal(10)), (date(2024, 1, 8), Decimal(-4))],
        "bob": [(date(2024, 1, 2), Decimal("0.5")), (date(2024, 1, 16), Decimal(6))],
        "cat": [(date(2024, 1, 9), Decimal(100))],
    }
    history = kit(days, as_of=date(2024, 1, 21))
    name = "cumulative_revenue_per_customer"
    assert row_of(history, WEEK_1, name) == [5.25, 3.25, 6.25]
    assert row_of(history, WEEK_2, name) == [100.0, 100.0]


# Averages ---------------------------------------------------------------------------------------


def cohort_cells(*rows: tuple[str, int, int, int, bool]) -> pd.DataFrame:
    names = ("cohort", "age", "cohort_size", "customers", "complete")
    return pd.DataFrame(rows, columns=list(names))


def test_the_average_is_pooled_over_complete_cells() -> None:
    # 900 of 1500 = 60 %; the mean of 50 %, 80 % and the incomplete 1.4 % would be 43.8 %, all three
    # pooled 910 of 2200 = 41.4 %, and the mean of the complete two 65 %.
    table = cohort_cells(
        ("2024-01-01", 1, 1000, 500, True),
        ("2024-02-01", 1, 500, 400, True),
        ("2024-03-01", 1, 700, 10, False),
    )
    average = average_retention(table)
    assert cells(average, "age", "customers", "cohort_size", "retention") == [(1, 900, 1500, 0.6)]


def test_each_age_is_averaged_over_the_cohorts_that_reached_it() -> None:
    table = cohort_cells(
        ("2024-01-01", 0, 10, 10, True),
        ("2024-01-01", 1, 10, 4, True),
        ("2024-01-01", 2, 10, 1, False),
        ("2024-02-01", 0, 30, 30, True),
        ("2024-02-01", 1, 30, 3, False),
    )
    assert cells(average_retention(table), "age", "retention") == [(0, 1.0), (1, 0.4)]


def test_average_of_a_history(kit: Kit) -> None:
    history = kit.drawn(
        {
            "ann": "$...... $...... $......  $.....",
            "bob": "$...... ....... $......  ......",
            "cat": "....... $...... .......  ......",
        }
    )
    assert cells(average_retention(history.cohorts()), "age", "customers", "cohort_size") == [
        (0, 3, 3),
        (1, 1, 3),
        (2, 2, 2),
    ]


def tens(days: dict[str, list[date]]) -> dict[str, list[tuple[date, Decimal]]]:
    """Every day with an amount of 10."""
    return {customer: [(day, Decimal(10)) for day in bought] for customer, bought in days.items()}


def test_schemas_hold_on_no_engine_at_all() -> None:
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    days, spells = ibis.table(DAYS_IN_ORDER, name="days"), ibis.table(SPELLS, name="spells")
    assert cohorts(days, calendar=calendar).schema() == COHORTS
    assert lapses(spells, calendar=calendar).schema() == LAPSES
