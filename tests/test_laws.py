"""Laws that hold for every history, thresholds and frequency."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

import ibis
import oracle
import pytest
from histories import History, Kit, cells, records
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import World, by_period, histories_of_one, inhabited, populations, worlds

from retention import activity, transactions
from retention.ledger import check
from retention.lifecycle import STATES
from retention.rates import CHURN, MEASURES, QUICK_RATIO, RETENTION, REVENUE_CHURN, SHARES

STOCKS = [f"{end}_{state}" for end in ("opening", "closing") for state in STATES]
EVENTS = ["new", "reactivated", "won_back", "lapsed", "became_lost", "intra_period_returns"]
COUNTS = [*STOCKS, *EVENTS]


@settings(max_examples=30)
@given(case=inhabited())
def test_identities(kit: Kit, case: tuple[World, oracle.Days]) -> None:
    world, days = case
    history = world.seen(kit, days)
    ledger_frame, revenue_frame = history.ledger(), history.revenue()
    check(ledger_frame, revenue_frame, has_dormant=world.inactive_after < world.lost_after)
    activity.check(history.activity(), ledger_frame)
    ledger = records(ledger_frame)
    acquired = 0
    for row in ledger:
        acquired += row["new"]
        came = row["new"] + row["reactivated"] + row["won_back"]
        assert row["opening_active"] + came - row["lapsed"] == row["closing_active"]
        assert sum(row[f"closing_{state}"] for state in STATES) == acquired
        assert row["opening_lost"] + row["became_lost"] - row["won_back"] == row["closing_lost"]
        assert min(row[name] for name in COUNTS) >= 0
    for before, after in pairwise(ledger):
        assert before["period_end"] == after["period"]
        assert [before[f"closing_{s}"] for s in STATES] == [after[f"opening_{s}"] for s in STATES]
    if ledger:
        assert [ledger[0][f"opening_{state}"] for state in STATES] == [0, 0, 0]

    rates = by_period(history.rates(), "period", "measure")
    assert len(rates) == len(MEASURES) * len(ledger)
    for (_, measure), row in rates.items():
        if measure not in SHARES:
            assert row["low"] is row["high"] is None
            assert (row["rate"] is None) == (row["denominator"] <= 0)
            continue
        assert 0 <= row["numerator"] <= row["denominator"]
        if row["denominator"] == 0:
            assert row["rate"] is row["low"] is row["high"] is None
        else:
            assert 0 <= row["low"] <= row["rate"] <= row["high"] <= 1
    for row in ledger:
        churn, retention = (rates[row["period"], measure] for measure in (CHURN, RETENTION))
        assert churn["denominator"] == retention["denominator"] == row["opening_active"]
        assert churn["numerator"] + retention["numerator"] == row["opening_active"]
        assert row["opening_active"] == 0 or churn["rate"] + retention["rate"] == pytest.approx(1)
        came = row["new"] + row["reactivated"] + row["won_back"]
        quick = rates[row["period"], QUICK_RATIO]
        assert (quick["numerator"], quick["denominator"]) == (came, row["lapsed"])
        if churn["numerator"] in (0, churn["denominator"]):
            # nobody left, or everybody did, and their money with them
            money = rates[row["period"], REVENUE_CHURN]
            assert money["numerator"] == (churn["numerator"] and money["denominator"])
        # who stayed, came or came back before the close is who is there at the close
        assert retention["numerator"] <= row["closing_active"]

    money = by_period(revenue_frame, "period", "bought_as")
    for row in ledger:
        ways = [found for (period, _), found in money.items() if period == row["period"]]
        assert sum(way["revenue"] for way in ways) == pytest.approx(row["revenue"], abs=1e-9)
        new = money.get((row["period"], "new"), {"customers": 0})
        assert new["customers"] == row["new"]
        won_back = money.get((row["period"], "won_back"), {"customers": 0})
        assert won_back["customers"] <= row["won_back"]


@settings(max_examples=50)
@given(case=inhabited())
def test_spells_touch_and_cover(kit: Kit, case: tuple[World, oracle.Days]) -> None:
    world, days = case
    rows = records(world.seen(kit, days).spells())
    bought = {name: oracle.purchase_days(entries, world.as_of) for name, entries in days.items()}
    assert {row["customer_id"] for row in rows} == {name for name in bought if bought[name]}
    for name, of_one in groupby(rows, key=lambda row: row["customer_id"]):
        spells = list(of_one)
        assert spells[0]["started_on"] == bought[name][0]
        assert spells[-1]["ended_on"] is None
        for before, after in pairwise(spells):
            assert before["started_on"] < before["ended_on"] == after["started_on"]
            assert before["state"] == after["previous_state"] != after["state"]
        for day in bought[name]:
            (met,) = [s for s in spells if s["started_on"] <= day < (s["ended_on"] or date.max)]
            assert met["state"] == "active"


@settings(max_examples=50)
@given(case=inhabited())
def test_cohorts_add_up(kit: Kit, case: tuple[World, oracle.Days]) -> None:
    world, days = case
    history = world.seen(kit, days)
    rows = records(history.cohorts())
    periods = history.calendar.periods
    starts = [period.start for period in periods]
    assert [(row["cohort"], row["age"]) for row in rows] == [
        (start, age)
        for number, start in enumerate(starts)
        if start in {row["cohort"] for row in rows}
        for age in range(len(starts) - number)
    ]
    for row in rows:
        assert 0 <= row["customers"] <= row["cohort_size"]
        assert row["retention"] == row["customers"] / row["cohort_size"]
        assert row["age"] > 0 or row["customers"] == row["cohort_size"] > 0
        period = periods[starts.index(row["cohort"]) + row["age"]]
        assert row["complete"] == period.complete
    bought = {name: oracle.purchase_days(entries, world.as_of) for name, entries in days.items()}
    buyers = [name for name in days if bought[name]]
    assert sum(row["cohort_size"] for row in rows if row["age"] == 0) == len(buyers)
    money = sum(amount for name in buyers for day, amount in days[name] if day >= bought[name][0])
    assert sum(row["revenue"] for row in rows) == pytest.approx(float(money), abs=1e-9)


@settings(max_examples=8)
@given(case=inhabited())
def test_views_of_the_cohorts_fit_together(kit: Kit, case: tuple[World, oracle.Days]) -> None:
    world, days = case
    history = world.seen(kit, days)
    bounded = by_period(history.cohorts(), "cohort", "age")
    unbounded = by_period(history.unbounded(), "cohort", "age")
    assert set(unbounded) == {cell for cell in bounded if bounded[cell]["complete"]}
    for (cohort, age), row in unbounded.items():
        assert bounded[cohort, age]["customers"] <= row["customers"] <= row["cohort_size"]
        assert row["cohort_size"] == bounded[cohort, age]["cohort_size"]
        before = unbounded.get((cohort, age - 1))
        assert before is None or row["customers"] <= before["customers"]

    # Windows are brackets of 30 days, and all brackets in one hold whoever is in any of them.
    rolling = by_period(history.rolling(), "cohort", "window")
    thirties = by_period(history.brackets(range(0, 151, 30)), "cohort", "from_day")
    sixties = by_period(history.brackets(range(0, 151, 60)), "cohort", "from_day")
    for (cohort, from_day), row in thirties.items():
        found = rolling[cohort, from_day // 30]
        for name in ("cohort_size", "watched", "customers", "low", "high", "complete"):
            assert found[name] == row[name]
        assert row["from_day"] > 0 or row["customers"] == row["watched"]
    for (cohort, from_day), row in sixties.items():
        assert row["watched"] == thirties[cohort, from_day + 30]["watched"]
        assert row["customers"] >= thirties[cohort, from_day + 30]["customers"]

    # A life that began a second time began as what the ledger calls it.
    lives = by_period(history.second_life(), "began_as", "window")
    ledger = history.ledger()
    for (began_as, window), row in lives.items():
        assert row["customers"] <= row["watched"]
        assert window > 0 or row["customers"] == row["watched"]
        running = 0 if history.calendar.periods[-1].complete else row["watched"]
        assert row["watched"] <= ledger[began_as].sum() + running


@settings(max_examples=15)
@given(data=st.data())
def test_later_purchases_never_change_an_earlier_period(kit: Kit, data: st.DataObject) -> None:
    world, days = data.draw(inhabited())
    later, tomorrow = data.draw(st.integers(1, 40)), world.as_of + timedelta(days=1)
    end = world.length + later
    after = st.one_of(st.just([]), histories_of_one(world, world.length + 1, end))
    extended = {name: entries + data.draw(after) for name, entries in days.items()}
    extended["newcomer"] = [(tomorrow, Decimal(7))]
    then, now = world.seen(kit, days), world.seen(kit, extended, later=later)
    for name in ("ledger", "rates", "activity"):
        before, today = records(getattr(then, name)()), records(getattr(now, name)())
        assert [row for row in today if row["period_end"] <= tomorrow] == before
    for name, age in (("cohorts", "age"), ("rolling", "window")):
        cells_then = [row for row in records(getattr(then, name)()) if row["complete"]]
        cells_now = by_period(getattr(now, name)(), "cohort", age)
        assert [cells_now[row["cohort"], row[age]] for row in cells_then] == cells_then
    # Who is still to come back may come: the unbounded share is the one that later purchases raise.
    unbounded = by_period(now.unbounded(), "cohort", "age")
    for row in records(then.unbounded()):
        found = unbounded[row["cohort"], row["age"]]
        assert found["cohort_size"] == row["cohort_size"]
        assert found["customers"] >= row["customers"]


@settings(max_examples=20)
@given(case=inhabited(), seed=st.integers(0, 2**16))
def test_row_order_and_names_do_not_matter(
    kit: Kit, case: tuple[World, oracle.Days], seed: int
) -> None:
    world, days = case
    draw = random.Random(seed)
    # Names that sort the other way round, and need quoting.
    names = dict(zip(sorted(days), (f"O'{chr(0x7A - i)} ü" for i in range(len(days))), strict=True))
    shuffled = {names[name]: draw.sample(days[name], len(days[name])) for name in days}
    shuffled = {name: shuffled[name] for name in draw.sample(sorted(shuffled), len(shuffled))}
    one, other = world.seen(kit, days), world.seen(kit, shuffled)
    named = [{**row, "customer_id": names[row["customer_id"]]} for row in records(one.spells())]
    named.sort(key=lambda row: (row["customer_id"], row["started_on"]))
    found = records(other.spells())
    found.sort(key=lambda row: (row["customer_id"], row["started_on"]))
    assert found == named
    for name in ("cohorts", "rolling", "second_life", "waits", "lapses", "gaps", "activity"):
        assert records(getattr(other, name)()) == records(getattr(one, name)())


@settings(max_examples=15)
@given(case=inhabited(), copies=st.integers(2, 4), seed=st.integers(0, 2**16))
def test_orders_of_a_day_are_one_day(
    kit: Kit, case: tuple[World, oracle.Days], copies: int, seed: int
) -> None:
    # Every order comes several times; the day is the same day, and its money adds up.
    world, days = case
    orders = [
        (name, day, float(amount)) for name, entries in days.items() for day, amount in entries
    ]
    many = random.Random(seed).sample(orders * copies, len(orders) * copies)

    def counted(rows: list[tuple[str, date, float]]) -> History:
        raw = ibis.memtable(
            rows, schema={"customer_id": "string", "ordered_at": "date", "amount": "float64"}
        )
        tally = transactions.tally(transactions.transactions(kit.stored(raw), unit="any"))
        table = transactions.customer_days(kit.stored(tally), as_of=world.as_of)
        as_drawn = world.seen(kit, days)
        return History(
            kit, kit.stored(table), as_drawn.calendar, world.inactive_after, world.lost_after
        )

    once, often = counted(orders), counted(many)
    assert records(once.spells()) == records(world.seen(kit, days).spells())
    assert records(often.spells()) == records(once.spells())
    names = ("cohort", "age", "cohort_size", "customers", "retention", "complete")
    cohorts_once, cohorts_often = once.cohorts(), often.cohorts()
    assert cells(cohorts_often, *names) == cells(cohorts_once, *names)
    assert cells(cohorts_often, "revenue") == pytest.approx(
        [copies * revenue for revenue in cells(cohorts_once, "revenue")]
    )


@settings(max_examples=10)
@given(case=inhabited())
def test_a_doubled_population_doubles_counts_and_keeps_rates(
    kit: Kit, case: tuple[World, oracle.Days]
) -> None:
    world, days = case
    one = world.seen(kit, days)
    two = world.seen(kit, {**days, **{f"{name} again": days[name] for name in days}})
    for row, doubled in zip(records(one.ledger()), records(two.ledger()), strict=True):
        assert [doubled[name] for name in COUNTS] == [2 * row[name] for name in COUNTS]
        assert doubled["revenue"] == pytest.approx(2 * row["revenue"], abs=1e-9)
    for row, doubled in zip(records(one.rates()), records(two.rates()), strict=True):
        assert doubled["rate"] == pytest.approx(row["rate"])
        assert doubled["numerator"] == pytest.approx(2 * row["numerator"])
        assert doubled["denominator"] == pytest.approx(2 * row["denominator"])
        # and twice the evidence makes no interval wider
        assert row["low"] is None or doubled["high"] - doubled["low"] <= row["high"] - row["low"]
    for row, doubled in zip(records(one.activity()), records(two.activity()), strict=True):
        assert doubled.pop("quick_ratio") == row.pop("quick_ratio")
        assert [doubled[name] for name in list(row)[2:]] == pytest.approx(
            [2 * row[name] for name in list(row)[2:]], abs=1e-9
        )
    for name in ("unbounded", "rolling", "second_life"):
        frames = (records(getattr(history, name)()) for history in (one, two))
        for row, doubled in zip(*frames, strict=True):
            assert doubled["customers"] == 2 * row["customers"]
            assert doubled["retention"] == row["retention"]
            assert doubled["high"] - doubled["low"] <= row["high"] - row["low"]


@settings(max_examples=10)
@given(data=st.data())
def test_disjoint_populations_add(kit: Kit, data: st.DataObject) -> None:
    world = data.draw(worlds())
    some, others = data.draw(populations(world, "a")), data.draw(populations(world, "b"))
    parts = [world.seen(kit, some), world.seen(kit, others)]
    together = world.seen(kit, {**some, **others})
    for *rows, whole in zip(*(records(h.ledger()) for h in (*parts, together)), strict=True):
        for name in COUNTS:
            assert whole[name] == rows[0][name] + rows[1][name]
        assert whole["revenue"] == pytest.approx(rows[0]["revenue"] + rows[1]["revenue"], abs=1e-9)
    for *rows, whole in zip(*(records(h.activity()) for h in (*parts, together)), strict=True):
        for name in [name for name in list(whole)[2:] if name != "quick_ratio"]:
            assert whole[name] == pytest.approx(rows[0][name] + rows[1][name], abs=1e-9)
    for *rows, whole in zip(*(records(h.rates()) for h in (*parts, together)), strict=True):
        for name in ("numerator", "denominator"):
            assert whole[name] == pytest.approx(rows[0][name] + rows[1][name], abs=1e-9)
