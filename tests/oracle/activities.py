"""Activity by period, and RFM."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from oracle.cuts import Frequency, periods_of
from oracle.inputs import Days, Row, purchase_days


def activity(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One complete period a row: who bought in it, and who in the period before it."""
    rows = []
    spans = [(start, end) for start, end, done in periods_of(days, as_of, frequency) if done]
    for number, (start, end) in enumerate(spans):
        row: Row = {
            "period": start,
            "period_end": end,
            "active": 0,
            "new": 0,
            "retained": 0,
            "resurrected": 0,
            "churned": 0,
            "quick_ratio": None,
            "active_revenue": Decimal(0),
            "new_revenue": Decimal(0),
            "retained_revenue": Decimal(0),
            "resurrected_revenue": Decimal(0),
            "expansion": Decimal(0),
            "contraction": Decimal(0),
            "churned_revenue": Decimal(0),
            "other_revenue": Decimal(0),
        }
        for entries in days.values():
            bought = purchase_days(entries, as_of)
            now = any(start <= day < end for day in bought)
            spent = sum((a for day, a in entries if start <= day < end), Decimal(0))
            then, spent_then = False, Decimal(0)
            if number:
                first, last = spans[number - 1]
                then = any(first <= day < last for day in bought)
                spent_then = sum((a for day, a in entries if first <= day < last), Decimal(0))
            if now:
                row["active"] += 1
                row["active_revenue"] += spent
                if then:
                    kind = "retained"
                    row["expansion"] += max(spent - spent_then, Decimal(0))
                    row["contraction"] += max(spent_then - spent, Decimal(0))
                else:
                    kind = "resurrected" if any(day < start for day in bought) else "new"
                row[kind] += 1
                row[f"{kind}_revenue"] += spent
            else:
                row["other_revenue"] += spent
                if then:
                    row["churned"] += 1
                    row["churned_revenue"] += spent_then
        if row["churned"]:
            row["quick_ratio"] = (row["new"] + row["resurrected"]) / row["churned"]
        rows.append(row)
    return rows


def rfm(days: Days, as_of: date) -> list[Row]:
    """One customer a row, by name: purchase days after the first, and what they were worth."""
    rows = []
    for customer in sorted(days):
        bought = purchase_days(days[customer], as_of)
        if not bought:
            continue
        amounts = dict(days[customer])
        repeats = [amounts[day] for day in bought[1:]]
        mean = Fraction(sum(repeats, Decimal(0))) / len(repeats) if repeats else 0
        rows.append(
            {
                "customer_id": customer,
                "frequency": len(repeats),
                "recency": (bought[-1] - bought[0]).days,
                "T": (as_of - bought[0]).days,
                "monetary_value": float(mean),
            }
        )
    return rows
