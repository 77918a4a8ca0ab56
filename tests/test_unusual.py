"""Small lines, what is unusual, and what it is worth."""

from __future__ import annotations

import frames
import pandas as pd
import pytest
from figures import numbers, share
from summarised import ENGLISH, LAST, LEDGER, MONEY, RATES, REVENUE, STEADY, newest, stands, tiles

from retention import normal, summary
from retention.language import Language
from retention.ledger import REACTIVATED, WON_BACK
from retention.rates import CHURN, REACTIVATION, REVENUE_CHURN, WIN_BACK
from retention.suppression import SMALL
from retention.tiles import SERIES
from retention.words import name_of


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
        assert tile.normal == f"{word} normal (3.6–\u206016.4%)"


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
