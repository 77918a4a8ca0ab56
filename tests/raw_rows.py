"""Raw rows of a shop with every trap: the same ones for every engine."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

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
        who = draw.choice(IDS).format(number)
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
