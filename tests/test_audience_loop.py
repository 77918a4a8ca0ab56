"""The loop: whom to write to, what they did, and what the next run says that it achieved."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from orders import csv as orders_csv
from orders import settings_file
from typer.testing import CliRunner

from retention import contacts, open_unit
from retention.balance import SUSPECT_RATIO
from retention.cli import app
from retention.experiments import NONE_SHOWN, RAISED, SUSPECT
from retention.sample import AS_OF, company, params_files
from retention.winback import WinBack

RESPONSE = 0.2
"""The share of customers who come back whether they are written to or not."""

HELD_OUT = {"june": "30%", "july": "10%"}
CHOSEN = {"june": "state = 'dormant'", "july": "state = 'lost'"}
UPLIFT = {"june": 0.15, "july": 0.0}
VERDICT = {"june": RAISED, "july": NONE_SHOWN}
"""Campaign -> the hold-out and the condition of its audience, what it will do, and be called."""


def responders(
    rows: Sequence[Mapping[str, str]], draw: random.Random, uplift: float
) -> Iterator[tuple[str, str]]:
    """Customer and arm of those who come back: more of those who are written to."""
    for row in rows:
        if draw.random() < RESPONSE + uplift * (row["arm"] == "treated"):
            yield row["customer_id"], row["arm"]


def written(file: str) -> list[dict[str, str]]:
    with Path(file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_hold_outs_give_back_the_uplift_that_was_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outlet of the sample company, as the sample writes it, and as its next month goes on."""
    monkeypatch.chdir(tmp_path)
    for name in ("params", "data", "audiences"):
        (tmp_path / name).mkdir()
    for name in ("defaults.yaml", "outlet_us.yaml"):
        Path("params", name).write_text(params_files()[name], encoding="utf-8")
    drawn = company()
    sold = drawn.transactions[drawn.transactions["unit"] == "Outlet US"]
    # The month to come is drawn below: nothing of the dirt may be part of it.
    sold = sold[~(sold["ordered_at"] >= pd.Timestamp(AS_OF + timedelta(days=1)))]
    frames = {"transactions": sold, "prospects": drawn.prospects, "contacts": drawn.contacts}
    for source, frame in (frames | {"feedback": drawn.feedback}).items():
        frame.to_parquet(f"data/sample_{source}.parquet")

    # The first files: an audience for each campaign, of whom 30 % and 10 % are held out.
    sent = {}
    for campaign, held_out in HELD_OUT.items():
        options = ["--out", f"audiences/{campaign}.csv", "--holdout", held_out]
        options += ["--where", CHOSEN[campaign], "--campaign", campaign]
        done = CliRunner().invoke(app, ["audience", "outlet_us", "where", *options])
        assert done.exit_code == 0, done.output
        sent[campaign] = written(f"audiences/{campaign}.csv")
        assert len(sent[campaign]) > 500

    # What happens then: some come back, and more of those who are written to.
    draw = random.Random(7)
    came: Counter[tuple[str, str]] = Counter()
    orders = []
    for campaign, rows in sent.items():
        for customer, arm in responders(rows, draw, UPLIFT[campaign]):
            came[campaign, arm] += 1
            day = pd.Timestamp(AS_OF + timedelta(days=draw.randint(1, 30)))
            orders.append({"customer_id": customer, "ordered_at": day})
    later = pd.DataFrame(orders).assign(unit="Outlet US", amount=50.0)
    pd.concat([sold, later]).to_parquet("data/sample_transactions.parquet")

    # The last file: those same audiences, as the contacts of the next run.
    settings = Path("params/outlet_us.yaml")
    given = settings.read_text(encoding="utf-8").replace(
        "../data/sample_contacts.parquet", "../audiences/*.csv"
    )
    settings.write_text(f"{given}as_of: {AS_OF + timedelta(days=30)}\n", encoding="utf-8")
    found = WinBack(open_unit(str(settings)))
    effects = found.campaign_responses().set_index("campaign")
    checks = found.campaign_checks().set_index("campaign")
    for campaign, rows in sent.items():
        held = sum(row["arm"] == "control" for row in rows)
        effect, check = effects.loc[campaign], checks.loc[campaign]
        assert (effect["control_watched"], effect["watched"]) == (held, len(rows) - held)
        assert effect["control_responders"] == came[campaign, "control"]
        assert effect["responders"] == came[campaign, "treated"]
        assert effect["low"] < UPLIFT[campaign] < effect["high"]
        assert effect["verdict"] == VERDICT[campaign]
        # Each is held against its own plan, which came with the file.
        assert check["planned_share"] == float(HELD_OUT[campaign].strip("%")) / 100
        assert check["ratio_p"] > SUSPECT_RATIO
        assert not check["unlike"]

    # A third of one control is lost on the way: that campaign is not compared, the other one is.
    text = Path("audiences/june.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for n, line in enumerate(text) if ",control," not in line or n % 3]
    Path("audiences/june.csv").write_text("".join(kept), encoding="utf-8")
    found = WinBack(open_unit(str(settings)))
    verdicts = found.campaign_responses().set_index("campaign")["verdict"]
    assert verdicts.to_dict() == {"june": SUSPECT, "july": VERDICT["july"]}


def test_units_that_write_into_one_folder_keep_to_their_own_campaigns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("params", "audiences"):
        (tmp_path / name).mkdir()
    orders_csv(tmp_path / "params" / "orders.csv", "=ann,2024-01-05,10", "ben,2024-03-31,5")
    # A name and an id are formulas to a spreadsheet: guarded in the file, and read back.
    names = {"other": "=Other, Ltd", "shop": "Shop"}
    for slug, unit in names.items():
        settings_file(tmp_path / "params", "orders.csv", unit=unit)
        (tmp_path / "params" / "shop.yaml").rename(tmp_path / "params" / f"{slug}.yaml")
    for slug in names:
        options = ["--out", f"audiences/{slug}.csv", "--where", "state = 'lost'"]
        done = CliRunner().invoke(app, ["audience", slug, "where", *options])
        assert done.exit_code == 0, done.output
    text = Path("audiences/other.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1].endswith(',"\'=Other, Ltd",')

    given = {"contacts": "../audiences/*.csv", "as_of": "2024-04-30"}
    for slug, name in names.items():
        opened = open_unit(
            str(settings_file(tmp_path / "params", "orders.csv", unit=name, **given))
        )
        sent = contacts.contacts(opened.others["contacts"], as_of=opened.as_of).to_pandas()
        assert sent["campaign"].tolist() == [f"{slug}-where-2024-03-31"]
        assert sent["customer_id"].tolist() == ["=ann"]
