"""What the glossary says of the inactive and of RFM segments is what the kit computes."""

from __future__ import annotations

import re

from glossary import TEXT, table
from histories import Kit, cells

from retention import inactive, rfm_segments
from retention.language import Language
from retention.transactions import purchase_days
from retention.words import name_of

ENGLISH = Language()


def test_former_activity_of_the_drawn_customers(kit: Kit) -> None:
    rows = table("former activity")[1:]
    assert len(rows) == 11
    history = kit.drawn({name: days.strip("`") for name, days, _, _ in rows})
    found = inactive.former_activity(purchase_days(history.customer_days))
    frame = found.order_by("customer_id").to_pandas()
    assert [
        (name, str(count), name_of(group, ENGLISH))
        for name, count, group in cells(
            frame, "customer_id", "purchase_days_365d", "former_activity"
        )
    ] == [(name, count, group) for name, _, count, group in rows]
    assert set(cells(frame, "former_activity")) == set(inactive.ACTIVITIES)


def test_rfm_segments_are_those_of_the_kit() -> None:
    section = TEXT.split("## RFM segments\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (\S+) \| (\S+) \|$", section, flags=re.MULTILINE)
    written = [row for row in rows if row[0] not in ("segment",) and "-" not in row[0]]
    assert written == [
        (name_of(group, ENGLISH), recency, worth)
        for group, recency, worth in rfm_segments.definition().itertuples(index=False)
    ]


def test_the_numbers_of_the_rules_are_those_of_the_kit() -> None:
    text = " ".join(TEXT.split())
    assert f"purchase days of the {inactive.YEAR_DAYS} days up to" in text
    assert f"fewer than {inactive.TOP_TENTHS[0]} in 10" in text
    assert f"fewer than {inactive.TOP_TENTHS[1]} in 10" in text
    assert "up to 90, 91 to 180, 181 to 365" in text
    assert list(inactive.LAPSED_WITHIN) == [90, 180, 365]
