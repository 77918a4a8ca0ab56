"""RFM segments by plain loops; shares no code with the package."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from oracle.inputs import Days, Row
from oracle.measures import wilson

# Recency score from 5 down to 1, below the scores of frequency and money together from 1 to 5.
GRID = {
    5: ["recent_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"],
    4: ["promising", "potential_loyalists", "potential_loyalists", *["loyal_customers"] * 2],
    3: ["about_to_sleep", "about_to_sleep", "need_attention", *["loyal_customers"] * 2],
    2: ["hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose_them"],
    1: ["lost_long_ago", "lost_long_ago", "at_risk", "at_risk", "cannot_lose_them"],
}
NAMES = [
    *("champions", "loyal_customers", "potential_loyalists", "recent_customers", "promising"),
    *("need_attention", "about_to_sleep", "at_risk", "cannot_lose_them", "hibernating"),
    "lost_long_ago",
]


def score(own: float, everybody: Sequence[float], parts: int = 5) -> int:
    """5 for the highest part; equals stand in the middle of the places they share."""
    places = [place for place, value in enumerate(sorted(everybody, reverse=True)) if value == own]
    middle = Fraction(places[0] + places[-1], 2)
    return 5 - int(middle * parts / len(everybody))


def scores(rfm: Sequence[Row], days: Days, as_of: date) -> list[Row]:
    """One customer a row, by name; `rfm` as oracle.rfm gives it."""
    recent = [-(row["T"] - row["recency"]) for row in rfm]
    often = [row["frequency"] for row in rfm if row["frequency"]]
    money = [
        sum((amount for day, amount in days[row["customer_id"]] if day <= as_of), Decimal(0))
        for row in rfm
    ]
    found = []
    for number, row in enumerate(rfm):
        r, m = (score(column[number], column) for column in (recent, money))
        f, both = 1, 1
        if row["frequency"]:
            f = score(row["frequency"], often, 4)
            both = (f + m) // 2 + (f + m) % 2
        found.append(
            {
                "customer_id": row["customer_id"],
                "recency_score": r,
                "frequency_score": f,
                "monetary_score": m,
                "segment": GRID[r][both - 1],
            }
        )
    return found


def segments(scores: Sequence[Row], standing: Sequence[Row]) -> list[Row]:
    """One segment a row."""
    worth = {row["customer_id"]: row["former_value"] for row in standing}
    rows = []
    for name in NAMES:
        own = [row["customer_id"] for row in scores if row["segment"] == name]
        low, high = wilson(len(own), len(scores))
        rows.append(
            {
                "group": name,
                "customers": len(own),
                "all_customers": len(scores),
                "share": len(own) / len(scores),
                "low": low,
                "high": high,
                "former_value": float(sum((worth[customer] for customer in own), Decimal(0))),
            }
        )
    return rows
