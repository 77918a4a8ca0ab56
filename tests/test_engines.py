"""The same tables on every engine, row for row, from raw rows to the last figure.

One population with all that has ever made engines differ; DuckDB's tables are the measure, because
all other tests prove those.
"""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pytest
from ibis.backends import BaseBackend
from orders import settings_file
from pandas.testing import assert_frame_equal
from pyarrow import parquet

import retention
from retention import (
    activity,
    cells,
    cohort_views,
    cohorts,
    engines,
    fingerprints,
    follow_up,
    ledger,
    lifecycle,
    prospects,
    quality,
    rates,
    recurring,
    rfm,
    second_purchase,
    services,
    subscriptions,
    thresholds,
    transactions,
)
from retention.curves import share
from retention.periods import Calendar, Rules, shifted
from retention.reporting.notebooks import kit_notebook
from retention.sources import open_source

# One worker of pytest-xdist starts the servers.
pytestmark = pytest.mark.xdist_group("engines")

ENGINES = ("postgres", "pyspark")
MADRID = ZoneInfo("Europe/Madrid")
START, AS_OF = date(2022, 11, 14), date(2024, 3, 31)
INACTIVE_AFTER, LOST_AFTER = 30, 75

RAW = pa.schema(
    {
        "who": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "exact": pa.decimal128(20, 2),
        "local": pa.timestamp("us"),
        "aware": pa.timestamp("us", "UTC"),
        "day": pa.date32(),
        "money": pa.decimal128(20, 5),
        "floating": pa.float64(),
        "shop": pa.string(),
    }
)
READINGS = {
    "local": {"customer_id": "who", "ordered_at": "local", "amount": "money", "unit": "shop"},
    "aware": {"customer_id": "who", "ordered_at": "aware", "amount": "floating", "unit": "shop"},
    "dates": {"customer_id": "whole", "ordered_at": "day", "amount": "money"},
    "floats": {"customer_id": "number", "ordered_at": "aware", "amount": "whole"},
    "decimals": {"customer_id": "exact", "ordered_at": "local", "amount": "exact"},
}
"""Canonical columns, read from columns of several types."""

GAPS = (1, 2, 7, INACTIVE_AFTER - 1, INACTIVE_AFTER, INACTIVE_AFTER + 1, 60)
GAPS += (LOST_AFTER - 1, LOST_AFTER, LOST_AFTER + 1, 120, 200)
IDS = ("c{}", "c{}", "{}", "{}.0", " c{} ", "\u00a0{}", "José {}")
CLOCK = (time(0, 0), time(0, 30), time(2, 30), time(12, 0), time(23, 59, 59, 999_999))
CHANGES = (date(2023, 3, 26), date(2023, 10, 29), date(2024, 3, 31))
"""Days of 23 and of 25 hours in Madrid."""


