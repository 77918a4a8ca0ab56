"""What contacts did from the day of the contact on, and had done before it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import oracle
import pandas as pd
import pyarrow as pa
import pytest
import timelines
from histories import Kit, assert_same, cells, records
from history import History
from test_agreement import drawn as random_histories

from retention import experiments
from retention.contacts import CONTACTS
from retention.lifecycle import SPELLS
from retention.transactions import CUSTOMER_DAYS

START = timelines.START


def sent(kit: Kit, rows: Sequence[tuple[str, str, date, str]]) -> ir.Table:
    """A table of the engine with schema CONTACTS, of (customer, campaign, day, arm)."""
    ordered = [(who, campaign, arm, day) for who, campaign, day, arm in rows]
    columns = [list(column) for column in zip(*ordered, strict=True)]
    return kit.stored(pa.table(columns, schema=CONTACTS.to_pyarrow()))


def responses(
    history: History, rows: Sequence[tuple[str, str, date, str]], days: int = 3
) -> ir.Table:
    return experiments.responses(
        sent(history.kit, rows),
        history.spells_table,
        history.customer_days,
        response_days=days,
        as_of=history.calendar.as_of,
    )


def shown(history: History, contacted: int, *names: str, days: int = 3) -> dict[str, object]:
    """Customer -> cells, everybody contacted on the day of that number."""
    everybody = history.customer_days.select("customer_id").distinct().to_pandas()["customer_id"]
    day = START + timedelta(days=contacted)
    rows = [(who, "spring", day, "mail") for who in (*everybody, "nobody")]
    frame = responses(history, rows, days).to_pandas()
    found = dict(zip(frame["customer_id"], cells(frame, *names), strict=True))
    return dict(sorted(found.items()))


def test_the_day_of_the_contact_is_the_first_of_the_window(kit: Kit) -> None:
    # Contacted on day 5, for 3 days: 5, 6 and 7.
    history = kit.drawn(
        {
            "before": "$...$.....",
            "first": "$....$....",
            "last": "$......$..",
            "late": "$.......$.",
            "undone": "$.....0...",
            "twice": "$....$$...",
        }
    )
    assert shown(history, 5, "responded") == {
        "before": False,
        "first": True,
        "last": True,
        "late": False,
        "nobody": False,
        "twice": True,
        "undone": False,
    }


def test_a_window_that_is_not_over_is_not_watched(kit: Kit) -> None:
    history = kit.drawn({"ann": "$........."})  # as_of is day 9
    assert shown(history, 7, "watched")["ann"] is True
    assert shown(history, 8, "watched")["ann"] is False


def test_the_state_is_the_one_that_the_contact_meets(kit: Kit) -> None:
    # Dormant at the close of the second day without a purchase, lost at that of the fourth.
    history = kit.drawn(
        {
            "active": "...$......",
            "dormant": "..$.......",
            "still": "$.........",
            "lost": "$.........",
            "new": ".....$....",
            "bought": "$....$....",
        }
    )
    assert shown(history, 5, "state") == {
        "active": "active",
        "bought": "lost",  # a purchase on that day changes nothing of it
        "dormant": "dormant",
        "lost": "lost",
        "new": "prospect",
        "nobody": "prospect",
        "still": "lost",
    }


def test_what_was_before_the_contact_and_what_after_it(kit: Kit) -> None:
    days = {
        "ann": [(START, 100), (START + timedelta(days=10), 10), (START + timedelta(days=12), -4)],
        "bob": [(START + timedelta(days=370), 7), (START + timedelta(days=371), -3)],
    }
    as_of = START + timedelta(days=400)
    history = kit(days, as_of=as_of, inactive_after=30, lost_after=60)
    names = ("prior_days", "prior_revenue", "days_silent", "spend")
    # 365 days before day 370 begin with day 5: what ann bought on day 0 is out of sight.
    found = shown(history, 370, *names)
    assert found["ann"] == (1, 6, 360, 0)
    assert found["bob"] == (0, 0, None, 4)
    assert found["nobody"] == (0, 0, None, 0)
    assert shown(history, 365, *names)["ann"] == (2, 106, 355, 0)


def test_arms_are_sums_over_the_watched(kit: Kit) -> None:
    history = kit.drawn(
        {"ann": "$....$....", "bob": "$.........", "cat": "$....$....", "dan": "$........."}
    )
    day = START + timedelta(days=5)
    rows = [
        ("ann", "spring", day, "mail"),
        ("bob", "spring", day, "mail"),
        ("cat", "spring", day + timedelta(days=4), "mail"),  # its window is not over
        ("dan", "spring", day, "control"),
        ("eve", "spring", day, "control"),
    ]
    table = experiments.arms(responses(history, rows))
    names = ("arm", "state", "contacted", "watched", "responders", "with_silence", "last_contact")
    assert cells(table.to_pandas(), *names) == [
        ("control", "lost", 1, 1, 0, 1, day),
        ("control", "prospect", 1, 1, 0, 0, day),
        ("mail", "dormant", 1, 0, 0, 0, day + timedelta(days=4)),
        ("mail", "lost", 2, 2, 1, 2, day),
    ]
    frame = table.to_pandas().set_index(["arm", "state"])
    assert float(frame.loc[("mail", "lost"), "spend"]) > 0
    assert float(frame.loc[("mail", "lost"), "days_silent"]) == 10
    assert float(frame.loc[("mail", "lost"), "days_silent_squares"]) == 50
    assert float(frame.loc[("control", "lost"), "spend"]) == 0


@pytest.mark.parametrize("seed", range(6))
def test_the_oracle_agrees(kit: Kit, seed: int) -> None:
    given, draw = random_histories(seed), random.Random(seed)
    first = oracle.first_purchase_day(given.days, given.as_of)
    assert first is not None
    span = (given.as_of - first).days
    rows = [
        (
            draw.choice([*given.days, "stranger"]),
            draw.choice(["spring", "autumn"]),
            first + timedelta(days=draw.randint(0, span)),
            draw.choice(["mail", "mail", "control"]),
        )
        for _ in range(60)
    ]
    window, thresholds = draw.randint(1, 40), (given.inactive_after, given.lost_after)
    expected = oracle.responses(rows, given.days, thresholds, window, given.as_of)
    history = given.in_kit(kit)
    clean = oracle.contacts(rows, given.as_of)
    found = responses(history, clean, window)
    money = dict.fromkeys(("spend", "prior_revenue"), "float64")
    frame = found.order_by("customer_id", "campaign").to_pandas().astype(money)
    assert_same(frame.astype({"days_silent": "Int64"}), expected)
    assert len({row["state"] for row in expected}) > 1
    arms = experiments.arms(found).to_pandas()
    frame = pd.DataFrame(expected)
    for row in records(arms):
        own = [frame[name] == row[name] for name in ("campaign", "arm", "state")]
        cases = frame[own[0] & own[1] & own[2]]
        seen = cases[cases["watched"]]
        assert (row["contacted"], row["watched"]) == (len(cases), len(seen))
        assert row["responders"] == seen["responded"].sum()
        for name in ("spend", *experiments.TRAITS):
            values = [float(value) for value in seen[name].dropna()]
            assert float(row[name]) == pytest.approx(sum(values), abs=1e-9)
            squares = sum(value**2 for value in values)
            assert float(row[f"{name}_squares"]) == pytest.approx(squares, abs=0.01)


def test_schemas_hold_on_no_engine_at_all() -> None:
    found = experiments.responses(
        ibis.table(CONTACTS, name="contacts"),
        ibis.table(SPELLS, name="spells"),
        ibis.table(CUSTOMER_DAYS, name="days"),
        response_days=30,
        as_of=date(2024, 2, 29),
    )
    assert found.schema() == experiments.RESPONSES
    arms = experiments.arms(ibis.table(experiments.RESPONSES, name="responses"))
    assert arms.schema() == experiments.ARMS
