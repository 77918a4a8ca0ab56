"""Rates of a period: at-risk set frozen at the opening, each customer counted once.

The numerator is always inside the denominator; an empty denominator gives an absent rate.
"""

import ibis
import ibis.expr.types as ir

from retention.curves import share
from retention.lifecycle import ACTIVE, LOST
from retention.periods import Calendar

CHURN, RETENTION, REACTIVATION, WIN_BACK = "churn", "retention", "reactivation", "win_back"
MEASURES = (CHURN, RETENTION, REACTIVATION, WIN_BACK)

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


def rates(spells: ir.Table, ledger: ir.Table, *, calendar: Calendar) -> ir.Table:
    """One row a complete period and measure (MEASURES). Returns RATES.

    - churn: of the customers active at the opening, those not active at the close
    - retention: of the same customers, those active at the close
    - reactivation: of the dormant and lost at the opening, those who bought in the period
    - win_back: of the lost at the opening, those who bought in the period

    spells: lifecycle.SPELLS; ledger: ledger.LEDGER, whose opening stocks are the denominators.
    Numerators and denominators are customers, whole numbers; float64, so that measures of money
    fit into the same columns.
    `low`, `high`: Wilson's 95 % interval.
    """
    counts = calendar.table()
    for part in (_ended(spells, calendar), _returned(spells, calendar)):
        counts = counts.left_join(part, "number").drop("number_right")
    counts = ledger.join(counts.drop("period_end", "complete"), "period")
    ended, back, won = (counts[name].fill_null(0) for name in ("ended", "back", "won"))
    churned = ended - counts.intra_period_returns
    at_risk = counts.opening_active
    shares = {
        CHURN: (churned, at_risk),
        RETENTION: (at_risk - churned, at_risk),
        REACTIVATION: (back, counts.opening_dormant + counts.opening_lost),
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
            for measure, (numerator, denominator) in shares.items()
        ),
        distinct=False,
    )
    return share(rows, "numerator", "denominator", "rate").cast(RATES).order_by("period", "measure")


def _ended(spells: ir.Table, calendar: Calendar) -> ir.Table:
    """One row a period number: the active at its opening whose spell ended in it."""
    active = calendar.numbered(
        spells.filter((spells.state == ACTIVE) & spells.ended_on.notnull()),
        start="started_on",
        number="ended_on",
    )
    return active.filter(active.start < active.number).group_by("number").agg(ended=ibis._.count())


def _returned(spells: ir.Table, calendar: Calendar) -> ir.Table:
    """One row a period number: the inactive (and of them the lost) at its opening who bought."""
    inactive = calendar.numbered(
        spells.filter(spells.returned_on.notnull()),
        start="started_on",
        end="ended_on",
        number="returned_on",
    )
    return (
        inactive.filter((inactive.start < inactive.number) & (inactive.end == inactive.number))
        .group_by("number")
        .agg(back=ibis._.count(), won=(ibis._.state == LOST).sum())
    )
