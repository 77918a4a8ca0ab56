"""Every optional source of a unit: what they have in common, told by their descriptions alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pytest
from histories import cells
from orders import csv as orders_csv
from orders import opened, refused

from retention import Unit
from retention.cells import AFTER_AS_OF, NO_CUSTOMER, NO_DATE, OTHER_UNIT
from retention.optional_sources import OPTIONAL
from retention.quality import QUALITY
from retention.source_rows import OptionalSource

EVERY = pytest.mark.parametrize("kind", OPTIONAL.values(), ids=OPTIONAL)
DATED = pytest.mark.parametrize(
    "kind", [kind for kind in OPTIONAL.values() if kind.day], ids=lambda kind: kind.name
)

AS_OF, IN_TIME, LATE = "2024-02-29", "2024-02-10", "2024-03-01"
Row = Mapping[str, str]


def row(kind: OptionalSource, customer: str = "ann", **cells: str) -> Row:
    """A row of the source that counts, but for the cells that are given."""
    texts = {name: f"a {name}" for name in kind.columns}
    days = {kind.day: IN_TIME} if kind.day else {}
    return {**texts, **days, "customer_id": customer, "unit": "Shop", **cells}


def every_row(kind: OptionalSource) -> list[Row]:
    """Three rows that count, of two customers, and one with each fault that a row has by itself."""
    rows = [row(kind), row(kind), row(kind, "ben"), row(kind, " "), row(kind, unit="Elsewhere")]
    rows += [row(kind, **{name: " "}) for name in kind.empty]
    return rows + [row(kind, **{kind.day: day}) for day in ("", LATE) if kind.day]


def read(folder: Path, kind: OptionalSource, rows: Iterable[Row], **keys: object) -> Unit:
    """A unit whose optional source has the rows."""
    return opened(folder, **named(folder, kind, rows, **keys))


def refusal(folder: Path, kind: OptionalSource, rows: Iterable[Row], **keys: object) -> str:
    """What the user reads of a source with the rows, after the name of the file and of the key."""
    message = refused(folder, **named(folder, kind, rows, **keys))
    assert message.startswith(f"{kind.name}: ")
    return message.removeprefix(f"{kind.name}: ")


def named(folder: Path, kind: OptionalSource, rows: Iterable[Row], **keys: object) -> dict:
    """The settings of a unit, whose files are written."""
    orders = orders_csv(folder / "orders.csv", "ann,2024-01-03,10", "ben,2024-01-05,10")
    with (folder / "others.csv").open("w", encoding="utf-8", newline="") as stream:
        names = next(iter(rows), {}) if isinstance(rows, list) else [*kind.columns, "unit"]
        writer = csv.DictWriter(stream, list(names))
        writer.writeheader()
        writer.writerows(rows)
    return {"source": orders.name, "as_of": AS_OF, kind.name: "others.csv", **keys}


def others(unit: Unit, kind: OptionalSource) -> set[object]:
    """The customers of the rows that count."""
    kept = kind.kept(unit.others[kind.name], as_of=unit.as_of)
    return set(kept.to_pyarrow()["customer_id"].to_pylist())


# What is counted ----------------------------------------------------------------------------------


@EVERY
def test_every_row_is_counted_once(tmp_path: Path, kind: OptionalSource) -> None:
    unit = read(tmp_path, kind, every_row(kind))
    checks = unit.quality()
    rows = {
        check.removeprefix(f"{kind.name}_"): (count, level)
        for check, count, level in cells(checks, "check", "rows", "level")
        if check in kind.checks
    }
    dated = [NO_DATE, AFTER_AS_OF] if kind.day else []
    assert rows == {
        "rows": (5 + len(kind.empty) + len(dated), "note"),
        OTHER_UNIT: (1, "note"),
        **dict.fromkeys((NO_CUSTOMER, *kind.empty.values(), *dated), (1, "warning")),
        **dict.fromkeys(kind.apart, (0, "note")),
        "kept": (3, "note"),
        "repeated": (1, "note"),
    }
    assert [check for check in checks["check"] if check in kind.checks] == [*kind.checks]
    assert {cells(checks, "amount", check=check)[0] for check in kind.checks} == {None}
    assert checks["check"].is_unique
    assert others(unit, kind) == {"ann", "ben"}
    assert [*unit.others] == [kind.name]


@EVERY
def test_other_rows_are_other_data(tmp_path: Path, kind: OptionalSource) -> None:
    # Else a run at night would be skipped where people have signed up and nobody has bought.
    found = {read(tmp_path, kind, [row(kind, name)]).fingerprint for name in ("ann", "ben")}
    assert len(found) == 2


@EVERY
def test_ids_and_units_that_a_spreadsheet_would_compute_are_read_back(
    tmp_path: Path, kind: OptionalSource
) -> None:
    # As `retention audience` writes +34600111222, from where tools of mailing and survey take it.
    rows = [row(kind, " '+34600111222 ", unit="'=Shop"), row(kind, "=1", unit="=Shop")]
    unit = read(tmp_path, kind, rows, unit="=Shop")
    assert others(unit, kind) == {"+34600111222", "=1"}


@EVERY
def test_ids_and_days_are_read_from_columns_of_their_types(
    tmp_path: Path, kind: OptionalSource
) -> None:
    known = {name: [f"a {name}"] * 2 for name in kind.columns}
    known |= {"customer_id": [13085.0, None]}
    if kind.day:
        known |= {kind.day: pd.to_datetime([IN_TIME] * 2)}
    pd.DataFrame(known).to_parquet(tmp_path / "others.parquet")
    unit = read(tmp_path, kind, [], **{kind.name: "*.parquet"})
    assert others(unit, kind) == {"13085"}


@EVERY
def test_schemas_hold_on_no_engine_at_all(kind: OptionalSource) -> None:
    raw = dict.fromkeys(kind.columns, "int64") | ({kind.day: "date"} if kind.day else {})
    assert kind.typed(ibis.table(raw, name="raw"), unit="U").schema() == kind.typed_schema
    tally = kind.tally(ibis.table(kind.typed_schema, name="typed"))
    assert tally.schema() == kind.tally_schema
    counted = ibis.table(kind.tally_schema, name="tally")
    as_of = date(2024, 2, 29)
    assert kind.kept(counted, as_of=as_of).schema() == ibis.schema(
        {**kind.tally_schema, "check": "string"}
    )
    assert kind.quality(counted, as_of=as_of).schema() == QUALITY


# What is refused ----------------------------------------------------------------------------------


@EVERY
def test_missing_columns_are_named(tmp_path: Path, kind: OptionalSource) -> None:
    said = refusal(tmp_path, kind, [{"client": "ann", "when": IN_TIME}])
    names = ", ".join(kind.columns)
    assert said.startswith(f"the data lack the column{'s' if ',' in names else ''} {names}; they ")
    assert said.endswith("have client, when; mend it in the source, or in a view")


@EVERY
def test_a_source_without_rows_is_refused(tmp_path: Path, kind: OptionalSource) -> None:
    said = refusal(tmp_path, kind, iter([]))
    assert said == "the source has no rows; check the export and the settings"


@DATED
def test_days_that_cannot_be_read_are_shown(tmp_path: Path, kind: OptionalSource) -> None:
    wrong = [row(kind, **{kind.day: day}) for day in ("31/12/2023", "soon", IN_TIME)]
    assert refusal(tmp_path, kind, wrong) == (
        f"column {kind.day}: 2 of its values cannot be read as a date, first '31/12/2023', 'soon'; "
        "write dates as 2026-10-31 in the source"
    )


@EVERY
def test_a_source_of_other_units_is_refused(tmp_path: Path, kind: OptionalSource) -> None:
    assert refusal(tmp_path, kind, [row(kind, unit="Shpo"), row(kind, unit="Store")]) == (
        "no row has the unit 'Shop'; the data have 2 units, the nearest 'Shpo'; "
        "write `unit` as the data do"
    )


@EVERY
def test_a_source_of_which_no_row_counts_is_refused(tmp_path: Path, kind: OptionalSource) -> None:
    rows = [row(kind, ""), *(row(kind, **{name: ""}) for name in kind.empty)]
    faults = " and ".join(
        f"1 with {fault}" for fault in sorted([NO_CUSTOMER, *kind.empty.values()])
    )
    assert refusal(tmp_path, kind, rows) == (
        f"no row can be counted ({faults}); check the columns of the source"
    )


@EVERY
def test_a_column_of_another_type_is_refused(tmp_path: Path, kind: OptionalSource) -> None:
    columns = {name: [True] for name in kind.columns}
    pd.DataFrame(columns).to_parquet(tmp_path / "others.parquet")
    said = refusal(tmp_path, kind, [], **{kind.name: "others.parquet"})
    assert said.startswith("column customer_id has the type boolean; it must be text or a number")


@EVERY
def test_a_missing_file_is_named(tmp_path: Path, kind: OptionalSource) -> None:
    assert "nobody.csv" in refusal(tmp_path, kind, [], **{kind.name: "nobody.csv"})
