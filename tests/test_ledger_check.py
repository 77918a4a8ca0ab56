"""The identities that a run asserts of its ledger, and figures that break them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from histories import Kit
from weeks import WEEK_2, WEEKS

from retention.errors import CheckFailed
from retention.ledger import check


@pytest.fixture(scope="module")
def whole(kit: Kit) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A ledger and its money, whose identities hold."""
    history = kit.drawn(WEEKS)
    return history.ledger(), history.revenue()


def test_identities_hold(whole: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    check(*whole, has_dormant=True)


ACTIVE = "active: opening + new + reactivated + won_back - lapsed = closing"
DORMANT = "dormant: opening + lapsed - reactivated - (dormant to lost) = closing"
LOST = "lost: opening + lost - won_back = closing"
ACQUIRED = "active + dormant + lost = customers acquired so far"
REVENUES = "revenue of all ways of buying = revenue of the period"


@pytest.mark.parametrize(
    ("broken", "identity", "left", "right"),
    [
        ({"closing_active": 1}, ACTIVE, "-1.00", "0.00"),
        ({"opening_active": 1}, ACTIVE, "-1.00", "-2.00"),
        ({"new": 1}, ACTIVE, "0.00", "-1.00"),
        ({"reactivated": 1}, ACTIVE, "0.00", "-1.00"),
        ({"won_back": 1}, ACTIVE, "0.00", "-1.00"),
        ({"lapsed": 1}, ACTIVE, "-2.00", "-1.00"),
        ({"closing_dormant": 1}, DORMANT, "0.00", "1.00"),
        ({"opening_dormant": 1}, DORMANT, "0.00", "-1.00"),
        ({"became_lost": 1}, DORMANT, "-1.00", "0.00"),
        ({"lapsed": 1, "new": 1}, DORMANT, "1.00", "0.00"),
        ({"reactivated": 1, "lapsed": 1, "became_lost": 1}, DORMANT, "-1.00", "0.00"),
        ({"closing_lost": 1}, LOST, "1.00", "2.00"),
        ({"opening_lost": 1}, LOST, "1.00", "0.00"),
        ({"new": 1, "lapsed": 1, "became_lost": 1}, LOST, "2.00", "1.00"),
        ({"opening_active": 1, "closing_active": 1}, ACQUIRED, "5.00", "4.00"),
        ({"opening_dormant": 1, "closing_dormant": 1}, ACQUIRED, "5.00", "4.00"),
        ({"opening_lost": 1, "closing_lost": 1}, ACQUIRED, "5.00", "4.00"),
        ({"revenue": 0.01}, REVENUES, "40.00", "40.01"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_broken_identity_stops_the_run(
    whole: tuple[pd.DataFrame, pd.DataFrame],
    broken: dict[str, float],
    identity: str,
    left: str,
    right: str,
) -> None:
    frame = whole[0].copy()
    for name, change in broken.items():
        frame[name] = frame[name] + [0, change]
    message = re.escape(
        f"identity broken in the period from 2024-01-08: {identity}; left {left}, right {right}; "
    )
    with pytest.raises(CheckFailed, match=message):
        check(frame, whole[1], has_dormant=True)


@pytest.mark.parametrize(("one", "other"), [("active", "dormant"), ("dormant", "lost")])
def test_an_opening_that_is_not_the_closing_before_stops_the_run(
    whole: tuple[pd.DataFrame, pd.DataFrame], one: str, other: str
) -> None:
    # One customer is in another state than at the close of week 1, and stays there: every sum over
    # the states is right.
    frame = whole[0].copy()
    for stock in ("opening", "closing"):
        frame[f"{stock}_{one}"] += [0, 1]
        frame[f"{stock}_{other}"] -= [0, 1]
    message = rf"from 2024-01-08: {one}: opening = closing of the period before; left \d\.00, right"
    with pytest.raises(CheckFailed, match=message):
        check(frame, whole[1], has_dormant=True)


def test_the_first_broken_period_is_named(whole: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    frame = whole[0].assign(closing_lost=lambda table: table["closing_lost"] + 1)
    with pytest.raises(CheckFailed, match="in the period from 2024-01-01: lost"):
        check(frame, whole[1], has_dormant=True)


def test_money_missing_from_the_ways_of_buying_stops_the_run(
    whole: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    frame, money = whole
    with pytest.raises(CheckFailed, match=r"2024-01-08: revenue of all.*left 0\.00, right 40\.00"):
        check(frame, money[money["period"] < pd.Timestamp(WEEK_2)], has_dormant=True)


@pytest.mark.parametrize("name", ["revenue", "closing_lost"])
def test_a_figure_that_is_absent_stops_the_run(
    whole: tuple[pd.DataFrame, pd.DataFrame], name: str
) -> None:
    frame = whole[0].astype({name: float})
    frame.loc[1, name] = np.nan
    with pytest.raises(CheckFailed, match="2024-01-08"):
        check(frame, whole[1], has_dormant=True)


def test_rounding_of_money_is_no_broken_identity(
    whole: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    frame, money = whole
    check(frame.assign(revenue=frame["revenue"] + 0.004), money, has_dormant=True)
    with pytest.raises(CheckFailed, match="revenue of all ways"):
        check(frame.assign(revenue=frame["revenue"] + 0.006), money, has_dormant=True)


def test_with_equal_thresholds_a_lapse_leads_straight_to_lost(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...... $......"}, inactive_after=2, lost_after=2)
    frame, money = history.ledger(), history.revenue()
    check(frame, money, has_dormant=False)
    with pytest.raises(CheckFailed, match=re.escape(DORMANT)):
        check(frame.assign(closing_dormant=[0, 1], closing_lost=[1, 0]), money, has_dormant=False)
