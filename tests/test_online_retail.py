"""Online Retail as its workbook and as other files: the same rows, the same figures."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from orders import customers, days, quality

from retention import open_unit
from retention.errors import DataRefused

ROOT = Path(__file__).resolve().parents[1]


HEADINGS = (
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
)
MUG, POSTAGE = ("85123A", "WHITE MUG"), ("POST", None)
FIRST_SHEET = [
    (536365, *MUG, 6, datetime(2010, 11, 1, 8, 26), 2.55, 17850.0, "United Kingdom"),
    (536365, *MUG, 6, datetime(2010, 11, 1, 8, 26), 2.55, 17850.0, "United Kingdom"),  # twice
    (536366, *MUG, 2, datetime(2010, 12, 1, 9, 0), 2.55, 13047, "United Kingdom"),  # in both sheets
    (536367, 22423, "CAKESTAND", 1, datetime(2010, 12, 2, 10, 0), 12.75, None, "United Kingdom"),
    (536368, *POSTAGE, 3, datetime(2010, 11, 3), 18, 12662.0, "Germany"),
]
SECOND_SHEET = [
    (536366, *MUG, 2, datetime(2010, 12, 1, 9, 0), 2.55, 13047, "United Kingdom"),
    ("C536379", "D", "Discount", -1, datetime(2011, 1, 1, 9, 41), 27.5, 17850.0, "United Kingdom"),
    (
        581483,
        23843,
        "PAPER CRAFT",
        80995,
        datetime(2011, 1, 9, 9, 15),
        2.08,
        16446.0,
        "United Kingdom",
    ),
    (
        "C581484",
        23843,
        "PAPER CRAFT",
        -80995,
        datetime(2011, 1, 9, 9, 27),
        2.08,
        16446,
        "United Kingdom",
    ),
    (
        "A563185",
        "B",
        "Adjust bad debt",
        1,
        datetime(2011, 1, 12, 14, 50),
        -11062.06,
        None,
        "United Kingdom",
    ),
    (581587, *MUG, 12, datetime(2011, 2, 28, 12, 50), 0.1, 17850, "United Kingdom"),
    (581588, *POSTAGE, 1, datetime(2011, 2, 28, 12, 51), 18.0, 12662, "Germany"),
]


def write_online_retail(folder: Path) -> dict[str, Path]:
    """The same rows as the published workbook, and as the files that people make of it."""
    folders = {kind: folder / kind for kind in ("xlsx", "csv", "csv_text_ids", "parquet")}
    for path in folders.values():
        path.mkdir()
    book = Workbook()
    book.remove(book.active)
    for title, rows in (("Year 2009-2010", FIRST_SHEET), ("Year 2010-2011", SECOND_SHEET)):
        sheet = book.create_sheet(title)
        for row in (HEADINGS, *rows):
            sheet.append(row)
    book.save(folders["xlsx"] / "online_retail_II.xlsx")
    table = pd.DataFrame([*FIRST_SHEET, *SECOND_SHEET], columns=list(HEADINGS))
    table.to_csv(folders["csv"] / "online_retail_II.csv", index=False)
    typed = table.astype({"Invoice": str, "StockCode": str, "Customer ID": "Int64"})
    typed.to_csv(folders["csv_text_ids"] / "online_retail_ii.csv", index=False)
    typed.to_parquet(folders["parquet"] / "online_retail_ii.parquet")
    return folders


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Path]]:
    folder = tmp_path_factory.mktemp("online_retail")
    params = folder / "params"
    shutil.copytree(ROOT / "params" / "online_retail_ii", params)
    return params, write_online_retail(folder)


KINDS = ("xlsx", "csv", "csv_text_ids", "parquet")


@pytest.mark.parametrize("kind", KINDS)
def test_online_retail_reads_the_same_from_every_kind_of_file(
    online_retail: tuple[Path, dict[str, Path]], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    params, folders = online_retail
    monkeypatch.setenv("RETENTION_REAL_DATA", str(folders[kind]))
    given = {"inactive_after": 60, "lost_after": 90}
    unit = open_unit(str(params / "united_kingdom.yaml"), **given)
    assert {key: float(amount) for key, amount in days(unit).items()} == {
        ("17850", date(2010, 11, 1)): 15.3,
        ("13047", date(2010, 12, 1)): 5.1,
        ("17850", date(2011, 1, 1)): -27.5,
        ("16446", date(2011, 1, 9)): 0,
        ("17850", date(2011, 2, 28)): 1.2,
    }
    assert quality(unit) == {
        "rows_in_source": (12, None),
        "rows_after_query": (10, -10983.21),
        "other_unit": (2, 72),
        "no_customer_id": (2, -11049.31),
        "no_date": (0, 0),
        "no_amount": (0, 0),
        "after_as_of": (0, 0),
        "kept": (6, -5.9),
        "refunds": (2, -168497.1),
        "days_without_purchase": (3, -27.5),
    }
    assert unit.as_of == date(2011, 2, 28)
    assert unit.ledger()["new"].tolist() == [1, 1, 0, 0]
    assert customers(open_unit(str(params / "germany.yaml"), **given)) == {"12662"}
    with pytest.raises(
        DataRefused, match=r"^france.yaml: no row has the unit 'France'; the data have 2"
    ):
        open_unit(str(params / "france.yaml"), **given)


def test_online_retail_gives_the_same_figures_from_every_kind_of_file(
    online_retail: tuple[Path, dict[str, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    params, folders = online_retail
    found = []
    for kind in KINDS:
        monkeypatch.setenv("RETENTION_REAL_DATA", str(folders[kind]))
        unit = open_unit(str(params / "united_kingdom.yaml"), inactive_after=60, lost_after=90)
        tables = (unit.ledger(), unit.cohorts(), unit.quality())
        found.append([table.to_csv(index=False) for table in tables])
    assert found == [found[0]] * len(KINDS)


def test_online_retail_without_its_folder_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RETENTION_REAL_DATA", raising=False)
    with pytest.raises(DataRefused) as caught:
        open_unit(str(ROOT / "params" / "online_retail_ii" / "spain.yaml"))
    assert str(caught.value).startswith(
        "spain.yaml: source ${RETENTION_REAL_DATA}/[oO]nline_retail"
    )
    assert "the environment variable RETENTION_REAL_DATA is not set" in str(caught.value)
