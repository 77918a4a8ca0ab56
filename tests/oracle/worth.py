"""What the inactive of a day did afterwards, and what returners spend: one customer at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from oracle.inputs import ONE_DAY, Days, Row, purchase_days
from oracle.standings import former_activity

YEAR = timedelta(days=365)
BAND_STARTS = [int(f"{digit}{'0' * zeros}") for zeros in range(9) for digit in (1, 2, 5)]


def since_lapse(days: int) -> str:
    """The bracket of so many days since the lapse."""
    for most in (90, 180, 365):
        if days <= most:
            return f"lapsed_within_{most}"
    return "lapsed_earlier"


def inactive_on(days: Days, day: date, since: date, inactive_after: int) -> list[Row]:
    """The inactive at the close of a day, as seen since another: cell, return, money. One a row."""
    rows = []
    end = day + YEAR
    seen = {name: [entry for entry in days[name] if entry[0] >= since] for name in days}
    former = former_activity(seen, day)
    for name, entries in days.items():
        bought = [d for d in purchase_days(entries, day) if d >= since]
        if not bought or (day - bought[-1]).days < inactive_after:
            continue
        later = [d for d in purchase_days(entries, end) if d > day]
        returned_on = later[0] if later else None
        rows.append(
            {
                "customer_id": name,
                "since_lapse": since_lapse((day - bought[-1]).days - inactive_after),
                "former_activity": former[name][2],
                "returned_on": returned_on,
                "spend": total(entries, returned_on, end),
                "spend_a_year": total(entries, returned_on, (returned_on or end) + YEAR - ONE_DAY),
                "former_value": total(entries, bought[-1] - YEAR + ONE_DAY, day),
            }
        )
    return rows


def total(entries: list[tuple[date, Decimal]], first: date | None, last: date) -> Decimal:
    """All amounts from one day to another, both included; nothing where there is no first."""
    if first is None:
        return Decimal(0)
    return sum((amount for day, amount in entries if first <= day <= last), Decimal(0))


def outcomes(days: Days, day: date, since: date, inactive_after: int) -> list[Row]:
    """One cell, window and band of spend a row, in order; who did not return comes first."""
    groups = defaultdict(list)
    for row in inactive_on(days, day, since, inactive_after):
        watched = None
        if row["returned_on"] is not None:
            watched = (day + YEAR - row["returned_on"]).days + 1
        window = None if watched is None else watched // 30
        band = len([start for start in BAND_STARTS if row["spend"] >= start])
        key = row["since_lapse"], row["former_activity"], window, band
        groups[key].append((watched or 0, row["spend"], row["former_value"]))
    return [
        {
            "since_lapse": key[0],
            "former_activity": key[1],
            "window": key[2],
            "band": key[3],
            "customers": len(members),
            "watched_days": sum(watched for watched, _, _ in members),
            "spend": float(sum(spend for _, spend, _ in members)),
            "former_value": float(sum(value for _, _, value in members)),
        }
        for key, members in sorted(
            groups.items(), key=lambda item: [-1 if part is None else part for part in item[0]]
        )
    ]


def growth(days: Days, inactive_after: int, as_of: date) -> list[Row]:
    """One twentieth of the returns watched for 365 days, and day since the return, a row."""
    spent = defaultdict(list)
    for entries in days.values():
        bought = purchase_days(entries, as_of)
        for before, day in pairwise(bought):
            # Inactive at the close of the day before.
            if (day - ONE_DAY - before).days >= inactive_after and (as_of - day).days + 1 >= 365:
                for other, amount in entries:
                    if 0 <= (other - day).days < 365:
                        spent[(as_of - day).days % 20, (other - day).days].append(amount)
    return [
        {"fold": fold, "days": n, "returns": len(amounts), "spend": float(sum(amounts))}
        for (fold, n), amounts in sorted(spent.items())
    ]


def opportunity_value(days: Days, day: date, since: date, inactive_after: int) -> Decimal:
    """What those inactive on a day, as seen since another, spend in the year from the return on."""
    rows = inactive_on(days, day, since, inactive_after)
    return sum((row["spend_a_year"] for row in rows), Decimal(0))
