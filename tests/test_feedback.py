"""Why customers say they left: the door, and what each reason comes to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import pytest
from histories import cells

from retention import Unit, feedback, open_unit
from retention.errors import DataRefused
from retention.quality import QUALITY

SAID = """customer_id,reported_on,reason,unit
ann,2024-02-10,price,Shop
ann,2024-02-10,price,Shop
ann,2024-02-11,moved,Shop
,2024-02-10,price,Shop
bob,,price,Shop
bob,2024-02-10,  ,Shop
bob,2024-03-01,price,Shop
other,2024-02-10,price,Elsewhere
"""
KEYS = {
    "unit": "Shop",
    "source": "orders.csv",
    "as_of": "2024-02-29",
    "inactive_after": "30",
    "lost_after": "60",
    "feedback": "said.csv",
}


def opened(folder: Path, said: str = SAID, **keys: str) -> Unit:
    orders = "customer_id,ordered_at,amount\nann,2024-01-03,10\nbob,2024-01-05,10\n"
    (folder / "orders.csv").write_text(orders, encoding="utf-8")
    (folder / "said.csv").write_text(said, encoding="utf-8")
    lines = (f"{key}: {value}\n" for key, value in {**KEYS, **keys}.items())
    (folder / "shop.yaml").write_text("".join(lines), encoding="utf-8")
    return open_unit(str(folder / "shop.yaml"))


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    unit = opened(tmp_path)
    assert cells(unit.quality(), "check", "rows")[-8:] == [
        ("feedback_rows", 8),
        ("feedback_other_unit", 1),
        ("feedback_no_customer_id", 1),
        ("feedback_no_date", 1),
        ("feedback_no_reason", 1),
        ("feedback_after_as_of", 1),
        ("feedback_kept", 3),
        ("feedback_repeated", 1),
    ]
    found = feedback.answers(unit.others["feedback"], as_of=unit.as_of).to_pandas()
    assert sorted(cells(found, "customer_id", "reported_on", "reason")) == [
        ("ann", date(2024, 2, 10), "price"),
        ("ann", date(2024, 2, 11), "moved"),
    ]


def test_ids_that_a_spreadsheet_would_compute_are_read_back(tmp_path: Path) -> None:
    # As `retention audience` writes the id of +34600111222, from where a survey tool takes it.
    unit = opened(tmp_path, "customer_id,reported_on,reason\n'+34600111222,2024-02-10,price\n")
    found = feedback.answers(unit.others["feedback"], as_of=unit.as_of).to_pandas()
    assert cells(found, "customer_id") == ["+34600111222"]


def test_schemas_of_the_door_hold_on_no_engine_at_all() -> None:
    raw = {"customer_id": "int64", "reported_on": "date", "reason": "string"}
    assert feedback.said(ibis.table(raw, name="raw"), unit="U").schema() == feedback.SAID
    tally = feedback.tally(ibis.table(feedback.SAID, name="said"))
    assert tally.schema() == feedback.TALLY
    counted = ibis.table(feedback.TALLY, name="tally")
    as_of = date(2024, 2, 29)
    assert feedback.answers(counted, as_of=as_of).schema() == feedback.ANSWERS
    assert feedback.quality(counted, as_of=as_of).schema() == QUALITY


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("customer_id,reported_on\na,2024-01-01\n", "the data lack the column reason"),
        (
            "customer_id,reported_on,reason\na,soon,price\n",
            "column reported_on: 1 of its values cannot be read as a date, first 'soon'",
        ),
        ("customer_id,reported_on,reason\na,2024-01-01,\n", "no row can be counted (1 with no_r"),
    ],
)
def test_bad_sources_are_refused_by_name(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(DataRefused) as refused:
        opened(tmp_path, said)
    assert str(refused.value).startswith(f"shop.yaml: feedback: {message}")
