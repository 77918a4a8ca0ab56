"""Segments: columns of the data, like channel or region, that a customer carries from the start.

A customer's value is that of the first purchase day and never changes, so that no later purchase
says anything about an earlier rate, and the values of a segment part the unit without overlap.
"""

from collections.abc import Sequence
from difflib import get_close_matches

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention.cohorts import first_purchases
from retention.curves import wilson
from retention.errors import DataRefused
from retention.holm import holm
from retention.lifecycle import ACTIVE, DORMANT, LOST, stays
from retention.periods import Calendar
from retention.rates import CHURN, REACTIVATION, WIN_BACK, gone, returned

UNKNOWN = "unknown"
"""The value of customers whose first purchase day names none."""

LONGEST = 40
"""Characters of a value that are read: what goes on after them is the same value."""

MOST_VALUES = 50
"""More values than these are no segment: a page of them says nothing, and may name customers."""

POOLED_PERIODS = 12
"""How many of the newest complete periods make the rates of a segment."""

LEVEL = 0.05
"""A difference holds where its p-value, adjusted for all that were compared, is below this."""

FEWEST = 10
"""Customers with the event, and with a period without it, that a side of a comparison needs."""

NO_SPREAD = 1e-9
"""What is below this part of its terms is a spread of nothing, but for rounding."""

MEASURES = (CHURN, REACTIVATION, WIN_BACK)

VALUES = ibis.schema({"customer_id": "string", "segment": "string", "value": "string"})
SEGMENT_COUNTS = ibis.schema(
    {
        "segment": "string",
        "value": "string",
        "measure": "string",
        "customers": "int64",
        "customers_at_risk": "int64",
        "customers_with": "int64",
        "customers_without": "int64",
        "numerator": "int64",
        "denominator": "int64",
        "numerator_squares": "int64",
        "products": "int64",
        "denominator_squares": "int64",
    }
)
COMPARED = (
    *("segment", "value", "measure", "customers", "customers_at_risk", "numerator"),
    *("denominator", "rate", "low", "high", "rest_rate", "p_adjusted"),
)


def need_segments(raw: ir.Table, segments: Sequence[str]) -> None:
    """Raise DataRefused for the first segment that is no column of `raw`."""
    for name in segments:
        if name not in raw.columns:
            near = get_close_matches(name.casefold(), [c.casefold() for c in raw.columns], n=1)
            meant = [column for column in raw.columns if column.casefold() in near]
            hint = f"did you mean {meant[0]}?" if meant else "add it to the `query`"
            raise DataRefused(
                f"segments: the data have no column {name}; they have {', '.join(raw.columns)}; "
                f"{hint}"
            )


def segment_values(
    transactions: ir.Table, customer_days: ir.Table, segments: Sequence[str]
) -> ir.Table:
    """One row a customer and segment: the value on the day of the first purchase. Returns VALUES.

    Of several values on that day the one with the most money counts, of equals the first in the
    alphabet; UNKNOWN where the rows of that day name none.

    transactions: transactions.transactions with these `segments`; customer_days:
    transactions.CUSTOMER_DAYS.
    """
    first = first_purchases(customer_days)
    good = transactions.filter(transactions.fault == "")
    rows = good.join(first, ["customer_id", good.day == first.first_day])
    parts = []
    for name in segments:
        value = rows[name].substr(0, LONGEST).fill_null(UNKNOWN)
        amounts = rows.group_by("customer_id", value=value).agg(
            amount=rows.amount.cast("decimal(38, 8)").sum()
        )
        by_amount = ibis.window(
            group_by="customer_id", order_by=[ibis.desc(amounts.amount), amounts.value]
        )
        ranked = amounts.mutate(place=ibis.row_number().over(by_amount))
        parts.append(
            ranked.filter(ranked.place == 0).select(
                "customer_id", "value", segment=ibis.literal(name)
            )
        )
    together = parts[0] if len(parts) == 1 else ibis.union(*parts, distinct=False)
    return together.select(*VALUES.names).cast(VALUES)


