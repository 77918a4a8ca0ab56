"""What stands in a file comes out of it: quotes, ids, dates, sheets."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from orders import csv, customers, days, opened, quality, refused
from written_orders import LINES, workbook


def test_quotes_that_come_late_are_quotes(tmp_path: Path) -> None:
    late = ['"ann",2024-01-06,1', '"Smith, John",2024-02-10,2', '"a ""b""",2024-03-31,3']
    csv(tmp_path / "orders.csv", *LINES[:1] * 30_000, *late)
    assert customers(opened(tmp_path, "orders.csv")) == {"ann", "Smith, John", 'a "b"'}


def test_no_file_decides_the_type_of_a_column_of_another(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "7,2024-01-05,10", "7,2024-02-10,1")
    csv(tmp_path / "b.csv", "x,2024-03-31,0.5")
    unit = opened(tmp_path, "*.csv", query="SELECT *, amount AS a FROM source")
    assert customers(unit) == {"7", "x"}
    assert sum(days(unit).values()) == pytest.approx(11.5)


@pytest.mark.parametrize("query", [None, "SELECT client AS customer_id, * FROM source"])
@pytest.mark.parametrize(
    "ids", [("0123", "123"), ("12345678901234567890", "12345678901234567891"), ("007", "x")]
)
def test_ids_of_a_csv_stay_what_they_are(
    tmp_path: Path, ids: tuple[str, str], query: str | None
) -> None:
    header = "client,ordered_at,amount" if query else "customer_id,ordered_at,amount"
    rows = [f"{ids[0]},2024-01-05,1", f"{ids[1]},2024-03-31,1"]
    csv(tmp_path / "orders.csv", *rows, header=header)
    assert customers(opened(tmp_path, "orders.csv", query=query)) == set(ids)


@pytest.mark.parametrize("query", [None, "SELECT * FROM source"])
@pytest.mark.parametrize("ambiguous", ["01/02/2024", "02-03-24", "31/12/2023"])
def test_a_date_that_could_be_two_is_never_guessed(
    tmp_path: Path, ambiguous: str, query: str | None
) -> None:
    csv(tmp_path / "orders.csv", f"ann,{ambiguous},1", "ann,2024-03-31,2")
    message = refused(tmp_path, "orders.csv", query=query)
    assert message == (
        f"column ordered_at: 1 of its values cannot be read as a date, first '{ambiguous}'; mend "
        "the source, or convert the column in the `query`, for instance by "
        "strptime(ordered_at, '%d/%m/%Y')"
    )


def test_the_advice_for_dates_works(tmp_path: Path) -> None:
    csv(tmp_path / "orders.csv", "ann,01/02/2024,1", "ann,31/03/2024,2")
    query = "SELECT * REPLACE (strptime(ordered_at, '%d/%m/%Y') AS ordered_at) FROM source"
    unit = opened(tmp_path, "orders.csv", query=query)
    assert set(days(unit)) == {("ann", date(2024, 2, 1)), ("ann", date(2024, 3, 31))}


def test_a_sheet_keeps_the_type_of_its_cells(tmp_path: Path) -> None:
    january, march = datetime(2024, 1, 5, 23, 30), datetime(2024, 3, 31)
    workbook(
        tmp_path / "orders.xlsx",
        cover=[],
        first=[
            ("customer_id", "ordered_at", "amount", "unit", 2024),
            ("0123", january, 1, "NA", 1),
            (123, january, 2.5, "NA", None),
            ("A7", january, 3, "NA", None),
        ],
        second=[
            ("unit", "customer_id", "ordered_at", "amount"),
            ("NA", 13085.0, march, 4),
            ("NA", None, march, 5),
            ("null", 1, march, 1),
            (None, 1, march, 1),
        ],
    )
    unit = opened(tmp_path, "orders.xlsx", unit="NA")
    assert customers(unit) == {"0123", "123", "A7", "13085"}
    assert {day for _, day in days(unit)} == {january.date(), march.date()}
    assert quality(unit)["no_customer_id"] == (1, 5)
    assert quality(unit)["other_unit"] == (2, 2)
    sheets = opened(
        tmp_path, "orders.xlsx", query="SELECT * REPLACE (sheet AS unit) FROM source", unit="second"
    )
    assert customers(sheets) == {"13085", "1"}


def test_dates_and_text_mixed_in_a_sheet_are_both_read_or_named(tmp_path: Path) -> None:
    head, good = ("customer_id", "ordered_at", "amount"), datetime(2024, 1, 5, 12)
    workbook(tmp_path / "a.xlsx", s=[head, ("x", good, 1), ("x", "2024-03-31", 1), ("y", None, 1)])
    workbook(tmp_path / "b.xlsx", s=[head, ("x", good, 1), ("x", "31.03.2024", 1)])
    assert set(days(opened(tmp_path, "a.xlsx"))) == {
        ("x", date(2024, 1, 5)),
        ("x", date(2024, 3, 31)),
    }
    assert "cannot be read as a date, first '31.03.2024'" in refused(tmp_path, "b.xlsx")
