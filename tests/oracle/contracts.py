"""Contracts: days of service and recurring revenue, one day at a time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from oracle.cuts import periods
from oracle.inputs import ONE_DAY, Contracts, Days, Row, each_day

#
# `contracts` maps a customer to (first day, first day without service or None, amount per month).


def is_served(contracts: Sequence[tuple[date, date | None, Decimal]], day: date) -> bool:
    """Whether one customer has service on `day`."""
    return any(start <= day and (end is None or day < end) for start, end, _ in contracts)


def mrr(contracts: Sequence[tuple[date, date | None, Decimal]], day: date) -> Decimal:
    """What one customer's contracts in force at the close of `day` are worth a month."""
    in_force = [a for start, end, a in contracts if start <= day and (end is None or day < end)]
    return sum(in_force, Decimal(0))


def earned(amount: Decimal, day: date) -> Decimal:
    """What `day` adds to what a contract in force has earned since the first of the month.

    amount x day / days of the month, rounded down to 0.0001, less the same of the day before.
    """
    next_month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    in_month = (next_month - day.replace(day=1)).days

    def by_close_of(number: int) -> int:
        return math.floor(Fraction(amount) * 10_000 * number / in_month)

    return Decimal(by_close_of(day.day) - by_close_of(day.day - 1)) / 10_000


def days_of_service(contracts: Contracts, as_of: date) -> Days:
    """Each day of service with what it earns.

    A day of service is to the states what a purchase day is with inactive_after 1, and lost_after
    longer by that day. Contracts from and to the same days are added before anything is earned.
    Amounts must be large enough for every day to earn something.
    """
    result: Days = {}
    for customer, of_one in contracts.items():
        added: dict[tuple[date, date | None], Decimal] = defaultdict(Decimal)
        for start, end, amount in of_one:
            if start <= as_of:
                added[start, end if end is not None and end <= as_of else None] += amount
        by_day: dict[date, Decimal] = defaultdict(Decimal)
        for (start, end), amount in added.items():
            for day in each_day(start, end or as_of + ONE_DAY):
                by_day[day] += earned(amount, day)
        result[customer] = sorted(by_day.items())
    return result


def recurring(contracts: Contracts, as_of: date, frequency: str) -> list[Row]:
    """One complete period a row: MRR at its two ends, and customer by customer what moved it."""
    first_day = min(start for of_one in contracts.values() for start, _, _ in of_one)
    rows = []
    for start, end, done in periods(first_day, as_of, frequency):
        if not done:
            continue
        names = ("opening", "new", "reactivated", "expansion", "contraction", "churned", "closing")
        row: Row = dict.fromkeys((f"{name}_mrr" for name in names), Decimal(0))
        row |= dict.fromkeys((f"{name}_customers" for name in names[1:-1]), 0)
        kept = still_paid = Decimal(0)
        for of_one in contracts.values():
            before, after = mrr(of_one, start - ONE_DAY), mrr(of_one, end - ONE_DAY)
            was_there, is_there = (
                is_served(of_one, start - ONE_DAY),
                is_served(of_one, end - ONE_DAY),
            )
            row["opening_mrr"] += before
            row["closing_mrr"] += after
            if was_there:
                kept += min(before, after)
                still_paid += after
                if not is_there:
                    row["churned_mrr"] += before
                    row["churned_customers"] += 1
                elif after > before:
                    row["expansion_mrr"] += after - before
                    row["expansion_customers"] += 1
                elif after < before:
                    row["contraction_mrr"] += before - after
                    row["contraction_customers"] += 1
            elif is_there:
                kind = "new" if min(day for day, _, _ in of_one) >= start else "reactivated"
                row[f"{kind}_mrr"] += after
                row[f"{kind}_customers"] += 1
        opening = row["opening_mrr"]
        again = still_paid + row["reactivated_mrr"]
        row["gross_retention"] = float(kept / opening) if opening else None
        row["net_retention"] = float(still_paid / opening) if opening else None
        row["net_retention_with_reactivated"] = float(again / opening) if opening else None
        rows.append({"period": start, "period_end": end, **row})
    return rows
