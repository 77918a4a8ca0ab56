"""UCI Online Retail II: the published files of three units against the oracle.

Needs RETENTION_REAL_DATA, the folder with online_retail_ii.parquet; skips without it.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import oracle
import pytest
from histories import assert_same, assert_same_returns, cells, records
from oracle import standings
from remembered import closes_remembered
from test_opportunity import in_order

from retention import Unit, audiences, open_unit, opportunity
from retention.params import settings
from retention.reporting import audience
from retention.winback import WinBack

PARAMS = Path(__file__).parents[1] / "params" / "online_retail_ii"
AS_OF = date(2011, 12, 9)
INACTIVE_AFTER, LOST_AFTER = 90, 180


@dataclass(frozen=True)
class Country:
    """A unit as the kit opens it, and its days as the oracle takes them."""

    unit: Unit
    days: oracle.Days
    refunds: oracle.Days

    @property
    def asked(self) -> tuple[oracle.Days, int, int, date, str]:
        return self.days, INACTIVE_AFTER, LOST_AFTER, AS_OF, "month"


COUNTRIES = {
    "united_kingdom": None,
    "germany": None,
    "france": None,
    "spain": None,
    "belgium": None,
    # Too small for a file of their own in params/; the other settings are the same.
    **dict.fromkeys(("Portugal", "Netherlands", "Switzerland"), "germany"),
}
"""The units with 20 customers or more -> the settings that they borrow."""


@pytest.fixture(scope="module", params=COUNTRIES)
def country(
    request: pytest.FixtureRequest,
    rows: duckdb.DuckDBPyConnection,
) -> Iterator[Country]:
    borrowed = COUNTRIES[request.param]
    asked = {
        "unit": request.param if borrowed else None,
        "inactive_after": INACTIVE_AFTER,
        "lost_after": LOST_AFTER,
    }
    unit = open_unit(settings(PARAMS / f"{borrowed or request.param}.yaml", overrides=asked))
    # Equal rows but for the sheet are one row.
    found = rows.execute(
        """
        SELECT "Customer ID", InvoiceDate, Quantity * Price
        FROM (SELECT DISTINCT * EXCLUDE sheet FROM retail)
        WHERE Country = ?
        """,
        [unit.settings.unit],
    ).fetchall()
    named = [(None if name is None else int(name), *row) for name, *row in found]
    days = oracle.purchase_days_from_rows(named, AS_OF)
    refunds = oracle.purchase_days_from_rows([row for row in named if row[-1] < 0], AS_OF)
    with closes_remembered():
        yield Country(unit, days, refunds)


def test_ledger(country: Country) -> None:
    assert country.unit.as_of == AS_OF
    assert_same(country.unit.ledger(), oracle.ledger(*country.asked))


def test_revenue(country: Country) -> None:
    assert_same(country.unit.revenue(), oracle.revenue(*country.asked))


def test_rates(country: Country) -> None:
    assert_same(country.unit.rates(), oracle.rates(*country.asked))


def test_cohorts(country: Country) -> None:
    assert_same(country.unit.cohorts(), oracle.cohorts(country.days, AS_OF, "month"))


def test_unbounded(country: Country) -> None:
    assert_same(country.unit.unbounded(), oracle.unbounded(country.days, AS_OF, "month"))


def test_rolling(country: Country) -> None:
    assert_same(country.unit.rolling(), oracle.rolling(country.days, AS_OF, "month"))


def test_cohort_revenue(country: Country) -> None:
    expected = oracle.cohort_revenue(country.days, country.refunds, AS_OF, "month")
    assert_same(country.unit.cohort_revenue(), expected)
    assert sum(row["refunded"] for row in expected) < 0


def test_second_purchase(country: Country) -> None:
    found = country.unit.second_purchase().drop(columns=["censored", "low", "high"])
    assert_same(found, oracle.second_purchase(country.days, AS_OF))


def test_second_life(country: Country) -> None:
    expected = oracle.second_life(country.days, INACTIVE_AFTER, LOST_AFTER, AS_OF)
    assert_same(country.unit.second_life(), expected)


def test_returns(country: Country) -> None:
    assert_same_returns(country.unit.returns(), oracle.returns(*country.asked))


def test_audiences(country: Country) -> None:
    customers = country.unit.customers()
    since, within = AS_OF - timedelta(days=30), 14
    for name in audiences.NAMES:
        found = audiences.audience(customers, name, audiences.Asked(AS_OF, since, within))
        expected = oracle.audience(*country.asked[:-1], name, since=since, within=within)
        rows = found.to_pyarrow().to_pylist()
        assert sorted(rows, key=lambda row: row["customer_id"]) == expected, name
        if country.unit.settings.unit == "United Kingdom":
            assert expected, name


def test_written_audiences(country: Country, tmp_path: Path) -> None:
    since = AS_OF - timedelta(days=30)
    for name, asked in (("became-dormant", {"since": since}), ("lost-high-value", {})):
        file = tmp_path / f"{name}.csv"
        request = {"out": file, "reports": tmp_path / "reports", "holdout": 0.1, "seed": "7"}
        written = audience.write(country.unit, audience.Request(name=name, **request, **asked))
        expected = oracle.audience(*country.asked[:-1], name, **asked)
        assert written.record["customers"] == len(expected)
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert [Decimal(row.pop("value_365d")) for row in rows] == [
            row.pop("value_365d") for row in expected
        ]
        for row, own in zip(rows, expected, strict=True):
            draw = int(hashlib.sha256(f"7\n{own['customer_id']}".encode()).hexdigest(), 16)
            beside = {
                "arm": "control" if draw < Decimal("0.1") * 2**256 else "treated",
                "campaign": f"{country.unit.settings.slug}-{name}-2011-12-09",
                "contacted_on": "2011-12-10",
                "unit": country.unit.settings.unit,
                "planned_control": "0.1",
            }
            assert row == {key: str(value) for key, value in own.items()} | beside


def test_inactive(country: Country) -> None:
    own = standings.standing(*country.asked[:-1])
    by_name = {(row["breakdown"], row["group"]): row for row in standings.inactive(own)}
    found = WinBack(country.unit).inactive()
    expected = [by_name.pop((row["breakdown"], row["group"])) for row in records(found)]
    assert_same(found, expected)
    assert by_name == {}


def test_opportunity_cells(country: Country) -> None:
    unit, day = country.unit, AS_OF.replace(year=2010)
    asked = {"day": day, "since": unit.calendar.first_day, "inactive_after": INACTIVE_AFTER}
    found = in_order(opportunity.outcomes(unit.customer_days, **asked))
    assert_same(found, oracle.outcomes(country.days, *asked.values()))
    found = opportunity.growth(unit.customer_days, inactive_after=INACTIVE_AFTER, as_of=AS_OF)
    expected = oracle.growth(country.days, INACTIVE_AFTER, AS_OF)
    assert_same(found.order_by("fold", "days").to_pandas(), expected)


def test_an_order_cancelled_minutes_later_is_no_purchase_day(country: Country) -> None:
    # Customer 16446 of the United Kingdom: order 581483 over 168,469.60 and C581484.
    days = country.unit.customer_days
    found = cells(days.filter(days.customer_id == "16446").to_pandas(), "day", "amount")
    if country.unit.settings.unit == "United Kingdom":
        assert (date(2011, 12, 9), Decimal(0)) in found
    else:
        assert found == []


@pytest.mark.usefixtures("real_data")
def test_thresholds_of_the_united_kingdom() -> None:
    found = open_unit(str(PARAMS / "united_kingdom.yaml")).thresholds
    assert (found.inactive_after, found.lost_after, found.horizon) == (98, 228, 365)
