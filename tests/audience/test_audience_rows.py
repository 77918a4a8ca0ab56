"""What the file of an audience holds, and who is held out of it."""

from __future__ import annotations

from pathlib import Path

import ibis
import pytest
from audience_calls import HEADING, ORDERS, called, ids, record, refusal, report, rows
from orders import csv as orders_csv
from orders import settings_file

from retention.errors import SettingsRefused
from retention.reporting.conditions import condition

# What the file holds ------------------------------------------------------------------------------


@pytest.mark.usefixtures("kit")
def test_one_row_a_customer() -> None:
    result = called()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "audiences/a.csv: 4 customers (one-time-buyers, up to 2024-03-31)\n"
    # Nobody was held out, so that no share of a control is stated.
    campaign = "shop-one-time-buyers-2024-03-31,2024-04-01,Shop,"
    assert Path("audiences/a.csv").read_bytes().decode() == "\n".join(
        [
            HEADING,
            f"ben,dormant,2024-02-20,40,2024-03-21,2024-04-20,1,20,middle_value,treated,{campaign}",
            f"cid,lost,2024-01-05,86,2024-02-04,2024-03-05,1,5,low_value,treated,{campaign}",
            f"eve,active,2024-03-31,0,2024-04-30,2024-05-30,1,1000,high_value,treated,{campaign}",
            f"fay,active,2024-03-05,26,2024-04-04,2024-05-04,1,8,low_value,treated,{campaign}",
            "",
        ]
    )


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("became-dormant", "--since", "2024-03-20"), ["ben"]),
        (("became-dormant", "--since", "2024-03-21"), []),
        (("became-lost", "--since", "2024-03-04"), ["cid"]),
        (("won-back", "--since", "2024-03-20"), ["ann"]),
        (("won-back", "--since", "2024-03-19"), ["ann", "dan"]),
        (("about-to-lapse",), ["fay"]),
        (("about-to-lapse", "--within", "3"), []),
        (("about-to-lapse", "--within", "19"), ["dan", "fay"]),
        (("where", "--where", "state = 'active' AND value_365d >= 14"), ["ann", "dan", "eve"]),
        (("lost-high-value",), []),
        (("where", "--where", "tier = 'high_value'"), ["ann", "eve"]),
        (("one-time-buyers", "--where", "state <> 'active'"), ["ben", "cid"]),
        (("one-time-buyers", "--as-of", "2024-02-29"), ["ann", "ben", "cid", "dan"]),
    ],
)
def test_each_name(arguments: tuple[str, ...], expected: list[str]) -> None:
    result = called(*arguments)
    assert result.exit_code == 0, result.output
    assert ids() == expected
    assert record()["customers"] == len(expected)


@pytest.mark.usefixtures("kit")
def test_an_empty_audience_is_a_heading_and_says_so() -> None:
    said = called("where", "--where", "value_365d > 5000", "--holdout", "10%").stdout
    assert said == (
        "audiences/a.csv: nobody, its heading alone (customers where value_365d > 5000, up to "
        "2024-03-31)\n"
    )
    assert Path("audiences/a.csv").read_text() == HEADING + "\n"


@pytest.mark.usefixtures("kit")
def test_since_is_the_last_day_of_the_newest_report_that_covers_less() -> None:
    for day in ("2024-03-01", "2024-03-20", "2024-03-31"):
        report("shop", day)
    report("other", "2024-03-25")
    assert called("won-back").exit_code == 0
    assert (ids(), record()["since"]) == (["ann"], "2024-03-20")


@pytest.mark.usefixtures("kit")
def test_without_a_report_it_is_asked_for() -> None:
    report("shop", "2024-03-31")
    [said] = refusal("won-back")
    assert said.startswith("reports/shop: no report up to a day before 2024-03-31, so nobody knows")
    assert said.endswith("for instance --since 2024-03-01")


@pytest.mark.usefixtures("kit")
def test_lost_high_value() -> None:
    # All are lost by then; of six, the two who were worth most are of the high tier.
    assert called("lost-high-value", "--as-of", "2024-06-10").exit_code == 0
    assert ids() == ["ann", "eve"]


