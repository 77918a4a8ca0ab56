"""The loop: whom to write to, what they did, and what the next run says that it achieved."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from orders import csv as orders_csv
from orders import settings_file
from typer.testing import CliRunner

from retention import contacts, open_unit
from retention.balance import SUSPECT_RATIO
from retention.cli import app
from retention.experiments import SUSPECT
from retention.winback import WinBack

CUSTOMERS = 6000
LAST_DAY = date(2024, 6, 30)
RESPONSE = 0.2
"""The share of customers who come back whether they are written to or not."""

HELD_OUT = {"june": "30%", "july": "10%"}
"""Campaign -> what the hold-out of its audience is asked to be; each has half of the customers."""


def responders(
    rows: Sequence[Mapping[str, str]], draw: random.Random, uplift: float
) -> Iterator[tuple[str, str]]:
    """Customer and arm of those who come back: more of those who are written to."""
    for row in rows:
        if draw.random() < RESPONSE + uplift * (row["arm"] == "treated"):
            yield row["customer_id"].removeprefix(chr(39)), row["arm"]


def written(file: str) -> list[dict[str, str]]:
    with Path(file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(("uplift", "verdict"), [(0.1, "raised"), (0.0, "none_shown")])
def test_the_hold_outs_give_back_the_uplift_that_was_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uplift: float, verdict: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("params", "audiences"):
        (tmp_path / name).mkdir()
    draw = random.Random(7)
    # Ids that a spreadsheet would compute come through the loop too.
    ids = [f"={number}" if number % 3 else f"c{number}" for number in range(CUSTOMERS)]
    orders = [
        f"{name},{day},{20 + number % 2}"
        for number, name in enumerate(ids)
        for day in ("2024-01-15", "2024-02-01")
    ]
    orders += ["other,2024-06-30,1"]
    orders_csv(tmp_path / "params" / "orders.csv", *orders)
    settings_file(tmp_path / "params", "orders.csv")

    # The first files: an audience for each campaign, of whom 30 % and 10 % are held out.
    sent = {}
    for number, (campaign, held_out) in enumerate(HELD_OUT.items()):
        options = ["--out", f"audiences/{campaign}.csv", "--holdout", held_out]
        options += ["--where", f"value_365d = {40 + 2 * number}", "--campaign", campaign]
        done = CliRunner().invoke(app, ["audience", "shop", "where", *options])
        assert done.exit_code == 0, done.output
        sent[campaign] = written(f"audiences/{campaign}.csv")
        assert len(sent[campaign]) == CUSTOMERS / 2

    # What happens then: some come back, and more of those who are written to.
    came: Counter[tuple[str, str]] = Counter()
    for campaign, rows in sent.items():
        for customer, arm in responders(rows, draw, uplift):
            came[campaign, arm] += 1
            day = LAST_DAY + timedelta(days=draw.randint(1, 30))
            orders.append(f"{customer},{day},50")
    orders.append("other,2024-07-30,1")
    orders_csv(tmp_path / "params" / "orders.csv", *orders)

    # The last file: those same audiences, as the contacts of the next run, and no other setting.
    path = settings_file(tmp_path / "params", "orders.csv", contacts="../audiences/*.csv")
    found = WinBack(open_unit(str(path)))
    effects = found.campaign_responses().set_index("campaign")
    checks = found.campaign_checks().set_index("campaign")
    for campaign, rows in sent.items():
        held = sum(row["arm"] == "control" for row in rows)
        effect, check = effects.loc[campaign], checks.loc[campaign]
        assert (effect["control_watched"], effect["watched"]) == (held, len(rows) - held)
        assert effect["control_responders"] == came[campaign, "control"]
        assert effect["responders"] == came[campaign, "treated"]
        assert effect["low"] < uplift < effect["high"]
        assert effect["verdict"] == verdict
        # Each is held against its own plan, which came with the file.
        assert check["planned_share"] == float(HELD_OUT[campaign].strip("%")) / 100
        assert check["ratio_p"] > SUSPECT_RATIO
        assert not check["unlike"]

    # A third of one control is lost on the way: that campaign is not compared, the other one is.
    text = Path("audiences/june.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for n, line in enumerate(text) if ",control," not in line or n % 3]
    Path("audiences/june.csv").write_text("".join(kept), encoding="utf-8")
    verdicts = WinBack(open_unit(str(path))).campaign_responses().set_index("campaign")["verdict"]
    assert verdicts.to_dict() == {"june": SUSPECT, "july": verdict}


def test_units_that_write_into_one_folder_keep_to_their_own_campaigns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("params", "audiences"):
        (tmp_path / name).mkdir()
    orders_csv(tmp_path / "params" / "orders.csv", "ann,2024-01-05,10", "ben,2024-03-31,5")
    # One name is a formula to a spreadsheet: guarded in the file, and read back.
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
