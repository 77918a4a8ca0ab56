"""RFM as the field defines it: published examples, a naive loop, and real data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
import pytest
from histories import Kit, cells
from orders import csv, opened

from retention import open_unit
from retention.rfm import RFM, rfm
from retention.transactions import CUSTOMER_DAYS, purchase_days

COLUMNS = ("customer_id", "frequency", "recency", "T", "monetary_value")


def day(text: str) -> date:
    return date.fromisoformat(f"2015-{text}")


def test_the_example_of_the_lifetimes_package(kit: Kit) -> None:
    # Transactions and summary as in the tests of lifetimes, observed until 7 February 2015.
    days = {
        "1": [(day("01-01"), Decimal(1)), (day("02-06"), Decimal(2))],
        "2": [(day("01-01"), Decimal(2))],
        "3": [(day("01-01"), Decimal(3)), (day("01-02"), Decimal(1)), (day("01-05"), Decimal(5))],
        "4": [(day("01-16"), Decimal(6)), (day("02-02"), Decimal(3)), (day("02-05"), Decimal(3))],
        "5": [(day("01-16"), Decimal(3)), (day("01-17"), Decimal(1)), (day("01-18"), Decimal(8))],
        "6": [(day("02-02"), Decimal(5))],
    }
    assert cells(kit(days, as_of=day("02-07")).rfm(), *COLUMNS) == [
        ("1", 1, 36, 37, 2.0),
        ("2", 0, 0, 37, 0.0),
        ("3", 2, 4, 37, 3.0),
        ("4", 2, 20, 22, 3.0),
        ("5", 2, 2, 22, 4.5),
        ("6", 0, 0, 5, 0.0),
    ]


def test_only_purchase_days_count(kit: Kit) -> None:
    # Refunds before, between and after; a day that nets to zero; two orders on a day.
    found = kit.drawn({"ann": "r$.r0.s..r", "bob": "r...r.....", "cat": ".........$"}).rfm()
    assert cells(found, *COLUMNS) == [("ann", 1, 5, 8, 15.0), ("cat", 0, 0, 0, 0.0)]


def test_schema_holds_on_no_engine_at_all() -> None:
    days = purchase_days(ibis.table(CUSTOMER_DAYS, name="days"))
    assert rfm(days, as_of=date(2024, 1, 1)).schema() == RFM


def test_a_unit_has_it_on_its_engine(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "ann,2024-01-02,1", "ann,2024-01-09,4", "ann,2024-01-31,6")
    table = opened(tmp_path, "a.csv").rfm()
    assert isinstance(table, ibis.Table)
    assert cells(table.to_pandas(), *COLUMNS) == [("ann", 2, 29, 29, 5.0)]


@pytest.mark.usefixtures("real_data")
def test_real_customers_are_those_of_a_loop() -> None:
    path = Path(__file__).parents[1] / "params" / "online_retail_ii" / "germany.yaml"
    unit = open_unit(str(path))
    found = unit.rfm().order_by("customer_id").to_pandas()
    days = unit.customer_days.to_pandas().astype({"amount": float, "day": "datetime64[s]"})
    as_of = pd.Timestamp(unit.as_of)
    expected = []
    for customer, own in days[days["bought"]].groupby("customer_id"):
        own = own.sort_values("day")
        repeats = own["amount"].iloc[1:]
        first, last = own["day"].iloc[0], own["day"].iloc[-1]
        mean = repeats.mean() if len(repeats) else 0.0
        expected.append(
            (customer, len(repeats), (last - first).days, (as_of - first).days, pytest.approx(mean))
        )
    assert len(expected) == 107
    assert cells(found, *COLUMNS) == expected
