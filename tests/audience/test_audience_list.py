"""Who must not be written to, and ids that a spreadsheet would take for formulas."""

from __future__ import annotations

import csv
from pathlib import Path

import ibis
import pytest
from audience_calls import called, ids, listing, record, rows
from hypothesis import given
from hypothesis import strategies as st
from orders import csv as orders_csv

from retention import audiences, cells, do_not_contact, formulas
from retention.sources import open_source

# Who must not be written to -----------------------------------------------------------------------


def test_who_must_not_be_contacted_is_removed_and_counted(kit: Path) -> None:
    listing(kit, " ben ", "cid", "cid", "ann", "nobody we know", '""')
    result = called("one-time-buyers", "--holdout", "50%", "--seed", "1")
    assert ids() == ["eve", "fay"]
    assert "2 customers" in result.stdout
    assert "removed: 2 by do_not_contact\n" in result.stdout
    assert (record()["removed"], record()["customers"]) == ({"do_not_contact": 2}, 2)
    for name in audiences.NAMES:
        since = ("--since", "2024-01-01") if name in audiences.SINCE else ()
        where = ("--where", "days_silent >= 0") if name == "where" else ()
        assert called(name, *since, *where, "--force").exit_code == 0
        assert not {"ann", "ben", "cid"} & {*ids()}, name


@pytest.mark.usefixtures("kit")
def test_without_a_list_nobody_is_said_to_be_removed() -> None:
    assert "removed" not in called().stdout
    assert record()["removed"] == {"do_not_contact": None}


def test_everybody_may_be_on_the_list(kit: Path) -> None:
    listing(kit, "ben", "cid", "eve", "fay")
    said = called("one-time-buyers").stdout
    assert said.startswith("audiences/a.csv: nobody, its heading alone (")
    assert "removed: 4 by" in said


def test_schemas_of_the_list_hold_on_no_engine_at_all() -> None:
    tally = ibis.table(do_not_contact.SOURCE.tally_schema, name="tally")
    assert do_not_contact.listed(tally).schema() == do_not_contact.LISTED
    whole = ibis.table(audiences.AUDIENCE, name="audience")
    assert audiences.without(whole, do_not_contact.listed(tally)).schema() == audiences.AUDIENCE


# Spreadsheets -------------------------------------------------------------------------------------

FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(A1)", "'=x", "＝1+1", "-5", "-5.20", "'ann", "a,b", 'a"b')
FORMULAS += ("a;=1", "007", "1e5", "a=b", "''", "José", "=HYPERLINK(1)")


def test_ids_come_back_as_they_were(kit: Path) -> None:
    path = kit / "params" / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["customer_id", "ordered_at", "amount"])
        writer.writerows((name, "2024-03-01", 5) for name in FORMULAS)
        writer.writerow(("=1+1", "2024-03-10", -7.5))
    assert called().exit_code == 0
    written = ids()
    assert len(written) == len(FORMULAS)
    dangerous = [text for text in written if text[0] in "=+@＝" or text[0] == "-"]
    assert dangerous == ["-5", "-5.20"]
    assert [row["value_365d"] for row in rows() if row["customer_id"] == "'=1+1"] == ["-2.5"]
    source = open_source("a.csv", folder=kit / "audiences")
    read = source.table.select(
        customer_id=formulas.unguarded(cells.text(source.table, "customer_id"))
    )
    assert sorted(read.to_pyarrow()["customer_id"].to_pylist()) == sorted(FORMULAS)
    source.backend.disconnect()


@given(st.lists(st.text(alphabet="=+-@\t\r\n'ab1.＝", max_size=6), min_size=1))
def test_every_text_comes_back(texts: list[str]) -> None:
    guarded = [formulas.guarded(text) for text in texts]
    given = {"number": range(len(guarded)), "text": guarded}
    table = ibis.memtable(given, schema={"number": "int64", "text": "string"}).order_by("number")
    back = table.select(text=formulas.unguarded(table.text)).to_pyarrow()["text"].to_pylist()
    assert back == texts
    for text in guarded:
        number = text[:1] == "-" and text[1:].replace(".", "", 1).isdigit()
        assert text[:1] not in tuple("=+@\t\r\n＝-") or number


def test_order_is_that_of_the_ids(kit: Path) -> None:
    names = ["b", "a10", "a9", "B", "é", "_"]
    orders_csv(kit / "params" / "orders.csv", *(f"{name},2024-03-01,5" for name in names))
    called()
    assert ids() == sorted(names)
    assert {row["arm"] for row in rows()} == {audiences.TREATED}
