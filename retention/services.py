"""From contracts to what they make of a customer: periods of service, and what each day earns.

Contracts of a customer that overlap or touch are one period of service; several at once add their
money.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from retention.lifecycle import RUNS
from retention.periods import Calendar
from retention.rates import TRAILING_DAYS
from retention.transactions import CUSTOMER_DAYS

_SLICES = ibis.schema(
    {"number": "int64", "start": "date", "end": "date", "month": "date", "month_days": "int64"}
)
_UNITS = 10_000
"""Money is counted in whole 0.0001 while it is divided."""


def runs_of_services(contracts: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer's period of service: contracts that overlap or touch are one.

    `lapses_on` is the first day without service, empty while it is in force at the close of
    `as_of`. Returns lifecycle.RUNS. contracts: subscriptions.CONTRACTS.
    """
    tomorrow = ibis.literal(as_of + timedelta(days=1))
    in_order = ibis.window(group_by="customer_id", order_by=["started_on", "until"])
    up_to_it = ibis.window(group_by="customer_id", order_by=["started_on", "until"], following=0)
    dated = contracts.select(
        "customer_id", "started_on", until=ibis.coalesce(contracts.ended_on, tomorrow)
    )
    so_far = dated.mutate(served_until=dated.until.max().over(up_to_it))
    so_far = so_far.mutate(
        before=so_far.served_until.lag().over(in_order),
        at_last=so_far.until.max().over(ibis.window(group_by="customer_id")),
    )
    starts = so_far.filter(so_far.before.isnull() | (so_far.started_on > so_far.before))
    by_start = ibis.window(group_by="customer_id", order_by="started_on")
    until = ibis.coalesce(starts.before.lead().over(by_start), starts.at_last)
    runs = starts.select("customer_id", "started_on", lapses_on=until)
    ended = (runs.lapses_on <= as_of).ifelse(runs.lapses_on, ibis.null("date"))
    return runs.mutate(lapses_on=ended).cast(RUNS)


def customer_days(contracts: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a customer and slice with a day of service: what the service earns in the slice.

    A slice is the days of one period of the report within one month of the calendar, cut in two
    where the TRAILING_DAYS before a period begin. Its row is
    dated on the customer's first day of service in it, and `bought` is true: whoever has a day of
    service in a period is there in it. Returns transactions.CUSTOMER_DAYS.

    A day of service earns amount / days of the month. By the close of the k-th day of a month of D
    days, a contract that is in force has earned amount x k / D, rounded down to 0.0001, and a slice
    earns the difference between its ends. So slices add up to months, whatever the frequency, and
    a month of service earns the amount to the last digit.

    contracts: subscriptions.CONTRACTS; the calendar begins with the first of them.
    """
    slices = ibis.memtable(
        [(number, *slice_) for number, slice_ in enumerate(_slices(calendar))], schema=_SLICES
    )
    met = contracts.join(
        slices,
        [
            contracts.started_on < slices.end,
            contracts.ended_on.isnull() | (contracts.ended_on > slices.start),
        ],
    )
    first = ibis.greatest(met.started_on, met.start)
    until = ibis.least(ibis.coalesce(met.ended_on, met.end), met.end)
    units = (met.amount.cast("decimal(20, 4)") * _UNITS).cast("int64")
    parts = met.select(
        "customer_id",
        "number",
        day=first,
        units=_earned(units, until, met) - _earned(units, first, met),
    )
    return (
        parts.group_by("customer_id", "number")
        .agg(day=parts.day.min(), units=parts.units.sum())
        .select(
            "customer_id",
            "day",
            amount=ibis._.units.cast("decimal(20, 4)")
            * ibis.literal(Decimal(1) / _UNITS, "decimal(18, 4)"),
            bought=ibis.literal(value=True),
        )
        .cast(CUSTOMER_DAYS)
    )


def _earned(units: ir.IntegerValue, until: ir.DateValue, month: ir.Table) -> ir.IntegerValue:
    """units x days from the first of the month to `until` / days of the month, rounded down.

    In parts that are whole numbers under 2 ** 53: exact also where `//` divides floating points.
    """
    days, rest = until.delta(month.month, unit="day"), units % month.month_days
    return (units - rest) // month.month_days * days + rest * days // month.month_days


def _slices(calendar: Calendar) -> Iterator[tuple[date, date, date, int]]:
    """First day, end, first day of the month and days of the month of each slice to `as_of`.

    Slices also begin where the days begin that trail a period: so revenue churn cuts none in two.
    """
    trailing = [period.start - timedelta(days=TRAILING_DAYS) for period in calendar.periods]
    tomorrow = calendar.as_of + timedelta(days=1)
    for period in calendar.periods:
        start = period.start
        while start < min(period.end, tomorrow):
            month = start.replace(day=1)
            next_month = (month + timedelta(days=31)).replace(day=1)
            next_trailing = trailing[bisect_right(trailing, start) :][:1]
            end = min(period.end, next_month, tomorrow, *next_trailing)
            yield start, end, month, (next_month - month).days
            start = end
