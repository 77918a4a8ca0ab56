"""All units side by side: read from published files, sorted by need, on a page of their own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import portfolios
import pytest
from bs4 import BeautifulSoup
from portfolios import MORE_CHURN, NOBODY, published

from retention import normal
from retention.errors import DataRefused
from retention.rates import CHURN, REACTIVATION, WIN_BACK
from retention.reporting.gate import PAGE_BYTES, problems
from retention.reporting.group_page import publish_group_page
from retention.reporting.index import write_index
from retention.reporting.limits import Limits
from retention.reporting.outcome import Outcome
from retention.reporting.portfolio import (
    MOST_PERIODS,
    MOST_UNITS,
    UNITS,
    Portfolio,
    open_portfolio,
)
from retention.reporting.statuses import Status


@pytest.fixture
def four(tmp_path: Path) -> Portfolio:
    return portfolios.four(tmp_path)


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
