"""Whom to write to: each audience against drawn histories, the oracle and real data."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import oracle
import pandas as pd
import pytest
from histories import History, Kit, cells, records
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import drawn as random_histories

from retention import audiences
from retention.audiences import (
    ABOUT_TO_LAPSE,
    AUDIENCE,
    BECAME_DORMANT,
    BECAME_LOST,
    CONTROL,
    CUSTOMERS,
    LAST_SEEN,
    NAMES,
    ONE_TIME_BUYERS,
    TREATED,
    WHERE,
    WON_BACK,
    Asked,
    arm,
)
from retention.inactive import STANDING
from retention.lifecycle import RUNS, SPELLS
from retention.transactions import CUSTOMER_DAYS, purchase_days


def customers(history: History) -> ibis.Table:
    statements, as_of = history.kit.statements, history.calendar.as_of
    return statements.stored(
        audiences.customers,
        statements.stored(
            last_purchases, history.customer_days, inactive_after=history.inactive_after
        ),
        history.spells_table,
        history.standing_table,
        dormant_for=history.lost_after - history.inactive_after,
        as_of=as_of,
    )


def last_purchases(customer_days: ibis.Table, *, inactive_after: int) -> ibis.Table:
    return audiences.last_purchases(purchase_days(customer_days), inactive_after=inactive_after)


def audience(history: History, name: str, **asked: Any) -> pd.DataFrame:
    by = Asked(history.calendar.as_of, **asked)
    return audiences.audience(customers(history), name, by).order_by("customer_id").to_pandas()


def members(history: History, name: str, **asked: Any) -> list[str]:
    return cells(audience(history, name, **asked), "customer_id")


# inactive_after 2, lost_after 4; the last day is the 14th, a Sunday.
FORTNIGHT = {
    "active": "....... ....$$$",
    "dormant": "....... ....$..",  # silent for 2 days: dormant at the close of the last day
    "earlier": "....... ...$...",  # dormant since the day before
    "lost": "....... ..$....",  # lost at the close of the last day
    "long_lost": "$...... .......",
    "back": "$...... .....$.",
    "back_before": "$...... ..$.$.$",  # returned on the 10th, and stayed
    "second_back": "$..$... .....$.",
    "met_dormant": "....... ..$..$.",
    "lapsing": "....... .....$.",
    "never": "r..0... .......",
}
AS_OF = date(2024, 1, 14)


@pytest.fixture
def fortnight(kit: Kit) -> History:
    return kit.drawn(FORTNIGHT)


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        (BECAME_DORMANT, {"since": date(2024, 1, 13)}, ["dormant"]),
        (BECAME_DORMANT, {"since": date(2024, 1, 12)}, ["dormant", "earlier"]),
        (BECAME_DORMANT, {"since": AS_OF}, []),
        (BECAME_LOST, {"since": date(2024, 1, 13)}, ["lost"]),
        (BECAME_LOST, {"since": date(2024, 1, 1)}, ["long_lost", "lost"]),
        (WON_BACK, {"since": date(2024, 1, 12)}, ["back", "second_back"]),
        (WON_BACK, {"since": date(2024, 1, 13)}, []),
        (WON_BACK, {"since": date(2024, 1, 9)}, ["back", "back_before", "second_back"]),
        (
            ABOUT_TO_LAPSE,
            {"within_days": 1},
            ["back", "lapsing", "met_dormant", "second_back"],
        ),
        (
            ABOUT_TO_LAPSE,
            {"within_days": 2},
            ["active", "back", "back_before", "lapsing", "met_dormant", "second_back"],
        ),
        (ONE_TIME_BUYERS, {}, ["dormant", "earlier", "lapsing", "long_lost", "lost"]),
        (WHERE, {}, sorted(set(FORTNIGHT) - {"never"})),
    ],
)
def test_who_belongs(fortnight: History, name: str, asked: Any, expected: list[str]) -> None:
    assert members(fortnight, name, **asked) == expected


def test_the_examples_of_the_glossary(kit: Kit) -> None:
    text = (Path(__file__).parents[1] / "GLOSSARY.md").read_text(encoding="utf-8")
    block = text.partition("## Audiences")[2].partition("```text\n")[2].partition("```")[0]
    lines = [line.split(maxsplit=1) for line in block.splitlines()]
    assert len(lines) == 4
    history = kit.drawn({words: drawing for drawing, words in lines})
    last = history.calendar.as_of
    asked = {"since": last - timedelta(days=1), "within_days": 1}
    for _, words in lines:
        name = next(name for name in NAMES if name in words)
        days = 2 if "two days before" in words else 1
        since = {"since": last - timedelta(days=days)}
        found = members(history, name, **asked | since)
        # Who came back yesterday turns dormant tomorrow, too.
        assert found == ([lines[2][1], words] if name == ABOUT_TO_LAPSE else [words])


def test_what_stands_beside_a_customer(kit: Kit) -> None:
    history = kit.drawn({"ann": "$.s.r", "bob": "....$"})
    assert records(audience(history, WHERE)) == [
        {
            "customer_id": "ann",
            "state": "dormant",
            "last_purchase_on": date(2024, 1, 3),
            "days_silent": 2,
            "turns_dormant_on": date(2024, 1, 5),
            "turns_lost_on": date(2024, 1, 7),
            "purchase_days": 2,
            "value_365d": Decimal(15),  # what was refunded afterwards is off
            "tier": "high_value",
        },
        {
            "customer_id": "bob",
            "state": "active",
            "last_purchase_on": date(2024, 1, 5),
            "days_silent": 0,
            "turns_dormant_on": date(2024, 1, 7),
            "turns_lost_on": date(2024, 1, 9),
            "purchase_days": 1,
            "value_365d": Decimal(10),
            "tier": "low_value",
        },
    ]


def test_value_is_of_the_year_that_ends_on_the_last_purchase_day(kit: Kit) -> None:
    last = date(2024, 1, 31)
    inside, outside = last - timedelta(days=364), last - timedelta(days=365)
    days = {"ann": [(outside, Decimal(1)), (inside, Decimal(20)), (last, Decimal(300))]}
    history = kit(days, as_of=date(2026, 1, 31), frequency="year")
    assert cells(audience(history, WHERE), "value_365d") == [Decimal(320)]


def test_prospects_are_no_customers(kit: Kit) -> None:
    history = kit.drawn({"ann": "..$", "bob": "$.."})
    history = history.knowing({"eve": date(2024, 1, 1), "ann": date(2024, 1, 1)})
    assert members(history, WHERE) == ["ann", "bob"]


def test_contracts_are_seen_by_their_services(kit: Kit) -> None:
    history = kit.contracts(
        {
            "ann": [(date(2024, 1, 1), None, Decimal(31))],
            "bob": [(date(2024, 1, 1), date(2024, 2, 1), Decimal(31))],
            "cid": [
                (date(2024, 1, 1), date(2024, 1, 11), Decimal(31)),
                (date(2024, 2, 20), None, Decimal(29)),
            ],
        },
        as_of=date(2024, 2, 29),
    )
    seen = audiences.last_services(history.runs(), as_of=history.calendar.as_of)
    table = audiences.customers(
        seen,
        history.spells_table,
        history.standing_table,
        dormant_for=0,
        as_of=history.calendar.as_of,
    )
    found = audiences.audience(table, WHERE, Asked(history.calendar.as_of)).order_by("customer_id")
    names = ("customer_id", "state", "last_purchase_on", "days_silent", "turns_lost_on")
    assert cells(found.to_pandas(), *names, "purchase_days", "value_365d") == [
        ("ann", "active", date(2024, 2, 29), 0, None, None, Decimal(62)),
        ("bob", "lost", date(2024, 1, 31), 29, date(2024, 2, 1), None, Decimal(31)),
        ("cid", "active", date(2024, 2, 29), 0, None, None, Decimal(20)),
    ]
    since = Asked(history.calendar.as_of, since=date(2024, 1, 31))
    lost = audiences.audience(table, BECAME_LOST, since).to_pandas()
    assert cells(lost, "customer_id") == ["bob"]
    back = audiences.audience(table, WON_BACK, since).to_pandas()
    assert cells(back, "customer_id") == ["cid"]


@pytest.mark.parametrize("seed", range(8))
def test_the_oracle_agrees(kit: Kit, seed: int) -> None:
    drawn = random_histories(seed)
    history = kit(
        drawn.days,
        as_of=drawn.as_of,
        inactive_after=drawn.inactive_after,
        lost_after=drawn.lost_after,
        frequency=drawn.frequency,
    )
    since, within = drawn.as_of - timedelta(days=drawn.lost_after), drawn.inactive_after // 2
    for name in NAMES:
        found = audience(history, name, since=since, within_days=within)
        asked = (drawn.days, drawn.inactive_after, drawn.lost_after, drawn.as_of, name)
        assert records(found) == oracle.audience(*asked, since=since, within=within), name


def test_schemas_hold_on_no_engine_at_all() -> None:
    days = ibis.table(CUSTOMER_DAYS, name="days")
    seen = audiences.last_purchases(purchase_days(days), inactive_after=90)
    assert seen.schema() == LAST_SEEN
    runs = ibis.table(RUNS, name="runs")
    assert audiences.last_services(runs, as_of=AS_OF).schema() == LAST_SEEN
    spells = ibis.table(SPELLS, name="spells")
    now = ibis.table(STANDING, name="standing")
    table = audiences.customers(seen, spells, now, dormant_for=90, as_of=AS_OF)
    assert table.schema() == CUSTOMERS
    asked = Asked(AS_OF, since=AS_OF, within_days=7)
    for name in NAMES:
        assert audiences.audience(table, name, asked).schema() == AUDIENCE


# The hold-out -------------------------------------------------------------------------------------


@given(
    st.lists(st.text(), unique=True),
    st.lists(st.text(), unique=True),
    st.floats(0, 1),
    st.text(),
)
def test_nobodys_arm_hangs_on_anybody_else(
    some: list[str], others: list[str], share: float, seed: str
) -> None:
    alone = {name: arm(name, share=share, seed=seed) for name in some}
    together = {name: arm(name, share=share, seed=seed) for name in [*reversed(others), *some]}
    assert alone.items() <= together.items()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_the_share_held_out_is_the_one_asked_for(share: float) -> None:
    many = 10_000
    held = sum(arm(f"{n}", share=share, seed="spring") == CONTROL for n in range(many))
    assert held / many == pytest.approx(share, abs=0.015)  # three standard deviations at 0.5


def test_another_seed_draws_anew() -> None:
    ids = [f"customer {n}" for n in range(2000)]
    one, other = ([arm(i, share=0.5, seed=seed) for i in ids] for seed in ("1", "2"))
    both = sum(a == b for a, b in zip(one, other, strict=True))
    assert both / len(ids) == pytest.approx(0.5, abs=0.05)
    assert {*one} == {TREATED, CONTROL}


def test_the_draw_is_fixed_for_good() -> None:
    # Files written years ago must be drawn again the same.
    drawn = [arm(f"{n}", share=0.3, seed="7") for n in range(20)]
    assert [n for n, of in enumerate(drawn) if of == CONTROL] == [5, 12, 15, 16, 17]
