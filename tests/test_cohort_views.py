"""Further views of the cohorts: who is still to come back, and what was refunded."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from histories import Kit, cells

from retention import transactions
from retention.cohort_views import COHORT_REVENUE, UNBOUNDED, cohort_revenue, unbounded
from retention.periods import Calendar
from retention.transactions import CUSTOMER_DAYS, REFUNDS

WEEK_1, WEEK_2 = date(2024, 1, 1), date(2024, 1, 8)

# Unbounded --------------------------------------------------------------------------------------


def test_who_comes_back_later_has_not_left(kit: Kit) -> None:
    history = kit.drawn(
        {
            "ann": "$...... ....... ....... $...... ...",  # skips two weeks
            "bob": "$...... .$..... ....... ....... ...",
            "cat": "$...... ....... ....... ....... ...",
            "dan": ".....$. ....... ....... ....... ..$",  # back in the running week
            "eve": "....... $...... .r..... ....... ...",  # a refund is no purchase
        }
    )
    names = ("cohort", "age", "cohort_size", "customers", "retention")
    assert cells(history.unbounded(), *names) == [
        (WEEK_1, 0, 4, 4, 1.0),
        (WEEK_1, 1, 4, 3, 0.75),  # ann and dan are yet to come; bounded it is bob alone
        (WEEK_1, 2, 4, 2, 0.5),
        (WEEK_1, 3, 4, 2, 0.5),
        (WEEK_2, 0, 1, 1, 1.0),
        (WEEK_2, 1, 1, 0, 0.0),
        (WEEK_2, 2, 1, 0, 0.0),
    ]
    assert cells(history.cohorts(), "customers", cohort=WEEK_1) == [4, 1, 0, 1, 1]
    # Wilson, 2 of 4: (0.5 + 0.480182 -+ 1.959964 sqrt(0.0625 + 0.060023)) / 1.960365
    #               = (0.980182 -+ 0.686050) / 1.960365
    assert cells(history.unbounded(), "low", "high", cohort=WEEK_1, age=2) == [
        (pytest.approx(0.150039, abs=2e-6), pytest.approx(0.849961, abs=2e-6))
    ]


def test_an_age_that_not_all_could_have_reached_is_absent(kit: Kit) -> None:
    histories = {"ann": "$...... ....... ...", "bob": "....... ....... .$."}
    assert cells(kit.drawn(histories).unbounded(), "cohort", "age") == [(WEEK_1, 0), (WEEK_1, 1)]
    # On the last day of the running week its cells are whole.
    whole = kit.drawn({name: text + "...." for name, text in histories.items()})
    assert cells(whole.unbounded(), "cohort", "age") == [
        *((WEEK_1, age) for age in range(3)),
        (date(2024, 1, 15), 0),
    ]


def test_a_leap_day_is_in_february(kit: Kit) -> None:
    days = {"ann": [(date(2023, 12, 31), Decimal(1)), (date(2024, 2, 29), Decimal(1))]}
    history = kit(days, as_of=date(2024, 3, 31), frequency="month")
    assert cells(history.unbounded(), "customers") == [1, 1, 1, 0]


# Gross and net ----------------------------------------------------------------------------------

NO_REFUNDS: dict[str, list[tuple[date, Decimal]]] = {}


def test_gross_is_before_refunds_and_net_after(kit: Kit) -> None:
    # Refunds count in the week of the refund: ann sends back 4 of her 10 a week later, bob half of
    # a later order on the day of it, and cat cancels everything on the day.
    days = {
        "ann": [(date(2024, 1, 1), Decimal(10)), (date(2024, 1, 8), Decimal(-4))],
        "bob": [(date(2024, 1, 7), Decimal(6)), (date(2024, 1, 9), Decimal(5))],
        "cat": [(date(2024, 1, 2), Decimal(2)), (date(2024, 1, 16), Decimal(0))],
    }
    refunds = {
        "ann": [(date(2024, 1, 8), Decimal(-4))],
        "bob": [(date(2024, 1, 9), Decimal(-5))],
        "cat": [(date(2024, 1, 16), Decimal(-100))],
    }
    history = kit(days, as_of=date(2024, 1, 21))
    found = history.cohort_revenue(kit.refunds(refunds))
    names = ("age", "gross_revenue", "refunded", "revenue")
    assert cells(found, *names) == [
        (0, 18.0, 0.0, 18.0),
        (1, 10.0, -9.0, 1.0),
        (2, 100.0, -100.0, 0.0),
    ]
    assert cells(found, "cumulative_gross_revenue", "cumulative_revenue") == [
        (18.0, 18.0),
        (28.0, 19.0),
        (128.0, 19.0),
    ]
    assert cells(found, "cohort_size", "complete") == [(3, True)] * 3
    assert cells(found, "revenue") == cells(history.cohorts(), "revenue")


def test_silent_cells_are_zero_and_the_running_one_is_marked(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...... ....... ..."})
    found = history.cohort_revenue(kit.refunds(NO_REFUNDS))
    assert cells(found, "gross_revenue", "refunded", "revenue", "complete") == [
        (10.0, 0.0, 10.0, True),
        (0.0, 0.0, 0.0, True),
        (0.0, 0.0, 0.0, False),
    ]


def test_refunds_before_the_first_purchase_are_in_no_cohort(kit: Kit) -> None:
    history = kit.drawn({"ann": "r...... r$r....", "bob": "$...... ......."})
    refunds = {"ann": [(WEEK_1 + timedelta(days=n), Decimal(-10)) for n in (0, 7, 9)]}
    found = history.cohort_revenue(kit.refunds(refunds))
    assert cells(found, "gross_revenue", "refunded", cohort=WEEK_2) == [(10.0, -10.0)]


def test_refunds_come_from_the_rows() -> None:
    rows = pd.DataFrame(
        [
            ("ann", "2024-01-01", 10.0),
            ("ann", "2024-01-01", -3.0),
            ("ann", "2024-01-01", -4.0),
            ("ann", "2024-01-02", 5.0),
            ("ann", "2024-01-09", -5.0),  # after as_of
            (None, "2024-01-01", -8.0),  # of nobody
        ],
        columns=["customer_id", "ordered_at", "amount"],
    )
    tally = transactions.tally(transactions.transactions(ibis.memtable(rows), unit="any"))
    found = transactions.refunds(tally, as_of=date(2024, 1, 8)).to_pandas()
    assert cells(found, *REFUNDS.names) == [("ann", WEEK_1, Decimal(-7))]


def test_schemas_hold_on_no_engine_at_all() -> None:
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    days, refunds = ibis.table(CUSTOMER_DAYS, name="days"), ibis.table(REFUNDS, name="refunds")
    assert unbounded(days, calendar=calendar).schema() == UNBOUNDED
    assert cohort_revenue(days, refunds, calendar=calendar).schema() == COHORT_REVENUE
    tally = ibis.table(transactions.TALLY, name="tally")
    assert transactions.refunds(tally, as_of=date(2024, 3, 31)).schema() == REFUNDS
