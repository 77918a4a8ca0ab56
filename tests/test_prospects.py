"""People known before they buy: the door, their spells, their rates, and how a page says it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import ibis
import oracle
import orders
import pandas as pd
import pytest
import timelines
from histories import Kit, assert_same, cells, days_drawn, records, spell_rows
from test_agreement import drawn as random_histories

from retention import Unit, open_unit, prospects
from retention.lifecycle import SPELLS, with_prospects
from retention.periods import Calendar
from retention.rates import MEASURES, RATES, SHARES, WITH_PROSPECTS, conversion, shares

WEEK_1, WEEK_2, WEEK_3 = date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)
ALL_WEEK = "$.$.$.$"


def first_known(drawn: Mapping[str, str]) -> dict[str, date]:
    """Person -> the first day drawn as `k`."""
    return {name: min(timelines.known(text.replace(" ", ""))) for name, text in drawn.items()}


# Spells -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "known", "purchases", "states"),
    timelines.PROSPECTS,
    ids=[title for title, *_ in timelines.PROSPECTS],
)
def test_timelines(kit: Kit, title: str, known: str, purchases: str, states: str) -> None:
    other = "$" * len(purchases)  # so that somebody buys
    history = kit.drawn({"ann": purchases, "other": other}).knowing(first_known({"ann": known}))
    found = timelines.states(spell_rows(history.spells(), "ann"), timelines.START, len(purchases))
    assert found == states, title
    history.check()


def test_an_ex_prospect_is_new_and_no_other_spell_changes(kit: Kit) -> None:
    days = {"ann": "....$.. .......", "bob": "$...... ...$..."}
    without = kit.drawn(days)
    knowing = without.knowing(first_known({"ann": ".k.....", "bob": "..k....", "eve": ".k....."}))
    rows = records(knowing.spells())
    assert [row for row in rows if row["state"] != "prospect"] == records(without.spells())
    assert [row["customer_id"] for row in rows if row["state"] == "prospect"] == ["ann", "eve"]
    assert records(knowing.ledger()) == records(without.ledger())
    assert records(knowing.revenue()) == records(without.revenue())
    assert records(knowing.returns()) == records(without.returns())
    assert records(knowing.second_life()) == records(without.second_life())
    assert records(knowing.rates()) == records(without.rates())


# Rates --------------------------------------------------------------------------------------------


def test_conversion_is_of_who_waits_at_the_opening(kit: Kit) -> None:
    history = kit.drawn(
        {
            "other": f"{ALL_WEEK} {ALL_WEEK} {ALL_WEEK} ...",
            "ann": "....... ..$...$ ....... ...",
            "bob": "....... ....... ......$ ...",
            "cat": "...$... ....... ....... ...",
            "eve": "....... ....... ....... ...",
            "late": "....... ....$.. ....... ...",
            "early": "$...... ....... ....... ...",
        }
    ).knowing(
        first_known(
            {
                "ann": "......k",  # the day before the opening of week 2
                "bob": "k......",
                "cat": "k......",  # bought in the week of becoming known: never at an opening
                "eve": "....... ...k...",
                "late": "....... k......",  # known on the opening day: not before it
                "early": "..k....",  # a customer already
            }
        )
    )
    found = history.conversion()
    names = ("period", "measure", "numerator", "denominator", "rate")
    assert cells(found, *names) == [
        (WEEK_1, "conversion", 0.0, 0.0, None),
        (WEEK_2, "conversion", 1.0, 2.0, 0.5),  # ann, of ann and bob
        (WEEK_3, "conversion", 1.0, 2.0, 0.5),  # bob, of bob and eve
    ]
    low, high = cells(found, "low", "high", period=WEEK_2)[0]
    assert (low, high) == pytest.approx((0.094531, 0.905469), abs=1e-6)


def test_who_was_known_before_the_first_purchase_of_anybody_waits_at_the_first_opening(
    kit: Kit,
) -> None:
    history = kit.drawn({"ann": "..$.... .......", "bob": "....... ..$...."})
    history = history.knowing({"ann": date(2023, 5, 1), "bob": date(2023, 5, 1)})
    assert cells(history.conversion(), "numerator", "denominator") == [(1.0, 2.0), (1.0, 1.0)]


def test_reactivation_with_prospects_adds_them_to_both_sides(kit: Kit) -> None:
    # At the opening of week 2 ann is lost, dan dormant, eve and fay prospects; ann and eve buy.
    history = kit.drawn(
        {
            "ann": "$...... ..$....",
            "dan": "....$.. .......",
            "eve": "....... ...$...",
            "fay": "....... .......",
        }
    ).knowing(first_known({"eve": ".k.....", "fay": ".k.....", "ann": "....k.."}))
    inactive, everybody = history.rates(), history.rates(WITH_PROSPECTS)
    asked = {"period": WEEK_2, "measure": "reactivation"}
    assert cells(inactive, "numerator", "denominator", **asked) == [(1.0, 2.0)]
    assert cells(everybody, "numerator", "denominator", **asked) == [(2.0, 4.0)]
    rows = [r for r in records(inactive) if r["measure"] != "reactivation"]
    assert rows == [r for r in records(everybody) if r["measure"] != "reactivation"]
    assert {row["measure"] for row in records(everybody)} == set(MEASURES)


@pytest.mark.parametrize("seed", range(8))
def test_the_oracle_agrees(kit: Kit, seed: int) -> None:
    given, draw = random_histories(seed), random.Random(seed)
    first = oracle.first_purchase_day(given.days, given.as_of)
    assert first is not None
    span = (given.as_of - first).days
    known = {
        name: first + timedelta(days=draw.randint(-20, span))
        for name in (*given.days, *(f"never {number}" for number in range(10)))
        if draw.random() < 0.8
    }
    history = given.in_kit(kit).knowing(known)
    expected = oracle.prospect_spells(given.days, known, given.as_of)
    expected += oracle.spells(given.days, given.inactive_after, given.lost_after, given.as_of)
    assert len({name for name, state, *_ in expected if state == "prospect"}) > 5
    found = cells(history.spells(), "customer_id", "state", "started_on", "ended_on")
    assert found == sorted(expected, key=lambda spell: (spell[0], spell[2]))
    converted = oracle.conversion(given.days, known, given.as_of, given.frequency)
    assert_same(history.conversion(), converted)
    wider = oracle.reactivation_with_prospects(oracle.shares(*given.asked), converted)
    wider.sort(key=lambda row: (row["period"], row["measure"]))
    rows = history.rates(WITH_PROSPECTS)
    assert_same(rows[rows["measure"].isin(SHARES)], wider)
    history.check()


def test_schemas_hold_on_no_engine_at_all() -> None:
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    counted = ibis.table(prospects.SOURCE.tally_schema, name="tally")
    known = prospects.prospects(counted, as_of=calendar.as_of)
    assert known.schema() == prospects.PROSPECTS
    spells = with_prospects(ibis.table(SPELLS, name="spells"), known)
    assert spells.schema() == SPELLS
    assert conversion(spells, calendar=calendar).schema() == RATES


# The door -----------------------------------------------------------------------------------------

ORDERS = [
    ("ann", "2024-01-03", 10),
    ("bob", "2024-01-05", 10),
    ("ann", "2024-02-20", 10),
    ("new", "2024-02-10", 10),
]
PEOPLE = """customer_id,known_on,unit
new,2024-01-20,Shop
new,2024-01-10,Shop
eve,2024-01-31,Shop
bob,2024-01-05,Shop
,2024-01-05,Shop
fay,,Shop
late,2024-03-01,Shop
other,2024-01-05,Elsewhere
"""


def opened(folder: Path, people: str = PEOPLE, **keys: str) -> Unit:
    rows = pd.DataFrame(ORDERS, columns=["customer_id", "ordered_at", "amount"])
    rows.to_csv(folder / "orders.csv", index=False)
    (folder / "people.csv").write_text(people, encoding="utf-8")
    given = {"as_of": "2024-02-29", "prospects": "people.csv", **keys}
    return orders.opened(folder, "orders.csv", **given)


def test_a_unit_with_a_source_of_prospects(tmp_path: Path) -> None:
    unit = opened(tmp_path)
    rates = unit.rates()
    # At the opening of February new and eve are known, and new buys; ann and bob are active.
    rows = cells(rates, "period", "numerator", "denominator", measure="conversion")
    assert rows == [(date(2024, 1, 1), 0, 0), (date(2024, 2, 1), 1, 2)]
    assert cells(rates, "measure") == sorted([*MEASURES, "conversion"]) * 2
    assert unit.ledger()["new"].tolist() == [2, 1]
    asked = {"period": date(2024, 2, 1), "measure": "reactivation"}
    assert cells(rates, "numerator", "denominator", **asked) == [(0, 0)]
    wider = opened(tmp_path, reactivation_scope="with_prospects")
    assert cells(wider.rates(), "numerator", "denominator", **asked) == [(1, 2)]
    at_one = cells(wider.sensitivity(), "rate", multiple=1.0, measure="reactivation")
    assert at_one == [0.5]


def test_prospects_of_contracts(kit: Kit) -> None:
    start = date(2024, 1, 1)
    contracts = {
        "ann": [(start, None, Decimal(10))],
        "bob": [(date(2024, 2, 10), None, Decimal(10))],
    }
    known = {"bob": date(2024, 1, 20), "eve": date(2024, 1, 20), "ann": start}
    history = kit.contracts(contracts, as_of=date(2024, 2, 29)).knowing(known)
    assert cells(history.conversion(), "numerator", "denominator") == [(0, 0), (1, 2)]
    history.check()


def test_without_a_source_there_is_no_conversion(tmp_path: Path) -> None:
    opened(tmp_path)
    text = (tmp_path / "shop.yaml").read_text(encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(text.replace("prospects: people.csv\n", ""))
    unit = open_unit(str(tmp_path / "shop.yaml"))
    assert "conversion" not in set(unit.rates()["measure"])
    assert not any("prospects" in check for check in unit.quality()["check"])


def test_shares_take_the_scope_alone(kit: Kit) -> None:
    # A scope with prospects where nobody is known counts the inactive alone.
    days, as_of = days_drawn({"ann": "$...... ..$....", "dan": "....$.. ......."})
    history = kit(days, as_of=as_of).knowing({})
    both = [
        shares(
            history.spells_table,
            history.stays_table,
            history.ledger_table,
            calendar=history.calendar,
            scope=scope,
        ).order_by("period", "measure")
        for scope in ("inactive", WITH_PROSPECTS)
    ]
    assert records(both[0].to_pandas()) == records(both[1].to_pandas())
