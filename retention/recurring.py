"""Monthly recurring revenue (MRR): what contracts in force are worth a month, and how it moved.

The MRR at the close of a day is the sum of the amounts per month of the contracts in force then.
Stocks are summed over contracts and movements over customers, so that the identity between them can
fail, and is asserted in every run.
"""

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention import identities
from retention.periods import Calendar

NEW_MRR, REACTIVATED_MRR, EXPANSION_MRR = "new_mrr", "reactivated_mrr", "expansion_mrr"
CONTRACTION_MRR, CHURNED_MRR = "contraction_mrr", "churned_mrr"
GAINS, LOSSES = (NEW_MRR, REACTIVATED_MRR, EXPANSION_MRR), (CONTRACTION_MRR, CHURNED_MRR)
GROSS_RETENTION, NET_RETENTION = "gross_retention", "net_retention"
NET_WITH_REACTIVATED = "net_retention_with_reactivated"

CUSTOMERS = {name: name.replace("_mrr", "_customers") for name in (*GAINS, *LOSSES)}
"""Movement -> the column that counts its customers."""

RECURRING = ibis.schema(
    {
        "period": "date",
        "period_end": "date",
        "opening_mrr": "float64",
        **dict.fromkeys((*GAINS, *LOSSES), "float64"),
        "closing_mrr": "float64",
        **dict.fromkeys((GROSS_RETENTION, NET_RETENTION, NET_WITH_REACTIVATED), "float64"),
        **dict.fromkeys(CUSTOMERS.values(), "int64"),
    }
)


def recurring(contracts: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a complete period: MRR at the opening, its movements, MRR at the close.

    With o and c the MRR of a customer at the opening and at the close of the period:

    - new_mrr: c of those whose first service ever starts in the period
    - reactivated_mrr: c of those who had service before, but none at the opening
    - expansion_mrr, contraction_mrr: c - o, and o - c, of those with service at both
    - churned_mrr: o of those with service at the opening and none at the close
    - gross_retention: sum of the lesser of o and c / sum of o, over those with service at the
      opening; never above 1
    - net_retention: sum of c / sum of o, over the same customers
    - net_retention_with_reactivated: the same with reactivated_mrr added to the numerator

    CUSTOMERS count the customers of each movement. Shares are empty where the MRR at the opening is
    0. Returns RECURRING.
    contracts: subscriptions.CONTRACTS; the calendar begins with the first of them.
    """
    changes = _changes(contracts, calendar)
    closing = changes.group_by("number").agg(change=changes.amount.sum())
    moved = _movements(changes)
    table = calendar.table()
    for part in (closing, moved):
        table = table.left_join(part, "number").drop("number_right")
    names = (*GAINS, *LOSSES, *CUSTOMERS.values(), "change")
    table = table.mutate(**{name: table[name].fill_null(0) for name in names})
    table = table.mutate(
        closing_mrr=table.change.sum().over(ibis.window(order_by="number", following=0))
    )
    in_order = ibis.window(order_by="number")
    table = table.mutate(opening_mrr=table.closing_mrr.lag().over(in_order).fill_null(0))
    amounts = ("opening_mrr", *GAINS, *LOSSES, "closing_mrr")
    table = table.mutate(**{name: table[name].cast("float64") for name in amounts})
    opening = table.opening_mrr.nullif(0)
    kept = table.opening_mrr - table[CONTRACTION_MRR] - table[CHURNED_MRR]
    net = kept + table[EXPANSION_MRR]
    return (
        table.mutate(
            **{
                GROSS_RETENTION: kept / opening,
                NET_RETENTION: net / opening,
                NET_WITH_REACTIVATED: (net + table[REACTIVATED_MRR]) / opening,
            }
        )
        .filter("complete")
        .order_by("number")
        .select(*RECURRING.names)
        .cast(RECURRING)
    )


def _changes(contracts: ir.Table, calendar: Calendar) -> ir.Table:
    """One row a customer and period number with a start or an end: change of contracts and MRR."""
    numbered = calendar.numbered(contracts, start="started_on", end="ended_on")
    starts = numbered.select("customer_id", "amount", number="start", contracts=1)
    ends = numbered.filter(numbered.end.notnull()).select(
        "customer_id", amount=-numbered.amount, number=numbered.end, contracts=-1
    )
    both = ibis.union(starts, ends.cast(starts.schema()))
    return both.group_by("customer_id", "number").agg(
        contracts=both.contracts.sum(), amount=both.amount.sum()
    )


def _movements(changes: ir.Table) -> ir.Table:
    """One row a period number: what its customers gained and lost, by the kind of movement."""
    so_far = ibis.window(group_by="customer_id", order_by="number", following=0)
    by_customer = ibis.window(group_by="customer_id")
    then = changes.mutate(
        closing_contracts=changes.contracts.sum().over(so_far),
        closing=changes.amount.sum().over(so_far),
        first=changes.number.min().over(by_customer),
    )
    opening = then.closing - then.amount
    was_there = then.closing_contracts - then.contracts > 0
    is_there = then.closing_contracts > 0
    change = then.closing - opening
    came, stayed = ~was_there & is_there, was_there & is_there
    kinds = {
        NEW_MRR: (came & (then.first == then.number), then.closing),
        REACTIVATED_MRR: (came & (then.first < then.number), then.closing),
        EXPANSION_MRR: (stayed & (change > 0), change),
        CONTRACTION_MRR: (stayed & (change < 0), -change),
        CHURNED_MRR: (was_there & ~is_there, opening),
    }
    return then.group_by("number").agg(
        **{name: amount.sum(where=where).fill_null(0) for name, (where, amount) in kinds.items()},
        **{CUSTOMERS[name]: where.sum().fill_null(0) for name, (where, _) in kinds.items()},
    )


def check(recurring: pd.DataFrame) -> None:
    """Assert the identities of MRR (RECURRING).

    Raises CheckFailed that names the period, the identity and both sides.
    """
    change = sum(recurring[name] for name in GAINS) - sum(recurring[name] for name in LOSSES)
    sides = {
        "MRR: opening + new + reactivated + expansion - contraction - churned = closing": (
            recurring["opening_mrr"] + change,
            recurring["closing_mrr"],
        ),
        "MRR: opening = closing of the period before": (
            recurring["opening_mrr"],
            recurring["closing_mrr"].shift(fill_value=0.0),
        ),
    }
    identities.check(recurring["period"], sides)
