"""Of how many purchase days each former activity is in a unit, and how the page says it."""

from __future__ import annotations

from itertools import pairwise

import ibis
import pandas as pd
import pytest
from histories import Kit, assert_same
from oracle import standings
from test_agreement import USUAL, drawn

from retention.inactive import ACTIVITY_RANGES, FORMER, activity_ranges, former_activity
from retention.language import Language
from retention.transactions import purchase_days
from retention.winback_narrative import activities

RANGES = pd.DataFrame(
    [
        ("once", 40, 1, 1),
        ("occasional", 30, 1, 3),
        ("regular", 20, 4, 4),
        ("very_active", 9, 5, 1200),
    ],
    columns=list(ACTIVITY_RANGES.names),
)


def ranges(customer_days: ibis.Table) -> ibis.Table:
    return activity_ranges(former_activity(purchase_days(customer_days)))


@pytest.mark.parametrize("seed", [0, 1, 2, USUAL + 3])
def test_agrees_with_a_loop(kit: Kit, seed: int) -> None:
    case = drawn(seed)
    days, inactive_after, lost_after, as_of, _ = case.asked
    asked = {"inactive_after": inactive_after, "lost_after": lost_after}
    history = kit(days, as_of=as_of, frequency=case.frequency, rules=case.rules, **asked)
    found = history.kit.statements.frame(ranges, history.customer_days)
    expected = standings.activity_ranges(days, as_of)
    assert_same(found, expected)
    # Who bought on two days or more is told apart by the number alone.
    others = [row for row in expected if row["former_activity"] != "once"]
    assert all(a["most_days"] < b["fewest_days"] for a, b in pairwise(others))


def test_where_nobody_came_back_nothing_is_told() -> None:
    assert activities(RANGES[:1], Language()) == ""
    assert activities(RANGES[:0], Language()) == ""


def test_schema_holds_on_no_engine_at_all() -> None:
    assert activity_ranges(ibis.table(FORMER, name="former")).schema() == ACTIVITY_RANGES
