"""All units side by side: drawn, and told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import portfolios
import pytest
from figures import numbers, share
from matplotlib.colors import to_hex
from portfolios import ENGLISH, NOBODY, published

from retention import portfolio_narrative, portfolio_plots
from retention.rates import CHURN, WIN_BACK
from retention.reporting.portfolio import MEASURES, Portfolio, open_portfolio
from retention.style import PALETTE


@pytest.fixture
def four(tmp_path: Path) -> Portfolio:
    return portfolios.four(tmp_path)


# Telling ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_headline_counts_units_and_customers_and_names_what_is_unusual(
    four: Portfolio, code: str
) -> None:
    told = portfolio_narrative.headline(four.units, dataclasses.replace(ENGLISH, code=code))
    assert numbers(told, code) == [4, 5060]
    assert told.index("leaving") < told.index("sleeping")
    assert "large" not in told


def test_headline_of_units_without_anything_unusual(tmp_path: Path) -> None:
    published(tmp_path, "only", active=7)
    told = portfolio_narrative.headline(open_portfolio(tmp_path).units, ENGLISH)
    assert told == (
        "1 unit with 7 active customers. No unit's churn or win-back lies outside its normal range."
    )


def test_alt_text_names_the_lowest_and_the_highest(four: Portfolio) -> None:
    told = portfolio_narrative.newest_rates(four.newest, [CHURN, WIN_BACK], ENGLISH)
    churn, win_back = told.split(". ")
    assert churn == "Churn rate: from 10.0% (large) to 30.0% (leaving)"
    assert win_back.startswith("Win-back rate: from 0.5% (sleeping) to 10.0%")


def test_alt_text_over_time_has_newest_and_range_of_each(four: Portfolio) -> None:
    told = portfolio_narrative.rates_over_time(four.rates, CHURN, ENGLISH)
    for member in four.members:
        frame = member.rates[member.rates["measure"] == CHURN]["rate"]
        (sentence,) = [part for part in told.split(". ") if part.startswith(f"{member.name}:")]
        assert numbers(sentence)[:1] == [share(frame.iloc[-1])]
        assert {share(frame.min()), share(frame.max())} <= set(numbers(sentence))


def test_nobody_at_risk_is_said_and_no_rate(tmp_path: Path) -> None:
    published(tmp_path, "young", counts=NOBODY)
    opened = open_portfolio(tmp_path)
    for told in (
        portfolio_narrative.newest_rates(opened.newest, [WIN_BACK], ENGLISH),
        portfolio_narrative.rates_over_time(opened.rates, WIN_BACK, ENGLISH),
    ):
        assert "nobody was at risk yet" in told
        assert numbers(told) == []


# Drawing ------------------------------------------------------------------------------------------


def test_newest_rates_are_a_row_a_unit_with_interval_and_value(four: Portfolio) -> None:
    newest = four.charted(four.newest)
    panels = portfolio_plots.newest_rates(newest, MEASURES, ENGLISH)
    assert [ax.get_title(loc="left") for ax in panels] == [
        "Churn rate",
        "Reactivation rate",
        "Win-back rate",
    ]
    first = panels[0]
    assert [label.get_text() for label in first.get_yticklabels()] == [
        member.name for member in four.members
    ]
    bottom, top = first.get_ylim()
    assert bottom > top, "the first unit stands at the top"
    churn = newest[newest["measure"] == CHURN].reset_index(drop=True)
    bars, dots = first.lines[::2], first.lines[1::2]
    for row, (bar, dot) in enumerate(zip(bars, dots, strict=True)):
        assert list(bar.get_xdata()) == [churn["low"][row], churn["high"][row]]
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (churn["rate"][row], row)
        assert to_hex(dot.get_color()) == PALETTE[CHURN]
    assert [text.get_text() for text in first.texts] == ["10.0%", "10.0%", "30.0%", "10.0%"]


def test_rates_over_time_share_one_scale(four: Portfolio) -> None:
    panels = portfolio_plots.rates_over_time(four.charted(four.rates), CHURN, ENGLISH)
    assert [ax.get_title(loc="left") for ax in panels] == [member.name for member in four.members]
    assert len({ax.get_ylim() for ax in panels}) == 1
    top = four.rates.loc[four.rates["measure"] == CHURN, "high"].max()
    assert panels[0].get_ylim() == (0, pytest.approx(top))
    leaving = panels[2].lines[0]
    rates = four.members[2].rates
    assert list(leaving.get_ydata()) == rates.loc[rates["measure"] == CHURN, "rate"].tolist()


def test_panels_of_nobody_say_so(tmp_path: Path) -> None:
    published(tmp_path, "young", counts=NOBODY)
    opened = open_portfolio(tmp_path)
    (panel,) = portfolio_plots.newest_rates(opened.newest, [WIN_BACK], ENGLISH)
    assert [text.get_text() for text in panel.texts] == ["nobody was at risk yet"]
    (panel,) = portfolio_plots.rates_over_time(opened.rates, WIN_BACK, ENGLISH)
    assert [text.get_text() for text in panel.texts] == ["Nobody was at risk yet"]


def test_names_with_dollars_are_no_formulas(tmp_path: Path) -> None:
    published(tmp_path, "us", name="$US$ & <b>")
    opened = open_portfolio(tmp_path)
    panels = portfolio_plots.newest_rates(opened.newest, MEASURES, ENGLISH)
    panels[0].figure.canvas.draw()
    label = panels[0].get_yticklabels()[0]
    assert (label.get_text(), label.get_parse_math()) == ("$US$ & <b>", False)
