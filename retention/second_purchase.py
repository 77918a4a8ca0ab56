"""How long first-time buyers take to come a second time.

Many have bought once only and may yet come again, so plain counting says too little of the young
and too much of the old; the Kaplan-Meier curve takes each for as long as it has been watched.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import kaplan_meier, quantile

MARKS = (30, 60, 90)
"""Days since the first purchase at which the curve is read out."""

WAITS = ibis.schema({"days": "int64", "events": "int64", "censored": "int64"})
SECOND_PURCHASE = (
    *("days", "at_risk", "second_purchases", "censored", "second_purchase_share"),
    *("low", "high"),
)
PARTS = (0.10, 0.25, 0.50)
"""Shares of the customers by whose second purchase the time to it is told."""

TIMES = ("part", "waited_days", "days_low", "days_high", "customers", "second_purchases")


def waits(purchase_days: ir.Table, *, as_of: date) -> ir.Table:
    """One row a number of days since the first purchase day: who bought again, who was left.

    `events` had their second purchase day after `days`; `censored` have bought on one day only and
    were watched for `days`, to the close of `as_of`. Returns WAITS, a small table to fit a curve
    on. purchase_days: `customer_id`, `day`, one row a customer's purchase day.
    """
    by_day = ibis.window(group_by="customer_id", order_by="day")
    following = purchase_days.select(
        "day", number=ibis.row_number().over(by_day), next_day=purchase_days.day.lead().over(by_day)
    )
    first = following.filter(following.number == 0)
    until = ibis.coalesce(first.next_day, ibis.literal(as_of))
    return (
        first.group_by(days=until.delta(first.day, unit="day"))
        .agg(events=first.next_day.count(), censored=first.next_day.isnull().sum())
        .cast(WAITS)
        .order_by("days")
    )


def second_purchase(waits: pd.DataFrame) -> pd.DataFrame:
    """One row a day since the first purchase day, from 0 to the longest that anybody was watched.

    `second_purchase_share` is the Kaplan-Meier share of customers with a second purchase day within
    `days`, with its 95 % log-log interval, which is absent before the first and once nobody is
    left; `at_risk` had not come again before that day and were watched through it. Columns
    SECOND_PURCHASE; waits: schema WAITS; without any, no row.

    >>> counts = pd.DataFrame({"days": [1, 3], "events": [1, 0], "censored": [0, 1]})
    >>> second_purchase(counts)[["days", "at_risk", "second_purchase_share"]].values.tolist()
    [[0.0, 2.0, 0.0], [1.0, 2.0, 0.5], [2.0, 1.0, 0.5], [3.0, 1.0, 0.5]]
    """
    longest = waits["days"].max() if len(waits) else -1
    every = pd.DataFrame({"days": range(longest + 1)})
    curve = kaplan_meier(every.merge(waits, how="left").fillna(0).astype("int64"))
    return curve.assign(
        second_purchases=curve["events"],
        second_purchase_share=1 - curve["survival"],
        low=1 - curve["high"],
        high=1 - curve["low"],
    )[list(SECOND_PURCHASE)]


def times(waits: pd.DataFrame) -> pd.DataFrame:
    """One row a share of the customers (PARTS): by when so many have come a second time.

    `waited_days`: the first day by which the Kaplan-Meier share of customers with a second purchase
    day is `part` or more, with its 95 % interval (curves.quantile); each is absent where the share,
    or its bound, has not come so far. `customers` are all, `second_purchases` those of them who
    came. Columns TIMES; waits: schema WAITS; without any, no row.
    """
    if waits.empty:
        return pd.DataFrame(columns=list(TIMES))
    curve = kaplan_meier(waits)
    came = int(waits["events"].sum())
    everybody = came + int(waits["censored"].sum())
    rows = [(part, *quantile(curve, part), everybody, came) for part in PARTS]
    return pd.DataFrame(rows, columns=list(TIMES))
