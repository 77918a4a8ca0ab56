"""The simulated software company: its rows, its dirt, and that the kit finds its truth again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from retention import Unit, open_unit
from retention.sample import CUSTOMERS, write_company
from retention.sample_contracts import AS_OF, DIRT, FIRST_DAY, PLANS, PRICE_RISE, UNIT, contracts

END = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    write_company(folder)
    return folder


@pytest.fixture(scope="module")
def rows(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "data" / "sample_subscriptions.parquet")


@pytest.fixture(scope="module")
def truth(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "data" / "sample_contract_truth.parquet")


@pytest.fixture(scope="module")
def unit(folder: Path) -> Unit:
    return open_unit(str(folder / "params" / "software_us.yaml"))


@pytest.fixture(scope="module")
def clean(rows: pd.DataFrame) -> pd.DataFrame:
    kept = rows.drop_duplicates().dropna(subset=["customer_id", "started_on", "amount"])
    return kept[(kept["started_on"] < END) & (kept["started_on"] != kept["ended_on"])]


def test_the_same_seed_gives_the_same_rows() -> None:
    one, again, other = (contracts(seed=seed, customers=60) for seed in (3, 3, 4))
    assert one.subscriptions.equals(again.subscriptions)
    assert one.truth.equals(again.truth)
    assert not one.truth.equals(other.truth)


def test_shares_of_dirty_rows_are_those_declared(rows: pd.DataFrame) -> None:
    found = {
        "no_id": rows["customer_id"].isna().mean(),
        "no_date": rows["started_on"].isna().mean(),
        "no_amount": rows["amount"].isna().mean(),
        "future": (rows["started_on"] >= END).mean(),
        "no_day": (rows["started_on"] == rows["ended_on"]).mean(),
        "repeated": rows.duplicated().mean(),
    }
    assert found == pytest.approx(DIRT, rel=0.1)
    assert set(rows["unit"]) == {UNIT}


def test_contracts_have_what_contracts_have(clean: pd.DataFrame, truth: pd.DataFrame) -> None:
    assert len(truth) == CUSTOMERS // 8
    assert clean["started_on"].min() >= pd.Timestamp(FIRST_DAY)
    assert not (clean["ended_on"] < clean["started_on"]).any()
    ordered = clean.sort_values("started_on")
    ends_before = ordered.groupby("customer_id")["ended_on"].shift()
    assert (ends_before == ordered["started_on"]).sum() > 500
    assert (clean["ended_on"] >= END).sum() > 10  # notice was given, and the end lies ahead
    assert (clean["amount"] == 0).sum() > 50
    assert clean["product"].value_counts().min() > 100
    assert truth["returns"].sum() > 100
    before, after = PLANS["starter"]
    monthly = clean[(clean["product"] == "starter") & (clean["billing"] == "month")]
    prices = monthly[monthly["amount"] > 0].groupby(
        monthly["started_on"] >= pd.Timestamp(PRICE_RISE)
    )
    assert {bool(k): set(v) for k, v in prices["amount"]} == {False: {before}, True: {after}}


def test_the_kit_finds_the_truth_again(unit: Unit, truth: pd.DataFrame) -> None:
    # Dirty rows hide some of it.
    last = unit.ledger().iloc[-1]
    acquired = last[["closing_active", "closing_dormant", "closing_lost"]].sum()
    assert acquired == pytest.approx(len(truth), rel=0.02)
    assert last["closing_active"] == pytest.approx(truth["left_on"].isna().sum(), rel=0.03)
    assert unit.ledger()["lapsed"].sum() == pytest.approx(truth["lapses"].sum(), rel=0.1)
    mrr = unit.recurring()["closing_mrr"].iloc[-1]
    assert mrr == pytest.approx(truth["mrr"].sum(), rel=0.03)
    in_force = unit.quality().set_index("check")["amount"]["in_force"]
    assert in_force == pytest.approx(mrr, abs=0.01)


def test_the_story_of_the_price_rise_shows(unit: Unit) -> None:
    churn = unit.rates().query("measure == 'churn'").set_index("period")["rate"]
    assert churn["2026-02":].mean() > 1.2 * churn["2025-01":"2025-12"].mean()
