"""Former customers of contracts, one customer and one day at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from oracle.contracts import days_of_service
from oracle.inputs import ONE_DAY, Contracts, Row

YEAR = timedelta(days=365)
ENDS = [
    (90, "tenure_within_90"),
    (365, "tenure_within_365"),
    (730, "tenure_within_730"),
    (10**9, "tenure_longer"),
]
BANDS = sorted(digit * 10**power for power in range(9) for digit in (1, 2, 5))


def tenure(days: int) -> str:
    """How long somebody had service, of so many days."""
    return next(name for most, name in ENDS if days <= most)


def bracket(days: int) -> str:
    """Since when somebody has none, of so many days since the first without."""
    ends = [(90, "within_90"), (180, "within_180"), (365, "within_365"), (10**9, "earlier")]
    return "lapsed_" + next(name for most, name in ends if days <= most)


def standing(contracts: Contracts, as_of: date) -> list[Row]:
    """One customer a row, by name: tenure, and how long without service."""
    rows = []
    for name, entries in sorted(days_of_service(contracts, as_of).items()):
        silent = (as_of - entries[-1][0]).days
        rows.append(
            {
                "customer_id": name,
                "former_activity": tenure(len(entries)),
                "since_lapse": bracket(silent - 1) if silent else None,
            }
        )
    return rows


def inactive_on(contracts: Contracts, day: date, since: date, as_of: date) -> list[Row]:
    """Those without service on a day who had some since another: what they did after it."""
    rows = []
    for entries in days_of_service(contracts, as_of).values():
        before = [(on, amount) for on, amount in entries if since <= on <= day]
        if not before or before[-1][0] == day:
            continue
        last = before[-1][0]
        after = [on for on, _ in entries if day < on <= day + YEAR]
        back = after[0] if after else None
        rows.append(
            {
                "since_lapse": bracket((day - last).days - 1),
                "former_activity": tenure(len(before)),
                "returned_on": back,
                "spend": _earned(entries, back, day + YEAR),
                "spend_a_year": _earned(entries, back, (back or day) + YEAR - ONE_DAY),
                "former_value": _earned(entries, last - YEAR + ONE_DAY, day),
            }
        )
    return rows


def outcomes(contracts: Contracts, day: date, since: date, as_of: date) -> list[Row]:
    """One cell, window and band of what was earned a row, in order; nobody back comes first."""
    rows = inactive_on(contracts, day, since, as_of)
    for row in rows:
        back = row["returned_on"]
        row["watched"] = 0 if back is None else (day + YEAR - back).days + 1
        row["window"] = None if back is None else row["watched"] // 30
        row["band"] = sum(1 for edge in BANDS if row["spend"] >= edge)
    names = ("since_lapse", "former_activity", "window", "band")
    keys = {tuple(row[name] for name in names) for row in rows}
    ordered = sorted(keys, key=lambda key: [-1 if part is None else part for part in key])
    found = []
    for key in ordered:
        own = [row for row in rows if tuple(row[name] for name in names) == key]
        found.append(
            dict(zip(names, key, strict=True))
            | {
                "customers": len(own),
                "watched_days": sum(row["watched"] for row in own),
                "spend": float(sum(row["spend"] for row in own)),
                "former_value": float(sum(row["former_value"] for row in own)),
            }
        )
    return found


def growth(contracts: Contracts, day: date, as_of: date) -> list[Row]:
    """One twentieth of the returns watched for a year by a day, and day since, a row."""
    amounts: dict[tuple[int, int], list[Decimal]] = {}
    for entries in days_of_service(contracts, as_of).values():
        for (before, _), (back, _) in pairwise(entries):
            if (back - before).days == 1 or back + YEAR - ONE_DAY > day:
                continue
            for on, amount in entries:
                if back <= on < back + YEAR:
                    key = (day - back).days % 20, (on - back).days
                    amounts.setdefault(key, []).append(amount)
    return [
        {"fold": fold, "days": n, "returns": len(own), "spend": float(sum(own))}
        for (fold, n), own in sorted(amounts.items())
    ]


def _earned(entries: Sequence[tuple[date, Decimal]], first: date | None, last: date) -> Decimal:
    if first is None:
        return Decimal(0)
    return sum((amount for on, amount in entries if first <= on <= last), Decimal(0))
