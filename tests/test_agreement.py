"""The kit and the oracle, which share no code, agree row for row on random histories."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import oracle
import pytest
from histories import History, Kit, assert_same, assert_same_returns, cells, cut

from retention import activity
from retention.errors import DataRefused
from retention.periods import CUTS, FREQUENCIES, GREGORIAN, MONTHS, WEEKDAYS, Frequency, Rules
from retention.thresholds import thresholds

CUSTOMERS = 25
STARTS = (date(2023, 12, 11), date(2024, 2, 20), date(2020, 12, 29), date(2023, 2, 20))
"""Days before a new year, a leap day, a year of 53 weeks, and a February without a leap day."""

LENGTHS = {"day": 40, "week": 90, "month": 260, "quarter": 500, "year": 900}
GAPS_OF_A_LENGTH = {"day": 4, "week": 10, "month": 30, "quarter": 60, "year": 110}


@dataclass(frozen=True)
class Drawn:
    """Histories of some customers, and by which thresholds and periods to look at them."""

    days: oracle.Days
    as_of: date
    inactive_after: int
    lost_after: int
    frequency: Frequency
    rules: Rules

    @property
    def asked(self) -> tuple[oracle.Days, int, int, date, oracle.Frequency]:
        """As the oracle takes it."""
        return self.days, self.inactive_after, self.lost_after, self.as_of, self.cut

    def in_kit(self, kit: Kit) -> History:
        """As the kit takes it."""
        return kit(
            self.days,
            as_of=self.as_of,
            inactive_after=self.inactive_after,
            lost_after=self.lost_after,
            frequency=self.frequency,
            rules=self.rules,
        )

    @property
    def cut(self) -> oracle.Frequency:
        """The periods, as the oracle takes them."""
        return self.frequency if self.rules == GREGORIAN else cut(self.frequency, self.rules)


def drawn(seed: int) -> Drawn:
    """Histories with many gaps on the very days on which the thresholds decide."""
    draw = random.Random(seed)
    frequency = FREQUENCIES[seed % len(FREQUENCIES)]
    usual = GAPS_OF_A_LENGTH[frequency]
    inactive_after = draw.randint(1, usual)
    # Every fourth history knows no dormant customers.
    lost_after = inactive_after + (draw.randint(1, usual) if seed % 4 else 0)
    start = draw.choice(STARTS)
    as_of = start + timedelta(days=LENGTHS[frequency] + draw.randint(0, 10))
    decisive = [
        edge + shift
        for edge in (inactive_after, lost_after)
        for shift in (-1, 0, 1)
        if edge + shift
    ]
    days: oracle.Days = {}
    for number in range(CUSTOMERS):
        day = start + timedelta(days=draw.randrange(LENGTHS[frequency]))
        amounts: dict[date, Decimal] = {}
        while day <= as_of:
            amounts[day] = Decimal(draw.randint(1, 99_999)) / 100
            gap = draw.choice(decisive) if draw.random() < 0.5 else draw.randint(1, 2 * usual)
            day += timedelta(days=gap)
        for _ in range(draw.randrange(4)):
            day = as_of - timedelta(days=draw.randrange(LENGTHS[frequency]))
            # A refund, or a day that nets to zero; where there was a purchase, it is undone.
            amounts[day] = Decimal(draw.choice([0, -5, Decimal("-0.01")]))
        days[f"customer {number:02}"] = sorted(amounts.items())
    rules = GREGORIAN
    if seed >= USUAL:
        rules = Rules(CUTS[seed // 5 % 2], draw.choice(WEEKDAYS), draw.choice(MONTHS))
    return Drawn(days, as_of, inactive_after, lost_after, frequency, rules)


USUAL = 40
"""Seeds from here on draw the rules of their calendar too."""

SEEDS = range(USUAL + 10)


@pytest.fixture(scope="module", params=SEEDS)
def case(request: pytest.FixtureRequest, kit: Kit) -> tuple[Drawn, History]:
    given = drawn(request.param)
    history = given.in_kit(kit)
    return given, history


def test_spells(case: tuple[Drawn, History]) -> None:
    given, history = case
    found = cells(history.spells(), "customer_id", "state", "started_on", "ended_on")
    assert found == oracle.spells(given.days, given.inactive_after, given.lost_after, given.as_of)


def test_ledger(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same(history.ledger(), oracle.ledger(*given.asked))
    history.check()


def test_revenue(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same(history.revenue(), oracle.revenue(*given.asked))


def test_rates(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same(history.rates(), oracle.rates(*given.asked))


def test_cohorts(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same(history.cohorts(), oracle.cohorts(given.days, given.as_of, given.cut))


def test_unbounded(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same(history.unbounded(), oracle.unbounded(given.days, given.as_of, given.cut))


def test_rolling(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same(history.rolling(), oracle.rolling(given.days, given.as_of, given.cut))


def test_brackets(case: tuple[Drawn, History]) -> None:
    given, history = case
    for edges in ((0, 1, 8, 31, 91), (5, 9), (0, 10_000)):
        expected = oracle.brackets(given.days, given.as_of, given.cut, edges)
        for row in expected:
            del row["cumulative_revenue_per_customer"]
        assert_same(history.brackets(edges), expected)


def test_second_life(case: tuple[Drawn, History]) -> None:
    given, history = case
    days, inactive_after, lost_after, as_of, _ = given.asked
    assert_same(history.second_life(), oracle.second_life(days, inactive_after, lost_after, as_of))


def test_second_purchase(case: tuple[Drawn, History]) -> None:
    given, history = case
    found = history.second_purchase().drop(columns=["censored", "low", "high"])
    assert_same(found, oracle.second_purchase(given.days, given.as_of))


def test_cohort_revenue(case: tuple[Drawn, History], kit: Kit) -> None:
    given, history = case
    refunds = refunded(given)
    expected = oracle.cohort_revenue(given.days, refunds, given.as_of, given.cut)
    assert_same(history.cohort_revenue(kit.refunds(refunds)), expected)


def refunded(given: Drawn) -> oracle.Days:
    """Refunds on some days of each customer, whatever the day nets to."""
    draw = random.Random(len(given.days[min(given.days)]))
    return {
        name: [
            (day, Decimal(-draw.randint(1, 5000)) / 100)
            for day, amount in entries
            if amount < 0 or draw.random() < 0.2
        ]
        for name, entries in given.days.items()
    }


def test_returns(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same_returns(history.returns(), oracle.returns(*given.asked))


def test_activity(case: tuple[Drawn, History]) -> None:
    given, history = case
    found = history.activity()
    assert_same(found, oracle.activity(given.days, given.as_of, given.cut))
    activity.check(found, history.ledger())


def test_rfm(case: tuple[Drawn, History]) -> None:
    given, history = case
    assert_same(history.rfm(), oracle.rfm(given.days, given.as_of))


def test_thresholds(case: tuple[Drawn, History]) -> None:
    given, history = case
    gaps = history.gaps()
    closed = Counter(oracle.closed_gaps(given.days, given.as_of))
    still_open = Counter(oracle.open_gaps(given.days, given.as_of))
    assert cells(gaps, "days", "closed", "open") == [
        (days, closed[days], still_open[days]) for days in sorted({*closed, *still_open})
    ]
    if closed.total() < 30:
        with pytest.raises(DataRefused, match=f"only {closed.total()} gaps"):
            thresholds(gaps, inactive_after="auto", lost_after="auto")
        return
    for quantiles in ((0.80, 0.95), (0.25, 0.5), (0.5, 1.0)):
        found = thresholds(gaps, inactive_after="auto", lost_after="auto", factors=quantiles)
        assert (found.inactive_after, found.lost_after) == tuple(
            oracle.threshold(given.days, given.as_of, quantile) for quantile in quantiles
        )
    for multiples in ((2, 4), (0.7, 1.1)):
        found = thresholds(
            gaps, inactive_after="auto", lost_after="auto", rule="mean_gap", factors=multiples
        )
        assert (found.inactive_after, found.lost_after) == tuple(
            oracle.mean_gap(given.days, multiple, given.as_of) for multiple in multiples
        )


def test_the_histories_hold_what_they_are_to_prove() -> None:
    # Else agreement would be about nothing: every kind of event, on the days that decide.
    assert len(SEEDS) * CUSTOMERS >= 1000
    total: Counter[str] = Counter()
    on_the_day: Counter[str] = Counter()
    for seed in SEEDS:
        given = drawn(seed)
        for row in oracle.ledger(*given.asked):
            total.update({k: v for k, v in row.items() if isinstance(v, int)})
        for gap in oracle.closed_gaps(given.days, given.as_of):
            on_the_day["inactive_after"] += gap == given.inactive_after
            on_the_day["lost_after"] += gap == given.lost_after
    names = ("new", "reactivated", "won_back", "lapsed", "became_lost", "intra_period_returns")
    assert all(total[name] > 100 for name in names), total
    assert min(on_the_day.values()) > 200, on_the_day
