"""How long first-time buyers take to come a second time."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest
from histories import Kit, cells

from retention.second_purchase import (
    PARTS,
    SECOND_PURCHASE,
    TIMES,
    WAITS,
    second_purchase,
    times,
    waits,
)
from retention.transactions import CUSTOMER_DAYS, purchase_days


def test_the_first_two_purchase_days_of_each_customer_count(kit: Kit) -> None:
    history = kit.drawn(
        {
            "ann": "$.$...$...",  # after 2 days, whatever came later
            "bob": "..$.....$.",  # after 6
            "cat": ".$........",  # watched for 8 days
            "dan": ".........$",  # on the last day of all
            "eve": "r..0......",  # never a customer
            "fay": "s..r.0.$..",  # orders of one day are one purchase, refunds and nothings none
        }
    )
    assert cells(history.waits(), "days", "events", "censored") == [
        (0, 0, 1),
        (2, 1, 0),
        (6, 1, 0),
        (7, 1, 0),
        (8, 0, 1),
    ]
    # Day 2: 1 of 4. Day 6: 1 of 3. Day 7: 1 of 2. 3/4 x 2/3 x 1/2 = 1/4 have not come again.
    names = ("days", "at_risk", "second_purchases", "censored", "second_purchase_share")
    assert cells(history.second_purchase(), *names) == [
        (0, 5, 0, 1, 0.0),
        (1, 4, 0, 0, 0.0),
        (2, 4, 1, 0, 0.25),
        *((day, 3, 0, 0, 0.25) for day in (3, 4, 5)),
        (6, 3, 1, 0, pytest.approx(0.5)),
        (7, 2, 1, 0, pytest.approx(0.75)),
        (8, 1, 0, 1, pytest.approx(0.75)),
    ]


def test_interval_is_log_log_and_absent_before_the_first_second_purchase(kit: Kit) -> None:
    # Day 2: S = 3/4, Greenwood 1/(4 x 3); c = 1.959964 x sqrt(1/12) / |log 3/4| = 1.966731;
    # 1 - (3/4)^exp(-+c): 0.039451 and 0.872053.
    history = kit.drawn({"a": "$.$....", **dict.fromkeys("bcd", "$......")})
    assert cells(history.second_purchase(), "low", "high")[:3] == [
        (None, None),
        (None, None),
        (pytest.approx(0.039451, abs=2e-6), pytest.approx(0.872053, abs=2e-6)),
    ]


def test_who_came_again_on_the_last_day_and_who_waits_since(kit: Kit) -> None:
    # A leap day between: 28 February to 1 March 2024 are two days.
    history = kit.drawn({"ann": "$.$", "bob": "$.."}, start=date(2024, 2, 28))
    assert cells(history.waits(), "days", "events", "censored") == [(2, 1, 1)]
    assert cells(history.second_purchase(), "second_purchase_share") == [0.0, 0.0, 0.5]


def test_nobody_comes_again_or_everybody_does() -> None:
    nobody = second_purchase(pd.DataFrame({"days": [3], "events": [0], "censored": [4]}))
    assert cells(nobody, "at_risk", "second_purchase_share", "low") == [(4, 0.0, None)] * 4
    everybody = second_purchase(pd.DataFrame({"days": [1], "events": [4], "censored": [0]}))
    assert cells(everybody, "second_purchase_share", "high") == [(0.0, None), (1.0, None)]


def test_without_customers_there_is_no_row() -> None:
    nobody = second_purchase(pd.DataFrame(columns=list(WAITS.names)))
    assert (list(nobody.columns), len(nobody)) == (list(SECOND_PURCHASE), 0)


def test_schema_holds_on_no_engine_at_all() -> None:
    days = purchase_days(ibis.table(CUSTOMER_DAYS, name="days"))
    assert waits(days, as_of=date(2024, 3, 31)).schema() == WAITS


def test_the_time_until_so_many_came_again() -> None:
    # 40 customers: by day 3 one in 10 has come again, by day 9 one in 4, half of them never.
    counts = pd.DataFrame(
        {"days": [3, 9, 20, 400], "events": [4, 6, 2, 0], "censored": [0, 0, 0, 28]}
    )
    found = times(counts)
    assert list(found.columns) == list(TIMES)
    assert tuple(found["part"]) == PARTS == (0.10, 0.25, 0.50)
    assert cells(found, "waited_days") == [3, 9, None]
    assert set(cells(found, "customers", "second_purchases")) == {(40, 12)}
    # The bound of the share passes a part before, and after, the share does.
    assert (found["days_low"][:2] <= found["waited_days"][:2]).all()
    assert cells(found, "days_high") == [9, None, None]
    empty = times(counts[:0])
    assert (empty.empty, list(empty.columns)) == (True, list(TIMES))
