"""The loop: whom to write to, what they did, and what the next run says that it achieved."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from orders import csv as orders_csv
from orders import settings_file
from typer.testing import CliRunner

from retention import contacts, effects, experiments, open_unit
from retention.cli import app

CUSTOMERS = 4000
LAST_DAY = date(2024, 6, 30)
RESPONSE = 0.2
"""The share of customers who come back whether they are written to or not."""


@pytest.mark.parametrize(("uplift", "verdict"), [(0.1, "raised"), (0.0, "none_shown")])
def test_the_hold_out_gives_back_the_uplift_that_was_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uplift: float, verdict: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("params", "audiences"):
        (tmp_path / name).mkdir()
    draw = random.Random(7)
    # Ids that a spreadsheet would compute come through the loop too.
    ids = [f"={number}" if number % 3 else f"c{number}" for number in range(CUSTOMERS)]
    orders = [f"{name},{day},20" for name in ids for day in ("2024-01-15", "2024-02-01")]
    orders += ["other,2024-06-30,1"]
    orders_csv(tmp_path / "params" / "orders.csv", *orders)
    settings_file(tmp_path / "params", "orders.csv")

    # The first file: the audience, of whom 30 % are held out.
    options = ["--out", "audiences/june.csv", "--holdout", "30%", "--where", "state = 'lost'"]
    done = CliRunner().invoke(app, ["audience", "shop", "where", *options])
    assert done.exit_code == 0, done.output
    with Path("audiences/june.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == CUSTOMERS

    # What happens then: some come back, and more of those who are written to.
    came: dict[str, int] = {"treated": 0, "control": 0}
    for row in rows:
        if draw.random() < RESPONSE + uplift * (row["arm"] == "treated"):
            came[row["arm"]] += 1
            day = LAST_DAY + timedelta(days=draw.randint(1, 30))
            orders.append(f"{row['customer_id'].removeprefix(chr(39))},{day},50")
    orders.append("other,2024-07-30,1")
    orders_csv(tmp_path / "params" / "orders.csv", *orders)

    # The second file: that same audience, as the contacts of the next run.
    settings_file(tmp_path / "params", "orders.csv", contacts="../audiences/june.csv")
    unit = open_unit(str(tmp_path / "params" / "shop.yaml"))
    sent = contacts.contacts(unit.others["contacts"], as_of=unit.as_of)
    asked = {"response_days": 30, "as_of": unit.as_of}
    answered = experiments.responses(sent, unit.spells, unit.customer_days, **asked)
    arms = experiments.arms(answered).to_pandas()
    [found] = effects.response_effects(arms).to_dict("records")

    held = sum(row["arm"] == "control" for row in rows)
    assert (found["control_watched"], found["control_responders"]) == (held, came["control"])
    assert (found["watched"], found["responders"]) == (CUSTOMERS - held, came["treated"])
    assert found["low"] < uplift < found["high"]
    assert found["verdict"] == verdict
    [checks] = effects.arm_checks(arms, planned_share=0.3).to_dict("records")
    assert checks["ratio_p"] > effects.SUSPECT_RATIO
    assert not checks["unlike"]


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
    assert text.splitlines()[1].endswith(',"\'=Other, Ltd"')

    given = {"contacts": "../audiences/*.csv", "as_of": "2024-04-30"}
    for slug, name in names.items():
        opened = open_unit(
            str(settings_file(tmp_path / "params", "orders.csv", unit=name, **given))
        )
        sent = contacts.contacts(opened.others["contacts"], as_of=opened.as_of).to_pandas()
        assert sent["campaign"].tolist() == [f"{slug}-where-2024-03-31"]
