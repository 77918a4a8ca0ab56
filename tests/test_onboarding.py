"""How many come a second time within 30, 60 and 90 days, of those watched for so long."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import ibis
import oracle
import pandas as pd
import pyarrow as pa
import pytest
from histories import History, Kit, assert_same, cells
from test_agreement import drawn as random_histories

from retention import open_unit
from retention.onboarding import (
    BY_SEGMENT,
    FIRST_TWO,
    ONBOARDING,
    by_segment,
    first_two,
    onboarding,
)
from retention.transactions import CUSTOMER_DAYS, purchase_days

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def table(history: History) -> ibis.Table:
    return first_two(purchase_days(history.customer_days), calendar=history.calendar)


def figures(history: History) -> pd.DataFrame:
    return onboarding(table(history), calendar=history.calendar).to_pandas()


def after(start: date, *days: int) -> list[tuple[date, Decimal]]:
    return [(start + timedelta(days=day), Decimal(10)) for day in days]


@pytest.fixture
def spring(kit: Kit) -> History:
    return kit(
        {
            "at 30": after(JANUARY, 0, 30),
            "at 31": after(JANUARY, 0, 31, 40),
            "never": after(JANUARY, 0),
            "late": after(date(2024, 1, 20), 0, 10),  # watched for 60 days
            "refund": [*after(FEBRUARY, 0), (date(2024, 2, 5), Decimal(-10))],
            "again": after(date(2024, 2, 10), 0, 1),
        },
        as_of=date(2024, 3, 30),
        frequency="month",
    )


def test_only_who_was_watched_so_long_counts(spring: History) -> None:
    # As of 30 March those of 1 January have been watched for 89 days, of 1 February for 58.
    names = ("cohort", "days", "cohort_size", "watched", "second_purchases", "complete")
    assert cells(figures(spring), *names) == [
        (JANUARY, 30, 4, 4, 2, True),
        (JANUARY, 60, 4, 4, 3, True),
        (FEBRUARY, 30, 2, 2, 1, True),
    ]
    low, high = cells(figures(spring), "low", "high", cohort=FEBRUARY)[0]
    assert (low, high) == pytest.approx((0.094531, 0.905469), abs=1e-6)


def test_a_cohort_of_which_some_were_watched_is_marked(kit: Kit) -> None:
    days = {"ann": after(JANUARY, 0, 5), "bob": after(date(2024, 1, 31), 0, 1)}
    history = kit(days, as_of=date(2024, 2, 15), frequency="month")
    names = ("days", "cohort_size", "watched", "second_purchases", "complete")
    assert cells(figures(history), *names) == [(30, 2, 1, 1, False)]


def test_a_running_period_is_never_complete(kit: Kit) -> None:
    history = kit({"ann": after(JANUARY, 0, 5)}, as_of=date(2024, 2, 15), frequency="quarter")
    assert cells(figures(history), "watched", "complete") == [(1, False)]


def test_the_last_day_of_the_mark_counts(kit: Kit) -> None:
    history = kit({"ann": after(JANUARY, 0, 30)}, as_of=date(2024, 1, 31), frequency="month")
    assert cells(figures(history), "watched", "second_purchases") == [(1, 1)]


def test_segments_part_the_customers(kit: Kit, spring: History) -> None:
    names = ["at 30", "at 31", "never", "late", "refund", "again"]
    values = pa.table(
        {
            "customer_id": names,
            "segment": ["channel"] * 6,
            "value": ["web", "shop", "web", "shop", "web", "unknown"],
        }
    )
    found = by_segment(table(spring), kit.stored(values)).to_pandas()
    columns = ("segment", "value", "days", "cohort_size", "watched", "second_purchases")
    assert cells(found, *columns) == [
        ("channel", "shop", 30, 2, 2, 1),
        ("channel", "shop", 60, 2, 2, 2),
        ("channel", "unknown", 30, 1, 1, 1),
        ("channel", "web", 30, 3, 3, 1),
        ("channel", "web", 60, 3, 2, 1),
    ]


@pytest.mark.parametrize("seed", [2, 3, 4, 7])
def test_the_oracle_agrees(kit: Kit, seed: int) -> None:
    drawn = random_histories(seed)
    history = kit(drawn.days, as_of=drawn.as_of, frequency=drawn.frequency, rules=drawn.rules)
    expected = oracle.onboarding(drawn.days, drawn.as_of, drawn.cut)
    assert len(expected) > 5
    assert_same(figures(history), expected)


def test_the_oracle_agrees_on_the_united_kingdom(real_data: Path) -> None:
    unit = open_unit(str(PARAMS / "united_kingdom.yaml"))
    firsts = first_two(purchase_days(unit.customer_days), calendar=unit.calendar)
    found = onboarding(firsts, calendar=unit.calendar).to_pandas()
    days: oracle.Days = {}
    for row in unit.customer_days.to_pyarrow().to_pylist():
        days.setdefault(row["customer_id"], []).append((row["day"], row["amount"]))
    assert_same(found, oracle.onboarding(days, unit.as_of, "month"))
    assert real_data.is_dir()


PARAMS = Path(__file__).parents[1] / "params" / "online_retail_ii"


def test_schemas_hold_on_no_engine_at_all(spring: History) -> None:
    days = purchase_days(ibis.table(CUSTOMER_DAYS, name="days"))
    firsts = first_two(days, calendar=spring.calendar)
    assert firsts.schema() == FIRST_TWO
    assert onboarding(firsts, calendar=spring.calendar).schema() == ONBOARDING
    values = {"customer_id": "string", "segment": "string", "value": "string"}
    assert by_segment(firsts, ibis.table(values, name="values")).schema() == BY_SEGMENT
