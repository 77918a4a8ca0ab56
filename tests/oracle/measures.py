"""Rates with their numerators, denominators and intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from oracle.cuts import Frequency, periods_of
from oracle.inputs import ONE_DAY, Days, Row, purchase_days
from oracle.moves import ledger
from oracle.states import closes, is_prospect

WILSON_Z = 1.959963984540054
SHARES = ("churn", "retention", "reactivation", "win_back")


def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share."""
    share = numerator / denominator
    stretch = 1 + WILSON_Z**2 / denominator
    middle = (share + WILSON_Z**2 / (2 * denominator)) / stretch
    spread = share * (1 - share) / denominator + WILSON_Z**2 / (4 * denominator**2)
    half = WILSON_Z * math.sqrt(spread) / stretch
    return max(0.0, middle - half), min(1.0, middle + half)


def shares(
    days: Days, inactive_after: int, lost_after: int, as_of: date, frequency: Frequency
) -> list[Row]:
    """One share of customers of one complete period a row, in the order of SHARES."""
    spans = [(start, end) for start, end, done in periods_of(days, as_of, frequency) if done]
    at_risk = {(start, measure): 0 for start, _ in spans for measure in SHARES}
    counted = dict(at_risk)
    for entries in days.values():
        state_at = closes(entries, inactive_after, lost_after, as_of)
        bought = purchase_days(entries, as_of)
        for start, end in spans:
            opening = state_at.get(start - ONE_DAY)
            is_active_at_close = state_at.get(end - ONE_DAY) == "active"
            has_bought = any(start <= day < end for day in bought)
            if opening == "active":
                at_risk[start, "churn"] += 1
                at_risk[start, "retention"] += 1
                counted[start, "retention" if is_active_at_close else "churn"] += 1
            if opening in ("dormant", "lost"):
                at_risk[start, "reactivation"] += 1
                counted[start, "reactivation"] += has_bought
            if opening == "lost":
                at_risk[start, "win_back"] += 1
                counted[start, "win_back"] += has_bought

    rows = []
    for start, end in spans:
        for measure in SHARES:
            rows.append(
                _share(start, end, measure, counted[start, measure], at_risk[start, measure])
            )
    return rows


def conversion(days: Days, known: Mapping[str, date], as_of: date, frequency: str) -> list[Row]:
    """One complete period a row: of the prospects at its opening, those who bought in it."""
    rows = []
    for start, end, done in periods_of(days, as_of, frequency):
        if not done:
            continue
        waiting = [
            person
            for person in known
            if is_prospect(days.get(person, []), known[person], start - ONE_DAY)
        ]
        came = [
            person
            for person in waiting
            if any(start <= day < end for day in purchase_days(days.get(person, []), as_of))
        ]
        rows.append(_share(start, end, "conversion", len(came), len(waiting)))
    return rows


def _share(start: date, end: date, measure: str, numerator: int, denominator: int) -> Row:
    low, high = wilson(numerator, denominator) if denominator else (None, None)
    return {
        "period": start,
        "period_end": end,
        "measure": measure,
        "numerator": float(numerator),
        "denominator": float(denominator),
        "rate": numerator / denominator if denominator else None,
        "low": low,
        "high": high,
    }


def reactivation_with_prospects(shares: Sequence[Row], conversion: Sequence[Row]) -> list[Row]:
    """`shares`, where reactivation is of the prospects too: numerators and denominators added."""
    of_prospects = {row["period"]: row for row in conversion}
    rows = []
    for row in shares:
        if row["measure"] == "reactivation":
            other = of_prospects[row["period"]]
            counted = int(row["numerator"] + other["numerator"])
            at_risk = int(row["denominator"] + other["denominator"])
            row = _share(row["period"], row["period_end"], row["measure"], counted, at_risk)
        rows.append(row)
    return rows


def revenue_churn(
    days: Days, inactive_after: int, lost_after: int, as_of: date, frequency: Frequency
) -> list[Row]:
    """One complete period a row: of the amounts of the 365 days before it of those active at its
    opening, the amounts of those who are not active at its close."""
    rows = []
    for start, end, done in periods_of(days, as_of, frequency):
        if not done:
            continue
        of_all = of_those_who_left = Decimal(0)
        for entries in days.values():
            state_at = closes(entries, inactive_after, lost_after, as_of)
            if state_at.get(start - ONE_DAY) != "active":
                continue
            trailing = [a for day, a in entries if start - 365 * ONE_DAY <= day < start]
            of_all += sum(trailing, Decimal(0))
            if state_at.get(end - ONE_DAY) != "active":
                of_those_who_left += sum(trailing, Decimal(0))
        rows.append(_ratio(start, end, "revenue_churn", of_those_who_left, of_all))
    return rows


def quick_ratio(
    days: Days, inactive_after: int, lost_after: int, as_of: date, frequency: Frequency
) -> list[Row]:
    """One complete period a row: events that made a customer active, by events that ended it."""
    return [
        _ratio(
            row["period"],
            row["period_end"],
            "quick_ratio",
            row["new"] + row["reactivated"] + row["won_back"],
            row["lapsed"],
        )
        for row in ledger(days, inactive_after, lost_after, as_of, frequency)
    ]


def _ratio(
    start: date, end: date, measure: str, numerator: Decimal | int, denominator: Decimal | int
) -> Row:
    return {
        "period": start,
        "period_end": end,
        "measure": measure,
        "numerator": float(numerator),
        "denominator": float(denominator),
        "rate": float(Fraction(numerator) / Fraction(denominator)) if denominator > 0 else None,
        "low": None,
        "high": None,
    }


def rates(
    days: Days, inactive_after: int, lost_after: int, as_of: date, frequency: Frequency
) -> list[Row]:
    """One measure of one complete period a row, by period and name of the measure."""
    asked = days, inactive_after, lost_after, as_of, frequency
    rows = shares(*asked) + revenue_churn(*asked) + quick_ratio(*asked)
    return sorted(rows, key=lambda row: (row["period"], row["measure"]))
