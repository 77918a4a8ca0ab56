"""GLOSSARY.md is run: its timelines and its worked example are what the kit computes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import frames
import ibis
import pandas as pd
import pytest
import timelines
from glossary import BLOCKS, TEXT, table

from retention import open_unit, prospects, transactions
from retention.language import Language
from retention.lifecycle import runs_of_purchases, spells, with_prospects
from retention.normal import standing
from retention.periods import Rules
from retention.rates import CHURN
from retention.transactions import customer_days, in_order, pauses, tally
from retention.unit import DEFINITIONS_VERSION

TIMELINE = re.compile(
    r"(?P<title>.+)\n"
    r"inactive_after (?P<inactive_after>\d+), lost_after (?P<lost_after>\d+)\n"
    r"purchases  (?P<purchases>\S+)\n"
    r"states     (?P<states>\S+)\n"
)


def drawn_timelines() -> list[tuple[str, int, int, str, str]]:
    """The timelines of the glossary, in the shape of timelines.EXAMPLES."""
    found = []
    for kind, _, body in BLOCKS:
        if kind == "timeline":
            drawn = TIMELINE.fullmatch(body)
            assert drawn, f"not a timeline:\n{body}"
            title, inactive_after, lost_after, purchases, states = drawn.groups()
            found.append((title, int(inactive_after), int(lost_after), purchases, states))
    return found


SERVICE = re.compile(
    r"(?P<title>.+)\n"
    r"lost_after (?P<lost_after>\d+)\n"
    r"service    (?P<service>\S+)\n"
    r"states     (?P<states>\S+)\n"
)


def drawn_services() -> list[tuple[str, int, str, str]]:
    """The services of the glossary, in the shape of timelines.SERVICES."""
    found = []
    for kind, _, body in BLOCKS:
        if kind == "service":
            drawn = SERVICE.fullmatch(body)
            assert drawn, f"not a service:\n{body}"
            title, lost_after, service, states = drawn.groups()
            found.append((title, int(lost_after), service, states))
    return found


# Timelines --------------------------------------------------------------------------------------


def kit_states(inactive_after: int, lost_after: int, purchases: str) -> str:
    """What the kit makes of a drawn history, netting of days included."""
    as_of = timelines.as_of(purchases)
    rows = pd.DataFrame(
        timelines.purchases(purchases), columns=["customer_id", "ordered_at", "amount"]
    )
    counted = tally(transactions.transactions(ibis.memtable(rows), unit="any"))
    days = in_order(customer_days(counted, as_of=as_of))
    runs = runs_of_purchases(pauses(days), inactive_after=inactive_after)
    found = spells(runs, dormant_for=lost_after - inactive_after, as_of=as_of).to_pyarrow()
    columns = ("customer_id", "state", "started_on", "ended_on")
    of_one = zip(*(found[column].to_pylist() for column in columns), strict=True)
    return timelines.states(of_one, timelines.START, len(purchases))


@pytest.mark.parametrize(
    ("title", "inactive_after", "lost_after", "purchases", "states"),
    drawn_timelines(),
    ids=[drawn[0] for drawn in drawn_timelines()],
)
def test_a_timeline_of_the_glossary_holds(
    title: str, inactive_after: int, lost_after: int, purchases: str, states: str
) -> None:
    assert kit_states(inactive_after, lost_after, purchases) == states, title


PROSPECTS = [
    (title, *(line.split()[1] for line in lines))
    for kind, _, body in BLOCKS
    if kind == "prospects"
    for title, *lines in [body.splitlines()]
]


@pytest.mark.parametrize(("title", "known", "purchases", "states"), PROSPECTS)
def test_a_prospect_of_the_glossary_is_one(
    title: str, known: str, purchases: str, states: str
) -> None:
    drawn = (title, known, purchases, states)
    assert drawn in timelines.PROSPECTS, "test_prospects.py runs these"
    as_of = timelines.as_of(purchases)
    rows = [("c1", day) for day in timelines.known(known)]
    raw = ibis.memtable(pd.DataFrame(rows, columns=["customer_id", "known_on"]))
    counted = prospects.SOURCE.tally(prospects.SOURCE.typed(raw, unit="any"))
    bought = pd.DataFrame(timelines.purchases(purchases), columns=["customer_id", "day", "amount"])
    days = in_order(ibis.memtable(bought.assign(bought=True)))
    runs = runs_of_purchases(pauses(days), inactive_after=2)
    customers = spells(runs, dormant_for=2, as_of=as_of)
    people = prospects.prospects(counted, as_of=as_of)
    found = with_prospects(customers, people).to_pyarrow()
    columns = ("customer_id", "state", "started_on", "ended_on")
    of_one = zip(*(found[column].to_pylist() for column in columns), strict=True)
    assert timelines.states(of_one, timelines.START, len(purchases)) == states


def test_every_example_of_the_tests_stands_in_the_glossary() -> None:
    assert [drawn for drawn in timelines.EXAMPLES if drawn not in drawn_timelines()] == []


def test_the_services_of_the_glossary_are_run_as_tests() -> None:
    """tests/test_services.py runs timelines.SERVICES; here is that the glossary shows the same."""
    assert len(drawn_services()) >= 7
    assert [drawn for drawn in drawn_services() if drawn not in timelines.SERVICES] == []


def test_every_sign_of_the_drawings_is_explained() -> None:
    signs = {sign for *_, purchases, _ in drawn_timelines() for sign in purchases}
    letters = {letter for *_, states in drawn_timelines() for letter in states}
    legend = TEXT.split("### Timelines")[1].split("```")[0]
    assert [sign for sign in sorted(signs | letters) if f"`{sign}`" not in legend] == []


# Calendars --------------------------------------------------------------------------------------


def test_calendars() -> None:
    _, *rows = table("calendars")
    found = []
    for written, frequency, day, *_ in rows:
        rules = Rules(**dict(re.findall(r"`(\w+): ([^`]+)`", written)))
        start, end = rules.bounds(frequency, date.fromisoformat(day))
        name = Language(frequency=frequency, rules=rules).period(start, short=True)
        found.append([written, frequency, day, name, f"{start}", f"{end - timedelta(days=1)}"])
    assert rows == found


def test_the_version_is_the_one_that_reports_print() -> None:
    assert f"This is version {DEFINITIONS_VERSION}," in TEXT


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-01-31T23:30:00Z", date(2026, 2, 1)),
        ("2026-01-31T23:30:00+01:00", date(2026, 1, 31)),
        ("2026-01-31T23:30:00", date(2026, 1, 31)),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_offsets_are_converted_before_the_day_is_cut(
    tmp_path: Path, written: str, day: date, suffix: str
) -> None:
    later = written.replace("2026-01-31T23", "2026-03-31T12")
    frame = pd.DataFrame({"customer_id": "a", "ordered_at": [written, later], "amount": 10})
    if suffix == "csv":
        frame.to_csv(tmp_path / "data.csv", index=False)
    else:
        frame.to_parquet(tmp_path / "data.parquet")  # the stamps are text in it
    settings = f"unit: Madrid\nsource: data.{suffix}\ntimezone: Europe/Madrid\n"
    (tmp_path / "madrid.yaml").write_text(settings + "inactive_after: 20\nlost_after: 40\n")
    days = open_unit(str(tmp_path / "madrid.yaml")).customer_days.to_pandas()["day"]
    assert list(days.sort_values().dt.date) == [day, date(2026, 3, 31)]


# The normal range -------------------------------------------------------------------------------


def pair(text: str) -> tuple[int, int]:
    part, whole = text.split(" of ")
    return int(part), int(whole)


@pytest.mark.parametrize("row", table("normal")[1:], ids=" | ".join)
def test_a_normal_range_of_the_glossary_holds(row: list[str]) -> None:
    before, newest, shown, position = row
    rates = frames.rates({CHURN: [pair(before)] * 12 + [pair(newest)]})
    found = standing(rates)
    limits = " to ".join(f"{limit:.1%}" for limit in found.range or ()).replace("%", " %")
    assert (limits, found.position) == (shown, position)
