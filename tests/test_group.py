"""A group of shops and contracts: totals that add up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from histories import Kit, days_drawn

from retention.errors import CheckFailed
from retention.group import COUNTS, check, group_ledger
from retention.ledger import LEDGER

#                 week 1   week 2   week 3   week 4
SHOP = {
    "ann": "$..$... ....... $...... .......",
    "bob": ".s..... ...$... ....... .......",
    "cid": "....... ....... ....... ..$....",
}
FIRST, SECOND = date(2024, 1, 1), date(2024, 1, 10)


@pytest.fixture(scope="module")
def ledgers(kit: Kit) -> dict[str, pd.DataFrame]:
    days, as_of = days_drawn(SHOP)
    shop = kit(days, as_of=as_of, inactive_after=3, lost_after=9, frequency="week")
    contracts = {
        "dot": [(SECOND, date(2024, 1, 16), Decimal(31)), (date(2024, 1, 25), None, Decimal(62))],
        "eve": [(date(2024, 1, 18), None, Decimal(31))],
    }
    service = kit.contracts(contracts, as_of=as_of, lost_after=2, frequency="week")
    return {"shop": shop.ledger(), "service": service.ledger()}


def test_shops_and_contracts_add_up_to_the_group(ledgers: dict[str, pd.DataFrame]) -> None:
    group = group_ledger(ledgers, currencies={"EUR"})
    assert list(group.columns) == list(LEDGER.names)
    assert group["period"].tolist() == ledgers["shop"]["period"].tolist()
    # The service begins in the second week: before that its customers are none.
    assert len(ledgers["service"]) == 3
    for name in COUNTS:
        later = ledgers["shop"][name].to_numpy()[1:] + ledgers["service"][name].to_numpy()
        assert group[name].tolist() == [ledgers["shop"][name].iloc[0], *later]
    assert group["new"].tolist() == [2, 1, 1, 1]
    assert group["closing_active"].tolist() == [2 - 2 + 0, 1, 1, 2]
    money = sum(frame["revenue"].sum() for frame in ledgers.values())
    assert group["revenue"].sum() == pytest.approx(money)


def test_money_of_two_currencies_is_absent(ledgers: dict[str, pd.DataFrame]) -> None:
    group = group_ledger(ledgers, currencies={"EUR", "USD"})
    assert group["revenue"].isna().all()
    assert group["new"].sum() == 5


def test_a_period_that_one_unit_has_not_completed_has_no_total(
    ledgers: dict[str, pd.DataFrame],
) -> None:
    shorter = {**ledgers, "service": ledgers["service"].iloc[:-1]}
    group = group_ledger(shorter, currencies={"EUR"})
    assert group["period"].tolist() == ledgers["shop"]["period"].tolist()[:3]


def test_units_of_different_periods_make_no_group(ledgers: dict[str, pd.DataFrame]) -> None:
    longer = ledgers["service"].assign(
        period_end=ledgers["service"]["period_end"] + pd.Timedelta(days=1)
    )
    with pytest.raises(CheckFailed, match="from 2024-01-08 on have different ends in the units"):
        group_ledger({**ledgers, "service": longer}, currencies={"EUR"})


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("lapsed", "active: opening"),
        ("became_lost", "lost: opening"),
        ("closing_dormant", "customers acquired so far"),
        ("intra_period_returns", "intra_period_returns of the group = of its units"),
    ],
)
def test_a_broken_total_is_told(ledgers: dict[str, pd.DataFrame], name: str, identity: str) -> None:
    group = group_ledger(ledgers, currencies={"EUR"})
    group.loc[2, name] += 1
    with pytest.raises(CheckFailed, match=rf"from 2024-01-15: .*{identity}"):
        check(group, ledgers)
