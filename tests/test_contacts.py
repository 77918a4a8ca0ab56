"""Contacts of campaigns: the door, and who belongs to which arm."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
from histories import cells

from retention import Unit, contacts, open_unit

ORDERS = [
    ("ann", "2024-01-03", 10),
    ("bob", "2024-01-05", 10),
    ("ann", "2024-02-20", 10),
]
SENT = """customer_id,campaign,contacted_on,arm,unit
ann,spring,2024-02-10,mail,Shop
ann,spring,2024-02-12,mail,Shop
bob,spring,2024-02-10, CONTROL ,Shop
eve,spring,2024-02-10,app,Shop
both,spring,2024-02-10,mail,Shop
both,spring,2024-02-11,control,Shop
both,autumn,2024-02-10,control,Shop
,spring,2024-02-10,mail,Shop
fay,spring,,mail,Shop
fay,,2024-02-10,mail,Shop
fay,spring,2024-02-10,,Shop
bob,spring,2024-03-01,mail,Shop
other,spring,2024-02-10,mail,Elsewhere
"""
KEYS = {
    "unit": "Shop",
    "source": "orders.csv",
    "as_of": "2024-02-29",
    "inactive_after": "30",
    "lost_after": "60",
    "contacts": "sent.csv",
}


def opened(folder: Path, sent: str = SENT, **keys: str) -> Unit:
    rows = pd.DataFrame(ORDERS, columns=["customer_id", "ordered_at", "amount"])
    rows.to_csv(folder / "orders.csv", index=False)
    (folder / "sent.csv").write_text(sent, encoding="utf-8")
    lines = (f"{key}: {value}\n" for key, value in {**KEYS, **keys}.items())
    (folder / "shop.yaml").write_text("".join(lines), encoding="utf-8")
    return open_unit(str(folder / "shop.yaml"))


def test_one_row_a_customer_and_campaign_and_none_in_two_arms(tmp_path: Path) -> None:
    unit = opened(tmp_path)
    found = contacts.contacts(unit.others["contacts"], as_of=unit.as_of).to_pandas()
    names = ("customer_id", "campaign", "arm", "contacted_on")
    assert sorted(cells(found, *names)) == [
        ("ann", "spring", "mail", date(2024, 2, 10)),  # the first of two days
        ("bob", "spring", "control", date(2024, 2, 10)),  # what is dated after as_of says nothing
        ("both", "autumn", "control", date(2024, 2, 10)),  # in two arms of the other one alone
        ("eve", "spring", "app", date(2024, 2, 10)),
    ]


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    checks = opened(tmp_path).quality()
    assert cells(checks, "check", "rows", "level")[-10:] == [
        ("contacts_rows", 13, "note"),
        ("contacts_other_unit", 1, "note"),
        ("contacts_no_customer_id", 1, "warning"),
        ("contacts_no_date", 1, "warning"),
        ("contacts_no_campaign", 1, "warning"),
        ("contacts_no_arm", 1, "warning"),
        ("contacts_after_as_of", 1, "warning"),
        ("contacts_contaminated", 2, "warning"),
        ("contacts_kept", 5, "note"),
        ("contacts_repeated", 1, "note"),
    ]
    assert checks["check"].is_unique
