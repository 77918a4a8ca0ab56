"""Campaigns and answers from a unit's files to its page: what is measured, and what is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from displayed import html, showing
from histories import cells

from retention import open_unit
from retention.experiments import LOWERED, NONE_SHOWN, RAISED
from retention.reporting.winback_display import WinBackReport
from retention.winback import WinBack

DAY = date(2024, 3, 1)
KEYS = {
    "unit": "Shop",
    "source": "orders.csv",
    "as_of": "2024-04-30",
    "inactive_after": "30",
    "lost_after": "60",
    "currency": "USD",
}
ORDERS = ("customer_id", "ordered_at", "amount")
SENT = ("customer_id", "campaign", "contacted_on", "arm")
SAID = ("customer_id", "reported_on", "reason")


def shop(folder: Path, orders: Iterable[object], **files: object) -> WinBack:
    """A unit with these orders, and with the files and settings that are given."""
    keys = dict(KEYS)
    for name, rows, columns in (
        ("source", orders, ORDERS),
        ("contacts", files.pop("contacts", None), SENT),
        ("feedback", files.pop("feedback", None), SAID),
    ):
        if rows is not None:
            path = folder / f"{name}.csv"
            pd.DataFrame(rows, columns=list(columns)).to_csv(path, index=False)
            keys[name] = path.name
    keys |= {key: str(value) for key, value in files.items()}
    text = "".join(f"{key}: {value}\n" for key, value in keys.items())
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    return WinBack(open_unit(str(folder / "shop.yaml")))


def page(winback: WinBack) -> BeautifulSoup:
    """What the sections on campaigns and on reasons show."""
    report = WinBackReport(winback.unit)
    with showing() as outputs:
        report.campaigns(winback.campaign_responses(), winback.campaign_spend())
        report.campaign_details(winback.campaign_states(), winback.campaign_checks())
        report.reasons(winback.reasons())
    return BeautifulSoup("".join(str(html(output)) for output in outputs), "html.parser")


# A published experiment ---------------------------------------------------------------------------

HILLSTROM = {"Mens E-Mail": 21_307, "Womens E-Mail": 21_387, "control": 21_306}
VISITS = {"Mens E-Mail": 3894, "Womens E-Mail": 3238, "control": 2262}
CONVERSIONS = {"Mens E-Mail": 267, "Womens E-Mail": 189, "control": 122}
SPEND = {"Mens E-Mail": 1.4226, "Womens E-Mail": 1.0772, "control": 0.6528}


def hillstrom(counts: dict[str, int], spend: dict[str, float]) -> tuple[list[object], list[object]]:
    """Orders and contacts of 64,000 customers; who buys, buys within two weeks of the e-mail."""
    orders: list[object] = []
    sent: list[object] = []
    for arm, size in HILLSTROM.items():
        each = spend[arm] * size / counts[arm]
        for number in range(size):
            name = f"{arm} {number}"
            sent.append((name, "2008", DAY, arm))
            if number < counts[arm]:
                # Half of them a tenth more, the other half a tenth less; one left over as it is.
                left_over = counts[arm] % 2 and number == counts[arm] - 1
                amount = each * (1.0 if left_over else 1.1 if number % 2 else 0.9)
                orders.append((name, DAY + timedelta(days=number % 14), round(amount, 4)))
    return orders, sent


def test_hillstroms_visits(tmp_path: Path) -> None:
    orders, sent = hillstrom(VISITS, dict.fromkeys(HILLSTROM, 1.0))
    winback = shop(tmp_path, orders, contacts=sent, response_days=14, control_share=1 / 3)
    found = winback.campaign_responses().set_index("arm")
    assert found["response"].round(4).to_dict() == {"Mens E-Mail": 0.1828, "Womens E-Mail": 0.1514}
    assert set(found["control_response"].round(4)) == {0.1062}
    # Newcombe's interval, put together from scipy.stats.binomtest(...).proportion_ci("wilson").
    expected = {
        "Mens E-Mail": (0.076589563652, 0.069953308084, 0.083226741274),
        "Womens E-Mail": (0.045233106587, 0.038894095360, 0.051574342962),
    }
    for arm, values in expected.items():
        row = found.loc[arm]
        assert (row["uplift"], row["low"], row["high"]) == pytest.approx(values, abs=1e-9)
    assert set(found["verdict"]) == {RAISED}


def test_hillstroms_conversions_and_spend(tmp_path: Path) -> None:
    orders, sent = hillstrom(CONVERSIONS, SPEND)
    winback = shop(tmp_path, orders, contacts=sent, response_days=14)
    found = winback.campaign_responses().set_index("arm")
    shares = {"Mens E-Mail": 0.01253, "Womens E-Mail": 0.00884}
    assert found["response"].round(5).to_dict() == shares
    assert set(found["control_response"].round(5)) == {0.00573}
    expected = {
        "Mens E-Mail": (0.006805006520, 0.005014344671, 0.008640723397),
        "Womens E-Mail": (0.003111057511, 0.001501657132, 0.004745471314),
    }
    for arm, values in expected.items():
        row = found.loc[arm]
        assert (row["uplift"], row["low"], row["high"]) == pytest.approx(values, abs=1e-9)
    money = winback.campaign_spend().set_index("arm")
    assert money["spend_per_head"].round(4).to_dict() == {
        "Mens E-Mail": 1.4226,
        "Womens E-Mail": 1.0772,
    }
    assert set(money["control_spend_per_head"].round(4)) == {0.6528}
    assert money["uplift"].round(4).tolist() == [0.7698, 0.4244]
    # scipy.stats.ttest_ind(..., equal_var=False).confidence_interval() of the 64,000 amounts, and
    # of each arm alone scipy.stats.ttest_1samp(..., 0).confidence_interval().
    names = ("uplift", "low", "high")
    assert cells(money, *names) == [
        pytest.approx((0.769800563, 0.563589881, 0.976011245), abs=1e-8),
        pytest.approx((0.424399781, 0.231811362, 0.616988199), abs=1e-8),
    ]
    names = ("spend_per_head", "spend_per_head_low", "spend_per_head_high")
    assert cells(money, *names) == [
        pytest.approx((1.422600483, 1.252168224, 1.593032742), abs=1e-8),
        pytest.approx((1.077199701, 0.923529721, 1.230869680), abs=1e-8),
    ]
    control = cells(money, *(f"control_{name}" for name in names))[0]
    assert control == pytest.approx((0.652799920, 0.536706068, 0.768893773), abs=1e-8)
    # About USD 0.77 for each of 21,307 customers.
    assert money["extra"].iloc[0] == pytest.approx(0.7698 * 21_307, abs=30)


# Simulated campaigns, through every door ----------------------------------------------------------


@pytest.mark.parametrize(("seed", "uplift"), [(1, 0.03), (2, 0.03), (3, 0.03), (4, 0.0), (5, 0.0)])
def test_a_simulated_uplift_is_found_and_none_is_called_none(
    tmp_path: Path, seed: int, uplift: float
) -> None:
    rng = np.random.default_rng(seed)
    size = 12_000
    held_out = rng.random(size) < 0.2
    comes = rng.random(size) < 0.08 + np.where(held_out, 0, uplift)
    names = [f"c{number}" for number in range(size)]
    days = [DAY + timedelta(days=int(wait)) for wait in rng.integers(0, 30, size)]
    orders = [(name, date(2023, 12, 1), 20) for name in names]
    orders += [
        (names[n], days[n], round(float(rng.lognormal(3, 0.5)), 2)) for n in comes.nonzero()[0]
    ]
    arms = np.where(held_out, "control", "mail")
    sent = [(name, "spring", DAY, arm) for name, arm in zip(names, arms, strict=True)]
    winback = shop(tmp_path, orders, contacts=sent, control_share=0.2)
    found = winback.campaign_responses().iloc[0]
    assert found["low"] < uplift < found["high"]
    assert found["verdict"] == (RAISED if uplift else NONE_SHOWN)
    # All were lost: each response is a win-back.
    assert set(cells(winback.campaign_states(), "state")) == {"lost"}


# What the page says -------------------------------------------------------------------------------

SILENT = [(f"c{number}", date(2023, 12, 1), 20) for number in range(60)]


def mailed(arm: str, start: int, end: int, campaign: str = "spring") -> list[tuple[object, ...]]:
    return [(f"c{number}", campaign, DAY, arm) for number in range(start, end)]


def test_without_the_sources_a_line_says_how_to_add_them(tmp_path: Path) -> None:
    winback = shop(tmp_path, SILENT)
    text = page(winback).get_text()
    assert "This unit has no contacts: name a file with customer_id" in text
    assert "This unit has no answers: name a file with customer_id" in text
    assert not page(winback).find_all("table")
    assert winback.reasons().empty


def test_without_a_control_it_is_a_response(tmp_path: Path) -> None:
    back = [(f"c{number}", DAY, 5) for number in range(10)]
    soup = page(shop(tmp_path, SILENT + back, contacts=mailed("mail", 0, 50)))
    text = soup.get_text()
    assert "spring, mail: 20.0% of 50 responded. Response, not effect" in text
    assert "raised" not in text
    assert "arms can be compared" not in text


def test_no_plan_is_said_and_small_arms_and_the_money_of_few_are_left_out(tmp_path: Path) -> None:
    sent = mailed("mail", 0, 40) + mailed("control", 40, 60) + mailed("few", 0, 3, "tiny")
    back = [(f"c{number}", DAY, 5) for number in range(2)]
    soup = page(shop(tmp_path, SILENT + back, contacts=sent))
    text = soup.get_text()
    assert "No share to be held out was stated" in text
    assert "alike in all arms" in text
    assert "tiny" not in text
    caption = soup.find("caption", string="Spend per contacted customer, against the control")
    assert caption is not None
    table = caption.find_parent("table")
    assert table is not None
    # Two came: what they spent is theirs.
    assert "mail" in table.get_text()
    assert "$" not in table.get_text()


def test_arms_off_their_plan_or_unlike_are_named(tmp_path: Path) -> None:
    earlier = [(f"c{number}", date(2023, 11, 1), 100) for number in range(30)]
    sent = mailed("mail", 0, 40) + mailed("control", 40, 60)
    text = page(shop(tmp_path, SILENT + earlier, contacts=sent, control_share=0.9)).get_text()
    assert "1 campaign does not have the planned ratio of arms." in text
    assert "In 1 arm customers were unlike the control before the contact" in text
    assert "find out first what chose among the customers" in text


def test_unlike_arms_a_rise_is_not_put_down_to_the_campaign(tmp_path: Path) -> None:
    earlier = [(f"c{number}", date(2023, 11, 1), 100) for number in range(30)]
    back = [(f"c{number}", DAY, 5) for number in range(35)]
    sent = mailed("mail", 0, 40) + mailed("control", 40, 60)
    text = page(shop(tmp_path, SILENT + earlier + back, contacts=sent)).get_text()
    assert "More responded than of the control, but customers were unlike before" in text
    assert "because of it" not in text


def test_what_could_not_be_shown_or_checked_is_said(tmp_path: Path) -> None:
    # Nobody of them is known from before, and all come.
    sent = [(f"n{number}", "spring", DAY, "mail") for number in range(30)]
    sent += [(f"n{number}", "spring", DAY, "control") for number in range(30, 60)]
    back = [(who, DAY, 5) for who, *_ in sent]
    text = page(shop(tmp_path, SILENT + back, contacts=sent)).get_text()
    assert "No effect is shown, and none could be" in text
    assert "nan" not in text
    assert "In 1 arm this is not checked" in text
    assert "alike in all arms" not in text


def test_harm_and_a_campaign_that_runs_are_told(tmp_path: Path) -> None:
    sent = mailed("mail", 0, 30) + mailed("control", 30, 60)
    late = [(who, "late", date(2024, 4, 20), arm) for who, _, _, arm in sent]
    back = [(f"c{number}", DAY, 5) for number in range(30, 55)]
    winback = shop(tmp_path, SILENT + back, contacts=sent + late)
    assert LOWERED in set(winback.campaign_responses()["verdict"])
    text = page(winback).get_text()
    assert "spring, mail: lowered the response, −83.3 points (" in text
    assert ". 25 customers stayed away because of it (" in text
    # A line an arm, and one on what the brackets are.
    lines = page(winback).select_one("figcaption").get_text().split("\n")
    assert [line.split(":")[0] for line in lines] == ["spring, mail", "late, mail", "In brackets"]
    assert "late, mail: still running" in text


HOSTILE = "<script>alert(1)</script> $x$ \u202eevil"


def test_hostile_names_and_reasons_stay_texts(tmp_path: Path) -> None:
    sent = mailed(HOSTILE, 0, 30, HOSTILE) + mailed("control", 30, 60, HOSTILE)
    said = [(f"c{number}", date(2023, 12, 20), HOSTILE) for number in range(20)]
    said += [(f"c{number}", date(2023, 12, 20), "=1+1") for number in range(20, 30)]
    winback = shop(tmp_path, SILENT, contacts=sent, feedback=said)
    soup = page(winback)
    assert not soup.find("script")
    text = soup.get_text()
    assert "<script>alert(1)</script> $x$ evil" in text
    assert "\u202e" not in str(soup)
    report = WinBackReport(winback.unit)
    with showing() as outputs:
        report.publish("reasons", winback.reasons())
    csv = next(iter(bundle["csv"] for bundle in outputs[0].data.values() if "csv" in bundle))
    assert "'=1+1" in csv
    assert ",=1+1" not in csv


def test_nothing_is_concluded_where_few_answered(tmp_path: Path) -> None:
    said = [(f"c{number}", date(2024, 1, 5), "price") for number in range(6)]
    # All lapsed on 31 December: before the first answer nobody counts.
    text = page(shop(tmp_path, SILENT, feedback=said)).get_text()
    assert "Nobody has lapsed since the first answer." in text
    said = [("x", date(2023, 12, 2), "price"), *said]
    text = page(shop(tmp_path, [*SILENT, ("x", date(2023, 11, 1), 1)], feedback=said)).get_text()
    assert "6 gave a reason (10.0%). That is less than 20%: too few to conclude" in text
    many = [(f"c{number}", date(2024, 1, 5), "price") for number in range(40)]
    text = page(shop(tmp_path, SILENT, feedback=[said[0], *many])).get_text()
    assert "40 gave a reason (66.7%). What follows is of those who answered" in text


def test_few_answers_are_said_to_be_few(tmp_path: Path) -> None:
    said = [(f"c{number}", date(2023, 12, 20), "price") for number in range(3)]
    soup = page(shop(tmp_path, SILENT, feedback=said))
    assert "Too few of those who lapsed since the first answer said why" in soup.get_text()
    assert "Nobody has lapsed" not in soup.get_text()
    assert not soup.select("figure")
    # Of everybody who lapsed only three are there, and all of them answered.
    soup = page(shop(tmp_path, SILENT[:3], feedback=said))
    assert "Too few of those who lapsed since the first answer said why" in soup.get_text()


def test_contracts_have_no_responses(tmp_path: Path) -> None:
    rows = [(f"c{number}", date(2023, 12, 1), "2024-03-01", 20) for number in range(9)]
    frame = pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "amount"])
    frame.to_csv(tmp_path / "contracts.csv", index=False)
    said = [("c1", date(2023, 12, 10), "price"), ("c2", date(2024, 2, 20), "price")]
    text = "unit: Shop\nmodel: subscriptions\nsource: contracts.csv\nas_of: 2024-04-30\n"
    text += "contacts: sent.csv\nfeedback: said.csv\nminimum_group: 1\n"
    pd.DataFrame(mailed("mail", 0, 9), columns=list(SENT)).to_csv(
        tmp_path / "sent.csv", index=False
    )
    pd.DataFrame(said, columns=list(SAID)).to_csv(tmp_path / "said.csv", index=False)
    (tmp_path / "shop.yaml").write_text(text)
    winback = WinBack(open_unit(str(tmp_path / "shop.yaml")))
    assert winback.campaign_responses().empty
    text = page(winback).get_text()
    assert "a response is a purchase on a day. What contracts earn is dated by the month" in text
    # A reason given 82 days before the end is one for it, and so is one of 10 days before.
    assert cells(winback.reasons(), "reason", "lapsed") == [("price", 2), (None, 7)]
