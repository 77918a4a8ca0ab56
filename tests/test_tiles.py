"""Tiles: the newest figures, their changes, and what is good or bad of them."""

from __future__ import annotations

import frames
import pytest
from figures import numbers, share
from summarised import LAST, LEDGER, RATES, REVENUE, newest, rated, tiles, two

from retention.language import Language
from retention.ledger import REACTIVATED, RETAINED
from retention.numerals import ABSENT
from retention.periods import PERIODS_A_YEAR, Frequency
from retention.rates import CHURN, REACTIVATION, WIN_BACK
from retention.tiles import BAD, GOOD, NEUTRAL


def test_tiles_show_the_newest_figures_with_what_they_are_shares_of() -> None:
    shown = {key: (numbers(tile.value), numbers(tile.detail)) for key, tile in tiles().items()}
    acquired = LEDGER["new"].sum()
    came_back = REVENUE.query("bought_as in ['reactivated', 'won_back']")["revenue"].sum()
    assert shown == {
        "active_customers": ([LAST["closing_active"]], [acquired]),
        **{
            measure: ([share(row["rate"])], [row["numerator"], row["denominator"]])
            for measure in (CHURN, REACTIVATION, WIN_BACK)
            for row in [newest(RATES, measure)]
        },
        "new_customers": ([LAST["new"]], []),
        "revenue": ([round(LAST["revenue"] / 1000)], [came_back]),
    }


def test_tiles_show_the_change_on_the_period_before_and_on_a_year_ago() -> None:
    before, year = LEDGER.iloc[-2], LEDGER.iloc[-13]
    shown = tiles()
    expected = {
        "active_customers": [
            LAST["closing_active"] - row["closing_active"] for row in (before, year)
        ],
        "new_customers": [LAST["new"] - row["new"] for row in (before, year)],
        "revenue": [share(LAST["revenue"] / row["revenue"] - 1, 0) for row in (before, year)],
    }
    for key, (change, change_year) in expected.items():
        assert numbers(shown[key].change) == [change, 2026]
        assert numbers(shown[key].change_year) == [change_year, 2025]
        assert shown[key].change.endswith("May 2026")
        assert shown[key].change_year.endswith("Jun 2025")


def test_rates_change_by_points() -> None:
    for measure in (CHURN, REACTIVATION, WIN_BACK):
        rates = RATES.loc[RATES["measure"] == measure, "rate"]
        points = share(rates.iloc[-1] - rates.iloc[-2])
        assert numbers(tiles()[measure].change) == [points, 2026]
        assert "points" in tiles()[measure].change
        # Nobody was at risk at the opening of the first period: a year ago there was no rate.
        assert tiles()[measure].change_year == ""


@pytest.mark.parametrize(
    ("frequency", "freq"),
    [("day", "D"), ("week", "W-MON"), ("month", "MS"), ("quarter", "QS"), ("year", "YS")],
)
def test_a_year_ago_is_as_many_periods_back_as_a_year_has(frequency: Frequency, freq: str) -> None:
    year = PERIODS_A_YEAR[frequency]
    moves = [(100 + number, 0, 0, 0, 0, 10.0) for number in range(year + 1)]
    language = Language(frequency=frequency)
    for count, there in ((year, False), (year + 1, year > 1)):
        ledger = frames.ledger(moves[:count], freq=freq)
        shown = tiles(ledger, frames.rates_of(ledger, freq=freq), language=language)
        assert bool(shown["new_customers"].change_year) is there
    if there:
        # The first period named is the first of the frame, and a year of ones was added.
        assert shown["new_customers"].change_year.startswith(f"+{year} ")
        named = language.period(frames.starts(1, freq=freq)[0], short=True)
        assert shown["new_customers"].change_year.endswith(named)


def test_first_period_has_no_change_and_no_tone() -> None:
    first = LEDGER.iloc[:1]
    shown = tiles(first, frames.rates_of(first))
    assert shown.keys() == tiles().keys()
    for tile in shown.values():
        assert (tile.change, tile.tone, tile.change_year) == ("", NEUTRAL, "")


@pytest.mark.parametrize(
    ("key", "column"),
    [("active_customers", "closing_active"), ("new_customers", "new"), ("revenue", "revenue")],
)
def test_more_customers_and_more_revenue_are_good(key: str, column: str) -> None:
    assert two(column, 100, 110)[key].tone == GOOD
    assert two(column, 110, 100)[key].tone == BAD
    assert two(column, 100, 100)[key].tone == NEUTRAL
    assert two(column, 100, 110)[key].change.startswith("+10")
    assert two(column, 200, 100)[key].change.startswith("−")


@pytest.mark.parametrize(
    ("measure", "up", "down"),
    [(CHURN, BAD, GOOD), (REACTIVATION, GOOD, BAD), (WIN_BACK, GOOD, BAD)],
)
def test_churn_up_is_bad_and_returns_up_are_good(measure: str, up: str, down: str) -> None:
    higher, lower = (200, 1000), (100, 1000)
    assert (rated(measure, lower, higher).tone, rated(measure, higher, lower).tone) == (up, down)
    assert rated(measure, lower, higher).change.startswith("+10.0 points")
    assert rated(measure, higher, lower).change.startswith("−10.0 points")


@pytest.mark.parametrize("measure", [CHURN, REACTIVATION, WIN_BACK])
def test_a_rate_that_moved_within_its_interval_is_neither_good_nor_bad(measure: str) -> None:
    # 12 of 100 has the interval 7.0 to 19.8 %.
    assert rated(measure, (19, 100), (12, 100)).tone == NEUTRAL
    assert rated(measure, (8, 100), (12, 100)).tone == NEUTRAL
    assert rated(measure, (20, 100), (12, 100)).tone != NEUTRAL
    assert rated(measure, (6, 100), (12, 100)).tone != NEUTRAL


def test_an_absent_rate_is_a_dash_without_change() -> None:
    for pairs in ([(1, 10), (0, 0)], [(0, 0), (0, 0)]):
        tile = rated(WIN_BACK, *pairs)
        assert (tile.value, tile.change, tile.tone) == (ABSENT, "", NEUTRAL)
        assert numbers(tile.detail) == [0, 0]
    appeared = rated(WIN_BACK, (0, 0), (5, 10))
    assert (appeared.value, appeared.change, appeared.tone) == ("50.0%", "", NEUTRAL)


@pytest.mark.parametrize("before", [0, -20])
def test_revenue_after_none_has_no_relative_change(before: float) -> None:
    tile = two("revenue", before, 100)["revenue"]
    assert (tile.change, tile.tone) == ("", NEUTRAL)


def test_negative_revenue_is_shown_as_such() -> None:
    tile = two("revenue", 100, -50)["revenue"]
    assert numbers(tile.value) == [-50]
    assert numbers(tile.change)[0] == -150
    assert tile.tone == BAD


def test_revenue_of_those_who_came_back_is_that_of_the_newest_period() -> None:
    quiet = frames.revenue(*[{REACTIVATED: 500.0}] * 12, {RETAINED: 41_250.0})
    assert numbers(tiles(revenue=quiet)["revenue"].detail) == [0]


def test_one_customer_is_not_customers() -> None:
    one = frames.ledger([(1, 0, 0, 0, 0, 5.0)])
    rates = frames.rates({name: [(1, 1)] for name in (CHURN, REACTIVATION, WIN_BACK)})
    details = [tile.detail for tile in tiles(one, rates).values()][:4]
    assert not any(detail.split(" so far")[0].endswith("customers") for detail in details)
