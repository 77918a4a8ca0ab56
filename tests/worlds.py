"""Random histories, thresholds and calendars, and rows by their names."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import oracle
import pandas as pd
from histories import History, Kit, records
from hypothesis import strategies as st

from retention.periods import CUTS, GREGORIAN, MONTHS, WEEKDAYS, Frequency, Rules


@dataclass(frozen=True)
class World:
    """How a history is looked at; its first day is the purchase of somebody who is always there."""

    start: date
    length: int
    inactive_after: int
    lost_after: int
    frequency: Frequency
    rules: Rules

    @property
    def as_of(self) -> date:
        return self.start + timedelta(days=self.length)

    def seen(self, kit: Kit, days: oracle.Days, *, later: int = 0) -> History:
        return kit(
            days,
            as_of=self.as_of + timedelta(days=later),
            inactive_after=self.inactive_after,
            lost_after=self.lost_after,
            frequency=self.frequency,
            rules=self.rules,
        )


STARTS = (date(2023, 12, 20), date(2024, 2, 20), date(2024, 3, 31), date(2024, 7, 1))
"""Before a new year, before a leap day, on the last day of a quarter, on a Monday."""

RULES = st.one_of(
    st.just(GREGORIAN),
    st.builds(Rules, st.sampled_from(CUTS), st.sampled_from(WEEKDAYS), st.sampled_from(MONTHS)),
)


@st.composite
def any_world(draw: st.DrawFn) -> World:
    frequency: Frequency = draw(st.sampled_from(["day", "week", "month", "quarter"]))
    inactive_after = draw(st.integers(1, 15))
    return World(
        start=draw(st.sampled_from(STARTS)),
        length=draw(st.integers(10, 30 if frequency == "day" else 130)),
        inactive_after=inactive_after,
        lost_after=inactive_after + draw(st.one_of(st.just(0), st.integers(1, 25))),
        frequency=frequency,
        rules=draw(RULES),
    )


def few_worlds() -> list[World]:
    """Worlds of every frequency, start and cut, a third of them without dormant customers."""
    draw = random.Random(4)
    return [
        World(
            start=STARTS[(number + number // 4) % 4],
            length=draw.randint(10, 30 if frequency == "day" else 130),
            inactive_after=(inactive_after := draw.randint(1, 15)),
            lost_after=inactive_after + (draw.randint(1, 25) if number % 3 else 0),
            frequency=frequency,
            rules=GREGORIAN
            if (number + number // 4) % 2
            else Rules(CUTS[number // 2 % 2], draw.choice(WEEKDAYS), draw.choice(MONTHS)),
        )
        for number, frequency in enumerate(["day", "week", "month", "quarter"] * 3)
    ]


def worlds() -> st.SearchStrategy[World]:
    """A few, whose statements are written once; any, where Hypothesis is to explore."""
    explores = os.environ.get("HYPOTHESIS_PROFILE") == "explore"
    return any_world() if explores else st.sampled_from(few_worlds())


AMOUNTS = st.sampled_from([Decimal(text) for text in ("10", "0.01", "33.33", "0", "-5", "-40")])


def histories_of_one(world: World, first: int, last: int) -> st.SearchStrategy[oracle.Days]:
    """Days in [first, last] of one customer, many of them apart by just a threshold."""
    decisive = [
        edge + shift
        for edge in (world.inactive_after, world.lost_after)
        for shift in (-1, 0, 1)
        if edge + shift > 0
    ]
    gaps = st.one_of(st.sampled_from(decisive), st.integers(1, 40))

    def dated(drawn: tuple[int, list[tuple[int, Decimal]]]) -> list[tuple[date, Decimal]]:
        offset, steps = drawn
        days = []
        for gap, amount in steps:
            if offset > last:
                break
            days.append((world.start + timedelta(days=offset), amount))
            offset += gap
        return days

    steps = st.lists(st.tuples(gaps, AMOUNTS), min_size=1, max_size=14)
    return st.tuples(st.integers(first, last), steps).map(dated)


def populations(world: World, name: str) -> st.SearchStrategy[oracle.Days]:
    """A few customers, and one who bought on the first day of all."""
    people = st.lists(histories_of_one(world, 0, world.length), min_size=1, max_size=8)
    return people.map(
        lambda drawn: {
            f"{name} 0": [(world.start, Decimal(10))],
            **{f"{name} {number + 1}": days for number, days in enumerate(drawn)},
        }
    )


@st.composite
def inhabited(draw: st.DrawFn) -> tuple[World, oracle.Days]:
    world = draw(worlds())
    return world, draw(populations(world, "a"))


def by_period(frame: pd.DataFrame, *names: str) -> dict[Any, Any]:
    """Row by what names it; a row is a dict of its cells."""
    return {tuple(row[name] for name in names): row for row in records(frame)}