@cache
def raw_rows() -> pa.Table:
    """Some 300 customers: gaps on the boundaries, refunds, several returns, and dirty rows."""
    draw = random.Random(20240331)
    rows: list[tuple[Any, ...]] = []

    def add(who: str | None, number: int, day: date, amount: str, shop: str | None) -> None:
        local = datetime.combine(day, draw.choice(CLOCK))
        # The second of the two hours between 2 and 3, where a day has them twice.
        aware = local.replace(tzinfo=MADRID, fold=draw.randrange(2))
        money = Decimal(amount)
        ids = (who, number, float(number), Decimal(number))
        rows.append((*ids, local, aware, day, money, float(money), shop))

    for number in range(300):
        who = draw.choice(("c{}", "c{}", "{}", "{}.0", " c{} ", "\u00a0{}", "José {}")).format(
            number
        )
        day = START + timedelta(days=draw.randrange(400))
        if number % 10 == 0:
            day = draw.choice(CHANGES) - timedelta(days=draw.randrange(2))
        while day <= AS_OF + timedelta(days=3):
            for _ in range(draw.choice((1, 1, 1, 2, 3))):
                amount = f"{draw.randrange(1, 20_000)}.{draw.randrange(100_000):05}"
                add(who, number, day, amount, draw.choice(("Shop",) * 9 + ("Other",)))
                if draw.random() < 0.1:  # the order is cancelled, or a part of it
                    add(who, number, day, f"-{amount}", "Shop")
            if draw.random() < 0.1:
                add(who, number, day + timedelta(days=draw.randrange(40)), "-5.00005", "Shop")
            day += timedelta(days=draw.choice(GAPS))
    for who in (None, "", " ", "nan", "NaN"):
        add(who, 1, date(2023, 5, 5), "1", "Shop")
    for shop in (None, "", " Shop", "shop"):
        add("c1", 1, date(2023, 5, 5), "1", shop)
    for day in (date(1, 1, 1), date(1900, 1, 1), date(1900, 1, 2), date(2199, 12, 31)):
        add("c1", 1, day, "1", "Shop")
    rows.append(("c2", None, None, None, None, None, None, None, None, "Shop"))
    for floating in (math.nan, math.inf, -math.inf, 1e14, -1e14, 99_999_999_999.0, 1e300):
        money = Decimal(f"{floating:.0f}") if abs(floating) < 1e15 else None
        noon = datetime(2023, 6, 7, 12)
        ids = ("c3", 3, floating, Decimal("3.50"))
        rows.append((*ids, noon, noon.replace(tzinfo=MADRID), noon.date(), money, floating, "Shop"))
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, RAW.types, strict=True)]
    return pa.table(arrays, schema=RAW)


class Figures:
    """Every table of the kit on one engine, each computed once from those it rests on."""

    def __init__(
        self, backend: BaseBackend, raw: ir.Table, settings: Mapping[str, str] | None = None
    ) -> None:
        self.backend, self.raw, self.settings = backend, raw, settings or {}
        self.calendar = Calendar("month", START, AS_OF)
        self.weeks = Calendar("week", START, AS_OF)
        self.retail = Calendar("quarter", START, AS_OF, Rules("4-4-5", "sunday", "february"))

    def known(self) -> ir.Table:
        """The people of the rows, each known some days before; those of every third never buy."""
        rows = self.raw
        never = (rows.whole % 3 == 0).ifelse("never ", "")
        as_it_is = (rows.whole % 2 == 0) | (rows.day < date(1901, 1, 1))
        days = as_it_is.ifelse(rows.day, shifted(rows.day, -60))
        return rows.select(customer_id=never + rows.who, known_on=days, unit="shop")

    def read(self, reading: str) -> ir.Table:
        return self.raw.select(**READINGS[reading])

    @cache  # noqa: B019 (it lives as long as the session)
    def kept(self, name: str) -> ir.Table:
        return engines.stored(
            self.backend, name.replace(" ", "_").replace(",", ""), TABLES[name](self)
        )


def days_bought(figures: Figures) -> ir.Table:
    return transactions.purchase_days(figures.kept("customer_days"))


def agreed(figures: Figures) -> ir.Table:
    """The rows as subscriptions: each lasts some days, which its money says."""
    raw = figures.raw.filter(figures.raw.day.between(START, AS_OF) & figures.raw.money.notnull())
    # Engines cut or round a fraction as they like.
    days = raw.money.floor().cast("int64") % 97 - 3
    ended_on = (raw.day.cast("timestamp") + days.as_interval("D")).cast("date")
    return raw.select(
        customer_id="who",
        started_on="day",
        ended_on=(days > 80).ifelse(ibis.null("date"), ended_on),
        amount="money",
        unit="shop",
    )


