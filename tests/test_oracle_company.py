"""Every unit of a small sample company that sells, against the oracle, from the raw rows on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import oracle
import pandas as pd
import pytest
from histories import assert_same, records
from oracle import segmented, standings
from remembered import closes_remembered
from test_opportunity import in_order

from retention import Unit, audiences, open_unit
from retention.opportunity import growth, outcomes
from retention.sample import AS_OF, write_company
from retention.sample_units import UNITS
from retention.segments import segment_counts
from retention.winback import WinBack

SEGMENTS = ["channel", "region"]
DAYS = ["customer_id", "day", "amount"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    write_company(folder, customers=1200)
    return folder


@pytest.fixture(scope="module")
def rows(folder: Path) -> pd.DataFrame:
    """What the company wrote, but for lines written twice and those that nobody can place."""
    rows = pd.read_parquet(folder / "data" / "sample_transactions.parquet").drop_duplicates()
    rows = rows.dropna(subset=["customer_id", "ordered_at", "amount"])
    return rows.assign(day=rows["ordered_at"].dt.date)


@dataclass(frozen=True)
class Shop:
    """A unit as the kit opens it, and its rows."""

    unit: Unit
    rows: pd.DataFrame

    @cached_property
    def days(self) -> oracle.Days:
        return oracle.purchase_days_from_rows(self.rows[DAYS].itertuples(index=False), AS_OF)

    @cached_property
    def values(self) -> dict[str, dict[str, str]]:
        """Segment -> customer -> value, as the oracle reads them."""
        exact = self.rows.assign(amount=[Decimal(str(amount)) for amount in self.rows["amount"]])
        found: dict[str, dict[str, str]] = {}
        for name in SEGMENTS:
            found[name] = {}
            for customer, own in exact.groupby("customer_id"):
                days = {customer: self.days.get(customer, [])}
                told = list(own[[*DAYS, name]].itertuples(index=False, name=None))
                found[name] |= segmented.values(told, days, AS_OF)
        return found

    @property
    def thresholds(self) -> tuple[int, int]:
        return self.unit.thresholds.inactive_after, self.unit.thresholds.lost_after

    @cached_property
    def standing(self) -> list[oracle.Row]:
        return standings.standing(self.days, *self.thresholds, AS_OF)


@pytest.fixture(scope="module", params=[unit.names[0] for unit in UNITS])
def shop(request: pytest.FixtureRequest, folder: Path, rows: pd.DataFrame) -> Iterator[Shop]:
    unit = open_unit(str(folder / "params" / f"{request.param}.yaml"), segments=SEGMENTS)
    with closes_remembered():
        yield Shop(unit, rows[rows["unit"] == unit.settings.unit])


@pytest.mark.parametrize("name", audiences.NAMES)
def test_audiences(shop: Shop, name: str) -> None:
    since, within = AS_OF - timedelta(days=60), 60
    asked = audiences.Asked(AS_OF, since, within)
    found = audiences.audience(shop.unit.customers(), name, asked).to_pyarrow().to_pylist()
    expected = oracle.audience(shop.days, *shop.thresholds, AS_OF, name, since=since, within=within)
    assert sorted(found, key=lambda row: row["customer_id"]) == expected
    assert expected or name == audiences.WON_BACK


def test_onboarding(shop: Shop) -> None:
    expected = oracle.onboarding(shop.days, AS_OF, "month")
    assert len(expected) > 50
    assert_same(WinBack(shop.unit).onboarding(), expected)


def test_onboarding_by_segment(shop: Shop) -> None:
    expected = oracle.onboarding_by_segment(shop.days, shop.values, AS_OF)
    assert {row["segment"] for row in expected} == {*SEGMENTS}
    assert_same(WinBack(shop.unit).onboarding_segments(), expected)


def test_segments(shop: Shop) -> None:
    unit = shop.unit
    assert unit.segment_values is not None
    found = segment_counts(unit.spells, unit.segment_values, calendar=unit.calendar).to_pandas()
    expected = segmented.counts(shop.days, shop.values["channel"], shop.thresholds, AS_OF, "month")
    own = found[found["segment"] == "channel"].reset_index(drop=True)
    assert sum(row["numerator"] for row in expected) > 100
    assert_same(own, expected)


def test_standing_and_the_groups_of_the_inactive(shop: Shop) -> None:
    back = WinBack(shop.unit)
    found = back.standing.order_by("customer_id").to_pyarrow().to_pylist()
    assert found == shop.standing
    by_name = {(row["breakdown"], row["group"]): row for row in standings.inactive(shop.standing)}
    groups = records(back.inactive())
    assert len(groups) == len(by_name)
    assert_same(back.inactive(), [by_name[row["breakdown"], row["group"]] for row in groups])


def test_opportunity_cells(shop: Shop) -> None:
    unit, (inactive_after, _) = shop.unit, shop.thresholds
    for day, since in ((AS_OF, AS_OF.replace(year=2025)), (AS_OF.replace(year=2025), None)):
        asked = day, since or unit.calendar.first_day
        found = outcomes(
            unit.customer_days, day=asked[0], since=asked[1], inactive_after=inactive_after
        )
        expected = oracle.outcomes(shop.days, *asked, inactive_after)
        assert expected
        assert_same(in_order(found), expected)
    found = growth(unit.customer_days, inactive_after=inactive_after, as_of=AS_OF)
    assert_same(
        found.order_by("fold", "days").to_pandas(), oracle.growth(shop.days, inactive_after, AS_OF)
    )
