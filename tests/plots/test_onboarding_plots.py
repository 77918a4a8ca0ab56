"""The charts of second purchases by cohort, read back from their Axes, and their alt text."""

from __future__ import annotations

import pandas as pd
import pytest
from drawn import column, painted, points, texts

from retention import follow_up_narrative, follow_up_plots
from retention.language import Language

MONTHS = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"])


def frame(*rows: tuple[int, int, float]) -> pd.DataFrame:
    """A row each: number of the month, days, share."""
    return pd.DataFrame(
        [
            (MONTHS[month], days, 40, 40, round(40 * share), share, share - 0.05, share + 0.05)
            for month, days, share in rows
        ],
        columns=[
            *("cohort", "days", "cohort_size", "watched", "second_purchases"),
            *("second_purchase_share", "low", "high"),
        ],
    )


FIVE = frame((0, 30, 0.2), (0, 60, 0.3), (0, 90, 0.4), (1, 30, 0.25), (1, 60, 0.35))


def test_each_panel_follows_the_cohorts_of_its_mark() -> None:
    drawn = follow_up_plots.onboarding(FIVE, Language("en"))
    assert [ax.get_title(loc="left") for ax in drawn] == [
        "Within 30 days",
        "Within 60 days",
        "Within 90 days",
    ]
    for ax, days in zip(drawn, (30, 60, 90), strict=True):
        shown = FIVE[FIVE["days"] == days]
        assert points(painted(ax).lines[0]) == column(shown, "cohort", "second_purchase_share")
        assert len(ax.collections) == 1  # the interval
    assert texts(drawn[1]) == ["35.0%"]
    [(bottom, top)] = {ax.get_ylim() for ax in drawn}
    assert (bottom, top) == pytest.approx((0, 0.45 * 1.05))  # nothing is cut off


def test_the_first_cohort_that_holds_earlier_customers_says_so() -> None:
    drawn = follow_up_plots.onboarding(FIVE, Language("en"), cut=MONTHS[0].date())
    assert all("Jan 2024 or earlier" in texts(ax) for ax in drawn)
    later = follow_up_plots.onboarding(FIVE[2:4], Language("en"), cut=MONTHS[1].date())
    assert not any("Feb 2024 or earlier" in texts(ax) for ax in later)


def test_a_panel_without_a_cohort_says_so() -> None:
    drawn = follow_up_plots.onboarding(frame((0, 30, 0.2)), Language("en"))
    assert [bool(ax.lines) for ax in drawn] == [True, False, False]
    assert all(texts(ax) for ax in drawn[1:])
    painted(drawn[0])


@pytest.mark.parametrize("rows", [FIVE, FIVE.iloc[:0]])
def test_alternative_text(rows: pd.DataFrame) -> None:
    told = follow_up_narrative.onboarding(rows, Language("en"))
    expected = "25.0% within 30 days (95% interval 20.0–\u206030.0%) of 40 in February 2024"
    assert (expected in told) is (len(rows) > 0)
    assert told
