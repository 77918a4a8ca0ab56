"""The win-back notebook as papermill executes it: of purchases, contracts, hardly any data."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from retention import sample_contracts
from retention.balance import ARM_CHECKS
from retention.effects import RESPONSE_EFFECTS, SPEND_EFFECTS, STATE_RESPONSES
from retention.inactive import ACTIVITY_RANGES, BREAKDOWNS, GROUPS
from retention.inactive_segments import INACTIVE_BY_SEGMENT
from retention.language import Language
from retention.onboarding import BY_SEGMENT, ONBOARDING
from retention.opportunity_backtest import BACKTEST
from retention.opportunity_value import OPPORTUNITY
from retention.reasons import BY_REASON
from retention.reporting import bundles
from retention.reporting.notebooks import WINBACK, kit_notebook
from retention.reporting.work import checked_page
from retention.rfm_segments import SEGMENTS
from retention.sample import write_company
from retention.second_purchase import TIMES
from retention.segments import COMPARED
from retention.tenure import TENURES

ENGLISH = Language(currency="USD")
COLUMNS = {
    "inactive": GROUPS.names,
    "activity_ranges": ACTIVITY_RANGES.names,
    "segments": COMPARED,
    "inactive_segments": INACTIVE_BY_SEGMENT.names,
    "rfm_segments": SEGMENTS.names,
    "opportunity": OPPORTUNITY,
    "backtest": BACKTEST,
    "onboarding": ONBOARDING.names,
    "onboarding_segments": BY_SEGMENT.names,
    "second_purchase_times": TIMES,
    "campaign_responses": RESPONSE_EFFECTS,
    "campaign_spend": SPEND_EFFECTS,
    "campaign_states": STATE_RESPONSES,
    "campaign_checks": ARM_CHECKS,
    "reasons": BY_REASON,
}
"""What the notebook publishes beside the quality of the data."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("winback")
    write_company(folder, customers=900)
    return folder


def executed(folder: Path, **parameters: object) -> NotebookNode:
    notebook = nbformat.read(kit_notebook(WINBACK), as_version=nbformat.NO_CONVERT)
    nbformat.write(notebook, folder / "winback.ipynb")
    return papermill.execute_notebook(
        str(folder / "winback.ipynb"),
        None,
        parameters=parameters,
        cwd=str(folder),
        kernel_name="python3",
        progress_bar=False,
        # Of nbclient's own 4 seconds a busy machine may need more for a large figure.
        iopub_timeout=120,
    )


@pytest.fixture(scope="module")
def shop(company: Path) -> NotebookNode:
    return executed(company, unit="params/outlet_us.yaml")


def html(notebook: NotebookNode) -> BeautifulSoup:
    shown = [
        output.get("data", {}).get("text/html", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    return BeautifulSoup("".join(shown), "html.parser")


def frame(notebook: NotebookNode, name: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(bundles.frames(notebook)[name]))


def test_every_cell_runs_without_a_word_on_the_side(shop: NotebookNode) -> None:
    kinds = {output.output_type for cell in shop.cells for output in cell.get("outputs", [])}
    assert kinds == {"display_data"}


def test_every_frame_is_published_with_its_columns(shop: NotebookNode) -> None:
    found = {name: tuple(frame(shop, name)) for name in bundles.frames(shop) if name != "quality"}
    assert found == COLUMNS
    assert all(len(frame(shop, name)) for name in COLUMNS)


def test_headline_and_tiles_are_cells_of_the_frames(shop: NotebookNode) -> None:
    facts, groups = bundles.facts(shop), frame(shop, "inactive")
    one = groups[groups["breakdown"] == next(iter(BREAKDOWNS))]
    shown = {tile["key"]: tile["value"] for tile in facts["tiles"]}
    assert shown["dormant_customers"] == f"{one['dormant'].sum():,}"
    assert shown["lost_customers"] == f"{one['lost'].sum():,}"
    assert f"{one['customers'].sum():,} of the" in facts["headline"]
    total = frame(shop, "opportunity").iloc[-1]
    assert shown["opportunity_value"] == ENGLISH.short_money(total["worth"])
    lead, tested, most = (each.get_text() for each in html(shop).select("p.lead:has(~ .tiles)"))
    for amount in total[["worth", "worth_low", "worth_high"]]:
        assert ENGLISH.rounded_money(amount) in lead
    captions = " ".join(each.get_text() for each in html(shop).select("figcaption"))
    named = most.removeprefix("The group worth most, of those that can be shown: ")
    assert f"Worth most of those shown: {named.partition('. This command')[0]}" in captions
    assert tested in captions


def test_every_chart_is_described_and_the_page_may_be_published(shop: NotebookNode) -> None:
    figures = [figure.select("img") for figure in html(shop).select("figure:has(img)")]
    assert figures
    for first, *panels in figures:
        assert len(first["alt"]) > 40
        assert all(panel["alt"] for panel in panels)
    assert "<h1>" in checked_page(shop, [], 600_000)


def test_contracts_are_told_by_tenure_and_valued_by_days_of_service(tmp_path: Path) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "params" / "software_us.yaml").write_text(
        f"{sample_contracts.SETTINGS}as_of: 2026-06-30\n"
    )
    rows = sample_contracts.contracts(seed=1, customers=2000).subscriptions
    rows.to_parquet(tmp_path / "data" / "sample_subscriptions.parquet")
    contracts = executed(tmp_path, unit="params/software_us.yaml")
    groups = frame(contracts, "inactive")
    first = groups[groups["breakdown"] == next(iter(BREAKDOWNS))]
    assert tuple(first["group"]) == TENURES
    facts = bundles.facts(contracts)
    assert [tile["key"] for tile in facts["tiles"]] == [
        *("dormant_customers", "lost_customers", "opportunity_value", "former_value"),
    ]
    states = {tile["key"]: tile["value"] for tile in facts["tiles"][:2]}
    for _, own in groups.groupby("breakdown"):
        assert states["lost_customers"] == ENGLISH.number(own["lost"].sum())
    total, days = frame(contracts, "opportunity").iloc[-1], frame(contracts, "backtest")
    assert total["customers"] <= first["customers"].sum()
    assert total["worth_low"] < total["worth"] < total["worth_high"]
    assert days["realised"].notna().any()
    lead, tested, most = (
        each.get_text() for each in html(contracts).select("p.lead:has(~ .tiles)")
    )
    assert ENGLISH.rounded_money(total["worth"]) in lead
    assert "since the end of service (" in most
    assert "the same estimate" in tested
    text = html(contracts).get_text()
    assert "up to the end of each one's service" in text
    assert "contracts run on without a day of purchase" in text
    assert "last purchase" not in text


def test_hardly_any_data_make_a_page_too(tmp_path: Path) -> None:
    day = date(2026, 1, 1)
    rows = [f"c{number},{day + timedelta(days=number)},10" for number in range(3)]
    text = "\n".join(["customer_id,ordered_at,amount", *rows, "late,2026-06-30,5", ""])
    (tmp_path / "orders.csv").write_text(text)
    settings = "unit: Small\nsource: orders.csv\ninactive_after: 30\nlost_after: 60\n"
    (tmp_path / "small.yaml").write_text(settings)
    small = executed(tmp_path, unit="small.yaml")
    assert "No group of customers is large enough to show yet." in html(small).get_text()
    # Nor the money of three.
    told = {tile["key"] for tile in bundles.facts(small)["tiles"]}
    assert told == {"dormant_customers", "lost_customers"}
