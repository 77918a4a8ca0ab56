"""What the oracle takes: purchase days from raw rows, and the words for its tables."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Days = dict[str, list[tuple[date, Decimal]]]
Contracts = dict[str, list[tuple[date, date | None, Decimal]]]
Period = tuple[date, date, bool]
Row = dict[str, Any]

ONE_DAY = timedelta(days=1)


def purchase_days_from_rows(
    rows: Iterable[tuple[object, date | None, Decimal | float | None]], as_of: date
) -> Days:
    """One net amount a customer and day, from transaction rows; bad and later rows dropped.

    A float counts as the decimal number it prints as, so that adding is exact; halves of 0.0001
    round away from zero.
    """
    sums: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for customer, day, amount in rows:
        if customer is None or day is None or amount is None or math.isnan(amount):
            continue
        if isinstance(day, datetime):
            day = day.date()
        if day > as_of:
            continue
        sums[str(customer)][day] += Decimal(str(amount))
    return {
        customer: [
            (day, amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))
            for day, amount in sorted(by_day.items())
        ]
        for customer, by_day in sorted(sums.items())
    }


def purchase_days(entries: Sequence[tuple[date, Decimal]], as_of: date) -> list[date]:
    """The days, in order, on which one customer's amounts add up to more than 0."""
    return sorted(day for day, amount in entries if amount > 0 and day <= as_of)


def first_purchase_day(days: Days, as_of: date) -> date | None:
    """The first purchase day of anybody; None where nobody bought."""
    return min((day for e in days.values() for day in purchase_days(e, as_of)), default=None)


def each_day(start: date, end: date) -> Iterator[date]:
    """Every day of [start, end)."""
    while start < end:
        yield start
        start += ONE_DAY
