"""Periods of service, their states, and what each day earns: drawn, by hand, by the oracle."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import ibis
import oracle
import pytest
import timelines
from histories import ContractHistory, Kit, assert_same, assert_same_returns, cells, spell_rows

from retention import services
from retention.lifecycle import RUNS
from retention.periods import FREQUENCIES, Calendar, Frequency
from retention.subscriptions import CONTRACTS
from retention.transactions import CUSTOMER_DAYS

START = timelines.START


@pytest.mark.parametrize(
    ("title", "lost_after", "service", "expected"),
    timelines.SERVICES,
    ids=[example[0] for example in timelines.SERVICES],
)
def test_examples(kit: Kit, title: str, lost_after: int, service: str, expected: str) -> None:
    history = kit.contracts(
        {"c1": timelines.contracts(service)},
        as_of=timelines.as_of(service),
        lost_after=lost_after,
        frequency="week",
    )
    found = spell_rows(history.spells(), "c1")
    assert timelines.states(found, START, len(service)) == expected, title


@pytest.mark.parametrize("lost_after", [0, 1, 2, 5])
def test_every_gap_around_the_end_and_the_loss(kit: Kit, lost_after: int) -> None:
    texts = {f"gap {gap}": "==" + "." * gap + "=" for gap in range(9)}
    drawn = {name: text.ljust(20, ".") for name, text in texts.items()}
    history = kit.contracts(
        {name: timelines.contracts(text) for name, text in drawn.items()},
        as_of=START + timedelta(days=19),
        lost_after=lost_after,
        frequency="week",
    )
    found = history.spells()
    for name, text in drawn.items():
        expected, ended = "", 0
        for sign in text:
            ended = 0 if sign == "=" else ended + 1
            expected += "A" if not ended else "D" if ended <= lost_after else "L"
        assert timelines.states(spell_rows(found, name), START, 20) == expected, name


def ends_by(*spans: tuple[int, int | None]) -> list[tuple[date, date | None, Decimal]]:
    def day(number: int) -> date:
        return START + timedelta(days=number)

    return [
        (day(first), None if end is None else day(end), Decimal(10 + number))
        for number, (first, end) in enumerate(spans)
    ]


@pytest.mark.parametrize(
    ("spans", "runs"),
    [
        ([(0, 3), (1, 2), (4, 5)], [(0, 3), (4, 5)]),  # a short one within a long one ends nothing
        ([(0, 9), (1, 2), (3, 4), (9, 11)], [(0, 11)]),
        ([(0, 3), (0, 3), (0, 5)], [(0, 5)]),
        ([(0, 3), (3, 6), (7, None)], [(0, 6), (7, None)]),
        ([(0, None), (2, 4)], [(0, None)]),
        ([(0, 20), (5, 30)], [(0, None)]),  # it ends on as_of's morrow, not observed yet
        ([(0, 19)], [(0, 19)]),  # without service on as_of
        ([(5, 6), (0, 1)], [(0, 1), (5, 6)]),
    ],
)
def test_contracts_that_overlap_or_touch_are_one_service(
    kit: Kit, spans: list[tuple[int, int | None]], runs: list[tuple[int, int | None]]
) -> None:
    # Another customer in between, whose contracts are nobody else's.
    others = {"a": ends_by((0, 1)), "z": ends_by((3, None))}
    history = kit.contracts(
        {"a": others["a"], "m": ends_by(*spans), "z": others["z"]}, as_of=START + timedelta(days=19)
    )
    found = history.runs().order_by("customer_id", "started_on").to_pandas()
    expected = [(first, end) for first, end, _ in ends_by(*runs)]
    assert cells(found, "started_on", "lapses_on", customer_id="m") == expected
    assert cells(found, "started_on", "lapses_on", customer_id="z") == [
        (ends_by((3, 4))[0][0], None)
    ]


# What a day earns -------------------------------------------------------------------------------


def earnings(history: ContractHistory) -> dict[date, Decimal]:
    rows = history.customer_days.order_by("day").to_pyarrow().to_pylist()
    assert all(row["bought"] for row in rows)
    return {row["day"]: row["amount"] for row in rows}


def test_a_month_of_service_earns_the_amount_and_a_day_its_part(kit: Kit) -> None:
    history = kit.contracts(
        {"ann": [(date(2024, 1, 31), date(2024, 4, 11), Decimal("31.31"))]}, as_of=date(2024, 5, 31)
    )
    assert earnings(history) == {
        date(2024, 1, 31): Decimal("1.0100"),
        date(2024, 2, 1): Decimal("31.3100"),
        date(2024, 3, 1): Decimal("31.3100"),
        # 31.31 x 10 / 30 = 10.43666..., rounded down
        date(2024, 4, 1): Decimal("10.4366"),
    }


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_slices_add_up_to_the_month_whatever_the_frequency(kit: Kit, frequency: Frequency) -> None:
    amount = Decimal("9.9999")
    history = kit.contracts(
        # An upgrade within the month, at the same price: the two parts are the month.
        {"ann": [(date(2023, 2, 1), date(2023, 3, 14), amount), (date(2023, 3, 14), None, amount)]},
        as_of=date(2024, 4, 30),
        frequency=frequency,
    )
    by_month: Counter[str] = Counter()
    for day, earned in earnings(history).items():
        by_month[f"{day:%Y-%m}"] += earned
    assert set(by_month.values()) == {amount}
    assert len(by_month) == 15


def test_a_slice_is_dated_on_its_first_day_of_service(kit: Kit) -> None:
    # Weeks across the end of a month are cut there; a week with two stretches has one row.
    history = kit.contracts(
        {
            "ann": [
                (date(2024, 1, 30), date(2024, 2, 1), Decimal(31)),
                (date(2024, 2, 2), date(2024, 2, 3), Decimal(29)),
                (date(2024, 2, 4), date(2024, 2, 5), Decimal(58)),
            ]
        },
        as_of=date(2024, 2, 11),
        frequency="week",
    )
    assert earnings(history) == {date(2024, 1, 30): Decimal(2), date(2024, 2, 2): Decimal(3)}


def test_a_service_free_of_charge_is_a_service(kit: Kit) -> None:
    history = kit.contracts(
        {"ann": [(date(2024, 1, 1), None, Decimal(0))]}, as_of=date(2024, 2, 29)
    )
    assert earnings(history) == {date(2024, 1, 1): Decimal(0), date(2024, 2, 1): Decimal(0)}
    assert cells(history.ledger(), "closing_active", "revenue") == [(1, 0.0), (1, 0.0)]


def test_the_largest_amounts_are_exact(kit: Kit) -> None:
    amount = Decimal("99999999999.9999")
    history = kit.contracts({"ann": [(date(2024, 1, 2), None, amount)]}, as_of=date(2024, 1, 30))
    units = 999_999_999_999_999
    assert list(earnings(history).values()) == [Decimal(units * 30 // 31 - units // 31) / 10_000]


# The oracle -------------------------------------------------------------------------------------

SEEDS = range(15)
LENGTHS = {"day": 40, "week": 90, "month": 260, "quarter": 500, "year": 900}
STARTS = (date(2023, 12, 11), date(2024, 2, 20), date(2023, 2, 20))


def drawn(seed: int) -> tuple[oracle.Contracts, date, int, Frequency]:
    """Contracts with many starts on the very days on which something is decided."""
    draw = random.Random(seed)
    frequency = FREQUENCIES[seed % len(FREQUENCIES)]
    usual = LENGTHS[frequency] // 6
    lost_after = draw.randint(1, usual) if seed % 3 else 0
    start = draw.choice(STARTS)
    as_of = start + timedelta(days=LENGTHS[frequency] + draw.randint(0, 10))
    # Before the end of the last (an overlap), on it (they touch), after it, around the loss.
    steps = [-2, -1, 0, 0, 1, *(lost_after + shift for shift in (-1, 0, 1))]
    contracts: oracle.Contracts = {}
    for number in range(20):
        day = start + timedelta(days=draw.randrange(LENGTHS[frequency]))
        of_one: list[tuple[date, date | None, Decimal]] = []
        while day <= as_of:
            end = day + timedelta(days=draw.randint(1, 2 * usual))
            amount = Decimal(draw.choice([100, 250, 1999, 12345, 33333])) / 100
            # Ends that are announced, for days to come, are no ends yet.
            of_one.append((day, None if end > as_of and draw.random() < 0.5 else end, amount))
            if draw.random() < 0.2:
                of_one.append((day, *of_one[-1][1:]))
            step = draw.choice(steps) if draw.random() < 0.7 else draw.randint(0, 3 * usual)
            day = max(day + timedelta(days=1), end + timedelta(days=step))
        contracts[f"customer {number:02}"] = of_one
    return contracts, as_of, lost_after, frequency


@pytest.fixture(scope="module", params=SEEDS)
def case(
    request: pytest.FixtureRequest, kit: Kit
) -> tuple[oracle.Contracts, tuple[oracle.Days, int, int, date, str], ContractHistory]:
    contracts, as_of, lost_after, frequency = drawn(request.param)
    history = kit.contracts(contracts, as_of=as_of, lost_after=lost_after, frequency=frequency)
    served = oracle.days_of_service(contracts, as_of)
    return contracts, (served, 1, 1 + lost_after, as_of, frequency), history


Case = tuple[oracle.Contracts, tuple[oracle.Days, int, int, date, str], ContractHistory]


def test_spells_agree(case: Case) -> None:
    _, asked, history = case
    found = cells(history.spells(), "customer_id", "state", "started_on", "ended_on")
    assert found == oracle.spells(*asked[:4])


def test_ledger_and_revenue_agree(case: Case) -> None:
    _, asked, history = case
    assert_same(history.ledger(), oracle.ledger(*asked))
    assert_same(history.revenue(), oracle.revenue(*asked))
    history.check()


def test_rates_agree(case: Case) -> None:
    _, asked, history = case
    expected = sorted(oracle.rates(*asked), key=lambda row: (row["period"], row["measure"]))
    assert_same(history.rates(), expected)


def test_cohorts_and_returns_agree(case: Case) -> None:
    _, asked, history = case
    assert_same(history.cohorts(), oracle.cohorts(asked[0], *asked[3:]))
    assert_same_returns(history.returns(), oracle.returns(*asked))


def test_recurring_agrees(case: Case) -> None:
    contracts, asked, history = case
    assert_same(history.recurring(), oracle.recurring(contracts, *asked[3:]))


def test_the_contracts_hold_what_they_are_to_prove() -> None:
    total: Counter[str] = Counter()
    for seed in SEEDS:
        contracts, as_of, lost_after, frequency = drawn(seed)
        served = oracle.days_of_service(contracts, as_of)
        for row in oracle.ledger(served, 1, 1 + lost_after, as_of, frequency):
            total.update({k: v for k, v in row.items() if isinstance(v, int)})
        for row in oracle.recurring(contracts, as_of, frequency):
            total.update({k: 1 for k, v in row.items() if isinstance(v, Decimal) and v})
        for of_one in contracts.values():
            ends = {end for _, end, _ in of_one}
            total["touching"] += sum(start in ends for start, _, _ in of_one)
            total["announced"] += sum(end is not None and end > as_of for end in ends)
    names = ("new", "reactivated", "won_back", "lapsed", "became_lost", "intra_period_returns")
    kinds = ("new_mrr", "reactivated_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr")
    assert all(total[name] > 30 for name in (*names, *kinds, "touching", "announced")), total


def test_schemas_hold_on_no_engine_at_all() -> None:
    contracts = ibis.table(CONTRACTS, name="contracts")
    assert services.runs_of_services(contracts, as_of=date(2024, 1, 1)).schema() == RUNS
    calendar = Calendar("week", date(2023, 1, 1), date(2024, 1, 1))
    assert services.customer_days(contracts, calendar=calendar).schema() == CUSTOMER_DAYS
