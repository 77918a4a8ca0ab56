"""`retention audience`: the file of customers, who may read it, where it may lie, what it says."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders import csv as orders_csv
from orders import settings_file
from typer.testing import CliRunner, Result

from retention import audiences, cells, do_not_contact, formulas, open_unit
from retention.cli import app
from retention.errors import SettingsRefused
from retention.quality import QUALITY
from retention.reporting import private_files
from retention.reporting.conditions import condition
from retention.sources import open_source

HEADING = (
    "customer_id,state,last_purchase_on,days_silent,turns_dormant_on,turns_lost_on,purchase_days,"
    "value_365d,tier,arm,campaign,contacted_on,unit"
)
ORDERS = (
    "ann,2024-01-01,10",
    "ann,2024-03-25,30.5",
    "ben,2024-02-20,20",
    "cid,2024-01-05,5",
    "dan,2024-01-10,7",
    "dan,2024-03-20,7",
    "eve,2024-03-31,1000",
    "fay,2024-03-05,8",
)
# On 2024-03-31, dormant after 30 days and lost after 60: ann active (back from lost on 03-25), ben
# dormant since 03-21, cid lost since 03-05, dan active (back on 03-20), eve and fay active.


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a unit `shop`, in which the command is called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params").mkdir()
    (tmp_path / "audiences").mkdir()
    orders_csv(tmp_path / "params" / "orders.csv", *ORDERS)
    settings_file(tmp_path / "params", "orders.csv", as_of="2024-03-31")
    return tmp_path


def called(name: str = "one-time-buyers", *options: str, out: str = "audiences/a.csv") -> Result:
    arguments = ["audience", "shop", name, "--out", out, *options]
    return CliRunner().invoke(app, arguments)


def rows(file: str = "audiences/a.csv") -> list[dict[str, str]]:
    with Path(file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def ids(file: str = "audiences/a.csv") -> list[str]:
    return [row["customer_id"] for row in rows(file)]


def record(file: str = "audiences/a.csv") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(f"{file}.manifest.json").read_text(encoding="utf-8"))
    return found


def refusal(*arguments: str, out: str = "audiences/a.csv") -> list[str]:
    result = called(*arguments, out=out)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr.splitlines()


def report(slug: str, as_of: str) -> None:
    folder = Path("reports", slug, as_of)
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("a page")
    (folder / "manifest.json").write_text('{"schema": 1, "slug": "shop", "as_of": "any"}')


# What the file holds ------------------------------------------------------------------------------


@pytest.mark.usefixtures("kit")
def test_one_row_a_customer() -> None:
    result = called()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "audiences/a.csv: 4 customers (one-time-buyers, up to 2024-03-31)\n"
    campaign = "shop-one-time-buyers-2024-03-31,2024-04-01,Shop"
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


# Who must not be written to -----------------------------------------------------------------------


def listing(folder: Path, *rows: str, heading: str = "customer_id") -> None:
    orders_csv(folder / "params" / "stop.csv", *rows, header=heading)
    settings_file(folder / "params", "orders.csv", as_of="2024-03-31", do_not_contact="stop.csv")


def test_who_must_not_be_contacted_is_removed_and_counted(kit: Path) -> None:
    listing(kit, " ben ", "cid", "cid", "ann", "nobody we know", '""')
    result = called("one-time-buyers", "--holdout", "50%", "--seed", "1")
    assert ids() == ["eve", "fay"]
    assert "2 customers" in result.stdout
    assert "removed: 2 by do_not_contact\n" in result.stdout
    assert (record()["removed"], record()["customers"]) == ({"do_not_contact": 2}, 2)
    for name in audiences.NAMES:
        since = ("--since", "2024-01-01") if name in audiences.SINCE else ()
        where = ("--where", "days_silent >= 0") if name == "where" else ()
        assert called(name, *since, *where, "--force").exit_code == 0
        assert not {"ann", "ben", "cid"} & {*ids()}, name


@pytest.mark.usefixtures("kit")
def test_without_a_list_nobody_is_said_to_be_removed() -> None:
    assert "removed" not in called().stdout
    assert record()["removed"] == {"do_not_contact": None}


def test_everybody_may_be_on_the_list(kit: Path) -> None:
    listing(kit, "ben", "cid", "eve", "fay")
    said = called("one-time-buyers").stdout
    assert said.startswith("audiences/a.csv: nobody, its heading alone (")
    assert "removed: 4 by" in said


def test_every_row_of_the_list_is_counted(kit: Path) -> None:
    rows = ("ben,Shop", "ben,Shop", ",Shop", "'=1+1,Shop", "cid,Elsewhere")
    listing(kit, *rows, heading="customer_id,unit")
    unit = open_unit(str(kit / "params" / "shop.yaml"))
    assert [tuple(row) for row in unit.quality()[["check", "rows"]].to_numpy()[-5:]] == [
        ("do_not_contact_rows", 5),
        ("do_not_contact_other_unit", 1),
        ("do_not_contact_no_customer_id", 1),
        ("do_not_contact_kept", 3),
        ("do_not_contact_repeated", 1),
    ]
    listed = do_not_contact.listed(unit.others["do_not_contact"]).to_pyarrow()
    assert sorted(listed["customer_id"].to_pylist()) == ["=1+1", "ben"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("client", "ben"), "the data lack the column customer_id"),
        (("customer_id",), "the source has no rows"),
        (("customer_id,unit", "ben,Shpo"), "no row has the unit 'Shop'"),
        (("customer_id,unit", ",Shop"), "no row can be counted (1 with no_customer_id)"),
    ],
)
def test_a_broken_list_is_refused(kit: Path, rows: tuple[str, ...], said: str) -> None:
    listing(kit, *rows[1:], heading=rows[0])
    [line] = refusal("one-time-buyers")
    assert line.startswith(f"shop.yaml: do_not_contact: {said}")


def test_schemas_of_the_list_hold_on_no_engine_at_all() -> None:
    raw = ibis.table({"customer_id": "int64"}, name="raw")
    named = do_not_contact.named(raw, unit="U")
    assert named.schema() == do_not_contact.NAMED
    tally = do_not_contact.tally(named)
    assert tally.schema() == do_not_contact.TALLY
    assert do_not_contact.listed(tally).schema() == do_not_contact.LISTED
    assert do_not_contact.quality(tally, as_of=date(2024, 1, 1)).schema() == QUALITY
    whole = ibis.table(audiences.AUDIENCE, name="audience")
    assert audiences.without(whole, do_not_contact.listed(tally)).schema() == audiences.AUDIENCE


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


# Who may read it, and where it lies ---------------------------------------------------------------


@contextmanager
def mask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("value", [0o000, 0o022, 0o777])
def test_both_files_are_for_the_owner_alone(value: int) -> None:
    with mask(value):
        assert called().exit_code == 0
    modes = [stat.S_IMODE(path.stat().st_mode) for path in Path("audiences").iterdir()]
    assert modes == [0o600, 0o600]


@pytest.mark.usefixtures("kit")
def test_it_is_for_the_owner_alone_before_the_first_byte(tmp_path: Path) -> None:
    seen = []

    def chunks() -> Iterator[bytes]:
        [place] = (tmp_path / "audiences").iterdir()
        seen.append((stat.S_IMODE(place.stat().st_mode), place.stat().st_size))
        yield b"ann"

    with mask(0), private_files.staged(tmp_path / "audiences" / "a.csv", chunks()) as staged:
        staged.put(force=False)
    assert seen == [(0o600, 0)]


def test_what_fails_half_way_leaves_nothing(kit: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"customer_id\n"
        raise OSError(28, "No space left on device")

    place = private_files.staged(kit / "audiences" / "a.csv", chunks())
    with pytest.raises(OSError, match="No space left"), place:
        pass
    assert list((kit / "audiences").iterdir()) == []


@pytest.mark.usefixtures("kit")
def test_a_file_that_is_there_is_kept() -> None:
    Path("audiences/a.csv").write_text("mine")
    assert refusal("one-time-buyers") == [
        "audiences/a.csv: exists; name another file, or overwrite it with --force"
    ]
    assert Path("audiences/a.csv").read_text() == "mine"
    assert called("one-time-buyers", "--force").exit_code == 0
    assert ids() == ["ben", "cid", "eve", "fay"]
    assert stat.S_IMODE(Path("audiences/a.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_came_meanwhile_is_kept(
    kit: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    target = kit / "audiences" / "a.csv"
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    with private_files.staged(target, [b"ours"]) as staged:
        target.write_text("theirs")
        with pytest.raises(SettingsRefused, match="exists"):
            staged.put(force=False)
    assert target.read_text() == "theirs"
    target.unlink()
    with private_files.staged(target, [b"ours"]) as staged:
        staged.put(force=False)
    assert target.read_text() == "ours"
    assert len(list(target.parent.iterdir())) == 1


def no_links(_path: Path, _target: Path) -> None:
    raise OSError(95, "Operation not supported")


@pytest.mark.parametrize(
    "made",
    [
        lambda: Path("reports").mkdir(),
        lambda: (Path("reports").mkdir(), Path("reports/shop").mkdir()),
        lambda: report("shop", "2024-03-20"),
    ],
)
@pytest.mark.usefixtures("kit")
def test_it_is_refused_under_reports(made: Callable[[], object]) -> None:
    made()
    folders = [path for path in Path("reports").rglob("*") if path.is_dir()]
    for folder in [Path("reports"), *folders]:
        [said] = refusal("one-time-buyers", out=f"{folder}/a.csv")
        assert said.startswith(f"--out {folder}/a.csv: lies among reports")
    Path("elsewhere").symlink_to(folder)
    [said] = refusal("one-time-buyers", out="elsewhere/a.csv")
    assert said.startswith("--out elsewhere/a.csv: lies among reports")
    assert not list(Path("reports").rglob("*.csv"))


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("mark", ["index.html", "latest.html", "manifest.json"])
def test_folders_that_look_like_reports_are_none_for_customers(mark: str) -> None:
    Path("published/deeper/runs").mkdir(parents=True)
    Path("published/runs").mkdir()
    Path("published", mark).write_text('{"schema": 1, "slug": "shop", "as_of": "2024-03-31"}')
    for folder in ("published", "published/deeper"):
        [said] = refusal("one-time-buyers", out=f"{folder}/a.csv")
        assert "lies among reports (published)" in said


@pytest.mark.usefixtures("kit")
def test_a_folder_with_an_index_of_its_own_is_no_report() -> None:
    for name in ("index.html", "manifest.json"):
        Path("audiences", name).write_text("{}")
    assert called().exit_code == 0


@pytest.mark.usefixtures("kit")
def test_a_folder_that_is_not_there_is_not_made() -> None:
    [said] = refusal("one-time-buyers", out="audience/a.csv")
    assert said == "--out audience/a.csv: there is no folder audience; make it first"
    Path("audiences/a.csv").mkdir()
    assert refusal("one-time-buyers", "--force") == [
        "--out audiences/a.csv: is a folder; name a file in it"
    ]


# The manifest -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("kit")
def test_the_manifest_says_who_when_and_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "maria")
    called("about-to-lapse", "--within", "19", "--where", "purchase_days > 1")
    found, body = record(), Path("audiences/a.csv").read_bytes()
    assert found["file"] == {
        "name": "a.csv",
        "sha256": hashlib.sha256(body).hexdigest(),
        "bytes": len(body),
    }
    expected = {
        "unit": "Shop",
        "audience": "about-to-lapse",
        "as_of": "2024-03-31",
        "since": None,
        "within_days": 19,
        "where": "purchase_days > 1",
        "customers": 1,
        "arms": {"treated": 1, "control": 0},
        "seed": None,
        "campaign": "shop-about-to-lapse-2024-03-31",
        "contacted_on": "2024-04-01",
        "written_by": "maria",
        "thresholds": [30, 60],
    }
    assert {key: found[key] for key in expected} == expected
    assert found["written_at"][:4].isdigit()
    assert found["kit"]
    assert not any(name in json.dumps(found) for name in ("ann", "dan"))


@pytest.mark.usefixtures("kit")
def test_other_settings_are_another_fingerprint(tmp_path: Path) -> None:
    called()
    before = record()
    settings_file(tmp_path / "params", "orders.csv", lost_after=61, as_of="2024-03-31")
    called("one-time-buyers", "--force")
    assert record()["settings_sha256"] != before["settings_sha256"]
    assert record()["data"] == before["data"]


def test_who_has_no_name_has_a_number(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert called(out=str(kit / "audiences" / "a.csv")).exit_code == 0
    assert record()["written_by"] == f"user {os.getuid()}"


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


# Spreadsheets -------------------------------------------------------------------------------------

FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(A1)", "'=x", "＝1+1", "-5", "-5.20", "'ann", "a,b", 'a"b')
FORMULAS += ("a;=1", "007", "1e5", "a=b", "''", "José", "=HYPERLINK(1)")


def test_ids_come_back_as_they_were(kit: Path) -> None:
    path = kit / "params" / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["customer_id", "ordered_at", "amount"])
        writer.writerows((name, "2024-03-01", 5) for name in FORMULAS)
        writer.writerow(("=1+1", "2024-03-10", -7.5))
    assert called().exit_code == 0
    written = ids()
    assert len(written) == len(FORMULAS)
    dangerous = [text for text in written if text[0] in "=+@＝" or text[0] == "-"]
    assert dangerous == ["-5", "-5.20"]
    assert [row["value_365d"] for row in rows() if row["customer_id"] == "'=1+1"] == ["-2.5"]
    source = open_source("a.csv", folder=kit / "audiences")
    read = source.table.select(
        customer_id=formulas.unguarded(cells.text(source.table, "customer_id"))
    )
    assert sorted(read.to_pyarrow()["customer_id"].to_pylist()) == sorted(FORMULAS)
    source.backend.disconnect()


@given(st.lists(st.text(alphabet="=+-@\t\r\n'ab1.＝", max_size=6), min_size=1))
def test_every_text_comes_back(texts: list[str]) -> None:
    guarded = [formulas.guarded(text) for text in texts]
    table = ibis.memtable({"text": guarded}, schema={"text": "string"})
    back = table.select(text=formulas.unguarded(table.text)).to_pyarrow()["text"].to_pylist()
    assert back == texts
    for text in guarded:
        number = text[:1] == "-" and text[1:].replace(".", "", 1).isdigit()
        assert text[:1] not in tuple("=+@\t\r\n＝-") or number


def test_order_is_that_of_the_ids(kit: Path) -> None:
    names = ["b", "a10", "a9", "B", "é", "_"]
    orders_csv(kit / "params" / "orders.csv", *(f"{name},2024-03-01,5" for name in names))
    called()
    assert ids() == sorted(names)
    assert {row["arm"] for row in rows()} == {audiences.TREATED}
