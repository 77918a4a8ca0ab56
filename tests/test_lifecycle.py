"""States and spells: the drawn timelines are the definition."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby, pairwise

import ibis
import pandas as pd
import pytest
import timelines
from histories import Kit, cells, records, spell_rows

from retention.lifecycle import (
    ACTIVE,
    DORMANT,
    LOST,
    RUNS,
    SPELLS,
    STATES,
    STAYS,
    runs_of_purchases,
    spells,
    stays,
)
from retention.periods import Calendar
from retention.transactions import CUSTOMER_DAYS, DAYS_IN_ORDER, PAUSES, in_order, pauses

START = timelines.START


def day(i: int) -> date:
    """The i-th drawn day; the first is 0."""
    return START + timedelta(days=i)


def numbers(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Spells with days counted from the first drawn one: from, to, back."""
    return [
        (
            row["customer_id"],
            row["state"],
            row["previous_state"],
            *(
                None if row[name] is None else (row[name] - START).days
                for name in ("started_on", "ended_on", "returned_on")
            ),
        )
        for row in records(frame)
    ]


# Timelines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "inactive_after", "lost_after", "purchases", "expected"),
    timelines.EXAMPLES,
    ids=[example[0] for example in timelines.EXAMPLES],
)
def test_examples(
    kit: Kit, title: str, inactive_after: int, lost_after: int, purchases: str, expected: str
) -> None:
    history = kit.drawn({"c1": purchases}, inactive_after=inactive_after, lost_after=lost_after)
    found = spell_rows(history.spells(), "c1")
    assert timelines.states(found, START, len(purchases)) == expected, title


LONGEST = 12


@pytest.mark.parametrize(("inactive_after", "lost_after"), [(1, 1), (1, 2), (3, 3), (3, 4), (3, 7)])
def test_every_gap_around_the_thresholds(kit: Kit, inactive_after: int, lost_after: int) -> None:
    # Two purchases `gap` days apart, and another at the end whose gap runs to as_of.
    texts = {f"gap {gap}": "$" + "." * (gap - 1) + "$" for gap in range(1, LONGEST)}
    histories = {name: text.ljust(2 * LONGEST, ".") for name, text in texts.items()}
    found = kit.drawn(histories, inactive_after=inactive_after, lost_after=lost_after).spells()
    for name, text in histories.items():
        expected, since = "", 0
        for sign in text:
            since = 0 if sign == "$" else since + 1
            expected += "A" if since < inactive_after else "D" if since < lost_after else "L"
        drawn = timelines.states(spell_rows(found, name), START, len(text))
        assert drawn == expected, name


@pytest.mark.parametrize("length", range(1, 7))
def test_a_state_begins_on_the_day_itself_not_after_it(kit: Kit, length: int) -> None:
    # as_of falls on the day before, on and after each change: "AADDLL".
    found = kit.drawn({"c1": "$".ljust(length, ".")}).spells()
    assert timelines.states(spell_rows(found, "c1"), START, length) == "AADDLL"[:length]
    assert cells(found, "ended_on")[-1] is None
    assert cells(found, "ended_on", "started_on")[:-1] == [
        (day(i), day(i - 2)) for i in (2, 4) if i < length
    ]


# Spells -----------------------------------------------------------------------------------------


def test_spells_of_a_customer_who_leaves_and_returns(kit: Kit) -> None:
    #   day      0123456789..
    history = kit.drawn({"ann": "$..$....$...", "bob": "...........$"})
    assert numbers(history.spells()) == [
        ("ann", ACTIVE, None, 0, 2, None),
        ("ann", DORMANT, ACTIVE, 2, 3, 3),
        ("ann", ACTIVE, DORMANT, 3, 5, None),
        ("ann", DORMANT, ACTIVE, 5, 7, 8),  # the purchase that ended the inactivity
        ("ann", LOST, DORMANT, 7, 8, 8),
        ("ann", ACTIVE, LOST, 8, 10, None),
        ("ann", DORMANT, ACTIVE, 10, None, None),
        ("bob", ACTIVE, None, 11, None, None),
    ]


