"""Every figure in a sentence is read back out of it and found in the frame it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import frames
import pandas as pd
import pytest

from retention import narrative
from retention.language import ABSENT, Language
from retention.ledger import NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.narrative import BAD, GOOD, NEUTRAL, Tile
from retention.periods import PERIODS_A_YEAR, Frequency
from retention.rates import CHURN, REACTIVATION, RETENTION, WIN_BACK

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
THRESHOLDS = frames.thresholds(1098, 1228, wrongly=(0.612, 0.583, 0.641))

_NUMBER = re.compile(r"([−+]?)[€£$]?(\d+(?:\.\d+)?)")


def numbers(text: str, code: str = "en") -> list[float]:
    """The numbers in a text of a language, in their order, with their signs."""
    grouped, point = {
        "en": (r"(?<=\d),(?=\d{3})", r"\."),
        "es": (r"(?<=\d)\.(?=\d{3})", ","),
        "fr": ("(?<=\\d)[\u202f\u00a0](?=\\d{3})", ","),
    }[code]
    plain = re.sub(rf"(?<=\d){point}(?=\d)", ".", re.sub(grouped, "", text))
    return [(-1 if sign == "−" else 1) * float(number) for sign, number in _NUMBER.findall(plain)]


def share(value: float, decimals: int = 1) -> float:
    """A share as it is written: in per cent."""
    return round(value * 100, decimals)


def newest(rates: pd.DataFrame, measure: str) -> pd.Series:
    return rates[rates["measure"] == measure].iloc[-1]


def tiles(
    ledger: pd.DataFrame = LEDGER,
    rates: pd.DataFrame = RATES,
    revenue: pd.DataFrame = REVENUE,
    language: Language = ENGLISH,
) -> dict[str, Tile]:
    return {tile.key: tile for tile in narrative.tiles(ledger, rates, revenue, language)}


def two(column: str, before: float, now: float) -> dict[str, Tile]:
    """Tiles of two periods that differ in one column of the ledger."""
    ledger = LEDGER.iloc[-2:].assign(**{column: [before, now]})
    return tiles(ledger)


def rated(measure: str, *pairs: tuple[int, int]) -> Tile:
    """The tile of a measure with those numerators and denominators, period by period."""
    counts = {name: [(1, 10)] * len(pairs) for name in (CHURN, REACTIVATION, WIN_BACK)}
    return tiles(rates=frames.rates(counts | {measure: list(pairs)}))[measure]


# Headline -----------------------------------------------------------------------------------------


def headline(ledger: pd.DataFrame = LEDGER, rates: pd.DataFrame = RATES, unit: str = "U") -> str:
    return narrative.headline(unit, ledger, rates, ENGLISH)


def test_headline_says_the_newest_period_of_its_frames() -> None:
    churn, back, won = (newest(RATES, measure) for measure in (CHURN, REACTIVATION, WIN_BACK))
    assert numbers(headline()) == [
        LAST["period"].year,
        LAST["closing_active"],
        abs(LAST["closing_active"] - LAST["opening_active"]),
        churn["denominator"],
        churn["numerator"],
        share(churn["rate"]),
        back["numerator"],
        won["numerator"],
    ]
    assert "June 2026" in headline()


def test_headline_counts_customers_who_came_back_and_not_their_returns() -> None:
    # In the period one customer lapsed and came back twice over: more events than customers.
    ledger = LEDGER.assign(reactivated=400)
    assert numbers(headline(ledger))[-2:] == [67, 10]


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [(10, 13, ", 3 more than "), (13, 10, ", 3 fewer than "), (10, 10, ", as many as ")],
)
def test_headline_says_which_way_it_went(before: int, now: int, words: str) -> None:
    ledger = LEDGER.iloc[-2:].assign(closing_active=[before, now])
    assert words + "a month earlier." in headline(ledger)


def test_headline_of_the_first_period_compares_nothing_and_rates_nobody() -> None:
    first = LEDGER.iloc[:1]
    assert numbers(headline(first, frames.rates_of(first))) == [2025, 1200]


def test_headline_of_one_speaks_of_one() -> None:
    one = frames.ledger([(2, 0, 0, 0, 0, 5.0), (0, 0, 0, 1, 0, 0.0), (1, 1, 0, 1, 0, 9.0)])
    rates = frames.rates({CHURN: [(1, 1)], REACTIVATION: [(1, 1)], WIN_BACK: [(0, 0)]})
    ledger = one.assign(closing_active=1)
    text = headline(ledger, rates)
    assert " 1 active customer," in text
    assert "1 (100.0%) no longer was." in text
    assert "1 inactive customer bought again" in text


@pytest.mark.parametrize("unit", ["{count} & {unit}", "50% off", "<b>U</b>", "‮evil"])
def test_name_of_the_unit_stands_as_it_is(unit: str) -> None:
    assert f", {unit} had 1,900 active customers" in headline(unit=unit)


# Tiles --------------------------------------------------------------------------------------------


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
    for tile in tiles(first, frames.rates_of(first)).values():
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


# Alt texts ----------------------------------------------------------------------------------------


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


def test_thresholds_and_who_would_come_back_anyway() -> None:
    text = narrative.thresholds(THRESHOLDS, ENGLISH)
    assert numbers(text) == [1098, 1228, 61.2, 95, 58.3, 64.1]
    unknown = frames.thresholds(1, 4, wrongly=(None, None, None))
    assert numbers(narrative.thresholds(unknown, ENGLISH)) == [1, 4]
    assert " 1 day " in narrative.thresholds(unknown, ENGLISH)


# Languages ----------------------------------------------------------------------------------------

TEXTS: dict[str, Callable[[Language], str]] = {
    "headline": lambda language: narrative.headline("U", LEDGER, RATES, language),
    "tiles": lambda language: " | ".join(
        " ".join((tile.value, tile.detail, tile.change, tile.change_year))
        for tile in narrative.tiles(LEDGER, RATES, REVENUE, language)
    ),
    "stocks": lambda language: narrative.stocks(LEDGER, language),
    "movements": lambda language: narrative.movements(LEDGER, language),
    "rate": lambda language: narrative.rate(RATES, [CHURN, WIN_BACK], language),
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
    said = TEXTS[text](Language(code))
    # One language says minus, another puts the sign.
    figures = [abs(number) for number in numbers(said, code)]
    assert sorted(figures) == sorted(abs(number) for number in numbers(TEXTS[text](ENGLISH)))
    assert said != TEXTS[text](ENGLISH)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", ["1,900", "14.8%"]),
        ("es", ["1.900", "14,8\xa0%"]),
        ("fr", ["1\u202f900", "14,8\xa0%"]),
    ],
)
def test_figures_are_written_as_the_language_writes_them(code: str, written: list[str]) -> None:
    text = narrative.headline("U", LEDGER, RATES, Language(code))
    assert all(figure in text for figure in written)
