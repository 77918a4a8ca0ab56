"""Days that add up, and the account of what was dropped."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from orders import COLUMNS, csv, days, opened, quality, refused
from written_columns import FIRST, LAST


def test_what_cannot_be_read_in_a_row_that_is_dropped_anyway_is_not_asked_for(
    tmp_path: Path,
) -> None:
    header = "customer_id,ordered_at,amount,unit"
    rows = ["a,2024-01-05,1,Shop", "a,2024-03-31,1,Shop", ",soon,1,Shop", "a,never,much,Other"]
    csv(tmp_path / "a.csv", *rows, header=header)
    unit = opened(tmp_path, "a.csv")
    assert quality(unit)["no_customer_id"] == (1, 1)
    assert quality(unit)["other_unit"] == (1, 0)
    csv(tmp_path / "a.csv", *rows, "a,soon,1,Shop", "b,,much,Shop", header=header)
    assert refused(tmp_path, "a.csv").startswith(
        "column ordered_at: 1 of its values cannot be read as a date, first 'soon'; mend"
    )


def test_several_orders_of_a_day_add_up(tmp_path: Path) -> None:
    rows = ["a,2024-02-01 08:00,10", "a,2024-02-01 23:59,-4", "a,2024-02-02,-1", "b,2024-02-01,-10"]
    csv(tmp_path / "a.csv", FIRST, *rows, LAST)
    found = days(opened(tmp_path, "a.csv"))
    assert found["a", date(2024, 2, 1)] == 6
    assert found["a", date(2024, 2, 2)] == -1
    assert found["b", date(2024, 2, 1)] == -10


@pytest.mark.parametrize(
    ("amounts", "total", "bought"),
    [
        (["0.1", "0.2", "-0.3"], "0", False),
        (["168469.6", "-168469.6"], "0", False),
        (["1e13", "0.01", "-1e13"], "0.01", True),
        (["0.0001"], "0.0001", True),
        (["0.00004"], "0", False),
        (["0.00006"], "0.0001", True),
        (["0.00003"] * 2, "0.0001", True),
        (["-0.00004", "0"], "0", False),
        (["1.00005"], "1.0001", True),
        (["0"], "0", False),
    ],
)
def test_a_day_is_rounded_once_to_a_ten_thousandth(
    tmp_path: Path, amounts: list[str], total: str, bought: bool
) -> None:
    csv(tmp_path / "a.csv", FIRST, LAST, *(f"ann,2024-02-01,{amount}" for amount in amounts))
    unit = opened(tmp_path, "a.csv")
    assert days(unit)["ann", date(2024, 2, 1)] == Decimal(total)
    assert unit.cohorts().query("age == 0")["customers"].sum() == (3 if bought else 2)


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    rng = random.Random(20240229)
    rows = [
        f"c{rng.randrange(300)},{date(2023, 1, 1) + timedelta(rng.randrange(500))},"
        f"{rng.choice((-1, 1, 1, 1)) * rng.randrange(10**6) / 1000}"
        for _ in range(5_000)
    ]
    found = []
    for _ in range(2):
        csv(tmp_path / "a.csv", *rows)
        unit = opened(tmp_path, "a.csv")
        found.append((days(unit), unit.quality().to_csv(), unit.ledger().to_csv()))
        rng.shuffle(rows)
    assert found[0] == found[1]


FAULTS = """\
customer_id,ordered_at,amount,unit
ann,2024-01-05,10,Shop
ann,2024-01-05,-4,Shop
ben,2024-02-01,7.5,Shop
cid,2024-03-01,-2,Shop
,2024-01-09,3,Shop
  ,2024-01-10,2,Shop
