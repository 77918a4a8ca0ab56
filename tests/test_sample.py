import logging
from itertools import pairwise
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from retention import sample_contracts
from retention.sample import (
    AS_OF,
    CUSTOMERS,
    DIRT,
    FIRST_DAY,
    Company,
    company,
    params_files,
    write_company,
)

TRACKED = Path(__file__).parents[1] / "params"
BY_RHYTHM = ["Alimentación España", "Outlet US", "Mode France", "Office Furniture UK"]
END = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def drawn() -> Company:
    return company()


@pytest.fixture(scope="module")
def clean(drawn: Company) -> pd.DataFrame:
    rows = drawn.transactions.drop_duplicates()
    rows = rows.dropna(subset=["customer_id", "ordered_at", "amount"])
    rows = rows[rows["ordered_at"] < END]
    return rows.assign(day=rows["ordered_at"].dt.normalize())


@pytest.fixture(scope="module")
def gaps(clean: pd.DataFrame) -> pd.DataFrame:
    """One row a closed gap between two purchase days of a customer."""
    days = clean.groupby(["unit", "customer_id", "day"], as_index=False)["amount"].sum()
    days = days[days["amount"].round(4) > 0].sort_values(["customer_id", "day"])
    days["gap"] = days.groupby("customer_id")["day"].diff().dt.days
    return days.dropna(subset="gap")


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_same_seed_gives_the_same_bytes_and_another_seed_other_data(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_company(tmp_path / name, seed=seed, customers=500)
    first, again, other = (bytes_of(tmp_path / name) for name in "abc")
    assert first == again
    assert {name for name in first if first[name] != other[name]} == {
        str(Path("data") / f"sample_{name}.parquet")
        for name in (
            *("transactions", "truth", "prospects", "contacts", "feedback"),
            *("subscriptions", "contract_truth"),
        )
    }


def test_prospects_sign_up_before_and_after_buying_and_most_never_buy(drawn: Company) -> None:
    rows = drawn.prospects
    assert set(rows["unit"]) == {"Outlet US"}
    truth = drawn.truth[drawn.truth["unit"] == "Outlet US"]
    assert drawn.truth["known_on"].notna().sum() == truth["known_on"].notna().sum()
    known = truth.dropna(subset="known_on")
    first = rows[rows["known_on"] < END].groupby("customer_id")["known_on"].min()
    assert (known.set_index("customer_id")["known_on"] == first[known["customer_id"]]).all()
    waited = known["known_on"] < known["acquired_on"]
    assert 0.3 < waited.mean() < 0.7
    never = ~rows["customer_id"].dropna().isin(truth["customer_id"])
    assert 0.6 < never.mean() < 0.8
    assert rows["customer_id"].isna().any()
    assert rows["known_on"].isna().any()
    assert (rows["known_on"] >= END).any()
    assert rows["customer_id"].dropna().duplicated().any()


def test_at_least_20000_customers_over_36_whole_months_in_every_unit(
    drawn: Company, clean: pd.DataFrame
) -> None:
    assert len(drawn.truth) == CUSTOMERS >= 20_000
    assert drawn.truth["customer_id"].is_unique
    assert clean["day"].min() == pd.Timestamp(FIRST_DAY)
    assert clean["day"].max() == pd.Timestamp(AS_OF)
    months = clean.groupby(["unit", clean["day"].dt.to_period("M")]).size()
    assert months.groupby("unit").size().to_dict() == dict.fromkeys(BY_RHYTHM, 36)
    assert clean.groupby("customer_id")["unit"].nunique().max() == 1


def test_shares_of_dirty_rows_are_those_declared(drawn: Company) -> None:
    rows = drawn.transactions
    found = {
        "no_id": rows["customer_id"].isna().mean(),
        "no_date": rows["ordered_at"].isna().mean(),
        "no_amount": rows["amount"].isna().mean(),
        "future": (rows["ordered_at"] >= END).mean(),
        "repeated": rows.duplicated().mean(),
    }
    assert found == pytest.approx(DIRT, rel=0.02)


def test_only_whole_rows_tell_duplicates_from_two_equal_articles(drawn: Company) -> None:
    rows = drawn.transactions.drop_duplicates()
    assert not rows.duplicated(["order_id", "line"]).any()
    assert rows.duplicated(rows.columns.difference(["line"])).sum() > 1000


def test_rows_are_shuffled(drawn: Company) -> None:
    # Of any two neighbours in random order, the later comes first in about half.
    falls = (drawn.transactions["ordered_at"].diff() < pd.Timedelta(0)).mean()
    assert falls == pytest.approx(0.5, abs=0.02)


def test_no_purchase_before_arrival_after_leaving_or_in_a_pause(
    drawn: Company, clean: pd.DataFrame
) -> None:
    bought = clean[clean["amount"] > 0].merge(drawn.truth, on=["unit", "customer_id"])
    assert len(bought) == (clean["amount"] > 0).sum()
    assert (bought["day"] >= bought["acquired_on"]).all()
    assert not (bought["day"] >= bought["left_on"]).any()
    assert not (
        (bought["day"] >= bought["paused_on"]) & (bought["day"] < bought["returned_on"])
    ).any()


def test_who_arrived_or_returned_within_the_data_bought_on_that_day(
    drawn: Company, clean: pd.DataFrame
) -> None:
    days = set(zip(clean["customer_id"], clean["day"], strict=True))
    truth = drawn.truth[drawn.truth["acquired_on"] >= pd.Timestamp(FIRST_DAY)]
    for event in ("acquired_on", "returned_on"):
        known = truth.dropna(subset=event)
        met = [key in days for key in zip(known["customer_id"], known[event], strict=True)]
        # A dirty row may hide the purchase.
        assert sum(met) / len(met) > 0.95


def test_history_is_cut_and_truth_dates_are_in_order(drawn: Company) -> None:
    truth = drawn.truth
    before = truth["acquired_on"] < pd.Timestamp(FIRST_DAY)
    assert (before.groupby(truth["unit"]).mean() > 0.15).all()
    left = truth["left_on"].fillna(END)
    assert (truth["acquired_on"] < left).all()
    returned = truth.dropna(subset="returned_on")
    assert (returned["acquired_on"] < returned["paused_on"]).all()
    assert (returned["paused_on"] < returned["returned_on"]).all()
    assert (returned["returned_on"] < left[returned.index]).all()
    assert (truth["paused_on"].isna() == truth["returned_on"].isna()).all()
    assert set(truth.dropna(subset="campaign_on")["unit"]) == {"Outlet US"}
    assert truth["left_on"].isna().groupby(truth["unit"]).mean().between(0.2, 0.8).all()


def test_refunds_follow_their_line_and_never_exceed_it(clean: pd.DataFrame) -> None:
    back = clean[clean["amount"] < 0]
    assert (back["line"] > 2).all()
    assert (clean.loc[clean["line"] > 2, "amount"] <= 0).all()
    origin = clean.assign(line=clean["line"] + 2)
    both = back.merge(origin, on=["customer_id", "order_id", "line"], suffixes=("", "_sold"))
    assert len(both) > 0.9 * len(back)
    assert (both["ordered_at"] > both["ordered_at_sold"]).all()
    assert (-both["amount"] <= both["amount_sold"]).all()
    days = clean.groupby(["customer_id", "day"])["amount"].agg(["sum", "max"])
    assert ((days["sum"].abs() < 1e-9) & (days["max"] > 0)).sum() > 100


def test_customers_order_more_than_once_a_day(clean: pd.DataFrame) -> None:
    orders = (
        clean[clean["amount"] > 0].groupby(["unit", "customer_id", "day"])["order_id"].nunique()
    )
    assert ((orders > 1).groupby("unit").mean() > 0.01).all()


def test_units_buy_at_clearly_different_rhythms(drawn: Company, gaps: pd.DataFrame) -> None:
    found = gaps.groupby("unit")["gap"].quantile(0.8)[BY_RHYTHM]
    assert all(slow > 1.4 * fast for fast, slow in pairwise(found))
    true = drawn.truth.groupby("unit")["rhythm"].median()[BY_RHYTHM]
    assert true.is_monotonic_increasing


def test_a_customer_keeps_the_rhythm_of_the_truth(drawn: Company, gaps: pd.DataFrame) -> None:
    own = gaps.groupby("customer_id")["gap"].agg(["mean", "size"])
    own = own[own["size"] >= 20].join(drawn.truth.set_index("customer_id"))
    never_paused = own[own["returned_on"].isna()]
    assert (never_paused["mean"] / never_paused["rhythm"]).median() == pytest.approx(1, abs=0.05)


def test_seasons_show(clean: pd.DataFrame) -> None:
    sold = clean[clean["amount"] > 0]
    months = sold.groupby(["unit", sold["day"].dt.month]).size().unstack()
    level = months.div(months.mean(axis=1), axis=0)
    assert level.loc["Alimentación España"].idxmin() == 8
    assert level.loc["Office Furniture UK"].idxmin() == 12
    assert level.drop("Office Furniture UK")[12].min() > 1.1


def leaving_rate(truth: pd.DataFrame, start: str, end: str) -> float:
    """Of the customers alive at the start of the window, the share who left within it."""
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    left = truth["left_on"].fillna(END)
    there = (truth["acquired_on"] < first) & (left > first)
    return float((there & (left <= last)).sum() / there.sum())


def test_fashion_loses_more_of_its_customers_since_november_2025(drawn: Company) -> None:
    fashion = drawn.truth[drawn.truth["unit"] == "Mode France"]
    before = leaving_rate(fashion, "2024-11-01", "2025-03-01")
    after = leaving_rate(fashion, "2025-11-01", "2026-03-01")
    assert after > 1.5 * before


def test_campaigns_of_2026_win_back_more_of_the_gone(drawn: Company) -> None:
    outlet = drawn.truth[drawn.truth["unit"] == "Outlet US"]
    shares = {}
    for start in sorted(outlet["campaign_on"].dropna().unique()):
        won = (outlet["campaign_on"] == start).sum()
        # Who is won back later was gone at this campaign too, from `paused_on` on.
        gone_on = outlet["paused_on"].fillna(outlet["left_on"])
        not_yet = ~(outlet["returned_on"] < start)
        shares[start] = won / (not_yet & (gone_on < start - pd.Timedelta(days=60))).sum()
    assert len(shares) == 8
    newest = [share for start, share in shares.items() if start.year == 2026]
    earlier = [share for start, share in shares.items() if start.year < 2026]
    assert min(newest) > 1.5 * max(earlier)


def test_tracked_params_are_the_bytes_that_are_written(tmp_path: Path) -> None:
    write_company(tmp_path, customers=100)
    written = {path.name: path.read_bytes() for path in (tmp_path / "params").iterdir()}
    tracked = {path.name: path.read_bytes() for path in TRACKED.glob("*.yaml")}
    assert written == tracked
    assert len(written) == 6


def test_units_of_the_params_are_those_of_the_data(drawn: Company) -> None:
    files = {name: yaml.safe_load(text) for name, text in params_files().items()}
    assert files.pop("defaults.yaml")["as_of"] == AS_OF
    shops = {s["unit"] for s in files.values() if s.get("model") != "subscriptions"}
    assert shops == set(drawn.truth["unit"])
    assert {s["unit"] for s in files.values()} - shops == {sample_contracts.UNIT}


def test_query_of_the_defaults_removes_repeated_rows_alone(tmp_path: Path) -> None:
    write_company(tmp_path, seed=5, customers=400)
    defaults = yaml.safe_load((tmp_path / "params" / "defaults.yaml").read_text())
    source = duckdb.read_parquet(str(tmp_path / "params" / defaults["source"]))
    kept = source.query("source", defaults["query"]).df()
    drawn = company(seed=5, customers=400).transactions
    assert len(kept) == len(drawn.drop_duplicates()) < len(drawn)
    assert set(kept.columns) == set(drawn.columns)


def test_written_data_are_the_drawn_ones(tmp_path: Path) -> None:
    paths = write_company(tmp_path, seed=5, customers=400)
    drawn = company(seed=5, customers=400)
    transactions, truth = (pd.read_parquet(path) for path in paths[:2])
    pd.testing.assert_frame_equal(transactions, drawn.transactions)
    pd.testing.assert_frame_equal(truth, drawn.truth)
    assert transactions["ordered_at"].dt.tz is None


def test_an_edited_params_file_is_left_alone_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    every = write_company(tmp_path, customers=100)
    edited = tmp_path / "params" / "outlet_us.yaml"
    edited.write_text("unit: Mine\n")
    with caplog.at_level(logging.WARNING):
        again = write_company(tmp_path, customers=100)
    assert edited.read_text() == "unit: Mine\n"
    assert set(every) - set(again) == {edited}
    assert [str(edited) in record.getMessage() for record in caplog.records] == [True]
    assert not list(tmp_path.rglob("*.unfinished"))


def test_too_few_customers_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        company(customers=99)
