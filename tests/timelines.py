"""Purchase histories drawn as text, one character a day, and their states drawn back.

Purchases: `$` purchase day, `s` several orders on the day, `r` refund only, `0` an order and its
cancellation, which net to zero, `.` nothing.
Services: `=` a day of service, `|` a day of service on which a contract begins where another has
ended, `#` a day with two contracts at once, `.` none. What reaches to the end is in force.
States at the close of the day: `A` active, `D` dormant, `L` lost, `P` prospect, `-` not yet a
customer.

    purchases   $..$......
    states      AADAADDLLL     (inactive_after 2, lost_after 4)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

START = date(2024, 1, 1)  # a Monday, in a leap year
AMOUNTS: dict[str, tuple[float, ...]] = {
    ".": (),
    "$": (10.0,),
    "s": (10.0, 5.0),
    "r": (-10.0,),
    "0": (10.0, -10.0),
}
LETTERS = {"active": "A", "dormant": "D", "lost": "L", "prospect": "P"}

Transaction = tuple[str, date, float]
Spell = tuple[str, str, date, date | None]


def purchases(text: str, start: date = START, customer: str = "c1") -> list[Transaction]:
    """One transaction a row (customer, day, amount), of a history drawn from `start` on.

    >>> purchases("$.0")
    [('c1', datetime.date(2024, 1, 1), 10.0), ('c1', datetime.date(2024, 1, 3), 10.0), \
('c1', datetime.date(2024, 1, 3), -10.0)]
    """
    unknown = sorted(set(text) - set(AMOUNTS))
    if unknown:
        raise ValueError(f"unknown signs {unknown} in {text!r}; known are {sorted(AMOUNTS)}")
    return [
        (customer, start + timedelta(days=i), amount)
        for i, sign in enumerate(text)
        for amount in AMOUNTS[sign]
    ]


def contracts(text: str, start: date = START) -> list[tuple[date, date | None, Decimal]]:
    """The contracts of a customer drawn from `start` on: first day, end, and 10 a month each.

    >>> [(str(first), end and str(end)) for first, end, _ in contracts("=|.=")]
    [('2024-01-01', '2024-01-02'), ('2024-01-02', '2024-01-03'), ('2024-01-04', None)]
    """
    unknown = sorted(set(text) - set("=|#."))
    if unknown:
        raise ValueError(f"unknown signs {unknown} in {text!r}; known are = | # .")
    spans = [found.span() for found in re.finditer(r"[=|#][=#]*", text)]
    spans += [found.span() for found in re.finditer(r"#+", text)]
    return [
        (
            start + timedelta(days=first),
            None if end == len(text) else start + timedelta(days=end),
            Decimal(10),
        )
        for first, end in spans
    ]


def states(spells: Iterable[Spell], start: date, length: int) -> str:
    """One letter a day, from `start` on, of the spells of one customer.

    A spell that reaches out of the window is cut to it. Two spells that claim a day, spells of two
    customers, and spells that do not last a day are errors; a day that no spell claims is drawn
    as `-`.

    >>> states([("c1", "active", date(2024, 1, 2), None)], date(2024, 1, 1), 4)
    '-AAA'
    """
    spells = list(spells)
    if len({customer for customer, *_ in spells}) > 1:
        raise ValueError("spells of more than one customer")
    drawn = ["-"] * length
    for _, state, started_on, ended_on in spells:
        if ended_on is not None and ended_on <= started_on:
            raise ValueError(f"a spell from {started_on} to {ended_on} does not last a day")
        for i in range(length):
            day = start + timedelta(days=i)
            if started_on <= day and (ended_on is None or day < ended_on):
                if drawn[i] != "-":
                    raise ValueError(f"two spells claim {day}")
                drawn[i] = LETTERS[state]
    return "".join(drawn)


def as_of(text: str, start: date = START) -> date:
    """The last day drawn: the natural `as_of` of the history."""
    return start + timedelta(days=len(text) - 1)


# (title, inactive_after, lost_after, purchases, states at the close of each day), by hand.
EXAMPLES: list[tuple[str, int, int, str, str]] = [
    (
        "One purchase: dormant on the 2nd day without another, lost on the 4th",
        *(2, 4),
        "$......",
        "AADDLLL",
    ),
    (
        "A purchase on the very day that would have made the customer dormant prevents it",
        *(2, 4),
        "$.$....",
        "AAAADDL",
    ),
    (
        "A day later it is a reactivation",
        *(2, 4),
        "$..$...",
        "AADAADD",
    ),
    (
        "A purchase on the very day that would have made the customer lost: a reactivation",
        *(2, 4),
        "$...$..",
        "AADDAAD",
    ),
    (
        "A day later the customer is won back",
        *(2, 4),
        "$....$.",
        "AADDLAA",
    ),
    (
        "Both thresholds equal: from active straight to lost, never dormant",
        *(2, 2),
        "$...$..",
        "AALLAAL",
    ),
    (
        "A threshold of one day: active on purchase days only",
        *(1, 3),
        "$$.$...$",
        "AADADDLA",
    ),
    (
        "Several returns: lapse, reactivation, lapse, lost, won back, lapse",
        *(2, 4),
        "$..$....$...",
        "AADAADDLAADD",
    ),
    (
        "A refund is no activity",
        *(2, 4),
        "$r.rr$.",
        "AADDLAA",
    ),
    (
        "A day that nets to zero is no activity",
        *(2, 4),
        "$0.0.$.",
        "AADDLAA",
    ),
    (
        "Several orders on a day are one purchase day",
        *(2, 4),
        "s..s..",
        "AADAAD",
    ),
    (
        "Nobody is a customer before the first purchase, whatever was refunded or cancelled",
        *(2, 4),
        "r.0$...",
        "---AADD",
    ),
    (
        "29 February is a day like any other: bought on 28 February 2024, dormant on 1 March",
        *(2, 4),
        "." * 58 + "$.....",
        "-" * 58 + "AADDLL",
    ),
]


# (title, lost_after, service, states at the close of each day), by hand.
SERVICES: list[tuple[str, int, str, str]] = [
    (
        "A service in force is active, however long",
        2,
        "=======",
        "AAAAAAA",
    ),
    (
        "The first day without service is dormant, lost two days after it",
        2,
        "==.....",
        "AADDLLL",
    ),
    (
        "A start on the very day that would have made the customer lost: a reactivation",
        2,
        "==..==.",
        "AADDAAD",
    ),
    (
        "A day later the customer is won back",
        2,
        "==...==",
        "AADDLAA",
    ),
    (
        "Without a time to lost: from active straight to lost, and every return a win-back",
        0,
        "==.==..",
        "AALAALL",
    ),
    (
        "A contract that begins on the day on which another ends: one service",
        2,
        "==|==..",
        "AAAAADD",
    ),
    (
        "Two contracts at once are one service, and the longer one ends it",
        2,
        ".=##=..",
        "-AAAADD",
    ),
    (
        "One day of service",
        1,
        "=.=....",
        "ADADLLL",
    ),
    (
        "29 February is a day of service like any other",
        2,
        "." * 58 + "==....",
        "-" * 58 + "AADDLL",
    ),
]

# (title, day of becoming known as `k`, purchases, states at the close of each day), by hand, with
# inactive_after 2 and lost_after 4.
PROSPECTS: list[tuple[str, str, str, str]] = [
    (
        "Known, and a prospect until the day before the first purchase",
        ".k........",
        "....$.....",
        "-PPPAADDLL",
    ),
    (
        "Known, and never a purchase: a prospect to the end",
        "..k....",
        ".......",
        "--PPPPP",
    ),
    (
        "Bought on the day of becoming known: never a prospect",
        "..k....",
        "..$....",
        "--AADDL",
    ),
    (
        "Bought before becoming known: a former customer is no prospect",
        ".....k.",
        "$......",
        "AADDLLL",
    ),
    (
        "Known several times: the first counts",
        ".k.k...",
        "....$..",
        "-PPPAAD",
    ),
    (
        "A refund is no purchase, and a day that nets to nothing is none",
        ".k.....",
        "..r0.$.",
        "-PPPPAA",
    ),
]


def known(text: str, start: date = START) -> list[date]:
    """The days on which somebody became known, drawn as `k`."""
    return [start + timedelta(days=i) for i, sign in enumerate(text) if sign == "k"]
