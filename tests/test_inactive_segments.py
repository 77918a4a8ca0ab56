"""The inactive by segment: drawn by hand, and against a loop on random histories."""

from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from histories import History, Kit, assert_same, cells, days_drawn
from oracle import standings
from test_agreement import drawn as random_histories
from timelines import START

from retention import inactive
from retention.inactive_segments import INACTIVE_BY_SEGMENT, inactive_by_segment
from retention.segments import VALUES


def found(kit: Kit, history: History, **segments: dict[str, str]) -> pd.DataFrame:
    """The table of a history whose customers have these values."""
    standing = inactive.standing(
        history.spells_table,
        history.customer_days,
        inactive_after=history.inactive_after,
        as_of=history.calendar.as_of,
    )
    rows = [(who, name, value) for name, held in segments.items() for who, value in held.items()]
    names = VALUES.names
    values = pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)})
    return inactive_by_segment(standing, kit.stored(values)).to_pandas()


def test_every_inactive_customer_is_in_one_value_of_each_segment(kit: Kit) -> None:
    history = kit.drawn({"ann": "$......", "bob": "...$...", "cat": "......$", "dan": "...$..."})
    channel = {"ann": "web", "bob": "web", "cat": "shop", "dan": "shop"}
    rows = found(kit, history, channel=channel, kind=dict.fromkeys(channel, "all"))
    columns = ("segment", "value", "dormant", "lost", "customers", "inactive")
    assert cells(rows, *columns) == [
        ("channel", "shop", 1, 0, 1, 3),
        ("channel", "web", 1, 1, 2, 3),
        ("kind", "all", 2, 1, 3, 3),
    ]


def test_money_is_that_of_the_inactive_alone(kit: Kit) -> None:
    timelines = {"ann": "$......", "cat": "......$"}
    history = kit.drawn(timelines)
    rows = found(kit, history, channel={"ann": "web", "cat": "web"})
    ((_, spent),) = days_drawn(timelines, START)[0]["ann"]
    assert cells(rows, "former_value") == [float(spent)]


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_the_oracle_agrees(kit: Kit, seed: int) -> None:
    drawn = random_histories(seed)
    history = kit(drawn.days, as_of=drawn.as_of)
    stand = standings.standing(drawn.days, history.inactive_after, history.lost_after, drawn.as_of)
    segments = {
        "first": {row["customer_id"]: str(number % 3) for number, row in enumerate(stand)},
        "second": {row["customer_id"]: "one" for row in stand},
    }
    assert_same(found(kit, history, **segments), standings.by_segment(stand, segments))


def test_schema_holds_on_no_engine_at_all() -> None:
    values = ibis.table(VALUES, name="values")
    table = inactive_by_segment(ibis.table(inactive.STANDING, name="standing"), values)
    assert table.schema() == INACTIVE_BY_SEGMENT
