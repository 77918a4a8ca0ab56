"""Rates of a period: at-risk set frozen at the opening, each customer counted once.

The numerator is inside the denominator, but for ratios of events; an empty denominator gives an
absent rate.
"""

import ibis
import ibis.expr.types as ir

from retention.curves import share
from retention.lifecycle import LOST, PROSPECT
from retention.periods import Calendar, shifted

CHURN, RETENTION, REACTIVATION, WIN_BACK = "churn", "retention", "reactivation", "win_back"
REVENUE_CHURN, QUICK_RATIO = "revenue_churn", "quick_ratio"
SHARES = (CHURN, RETENTION, REACTIVATION, WIN_BACK)
"""Measures that are shares of customers, and so have an interval."""
MEASURES = (*SHARES, REVENUE_CHURN, QUICK_RATIO)
CONVERSION = "conversion"
"""The share of prospects who bought; only of units that know prospects."""

INACTIVE, WITH_PROSPECTS = "inactive", "with_prospects"
"""Scopes of reactivation: of the dormant and lost alone, or of the prospects too."""

TRAILING_DAYS = 365
"""Days before the opening day whose revenue is what a customer is worth when the period opens."""

RATES = ibis.schema(
    {
        "period": "date",
        "period_end": "date",
        "measure": "string",
        "numerator": "float64",
        "denominator": "float64",
        "rate": "float64",
        "low": "float64",
        "high": "float64",
    }
)


def rates(*parts: ir.Table) -> ir.Table:
    """One row a complete period and measure of the `parts`, in their order. Returns RATES.

    parts: shares, revenue_churn, quick_ratio, and conversion where there are prospects.
    """
    return ibis.union(*parts, distinct=False).order_by("period", "measure")


def shares(
    spells: ir.Table,
    stays: ir.Table,
    stocks: ir.Table,
    *,
    calendar: Calendar,
    scope: str = INACTIVE,
) -> ir.Table:
    """One row a complete period and share of its customers (SHARES). Returns RATES.

    - churn: of the customers active at the opening, those not active at the close
    - retention: of the same customers, those active at the close
    - reactivation: of the dormant and lost at the opening, and of the prospects where the scope is
      WITH_PROSPECTS, those who bought in the period
    - win_back: of the lost at the opening, those who bought in the period

    spells: lifecycle.SPELLS, stays: lifecycle.STAYS, both by the same calendar; stocks:
        ledger.LEDGER, or its columns ledger.STOCKS alone: the denominators.
    scope: whom reactivation is of, INACTIVE or WITH_PROSPECTS.
    Numerators and denominators are customers, whole numbers. `low`, `high`: Wilson's 95 % interval.
    """
    left = gone(stays).group_by("number").agg(gone=ibis._.count())
    came = returned(spells, calendar)
    came = came.group_by("number").agg(back=came.count(), won=(came.state == LOST).sum())
    counts = calendar.table()
    for part in (left, came):
        counts = counts.left_join(part, "number").drop("number_right")
    counts = stocks.join(counts.drop("period_end", "complete"), "period")
    converted, prospects = ibis.literal(0), ibis.literal(0)
    if scope == WITH_PROSPECTS:
        counts = counts.join(_prospects(spells, calendar), "number")
        converted, prospects = counts.converted, counts.prospects
    churned, back, won = (counts[name].fill_null(0) for name in ("gone", "back", "won"))
    at_risk = counts.opening_active
    parts = {
        CHURN: (churned, at_risk),
        RETENTION: (at_risk - churned, at_risk),
        REACTIVATION: (
            back + converted,
            counts.opening_dormant + counts.opening_lost + prospects,
        ),
        WIN_BACK: (won, counts.opening_lost),
    }
    rows = ibis.union(
        *(
            counts.select(
                "period",
                "period_end",
                measure=ibis.literal(measure),
                numerator=numerator,
                denominator=denominator,
            )
            for measure, (numerator, denominator) in parts.items()
        ),
        distinct=False,
    )
    return share(rows, "numerator", "denominator", "rate").cast(RATES)


