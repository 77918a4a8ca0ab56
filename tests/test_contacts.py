"""Contacts of campaigns: the door, and who belongs to which arm."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import orders
import pandas as pd
import pytest
from histories import cells

from retention import Unit, contacts
from retention.errors import DataRefused
from retention.winback import WinBack

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


def opened(folder: Path, sent: str = SENT, **keys: str) -> Unit:
    rows = pd.DataFrame(ORDERS, columns=["customer_id", "ordered_at", "amount"])
    rows.to_csv(folder / "orders.csv", index=False)
    (folder / "sent.csv").write_text(sent, encoding="utf-8")
    given = {"as_of": "2024-02-29", "contacts": "sent.csv", **keys}
    return orders.opened(folder, "orders.csv", **given)


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


PLANNED = """customer_id,campaign,contacted_on,arm,planned_control
ann,spring,2024-02-10,mail,0.1
ann,spring,2024-02-11,mail,0.2
bob,spring,2024-02-10,control,0.3
eve,spring,2024-02-10,mail,
both,spring,2024-02-10,mail,0.5
both,spring,2024-02-10,control,0.5
ann,summer,2024-02-10,mail,0.25
bob,summer,2024-02-10,control,0.25
"""


def plans(unit: Unit) -> list[tuple[object, ...]]:
    found = contacts.plans(unit.others["contacts"], as_of=unit.as_of).to_pandas()
    return cells(found, *contacts.PLANS.names)


def test_the_shares_to_be_held_out_are_added_up_over_the_customers(tmp_path: Path) -> None:
    # Of ann the smallest counts, once; who is in two arms does not count.
    unit = opened(tmp_path, PLANNED)
    expected = [("spring", 3, 2, pytest.approx(0.4)), ("summer", 2, 2, pytest.approx(0.5))]
    assert plans(unit) == expected
    shown = WinBack(unit)._planned
    assert shown == {"summer": 0.25}  # of spring nobody knows what was planned for eve
    stated = WinBack(opened(tmp_path, PLANNED, control_share="0.2"))._planned
    assert stated == {"spring": pytest.approx(0.2), "summer": 0.25}
    assert unit.fingerprint != opened(tmp_path, PLANNED.replace("0.25", "0.26")).fingerprint


def test_contacts_without_plans_have_the_one_of_the_settings(tmp_path: Path) -> None:
    unit = opened(tmp_path)
    assert plans(unit) == [("autumn", 1, 0, 0.0), ("spring", 3, 0, 0.0)]
    assert WinBack(unit)._planned == {}
    shares = WinBack(opened(tmp_path, control_share="0.5"))._planned
    assert shares == {"autumn": 0.5, "spring": 0.5}


@pytest.mark.parametrize("share", ["10", "0.0", "-0.1", "10%"])
def test_what_is_no_share_is_refused(tmp_path: Path, share: str) -> None:
    with pytest.raises(DataRefused) as refused:
        opened(tmp_path, PLANNED.replace("0.25", share, 1))
    assert str(refused.value) == (
        "shop.yaml: contacts: column planned_control: 1 of its values cannot be read as a share "
        f"above 0 and below 1, first '{share}'; write 10 % as 0.1, and nothing where none was "
        "planned, in the source"
    )
