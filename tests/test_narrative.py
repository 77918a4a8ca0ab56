"""Every figure in a description is read back out of it and found in the frame it came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import frames
import pandas as pd
import pytest
from figures import assert_same_figures, numbers, share

from retention import follow_up_narrative, narrative
from retention.language import Language
from retention.ledger import NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.rates import CHURN, QUICK_RATIO, REACTIVATION, RETENTION, REVENUE_CHURN, WIN_BACK

ENGLISH = Language()
LEDGER = frames.ledger()
RATES = frames.rates_of(LEDGER)
LAST = LEDGER.iloc[-1]
REVENUE = frames.revenue(
    *[{RETAINED: 50_000.0, NEW: 5_000.0}] * 12,
    {RETAINED: 41_250.0, NEW: 7_100.0, REACTIVATED: 6_200.0, WON_BACK: 1_320.0, NO_PURCHASE: -90.0},
)
COHORTS = frames.cohorts([4000, 300, 20, 110, 25, 70])
RETURNS = frames.returns(
    {
        "2025-06-01": [(90, 0.21, True), (90, 0.32, True)],
        "2025-07-01": [(70, 0.24, True), (70, 0.35, False)],
        "2025-08-01": [(60, 0.27, False)],
    }
)
LIVES = frames.second_life(
    {
        NEW: [(900, 900, 50.0), (700, 350, 80.0), (500, 200, 110.0)],
        REACTIVATED: [(90, 90, 40.0), (80, 44, 85.0), (51, 26, 120.0)],
        WON_BACK: [(60, 60, 45.0), (41, 10, 65.0)],
    }
)
SECOND = frames.second_purchase()
THRESHOLDS = frames.thresholds(1098, 1228, wrongly=(0.612, 0.583, 0.641))


def test_stocks_from_first_to_last() -> None:
    first = LEDGER.iloc[0]
    stocks = [LAST["closing_active"], LAST["closing_dormant"], LAST["closing_lost"]]
    text = narrative.stocks(LEDGER, ENGLISH)
    assert numbers(text) == [2025, 2026, first["closing_active"], *stocks]


def test_movements_add_up_as_they_are_read() -> None:
    found = numbers(narrative.movements(LEDGER, ENGLISH))
    opening, year, new, reactivated, won_back, lapsed, closing = found
    events = [LAST[name] for name in ("new", "reactivated", "won_back", "lapsed")]
    assert [new, reactivated, won_back, lapsed] == events
    assert (opening, year) == (LAST["opening_active"], 2026)
    assert opening + new + reactivated + won_back - lapsed == closing == LAST["closing_active"]


@pytest.mark.parametrize("measures", [[CHURN, RETENTION], [WIN_BACK, REACTIVATION]])
def test_rates_with_interval_and_range_in_the_order_asked_for(measures: Sequence[str]) -> None:
    expected: list[float] = []
    for measure in measures:
        frame = RATES[(RATES["measure"] == measure) & RATES["rate"].notna()]
        last, span = frame.iloc[-1], (frame["rate"].min(), frame["rate"].max())
        interval = [95, share(last["low"]), share(last["high"])]
        expected += [share(last["rate"]), 2026, *interval, *map(share, span), 2025]
    assert numbers(narrative.rate(RATES, measures, ENGLISH)) == expected


def test_rates_of_nobody_say_so() -> None:
    text = narrative.rate(frames.rates({WIN_BACK: [(0, 0)]}), [WIN_BACK], ENGLISH)
    assert text == "Win-back rate: nobody was at risk yet."


def money(measure: str, *pairs: tuple[float, float]) -> pd.DataFrame:
    """Rates of a measure that has no interval, with those numerators and denominators."""
    return frames.rates({measure: pairs}).assign(low=None, high=None).astype({"low": float})


def test_a_share_of_money_has_no_interval_to_tell() -> None:
    rates = money(REVENUE_CHURN, (0, 0), (100, 400), (300, 400))
    text = narrative.rate(rates, [REVENUE_CHURN], ENGLISH)
    assert text == "Revenue churn: 75.0% in August 2025; between 25.0% and 75.0% since July 2025."


def test_quick_ratio_with_the_events_it_is_made_of() -> None:
    text = narrative.quick_ratio(money(QUICK_RATIO, (9, 9), (1400, 1000)), ENGLISH)
    assert text == (
        "Quick ratio in July 2025: 1.40 (1,400 joined or came back, 1,000 lapsed). Below 1, the "
        "number of active customers falls."
    )
    text = narrative.quick_ratio(money(QUICK_RATIO, (9, 9), (14, 0)), ENGLISH)
    assert text == "Nobody lapsed in July 2025, so there is no quick ratio."


def test_rates_skip_periods_in_which_nobody_was_at_risk() -> None:
    rates = frames.rates({WIN_BACK: [(0, 0), (1, 4), (2, 4), (0, 0)]})
    text = narrative.rate(rates, [WIN_BACK], ENGLISH)
    assert "50.0% in August 2025" in text
    assert text.endswith("between 25.0% and 50.0% since July 2025.")


def test_revenue_part_by_part() -> None:
    last = REVENUE[REVENUE["period"] == REVENUE["period"].max()]
    assert numbers(narrative.revenue(REVENUE, ENGLISH)) == [2026, *last["revenue"]]


@pytest.mark.parametrize("value", ["retention", "cumulative_revenue_per_customer"])
def test_cohorts_at_ages_that_are_complete(value: str) -> None:
    text = narrative.cohorts(COHORTS, value, ENGLISH)
    found = numbers(text)
    assert found[0] == COHORTS["cohort"].nunique()
    complete = COHORTS[COHORTS["complete"]]
    expected: list[float] = []
    for age in (1, 3):
        cell = complete[complete["age"] == age].iloc[-1]
        written = share(cell[value]) if value == "retention" else round(cell[value])
        expected += [written, age, cell["cohort"].year]
    assert found[1:] == expected


@pytest.mark.parametrize(
    ("cohorts", "expected"),
    [
        (frames.cohorts([40]), "Heatmap of 1 cohort by periods since the first purchase."),
        (frames.cohorts([]), "No group of customers is large enough to show yet."),
    ],
)
def test_hardly_any_cohorts(cohorts: pd.DataFrame, expected: str) -> None:
    assert narrative.cohorts(cohorts, "retention", ENGLISH) == expected


def test_returns_of_the_newest_cohort_that_was_watched() -> None:
    text = narrative.returns(RETURNS, ENGLISH)
    # Of those who lapsed in July, all were watched for a month; of those of August, not.
    assert numbers(text) == [70, 2025, 24.0, 1]
    assert "July" in text


@pytest.mark.parametrize("nobody", [RETURNS.iloc[:0], RETURNS.assign(complete=False)])
def test_returns_of_nobody_say_so(nobody: pd.DataFrame) -> None:
    expected = "No lapse cohort has been watched long enough yet."
    assert narrative.returns(nobody, ENGLISH) == expected


def test_second_lives_at_the_last_window_that_all_have() -> None:
    found = numbers(follow_up_narrative.second_life(LIVES, ENGLISH))
    expected: list[float] = [30, 30, 60]
    for kind in (NEW, REACTIVATED, WON_BACK):
        ((_, row),) = LIVES[(LIVES["began_as"] == kind) & (LIVES["window"] == 1)].iterrows()
        interval = [95, share(row["low"]), share(row["high"])]
        revenue = row["cumulative_revenue_per_customer"]
        expected += [share(row["retention"]), row["watched"], *interval, revenue]
    assert found == expected


def test_second_lives_are_told_over_the_year_that_is_drawn() -> None:
    long = frames.second_life({NEW: [(50, 25, 10.0)] * 30})
    assert "up to day 360: new: 50.0% of 50" in follow_up_narrative.second_life(long, ENGLISH)


def test_second_purchase_at_its_marks() -> None:
    expected: list[float] = [SECOND["at_risk"].iloc[0]]
    for day in (30, 60, 90):
        ((_, row),) = SECOND[SECOND["days"] == day].iterrows()
        interval = [95, share(row["low"]), share(row["high"])]
        expected += [share(row["second_purchase_share"]), day, *interval]
    assert numbers(follow_up_narrative.second_purchase(SECOND, ENGLISH)) == expected


def test_second_purchase_leaves_out_marks_that_are_not_reached() -> None:
    short = SECOND[SECOND["days"] < 60]
    assert follow_up_narrative.second_purchase(short, ENGLISH).count("within") == 1
    nothing = SECOND[SECOND["days"] < 2]
    assert follow_up_narrative.second_purchase(nothing, ENGLISH).endswith(
        "by days since the first."
    )


@pytest.mark.parametrize(
    "text",
    [
        follow_up_narrative.second_life(LIVES.iloc[:0], ENGLISH),
        follow_up_narrative.second_purchase(SECOND.iloc[:0], ENGLISH),
    ],
)
def test_nobody_followed_says_so(text: str) -> None:
    assert text == "No group of customers is large enough to show yet."


def test_thresholds_and_who_would_come_back_anyway() -> None:
    text = narrative.thresholds(THRESHOLDS, ENGLISH)
    assert numbers(text) == [1098, 1228, 61.2, 95, 58.3, 64.1]
    unknown = frames.thresholds(1, 4, wrongly=(None, None, None))
    assert numbers(narrative.thresholds(unknown, ENGLISH)) == [1, 4]
    assert " 1 day " in narrative.thresholds(unknown, ENGLISH)


# Languages ----------------------------------------------------------------------------------------

TEXTS: dict[str, Callable[[Language], str]] = {
    "stocks": lambda language: narrative.stocks(LEDGER, language),
    "movements": lambda language: narrative.movements(LEDGER, language),
    "rate": lambda language: narrative.rate(RATES, [CHURN, WIN_BACK], language),
    "quick ratio": lambda language: narrative.quick_ratio(money(QUICK_RATIO, (7, 5)), language),
    "money": lambda language: narrative.rate(
        money(REVENUE_CHURN, (1, 4)), [REVENUE_CHURN], language
    ),
    "revenue": lambda language: narrative.revenue(REVENUE, language),
    "customers": lambda language: narrative.cohorts(COHORTS, "retention", language),
    "worth": lambda language: narrative.cohorts(
        COHORTS, "cumulative_revenue_per_customer", language
    ),
    "returns": lambda language: narrative.returns(RETURNS, language),
    "thresholds": lambda language: narrative.thresholds(THRESHOLDS, language),
}


@pytest.mark.parametrize("code", ["es", "fr"])
@pytest.mark.parametrize("text", TEXTS)
def test_every_language_says_the_same_figures(text: str, code: str) -> None:
    assert_same_figures(TEXTS[text], code)