def test_equal_thresholds_lead_from_active_to_lost(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...$..$.."}, inactive_after=2, lost_after=2)
    assert numbers(history.spells()) == [
        ("ann", ACTIVE, None, 0, 2, None),
        ("ann", LOST, ACTIVE, 2, 4, 4),
        ("ann", ACTIVE, LOST, 4, 6, None),
        ("ann", LOST, ACTIVE, 6, 7, 7),
        ("ann", ACTIVE, LOST, 7, 9, None),
        ("ann", LOST, ACTIVE, 9, None, None),
    ]


def test_a_purchase_on_the_day_of_becoming_lost_meets_dormant(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...$", "bob": "$...."}, inactive_after=2, lost_after=4)
    assert numbers(history.spells()) == [
        ("ann", ACTIVE, None, 0, 2, None),
        ("ann", DORMANT, ACTIVE, 2, 4, 4),
        ("ann", ACTIVE, DORMANT, 4, None, None),
        ("bob", ACTIVE, None, 0, 2, None),
        ("bob", DORMANT, ACTIVE, 2, 4, None),  # lost on as_of itself: not back yet
        ("bob", LOST, DORMANT, 4, None, None),
    ]


def test_a_purchase_the_day_after_meets_lost(kit: Kit) -> None:
    history = kit.drawn({"ann": "$....$"}, inactive_after=2, lost_after=4)
    assert numbers(history.spells())[1:] == [
        ("ann", DORMANT, ACTIVE, 2, 4, 5),
        ("ann", LOST, DORMANT, 4, 5, 5),
        ("ann", ACTIVE, LOST, 5, None, None),
    ]


def test_ninety_and_hundred_and_eighty_days(kit: Kit) -> None:
    # Bought on 1 January 2024: 31 March is 90 days later, 29 June 180.
    silent = "$" + "." * 180
    history = kit.drawn(
        {"silent": silent, "in time": ("$" + "." * 89 + "$").ljust(181, ".")},
        inactive_after=90,
        lost_after=180,
    )
    assert cells(history.spells(), "state", "started_on", customer_id="silent") == [
        (ACTIVE, date(2024, 1, 1)),
        (DORMANT, date(2024, 3, 31)),
        (LOST, date(2024, 6, 29)),
    ]
    assert cells(history.spells(), "state", "started_on", customer_id="in time") == [
        (ACTIVE, date(2024, 1, 1)),
        (DORMANT, date(2024, 6, 29)),
    ]


def test_spells_of_all_examples_touch_and_never_overlap(kit: Kit) -> None:
    longest = max(len(example[3]) for example in timelines.EXAMPLES)
    histories = {title: text.ljust(longest, ".") for title, _, _, text, _ in timelines.EXAMPLES}
    for thresholds in [(1, 1), (2, 4), (3, 3), (5, 40)]:
        found = kit.drawn(histories, inactive_after=thresholds[0], lost_after=thresholds[1])
        rows = records(found.spells())
        assert {row["state"] for row in rows} == set(
            STATES if len(set(thresholds)) == 2 else STATES[::2]
        )
        for _, of_one in groupby(rows, key=lambda row: row["customer_id"]):
            of_one = list(of_one)
            assert of_one[0]["previous_state"] is None
            assert of_one[0]["state"] == ACTIVE
            assert of_one[-1]["ended_on"] is None
            assert all(row["started_on"] < row["ended_on"] for row in of_one[:-1])
            for before, after in pairwise(of_one):
                assert before["ended_on"] == after["started_on"]
                assert before["state"] == after["previous_state"] != after["state"]


def test_returned_on_is_set_for_the_inactive_alone(kit: Kit) -> None:
    history = kit.drawn({"ann": "$..$....$.$..", "bob": "$............"})
    rows = records(history.spells())
    assert {row["returned_on"] for row in rows if row["state"] == ACTIVE} == {None}
    # Bob never came back; nothing of him is filled in from other customers.
    assert {row["returned_on"] for row in rows if row["customer_id"] == "bob"} == {None}


def test_neighbours_in_the_table_are_not_one_customer(kit: Kit) -> None:
    # Their days interleave, so that a window over all customers would join them.
    found = kit.drawn({"ann": "$....$..", "bob": ".$....$.", "cat": "..$....$"}).spells()
    assert timelines.states(spell_rows(found, "ann"), START, 8) == "AADDLAAD"
    assert timelines.states(spell_rows(found, "bob"), START, 8) == "-AADDLAA"
    assert timelines.states(spell_rows(found, "cat"), START, 8) == "--AADDLA"


def test_stays_are_the_active_spells_that_reach_over_the_close_of_a_period(kit: Kit) -> None:
    history = kit.drawn(
        {
            # The second stay lies within the second week, at whose close the third one goes on.
            "ann": "......$ ..$..$. .......",
            # Away at the close of the week in which the first one ends.
            "bob": "......$ ....... $......",
            "cat": "....... ....... ......$",
        }
    )
    found = cells(history.stays(), "customer_id", "start", "end", "is_back")
    assert sorted(found) == [
        ("ann", 0, 1, True),
        ("ann", 1, 2, False),
        ("bob", 0, 1, False),
        ("cat", 2, None, False),
    ]


def test_schema_holds_on_no_engine_at_all() -> None:
    days = in_order(ibis.table(CUSTOMER_DAYS, name="days"))
    assert days.schema() == DAYS_IN_ORDER
    paused = pauses(days)
    assert paused.schema() == PAUSES
    runs = runs_of_purchases(paused, inactive_after=90)
    assert runs.schema() == RUNS
    for dormant_for in (0, 90):
        table = spells(runs, dormant_for=dormant_for, as_of=date(2024, 1, 1))
        assert table.schema() == SPELLS
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    assert stays(table, calendar=calendar).schema() == STAYS
