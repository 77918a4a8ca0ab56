"""All units side by side: read from published files, sorted by need, drawn and told."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import frames
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from figures import numbers, share
from matplotlib.colors import to_hex

from retention import normal, portfolio_narrative, portfolio_plots
from retention.errors import DataRefused
from retention.language import Language
from retention.rates import CHURN, REACTIVATION, WIN_BACK
from retention.reporting.bundles import as_csv
from retention.reporting.gate import PAGE_BYTES, problems
from retention.reporting.group_page import publish_group_page
from retention.reporting.index import write_index
from retention.reporting.limits import Limits
from retention.reporting.outcome import Outcome, Status
from retention.reporting.portfolio import (
    MEASURES,
    MOST_PERIODS,
    MOST_UNITS,
    UNITS,
    Portfolio,
    open_portfolio,
)
from retention.style import PALETTE

ENGLISH = Language()
STEADY = {CHURN: [(50, 500)] * 13, WIN_BACK: [(40, 400)] * 13, REACTIVATION: [(60, 600)] * 13}
MORE_CHURN = STEADY | {CHURN: [(50, 500)] * 12 + [(150, 500)]}
LESS_WIN_BACK = STEADY | {WIN_BACK: [(40, 400)] * 12 + [(2, 400)]}
NOBODY = STEADY | {WIN_BACK: [(0, 0)] * 13}


def published(
    out: Path,
    slug: str,
    *,
    name: str = "",
    active: int = 1000,
    counts: dict[str, list[tuple[int, int]]] | None = None,
    **settings: str,
) -> None:
    """A report as a run leaves it, as far as the page of all units reads it."""
    folder = out / slug / "2026-06-30"
    (folder / "data").mkdir(parents=True)
    ledger = frames.ledger()
    more = active - ledger["closing_active"].iloc[-1]
    ledger["closing_active"] += more
    ledger.loc[1:, "opening_active"] += more
    ledger.loc[0, "new"] += more
    rates = frames.rates(counts or STEADY)
    (folder / "data" / "ledger.csv").write_text(as_csv(ledger), encoding="utf-8")
    (folder / "data" / "rates.csv").write_text(as_csv(rates), encoding="utf-8")
    (folder / "report.html").write_text("<html></html>", encoding="utf-8")
    told = {"language": "en", "currency": "EUR", "frequency": "month"} | settings
    record = {
        "unit": name or slug,
        "settings": told,
        "facts": told | {"unit": name or slug, "as_of": "2026-06-30"},
    }
    (folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture
def four(tmp_path: Path) -> Portfolio:
    """Four units: steady and large, steady and small, with more churn, with less win-back."""
    published(tmp_path, "small", active=10)
    published(tmp_path, "large", active=5000)
    published(tmp_path, "leaving", active=20, counts=MORE_CHURN)
    published(tmp_path, "sleeping", active=30, counts=LESS_WIN_BACK)
    return open_portfolio(tmp_path)


# Reading ------------------------------------------------------------------------------------------


def test_figures_are_those_that_were_published(tmp_path: Path) -> None:
    published(tmp_path, "france", name="France", active=1234, currency="EUR")
    published(tmp_path, "us", name="US", active=77, currency="USD")
    opened = open_portfolio(tmp_path)
    assert tuple(opened.units.columns) == UNITS
    france, us = opened.units.to_dict("records")
    assert (france["unit"], france["closing_active"]) == ("France", 1234)
    assert france["newest_period"] == "June 2026"
    assert (france[CHURN], france[WIN_BACK], france[REACTIVATION]) == (0.1, 0.1, 0.1)
    assert france[f"{CHURN}_stands"] == normal.INSIDE
    assert (france["earned"], us["earned"]) == ("€59K", "$59K")
    assert opened.as_of == "2026-06-30"


def test_units_that_need_attention_come_first_then_the_largest(four: Portfolio) -> None:
    assert four.units["unit"].tolist() == ["leaving", "sleeping", "large", "small"]
    assert [member.name for member in four.members] == ["large", "sleeping", "leaving", "small"]


def test_newest_rates_are_one_row_a_unit_and_measure(four: Portfolio) -> None:
    newest = four.newest
    assert len(newest) == 4 * 3
    assert newest["period"].nunique() == 1
    leaving = newest[(newest["unit"] == "leaving") & (newest["measure"] == CHURN)]
    assert leaving["rate"].tolist() == [0.3]


def test_units_of_other_periods_are_left_out_and_named(tmp_path: Path) -> None:
    for slug in ("a", "b"):
        published(tmp_path, slug)
    published(tmp_path, "weekly", frequency="week")
    opened = open_portfolio(tmp_path)
    assert opened.left_out == ("weekly",)
    assert opened.units["unit"].tolist() == ["a", "b"]
    assert opened.language.frequency == "month"


def test_shops_and_contracts_are_one_group(tmp_path: Path) -> None:
    published(tmp_path, "shop")
    published(tmp_path, "software", model="subscriptions")
    opened = open_portfolio(tmp_path)
    assert (sorted(opened.units["unit"]), opened.left_out) == (["shop", "software"], ())
    assert opened.group["new"].tolist() == (2 * opened.members[0].ledger["new"]).tolist()


def test_units_of_one_name_are_told_apart_by_their_slugs(tmp_path: Path) -> None:
    for slug in ("north", "south"):
        published(tmp_path, slug, name="Shop")
    assert sorted(open_portfolio(tmp_path).units["unit"]) == ["Shop (north)", "Shop (south)"]


def test_language_is_the_one_asked_for_else_the_one_that_all_share(tmp_path: Path) -> None:
    published(tmp_path, "a", language="fr")
    assert open_portfolio(tmp_path).language.code == "fr"
    assert open_portfolio(tmp_path, language="es").language.code == "es"
    published(tmp_path, "b", language="es")
    assert open_portfolio(tmp_path).language.code == "en"


def test_charts_hold_so_many_units_and_the_table_all(tmp_path: Path) -> None:
    for number in range(MOST_UNITS + 2):
        published(tmp_path, f"unit_{number}", active=number + 1)
    opened = open_portfolio(tmp_path)
    charted = opened.charted(opened.newest)["unit"].unique().tolist()
    assert charted == [f"unit_{n}" for n in range(MOST_UNITS + 1, 1, -1)]
    assert len(opened.units) == MOST_UNITS + 2


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_a_report_is_refused_with_the_next_step(
    tmp_path: Path, there: bool
) -> None:
    out = tmp_path / "reports"
    if there:
        out.mkdir()
    with pytest.raises(DataRefused, match="no published report is here; `retention run`"):
        open_portfolio(out)


def test_charts_hold_the_newest_periods_alone(four: Portfolio) -> None:
    early = four.members[0].rates.assign(unit="large")
    early["period"] -= pd.DateOffset(months=13)
    longer = pd.concat([early, four.rates], ignore_index=True)
    shown = four.charted(longer)["period"]
    assert shown.nunique() == MOST_PERIODS
    assert shown.max() == four.rates["period"].max()


def test_the_group_is_the_sum_of_its_units(four: Portfolio) -> None:
    parts = [member.ledger for member in four.members]
    for name in ("new", "closing_active", "closing_lost", "revenue"):
        added = pd.concat([part[name] for part in parts], axis=1).sum(axis=1)
        assert four.group[name].tolist() == pytest.approx(added.tolist())


def test_money_of_several_currencies_is_not_added(tmp_path: Path) -> None:
    published(tmp_path, "eu")
    published(tmp_path, "us", currency="USD")
    opened = open_portfolio(tmp_path)
    assert opened.group["revenue"].isna().all()


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


def test_rows_without_any_rate_are_a_frame_like_any_other(tmp_path: Path) -> None:
    published(tmp_path, "young", counts=NOBODY)
    (row,) = open_portfolio(tmp_path).units.to_dict("records")
    assert pd.isna(row[WIN_BACK])
    assert row[f"{WIN_BACK}_stands"] == normal.NOBODY


# The page -----------------------------------------------------------------------------------------


def made(out: Path) -> Outcome | None:
    return publish_group_page(out, limits=Limits(120), page_bytes=PAGE_BYTES)


def test_the_page_of_two_units_is_whole_and_says_what_their_reports_say(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script> & $x$"
    published(tmp_path, "a", name=hostile, active=1200)
    published(tmp_path, "b", name="B", active=34, counts=MORE_CHURN)
    outcome = made(tmp_path)
    assert outcome == Outcome(Status.PUBLISHED)
    page = (tmp_path / "portfolio.html").read_text(encoding="utf-8")
    assert problems(page) == []
    soup = BeautifulSoup(page, "html.parser")
    assert soup.h1 is not None
    assert soup.h1.text == "All units"
    assert [cell.text for cell in soup.select("table:first-of-type tbody th")][:2] == ["B", hostile]
    assert "Above its normal range: churn rate of B." in soup.text
    assert all(image["alt"] for image in soup.select("img"))
    notebook = (tmp_path / "portfolio.ipynb").read_text(encoding="utf-8")
    assert tmp_path.name not in notebook


def test_one_unit_has_no_page_and_an_old_one_goes(tmp_path: Path) -> None:
    published(tmp_path, "only")
    (tmp_path / "portfolio.html").write_text("of two units, before one was deleted")
    assert made(tmp_path) is None
    assert not (tmp_path / "portfolio.html").exists()


def test_a_page_that_fails_leaves_the_one_before_and_says_why(tmp_path: Path) -> None:
    published(tmp_path, "a")
    published(tmp_path, "b")
    (tmp_path / "portfolio.html").write_text("the page before")
    (tmp_path / "b" / "2026-06-30" / "data" / "rates.csv").write_text("period\n")
    outcome = made(tmp_path)
    assert outcome is not None
    assert outcome.status is Status.NOTEBOOK_ERROR
    assert (tmp_path / "portfolio.html").read_text() == "the page before"


def test_the_index_links_to_the_page_where_there_is_one(tmp_path: Path) -> None:
    published(tmp_path, "a")
    assert "portfolio.html" not in write_index(tmp_path).read_text(encoding="utf-8")
    (tmp_path / "portfolio.html").write_text("all units")
    assert 'href="portfolio.html"' in write_index(tmp_path).read_text(encoding="utf-8")
