"""Laws that hold for whoever is known before the first purchase, and for those who never buy."""

from __future__ import annotations

import random
from datetime import date, timedelta

import oracle
from histories import History, Kit, records
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import World, by_period, histories_of_one, inhabited

from retention.rates import CHURN, REACTIVATION, WITH_PROSPECTS

Known = dict[str, date]


@st.composite
def acquainted(draw: st.DrawFn) -> tuple[World, oracle.Days, Known]:
    """Customers, some known before or after their first purchase, and people who never bought."""
    world, days = draw(inhabited())
    offsets = st.none() | st.integers(-10, world.length)
    people = [*days, *(f"asked {number}" for number in range(draw(st.integers(1, 4))))]
    told = {name: draw(offsets) for name in people}
    known = {
        name: world.start + timedelta(days=day) for name, day in told.items() if day is not None
    }
    return world, days, known


def seen(kit: Kit, world: World, days: oracle.Days, known: Known, *, later: int = 0) -> History:
    return world.seen(kit, days, later=later).knowing(known)


@settings(max_examples=12)
@given(case=acquainted())
def test_prospects_change_conversion_and_reactivation_alone(
    kit: Kit, case: tuple[World, oracle.Days, Known]
) -> None:
    world, days, known = case
    one, other = seen(kit, world, days, known), world.seen(kit, days)
    assert records(one.ledger()) == records(other.ledger())
    assert records(one.rates()) == records(other.rates())
    conversion = by_period(one.conversion(), "period")
    rates = by_period(one.rates(), "period", "measure")
    widened = by_period(one.rates(WITH_PROSPECTS), "period", "measure")
    for (period,), row in conversion.items():
        assert 0 <= row["numerator"] <= row["denominator"] <= len(known)
        narrow, wide = rates[period, REACTIVATION], widened[period, REACTIVATION]
        for name in ("numerator", "denominator"):
            assert wide[name] == narrow[name] + row[name]
        assert widened[period, CHURN] == rates[period, CHURN]


@settings(max_examples=10)
@given(data=st.data())
def test_who_comes_later_never_changes_an_earlier_period(kit: Kit, data: st.DataObject) -> None:
    world, days, known = data.draw(acquainted())
    later, tomorrow = data.draw(st.sampled_from([1, 20])), world.as_of + timedelta(days=1)
    after = histories_of_one(world, world.length + 1, world.length + later)
    # All who were asked buy at last, and somebody else is asked.
    asked = {name: data.draw(after) for name in known if name not in days}
    now_known = {**known, "newcomer": tomorrow}
    then = seen(kit, world, days, known)
    now = seen(kit, world, {**days, **asked}, now_known, later=later)
    today = [row for row in records(now.conversion()) if row["period_end"] <= tomorrow]
    assert today == records(then.conversion())


@settings(max_examples=15)
@given(case=acquainted(), seed=st.integers(0, 2**16))
def test_order_and_names_do_not_matter_and_a_doubled_population_doubles(
    kit: Kit, case: tuple[World, oracle.Days, Known], seed: int
) -> None:
    world, days, known = case
    draw = random.Random(seed)
    shuffled = {f"O'{name} ü": known[name] for name in draw.sample(sorted(known), len(known))}
    again = {f"O'{name} ü": entries for name, entries in days.items()}
    one = seen(kit, world, days, known)
    assert records(seen(kit, world, again, shuffled).conversion()) == records(one.conversion())
    two = seen(kit, world, {**days, **again}, {**known, **shuffled})
    for row, doubled in zip(records(one.conversion()), records(two.conversion()), strict=True):
        assert doubled["numerator"] == 2 * row["numerator"]
        assert doubled["denominator"] == 2 * row["denominator"]
        assert doubled["rate"] == row["rate"]
