"""A unit that is opened again in one process: rows that are the same are not read again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from test_staging import ROWS, told, unit

from retention import files, open_unit, rereading
from retention.errors import DataRefused
from retention.params import Settings
from retention.unit import Unit


@pytest.fixture(autouse=True)
def nobody_was_here() -> Iterator[None]:
    rereading.forget()
    yield
    rereading.forget()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that were read, in order."""
    seen: list[str] = []
    table = files.table
    monkeypatch.setattr(
        files, "table", lambda name, *args, **how: (seen.append(name), table(name, *args, **how))[1]
    )
    return seen


@pytest.fixture
def north(tmp_path: Path) -> Settings:
    (tmp_path / "rows.csv").write_text(ROWS)
    return unit(tmp_path, "north")


def opened(settings: Settings, **overrides: object) -> Unit:
    return open_unit(str(settings.path), **overrides)


def figures(opened: Unit) -> list[str]:
    names = ("ledger", "rates", "cohorts", "unbounded", "rolling", "cohort_revenue", "activity")
    return [getattr(opened, name)().to_csv() for name in (*names, "quality", "returns")]


def test_another_threshold_reads_nothing_again(north: Settings, read: list[str]) -> None:
    first = opened(north)
    before, extent = figures(first), first.extent()
    changed = opened(north, inactive_after=5, lost_after=9)
    other = figures(changed)
    again = opened(north)
    assert read == ["rows.csv"]
    assert (figures(again), again.extent()) == (before, extent)
    # The unit that somebody still holds is what it was.
    assert figures(first) == before
    rereading.forget()
    assert figures(opened(north, inactive_after=5, lost_after=9)) == other
    assert read == ["rows.csv"] * 2


def test_figures_that_are_shared_are_nobodys_to_change(north: Settings) -> None:
    mine = opened(north).cohorts()
    mine.loc[:, "customers"] = 0
    assert opened(north).cohorts()["customers"].sum() > 0


def test_another_day_or_frequency_is_counted_anew_from_the_same_rows(
    north: Settings, read: list[str]
) -> None:
    opened(north).cohorts()
    found = [opened(north, **turned).cohorts().to_csv() for turned in TURNED]
    assert read == ["rows.csv"]
    for turned, cohorts in zip(TURNED, found, strict=True):
        rereading.forget()
        assert opened(north, **turned).cohorts().to_csv() == cohorts


TURNED: tuple[dict[str, object], ...] = ({"as_of": "2024-02-29"}, {"frequency": "week"})


def test_a_changed_file_is_read_again(north: Settings, read: list[str]) -> None:
    before = opened(north).fingerprint
    path = north.path.parent / "rows.csv"
    found = path.stat()
    path.write_text(ROWS.replace("ann", "zoe"))
    # Neither its size nor its second may have changed.
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert opened(north).fingerprint != before
    assert read == ["rows.csv"] * 2
    path.unlink()
    with pytest.raises(DataRefused, match="no such file"):
        opened(north)


def test_another_unit_takes_the_place_of_the_one_before(north: Settings, read: list[str]) -> None:
    south = unit(north.path.parent, "south")
    for settings in (north, south, south, north):
        opened(settings)
    assert read == ["rows.csv"] * 3


def test_what_is_refused_is_refused_in_the_same_words(north: Settings) -> None:
    opened(north)
    for overrides in ({"as_of": "2023-01-01"}, {"frequency": "year"}):
        with pytest.raises(DataRefused) as again:
            opened(north, **overrides)
        rereading.forget()
        with pytest.raises(DataRefused) as alone:
            opened(north, **overrides)
        assert str(again.value) == str(alone.value)
        opened(north)


def test_a_unit_that_somebody_closed_is_read_again(north: Settings, read: list[str]) -> None:
    first = opened(north)
    extent = first.extent()
    first.source.backend.disconnect()
    assert opened(north).extent() == extent
    assert read == ["rows.csv"] * 2


def test_settings_already_read_hold_nothing(north: Settings) -> None:
    assert not isinstance(told(north), str)
    assert rereading._last == []


@pytest.mark.parametrize(
    "keys",
    [
        {"segments": "[channel]"},
        {"query": "SELECT s.* FROM source s JOIN 'more.csv' USING (customer_id)"},
        {"query": "SELECT * FROM source UNION ALL SELECT * FROM read_csv('more.csv')"},
        {"source": "duckdb://rows.duckdb", "table": "orders"},
    ],
)
def test_what_may_change_unseen_is_read_again(north: Settings, keys: dict[str, str]) -> None:
    folder = north.path.parent
    (folder / "more.csv").write_text(ROWS)
    with duckdb.connect(str(folder / "rows.duckdb")) as engine:
        engine.execute(f"CREATE TABLE orders AS FROM read_csv('{folder}/rows.csv')")
    assert rereading.stamp(unit(folder, "north", **keys)) is None


@pytest.mark.parametrize("query", ["FROM source", "WITH a AS (FROM source) SELECT * FROM a"])
def test_a_query_over_the_source_alone_is_the_same_again(north: Settings, query: str) -> None:
    assert rereading.stamp(unit(north.path.parent, "north", query=query)) is not None


@pytest.mark.parametrize("query", ["SELECT FROM FROM", "SELECT '"])
def test_a_query_that_nobody_can_read_is_looked_at_again(north: Settings, query: str) -> None:
    assert rereading.stamp(unit(north.path.parent, "north", query=query)) is None


@pytest.mark.parametrize(
    "turns",
    [
        "WHERE ordered_at < CURRENT_DATE",
        "WHERE ordered_at < current_timestamp",
        "WHERE CAST(ordered_at AS TIMESTAMP) < now() - INTERVAL 1 DAY",
        "WHERE ordered_at < today()",
        "WHERE ordered_at < localtimestamp",
        "WHERE ordered_at < get_current_timestamp()",
        "WHERE ordered_at < CAST('yesterday' AS DATE)",
        "WHERE age(CAST(ordered_at AS TIMESTAMP)) < INTERVAL 1 YEAR",
        "WHERE random() < 0.5",
        "WHERE uuid() < '8'",
        "WHERE gen_random_uuid() < '8'",
        "USING SAMPLE 50%",
        "TABLESAMPLE 50%",
        "WHERE unit = getenv('UNIT')",
    ],
)
def test_a_query_that_turns_on_the_clock_or_on_chance_is_asked_again(
    north: Settings, turns: str
) -> None:
    query = f"SELECT * FROM source {turns}"
    assert rereading.stamp(unit(north.path.parent, "north", query=f'"{query}"')) is None


def test_what_a_query_left_to_chance_is_drawn_again(north: Settings, read: list[str]) -> None:
    query = "SELECT *, uuid() AS drawn FROM source"
    drawn = unit(north.path.parent, "north", query=query)
    opened(drawn)
    opened(drawn)
    assert read == ["rows.csv"] * 2


def test_words_that_only_look_like_the_clock_are_the_same_again(north: Settings) -> None:
    query = "SELECT CAST(ordered_at AS DATE) AS day, * FROM source WHERE channel <> 'known page'"
    assert rereading.stamp(unit(north.path.parent, "north", query=query)) is not None
