"""The ledger and its money, one period at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from oracle.cuts import Frequency, periods_of
from oracle.inputs import ONE_DAY, Days, Row, each_day, purchase_days
from oracle.states import closes


def ledger(
    days: Days, inactive_after: int, lost_after: int, as_of: date, frequency: Frequency
) -> list[Row]:
    """One complete period a row: stocks at its two ends, events within, amounts of its days.

    An event belongs to the day at whose close the new state first holds.
    """
    spans = [(start, end) for start, end, done in periods_of(days, as_of, frequency) if done]
    rows: list[Row] = [
        {
            "period": start,
            "period_end": end,
            "opening_active": 0,
            "new": 0,
            "reactivated": 0,
            "won_back": 0,
            "lapsed": 0,
            "closing_active": 0,
            "opening_dormant": 0,
            "closing_dormant": 0,
            "opening_lost": 0,
            "became_lost": 0,
            "closing_lost": 0,
            "intra_period_returns": 0,
            "revenue": Decimal(0),
        }
        for start, end in spans
    ]
    for entries in days.values():
        state_at = closes(entries, inactive_after, lost_after, as_of)
        for row, (start, end) in zip(rows, spans, strict=True):
            opening = state_at.get(start - ONE_DAY)
            closing = state_at.get(end - ONE_DAY)
            if opening is not None:
                row[f"opening_{opening}"] += 1
            if closing is not None:
                row[f"closing_{closing}"] += 1

            has_lapsed = False
            for day in each_day(start, end):
                before, after = state_at.get(day - ONE_DAY), state_at.get(day)
                if before is None and after == "active":
                    row["new"] += 1
                if before == "dormant" and after == "active":
                    row["reactivated"] += 1
                if before == "lost" and after == "active":
                    row["won_back"] += 1
                if before == "active" and after in ("dormant", "lost"):
                    row["lapsed"] += 1
                    has_lapsed = True
                if before in ("active", "dormant") and after == "lost":
                    row["became_lost"] += 1
            if opening == "active" and closing == "active" and has_lapsed:
                row["intra_period_returns"] += 1

            row["revenue"] += sum(amount for day, amount in entries if start <= day < end)
    return rows


def revenue(
    days: Days, inactive_after: int, lost_after: int, as_of: date, frequency: Frequency
) -> list[Row]:
    """One complete period and way of buying in it a row: customers with amounts, and the amounts.

    The way is the state that the first purchase day of the period meets: that of the day before.
    """
    ways = {"active": "retained", "dormant": "reactivated", "lost": "won_back", None: "new"}
    rows = []
    for start, end, done in periods_of(days, as_of, frequency):
        if not done:
            continue
        amounts: dict[str, list[Decimal]] = defaultdict(list)
        for entries in days.values():
            within = [amount for day, amount in entries if start <= day < end]
            if not within:
                continue
            bought = [day for day in purchase_days(entries, as_of) if start <= day < end]
            if bought:
                state_at = closes(entries, inactive_after, lost_after, as_of)
                way = ways[state_at.get(bought[0] - ONE_DAY)]
            else:
                way = "no_purchase"
            amounts[way].append(sum(within, Decimal(0)))
        rows += [
            {
                "period": start,
                "bought_as": way,
                "customers": len(amounts[way]),
                "revenue": sum(amounts[way], Decimal(0)),
            }
            for way in sorted(amounts)
        ]
    return rows