def test_segments_are_columns_to_choose_by(kit: Path) -> None:
    orders = [f"{row},{'web' if row[0] in 'abc' else ''}" for row in ORDERS]
    header = "customer_id,ordered_at,amount,tier"
    orders_csv(kit / "params" / "orders.csv", *orders, header=header)
    settings_file(kit / "params", "orders.csv", as_of="2024-03-31", segments=["tier"])
    assert called().exit_code == 0
    assert {row["customer_id"]: row["segment_tier"] for row in rows()} == {
        "ben": "web",
        "cid": "web",
        "eve": "unknown",
        "fay": "unknown",
    }
    chosen = ("--where", "segment_tier = 'web' AND tier = 'low_value'", "--force")
    assert called("one-time-buyers", *chosen).exit_code == 0
    assert ids() == ["cid"]
    [said] = refusal("one-time-buyers", "--where", "segment_teir = 'web'", "--force")
    assert "did you mean segment_tier?" in said


def test_segments_of_any_name_are_columns(kit: Path) -> None:
    orders = [f"{row},web" for row in ORDERS]
    header = 'customer_id,ordered_at,amount,"Region, zone"'
    orders_csv(kit / "params" / "orders.csv", *orders, header=header)
    settings_file(kit / "params", "orders.csv", as_of="2024-03-31", segments=["Region, zone"])
    assert called().exit_code == 0
    assert {(row["segment_Region, zone"], row["arm"]) for row in rows()} == {("web", "treated")}


def test_capitals_of_a_column_need_no_quotes() -> None:
    table = ibis.memtable({"segment_Region": ["north", "south"]})
    for name in ("segment_Region", "SEGMENT_REGION", '"segment_Region"'):
        chosen = table.filter(condition(f"{name} = 'north'", table.schema())(table))
        assert chosen.count().execute() == 1
    # Which of two is meant, capitals alone can say.
    both = ibis.schema({"Region": "string", "REGION": "string"})
    assert condition("REGION = 'south'", both)(ibis.table(both)).op().left.name == "REGION"
    with pytest.raises(SettingsRefused, match="there is no column region"):
        condition("region = 'south'", both)


# The hold-out -------------------------------------------------------------------------------------


@pytest.fixture
def many(kit: Path) -> Path:
    """The same unit with 400 customers."""
    orders_csv(kit / "params" / "orders.csv", *(f"c{n:03},2024-03-01,5" for n in range(400)))
    return kit


def control(file: str = "audiences/a.csv") -> set[str]:
    return {row["customer_id"] for row in rows(file) if row["arm"] == "control"}


@pytest.mark.usefixtures("many")
def test_a_hold_out_is_drawn_by_the_seed() -> None:
    result = called("one-time-buyers", "--holdout", "25%", "--seed", "7")
    held = control()
    assert 70 <= len(held) <= 130
    assert f"held out: {len(held)} (arm control); write to the others alone" in result.stdout
    assert record()["arms"] == {"treated": 400 - len(held), "control": len(held)}
    assert (record()["holdout"], record()["seed"]) == (0.25, "7")
    assert {row["planned_control"] for row in rows()} == {"0.25"}
    called("one-time-buyers", "--holdout", "25%", "--seed", "7", out="audiences/again.csv")
    assert control("audiences/again.csv") == held
    called("one-time-buyers", "--holdout", "25%", "--seed", "8", out="audiences/other.csv")
    assert control("audiences/other.csv") != held


@pytest.mark.usefixtures("many")
def test_each_campaign_draws_anew_unless_a_seed_is_given() -> None:
    for name in ("spring", "summer"):
        options = ("--holdout", "25%", "--campaign", name, "--contact-on", "2024-05-01")
        assert called("one-time-buyers", *options, out=f"audiences/{name}.csv").exit_code == 0
    assert control("audiences/spring.csv") != control("audiences/summer.csv")
    told = {(row["campaign"], row["contacted_on"]) for row in rows("audiences/spring.csv")}
    assert told == {("spring", "2024-05-01")}


@pytest.mark.usefixtures("kit")
def test_a_hold_out_of_nobody_is_said() -> None:
    said = called("one-time-buyers", "--holdout", "0.01%").stdout
    assert "nobody is held out, so no effect can be measured; take another --seed" in said
