"""From raw rows to contracts: what is read, what is dropped and counted, what is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import ibis
import orders
import pandas as pd
import pytest
from orders import csv, quality, settings_file

from retention import Unit, open_unit
from retention.errors import DataRefused
from retention.quality import QUALITY
from retention.reporting.preflight import preflight
from retention.subscriptions import CONTRACTS, SUBSCRIPTIONS, TALLY
from retention.subscriptions import contracts as contracts_of
from retention.subscriptions import dates as dates_of
from retention.subscriptions import quality as quality_of
from retention.subscriptions import subscriptions as subscriptions_of
from retention.subscriptions import tally as tally_of

HEADER = "customer_id,started_on,ended_on,amount"
ROWS = (
    "ann,2024-01-05,,10",
    "ben,2024-01-20,2024-03-01,20.5",
    "ben,2024-03-01,,30",
    "cid,2024-02-10,2024-03-31,5.25",
)
CONTRACTS_OF_ROWS = {
    ("ann", date(2024, 1, 5), None): Decimal(10),
    ("ben", date(2024, 1, 20), date(2024, 3, 1)): Decimal("20.5"),
    ("ben", date(2024, 3, 1), None): Decimal(30),
    ("cid", date(2024, 2, 10), date(2024, 3, 31)): Decimal("5.25"),
}
CONTRACT_UNIT = {"model": "subscriptions", "inactive_after": None, "lost_after": None}


def opened(folder: Path, source: str = "a.csv", **keys: object) -> Unit:
    return open_unit(str(settings_file(folder, source, **{**CONTRACT_UNIT, **keys})))


def refused(folder: Path, source: str = "a.csv", **keys: object) -> str:
    return orders.refused(folder, source, **{**CONTRACT_UNIT, **keys})


def contracts(unit: Unit) -> dict[tuple[str, date, date | None], Decimal]:
    rows = unit.followed.to_pyarrow().to_pylist()
    assert len({(row["customer_id"], row["started_on"], row["ended_on"]) for row in rows}) == len(
        rows
    )
    return {(row["customer_id"], row["started_on"], row["ended_on"]): row["amount"] for row in rows}


def test_contracts_are_read_and_counted(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *ROWS, header=HEADER)
    unit = opened(tmp_path)
    # The last day that the data show is an end.
    assert unit.as_of == date(2024, 3, 31)
    assert contracts(unit) == CONTRACTS_OF_ROWS
    extent = unit.extent()
    assert re.fullmatch("4-[0-9a-f]{16}", str(extent.pop("fingerprint")))
    assert extent == {"rows": 4, "first_day": "2024-01-05", "last_day": "2024-03-31"}
    assert (unit.thresholds.inactive_after, unit.thresholds.lost_after) == (0, 0)
    assert quality(unit) == {
        "rows_in_source": (4, None),
        "rows_after_query": (4, 65.75),
        "other_unit": (0, 0),
        "no_customer_id": (0, 0),
        "no_date": (0, 0),
        "no_amount": (0, 0),
        "no_day_of_service": (0, 0),
        "after_as_of": (0, 0),
        "kept": (4, 65.75),
        "in_force": (2, 40),
        "free_of_charge": (0, 0),
    }


def test_every_row_that_is_dropped_is_counted_once(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        ",2024-01-01,,1",
        ",,,2",  # several faults: counted under the first
        "dan,,2024-02-01,4",
        "eve,2024-01-01,,",
        "eve,2024-02-01,2024-02-01,8",  # no day of service
        "fay,2024-04-01,,16",  # after as_of
        "gil,2024-03-31,,0",  # a service without a charge, begun on as_of
        "hal,2024-03-01,2024-04-01,32",  # ends after as_of: in force
    ]
    csv(tmp_path / "a.csv", *rows, header=HEADER)
    unit = opened(tmp_path, as_of="2024-03-31")
    found = quality(unit)
    assert found == {
        "rows_in_source": (12, None),
        "rows_after_query": (12, 65.75 + 63),
        "other_unit": (0, 0),
        "no_customer_id": (2, 3),
        "no_date": (1, 4),
        "no_amount": (1, 0),
        "no_day_of_service": (1, 8),
        "after_as_of": (1, 16),
        "kept": (6, 65.75 + 32),
        "in_force": (4, 40 + 32),
        "free_of_charge": (1, 0),
    }
    drops = ("no_customer_id", "no_date", "no_amount", "no_day_of_service", "after_as_of")
    parts = [found[name] for name in ("other_unit", *drops, "kept")]
    assert found["rows_after_query"] == tuple(map(sum, zip(*parts, strict=True)))
    assert ("hal", date(2024, 3, 1), None) in contracts(unit)


def test_rows_of_other_units_are_no_matter_of_this_one(tmp_path: Path) -> None:
    rows = [f"{row},Shop" for row in ROWS]
    rows += ["zoe,2024-06-01,2024-05-01,1,Other", "zoe,soon,,x,Other", "zoe,2024-04-30,,2,Other"]
    csv(tmp_path / "a.csv", *rows, header=f"{HEADER},unit")
    unit = opened(tmp_path)
    assert contracts(unit) == CONTRACTS_OF_ROWS
    assert quality(unit)["other_unit"][0] == 3
    # The data have not ended before: somebody's contract is dated later.
    assert unit.as_of == date(2024, 6, 1)


def test_equal_contracts_of_a_customer_add_up_and_order_does_not_matter(tmp_path: Path) -> None:
    rows = ["ann,2024-01-01,2024-03-01,0.1"] * 3 + ["ann,2024-01-01,2024-03-01,0.00005"]
    # Ends that are announced are no ends yet, and two of them are one.
    rows += ["ben,2024-01-01,2024-05-01,1", "ben,2024-01-01,9999-12-31,2", "ben,2024-01-01,,4"]
    expected = {
        ("ann", date(2024, 1, 1), date(2024, 3, 1)): Decimal("0.3001"),
        ("ben", date(2024, 1, 1), None): Decimal(7),
    }
    for order in (1, -1):
        csv(tmp_path / "a.csv", *rows[::order], header=HEADER)
        assert contracts(opened(tmp_path, as_of="2024-03-31")) == expected


def test_of_a_time_stamp_the_day_in_the_zone_of_the_unit_counts(tmp_path: Path) -> None:
    utc = UTC
    frame = pd.DataFrame(
        {
            "customer_id": [1.0, 2.0],
            "started_on": [datetime(2024, 1, 31, 23, 30, tzinfo=utc)] * 2,
            "ended_on": [datetime(2024, 3, 9, 22, 30, tzinfo=utc), None],
            "amount": [10, 20],
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    unit = opened(tmp_path, "a.parquet", timezone="Europe/Madrid", as_of="2024-03-31")
    assert contracts(unit) == {
        ("1", date(2024, 2, 1), date(2024, 3, 9)): Decimal(10),
        ("2", date(2024, 2, 1), None): Decimal(20),
    }


def test_a_column_of_ends_without_a_value_is_all_in_force(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"customer_id": ["a"], "started_on": ["2024-01-01"], "ended_on": [None], "amount": ["7"]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    unit = opened(tmp_path, "a.parquet", as_of="2024-03-31")
    assert contracts(unit) == {("a", date(2024, 1, 1), None): Decimal(7)}


# What is refused --------------------------------------------------------------------------------


def test_missing_columns_are_named_with_an_example(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "ann,2024-01-01,1", header="customer_id,started_on,amount")
    assert refused(tmp_path) == (
        "the data lack the column ended_on; they have customer_id, started_on, amount; name the "
        "right ones with a `query`, for instance `SELECT customer_id, started_on, ends AS "
        "ended_on, amount FROM source`"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,01/31/2024,,1", "column started_on: 1 of its values cannot be read as a date, first"),
        ("x,2024-01-31,open,1", "column ended_on: 1 of its values cannot be read as a date, first"),
        ("x,2024-01-31,,ten", "column amount: 1 of its values cannot be read as a number, first"),
        ("x,2024-01-31,,1e11", "column amount: 1 of its values cannot be read as a number, first"),
    ],
)
def test_cells_that_cannot_be_read_are_refused(tmp_path: Path, row: str, message: str) -> None:
    csv(tmp_path / "a.csv", *ROWS, row, header=HEADER)
    said = refused(tmp_path)
    assert said.startswith(message)
    assert f"{next(cell for cell in row.split(',')[1:] if cell and cell != '2024-01-31')!r}" in said


def test_an_example_of_how_to_read_a_column_names_it(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *ROWS, "x,2024-01-31,31/12/2024,1", header=HEADER)
    assert refused(tmp_path).endswith("for instance by strptime(ended_on, '%d/%m/%Y')")


def test_an_end_before_the_start_is_refused_with_the_rows(tmp_path: Path) -> None:
    rows = [f"x{i},2024-02-0{i},2024-01-3{i % 2},{i}" for i in range(5, 0, -1)]
    csv(tmp_path / "a.csv", *ROWS, *rows, header=HEADER)
    assert refused(tmp_path) == (
        "rows that end before they start: 5, first "
        "x1, 2024-02-01, 2024-01-31, 1; x2, 2024-02-02, 2024-01-30, 2; "
        "x3, 2024-02-03, 2024-01-31, 3; mend the source, or leave them out in the `query`"
    )


def test_an_amount_below_0_is_refused_with_the_rows(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *ROWS, "x,2024-02-01,,-3", header=HEADER)
    assert refused(tmp_path) == (
        "rows that have an amount below 0 (take a discount off the contract that it belongs to): "
        "1, first x, 2024-02-01, , -3; mend the source, or leave them out in the `query`"
    )


def test_no_contract_by_as_of(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *ROWS, header=HEADER)
    assert refused(tmp_path, as_of="2024-01-04") == (
        "as_of 2024-01-04 is before the first row in the data (2024-01-05); choose a later as_of, "
        "or a source that goes further back"
    )
    assert refused(tmp_path, as_of="2024-01-30") == (
        "subscriptions from 2024-01-05 to 2024-01-30 make no complete month; choose a shorter "
        "frequency or a later as_of"
    )


def test_rows_of_days_to_come_alone_are_refused(tmp_path: Path) -> None:
    day = date.today() + timedelta(days=400)
    csv(tmp_path / "a.csv", f"x,{day},,1", header=HEADER)
    assert "check started_on, or give as_of" in refused(tmp_path)


def test_the_check_before_a_run_works_for_contracts(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *ROWS, header=HEADER)
    path = settings_file(tmp_path, "a.csv", **CONTRACT_UNIT)
    (found,) = preflight([str(path)], params=tmp_path).units
    assert (found.model, found.as_of) == ("subscriptions", date(2024, 3, 31))


# The unit ---------------------------------------------------------------------------------------


def test_a_unit_of_contracts_gives_every_figure(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *ROWS, header=HEADER)
    unit = opened(tmp_path, lost_after=20)
    ledger = unit.ledger()
    assert ledger[["new", "lapsed", "closing_active", "closing_dormant"]].to_numpy().tolist() == [
        [2, 0, 2, 0],
        [1, 0, 3, 0],
        [0, 1, 2, 1],
    ]
    mrr = unit.recurring()
    assert mrr["closing_mrr"].tolist() == [30.5, 35.75, 40]
    assert mrr["expansion_mrr"].tolist() == [0, 0, 9.5]
    assert unit.revenue()["revenue"].sum() == pytest.approx(ledger["revenue"].sum())
    assert unit.rates().query("measure == 'churn'")["numerator"].tolist() == [0, 0, 1]
    assert unit.cohorts()["cohort_size"].tolist() == [2, 2, 2, 1, 1]
    assert len(unit.sensitivity()) == 9
    assert unit.thresholds.evidence["rule"].tolist() == ["contract_end", "given"]
    assert unit.returns().empty


def test_purchases_have_no_recurring_revenue(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *(",".join(map(str, row)) for row in orders.ORDERS))
    assert orders.opened(tmp_path, "a.csv").recurring().empty


def test_schemas_hold_on_no_engine_at_all() -> None:
    raw = ibis.table(
        {"customer_id": "int64", "started_on": "date", "ended_on": "timestamp", "amount": "int64"},
        name="raw",
    )
    typed = subscriptions_of(raw, unit="x")
    assert typed.schema() == SUBSCRIPTIONS
    counted = tally_of(typed)
    assert counted.schema() == TALLY
    as_of = date(2024, 1, 1)
    assert contracts_of(counted, as_of=as_of).schema() == CONTRACTS
    assert quality_of(counted, source_rows=1, as_of=as_of).schema() == QUALITY
    assert dates_of(counted).schema() == ibis.schema({"fault": "string", "day": "date"})


def test_customers_of_contracts_have_no_rfm(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *ROWS, header=HEADER)
    unit = opened(tmp_path)
    with pytest.raises(DataRefused, match="this unit has contracts instead"):
        unit.rfm()
