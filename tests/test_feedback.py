"""Why customers say they left: the door, and what each reason comes to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import orders
from histories import cells

from retention import Unit, feedback

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


def opened(folder: Path, said: str = SAID, **keys: str) -> Unit:
    bought = "customer_id,ordered_at,amount\nann,2024-01-03,10\nbob,2024-01-05,10\n"
    (folder / "orders.csv").write_text(bought, encoding="utf-8")
    (folder / "said.csv").write_text(said, encoding="utf-8")
    given = {"as_of": "2024-02-29", "feedback": "said.csv", **keys}
    return orders.opened(folder, "orders.csv", **given)


def test_answers_are_once_a_customer_day_and_reason(tmp_path: Path) -> None:
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
