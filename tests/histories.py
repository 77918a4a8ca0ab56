"""Purchase histories put before the kit on one engine, and what it makes of them in plain values.

A test names its customers and their days; everything else of a run stands here once, so that the
same test runs on every engine that `conftest.kit` lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any

import ibis
import ibis.expr.types as ir
import oracle
import pandas as pd
import pyarrow as pa
import pytest
import timelines
from history import ContractHistory, History
from ibis.backends import BaseBackend
from statements import Statements

from retention import engines, services, subscriptions
from retention.periods import GREGORIAN, MONTHS, WEEKDAYS, Calendar, Frequency, Rules
from retention.prospects import PROSPECTS
from retention.transactions import CUSTOMER_DAYS, REFUNDS

Days = Mapping[str, Iterable[tuple[date, Decimal]]]
Contracts = Mapping[str, Sequence[tuple[date, date | None, Decimal]]]
Row = dict[str, Any]

_NUMBERS = count()


@dataclass(frozen=True)
class Kit:
    """The kit on one engine: call it with histories to get their figures."""

    backend: BaseBackend

    @cached_property
    def statements(self) -> Statements:
        return Statements(self.backend)

    def __call__(
        self,
        days: Days,
        *,
        as_of: date,
        inactive_after: int = 2,
        lost_after: int = 4,
        frequency: Frequency = "week",
        rules: Rules = GREGORIAN,
    ) -> History:
        """The figures of `days`, customer -> (day, amount of the day), none after `as_of`."""
        rows = [(customer, day, amount) for customer in days for day, amount in days[customer]]
        first_day = min(day for _, day, amount in rows if amount > 0)
        calendar = Calendar(frequency, first_day, as_of, rules)
        return History(self, self.customer_days(rows), calendar, inactive_after, lost_after)

    def drawn(
        self,
        histories: Mapping[str, str],
        *,
        start: date = timelines.START,
        inactive_after: int = 2,
        lost_after: int = 4,
        frequency: Frequency = "week",
    ) -> History:
        """The figures of histories drawn as in timelines.py; blanks between days say nothing."""
        days, as_of = days_drawn(histories, start)
        return self(
            days,
            as_of=as_of,
            inactive_after=inactive_after,
            lost_after=lost_after,
            frequency=frequency,
        )

    def contracts(
        self,
        contracts: Contracts,
        *,
        as_of: date,
        lost_after: int = 0,
        frequency: Frequency = "month",
    ) -> ContractHistory:
        """The figures of `contracts`, customer -> (first day, end or None, amount per month)."""
        rows = [(customer, *row) for customer in contracts for row in contracts[customer]]
        calendar = Calendar(frequency, min(row[1] for row in rows), as_of)
        raw = pa.table(
            {
                name: pa.array(column, kind)
                for name, column, kind in zip(
                    ("customer_id", "started_on", "ended_on", "amount"),
                    zip(*rows, strict=True),
                    (pa.string(), pa.date32(), pa.date32(), pa.decimal128(18, 4)),
                    strict=True,
                )
            }
        )
        typed = subscriptions.subscriptions(self.stored(raw), unit="any")
        counted = self.stored(subscriptions.tally(typed))
        table = self.stored(subscriptions.contracts(counted, as_of=as_of))
        days = self.stored(services.customer_days(table, calendar=calendar))
        return ContractHistory(self, days, calendar, 0, lost_after, table)

    def customer_days(self, rows: Sequence[tuple[str, date, Decimal]]) -> ir.Table:
        """A table of the engine with schema CUSTOMER_DAYS."""
        schema = CUSTOMER_DAYS.to_pyarrow()
        columns = zip(*((*row, row[-1] > 0) for row in rows), strict=True)
        arrays = [
            pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)
        ]
        return self.stored(pa.table(arrays, schema=schema))

    def refunds(self, days: Days) -> ir.Table:
        """A table of the engine with schema REFUNDS."""
        rows = [(customer, day, amount) for customer in days for day, amount in days[customer]]
        schema = REFUNDS.to_pyarrow()
        columns = zip(*rows, strict=True) if rows else [[], [], []]
        arrays = [
            pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)
        ]
        return self.stored(pa.table(arrays, schema=schema))

    def prospects(self, known: Mapping[str, date]) -> ir.Table:
        """A table of the engine with schema PROSPECTS."""
        schema = PROSPECTS.to_pyarrow()
        columns = [list(known), list(known.values())]
        return self.stored(pa.table(columns, schema=schema))

    def stored(self, table: ir.Table | pa.Table) -> ir.Table:
        """`table` computed once and kept on the engine for the session."""
        table = table if isinstance(table, ir.Table) else ibis.memtable(table)
        return engines.stored(self.backend, f"test_{next(_NUMBERS)}", table)


def days_drawn(
    histories: Mapping[str, str], start: date = timelines.START
) -> tuple[oracle.Days, date]:
    """Days of several drawn customers, and the last day drawn, which is one for all of them."""
    texts = {name: text.replace(" ", "") for name, text in histories.items()}
    (as_of,) = {timelines.as_of(text, start) for text in texts.values()}
    rows = [row for name, text in texts.items() for row in timelines.purchases(text, start, name)]
    return oracle.purchase_days_from_rows(rows, as_of), as_of


def cut(frequency: Frequency, rules: Rules) -> oracle.Cut:
    """Periods by the rules, as the oracle takes them."""
    return oracle.Cut(
        frequency,
        rules.calendar,
        WEEKDAYS.index(rules.week_start),
        MONTHS.index(rules.fiscal_year_start) + 1,
    )


def plain(value: Any) -> Any:
    """A cell as a plain Python value: a date, a number, a text, or None where it is empty."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        assert value == value.normalize(), f"{value} is not a day"
        return value.date()
    return value.item() if hasattr(value, "item") else value


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame, cells as plain values."""
    columns = [[plain(value) for value in frame[name]] for name in frame.columns]
    return [dict(zip(frame.columns, cells, strict=True)) for cells in zip(*columns, strict=True)]


def cells(frame: pd.DataFrame, *names: str, **where: object) -> list[Any]:
    """Cells of the rows that match `where`: one value a row for one name, else one tuple a row."""
    matching = [row for row in records(frame) if all(row[k] == v for k, v in where.items())]
    if len(names) == 1:
        return [row[names[0]] for row in matching]
    return [tuple(row[name] for name in names) for row in matching]


def spell_rows(frame: pd.DataFrame, customer: str) -> list[timelines.Spell]:
    """The spells of one customer, as timelines.states takes them."""
    return cells(frame, "customer_id", "state", "started_on", "ended_on", customer_id=customer)


def assert_same(found: pd.DataFrame, expected: Sequence[Mapping[str, Any]], what: str = "") -> None:
    """Row for row the same: everything exactly, but money and shares to nine places."""
    rows = records(found)
    assert len(rows) == len(expected), f"{what}: {len(rows)} rows, expected {len(expected)}"
    for number, (row, wanted) in enumerate(zip(rows, expected, strict=True)):
        assert set(row) == set(wanted), f"{what}: columns {sorted(row)}"
        for name, value in wanted.items():
            same = (
                row[name] is not None
                and row[name] == pytest.approx(float(value), rel=1e-9, abs=1e-9)
                if isinstance(value, float | Decimal)
                else type(row[name]) is type(value) and row[name] == value
            )
            assert same, (
                f"{what}: row {number}, {name} = {row[name]!r}, expected {value!r}: {wanted}"
            )


def assert_same_returns(found: pd.DataFrame, expected: Sequence[oracle.Row]) -> None:
    """As assert_same; intervals are the oracle's Wilson where complete, else around the share."""
    counted = [{k: v for k, v in row.items() if k not in ("low", "high")} for row in expected]
    assert_same(found.drop(columns=["low", "high"]), counted)
    for row in records(found):
        if row["complete"]:
            interval = oracle.wilson(row["returned"], row["lapsed"])
            assert (row["low"], row["high"]) == pytest.approx(interval, abs=1e-9)
            assert row["return_share"] == pytest.approx(row["returned"] / row["lapsed"], abs=1e-12)
        elif row["low"] is not None:
            assert 0 < row["low"] < row["return_share"] < row["high"] < 1
