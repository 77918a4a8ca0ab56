"""Period activity, by hand: two periods side by side, as product-analytics tools look at them."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pandas as pd
import pytest
from histories import Kit, cells, records

from retention.activity import ACTIVITY, HEADS, MONEY, activity, check
from retention.errors import CheckFailed
from retention.periods import Calendar
from retention.transactions import CUSTOMER_DAYS

# Three whole weeks and a running one; $ is 10, s is 15, r is -10.
WEEKS = {
    "stays": "$...... s...... $...... $",
    "grows": "$...... $.$.... s.s.... .",
    "skips": "$...... ....... ...s... .",
    "leaves": "....... ..s.... r...... .",
    "joins": "....... ....... $...... .",
    "refund": "r...... r...... ....... .",
    "later": "....... ....... ....... $",
}


def test_three_weeks(kit: Kit) -> None:
    found = kit.drawn(WEEKS).activity()
    assert cells(found, "active", "new", "retained", "resurrected", "churned") == [
        (3, 3, 0, 0, 0),  # stays, grows, skips
        (3, 1, 2, 0, 1),  # leaves is new, skips churned
        (4, 1, 2, 1, 1),  # joins is new, skips is back, leaves has churned
    ]
    assert cells(found, "quick_ratio") == [None, 1.0, 2.0]
    assert cells(found, *MONEY[1:]) == [
        (30, 30, 0, 0, 0, 0, -10),
        (50, 15, 0, 5 + 10, 0, 10, -10),
        (65, 10, 15, 10, 5, 15, -10),
    ]
    assert cells(found, "retained_revenue") == [0, 35, 40]


def test_what_follows_in_the_running_period_changes_nothing(kit: Kit) -> None:
    whole = {name: text[:-2] for name, text in WEEKS.items()}
    assert records(kit.drawn(whole).activity()) == records(kit.drawn(WEEKS).activity())


def test_a_silent_period_has_a_row_and_everybody_churns(kit: Kit) -> None:
    found = kit.drawn({"ann": "$...... ....... $......"}).activity()
    assert cells(found, "active", "churned", "resurrected", "quick_ratio") == [
        (1, 0, 0, None),
        (0, 1, 0, 0.0),
        (1, 0, 1, None),
    ]


def test_a_purchase_that_meets_active_is_resurrected_where_a_period_was_skipped(kit: Kit) -> None:
    # 12 days apart, a whole week between them: nobody lapsed in the sense of the kit.
    history = kit.drawn({"ann": "......$ ....... ....$.."}, inactive_after=20, lost_after=40)
    assert cells(history.activity(), "churned", "resurrected") == [(0, 0), (1, 0), (0, 1)]
    assert history.ledger()["lapsed"].sum() == 0


def test_money_of_a_buyer_may_be_negative(kit: Kit) -> None:
    # A purchase of 10, a refund of 10 and one of 10: -10 in the second week.
    found = kit.drawn({"ann": "$...... $.r.r.. $......"}).activity()
    assert cells(found, "active_revenue", "expansion", "contraction") == [
        (10, 0, 0),
        (-10, 0, 20),
        (10, 20, 0),
    ]


def test_the_identities_hold(kit: Kit) -> None:
    history = kit.drawn(WEEKS)
    check(history.activity(), history.ledger())


@pytest.mark.parametrize(
    ("column", "identity"),
    [
        ("new", "active = new + retained + resurrected"),
        ("churned", "active of the period before = retained + churned"),
        ("retained_revenue", "revenue of the active = new + retained + resurrected"),
        ("expansion", "revenue of the active before + new"),
        ("contraction", "revenue of the active before + new"),
        ("churned_revenue", "revenue of the active before + new"),
        ("other_revenue", "revenue of the active + other = revenue of the period"),
    ],
)
def test_a_broken_identity_is_named(kit: Kit, column: str, identity: str) -> None:
    history = kit.drawn(WEEKS)
    broken = history.activity()
    broken.loc[1, column] += 1
    with pytest.raises(CheckFailed, match="from 2024-01-08: ") as caught:
        check(broken, history.ledger())
    assert identity in str(caught.value)


def test_schema_holds_on_no_engine_at_all() -> None:
    days = ibis.table(CUSTOMER_DAYS, name="days")
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    assert activity(days, calendar=calendar).schema() == ACTIVITY
    assert set(HEADS) | set(MONEY) | {"period_end", "retained_revenue"} == set(ACTIVITY)


def test_growth_accounting_of_a_published_shape(kit: Kit) -> None:
    """Everybody comes every second week: a product tool sees all of them churn and return."""
    histories: dict[str, Any] = {f"c{n}": "$...... ....... " * 3 for n in range(5)}
    found: pd.DataFrame = kit.drawn(histories, inactive_after=15, lost_after=30).activity()
    assert cells(found, "churned") == [0, 5, 0, 5, 0, 5]
    assert cells(found, "resurrected") == [0, 0, 5, 0, 5, 0]
