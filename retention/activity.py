"""Period activity: who bought in a period, beside who bought in the one before.

This is what product-analytics tools call lifecycle or growth accounting. It looks at two periods
and at no day between them, so it is no churn in the sense of this kit: somebody who buys every
other month is churned and resurrected for ever. It is there to reconcile figures with such tools.
"""

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention import identities
from retention.periods import Calendar

ACTIVITY = ibis.schema(
    {
        "period": "date",
        "period_end": "date",
        "active": "int64",
        "new": "int64",
        "retained": "int64",
        "resurrected": "int64",
        "churned": "int64",
        "quick_ratio": "float64",
        "active_revenue": "float64",
        "new_revenue": "float64",
        "retained_revenue": "float64",
        "resurrected_revenue": "float64",
        "expansion": "float64",
        "contraction": "float64",
        "churned_revenue": "float64",
        "other_revenue": "float64",
    }
)
HEADS = ("period", "active", "new", "retained", "resurrected", "churned", "quick_ratio")
MONEY = (
    "period",
    "active_revenue",
    "new_revenue",
    "resurrected_revenue",
    "expansion",
    "contraction",
    "churned_revenue",
    "other_revenue",
)


def activity(customer_days: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a complete period: its buyers beside those of the period before. Returns ACTIVITY.

    - active: customers with a purchase day in the period; of them
    - new: their first purchase day lies in it; retained: they bought in the period before too;
      resurrected: they bought before, but not in the period before
    - churned: bought in the period before, and not in this one
    - quick_ratio = (new + resurrected) / churned; absent where nobody churned

    Revenue of a customer is all amounts of the period, refunds taken off. `expansion` and
    `contraction` are what the retained spent more, and less, than in the period before;
    `churned_revenue` is what the churned had spent in it. `other_revenue` are the amounts of
    customers without a purchase day in the period (refunds), who are not active.
    """
    cells = (
        calendar.numbered(customer_days, number="day")
        .filter(ibis._.number.notnull())
        .group_by("number", "customer_id")
        .agg(bought=ibis._.bought.any(), amount=ibis._.amount.sum())
    )
    table = calendar.table().filter("complete")
    counts = _others(cells), _buyers(cells), _churned(cells)
    for count in counts:
        table = table.left_join(count, "number").drop("number_right")
    filled = table.mutate(
        **{name: table[name].fill_null(0) for count in counts for name in count.columns[1:]}
    )
    gained = filled.new + filled.resurrected
    return (
        filled.mutate(quick_ratio=gained / filled.churned.nullif(0))
        .order_by("number")
        .select(*ACTIVITY.names)
        .cast(ACTIVITY)
    )


def _others(cells: ir.Table) -> ir.Table:
    """One row a period number: its buyers, their amounts, and those of everybody else."""
    return cells.group_by("number").agg(
        active=cells.bought.sum(),
        active_revenue=cells.amount.sum(where=cells.bought),
        other_revenue=cells.amount.sum(where=~cells.bought),
    )


def _buyers(cells: ir.Table) -> ir.Table:
    """One row a period number: its buyers and their amounts, by what they were before."""
    by_customer = ibis.window(group_by="customer_id", order_by="number")
    bought = cells.filter("bought")
    bought = bought.mutate(
        before=bought.number.lag().over(by_customer),
        more=bought.amount - bought.amount.lag().over(by_customer),
    )
    is_new = bought.before.isnull()
    is_retained = (bought.before == bought.number - 1).fill_null(False)
    is_back = ~is_new & ~is_retained
    return bought.group_by("number").agg(
        new=is_new.sum(),
        retained=is_retained.sum(),
        resurrected=is_back.sum(),
        new_revenue=bought.amount.sum(where=is_new),
        retained_revenue=bought.amount.sum(where=is_retained),
        resurrected_revenue=bought.amount.sum(where=is_back),
        expansion=bought.more.sum(where=is_retained & (bought.more > 0)),
        contraction=-bought.more.sum(where=is_retained & (bought.more < 0)),
    )


def _churned(cells: ir.Table) -> ir.Table:
    """One row a period number: who bought in the period before and not in this one."""
    by_customer = ibis.window(group_by="customer_id", order_by="number")
    bought = cells.filter("bought")
    bought = bought.mutate(after=bought.number.lead().over(by_customer))
    left = bought.filter(bought.after.isnull() | (bought.after > bought.number + 1))
    return left.group_by(number=left.number + 1).agg(
        churned=left.count(), churned_revenue=left.amount.sum()
    )


def check(activity: pd.DataFrame, ledger: pd.DataFrame) -> None:
    """Assert the identities of ACTIVITY, and that its money is that of the LEDGER.

    Raises CheckFailed that names the period, the identity and both sides.
    """
    before = activity.shift().iloc[1:]
    now = activity.iloc[1:]
    identities.check(
        activity["period"],
        {
            "active = new + retained + resurrected": (
                activity["active"],
                activity["new"] + activity["retained"] + activity["resurrected"],
            ),
            "active of the period before = retained + churned": (
                before["active"],
                now["retained"] + now["churned"],
            ),
            "revenue of the active = new + retained + resurrected": (
                activity["active_revenue"],
                activity["new_revenue"]
                + activity["retained_revenue"]
                + activity["resurrected_revenue"],
            ),
            "revenue of the active before + new + resurrected + expansion - contraction - churned "
            "= revenue of the active": (
                before["active_revenue"]
                + now["new_revenue"]
                + now["resurrected_revenue"]
                + now["expansion"]
                - now["contraction"]
                - now["churned_revenue"],
                now["active_revenue"],
            ),
            "revenue of the active + other = revenue of the period": (
                activity["active_revenue"] + activity["other_revenue"],
                ledger["revenue"],
            ),
        },
    )