def values_counted(values: ir.Table) -> ir.Table:
    """One row a segment: how many values its customers have between them."""
    return values.group_by("segment").agg(values=values.value.nunique()).order_by("segment")


def check_values(counted: pd.DataFrame) -> None:
    """Raise DataRefused where a segment has more values than MOST_VALUES (`values_counted`)."""
    for name, count in counted.itertuples(index=False):
        if count > MOST_VALUES:
            raise DataRefused(
                f"segments: {name} has {count:,} values, and a segment may have {MOST_VALUES}; "
                "group them in the `query`, or leave the column out"
            )


def segment_counts(spells: ir.Table, values: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a segment, value and measure (MEASURES) of the newest periods. SEGMENT_COUNTS.

    Numerators and denominators are those of rates.shares in the newest POOLED_PERIODS complete
    periods, added up, so that a customer counts once in each period; those of the values of a
    segment add up to the unit's. `customers` are all that have the value;
    `customers_at_risk` those of them in the denominator once or more; `customers_with` have the
    event in some period, `customers_without` a period without it. The squares and products
    are of each customer's own numerator and denominator over these periods, added up: what the
    spread of the rate follows from. The scope of reactivation is the dormant and lost.

    spells: lifecycle.SPELLS; values: schema VALUES.
    """
    newest = calendar.complete[-1].number
    oldest = max(newest - POOLED_PERIODS + 1, calendar.complete[0].number)
    held = calendar.numbered(spells, start="started_on", end="ended_on")
    openings = ibis.least(held.end.fill_null(newest), newest) - ibis.greatest(
        held.start, oldest - 1
    )
    held = held.mutate(openings=ibis.greatest(openings, 0))
    left, back = gone(stays(spells, calendar=calendar)), returned(spells, calendar)
    left = left.filter(left.number.between(oldest, newest))
    back = back.filter(back.number.between(oldest, newest))
    inactive = held.filter(held.state.isin([DORMANT, LOST]))
    counts = [
        _at_risk(held.filter(held.state == ACTIVE), CHURN),
        _at_risk(inactive, REACTIVATION),
        _at_risk(inactive.filter(inactive.state == LOST), WIN_BACK),
        _happened(left, CHURN),
        _happened(back, REACTIVATION),
        _happened(back.filter(back.state == LOST), WIN_BACK),
    ]
    rows = ibis.union(*counts, distinct=False)
    own = rows.group_by("customer_id", "measure").agg(
        y=rows.numerator.sum(), n=rows.denominator.sum()
    )
    own = own.join(values, "customer_id")
    summed = own.group_by("segment", "value", "measure").agg(
        customers_at_risk=(own.n > 0).ifelse(1, 0).sum(),
        customers_with=(own.y > 0).ifelse(1, 0).sum(),
        customers_without=(own.n > own.y).ifelse(1, 0).sum(),
        numerator=own.y.sum(),
        denominator=own.n.sum(),
        numerator_squares=(own.y * own.y).sum(),
        products=(own.y * own.n).sum(),
        denominator_squares=(own.n * own.n).sum(),
    )
    sizes = values.group_by("segment", "value").agg(customers=ibis._.count())
    measures = ibis.memtable([(measure,) for measure in MEASURES], schema={"measure": "string"})
    keys = ["segment", "value", "measure"]
    filled = sizes.cross_join(measures).left_join(summed, keys)
    figures = SEGMENT_COUNTS.names[len(keys) + 1 :]
    return (
        filled.select(*keys, "customers", **{name: filled[name].fill_null(0) for name in figures})
        .cast(SEGMENT_COUNTS)
        .order_by(*keys)
    )


def _at_risk(held: ir.Table, measure: str) -> ir.Table:
    return held.select(
        "customer_id",
        measure=ibis.literal(measure),
        numerator=ibis.literal(0, "int64"),
        denominator=held.openings.cast("int64"),
    )


def _happened(events: ir.Table, measure: str) -> ir.Table:
    return events.select(
        "customer_id",
        measure=ibis.literal(measure),
        numerator=ibis.literal(1, "int64"),
        denominator=ibis.literal(0, "int64"),
    )


def compared(counts: pd.DataFrame) -> pd.DataFrame:
    """One row a segment, value and measure: its rate beside the rest of its segment. COMPARED.

    counts: SEGMENT_COUNTS. `rest_rate` is that of the segment's other values together.

    A customer is at risk in many periods, and those of one customer are alike, so that the spread
    is that between customers: with y of n for each of them and the rate r, the variance of r is the
    sum of (y - r n)^2 over the square of the sum of n, times k / (k - 1) for k customers at risk.
    `low`, `high`: Wilson's 95 % interval for as many independent cases as have that variance.
    `p_adjusted`: of the difference to the rest, by the t distribution with one degree of freedom
    less than the smaller side has customers at risk, adjusted by Holm for every comparison in the
    table: in 95 of 100 tables without a true difference none is below LEVEL. Of two
    values each is the rest of the other: that is one comparison. Absent where either side has fewer
    than FEWEST customers with the event, or with a period without it, or no spread at all.
    """
    # Imported where they are needed: that takes longer than many a report.
    from scipy import stats

    sums = list(SEGMENT_COUNTS.names[4:])
    whole = counts.groupby(["segment", "measure"])[sums].transform("sum")
    rest = whole - counts[sums]
    rate, variance = _spread(counts)
    rest_rate, rest_variance = _spread(rest)
    alone = rate * (1 - rate) / counts["denominator"]
    cases = counts["denominator"] / (variance / alone).clip(lower=1).fillna(1)
    low, high = wilson(rate * cases, cases)
    z = (rate - rest_rate).abs() / (variance + rest_variance) ** 0.5
    smaller = counts["customers_at_risk"].clip(upper=rest["customers_at_risk"])
    p_values = 2 * pd.Series(
        stats.t.sf(z.astype(float), smaller.astype(float) - 1), index=counts.index
    )
    tested = _enough(counts) & _enough(rest) & (variance > 0) & (rest_variance > 0)
    of_what = [counts["segment"], counts["measure"]]
    twins = (counts["denominator"] > 0).groupby(of_what).transform("sum") == 2
    once = tested & ~(twins & tested.groupby(of_what).cumsum().gt(1))
    adjusted = pd.Series(float("nan"), index=counts.index)
    adjusted[once] = pd.Series(holm(p_values[once].tolist()), index=p_values[once].index)
    of_both = adjusted.groupby(of_what).transform("first")
    adjusted = adjusted.mask(tested & twins, of_both)
    return counts.assign(
        rate=rate,
        low=low.clip(lower=0),
        high=high.clip(upper=1),
        rest_rate=rest_rate,
        p_adjusted=adjusted,
    )[list(COMPARED)]


def _spread(sums: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The rate and its variance between customers; empty where nobody was at risk, or but one."""
    trials = sums["denominator"].where(sums["denominator"] > 0)
    rate = sums["numerator"] / trials
    squares = sums["numerator_squares"] - 2 * rate * sums["products"]
    squares = squares + rate**2 * sums["denominator_squares"]
    squares = squares.mask(squares < NO_SPREAD * sums["numerator_squares"], 0)
    customers = sums["customers_at_risk"].where(sums["customers_at_risk"] > 1)
    return rate, squares / trials**2 * customers / (customers - 1)


def _enough(sums: pd.DataFrame) -> pd.Series:
    return (sums["customers_with"] >= FEWEST) & (sums["customers_without"] >= FEWEST)


def of_all(rates: pd.DataFrame) -> pd.Series:
    """One rate a measure: that of all values of the segment together (COMPARED, of one segment)."""
    sums = rates.groupby("measure")[["numerator", "denominator"]].sum()
    return sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0)
