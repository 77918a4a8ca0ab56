"""What a run compares with the report before, and what its banner says."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import frames

from retention.language import Language
from retention.reporting.banners import banners
from retention.reporting.bundles import as_csv
from retention.reporting.comparison import Comparison, Previous, compared, previous_report

MOVES = frames.MOVES[:4]


def between(now: dict[str, Any], then: dict[str, Any], *, ledger: str | None = None) -> Comparison:
    """Two runs whose ledgers differ by one new customer, but for what is given."""
    old, new = frames.ledger(MOVES), frames.ledger(MOVES)
    new.loc[1, "new"] += 1
    previous = Previous(
        {"finished": "2026-11-02T06:12:44+00:00", "as_of": "2026-10-31"} | then,
        as_csv(old) if ledger is None else ledger,
    )
    return compared(pickle.loads(pickle.dumps(previous)), as_csv(new), now)


def said(found: Comparison) -> str:
    (one,) = banners(found, Language())
    return " ".join(one.sentences)


def test_one_figure_is_told_in_the_singular() -> None:
    assert said(between({}, {})).startswith(
        "1 figure of past periods (1 month) is not what the report published on 2 November 2026, "
        "06:12 UTC said. Largest changes: new, July 2025: 310 → 311 (+1)."
    )


def test_versions_are_named_where_they_differ() -> None:
    then = {"kit": "0.1.0", "facts": {"definitions": "1"}}
    now = {"kit": "0.2.0", "facts": {"definitions": "2"}}
    text = said(between(now, then))
    assert "The definitions have version 2 now and had 1 then." in text
    assert "The program has version 0.2.0 now and had 0.1.0 then." in text
    assert "are the same as then" not in text


def test_a_setting_that_came_with_a_later_version_is_no_difference() -> None:
    now = {"settings": {"query": None, "week_start": "monday", "as_of": "2026-11-30"}}
    then = {"settings": {"query": "SELECT 1", "as_of": "2026-10-31"}}
    assert between(now, then).differences == {"settings": {"query": ("SELECT 1", None)}}


def test_an_empty_ledger_is_not_compared() -> None:
    assert between({}, {}, ledger="period,period_end,new\n").moved is None
    assert between({}, {}, ledger="").moved is None


def test_a_figure_without_a_name_is_told_by_its_column() -> None:
    old = frames.ledger(MOVES).assign(deals=[1, 2, 3, 4])
    new = old.assign(deals=[1, 2, 3, 9], intra_period_returns=[0, 0, 2, 0])
    previous = Previous({"finished": "soon"}, as_csv(old))
    (one,) = banners(compared(previous, as_csv(new), {}), Language())
    assert one.table is not None
    assert [row[0] for row in one.table.rows] == ["Left and came back within the period", "Deals"]


def test_no_report_is_no_previous_report(tmp_path: Path) -> None:
    assert previous_report(tmp_path / "nobody") is None
