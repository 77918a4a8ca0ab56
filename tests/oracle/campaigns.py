"""What the arms of a campaign did, and why customers left, one customer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from oracle.inputs import ONE_DAY, Days, Row, purchase_days
from oracle.states import closes, state

Contact = tuple[str, str, date, str]
Answer = tuple[str, date, str]
YEAR = timedelta(days=365)


def contacts(rows: Sequence[Contact], as_of: date) -> list[Contact]:
    """The contacts that count, from (customer, campaign, day, arm), by customer and campaign."""
    result = []
    for customer, campaign in sorted({row[:2] for row in rows if row[2] <= as_of}):
        own = [row for row in rows if row[:2] == (customer, campaign) and row[2] <= as_of]
        if len({arm for *_, arm in own}) == 1:
            result.append((customer, campaign, min(day for _, _, day, _ in own), own[0][3]))
    return result


def responses(
    rows: Sequence[Contact],
    days: Days,
    thresholds: tuple[int, int],
    response_days: int,
    as_of: date,
) -> list[Row]:
    """What each contact met and did, by customer and campaign."""
    result = []
    for customer, campaign, contacted_on, arm in contacts(rows, as_of):
        entries = days.get(customer, [])
        bought = purchase_days(entries, as_of)
        window = [contacted_on + timedelta(days=number) for number in range(response_days)]
        year = [contacted_on - timedelta(days=number) for number in range(1, 366)]
        earlier = [day for day in bought if day < contacted_on]
        seen = [(day, amount) for day, amount in entries if day <= as_of]
        result.append(
            {
                "customer_id": customer,
                "campaign": campaign,
                "arm": arm,
                "contacted_on": contacted_on,
                "state": state(bought, contacted_on - ONE_DAY, *thresholds) or "prospect",
                "watched": window[-1] <= as_of,
                "responded": any(day in window for day in bought),
                "spend": sum((amount for day, amount in seen if day in window), Decimal(0)),
                "prior_days": sum(day in year for day in bought),
                "prior_revenue": sum((amount for day, amount in seen if day in year), Decimal(0)),
                "days_silent": (contacted_on - max(earlier)).days if earlier else None,
            }
        )
    return result


def reasons(
    answers: Sequence[Answer],
    days: Days,
    thresholds: tuple[int, int],
    notice_days: int,
    as_of: date,
) -> dict[str | None, tuple[int, int, int, int, Decimal, float]]:
    """Reason -> lapsed, watched, returned, followed, and what those spent in the year after: its
    sum, and the sum of the squares."""
    began_on = min(day for _, day, _ in answers)
    result: dict[str | None, tuple[int, int, int, int, Decimal, float]] = {}
    for customer, entries in days.items():
        states = closes(entries, *thresholds, as_of)
        lapses = [
            day
            for day in states
            if states[day] != "active" and states.get(day - ONE_DAY) == "active" and day >= began_on
        ]
        if not lapses:
            continue
        lapsed_on = lapses[0]
        back = [day for day in states if day > lapsed_on and states[day] == "active"]
        returned_on = back[0] if back else None
        own = [
            (-day.toordinal(), reason)
            for who, day, reason in answers
            if who == customer
            and day >= lapsed_on - timedelta(days=notice_days)
            and (returned_on is None or day < returned_on)
        ]
        watched = lapsed_on + YEAR <= as_of + ONE_DAY
        returned = watched and returned_on is not None and returned_on < lapsed_on + YEAR
        followed, spent = False, Decimal(0)
        if returned and returned_on is not None and returned_on + YEAR <= as_of + ONE_DAY:
            followed = True
            spent = sum(
                (amount for day, amount in entries if returned_on <= day < returned_on + YEAR),
                Decimal(0),
            )
        reason = min(own)[1] if own else None
        lapsed, seen, came, valued, money, squares = result.get(
            reason, (0, 0, 0, 0, Decimal(0), 0.0)
        )
        result[reason] = (
            lapsed + 1,
            seen + watched,
            came + returned,
            valued + followed,
            money + spent,
            squares + float(spent) ** 2,
        )
    return result
