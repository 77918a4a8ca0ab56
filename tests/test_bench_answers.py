"""The benchmark compares ways that come to the same figures, and says where one does not."""

from __future__ import annotations

from pathlib import Path

from benchmarks import answers, by_hand, by_kit, company


def test_sql_by_hand_comes_to_every_table_of_the_kit(tmp_path: Path) -> None:
    path = company.transactions(4_000, tmp_path)
    kit, hand = by_kit.tables(path), by_hand.tables(path)
    assert set(kit) == set(hand)
    assert answers.differences(kit, hand) == []
    assert set(hand["revenue"]["bought_as"]) >= {"new", "retained", "won_back", "no_purchase"}
    hand["quality"]["no_customer_id"] += 1
    hand["revenue"].loc[3, "bought_as"] = "another"
    hand["revenue"].loc[3, "customers"] += 1
    hand["returns"] = hand["returns"].iloc[1:]
    assert answers.differences(kit, hand) == [
        "revenue.customers",
        "revenue.bought_as",
        f"returns: {len(kit['returns'])} rows and {len(kit['returns']) - 1}",
        "quality.no_customer_id",
    ]
