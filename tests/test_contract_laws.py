"""Laws that hold for every history of contracts."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import oracle
import pytest
from histories import ContractHistory, Kit, records
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.group import COUNTS
from retention.periods import Frequency
from retention.recurring import GAINS, LOSSES

LENGTH = 100
AMOUNTS = st.sampled_from([Decimal(text) for text in ("0", "0.01", "10", "33.33", "99.99")])


@st.composite
def populations(draw: st.DrawFn, name: str = "a") -> oracle.Contracts:
    """A few customers, and one with a contract from the first day of all."""
    start = date(2024, 2, 20)

    def contract(
        first: int, length: int | None, amount: Decimal
    ) -> tuple[date, date | None, Decimal]:
        day = start + timedelta(days=first)
        return day, None if length is None else day + timedelta(days=length), amount

    one = st.builds(contract, st.integers(0, LENGTH - 1), st.none() | st.integers(1, 60), AMOUNTS)
    people = draw(st.lists(st.lists(one, min_size=1, max_size=5), min_size=1, max_size=6))
    return {
        f"{name} 0": [contract(0, None, Decimal(1))],
        **{f"{name} {number + 1}": of_one for number, of_one in enumerate(people)},
    }


AS_OF = date(2024, 2, 20) + timedelta(days=LENGTH - 1)
WORLDS = st.tuples(st.sampled_from([0, 1, 10, 40]), st.sampled_from(["week", "month"]))
World = tuple[int, Frequency]


def seen(
    kit: Kit, contracts: oracle.Contracts, world: World, *, as_of: date = AS_OF
) -> ContractHistory:
    return kit.contracts(contracts, as_of=as_of, lost_after=world[0], frequency=world[1])


@settings(max_examples=12)
@given(contracts=populations(), world=WORLDS)
def test_identities(kit: Kit, contracts: oracle.Contracts, world: World) -> None:
    history = seen(kit, contracts, world)
    history.check()
    for row in records(history.recurring()):
        moved = sum(row[name] for name in GAINS) - sum(row[name] for name in LOSSES)
        assert row["opening_mrr"] + moved == pytest.approx(row["closing_mrr"], abs=1e-9)
        assert min(row[name] for name in (*GAINS, *LOSSES)) >= 0
        if row["gross_retention"] is not None:
            assert 0 <= row["gross_retention"] <= min(1, row["net_retention"] + 1e-12)
            assert row["net_retention"] <= row["net_retention_with_reactivated"] + 1e-12


@settings(max_examples=8)
@given(contracts=populations(), world=WORLDS, cut=st.integers(20, LENGTH - 2))
def test_what_comes_later_never_changes_an_earlier_period(
    kit: Kit, contracts: oracle.Contracts, world: World, cut: int
) -> None:
    # Ends and starts after that day are in the data of the one and not in those of the other.
    as_of = date(2024, 2, 20) + timedelta(days=cut)
    known = {
        customer: [
            (start, end if end is not None and end <= as_of else None, amount)
            for start, end, amount in of_one
            if start <= as_of
        ]
        for customer, of_one in contracts.items()
    }
    then = seen(kit, {name: rows for name, rows in known.items() if rows}, world, as_of=as_of)
    now = seen(kit, contracts, world)
    for name in ("ledger", "rates", "recurring"):
        before, today = records(getattr(then, name)()), records(getattr(now, name)())
        assert [row for row in today if row["period_end"] <= as_of + timedelta(days=1)] == before


@settings(max_examples=8)
@given(contracts=populations(), world=WORLDS, seed=st.integers(0, 2**16))
def test_row_order_and_the_splitting_of_contracts_do_not_matter(
    kit: Kit, contracts: oracle.Contracts, world: World, seed: int
) -> None:
    draw = random.Random(seed)
    shuffled: oracle.Contracts = {}
    for customer in draw.sample(sorted(contracts), len(contracts)):
        rows = []
        for start, end, amount in contracts[customer]:
            # Two that touch, of the same amount, are the one they were.
            middle = start + timedelta(days=1)
            if draw.random() < 0.5 and (end is None or middle < end):
                rows += [(start, middle, amount), (middle, end, amount)]
            else:
                rows.append((start, end, amount))
        shuffled[customer] = draw.sample(rows, len(rows))
    one, other = seen(kit, contracts, world), seen(kit, shuffled, world)
    for name in ("spells", "ledger", "recurring"):
        for row, same in zip(
            records(getattr(one, name)()), records(getattr(other, name)()), strict=True
        ):
            # Each contract is rounded down to 0.0001 in each slice that it does not fill.
            assert same == pytest.approx(row, abs=0.01)


@settings(max_examples=8)
@given(some=populations("a"), others=populations("b"), world=WORLDS)
def test_disjoint_populations_add_and_a_doubled_one_doubles(
    kit: Kit, some: oracle.Contracts, others: oracle.Contracts, world: World
) -> None:
    together = seen(kit, {**some, **others}, world)
    parts = [seen(kit, some, world), seen(kit, others, world)]
    twice = seen(kit, {**some, **{f"{name} again": some[name] for name in some}}, world)
    for one, other, whole, double in zip(
        *(records(h.ledger()) for h in (*parts, together, twice)), strict=True
    ):
        for name in (*COUNTS, "revenue"):
            assert whole[name] == pytest.approx(one[name] + other[name], abs=1e-9)
            assert double[name] == pytest.approx(2 * one[name], abs=1e-9)
    for one, other, whole, double in zip(
        *(records(h.recurring()) for h in (*parts, together, twice)), strict=True
    ):
        for name in ("opening_mrr", *GAINS, *LOSSES, "closing_mrr"):
            assert whole[name] == pytest.approx(one[name] + other[name], abs=1e-9)
        assert double["gross_retention"] == pytest.approx(one["gross_retention"])
        assert double["net_retention"] == pytest.approx(one["net_retention"])
