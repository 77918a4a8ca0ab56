"""What cannot be asked of an audience, and which conditions can."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
import pytest
from audience_calls import called, ids, refusal
from orders import csv as orders_csv
from orders import settings_file
from typer.testing import CliRunner

from retention import audiences
from retention.cli import app
from retention.errors import SettingsRefused
from retention.reporting.conditions import condition

# What is refused ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("became-dormannt",), "there is no such audience; did you mean became-dormant?"),
        (
            ("everybody",),
            "there is no such audience; the audiences are became-dormant, became-lost",
        ),
        (("won-back", "--since", "2024-03-31"), "must be before 2024-03-31, the last day covered"),
        (("one-time-buyers", "--since", "2024-03-01"), "--since: one-time-buyers is not of what"),
        (("one-time-buyers", "--within", "3"), "--within: it is for about-to-lapse; leave it out"),
        (("where",), "where: it needs --where, a condition like"),
        (("one-time-buyers", "--seed", "3"), "--seed: it draws who is held out; give --holdout"),
        (("one-time-buyers", "--contact-on", "2024-03-31"), "must be after 2024-03-31"),
        *(
            (("one-time-buyers", "--holdout", text), f"--holdout {text}: is no percentage above 0")
            for text in ("10", "0%", "100%", "-1%", "ten%", "0.1", "")
        ),
    ],
)
def test_what_cannot_be_asked(arguments: tuple[str, ...], said: str) -> None:
    [line] = refusal(*arguments)
    assert said in line
    assert list(Path("audiences").iterdir()) == []


@pytest.mark.usefixtures("kit")
def test_all_that_is_wrong_is_said_at_once() -> None:
    lines = refusal("won-bak", "--seed", "1", "--where", "sate = 'lost'", out="nowhere/a.txt")
    assert [line.split(":")[0] for line in lines] == [
        "won-bak",
        "--seed",
        "--out nowhere/a.txt",
        "--out nowhere/a.txt",
        "--where at character 1",
    ]


@pytest.mark.usefixtures("kit")
def test_an_unknown_unit_is_refused_with_the_nearest() -> None:
    asked = ["audience", "shp", "one-time-buyers", "--out", "audiences/a.csv"]
    assert "did you mean shop?" in CliRunner().invoke(app, asked).stderr


@pytest.mark.parametrize("name", ["about-to-lapse", "one-time-buyers", "became-dormant"])
def test_contracts_have_no_such_audience(kit: Path, name: str) -> None:
    orders_csv(
        kit / "params" / "contracts.csv",
        "ann,2024-01-01,,10",
        "bob,2024-01-01,2024-03-11,10",
        header="customer_id,started_on,ended_on,amount",
    )
    settings_file(
        kit / "params",
        "contracts.csv",
        model="subscriptions",
        inactive_after=None,
        lost_after=None,
        as_of="2024-03-31",
    )
    [said] = refusal(name)
    assert said.startswith(f"shop.yaml: {name}: ")
    assert called("became-lost", "--since", "2024-03-01").exit_code == 0
    assert ids() == ["bob"]


@pytest.mark.parametrize(
    ("buys", "dormant_for", "missing"),
    [
        (True, 1, set()),
        (True, 0, {audiences.BECAME_DORMANT}),
        (False, 1, {audiences.ABOUT_TO_LAPSE, audiences.ONE_TIME_BUYERS}),
    ],
)
def test_each_other_audience_is_there(buys: bool, dormant_for: int, missing: set[str]) -> None:
    given = {"buys": buys, "dormant_for": dormant_for}
    assert {name for name in audiences.NAMES if audiences.why_not(name, **given)} == missing


def test_a_unit_without_dormancy_has_no_newly_dormant(kit: Path) -> None:
    settings_file(kit / "params", "orders.csv", lost_after=30)
    [said] = refusal("became-dormant", "--since", "2024-03-01")
    assert said.endswith("nobody turns dormant, customers are lost at once; ask for became-lost")


# Conditions ---------------------------------------------------------------------------------------

COLUMNS = ibis.schema(
    {"state": "string", "days": "int64", "value": "decimal(38, 4)", "last_on": "date"}
)
FOUR = [
    ("lost", 9, Decimal("1.5"), date(2024, 1, 1)),
    ("lost", 5, Decimal(-2), date(2024, 2, 1)),
    ("active", 0, Decimal(100), None),
    (None, 7, Decimal("0.1"), date(2024, 3, 1)),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("state = 'lost'", [0, 1]),
        ("'lost' = state", [0, 1]),
        ("STATE <> 'lost'", [2]),
        ("not state = 'lost'", [2]),
        ("state is null", [3]),
        ("state IS NOT NULL AND days < 9", [1, 2]),
        ("days between 5 and 7", [1, 3]),
        ("days not in (5, 7)", [0, 2]),
        ("state in ('lost', 'active') or days = 7", [0, 1, 2, 3]),
        ("(days > 8 or days <= 0) and value >= 1.5", [0, 2]),
        ("value = 0.1", [3]),
        ("value > -2", [0, 2, 3]),
        ("5 < days", [0, 3]),
        ("last_on >= '2024-02-01'", [1, 3]),
        ("last_on < DATE '2024-02-01'", [0]),
        ("state like 'l%'", [0, 1]),
        ("days = value", []),
        ("\"state\" = 'lost' -- a comment", [0, 1]),
        ("state = 'it''s; drop table x'", []),
    ],
)
def test_conditions(text: str, expected: list[int]) -> None:
    rows = [(number, *row) for number, row in enumerate(FOUR)]
    table = ibis.memtable(rows, schema={"number": "int64", **COLUMNS})
    found = table.filter(condition(text, COLUMNS)(table)).order_by("number").number.to_pyarrow()
    assert found.to_pylist() == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "--where: it is empty; a condition compares columns"),
        ("sate = 'lost'", "--where at character 1: there is no column sate; did you mean state?"),
        ("days > 1 and x = 2", "--where at character 14: there is no column x; the columns are"),
        ('state = "lost"', 'there is no column "lost", and texts stand in single quotes'),
        ("t.state = 'lost'", "there is no column t.state"),
        ("state = 'lost", "a quote is not closed"),
        ("state = ", "at character 7: it cannot be read near '='"),
        ("state = 'a'; drop table t", "--where at character 14: it cannot be read near 'drop'"),
        ("state = 'a'; days = 3", "it is more than one; join them by AND or OR"),
        ("days = 1 union select 2", "it cannot be read near 'union'"),
        ("days in (select 1)", "days IN (SELECT 1) is no condition"),
        ("exists (select 1)", "is no condition"),
        ("read_text('/etc/passwd') = 'x'", "is no column"),
        ("state = getenv('HOME')", "--where at character 9: state is a text, and GETENV('HOME')"),
        ("upper(state) = 'LOST'", "--where at character 1: UPPER(state) is no column"),
        ("days + 1 > 3", "days + 1 is no column"),
        ("1 = 1", "1 is no column"),
        ("state", "state is no condition"),
        ("days = '3'", "--where at character 8: days is a number, and '3' is none"),
        ("days = 1e400", "days is a number, and 1e400 is none"),
        ("state = 3", "state is a text, and 3 is none"),
        ("state = NULL", "state is a text, and NULL is none"),
        ("last_on = '31/12/2024'", "last_on is a date like '2026-10-31', and '31/12/2024' is none"),
        ("last_on = days", "last_on is a date like '2026-10-31', and days is none"),
        ("days like 'x'", "LIKE is for texts, and days is a number"),
        ("state like days", "state LIKE days is no condition"),
        (f"{'(' * 900}days = 1{')' * 900}", "it cannot be read"),
        ("x" * 3000, "it has 3,000 characters; at most 2,000 are read"),
    ],
)
def test_conditions_that_are_refused(text: str, said: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        condition(text, COLUMNS)
    [problem] = refused.value.problems
    assert said in problem


@pytest.mark.usefixtures("kit")
def test_no_condition_is_on_an_id() -> None:
    # It would stand in the manifest, which holds none.
    [said] = refusal("where", "--where", "customer_id = 'ann'")
    assert "there is no column customer_id" in said
