"""The first screen: every figure in it is read back and found in the frame it came from."""

from __future__ import annotations

from collections.abc import Callable

import frames
import pandas as pd
import pytest
from figures import numbers, share

from retention import normal, summary
from retention.language import ABSENT, Language
from retention.ledger import NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.periods import PERIODS_A_YEAR, Frequency
from retention.rates import CHURN, REACTIVATION, REVENUE_CHURN, WIN_BACK, WITH_PROSPECTS
from retention.suppression import SMALL
from retention.tiles import BAD, GOOD, NEUTRAL, SERIES, Tile
from retention.tiles import tiles as headline_tiles
from retention.words import name_of

ENGLISH = Language()
LEDGER = frames.ledger()
RATES = frames.rates_of(LEDGER)
LAST = LEDGER.iloc[-1]
MONEY = frames.rates({REVENUE_CHURN: [(50_000, 400_000)] * 12 + [(60_400, 412_000)]})
REVENUE = frames.revenue(
    *[{RETAINED: 50_000.0, NEW: 5_000.0}] * 12,
    {RETAINED: 41_250.0, NEW: 7_100.0, REACTIVATED: 6_200.0, WON_BACK: 1_320.0, NO_PURCHASE: -90.0},
)


def newest(rates: pd.DataFrame, measure: str) -> pd.Series:
    return rates[rates["measure"] == measure].iloc[-1]


def tiles(
    ledger: pd.DataFrame = LEDGER,
    rates: pd.DataFrame = RATES,
    revenue: pd.DataFrame = REVENUE,
    language: Language = ENGLISH,
) -> dict[str, Tile]:
    return {tile.key: tile for tile in headline_tiles(ledger, rates, revenue, language)}


def two(column: str, before: float, now: float) -> dict[str, Tile]:
    """Tiles of two periods that differ in one column of the ledger."""
    ledger = LEDGER.iloc[-2:].assign(**{column: [before, now]})
    return tiles(ledger)


def rated(measure: str, *pairs: tuple[int, int]) -> Tile:
    """The tile of a measure with those numerators and denominators, period by period."""
    counts = {name: [(1, 10)] * len(pairs) for name in (CHURN, REACTIVATION, WIN_BACK)}
    return tiles(rates=frames.rates(counts | {measure: list(pairs)}))[measure]


def test_with_prospects_in_scope_the_page_says_so() -> None:
    text = summary.headline("U", LEDGER, RATES, ENGLISH, scope=WITH_PROSPECTS)
    assert (
        "67 inactive customers and prospects came back or joined; 10 of them had been lost." in text
    )
    shown = headline_tiles(LEDGER, RATES, REVENUE, ENGLISH, scope=WITH_PROSPECTS)
    (tile,) = [tile for tile in shown if tile.key == REACTIVATION]
    assert tile.detail.endswith("dormant or lost customers and prospects")
    others = [tile for tile in shown if tile.key != REACTIVATION]
    assert others == [tile for key, tile in tiles().items() if key != REACTIVATION]


# Headline -----------------------------------------------------------------------------------------


def headline(ledger: pd.DataFrame = LEDGER, rates: pd.DataFrame = RATES, unit: str = "U") -> str:
    return summary.headline(unit, ledger, rates, ENGLISH)


