"""Contacts of campaigns: the door, and who belongs to which arm."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pytest
from histories import cells

from retention import Unit, contacts, open_unit
from retention.errors import DataRefused
from retention.quality import QUALITY

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


def test_other_contacts_are_other_data(tmp_path: Path) -> None:
    first, again = opened(tmp_path).fingerprint, opened(tmp_path).fingerprint
    assert first == again
    assert opened(tmp_path, SENT.replace(",app,", ",control,")).fingerprint != first


def test_schemas_hold_on_no_engine_at_all() -> None:
    raw = {"customer_id": "int64", "campaign": "int64", "contacted_on": "date", "arm": "string"}
    typed = contacts.contacted(ibis.table(raw, name="raw"), unit="U")
    assert typed.schema() == contacts.CONTACTED
    tally = contacts.tally(ibis.table(contacts.CONTACTED, name="contacted"))
    assert tally.schema() == contacts.TALLY
    counted = ibis.table(contacts.TALLY, name="tally")
    as_of = date(2024, 2, 29)
    assert contacts.contacts(counted, as_of=as_of).schema() == contacts.CONTACTS
    assert contacts.quality(counted, as_of=as_of).schema() == QUALITY


HEAD = "customer_id,campaign,contacted_on,arm"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("customer_id,campaign\na,spring\n", "the data lack the columns contacted_on, arm"),
        (f"{HEAD}\n", "the source has no rows"),
        (
            f"{HEAD}\na,spring,31/12/2023,mail\nb,spring,2024-01-01,mail\n",
            "column contacted_on: 1 of its values cannot be read as a date, first '31/12/2023'",
        ),
        (f"{HEAD},unit\na,spring,2024-01-01,mail,Shpo\n", "no row has the unit 'Shop'"),
        (f"{HEAD}\na,spring,2024-01-01,\n", "no row can be counted (1 with no_arm)"),
    ],
)
def test_bad_sources_are_refused_by_name(tmp_path: Path, sent: str, message: str) -> None:
    with pytest.raises(DataRefused) as refused:
        opened(tmp_path, sent)
    assert str(refused.value).startswith(f"shop.yaml: contacts: {message}")


def test_a_missing_file_and_a_database_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"shop\.yaml: contacts: .*nobody\.csv"):
        opened(tmp_path, contacts="nobody.csv")
    with pytest.raises(DataRefused, match="contacts: they are read from files alone"):
        opened(tmp_path, contacts="postgresql://somewhere/people")
