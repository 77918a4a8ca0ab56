"""What is recent, and what rests on too few customers."""

from __future__ import annotations

from datetime import date

import frames
import pandas as pd
import pytest
from displayed import report

from retention import Unit
from retention.cohorts import RETURNS
from retention.rates import MEASURES


def test_the_first_cohort_holds_earlier_customers_unless_the_history_is_whole(unit: Unit) -> None:
    assert report(unit).cut == unit.cohorts()["cohort"].min().date() == date(2026, 1, 1)
    assert report(unit, history_complete=True).cut is None


def test_recent_keeps_the_newest_periods(unit: Unit) -> None:
    kept = report(unit, periods_shown=2).recent(unit.rates())
    assert [f"{day:%Y-%m}" for day in kept["period"].unique()] == ["2026-05", "2026-06"]
    assert len(kept) == 2 * len(MEASURES)
    assert kept.index.tolist() == list(range(len(kept)))


def test_recent_leaves_small_groups_out(unit: Unit) -> None:
    cohorts = unit.cohorts()
    assert cohorts["cohort_size"].unique().tolist() == [12, 1]
    # The one of 1 would follow from all customers and the one of 12.
    assert report(unit, minimum_group=2).recent(cohorts).empty
    four = frames.cohorts([40, 3, 7, 90])
    assert report(unit).recent(four)["cohort_size"].unique().tolist() == [40, 90]
    pd.testing.assert_frame_equal(report(unit, minimum_group=1).recent(cohorts), cohorts)
    assert report(unit, minimum_group=13).recent(cohorts).empty


def test_large_leaves_out_what_rests_on_too_few_customers(unit: Unit) -> None:
    lives = frames.second_life({"new": [(60, 60, 1.0), (5, 2, 2.0), (4, 2, 3.0)]})
    assert report(unit).large(lives)["watched"].tolist() == [60, 5]
    waits = frames.second_purchase()
    assert report(unit, minimum_group=301).large(waits)["at_risk"].min() >= 301
    assert report(unit, minimum_group=1).large(waits).equals(waits)


def test_recent_counts_cohorts_before_it_leaves_any_out(unit: Unit) -> None:
    # The newest cohort is the single customer's; with her out, nothing older takes her place.
    assert report(unit, periods_shown=1, minimum_group=2).recent(unit.cohorts()).empty


def test_lapses_are_groups_in_the_returns_and_events_in_the_ledger(unit: Unit) -> None:
    lapses = {"2026-01-01": 4, "2026-02-01": 5, "2026-03-01": 9}
    returns = frames.returns({day: [(lapsed, 0.5, True)] for day, lapsed in lapses.items()})
    assert report(unit).recent(returns)["lapsed"].tolist() == [9]
    ledger = unit.ledger()
    assert (ledger["lapsed"] < 5).any()
    pd.testing.assert_frame_equal(report(unit).recent(ledger), ledger)


@pytest.mark.parametrize("frame", [frames.cohorts([]), pd.DataFrame(columns=list(RETURNS))])
def test_recent_of_nothing_is_nothing(unit: Unit, frame: pd.DataFrame) -> None:
    assert report(unit).recent(frame).empty