def test_headline_says_the_newest_period_of_its_frames() -> None:
    churn, back, won = (newest(RATES, measure) for measure in (CHURN, REACTIVATION, WIN_BACK))
    assert numbers(headline()) == [
        LAST["period"].year,
        LAST["closing_active"],
        abs(LAST["closing_active"] - LAST["opening_active"]),
        abs(LAST["closing_active"] - LEDGER["closing_active"].iloc[0]),
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


@pytest.mark.parametrize(
    ("then", "words"),
    [(1800, " and 100 more than "), (1950, " and 50 fewer than "), (1900, " and as many as ")],
)
def test_headline_says_which_way_a_year_went(then: int, words: str) -> None:
    ledger = LEDGER.assign(closing_active=[then, *LEDGER["closing_active"].iloc[1:]])
    assert words + "a year earlier." in headline(ledger)
    assert "year" not in headline(ledger.iloc[1:])


def test_headline_of_years_compares_with_the_year_before_once() -> None:
    ledger = frames.ledger([(10, 0, 0, 0, 0, 5.0)] * 3, freq="YS")
    rates = frames.rates_of(ledger, freq="YS")
    text = summary.headline("U", ledger, rates, Language(frequency="year"))
    assert text.startswith("At the close of 2028, U had 30 active customers, 10 more than a year e")
    assert text.count("earlier") == 1


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


@pytest.mark.parametrize("unit", ["{count} & {unit}", "50% off", "<b>U</b>", "a\u200fb"])
def test_name_of_the_unit_stands_as_it_is(unit: str) -> None:
    assert f", {unit} had 1,900 active customers" in headline(unit=unit)


def test_name_of_the_unit_does_not_turn_the_figures_after_it() -> None:
    assert ", Uv had 1,900 active customers" in headline(unit="U\u202e\u2067v\u2069")


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


# Small lines ---


def test_small_lines_are_the_figures_of_the_newest_periods() -> None:
    shown = tiles()
    columns = {"active_customers": "closing_active", "new_customers": "new", "revenue": "revenue"}
    for key, column in columns.items():
        assert shown[key].series == LEDGER[column].astype(float).tolist()
    churn = RATES.loc[RATES["measure"] == CHURN, "rate"]
    assert shown[CHURN].series == [None, *churn.iloc[1:]]
    ends = [churn.iloc[1], churn.iloc[-1], churn.min(), churn.max()]
    assert numbers(shown[CHURN].trend) == [2025, *map(share, ends)]
    assert shown[CHURN].trend.startswith("since July 2025")


def test_small_lines_are_no_longer_than_is_read() -> None:
    moves = [(10, 0, 0, 0, 0, 5.0)] * (SERIES + 1)
    ledger = frames.ledger(moves)
    assert tiles(ledger, frames.rates_of(ledger))["new_customers"].series == [10.0] * SERIES


def test_of_one_period_there_is_no_line_to_tell() -> None:
    first = LEDGER.iloc[:1]
    assert {tile.trend for tile in tiles(first, frames.rates_of(first)).values()} == {""}


@pytest.mark.parametrize(
    ("newest", "count"),
    [
        ({}, 0),
        ({CHURN: (40, 200)}, 1),
        ({CHURN: (5, 200), REACTIVATION: (40, 200), WIN_BACK: (40, 200)}, 0),
        ({CHURN: (40, 200), REACTIVATION: (5, 200), WIN_BACK: (5, 200)}, 3),
    ],
)
def test_rates_on_the_wrong_side_of_normal_are_counted(
    newest: dict[str, tuple[int, int]], count: int
) -> None:
    counts = {name: [*pairs, newest.get(name, (20, 200))] for name, pairs in STEADY.items()}
    assert summary.worse_than_normal(frames.rates(counts)) == count


# What is unusual, what it is worth ----------------------------------------------------------------

STEADY = {
    CHURN: [(20, 200)] * 12,
    REACTIVATION: [(20, 200)] * 12,
    WIN_BACK: [(20, 200)] * 12,
}


def stands(language: Language = ENGLISH, **newest: tuple[int, int]) -> str:
    """What is said of twelve steady periods and a newest one."""
    counts = {name: [*pairs, newest.get(name, (20, 200))] for name, pairs in STEADY.items()}
    return summary.unusual(frames.rates(counts), language)


def test_rates_within_their_ranges_are_listed() -> None:
    said = "Within the normal range: churn rate, reactivation rate and win-back rate."
    assert stands() == said


@pytest.mark.parametrize("measure", [CHURN, REACTIVATION, WIN_BACK])
@pytest.mark.parametrize(("part", "word"), [(40, "above"), (5, "below")])
@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_a_rate_outside_its_range_is_said_with_both(
    measure: str, part: int, word: str, code: str
) -> None:
    language = Language(code)
    said = stands(language, **{measure: (part, 200)})
    # 10 % of 200 with three standard errors.
    assert numbers(said, code) == [part / 2, 3.6, 16.4]
    assert name_of(measure, language) in said.split(".")[0]
    tile = tiles(
        rates=frames.rates({name: [*STEADY[name], (part, 200)] for name in STEADY}),
        language=language,
    )[measure]
    assert numbers(tile.normal, code) == [3.6, 16.4]
    if code == "en":
        assert f" is {word} its normal range" in said
        assert tile.normal == f"{word} normal (3.6–16.4%)"


def test_who_are_too_few_are_said_to_be() -> None:
    assert stands(win_back=(1, 9)).endswith("Too few customers to tell: win-back rate.")
    assert numbers(stands(win_back=(1, 9))) == []


def test_it_can_be_too_early_to_tell() -> None:
    rates = frames.rates({name: pairs[:12] for name, pairs in STEADY.items()})
    assert summary.unusual(rates, ENGLISH) == (
        "Too early to tell, with fewer than 12 periods before: "
        "churn rate, reactivation rate and win-back rate."
    )
    shown = tiles(rates=rates)
    assert {shown[measure].normal for measure in STEADY} == {"too early to tell"}


def test_of_a_rate_of_nobody_nothing_is_said() -> None:
    assert "win-back" not in stands(win_back=(0, 0))
    assert stands(churn=(0, 0), reactivation=(0, 0), win_back=(0, 0)) == ""


def test_only_rates_have_a_normal_range() -> None:
    assert [key for key, tile in tiles().items() if tile.normal] == [CHURN, REACTIVATION, WIN_BACK]


def test_the_rule_is_said_with_the_periods_it_looks_at() -> None:
    assert numbers(summary.rule(ENGLISH)) == [normal.PERIODS]


def worth(
    ledger: pd.DataFrame = LEDGER, rates: pd.DataFrame = MONEY, revenue: pd.DataFrame = REVENUE
) -> str:
    return summary.worth(ledger, rates, revenue, ENGLISH)


def test_what_those_who_came_back_brought_and_those_who_left_had() -> None:
    back = REVENUE[REVENUE["bought_as"].isin([REACTIVATED, WON_BACK])]["revenue"].sum()
    lost = newest(MONEY, REVENUE_CHURN)
    assert numbers(worth()) == [
        back,
        share(back / LAST["revenue"]),
        lost["numerator"],
        share(lost["rate"]),
    ]


def test_what_came_back_has_no_share_of_no_revenue() -> None:
    for revenue in (0.0, -5.0):
        text = worth(LEDGER.assign(revenue=revenue))
        assert text.startswith("Those who came back brought €7,520. Those who are no longer")


def test_where_nobody_came_back_or_left_nothing_is_said_of_their_worth() -> None:
    nobody = REVENUE[~REVENUE["bought_as"].isin([REACTIVATED, WON_BACK])]
    none = frames.rates({REVENUE_CHURN: [(0, 412_000)]})
    assert worth(rates=none, revenue=nobody) == ""
    assert worth(LEDGER.iloc[:-1], none) == ""
    assert worth(rates=MONEY.assign(numerator=float("nan")), revenue=nobody) == ""


def test_what_few_brought_is_not_said() -> None:
    few = REVENUE.replace({"bought_as": {WON_BACK: SMALL}})
    assert worth(revenue=few).startswith("Those who are no longer active")
    assert tiles(revenue=few)["revenue"].detail == ""


# Languages ----------------------------------------------------------------------------------------

TEXTS: dict[str, Callable[[Language], str]] = {
    "headline": lambda language: summary.headline("U", LEDGER, RATES, language),
    "tiles": lambda language: " | ".join(
        " ".join((tile.value, tile.detail, tile.change, tile.change_year, tile.normal, tile.trend))
        for tile in headline_tiles(LEDGER, RATES, REVENUE, language)
    ),
    "worth": lambda language: summary.worth(LEDGER, MONEY, REVENUE, language),
    "unusual": lambda language: stands(language, churn=(40, 200), win_back=(1, 9)),
    "rule": summary.rule,
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
    text = summary.headline("U", LEDGER, RATES, Language(code))
    assert all(figure in text for figure in written)
