"""The figures of the kit once more, by naive loops: one customer, one day at a time.

Written from the definitions alone; shares no code with the package, so that agreement means
something. Obviously right comes before fast. `days` maps a customer to `(date, amount)` pairs in
date order, one a day, amounts of the day already added and rounded to 0.0001. A day whose amount is
above 0 is a purchase day. Anything dated after `as_of` is ignored.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

Days = dict[str, list[tuple[date, Decimal]]]
Contracts = dict[str, list[tuple[date, date | None, Decimal]]]
Period = tuple[date, date, bool]
Row = dict[str, Any]


class Cut(NamedTuple):
    """Periods of another calendar, where a frequency is asked for.

    week_start: 0 is Monday; first_month: in which the fiscal year begins.
    """

    frequency: str
    calendar: str = "gregorian"
    week_start: int = 0
    first_month: int = 1


Frequency = str | Cut

ONE_DAY = timedelta(days=1)
PERIOD_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
WILSON_Z = 1.959963984540054
SHARES = ("churn", "retention", "reactivation", "win_back")


# Input ------------------------------------------------------------------------------------------


def purchase_days_from_rows(
    rows: Iterable[tuple[object, date | None, Decimal | float | None]], as_of: date
) -> Days:
    """One net amount a customer and day, from transaction rows; bad and later rows dropped.

    A float counts as the decimal number it prints as, so that adding is exact; halves of 0.0001
    round away from zero.
    """
    sums: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for customer, day, amount in rows:
        if customer is None or day is None or amount is None or math.isnan(amount):
            continue
        if isinstance(day, datetime):
            day = day.date()
        if day > as_of:
            continue
        sums[str(customer)][day] += Decimal(str(amount))
    return {
        customer: [
            (day, amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))
            for day, amount in sorted(by_day.items())
        ]
        for customer, by_day in sorted(sums.items())
    }


def purchase_days(entries: Sequence[tuple[date, Decimal]], as_of: date) -> list[date]:
    """The days, in order, on which one customer's amounts add up to more than 0."""
    return sorted(day for day, amount in entries if amount > 0 and day <= as_of)


def first_purchase_day(days: Days, as_of: date) -> date | None:
    """The first purchase day of anybody; None where nobody bought."""
    return min((day for e in days.values() for day in purchase_days(e, as_of)), default=None)


def each_day(start: date, end: date) -> Iterator[date]:
    """Every day of [start, end)."""
    while start < end:
        yield start
        start += ONE_DAY


# Periods ----------------------------------------------------------------------------------------


@cache
def begins_year(day: date, cut: Cut) -> bool:
    """Whether a fiscal year begins on `day`."""
    if cut.calendar == "gregorian":
        return (day.month, day.day) == (cut.first_month, 1)
    near = [day + timedelta(days=i) for i in range(-3, 4)]
    is_near = any((d.month, d.day) == (cut.first_month, 1) for d in near)
    return is_near and day.weekday() == cut.week_start


MONTH_OF_WEEK = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]


