"""RFM segments: customers by how recently, how often and for how much they buy, in eleven names.

Scores compare the unit's own customers, so that the names mean the same in every unit.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import share

CHAMPIONS, LOYAL, POTENTIAL = "champions", "loyal_customers", "potential_loyalists"
RECENT, PROMISING, ATTENTION = "recent_customers", "promising", "need_attention"
SLEEPY, AT_RISK, CANNOT_LOSE = "about_to_sleep", "at_risk", "cannot_lose_them"
HIBERNATING, LONG_GONE = "hibernating", "lost_long_ago"

CELLS = {
    CHAMPIONS: ((5, 5), (4, 5)),
    LOYAL: ((3, 4), (4, 5)),
    POTENTIAL: ((4, 5), (2, 3)),
    RECENT: ((5, 5), (1, 1)),
    PROMISING: ((4, 4), (1, 1)),
    ATTENTION: ((3, 3), (3, 3)),
    SLEEPY: ((3, 3), (1, 2)),
    AT_RISK: ((1, 2), (3, 4)),
    CANNOT_LOSE: ((1, 2), (5, 5)),
    HIBERNATING: ((2, 2), (1, 2)),
    LONG_GONE: ((1, 1), (1, 2)),
}
"""Segment -> its recency scores, and its scores of frequency and money together, ends included.

Each of the 25 pairs is of one segment."""

SCORES = ibis.schema(
    {
        "customer_id": "string",
        "recency_score": "int64",
        "frequency_score": "int64",
        "monetary_score": "int64",
        "segment": "string",
    }
)
SEGMENTS = ibis.schema(
    {
        "group": "string",
        "customers": "int64",
        "all_customers": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
        "former_value": "float64",
    }
)


def rfm_scores(rfm: ir.Table, customer_days: ir.Table) -> ir.Table:
    """One row a customer: three scores from 1 to 5, and the segment that they make. Returns SCORES.

    Customers are ranked by days since their last purchase (T - recency, fewer are better) and by
    money, which is all amounts, those of the first day too, refunds taken off; score 5 is the first
    fifth of the places, 1 the last. Who has bought on one day alone has 1 for frequency; the others
    are ranked among themselves, from 5 for the first fourth of the places to 2 for the last. Equal
    customers have equal scores, of the middle of the places they share.

    The second axis of CELLS is the mean of the scores of frequency and money, halves rounded up;
    of who has bought on one day alone it is 1, however much that was, or names that speak of a
    habit would be given to those who cannot have one.

    rfm: schema rfm.RFM; customer_days: transactions.CUSTOMER_DAYS, none after the day of `rfm`.
    """
    money = customer_days.group_by("customer_id").agg(money=customer_days.amount.sum())
    joined = rfm.join(money, "customer_id")
    known = joined.mutate(days_silent=joined["T"] - joined.recency, came_back=joined.frequency > 0)
    of_returners = _score(known, "frequency", ibis.desc, within="came_back", parts=4)
    scored = known.mutate(
        recency_score=_score(known, "days_silent", ibis.asc),
        frequency_score=known.came_back.ifelse(of_returners, 1),
        monetary_score=_score(known, "money", ibis.desc),
    )
    mean = (scored.frequency_score + scored.monetary_score + 1) // 2
    both = scored.came_back.ifelse(mean, 1)
    return (
        scored.mutate(
            segment=ibis.cases(
                *(
                    (scored.recency_score.between(*recency) & both.between(*worth), name)
                    for name, (recency, worth) in CELLS.items()
                )
            )
        )
        .select(*SCORES.names)
        .cast(SCORES)
    )


def _score(
    table: ir.Table,
    value: str,
    best_first: Callable[[ir.Value], ir.Value],
    *,
    within: str | None = None,
    parts: int = 5,
) -> ir.IntegerValue:
    """From 5 down, by the part of the places in which a row stands, `within` its like."""
    better = ibis.rank().over(ibis.window(group_by=within, order_by=best_first(table[value])))
    alike = table.count().over(ibis.window(group_by=value))
    everybody = table.count().over(ibis.window(group_by=within))
    twice_the_place = better * 2 + alike - 1
    return (5 - twice_the_place * parts // (everybody * 2)).cast("int64")


def rfm_segments(scores: ir.Table, standing: ir.Table) -> ir.Table:
    """One row a segment, those that nobody is in too, in the order of CELLS. Returns SEGMENTS.

    `share` = `customers` / `all_customers`, with Wilson's 95 % interval; `former_value` is what
    they brought in in the 365 days up to the last purchase of each, refunds taken off.

    scores: schema SCORES; standing: schema inactive.STANDING.
    """
    places = ibis.memtable(
        [(number, name) for number, name in enumerate(CELLS)],
        schema={"place": "int64", "group": "string"},
    )
    worth = scores.join(standing.select("customer_id", "former_value"), "customer_id")
    counted = worth.group_by(group="segment").agg(
        customers=ibis._.count(), former_value=ibis._.former_value.sum()
    )
    filled = places.left_join(counted, "group").select(
        "place",
        "group",
        customers=counted.customers.fill_null(0),
        former_value=counted.former_value.cast("float64").fill_null(0.0),
    )
    filled = filled.mutate(all_customers=filled.customers.sum().over(ibis.window()))
    return (
        share(filled, "customers", "all_customers", "share")
        .order_by("place")
        .select(*SEGMENTS.names)
        .cast(SEGMENTS)
    )


def definition() -> pd.DataFrame:
    """One row a segment: its scores of recency, and of frequency and money together.

    >>> definition().head(2).values.tolist()
    [['champions', '5', '4–5'], ['loyal_customers', '3–4', '4–5']]
    """
    rows = [
        (name, *("–".join(map(str, sorted({*scores}))) for scores in cells))
        for name, cells in CELLS.items()
    ]
    return pd.DataFrame(rows, columns=["group", "recency_scores", "worth_scores"])