def conversion(spells: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a complete period: of the prospects at its opening, those who bought in it. RATES.

    spells: lifecycle.SPELLS with prospects. `low`, `high`: Wilson's 95 % interval.
    """
    counts = calendar.table().filter("complete").join(_prospects(spells, calendar), "number")
    rows = counts.select(
        "period",
        "period_end",
        measure=ibis.literal(CONVERSION),
        numerator="converted",
        denominator="prospects",
    )
    return share(rows, "numerator", "denominator", "rate").cast(RATES).order_by("period")


def revenue_churn(stays: ir.Table, customer_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a complete period: of the revenue of the active, that of those who left. RATES.

    - denominator: what the customers active at the opening have brought in, refunds taken off, in
      the TRAILING_DAYS before the opening day
    - numerator: of that, what those brought in who are not active at the close

    The rate is absent where the denominator is not above 0. Where refunds exceed the purchases of
    a customer, their revenue is below 0, and the rate may be below 0 or above 1. A share of money
    has no interval.
    """
    days = _trailing(customer_days, calendar)
    has_left = stays.end.notnull() & ~stays.is_back
    held = days.join(
        stays.select(
            "customer_id",
            after="start",
            until=stays.end.fill_null(_newest(calendar)),
            left_in=has_left.ifelse(stays.end, ibis.null("int64")),
        ),
        "customer_id",
    )
    # A day counts at every opening from `first` to `last`: it enters the sum there and leaves it
    # after, so that no row a customer and period is ever made.
    held = held.select(
        "amount",
        first=ibis.greatest(held.first, held.after + 1),
        last=ibis.least(held.last, held.until),
        left_in="left_in",
    )
    held = held.filter(held.first <= held.last)
    sums = held.group_by(
        "first", "last", has_left=(held.left_in == held.last).fill_null(False)
    ).agg(amount=held.amount.sum())
    steps = ibis.union(
        sums.select(number="first", amount="amount"),
        sums.select(number=sums.last + 1, amount=-sums.amount),
        distinct=False,
    )
    left = sums.filter("has_left")
    table = calendar.table()
    for part in (
        steps.group_by("number").agg(step=ibis._.amount.sum()),
        left.group_by(number="last").agg(gone=ibis._.amount.sum()),
    ):
        table = table.left_join(part, "number").drop("number_right")
    so_far = ibis.window(order_by="number", following=0)
    table = table.mutate(at_risk=table.step.fill_null(0).sum().over(so_far))
    rows = table.filter("complete").select(
        "period",
        "period_end",
        measure=ibis.literal(REVENUE_CHURN),
        numerator=table.gone.fill_null(0).cast("float64"),
        denominator=table.at_risk.cast("float64"),
    )
    return _ratio(rows)


def quick_ratio(ledger: ir.Table) -> ir.Table:
    """One row a complete period: customers who joined or came back for each who lapsed. RATES.

    (new + reactivated + won back) / lapsed, all events of the ledger (ledger.LEDGER): no share of
    customers, so that it may exceed 1 and has no interval; absent where nobody lapsed.
    """
    rows = ledger.select(
        "period",
        "period_end",
        measure=ibis.literal(QUICK_RATIO),
        numerator=ledger.new + ledger.reactivated + ledger.won_back,
        denominator=ledger.lapsed,
    )
    return _ratio(rows)


def _ratio(rows: ir.Table) -> ir.Table:
    """`rows` with their rate, absent where the denominator is not above 0, and no interval."""
    whole = (rows.denominator > 0).ifelse(rows.denominator.cast("float64"), ibis.null("float64"))
    absent = ibis.null("float64")
    return rows.mutate(rate=rows.numerator.cast("float64") / whole, low=absent, high=absent).cast(
        RATES
    )


def gone(stays: ir.Table) -> ir.Table:
    """One row a period number and customer active at its opening and not active at its close."""
    left = stays.filter(stays.end.notnull() & ~stays.is_back)
    return left.select("customer_id", number="end")


def returned(spells: ir.Table, calendar: Calendar) -> ir.Table:
    """One row a period number and customer inactive at its opening who bought: with that state."""
    inactive = calendar.numbered(
        spells.filter(spells.returned_on.notnull()),
        start="started_on",
        end="ended_on",
        number="returned_on",
    )
    return inactive.filter(
        (inactive.start < inactive.number) & (inactive.end == inactive.number)
    ).select("customer_id", "number", "state")


def _prospects(spells: ir.Table, calendar: Calendar) -> ir.Table:
    """One row a period number: prospects at its opening, and those of them who bought in it."""
    known = calendar.numbered(
        spells.filter(spells.state == PROSPECT), start="started_on", end="ended_on"
    )
    # Some were known before the calendar, which begins with the first purchase of anybody.
    known = known.select("end", first=known.start.fill_null(-1) + 1)
    came = known.group_by(number="first").agg(came=ibis._.count())
    left = (
        known.filter(known.end.notnull())
        .group_by(number="end")
        .agg(left=ibis._.count(), converted=(ibis._.first <= ibis._.end).sum())
    )
    table = calendar.table()
    for part in (came, left):
        table = table.left_join(part, "number").drop("number_right")
    came, left = table.came.fill_null(0), table.left.fill_null(0)
    so_far = ibis.window(order_by="number", following=0)
    return table.select(
        "number",
        prospects=came.sum().over(so_far) - left.sum().over(so_far) + left,
        converted=table.converted.fill_null(0),
    )


def _trailing(customer_days: ir.Table, calendar: Calendar) -> ir.Table:
    """One row a customer and day, with the first and last period before whose opening it counts."""
    # Before the calendar there are refunds at most; the opening of its first period sees them.
    since = ibis.literal(calendar.periods[0].start)
    counted = customer_days.filter(shifted(customer_days.day, TRAILING_DAYS) >= since)
    days = calendar.numbered(
        counted.mutate(until=shifted(counted.day, TRAILING_DAYS)), number="day", last="until"
    )
    return days.select(
        "customer_id",
        "amount",
        first=days.number.fill_null(-1) + 1,
        last=days.last.fill_null(_newest(calendar)),
    )


def _newest(calendar: Calendar) -> int:
    return calendar.periods[-1].number