TABLES: dict[str, Callable[[Figures], ir.Table]] = {
    "tally": lambda f: transactions.tally(transactions.transactions(f.read("local"), unit="Shop")),
    "units": lambda f: cells.units(f.read("local")),
    "customer_days": lambda f: transactions.customer_days(f.kept("tally"), as_of=AS_OF),
    "purchase_days": days_bought,
    "quality": lambda f: transactions.quality(f.kept("tally"), source_rows=5, as_of=AS_OF),
    "gaps": lambda f: thresholds.gaps(days_bought(f), as_of=AS_OF),
    "runs": lambda f: lifecycle.runs_of_purchases(days_bought(f), inactive_after=INACTIVE_AFTER),
    "spells": lambda f: lifecycle.spells(
        f.kept("runs"), dormant_for=LOST_AFTER - INACTIVE_AFTER, as_of=AS_OF
    ),
    "spells without dormancy": lambda f: lifecycle.spells(
        f.kept("runs"), dormant_for=0, as_of=AS_OF
    ),
    "ledger": lambda f: ledger.ledger(
        f.kept("spells"), f.kept("customer_days"), calendar=f.calendar
    ),
    "ledger by week": lambda f: ledger.ledger(
        f.kept("spells"), f.kept("customer_days"), calendar=f.weeks
    ),
    "ledger by 4-4-5": lambda f: ledger.ledger(
        f.kept("spells"), f.kept("customer_days"), calendar=f.retail
    ),
    "revenue": lambda f: ledger.revenue(
        f.kept("spells"), f.kept("customer_days"), calendar=f.calendar
    ),
    "rates": lambda f: rates.rates(
        f.kept("spells"), f.kept("customer_days"), f.kept("ledger"), calendar=f.calendar
    ),
    "shares": lambda f: rates.shares(f.kept("spells"), f.kept("ledger"), calendar=f.calendar),
    "revenue churn by week": lambda f: rates.revenue_churn(
        f.kept("spells"), f.kept("customer_days"), calendar=f.weeks
    ),
    "people": lambda f: prospects.people(f.known(), unit="Shop"),
    "known": lambda f: prospects.tally(prospects.people(f.known(), unit="Shop")),
    "prospects": lambda f: prospects.prospects(f.kept("known"), as_of=AS_OF),
    "unreadable known_on": lambda f: prospects.unreadable(f.known(), unit="Shop"),
    "quality of prospects": lambda f: prospects.quality(f.kept("known"), as_of=AS_OF),
    "spells of prospects": lambda f: lifecycle.with_prospects(
        f.kept("spells"), f.kept("prospects")
    ),
    "shares with prospects": lambda f: rates.shares(
        f.kept("spells of prospects"), f.kept("ledger"), calendar=f.calendar, scope="with_prospects"
    ),
    "conversion": lambda f: rates.conversion(f.kept("spells of prospects"), calendar=f.calendar),
    "quick ratio": lambda f: rates.quick_ratio(f.kept("ledger")),
    "cohorts": lambda f: cohorts.cohorts(f.kept("customer_days"), calendar=f.calendar),
    "cohorts by week": lambda f: cohorts.cohorts(f.kept("customer_days"), calendar=f.weeks),
    "lapses": lambda f: cohorts.lapses(f.kept("spells"), calendar=f.calendar),
    "first purchases": lambda f: cohorts.first_purchases(f.kept("customer_days")),
    "ages": lambda f: cohorts.ages(f.kept("first purchases"), calendar=f.calendar),
    "refunds": lambda f: transactions.refunds(f.kept("tally"), as_of=AS_OF),
    "unbounded": lambda f: cohort_views.unbounded(f.kept("customer_days"), calendar=f.calendar),
    "cohort revenue": lambda f: cohort_views.cohort_revenue(
        f.kept("customer_days"), f.kept("refunds"), calendar=f.calendar
    ),
    "rolling": lambda f: follow_up.rolling(f.kept("customer_days"), calendar=f.calendar),
    "brackets": lambda f: follow_up.brackets(
        f.kept("customer_days"), (0, 1, 8, 31, 91), calendar=f.calendar
    ),
    "second life": lambda f: follow_up.second_life(
        f.kept("spells"), f.kept("customer_days"), calendar=f.calendar
    ),
    # Hashes are each engine's own.
    "fingerprint": lambda f: fingerprints.fingerprint(f.kept("tally")).mutate(
        hashes=ibis._.hashes != 0
    ),
    "activity": lambda f: activity.activity(f.kept("customer_days"), calendar=f.calendar),
    "rfm": lambda f: rfm.rfm(days_bought(f), as_of=AS_OF),
    "waits": lambda f: second_purchase.waits(days_bought(f), as_of=AS_OF),
    "share": lambda f: share(f.kept("ledger"), "lapsed", "opening_active", "rate"),
    **{
        f"transactions, {name}": lambda f, name=name: transactions.transactions(
            f.read(name), unit="Shop"
        )
        for name in READINGS
    },
    **{
        f"refused, {fault}": lambda f, fault=fault: transactions.refused(
            f.read("dates"), unit="Shop", fault=fault
        )
        for fault in transactions.UNREADABLE.values()
    },
    "dates": lambda f: transactions.dates(f.kept("tally")),
    "shown": lambda f: cells.shown(
        f.kept("first purchases").order_by("customer_id"), ["first_day"]
    ),
    "counts": lambda f: quality.counts(f.kept("tally"), "rows_after_query"),
    "account": lambda f: quality.account(
        f.kept("counts"), checks=["rows_after_query", "kept"], drops=(), source_rows=5
    ),
    "subscriptions": lambda f: subscriptions.subscriptions(agreed(f), unit="Shop"),
    "subscriptions, refused": lambda f: subscriptions.refused(
        agreed(f), unit="Shop", fault=subscriptions.END_BEFORE_START
    ),
    "subscriptions, tally": lambda f: subscriptions.tally(
        subscriptions.subscriptions(agreed(f), unit="Shop")
    ),
    "subscriptions, dates": lambda f: subscriptions.dates(f.kept("subscriptions, tally")),
    "subscriptions, quality": lambda f: subscriptions.quality(
        f.kept("subscriptions, tally"), source_rows=5, as_of=AS_OF
    ),
    "contracts": lambda f: subscriptions.contracts(f.kept("subscriptions, tally"), as_of=AS_OF),
    "runs of services": lambda f: services.runs_of_services(f.kept("contracts"), as_of=AS_OF),
    "days of service": lambda f: services.customer_days(f.kept("contracts"), calendar=f.calendar),
    "days of service by week": lambda f: services.customer_days(
        f.kept("contracts"), calendar=f.weeks
    ),
    "recurring": lambda f: recurring.recurring(f.kept("contracts"), calendar=f.calendar),
}
"""Every public function that gives a table, on the tables before it."""

