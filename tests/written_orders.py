"""Orders written as every kind of file that the kit reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook
from orders import COLUMNS, ORDERS, csv, frame

LINES = [",".join(map(str, row)) for row in ORDERS]


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)


def write_sheets(path: Path) -> None:
    stamped = [(who, datetime.fromisoformat(day), amount) for who, day, amount in ORDERS]
    workbook(path, first=[COLUMNS, *stamped[:2]], second=[COLUMNS, *stamped[2:]])


def write_database(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.register("orders_frame", frame())
        database.execute("CREATE SCHEMA sales")
        database.execute("CREATE TABLE sales.orders AS FROM orders_frame")
        database.execute("CREATE TABLE orders AS SELECT * FROM orders_frame")
        database.execute("CREATE VIEW recent AS SELECT * FROM sales.orders")


WRITERS: dict[str, Callable[[Path], object]] = {
    "orders.csv": lambda path: csv(path, *LINES),
    "orders.txt": lambda path: csv(path, *LINES),
    "orders.CSV": lambda path: csv(path, *LINES),
    "orders.2024.csv.gz": lambda path: frame().to_csv(path, index=False),
    "orders.tsv": lambda path: frame().to_csv(path, index=False, sep="\t"),
    "semicolons.csv": lambda path: frame().to_csv(path, index=False, sep=";"),
    "byte_order_mark.csv": lambda path: frame().to_csv(path, index=False, encoding="utf-8-sig"),
    "windows.csv": lambda path: frame().to_csv(path, index=False, lineterminator="\r\n"),
    "orders.parquet": lambda path: frame().to_parquet(path),
    "orders.pq": lambda path: frame().to_parquet(path),
    "orders.xlsx": write_sheets,
}
