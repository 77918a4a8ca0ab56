"""Cohorts by first purchase: who bought again, and what they brought."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

from oracle.cuts import Frequency, period_start, periods
from oracle.inputs import Days, Row, purchase_days
from oracle.measures import wilson


def cohorts(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and age a row, bounded; the running period is there, marked incomplete.

    Amounts from before a customer's own first purchase day belong to no cell.
    """
    members: dict[date, list[str]] = defaultdict(list)
    for customer, entries in days.items():
        bought = purchase_days(entries, as_of)
        if bought:
            members[period_start(bought[0], frequency)].append(customer)

    rows = []
    for cohort in sorted(members):
        size = len(members[cohort])
        revenue_so_far = Decimal(0)
        for age, (start, end, complete) in enumerate(periods(cohort, as_of, frequency)):
            customers = 0
            revenue = Decimal(0)
            for customer in members[cohort]:
                bought = purchase_days(days[customer], as_of)
                customers += any(start <= day < end for day in bought)
                revenue += sum(
                    amount
                    for day, amount in days[customer]
                    if start <= day < end and bought[0] <= day <= as_of
                )
            revenue_so_far += revenue
            rows.append(
                {
                    "cohort": cohort,
                    "age": age,
                    "cohort_size": size,
                    "customers": customers,
                    "retention": customers / size,
                    "revenue": revenue,
                    "cumulative_revenue_per_customer": float(Fraction(revenue_so_far) / size),
                    "complete": complete,
                }
            )
    return rows


def cohort_members(days: Days, as_of: date, frequency: Frequency) -> dict[date, list[str]]:
    """The customers of each cohort, by its first day."""
    members: dict[date, list[str]] = defaultdict(list)
    for customer in sorted(days):
        bought = purchase_days(days[customer], as_of)
        if bought:
            members[period_start(bought[0], frequency)].append(customer)
    return dict(sorted(members.items()))


def unbounded(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and age a row, complete periods only: who bought in the period or later."""
    rows = []
    for cohort, members in cohort_members(days, as_of, frequency).items():
        for age, (start, _, complete) in enumerate(periods(cohort, as_of, frequency)):
            if not complete:
                continue
            customers = 0
            for customer in members:
                bought = purchase_days(days[customer], as_of)
                customers += any(day >= start for day in bought)
            low, high = wilson(customers, len(members))
            rows.append(
                {
                    "cohort": cohort,
                    "age": age,
                    "cohort_size": len(members),
                    "customers": customers,
                    "retention": customers / len(members),
                    "low": low,
                    "high": high,
                }
            )
    return rows


def cohort_revenue(days: Days, refunds: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and age a row: sold, refunded and what is left; `refunds` as `days`, negative."""
    rows = []
    for cohort, members in cohort_members(days, as_of, frequency).items():
        net_so_far = gross_so_far = Decimal(0)
        for age, (start, end, complete) in enumerate(periods(cohort, as_of, frequency)):
            net = refunded = Decimal(0)
            for customer in members:
                first_day = purchase_days(days[customer], as_of)[0]
                for day, amount in days[customer]:
                    if start <= day < end and first_day <= day <= as_of:
                        net += amount
                for day, amount in refunds.get(customer, []):
                    if start <= day < end and first_day <= day <= as_of:
                        refunded += amount
            net_so_far += net
            gross_so_far += net - refunded
            rows.append(
                {
                    "cohort": cohort,
                    "age": age,
                    "cohort_size": len(members),
                    "gross_revenue": net - refunded,
                    "refunded": refunded,
                    "revenue": net,
                    "cumulative_gross_revenue": gross_so_far,
                    "cumulative_revenue": net_so_far,
                    "complete": complete,
                }
            )
    return rows
