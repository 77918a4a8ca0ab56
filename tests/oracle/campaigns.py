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
    """Reason -> lapsed; of those away on the 30th day after, by the reason known then, watched for
    a year more, returned, followed; what those spent in a year, and the sum of its squares."""
    began_on = min(day for _, day, _ in answers)
    result: dict[str | None, Row] = {}
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
        landmark = lapsed_on + timedelta(days=30)
        own = [
            (-day.toordinal(), reason)
            for who, day, reason in answers
            if who == customer and day >= lapsed_on - timedelta(days=notice_days)
        ]
        given = [
            (day, reason)
            for day, reason in own
            if returned_on is None or -day < returned_on.toordinal()
        ]
        add(result, min(given)[1] if given else None, lapsed=1)
        if returned_on is not None and returned_on <= landmark:
            continue
        known = [(day, reason) for day, reason in own if -day <= landmark.toordinal()]
        watched = landmark + YEAR <= as_of
        returned = watched and returned_on is not None and returned_on <= landmark + YEAR
        followed, spent = False, Decimal(0)
        if returned and returned_on is not None and returned_on + YEAR <= as_of + ONE_DAY:
            followed = True
            spent = sum(
                (amount for day, amount in entries if returned_on <= day < returned_on + YEAR),
                Decimal(0),
            )
        add(
            result,
            min(known)[1] if known else None,
            watched=watched,
            returned=returned,
            followed=followed,
            spent=spent,
            squares=float(spent) ** 2,
        )
    return {
        reason: (
            own["lapsed"],
            own["watched"],
            own["returned"],
            own["followed"],
            own["spent"],
            own["squares"],
        )
        for reason, own in result.items()
    }


def add(result: dict[str | None, Row], reason: str | None, **counts: object) -> None:
    """The counts of one customer on those of a reason."""
    nothing = dict.fromkeys(("lapsed", "watched", "returned", "followed"), 0)
    row = result.setdefault(reason, {**nothing, "spent": Decimal(0), "squares": 0.0})
    for name, count in counts.items():
        row[name] += count