@cache
def place(day: date, cut: Cut) -> tuple[date, int]:
    """First day of the fiscal year of `day`, and which of its months, quarters or years it is."""
    start = day
    while not begins_year(start, cut):
        start -= ONE_DAY
    if cut.calendar == "gregorian":
        month = (day.month - start.month) % 12
    else:
        week = min((day - start).days // 7, 51)
        month = week // 13 * 3 + MONTH_OF_WEEK[week % 13]
    return start, month // {"month": 1, "quarter": 3, "year": 12}[cut.frequency]


@cache
def cut_start(day: date, cut: Cut) -> date:
    """The first day of the period that holds `day`: back as long as the place is the same."""
    if cut.frequency == "day":
        return day
    if cut.frequency == "week":
        return next(
            d for d in each_day(day - 6 * ONE_DAY, day + ONE_DAY) if d.weekday() == cut.week_start
        )
    start = day
    while place(start - ONE_DAY, cut) == place(day, cut):
        start -= ONE_DAY
    return start


def period_start(day: date, frequency: Frequency) -> date:
    """The first day of the period that holds `day`; weeks begin on Monday, unless a Cut says so."""
    if isinstance(frequency, Cut):
        return cut_start(day, frequency)
    if frequency == "day":
        return day
    if frequency == "week":
        return day - timedelta(days=day.weekday())
    if frequency == "month":
        return date(day.year, day.month, 1)
    if frequency == "quarter":
        return date(day.year, {1: 1, 2: 4, 3: 7, 4: 10}[(day.month + 2) // 3], 1)
    if frequency == "year":
        return date(day.year, 1, 1)
    raise ValueError(f"unknown frequency {frequency!r}")


def periods(first_day: date, as_of: date, frequency: Frequency) -> list[Period]:
    """(start, exclusive end, complete) of each period from `first_day`'s to `as_of`'s.

    >>> periods(date(2024, 2, 20), date(2024, 3, 30), "month")
    [(datetime.date(2024, 2, 1), datetime.date(2024, 3, 1), True), \
(datetime.date(2024, 3, 1), datetime.date(2024, 4, 1), False)]
    """
    result = []
    start = period_start(first_day, frequency)
    while start <= as_of:
        end = start + ONE_DAY
        while period_start(end, frequency) == start:
            end += ONE_DAY
        last_day = end - ONE_DAY
        result.append((start, end, last_day <= as_of))
        start = end
    return result


def periods_of(days: Days, as_of: date, frequency: Frequency) -> list[Period]:
    """The periods from the first purchase of anybody on; none where nobody bought."""
    first_day = first_purchase_day(days, as_of)
    return [] if first_day is None else periods(first_day, as_of, frequency)


# States -----------------------------------------------------------------------------------------


def state(
    purchase_days: Sequence[date], day: date, inactive_after: int, lost_after: int
) -> str | None:
    """The state of one customer at the close of `day`; None before the first purchase day."""
    if not 1 <= inactive_after <= lost_after:
        raise ValueError("1 <= inactive_after <= lost_after does not hold")
    last_purchase = max((d for d in purchase_days if d <= day), default=None)
    if last_purchase is None:
        return None
    days_since = (day - last_purchase).days
    if days_since < inactive_after:
        return "active"
    if days_since < lost_after:
        return "dormant"
    return "lost"


def closes(
    entries: Sequence[tuple[date, Decimal]], inactive_after: int, lost_after: int, as_of: date
) -> dict[date, str]:
    """One customer's state at the close of each day from the first purchase day to `as_of`."""
    bought = purchase_days(entries, as_of)
    if not bought:
        return {}
    result = {}
    for day in each_day(bought[0], as_of + ONE_DAY):
        current = state(bought, day, inactive_after, lost_after)
        assert current is not None
        result[day] = current
    return result


def spells(
    days: Days, inactive_after: int, lost_after: int, as_of: date
) -> list[tuple[str, str, date, date | None]]:
    """(customer, state, started_on, exclusive ended_on or None) by customer and start."""
    result: list[tuple[str, str, date, date | None]] = []
    for customer in sorted(days):
        state_at = closes(days[customer], inactive_after, lost_after, as_of)
        started_on = None
        for day in state_at:
            if started_on is None:
                started_on = day
            elif state_at[day] != state_at[started_on]:
                result.append((customer, state_at[started_on], started_on, day))
                started_on = day
        if started_on is not None:
            result.append((customer, state_at[started_on], started_on, None))
    return result


# Ledger and rates -------------------------------------------------------------------------------


def is_prospect(entries: Sequence[tuple[date, Decimal]], known_on: date | None, day: date) -> bool:
    """Whether somebody is known and has not bought by the close of `day`."""
    if known_on is None or day < known_on:
        return False
    return all(bought > day for bought in purchase_days(entries, date.max))


def prospect_spells(
    days: Days, known: Mapping[str, date], as_of: date
) -> list[tuple[str, str, date, date | None]]:
    """(person, "prospect", first day, exclusive last day or None) by person."""
    result: list[tuple[str, str, date, date | None]] = []
    for person in sorted(known):
        held = [
            day
            for day in each_day(known[person], as_of + ONE_DAY)
            if is_prospect(days.get(person, []), known[person], day)
        ]
        if held:
            ended_on = None if held[-1] == as_of else held[-1] + ONE_DAY
            result.append((person, "prospect", held[0], ended_on))
    return result


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


# Cohorts and lapse cohorts ----------------------------------------------------------------------


def cohorts(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and age a row, bounded; the running period is there, marked incomplete.

    Amounts from before a customer's own first purchase day belong to no cell.
    """
    members: dict[date, list[str]] = defaultdict(list)
    for customer, entries in days.items():
        bought = purchase_days(entries, as_of)
        if bought:
            members[period_start(bought[0], frequency)].append(customer)

    rows = []
    for cohort in sorted(members):
        size = len(members[cohort])
        revenue_so_far = Decimal(0)
        for age, (start, end, complete) in enumerate(periods(cohort, as_of, frequency)):
            customers = 0
            revenue = Decimal(0)
            for customer in members[cohort]:
                bought = purchase_days(days[customer], as_of)
                customers += any(start <= day < end for day in bought)
                revenue += sum(
                    amount
                    for day, amount in days[customer]
                    if start <= day < end and bought[0] <= day <= as_of
                )
            revenue_so_far += revenue
            rows.append(
                {
                    "cohort": cohort,
                    "age": age,
                    "cohort_size": size,
                    "customers": customers,
                    "retention": customers / size,
                    "revenue": revenue,
                    "cumulative_revenue_per_customer": float(Fraction(revenue_so_far) / size),
                    "complete": complete,
                }
            )
    return rows


def cohort_members(days: Days, as_of: date, frequency: Frequency) -> dict[date, list[str]]:
    """The customers of each cohort, by its first day."""
    members: dict[date, list[str]] = defaultdict(list)
    for customer in sorted(days):
        bought = purchase_days(days[customer], as_of)
        if bought:
            members[period_start(bought[0], frequency)].append(customer)
    return dict(sorted(members.items()))


def unbounded(days: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and age a row, complete periods only: who bought in the period or later."""
    rows = []
    for cohort, members in cohort_members(days, as_of, frequency).items():
        for age, (start, _, complete) in enumerate(periods(cohort, as_of, frequency)):
            if not complete:
                continue
            customers = 0
            for customer in members:
                bought = purchase_days(days[customer], as_of)
                customers += any(day >= start for day in bought)
            low, high = wilson(customers, len(members))
            rows.append(
                {
                    "cohort": cohort,
                    "age": age,
                    "cohort_size": len(members),
                    "customers": customers,
                    "retention": customers / len(members),
                    "low": low,
                    "high": high,
                }
            )
    return rows


def cohort_revenue(days: Days, refunds: Days, as_of: date, frequency: Frequency) -> list[Row]:
    """One cohort and age a row: sold, refunded and what is left; `refunds` as `days`, negative."""
    rows = []
    for cohort, members in cohort_members(days, as_of, frequency).items():
        net_so_far = gross_so_far = Decimal(0)
        for age, (start, end, complete) in enumerate(periods(cohort, as_of, frequency)):
            net = refunded = Decimal(0)
            for customer in members:
                first_day = purchase_days(days[customer], as_of)[0]
                for day, amount in days[customer]:
                    if start <= day < end and first_day <= day <= as_of:
                        net += amount
                for day, amount in refunds.get(customer, []):
                    if start <= day < end and first_day <= day <= as_of:
                        refunded += amount
            net_so_far += net
            gross_so_far += net - refunded
            rows.append(
                {
                    "cohort": cohort,
                    "age": age,
                    "cohort_size": len(members),
                    "gross_revenue": net - refunded,
                    "refunded": refunded,
                    "revenue": net,
                    "cumulative_gross_revenue": gross_so_far,
                    "cumulative_revenue": net_so_far,
                    "complete": complete,
                }
            )
    return rows


# Follow-up from a day of one's own --------------------------------------------------------------


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


# Period activity, RFM ----------------------------------------------------------------------------


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


# Thresholds -------------------------------------------------------------------------------------


def closed_gaps(days: Days, as_of: date) -> list[int]:
    """Days from each purchase day to the customer's next."""
    result = []
    for entries in days.values():
        bought = purchase_days(entries, as_of)
        for i in range(1, len(bought)):
            result.append((bought[i] - bought[i - 1]).days)
    return result


def open_gaps(days: Days, as_of: date) -> list[int]:
    """Days from each customer's last purchase day to `as_of`."""
    last = [max(purchase_days(entries, as_of), default=None) for entries in days.values()]
    return [(as_of - day).days for day in last if day is not None]


def threshold(days: Days, as_of: date, quantile: float | Fraction, horizon: int = 365) -> int:
    """The `return_quantile` rule: the smallest d with F(d) >= quantile x F(horizon), exact.

    The horizon is cut to the longest gap there is. A float quantile counts as the decimal number
    it prints as.
    """
    closed, still_open = closed_gaps(days, as_of), open_gaps(days, as_of)
    if not closed:
        raise ValueError("no customer bought on two days")
    horizon = min(horizon, max(closed + still_open))
    share_followed = shares_ended(closed, still_open, horizon)
    target = Fraction(str(quantile)) * share_followed[horizon]
    if target == 0:
        raise ValueError(f"no gap is closed within {horizon} days")
    for day in range(horizon + 1):
        if share_followed[day] >= target:
            return day
    raise ValueError(f"quantile {quantile} is above 1")


def mean_gap(days: Days, multiple: float, as_of: date = date.max) -> int:
    """The `mean_gap` rule: `multiple` x the mean of the closed gaps, rounded up."""
    closed = closed_gaps(days, as_of)
    if not closed:
        raise ValueError("no customer bought on two days")
    return math.ceil(Fraction(str(multiple)) * Fraction(sum(closed), len(closed)))


# Contracts --------------------------------------------------------------------------------------
#
# `contracts` maps a customer to (first day, first day without service or None, amount per month).


def is_served(contracts: Sequence[tuple[date, date | None, Decimal]], day: date) -> bool:
    """Whether one customer has service on `day`."""
    return any(start <= day and (end is None or day < end) for start, end, _ in contracts)


def mrr(contracts: Sequence[tuple[date, date | None, Decimal]], day: date) -> Decimal:
    """What one customer's contracts in force at the close of `day` are worth a month."""
    in_force = [a for start, end, a in contracts if start <= day and (end is None or day < end)]
    return sum(in_force, Decimal(0))


def earned(amount: Decimal, day: date) -> Decimal:
    """What `day` adds to what a contract in force has earned since the first of the month.

    amount x day / days of the month, rounded down to 0.0001, less the same of the day before.
    """
    next_month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    in_month = (next_month - day.replace(day=1)).days

    def by_close_of(number: int) -> int:
        return math.floor(Fraction(amount) * 10_000 * number / in_month)

    return Decimal(by_close_of(day.day) - by_close_of(day.day - 1)) / 10_000


def days_of_service(contracts: Contracts, as_of: date) -> Days:
    """Each day of service with what it earns.

    A day of service is to the states what a purchase day is with inactive_after 1, and lost_after
    longer by that day. Contracts from and to the same days are added before anything is earned.
    Amounts must be large enough for every day to earn something.
    """
    result: Days = {}
    for customer, of_one in contracts.items():
        added: dict[tuple[date, date | None], Decimal] = defaultdict(Decimal)
        for start, end, amount in of_one:
            if start <= as_of:
                added[start, end if end is not None and end <= as_of else None] += amount
        by_day: dict[date, Decimal] = defaultdict(Decimal)
        for (start, end), amount in added.items():
            for day in each_day(start, end or as_of + ONE_DAY):
                by_day[day] += earned(amount, day)
        result[customer] = sorted(by_day.items())
    return result


def recurring(contracts: Contracts, as_of: date, frequency: str) -> list[Row]:
    """One complete period a row: MRR at its two ends, and customer by customer what moved it."""
    first_day = min(start for of_one in contracts.values() for start, _, _ in of_one)
    rows = []
    for start, end, done in periods(first_day, as_of, frequency):
        if not done:
            continue
        names = ("opening", "new", "reactivated", "expansion", "contraction", "churned", "closing")
        row: Row = dict.fromkeys((f"{name}_mrr" for name in names), Decimal(0))
        row |= dict.fromkeys((f"{name}_customers" for name in names[1:-1]), 0)
        kept = still_paid = Decimal(0)
        for of_one in contracts.values():
            before, after = mrr(of_one, start - ONE_DAY), mrr(of_one, end - ONE_DAY)
            was_there, is_there = (
                is_served(of_one, start - ONE_DAY),
                is_served(of_one, end - ONE_DAY),
            )
            row["opening_mrr"] += before
            row["closing_mrr"] += after
            if was_there:
                kept += min(before, after)
                still_paid += after
                if not is_there:
                    row["churned_mrr"] += before
                    row["churned_customers"] += 1
                elif after > before:
                    row["expansion_mrr"] += after - before
                    row["expansion_customers"] += 1
                elif after < before:
                    row["contraction_mrr"] += before - after
                    row["contraction_customers"] += 1
            elif is_there:
                kind = "new" if min(day for day, _, _ in of_one) >= start else "reactivated"
                row[f"{kind}_mrr"] += after
                row[f"{kind}_customers"] += 1
        opening = row["opening_mrr"]
        again = still_paid + row["reactivated_mrr"]
        row["gross_retention"] = float(kept / opening) if opening else None
        row["net_retention"] = float(still_paid / opening) if opening else None
        row["net_retention_with_reactivated"] = float(again / opening) if opening else None
        rows.append({"period": start, "period_end": end, **row})
    return rows
