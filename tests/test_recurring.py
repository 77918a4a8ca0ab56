"""Monthly recurring revenue: movements that add up, gross and net retention of money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
import pytest
from histories import Contracts, Kit, records

from retention.errors import CheckFailed
from retention.periods import Calendar
from retention.recurring import CUSTOMERS, RECURRING, check, recurring
from retention.subscriptions import CONTRACTS
from retention.suppression import moved_by_many

JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))
MID = date(2024, 2, 15)


def february(kit: Kit, contracts: Contracts, *, as_of: date = date(2024, 3, 31)) -> dict[str, Any]:
    """The row of February; somebody else has a contract of 1 from January on in every case."""
    frame = kit.contracts(contracts, as_of=as_of).recurring()
    check(frame)
    (row,) = [row for row in records(frame) if row["period"] == FEBRUARY]
    left_out = ("period", "period_end", *CUSTOMERS.values())
    return {name: value for name, value in row.items() if name not in left_out}


def test_every_movement(kit: Kit) -> None:
    row = february(
        kit,
        {
            "stays": [(JANUARY, None, Decimal(100))],
            "upgrades": [(JANUARY, MID, Decimal(50)), (MID, None, Decimal(80))],
            "adds another": [(JANUARY, None, Decimal(10)), (MID, None, Decimal(5))],
            "downgrades": [(JANUARY, MID, Decimal(40)), (MID, None, Decimal(25))],
            "drops one of two": [(JANUARY, None, Decimal(7)), (JANUARY, MID, Decimal(3))],
            "leaves": [(JANUARY, MID, Decimal(20))],
            "leaves and is back": [
                (JANUARY, date(2024, 2, 5), Decimal(9)),
                (date(2024, 2, 20), None, Decimal(12)),
            ],
            "comes": [(MID, None, Decimal(60))],
            "comes and goes": [(date(2024, 2, 2), MID, Decimal(500))],
            "returns": [(JANUARY, date(2024, 1, 20), Decimal(30)), (MID, None, Decimal(33))],
            "returns and goes": [
                (JANUARY, date(2024, 1, 20), Decimal(30)),
                (date(2024, 2, 2), MID, Decimal(70)),
            ],
        },
    )
    opening = 100 + 50 + 10 + 40 + 10 + 20 + 9
    assert row == {
        "opening_mrr": opening,
        "new_mrr": 60,
        "reactivated_mrr": 33,
        "expansion_mrr": 30 + 5 + 3,
        "contraction_mrr": 15 + 3,
        "churned_mrr": 20,
        "closing_mrr": 100 + 80 + 15 + 25 + 7 + 12 + 60 + 33,
        "gross_retention": pytest.approx((100 + 50 + 10 + 25 + 7 + 9) / opening),
        "net_retention": pytest.approx((100 + 80 + 15 + 25 + 7 + 12) / opening),
        "net_retention_with_reactivated": pytest.approx(
            (100 + 80 + 15 + 25 + 7 + 12 + 33) / opening
        ),
    }


def test_gross_retention_counts_what_is_left_of_everybody_not_of_the_unchanged_alone(
    kit: Kit,
) -> None:
    # Counting only customers whose value is equal at both ends gives 100 of 100, or of 210 by
    # forgetting the money that the changed still pay; what is left of everybody is 180 of 210.
    row = february(
        kit,
        {
            "equal": [(JANUARY, None, Decimal(100))],
            "less": [(JANUARY, MID, Decimal(40)), (MID, None, Decimal(30))],
            "more": [(JANUARY, MID, Decimal(50)), (MID, None, Decimal(80))],
            "gone": [(JANUARY, MID, Decimal(20))],
        },
    )
    assert row["gross_retention"] == pytest.approx(180 / 210)
    assert row["net_retention"] == 1.0


def test_gross_retention_is_never_above_1_and_new_money_is_in_neither(kit: Kit) -> None:
    row = february(
        kit,
        {
            "more": [(JANUARY, MID, Decimal(10)), (MID, None, Decimal(1000))],
            "new": [(MID, None, Decimal(5000))],
            "returned": [(JANUARY, date(2024, 1, 2), Decimal(1)), (MID, None, Decimal(2))],
        },
    )
    assert row["gross_retention"] == 1.0
    assert row["net_retention"] == 100.0
    assert row["net_retention_with_reactivated"] == pytest.approx(100.2)


def test_shares_are_absent_where_nothing_was_paid_at_the_opening(kit: Kit) -> None:
    frame = kit.contracts({"ann": [(MID, None, Decimal(5))]}, as_of=date(2024, 2, 29)).recurring()
    (row,) = records(frame)
    assert (row["opening_mrr"], row["new_mrr"], row["closing_mrr"]) == (0, 5, 5)
    assert row["gross_retention"] is row["net_retention"] is None
    assert row["net_retention_with_reactivated"] is None


def test_from_free_of_charge_to_paid_is_expansion(kit: Kit) -> None:
    row = february(
        kit,
        {
            "paid": [(JANUARY, None, Decimal(1))],
            "free": [(JANUARY, MID, Decimal(0)), (MID, None, Decimal(25))],
            "to free": [(JANUARY, MID, Decimal(4)), (MID, None, Decimal(0))],
        },
    )
    assert (row["expansion_mrr"], row["contraction_mrr"], row["new_mrr"]) == (25, 4, 0)
    assert (row["churned_mrr"], row["gross_retention"]) == (0, pytest.approx(1 / 5))


def test_an_end_on_the_last_day_is_seen_and_one_on_the_day_after_is_not(kit: Kit) -> None:
    last_day = date(2024, 2, 29)
    contracts = {
        "on it": [(JANUARY, last_day, Decimal(10))],
        "after": [(JANUARY, MARCH, Decimal(20))],
    }
    assert february(kit, contracts)["churned_mrr"] == 10
    # The same end, announced and not reached: open, as if nobody knew of it.
    assert february(kit, contracts, as_of=last_day)["closing_mrr"] == 20


def test_a_silent_period_has_a_row_in_which_nothing_moves(kit: Kit) -> None:
    frame = kit.contracts({"ann": [(JANUARY, None, Decimal(5))]}, as_of=date(2024, 4, 30))
    rows = records(frame.recurring())
    assert [row["period"] for row in rows] == [JANUARY, FEBRUARY, MARCH, APRIL]
    assert [row["closing_mrr"] for row in rows] == [5.0] * 4
    assert [row["gross_retention"] for row in rows] == [None, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("column", "identity"),
    [("churned_mrr", "expansion - contraction - churned"), ("opening_mrr", "period before")],
)
def test_a_broken_identity_is_told_with_both_sides(kit: Kit, column: str, identity: str) -> None:
    frame = kit.contracts({"ann": [(JANUARY, None, Decimal(5))]}, as_of=APRIL).recurring()
    check(frame)
    broken = frame.copy()
    broken.loc[1, column] += 3
    if column == "opening_mrr":
        broken.loc[1, "churned_mrr"] += 3
    with pytest.raises(CheckFailed, match=rf"2024-02-01: MRR: .*{identity}.*; left .*, right 5.00"):
        check(broken)
    broken.loc[1, column] = float("nan")
    with pytest.raises(CheckFailed, match="nan"):
        check(broken)


def test_schema_holds_on_no_engine_at_all() -> None:
    contracts = ibis.table(CONTRACTS, name="contracts")
    calendar = Calendar("month", JANUARY, APRIL)
    assert recurring(contracts, calendar=calendar).schema() == RECURRING


def of(**counts: int) -> dict[str, Any]:
    """The one row of MRR in which so many customers moved it by 100 in each way, suppressed."""
    row = {name: 100.0 for name in RECURRING.names if not name.startswith("period")}
    row |= {CUSTOMERS[f"{name}_mrr"]: count for name, count in counts.items()}
    zero = {name: 0 for name in CUSTOMERS.values() if row[name] == 100.0}
    (found,) = records(moved_by_many(pd.DataFrame([row | zero]), least=5))
    return found


def test_what_few_customers_moved_is_absent() -> None:
    row = of(new=50, reactivated=3, expansion=9, contraction=6, churned=7)
    # The three alone would follow from the total: the next larger group is hidden with them.
    assert row["reactivated_mrr"] is row["expansion_mrr"] is None
    assert row["net_retention"] is row["net_retention_with_reactivated"] is None
    assert (row["new_mrr"], row["churned_mrr"], row["gross_retention"]) == (100, 100, 100)


def test_where_all_losses_are_of_few_no_movement_tells_them() -> None:
    row = of(new=50, expansion=9, contraction=1, churned=3)
    names = ("new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "gross_retention")
    assert [row[name] for name in names] == [None] * 5
    assert (row["opening_mrr"], row["closing_mrr"]) == (100, 100)


def test_what_many_moved_stays() -> None:
    row = of(new=50, expansion=9, contraction=6, churned=5)
    assert None not in row.values()
