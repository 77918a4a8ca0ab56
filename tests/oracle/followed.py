"""Follow-up from a day of one's own: brackets, windows, second lives, second purchases, returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from oracle.cuts import PERIOD_DAYS, Cut, Frequency, periods, periods_of
from oracle.firsts import cohort_members
from oracle.inputs import ONE_DAY, Days, Row, first_purchase_day, purchase_days
from oracle.measures import wilson
from oracle.states import closes


def followed(
    entries: Sequence[tuple[date, Decimal]], started_on: date, from_day: int, to_day: int
) -> tuple[bool, Decimal]:
    """Whether one customer bought from_day to to_day (exclusive) days after a start, and the
    amounts of all days from the start to then."""
    has_bought = any(
        amount > 0 and from_day <= (day - started_on).days < to_day for day, amount in entries
    )
    amounts = [amount for day, amount in entries if 0 <= (day - started_on).days < to_day]
    return has_bought, sum(amounts, Decimal(0))


def of_the_watched(
    starts: Sequence[tuple[Sequence[tuple[date, Decimal]], date]],
    from_day: int,
    to_day: int,
    as_of: date,
) -> Row | None:
    """The figures of one group of starts in one window; None where nobody was watched so long."""
    watched = [
        followed(entries, started_on, from_day, to_day)
        for entries, started_on in starts
        if started_on + timedelta(days=to_day - 1) <= as_of
    ]
    if not watched:
        return None
    customers = sum(has_bought for has_bought, _ in watched)
    low, high = wilson(customers, len(watched))
    revenue = sum((amount for _, amount in watched), Decimal(0))
    return {
        "watched": len(watched),
        "customers": customers,
        "retention": customers / len(watched),
        "low": low,
        "high": high,
        "cumulative_revenue_per_customer": float(Fraction(revenue) / len(watched)),
    }


def brackets(days: Days, as_of: date, frequency: Frequency, edges: Sequence[int]) -> list[Row]:
    """One cohort and bracket of days since the own first purchase day a row."""
    rows = []
    for cohort, members in cohort_members(days, as_of, frequency).items():
        starts = [(days[name], purchase_days(days[name], as_of)[0]) for name in members]
        _, _, has_ended = periods(cohort, as_of, frequency)[0]
        for i in range(len(edges) - 1):
            found = of_the_watched(starts, edges[i], edges[i + 1], as_of)
            if found is not None:
                rows.append(
                    {
                        "cohort": cohort,
                        "from_day": edges[i],
                        "to_day": edges[i + 1],
                        "cohort_size": len(members),
                        **found,
                        "complete": has_ended and found["watched"] == len(members),
                    }
                )
    return rows


def rolling(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and window of 30 days a row: brackets of 30 days, numbered."""
    first_day = first_purchase_day(days, as_of)
    longest = (as_of - first_day).days + 31 if first_day else 0
    rows = []
    for row in brackets(days, as_of, frequency, range(0, longest + 30, 30)):
        from_day, _ = row.pop("from_day"), row.pop("to_day")
        rows.append({"window": from_day // 30, **row})
    return rows


def second_life(days: Days, inactive_after: int, lost_after: int, as_of: date) -> list[Row]:
    """One way of beginning and window of 30 days a row; a customer counts at each beginning."""
    starts: dict[str, list[tuple[Sequence[tuple[date, Decimal]], date]]] = defaultdict(list)
    ways = {None: "new", "dormant": "reactivated", "lost": "won_back"}
    for entries in days.values():
        state_at = closes(entries, inactive_after, lost_after, as_of)
        for day, current in state_at.items():
            before = state_at.get(day - ONE_DAY)
            if current == "active" and before != "active":
                starts[ways[before]].append((entries, day))
    rows = []
    for way in sorted(starts):
        window = 0
        while (
            found := of_the_watched(starts[way], window * 30, window * 30 + 30, as_of)
        ) is not None:
            rows.append({"began_as": way, "window": window, **found})
            window += 1
    return rows


def second_purchase(days: Days, as_of: date) -> list[Row]:
    """One day since the first purchase day a row: the Kaplan-Meier share that has bought again.

    From day 0 to the last day on which anybody was still watched and had not bought again before.
    """
    bought = [purchase_days(entries, as_of) for entries in days.values()]
    again = [(of_one[1] - of_one[0]).days for of_one in bought if len(of_one) > 1]
    waiting = [(as_of - of_one[0]).days for of_one in bought if len(of_one) == 1]
    longest = max([*again, *waiting])
    shares = shares_ended(again, waiting, longest)
    return [
        {
            "days": day,
            "at_risk": sum(d >= day for d in again) + sum(g >= day for g in waiting),
            "second_purchases": sum(d == day for d in again),
            "second_purchase_share": float(shares[day]),
        }
        for day in range(longest + 1)
    ]


def shares_ended(ended: Sequence[int], censored: Sequence[int], through: int) -> list[Fraction]:
    """The Kaplan-Meier share of durations that have ended by day 0, 1, ..., `through`, exact.

    A duration censored at g days is at risk through day g.
    """
    going_on = Fraction(1)
    result = []
    for day in range(through + 1):
        ending = sum(d == day for d in ended)
        if ending:
            at_risk = sum(d >= day for d in ended) + sum(g >= day for g in censored)
            going_on *= 1 - Fraction(ending, at_risk)
        result.append(1 - going_on)
    return result


def returns(
    days: Days, inactive_after: int, lost_after: int, as_of: date, frequency: Frequency
) -> list[Row]:
    """One lapse period and age a row: the share of its lapses followed by a purchase by then.

    An age is a number of periods of PERIOD_DAYS days since the lapse itself. There are rows as
    far as every lapse of the period has been watched, and on while a customer is under watch: not
    back yet, or back at that age or later.
    """
    lapses: list[tuple[date, date | None]] = []
    for entries in days.values():
        state_at = closes(entries, inactive_after, lost_after, as_of)
        bought = purchase_days(entries, as_of)
        for day in state_at:
            if state_at.get(day - ONE_DAY) == "active" and state_at[day] != "active":
                lapses.append((day, min((d for d in bought if d > day), default=None)))

    length = PERIOD_DAYS[frequency.frequency if isinstance(frequency, Cut) else frequency]
    rows = []
    for start, end, done in periods_of(days, as_of, frequency):
        cohort = [(lapse, back) for lapse, back in lapses if start <= lapse < end]
        if not done or not cohort:
            continue
        ended = [(back - lapse).days for lapse, back in cohort if back is not None]
        censored = [(as_of - lapse).days for lapse, back in cohort if back is None]
        last_day = end - ONE_DAY
        longest_watch = max([(as_of - last_day).days, *ended, *censored])
        share_returned = shares_ended(ended, censored, longest_watch)
        age = 1
        while age * length <= longest_watch:
            within = age * length
            rows.append(
                {
                    "lapse_period": start,
                    "age": age,
                    "lapsed": len(cohort),
                    "returned": sum(d <= within for d in ended),
                    "return_share": float(share_returned[within]),
                    "low": None,
                    "high": None,
                    "complete": last_day + timedelta(days=within) <= as_of,
                }
            )
            age += 1
    return rows
