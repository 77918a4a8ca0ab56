"""UCI Online Retail II: what others published of these data.

Needs RETENTION_REAL_DATA, the folder with online_retail_ii.parquet; skips without it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import oracle
import pytest
from histories import Kit, cells
from test_real_data import AS_OF, COUNTRIES, PARAMS

from retention import open_unit

SECOND_SHEET = "Year 2010-2011"


@pytest.mark.parametrize(
    ("kept", "cohorts"),
    [
        (
            "TRUE",  # all rows with an id
            {
                date(2010, 12, 1): [
                    948,
                    362,
                    317,
                    367,
                    341,
                    376,
                    360,
                    336,
                    336,
                    374,
                    354,
                    474,
                    260,
                ],
                date(2011, 1, 1): [421, 101, 119, 102, 138, 126, 110, 108, 131, 146, 155, 63],
            },
        ),
        (
            "Quantity > 0 AND Price > 0",
            {date(2010, 12, 1): [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]},
        ),
    ],
    ids=["all rows", "sales"],
)
def test_cohorts_of_the_second_sheet(
    kit: Kit, rows: duckdb.DuckDBPyConnection, kept: str, cohorts: dict[date, list[int]]
) -> None:
    # The published table counts returns as activity, so here every day with rows is a purchase day.
    found = rows.execute(
        f"""
        SELECT DISTINCT "Customer ID"::BIGINT::VARCHAR, InvoiceDate::DATE FROM retail
        WHERE sheet = ? AND "Customer ID" IS NOT NULL AND {kept}
        """,
        [SECOND_SHEET],
    ).fetchall()
    days: oracle.Days = {}
    for customer, day in found:
        days.setdefault(customer, []).append((day, Decimal(1)))
    table = kit(days, as_of=AS_OF, frequency="month").cohorts()
    for cohort, customers in cohorts.items():
        *complete, running = cells(
            table, "age", "customers", "cohort_size", "complete", cohort=cohort
        )
        ages = list(enumerate(customers))
        assert complete == [(age, count, customers[0], True) for age, count in ages[:-1]]
        assert running == (*ages[-1], customers[0], False)


def test_counts_of_the_whole_file(rows: duckdb.DuckDBPyConnection) -> None:
    counts = """
        SELECT count(*), count(DISTINCT "Customer ID"), count(DISTINCT Invoice),
            count(DISTINCT Country) FROM retail
    """
    assert rows.execute(counts).fetchone() == (1_067_370, 5_942, 53_628, 43)


@pytest.mark.usefixtures("real_data")
def test_sales_with_an_id_as_the_kit_counts_them() -> None:
    # Of the file as it stands, overlap and duplicates included, as those who published it counted.
    unit = open_unit(
        str(PARAMS / "united_kingdom.yaml"),
        query="""
            SELECT CAST("Customer ID" AS BIGINT) AS customer_id, InvoiceDate AS ordered_at,
                Quantity * Price AS amount
            FROM source
            WHERE "Customer ID" IS NOT NULL AND Invoice NOT LIKE 'C%' AND Quantity > 0 AND Price > 0
        """,
    )
    (kept,) = cells(unit.quality(), "rows", "amount", check="kept")
    assert kept == (805_548, pytest.approx(17_743_411.18, abs=0.005))
    ledger = unit.ledger()
    running = cells(unit.cohorts(), "cohort_size", age=0, complete=False)
    assert int(ledger["new"].sum()) + sum(running) == 5_878


def test_customers_of_the_countries(rows: duckdb.DuckDBPyConnection) -> None:
    distinct = dict(
        rows.execute(
            """SELECT Country, count(DISTINCT "Customer ID") FROM retail GROUP BY Country"""
        ).fetchall()
    )
    named = ("United Kingdom", "Germany", "France", "Spain", "Belgium", "Portugal")
    assert [distinct[name] for name in named] == [5410, 107, 95, 41, 29, 24]
    compared = {name.replace("_", " ").title() for name in COUNTRIES}
    assert compared == {name for name, count in distinct.items() if count >= 20}
