"""GLOSSARY.md is run: its timelines and its worked example are what the kit computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

import frames
import ibis
import pandas as pd
import pytest
import timelines

from retention import Unit, open_unit, prospects, subscriptions, transactions
from retention.language import Language
from retention.lifecycle import runs_of_purchases, spells, with_prospects
from retention.normal import standing
from retention.periods import Rules
from retention.rates import CHURN, QUICK_RATIO, REVENUE_CHURN, SHARES
from retention.rfm import RFM
from retention.transactions import DROPS, customer_days, purchase_days, tally
from retention.unit import DEFINITIONS_VERSION

TEXT = Path(__file__).parents[1].joinpath("GLOSSARY.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
TIMELINE = re.compile(
    r"(?P<title>.+)\n"
    r"inactive_after (?P<inactive_after>\d+), lost_after (?P<lost_after>\d+)\n"
    r"purchases  (?P<purchases>\S+)\n"
    r"states     (?P<states>\S+)\n"
)
MONTHS = ["January", "February", "March"]
ABSENT = "absent"


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


def block(name: str) -> str:
    (body,) = [body for _, called, body in BLOCKS if called == name]
    return body


def table(name: str) -> list[list[str]]:
    """Cells of the table below `<!-- checked: name -->`, heading first."""
    (_, below) = TEXT.split(f"<!-- checked: {name} -->\n\n")
    lines = below.split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


# Timelines --------------------------------------------------------------------------------------


def kit_states(inactive_after: int, lost_after: int, purchases: str) -> str:
    """What the kit makes of a drawn history, netting of days included."""
    as_of = timelines.as_of(purchases)
    rows = pd.DataFrame(
        timelines.purchases(purchases), columns=["customer_id", "ordered_at", "amount"]
    )
    counted = tally(transactions.transactions(ibis.memtable(rows), unit="any"))
    runs = runs_of_purchases(
        purchase_days(customer_days(counted, as_of=as_of)), inactive_after=inactive_after
    )
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
    counted = prospects.tally(prospects.people(raw, unit="any"))
    bought = pd.DataFrame(timelines.purchases(purchases), columns=["customer_id", "day", "amount"])
    runs = runs_of_purchases(ibis.memtable(bought), inactive_after=2)
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


# The worked example -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """The example of the glossary, opened from files as a reader would."""
    folder = tmp_path_factory.mktemp("glossary")
    (folder / "transactions.csv").write_text(block("transactions"), encoding="utf-8")
    (folder / "example.yaml").write_text(block("settings"), encoding="utf-8")
    return open_unit(str(folder / "example.yaml"))


def month(start: pd.Timestamp) -> str:
    return f"{start:%B}"


def whole(amount: float) -> str:
    return "" if pd.isna(amount) else f"{amount:.0f}".replace("-0", "0")


def test_strips(example: Unit) -> None:
    header, *lines = block("strips").splitlines()
    names = pd.read_csv(example.settings.path.with_name("transactions.csv"))["customer_id"]
    found = example.spells.to_pyarrow().to_pandas()
    bought = purchase_days(example.customer_days).to_pandas()
    start = date(2025, 1, 1)
    expected = []
    for name in sorted(names.dropna().unique()):
        columns = ["customer_id", "state", "started_on", "ended_on"]
        rows = found.loc[found["customer_id"] == name, columns].itertuples(index=False, name=None)
        strip = list(timelines.states(rows, start, 90))
        for day in bought.loc[bought["customer_id"] == name, "day"].dt.date:
            if (place := (day - start).days) < len(strip):
                assert strip[place] == "A"
                strip[place] = "$"
        months = strip[:31], strip[31:59], strip[59:]
        expected.append(f"{name:<6}{' '.join(map(''.join, months))}")
    assert lines == expected
    assert header == f"{'':<6}{MONTHS[0]:<32}{MONTHS[1]:<29}{MONTHS[2]}"


def test_ledger(example: Unit) -> None:
    frame = example.ledger()
    shown = [column for column in frame.columns if column not in ("period", "period_end")]
    rows = [[column, *(whole(value) for value in frame[column])] for column in shown]
    assert table("ledger") == [["", *map(month, frame["period"])], *rows]


def test_the_ledger_counts_more_win_backs_than_the_rate(example: Unit) -> None:
    march = example.rates().query("measure == 'win_back'").iloc[-1]
    assert (example.ledger()["won_back"].iloc[-1], march["numerator"]) == (2, 1)


def test_rates(example: Unit) -> None:
    frame = example.rates()

    def cell(row: pd.Series) -> str:
        if not row["denominator"]:
            assert pd.isna(row["rate"])
            return ABSENT
        if row["measure"] == "quick_ratio":
            return f"{row['numerator']:.0f} / {row['denominator']:.0f} = {row['rate']:.2f}"
        return f"{row['numerator']:.0f} of {row['denominator']:.0f} ({row['rate']:.1%})".replace(
            "%", " %"
        )

    measures = [*SHARES, REVENUE_CHURN, QUICK_RATIO]
    rows = [
        [name, *(cell(row) for _, row in frame[frame["measure"] == name].iterrows())]
        for name in measures
    ]
    assert sorted(frame["measure"].unique()) == sorted(measures)
    assert table("rates") == [["", *MONTHS], *rows]


def test_revenue(example: Unit) -> None:
    frame = example.revenue()
    cells = {
        (row["bought_as"], month(row["period"])): f"{whole(row['revenue'])} ({row['customers']})"
        for _, row in frame.iterrows()
    }
    ways = ["new", "retained", "reactivated", "won_back", "no_purchase"]
    rows = [[way, *(cells.get((way, name), "") for name in MONTHS)] for way in ways]
    assert {way for way, _ in cells} == set(ways)
    assert table("revenue") == [["", *MONTHS], *rows]


def test_cohorts(example: Unit) -> None:
    frame = example.cohorts()
    cells = {
        (month(row["cohort"]), row["age"]): f"{row['customers']} ({whole(row['revenue'])})"
        + " *" * (not row["complete"])
        for _, row in frame.iterrows()
    }
    ages = range(frame["age"].max() + 1)
    rows = [
        [month(cohort), str(size), *(cells.get((month(cohort), age), "") for age in ages)]
        for cohort, size in frame.groupby("cohort")["cohort_size"].first().items()
    ]
    assert table("cohorts") == [["cohort", "size", *map(str, ages)], *rows]


def test_unbounded(example: Unit) -> None:
    frame = example.unbounded()
    assert table("unbounded") == [
        ["cohort", "size", "0", "1", "2"],
        *by_cohort(frame, range(3), lambda row: str(row["customers"])),
    ]


def test_rolling(example: Unit) -> None:
    frame = example.rolling().rename(columns={"window": "age"})
    assert frame["complete"].all()
    assert table("rolling") == [
        ["cohort", "size", "days 0 to 29", "days 30 to 59"],
        *by_cohort(frame, range(2), lambda row: f"{row['customers']} of {row['watched']}"),
    ]


def test_cohort_revenue(example: Unit) -> None:
    frame = example.cohort_revenue()

    def cell(row: pd.Series) -> str:
        sold, refunded = whole(row["gross_revenue"]), whole(row["refunded"])
        return f"{sold} ({refunded})" + " *" * (not row["complete"])

    assert table("cohort_revenue") == [
        ["cohort", "size", "0", "1", "2", "3"],
        *by_cohort(frame, range(4), cell),
    ]


def by_cohort(
    frame: pd.DataFrame, ages: Iterable[int], cell: Callable[[pd.Series], str]
) -> list[list[str]]:
    """One row a cohort: its name, its size, and a cell an age, empty where absent."""
    cells = {(month(row["cohort"]), row["age"]): cell(row) for _, row in frame.iterrows()}
    assert {age for _, age in cells} == set(ages)
    return [
        [month(cohort), str(size), *(cells.get((month(cohort), age), "") for age in ages)]
        for cohort, size in frame.groupby("cohort")["cohort_size"].first().items()
    ]


def test_second_purchase(example: Unit) -> None:
    frame = example.second_purchase()
    rows = [
        [
            *(str(row[name]) for name in ("days", "at_risk", "second_purchases")),
            f"{row['second_purchase_share'] * 100:.1f} %",
        ]
        for row in frame[frame["second_purchases"] > 0].to_dict("records")
    ]
    assert table("second_purchase")[1:] == rows


def test_second_life(example: Unit) -> None:
    frame = example.second_life()
    cells = {
        (row["began_as"], row["window"]): f"{row['customers']} of {row['watched']} "
        f"({row['cumulative_revenue_per_customer']:.2f})"
        for _, row in frame.iterrows()
    }
    rows = [
        [kind, *(cells.pop((kind, window), "") for window in (0, 1))]
        for kind in ("new", "reactivated")
    ]
    assert cells == {}
    assert table("second_life") == [["began as", "days 0 to 29", "days 30 to 59"], *rows]


def test_returns(example: Unit) -> None:
    frame = example.returns()
    assert frame["complete"].all()
    cells = {
        (month(row["lapse_period"]), row["age"]): f"{row['returned']} of {row['lapsed']}"
        for _, row in frame.iterrows()
    }
    rows = [
        [month(period), str(lapsed), *(cells.get((month(period), age), "") for age in (1, 2))]
        for period, lapsed in frame.groupby("lapse_period")["lapsed"].first().items()
    ]
    assert len(cells) == sum(bool(cell) for row in rows for cell in row[2:])
    assert table("returns") == [["lapsed in", "lapsed", "within 30 days", "within 60 days"], *rows]


def test_activity(example: Unit) -> None:
    frame = example.activity()

    def cell(column: str, value: float) -> str:
        if column == "quick_ratio":
            return ABSENT if pd.isna(value) else f"{value:.2f}"
        return whole(value)

    shown = [column for column in frame.columns if column not in ("period", "period_end")]
    rows = [[column, *(cell(column, value) for value in frame[column])] for column in shown]
    assert table("activity") == [["", *MONTHS], *rows]


def test_rfm(example: Unit) -> None:
    frame = example.rfm().order_by("customer_id").to_pandas()
    rows = [
        [row[0], *(str(days) for days in row[1:-1]), whole(row[-1])]
        for row in frame.itertuples(index=False)
    ]
    assert table("rfm") == [["customer", *RFM.names[1:]], *rows]


def test_quality(example: Unit) -> None:
    frame = example.quality()
    rows = [[row["check"], str(row["rows"]), whole(row["amount"])] for _, row in frame.iterrows()]
    assert table("quality") == [["check", "rows", "amount"], *rows]


def test_cohorts_leave_out_what_came_before_a_first_purchase(example: Unit) -> None:
    # Hal's -8 of January is in the ledger and in no cohort; the 20 of running April the reverse.
    assert example.ledger()["revenue"].sum() == 480
    assert example.cohorts()["revenue"].sum() == 480 + 8 + 20


# Words ------------------------------------------------------------------------------------------


def test_every_published_column_is_explained(example: Unit) -> None:
    frames: dict[str, Callable[[], pd.DataFrame]] = {
        "ledger": example.ledger,
        "rates": example.rates,
        "cohorts": example.cohorts,
        "unbounded": example.unbounded,
        "rolling": example.rolling,
        "brackets": lambda: example.brackets((0, 7)),
        "cohort_revenue": example.cohort_revenue,
        "second_purchase": example.second_purchase,
        "second_life": example.second_life,
        "returns": example.returns,
        "sensitivity": example.sensitivity,
        "activity": example.activity,
        "quality": example.quality,
        "recurring": example.recurring,
    }
    columns = {column for frame in frames.values() for column in frame().columns}
    columns |= set(example.thresholds.evidence.columns) | set(DROPS) | set(subscriptions.DROPS)
    columns |= {subscriptions.IN_FORCE, subscriptions.FREE}
    plain = TEXT.replace("_", " ").lower()
    assert [name for name in sorted(columns) if name.replace("_", " ") not in plain] == []


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