KEPT = ("tally", "customer_days", "first purchases", "refunds", "runs", "spells", "ledger")
"""Tables that others rest on."""


@pytest.fixture(scope="session")
def measure() -> Iterator[Figures]:
    """The figures on DuckDB."""
    backend = ibis.duckdb.connect()
    engines.set_timezone(backend, "Europe/Madrid")
    yield Figures(backend, backend.create_table("orders", raw_rows()))
    backend.disconnect()


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> tuple[str, str]:
    """The URL of a PostgreSQL database, and the table in it that holds the rows."""
    backend = ibis.connect(postgres_url)
    # Named as one that the kit keeps, which must not hide it.
    backend.create_table("tally", raw_rows())
    backend.disconnect()
    return postgres_url, "tally"


@pytest.fixture(scope="session")
def pyspark(spark_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The URL of a Spark, and a file with the rows, named as Spark names one."""
    path = tmp_path_factory.mktemp("lake") / "orders.parquet"
    parquet.write_table(raw_rows(), path)
    return spark_url, f"parquet.`{path}`"


@pytest.fixture(scope="session", params=ENGINES)
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """The figures on another engine, whose rows come through the door."""
    url, table = request.getfixturevalue(request.param)
    source = open_source(url, folder=Path(), table=table, timezone="Europe/Madrid")
    yield Figures(source.backend, source.rows, {"source": url, "table": table})
    source.backend.disconnect()


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """The rows, in their order where the table has one."""
    rows = table.to_pyarrow().to_pylist()
    keys = [
        key.dtype for sort in table.op().find(ops.Sort, filter=ops.Relation) for key in sort.keys
    ]
    # Engines order texts in their own ways; no reader sees a table in the order of texts alone.
    ordered = any(not kind.is_string() for kind in keys)
    return rows if ordered else sorted(rows, key=lambda row: [str(cell) for cell in row.values()])


def assert_equal_tables(found: ir.Table, expected: ir.Table) -> None:
    """Row for row the same: everything exactly, but shares and money to twelve places."""
    assert found.schema() == expected.schema()
    rows, wanted = rows_of(found), rows_of(expected)
    assert len(rows) == len(wanted)
    assert rows, "a table without rows proves nothing"
    for row, other in zip(rows, wanted, strict=True):
        for name, cell in row.items():
            same = cell == other[name] or (
                isinstance(cell, float)
                and isinstance(other[name], float)
                and math.isclose(cell, other[name], rel_tol=1e-12)
            )
            assert same, f"{name} = {cell!r}, on DuckDB {other[name]!r}: {row} {other}"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_on_every_engine(figures: Figures, measure: Figures, name: str) -> None:
    # What others rest on is there already, without its order.
    found, expected = (
        each.kept(name) if name in KEPT else TABLES[name](each) for each in (figures, measure)
    )
    assert_equal_tables(found, expected)


KEYS = {
    "query": """
        SELECT TRIM(who) AS customer_id, aware AS ordered_at, 2 * money AS amount, shop AS unit
        FROM source
        WHERE coalesce(day >= DATE '1900-01-02' AND abs(money) < 1000000, day IS NULL)
    """,
    "timezone": "Europe/Madrid",
    "as_of": "2024-03-31",
    "inactive_after": "auto",
    "lost_after": "auto",
}


def published(folder: Path, **settings: str) -> dict[str, pd.DataFrame]:
    """What `retention run` publishes of a unit with the settings, file by file."""
    settings_file(folder, **KEYS | settings)
    command = ["-m", "retention.cli", "run", "--params", ".", "--notebook", kit_notebook()]
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert not list(folder.glob("*warehouse*"))
    return {
        path.stem: pd.read_csv(path)
        for path in sorted((folder / "reports" / "shop" / "2024-03-31" / "data").iterdir())
    }


@pytest.fixture(scope="session")
def published_here(measure: Figures, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("here")
    measure.raw.to_parquet(folder / "orders.parquet")
    return published(folder, source="orders.parquet")


def test_a_run_publishes_the_same_from_every_engine(
    figures: Figures, published_here: dict[str, Any], tmp_path: Path
) -> None:
    found = published(tmp_path, **figures.settings)
    assert found.keys() == published_here.keys()
    assert {"ledger", "rates", "cohorts", "returns", "thresholds", "quality"} <= found.keys()
    for name, frame in found.items():
        assert_frame_equal(frame, published_here[name], rtol=1e-12, obj=name)
        assert len(frame) > 0


def test_no_public_table_is_left_out() -> None:
    doors = {"engines", "files", "sources"}
    source = inspect.getsource(inspect.getmodule(test_no_public_table_is_left_out))
    for found in pkgutil.iter_modules(retention.__path__):
        if found.name in doors:
            continue
        module = importlib.import_module(f"retention.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                table = inspect.signature(function).return_annotation is ir.Table
                assert not table or f"{name}(" in source, f"{found.name}.{name} is in no TABLES"
