"""How customers stand on the last day: drawn by hand, and against a loop on random histories."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import ibis
import oracle
import pandas as pd
import pytest
from histories import History, Kit, assert_same, cells
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import standings
from test_agreement import USUAL, drawn

from retention import inactive
from retention.inactive import (
    ACTIVITIES,
    COUNTS,
    FORMER,
    GROUPS,
    OCCASIONAL,
    ONCE,
    REGULAR,
    STANDING,
    VERY_ACTIVE,
)
from retention.lifecycle import SPELLS
from retention.suppression import SMALL, pooled
from retention.transactions import CUSTOMER_DAYS, purchase_days

AS_OF = date(2026, 6, 30)


def bought(*ago: int, amount: int = 10) -> list[tuple[date, Decimal]]:
    """Purchases so many days before the last day covered."""
    return [(AS_OF - timedelta(days=days), Decimal(amount)) for days in sorted(ago, reverse=True)]


def standing(history: History) -> pd.DataFrame:
    return history.standing_table.order_by("customer_id").to_pandas()


def groups(history: History) -> pd.DataFrame:
    return history.kit.statements.frame(inactive.inactive_groups, history.standing_table)


def activity(kit: Kit, **days: list[tuple[date, Decimal]]) -> dict[str, str]:
    history = kit(days, as_of=AS_OF)
    found = inactive.former_activity(purchase_days(history.customer_days)).to_pandas()
    return dict(cells(found, "customer_id", "former_activity"))


# Former activity --------------------------------------------------------------------------------


def test_the_fifth_that_bought_most_often_is_very_active_and_the_next_three_tenths_regular(
    kit: Kit,
) -> None:
    days = {f"c{count:02}": bought(*range(400, 400 + count)) for count in range(1, 12)}
    found = activity(kit, **days)
    # c01 never came back; of the ten others, two are the top fifth and three come after them.
    assert found == {
        "c01": ONCE,
        **{f"c{count:02}": OCCASIONAL for count in range(2, 7)},
        **{f"c{count:02}": REGULAR for count in range(7, 10)},
        **{f"c{count:02}": VERY_ACTIVE for count in range(10, 12)},
    }


def test_equal_customers_are_called_alike_even_where_they_are_many(kit: Kit) -> None:
    days = {f"c{number}": bought(1, 2) for number in range(9)} | {"top": bought(1, 2, 3)}
    found = activity(kit, **days)
    assert found == {**{f"c{number}": VERY_ACTIVE for number in range(9)}, "top": VERY_ACTIVE}
    days |= {"next": bought(1, 2, 3)}
    assert set(activity(kit, **days).values()) == {VERY_ACTIVE}
    days |= {"third": bought(1, 2, 3)}
    assert activity(kit, **days)["c1"] == REGULAR


def test_only_the_year_up_to_the_last_purchase_counts(kit: Kit) -> None:
    days = {
        "inside": bought(500, 500 + 364),
        "outside": bought(500, 500 + 365),
        "once, and a refund": [*bought(500), (AS_OF, Decimal(-5))],
    }
    history = kit(days, as_of=AS_OF)
    found = inactive.former_activity(purchase_days(history.customer_days)).to_pandas()
    assert sorted(cells(found, "customer_id", "purchase_days_365d")) == [
        ("inside", 2),
        ("once, and a refund", 1),
        ("outside", 1),
    ]
    # Who came back later than within a year has come back all the same.
    assert cells(found, "former_activity", customer_id="outside") != [ONCE]


# Value, silence, state --------------------------------------------------------------------------


def test_value_is_that_of_the_last_year_with_later_refunds_taken_off(kit: Kit) -> None:
    days = {
        "ann": [*bought(100, 100 + 364, 100 + 365), (AS_OF, Decimal("-3.5"))],
        "bob": [*bought(100), (AS_OF - timedelta(days=50), Decimal(-10))],
        "cat": [*bought(100), (AS_OF - timedelta(days=50), Decimal(-25))],
    }
    found = standing(kit(days, as_of=AS_OF, inactive_after=30, lost_after=200))
    assert cells(found, "customer_id", "former_value", "value_tier") == [
        ("ann", Decimal("16.5000"), "high_value"),
        ("bob", Decimal(0), "low_value"),  # second of three, and worth nothing
        ("cat", Decimal(-15), "low_value"),
    ]


def test_tiers_are_ranked_among_all_customers(kit: Kit) -> None:
    days = {f"c{n:02}": bought(1 if n > 8 else 100, amount=n) for n in range(1, 11)}
    found = standing(kit(days, as_of=AS_OF, inactive_after=30, lost_after=200))
    tiers = dict(cells(found, "customer_id", "value_tier"))
    assert [n for n in range(1, 11) if tiers[f"c{n:02}"] == "high_value"] == [9, 10]
    assert [n for n in range(1, 11) if tiers[f"c{n:02}"] == "middle_value"] == [6, 7, 8]


@pytest.mark.parametrize(
    ("silent", "state", "since"),
    [
        (29, "active", None),
        (30, "dormant", "lapsed_within_90"),
        (120, "dormant", "lapsed_within_90"),
        (121, "dormant", "lapsed_within_180"),
        (199, "dormant", "lapsed_within_180"),
        (200, "lost", "lapsed_within_180"),
        (210, "lost", "lapsed_within_180"),
        (211, "lost", "lapsed_within_365"),
        (395, "lost", "lapsed_within_365"),
        (396, "lost", "lapsed_earlier"),
    ],
)
def test_brackets_of_time_since_the_lapse(
    kit: Kit, silent: int, state: str, since: str | None
) -> None:
    found = standing(kit({"ann": bought(silent)}, as_of=AS_OF, inactive_after=30, lost_after=200))
    row = cells(found, "state", "since_lapse")
    assert row == [(state, since)]


# Laws and agreement -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2, 7, 13, 21, 34, USUAL + 3])
def test_agrees_with_a_loop(kit: Kit, seed: int) -> None:
    case = drawn(seed)
    days, inactive_after, lost_after, as_of, _ = case.asked
    history = kit(
        days,
        as_of=as_of,
        inactive_after=inactive_after,
        lost_after=lost_after,
        frequency=case.frequency,
        rules=case.rules,
    )
    expected = standings.standing(days, inactive_after, lost_after, as_of)
    assert_same(standing(history).astype({"former_value": float}), expected)
    assert_same(groups(history), standings.inactive(expected))
    counts = inactive.states(history.spells_table).to_pandas()
    states = [row["state"] for row in expected]
    assert cells(counts, "state", "customers") == [
        (state, states.count(state)) for state in sorted(set(states))
    ]


@settings(max_examples=15)
@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3),
        st.lists(st.integers(0, 900), min_size=1, max_size=6, unique=True),
        min_size=1,
        max_size=12,
    )
)
def test_every_breakdown_counts_each_inactive_customer_once(
    kit: Kit, ago: dict[str, list[int]]
) -> None:
    days = {name: bought(*since) for name, since in ago.items()}
    history = kit(days, as_of=AS_OF, inactive_after=60, lost_after=120)
    found, whole = groups(history), standing(history)
    silent = whole[whole["state"] != "active"]
    for _, rows in found.groupby("breakdown"):
        assert rows["customers"].sum() == len(silent)
        assert (rows["inactive"] == len(silent)).all()
        assert rows["former_value"].sum() == pytest.approx(float(silent["former_value"].sum()))
    # Nothing of it hangs on names, nor on the order of rows.
    renamed = {f"x{name[::-1]}": entries for name, entries in reversed(days.items())}
    other = groups(kit(renamed, as_of=AS_OF, inactive_after=60, lost_after=120))
    pd.testing.assert_frame_equal(found, other)


def test_schemas_hold_on_no_engine_at_all() -> None:
    spells = ibis.table(SPELLS, name="spells")
    days = ibis.table(CUSTOMER_DAYS, name="days")
    table = inactive.standing(spells, days, inactive_after=30, as_of=AS_OF)
    assert table.schema() == STANDING
    assert inactive.former_activity(purchase_days(days)).schema() == FORMER
    assert inactive.inactive_groups(table).schema() == GROUPS
    assert inactive.states(spells).schema() == COUNTS


def test_where_nobody_is_inactive_a_share_is_absent(kit: Kit) -> None:
    found = groups(kit({"ann": bought(1)}, as_of=AS_OF))
    assert set(cells(found, "customers", "inactive", "share", "low", "former_value")) == {
        (0, 0, None, None, 0.0)
    }


# Small groups -----------------------------------------------------------------------------------


def some(*counts: tuple[int, int]) -> pd.DataFrame:
    """Groups of so many dormant and lost, each worth 10 a head."""
    whole = sum(map(sum, counts))
    rows = [
        ("former_activity", name, dormant, lost, dormant + lost, whole, None, None, None, value)
        for name, (dormant, lost) in zip(ACTIVITIES, counts, strict=True)
        for value in [10.0 * (dormant + lost)]
    ]
    return pd.DataFrame(rows, columns=list(GROUPS.names))


def test_small_groups_are_told_as_one() -> None:
    shown = pooled(some((50, 50), (3, 0), (10, 10), (0, 0)), least=5)
    # Alone, the three would follow from the total: the next smallest goes with them.
    assert cells(shown, "group", "customers", "inactive", "former_value") == [
        (ONCE, 100, 123, 1000.0),
        (SMALL, 23, 123, 230.0),
    ]
    assert shown["share"].sum() == pytest.approx(1)
    assert cells(shown, "low", "high", group=SMALL) == [pytest.approx(oracle.wilson(23, 123))]


def test_few_of_a_state_hide_how_a_group_parts_and_not_the_group() -> None:
    shown = pooled(some((2, 98), (30, 70), (40, 60), (50, 50)), least=5)
    assert cells(shown, "group", "customers", "dormant", "lost") == [
        (ONCE, 100, None, None),
        (OCCASIONAL, 100, None, None),  # else 2 would follow from all of the dormant
        (REGULAR, 100, 40, 60),
        (VERY_ACTIVE, 100, 50, 50),
    ]


def test_few_of_a_state_in_all_hide_who_has_none_of_them() -> None:
    # The first screen says that 3 are dormant: a group without any would tell that ONCE has them.
    shown = pooled(some((3, 47), (0, 60), (0, 0), (0, 0)), least=5)
    assert cells(shown, "group", "customers", "dormant", "lost") == [
        (ONCE, 50, None, None),
        (OCCASIONAL, 60, None, None),
    ]
    nobody = pooled(some((0, 47), (0, 60), (0, 0), (0, 0)), least=5)
    assert cells(nobody, "dormant", "lost") == [(0, 47), (0, 60)]


def test_nothing_is_shown_of_few() -> None:
    assert pooled(some((1, 1), (1, 1), (0, 0), (0, 0)), least=5).empty
    assert len(pooled(some((0, 9), (9, 0), (9, 9), (0, 0)), least=5)) == 3
