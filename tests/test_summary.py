"""The first screen: every figure in it is read back and found in the frame it came from."""

from __future__ import annotations

from collections.abc import Callable

import frames
import pandas as pd
import pytest
from figures import assert_same_figures, numbers, share
from summarised import ENGLISH, LAST, LEDGER, MONEY, RATES, REVENUE, newest, stands, tiles

from retention import summary
from retention.language import Language
from retention.rates import CHURN, REACTIVATION, WIN_BACK, WITH_PROSPECTS
from retention.tiles import tiles as headline_tiles


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


@pytest.mark.parametrize("unit", ["{count} & {unit}", "50% off", "<b>U</b>"])
def test_name_of_the_unit_stands_as_it_is(unit: str) -> None:
    assert f", {unit} had 1,900 active customers" in headline(unit=unit)


def test_name_of_the_unit_does_not_turn_the_figures_after_it() -> None:
    assert ", Uv had 1,900 active customers" in headline(unit="U\u202e\u2067v\u2069")
    assert ", \u2068a\u200fb\u2069 had 1,900 active" in headline(unit="a\u200fb")


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
    assert_same_figures(TEXTS[text], code)


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