dan,,5,Shop
eve,2024-01-11,,Shop
eve,2024-01-11,nan,Shop
fay,2024-04-01,9,Shop
ann,2024-01-05,100,Other
,,,Shop
,2024-04-02,64,Shop
dan,,,Shop
fay,2024-04-02,,Shop
,,1,Other
"""


def test_the_account_of_a_file_with_one_of_each_fault(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FAULTS)
    unit = opened(tmp_path, "a.csv", as_of="2024-03-31")
    assert quality(unit) == {
        "rows_in_source": (16, None),
        "rows_after_query": (16, 195.5),
        "other_unit": (2, 101),
        "no_customer_id": (4, 69),
        "no_date": (2, 5),
        "no_amount": (3, 0),
        "after_as_of": (1, 9),
        "kept": (4, 11.5),
        "refunds": (2, -6),
        "days_without_purchase": (1, -2),
    }
    assert list(unit.quality().columns) == ["check", "rows", "amount", "level"]
    warned = unit.quality().query("level == 'warning'")["check"]
    assert set(warned) == {"no_customer_id", "no_date", "no_amount", "after_as_of"}
    assert days(unit) == {
        ("ann", date(2024, 1, 5)): 6,
        ("ben", date(2024, 2, 1)): Decimal("7.5"),
        ("cid", date(2024, 3, 1)): -2,
    }
    query = "SELECT * FROM source WHERE amount IS DISTINCT FROM 10"
    assert quality(opened(tmp_path, "a.csv", as_of="2024-03-31", query=query)) == quality(unit) | {
        "rows_after_query": (15, 185.5),
        "kept": (3, 1.5),
        "days_without_purchase": (2, -6),
    }


@pytest.mark.parametrize(("blank", "level"), [(5, "note"), (6, "warning")])
def test_a_drop_of_more_than_a_twentieth_is_a_warning(
    tmp_path: Path, blank: int, level: str
) -> None:
    rows = [FIRST, LAST, *["a,2024-02-01,1"] * (98 - blank), *[",2024-02-01,1"] * blank]
    csv(tmp_path / "a.csv", *rows)
    table = opened(tmp_path, "a.csv").quality().set_index("check")
    assert table.loc["no_customer_id", "level"] == level
    assert set(table.drop(index="no_customer_id")["level"]) == {"note"}


def naive_account(rows: list[tuple[str, str, str, str]], as_of: date) -> tuple[Any, Any]:
    """Faults and customer-days by a loop over the rows."""
    account: dict[str, list[Decimal]] = defaultdict(list)
    found: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for who, when, amount, unit in rows:
        worth = Decimal(amount) if amount else Decimal(0)
        if unit != "Shop":
            fault = "other_unit"
        elif not who.strip():
            fault = "no_customer_id"
        elif not when:
            fault = "no_date"
        elif not amount:
            fault = "no_amount"
        elif date.fromisoformat(when[:10]) > as_of:
            fault = "after_as_of"
        else:
            fault = "kept"
            found[who.strip(), date.fromisoformat(when[:10])] += worth
        account[fault].append(worth)
    return account, found


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_and_money_add_up_to_those_of_a_naive_loop(
    tmp_path: Path, seed: int, kind: str
) -> None:
    rng = random.Random(seed)
    rows = [
        (
            rng.choice(["", " ", "007", "7", " ann", "ann", "Zoë", "b,en"]),
            rng.choice(
                ["", *[f"2024-0{rng.randrange(1, 6)}-1{rng.randrange(10)} 0{n}:00" for n in (1, 2)]]
            ),
            rng.choice(["", f"{rng.randrange(-500, 2_000) / 100}"])
            if rng.random() < 0.3
            else "9.99",
            rng.choice(["Shop", "Shop", "Shop", "Other", ""]),
        )
        for _ in range(2_000)
    ]
    as_of = date(2024, 4, 15)
    table = pd.DataFrame(rows, columns=[*COLUMNS, "unit"])
    path = tmp_path / f"a.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
    account, found = naive_account(rows, as_of)
    unit = opened(tmp_path, path.name, as_of=str(as_of))
    assert days(unit) == found
    shown = quality(unit)
    for check in ("other_unit", "no_customer_id", "no_date", "no_amount", "after_as_of", "kept"):
        amounts = account[check]
        assert shown[check] == (len(amounts), float(sum(amounts))), check
    drops = [check for check in shown if check in account]
    assert sum(shown[check][0] for check in drops) == shown["rows_after_query"][0] == len(rows)
    money = sum(Decimal(str(shown[check][1])) for check in drops)
    assert float(money) == shown["rows_after_query"][1]
    assert float(sum(found.values())) == shown["kept"][1]
