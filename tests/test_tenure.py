"""Former customers of contracts: drawn by hand, and against a loop over days of service."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import ibis
import oracle
import pandas as pd
import pytest
from histories import ContractHistory, Kit, assert_same, cells, records
from oracle import standings, tenures

from retention import inactive, opportunity
from retention.inactive import GROUPS, STANDING
from retention.lifecycle import RUNS
from retention.opportunity import GROWTH, OUTCOMES
from retention.subscriptions import CONTRACTS
from retention.tenure import (
    FORMER_TENURE,
    SILENT_DAYS,
    TENURES,
    former_service,
    former_tenure,
    standing_of_contracts,
)
from retention.transactions import CUSTOMER_DAYS

START = date(2021, 1, 1)
LAST = 1500
PAUSES = (1, 2, 89, 90, 91, 180, 181, 365, 366, 500)
STAYS = (1, 30, 89, 90, 91, 364, 365, 366, 730, 731)


def day(number: int) -> date:
    return START + timedelta(days=number)


def drawn(seed: int) -> oracle.Contracts:
    """Stays and pauses over some years, of the very lengths that decide; some touch or overlap."""
    draw = random.Random(seed)
    contracts: oracle.Contracts = {}
    for number in range(30):
        at, own = draw.randrange(900), []
        while at < LAST and len(own) < 6:
            end = at + draw.choice(STAYS)
            amount = Decimal(draw.randint(100, 99_999)) / 100
            own.append((day(at), None if end > LAST else day(end), amount))
            if draw.random() < 0.2:
                own.append((day(at), day(end), Decimal(7)))
            at = end + (0 if draw.random() < 0.2 else draw.choice(PAUSES))
        contracts[f"customer {number:02}"] = own
    return contracts


def standing_table(history: ContractHistory) -> ibis.Table:
    as_of = history.calendar.as_of
    slices = inactive.standing(
        history.spells_table, history.customer_days, inactive_after=0, as_of=as_of
    )
    return history.kit.stored(standing_of_contracts(slices, history.runs(), as_of=as_of))


def service_days(history: ContractHistory) -> ibis.Table:
    first, last = history.calendar.first_day, history.calendar.as_of
    return history.kit.stored(former_service(history.contracts, first_day=first, as_of=last))


def outcomes(days: ibis.Table, on: date, since: date) -> pd.DataFrame:
    asked = {"day": on, "since": since, "inactive_after": SILENT_DAYS, "former": former_tenure}
    names = ["since_lapse", "former_activity", "window", "band"]
    frame = opportunity.outcomes(days, **asked).to_pandas()
    ordered = frame.sort_values(names, na_position="first", ignore_index=True)
    return ordered.astype({"window": "Int64"})


@pytest.mark.parametrize(
    ("served", "ago", "tenure", "since"),
    [
        (90, 0, "tenure_within_90", "lapsed_within_90"),
        (91, 90, "tenure_within_365", "lapsed_within_90"),
        (365, 91, "tenure_within_365", "lapsed_within_180"),
        (366, 180, "tenure_within_730", "lapsed_within_180"),
        (730, 365, "tenure_within_730", "lapsed_within_365"),
        (731, 366, "tenure_longer", "lapsed_earlier"),
    ],
)
def test_brackets_end_on_their_day(
    kit: Kit, served: int, ago: int, tenure: str, since: str
) -> None:
    end = day(LAST) - timedelta(days=ago)
    own = [(end - timedelta(days=served), end, Decimal(30))]
    history = kit.contracts({"ann": own, "bob": [(START, None, Decimal(1))]}, as_of=day(LAST))
    found = standing_table(history).order_by("customer_id").to_pandas()
    assert cells(found, "former_activity", "since_lapse") == [
        (tenure, since),
        ("tenure_longer", None),
    ]


def test_pauses_are_no_tenure_and_days_in_two_contracts_count_once(kit: Kit) -> None:
    own = [
        (day(0), day(60), Decimal(30)),
        (day(30), day(50), Decimal(5)),
        (day(400), day(430), Decimal(30)),
    ]
    history = kit.contracts({"ann": own}, as_of=day(500))
    (row,) = records(standing_table(history).to_pandas())
    assert row["former_activity"] == "tenure_within_90"
    found = former_tenure(service_days(history)).to_pandas()
    assert cells(found, "last_purchase_on", "former_activity") == [(day(429), "tenure_within_90")]


def test_who_was_always_served_has_no_day(kit: Kit) -> None:
    contracts = {
        "ann": [(day(0), day(9), Decimal(31)), (day(9), None, Decimal(31))],
        "bob": [(day(0), day(2), Decimal(31))],
    }
    found = service_days(kit.contracts(contracts, as_of=day(30))).order_by("day").to_pandas()
    assert cells(found, "customer_id", "day", "amount") == [
        ("bob", day(0), Decimal(1)),
        ("bob", day(1), Decimal(1)),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_the_oracle_agrees(kit: Kit, seed: int) -> None:
    contracts = drawn(seed)
    as_of = day(LAST)
    history = kit.contracts(contracts, as_of=as_of, lost_after=90)
    table = standing_table(history)
    found = table.order_by("customer_id").to_pandas()
    expected = tenures.standing(contracts, as_of)
    assert_same(found[["customer_id", "former_activity", "since_lapse"]], expected)
    groups = inactive.inactive_groups(table, activities=TENURES).to_pandas()
    # How many are in each: what the loop says of everybody's state and brackets.
    whole = [row | asked for row, asked in zip(records(found), expected, strict=True)]
    counted = [row for row in standings.inactive(whole) if row["breakdown"] != "former_activity"]
    shown = groups[groups["breakdown"] != "former_activity"].reset_index(drop=True)
    assert_same(shown, counted)
    silent = [row["former_activity"] for row in expected if row["since_lapse"]]
    assert cells(groups, "group", "customers", breakdown="former_activity") == [
        (name, silent.count(name)) for name in TENURES
    ]
    days = service_days(history)
    seen = 0
    for on, since in ((500, 0), (900, 100), (1135, 365), (1500, 365)):
        wanted = tenures.outcomes(contracts, day(on), day(since), as_of)
        assert_same(outcomes(days, day(on), day(since)), wanted)
        seen += sum(row["window"] is not None for row in wanted)
    assert seen > 10
    for on in (1200, LAST):
        grown = opportunity.growth(days, inactive_after=SILENT_DAYS, as_of=day(on)).to_pandas()
        assert_same(grown, tenures.growth(contracts, day(on), as_of))
    asked = {"day": day(600), "since": day(10), "inactive_after": SILENT_DAYS}
    [came] = records(opportunity.realised(days, **asked).to_pandas())
    rows = tenures.inactive_on(contracts, day(600), day(10), as_of)
    assert came == {
        "customers": len(rows),
        "returned": sum(row["returned_on"] is not None for row in rows),
        "spend": pytest.approx(float(sum(row["spend_a_year"] for row in rows))),
    }


def test_later_contracts_change_nothing_of_an_earlier_day(kit: Kit) -> None:
    contracts = drawn(9)
    end = day(1000)
    known = {
        name: [
            (start, until if until is not None and until <= end else None, amount)
            for start, until, amount in own
            if start <= end
        ]
        for name, own in contracts.items()
    }
    known = {name: own for name, own in known.items() if own}
    first = min(start for own in contracts.values() for start, _, _ in own)
    whole, cut = (
        service_days(kit.contracts(of, as_of=last))
        for of, last in ((contracts, day(LAST)), (known, end))
    )
    on, since = end - timedelta(days=365), first
    pd.testing.assert_frame_equal(outcomes(whole, on, since), outcomes(cut, on, since))


def test_schemas_hold_on_no_engine_at_all() -> None:
    contracts, runs = ibis.table(CONTRACTS, name="contracts"), ibis.table(RUNS, name="runs")
    days = former_service(contracts, first_day=START, as_of=day(99))
    assert days.schema() == CUSTOMER_DAYS
    assert former_tenure(days).schema() == FORMER_TENURE
    standing = ibis.table(STANDING, name="standing")
    own = standing_of_contracts(standing, runs, as_of=day(99))
    assert own.schema() == STANDING
    assert inactive.inactive_groups(own, activities=TENURES).schema() == GROUPS
    asked = {"day": START, "since": START, "inactive_after": SILENT_DAYS, "former": former_tenure}
    assert opportunity.outcomes(days, **asked).schema() == OUTCOMES
    assert opportunity.growth(days, inactive_after=1, as_of=day(99)).schema() == GROWTH
