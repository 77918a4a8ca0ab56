"""A source read once a run: each unit is opened from its slice as if it had read the source."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from test_disks import mounted

from retention import files, open_unit, scratch, sources, staging
from retention.errors import DataRefused
from retention.params import Settings, all_settings, unit_files
from retention.reporting import preflight as checks
from retention.sample import write_company

ROWS = """\
customer_id,ordered_at,amount,unit,channel
ann,2024-01-05,10.00004,North,web
ann,2024-01-05,0.00004,North,shop
ann,2024-03-07,5,North,web
ben,2024-02-01,7,North,shop
ben,2024-02-02,-7,North,shop
,2024-02-03,3,North,web
cat,,4,North,web
dan,2024-02-05,,North,web
ann,2024-01-05,2.00003,South,web
eve,2024-01-06,2.00003,South,web
eve,2024-01-06,-1.00003,South,web
eve,2024-03-31,2,South,shop
fay,someday,2,East,web
gus,2024-02-10,nothing,East,web
gus,2024-02-10,3,,web
,,,,
"""
CONTRACTS = """\
customer_id,started_on,ended_on,amount,unit
ann,2024-01-05,,10.00004,North
ann,2024-01-05,,0.00004,North
ben,2024-01-01,2024-03-01,7,North
,2024-02-03,,3,North
cat,,,4,North
eve,2024-01-06,2024-02-06,2.00003,South
eve,2024-02-10,,2.00003,South
"""


def unit(folder: Path, slug: str, **keys: object) -> Settings:
    keys = {"unit": slug.title(), "source": "rows.csv", "inactive_after": 20, **keys}
    keys |= {} if keys.get("model") else {"lost_after": 40}
    keys.pop("inactive_after") if keys.get("model") else None
    path = folder / f"{slug}.yaml"
    path.write_text("".join(f"{key}: {value}\n" for key, value in keys.items()))
    return all_settings([path])[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "contracts.csv").write_text(CONTRACTS)
    return tmp_path


@pytest.fixture
def staged() -> Iterator[Path]:
    with staging.staging():
        yield Path(os.environ[staging.FOLDER])


def told(settings: Settings) -> object:
    """All that opening a unit says of its rows, or why it is refused."""
    try:
        opened = open_unit(settings)
    except DataRefused as refusal:
        return str(refusal)
    tables = [opened.tally, *opened.others.values()]
    tables += [] if opened.segment_values is None else [opened.segment_values]
    rows = [sorted(map(str, table.to_pyarrow().to_pylist())) for table in tables]
    found = opened.extent(), opened.as_of, opened.quality().to_csv(), rows
    opened.source.backend.disconnect()
    return found


def stage(units: Sequence[Settings]) -> list[tuple[str, int]]:
    """Stage, and return what was read for how many units."""
    read: list[tuple[str, int]] = []
    staging.stage(units, lambda source, units: read.append((source, units)))
    return read


def is_staged(settings: Settings) -> bool:
    found = staging.staged(settings)
    if found:
        found.backend.disconnect()
    return found is not None


KINDS: dict[str, dict[str, Any]] = {
    "purchases": {},
    "queried": {"query": "SELECT * FROM source WHERE amount IS DISTINCT FROM '5'"},
    "one unit": {"query": "SELECT * EXCLUDE (unit) FROM source WHERE unit IN ('North', 'South')"},
    "subscriptions": {"model": "subscriptions", "source": "contracts.csv"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("staged")
def test_a_slice_is_what_the_unit_would_have_read_alone(folder: Path, kind: str) -> None:
    units = [unit(folder, slug, **KINDS[kind]) for slug in ("north", "south")]
    alone = [told(settings) for settings in units]
    assert not any(isinstance(one, str) for one in alone), alone
    assert [read for _, read in stage(units)] == [2]
    assert all(map(is_staged, units))
    assert [told(settings) for settings in units] == alone


@pytest.mark.usefixtures("staged")
def test_the_units_of_the_sample_company_are_the_same_from_their_slices(tmp_path: Path) -> None:
    write_company(tmp_path, customers=600)
    units = all_settings(unit_files(tmp_path / "params"))
    alone = [told(settings) for settings in units]
    stage(units)
    assert all(map(is_staged, units))
    assert [told(settings) for settings in units] == alone


@pytest.mark.usefixtures("real_data", "staged")
def test_the_countries_of_online_retail_are_the_same_from_their_slices() -> None:
    folder = Path(__file__).parents[1] / "params" / "online_retail_ii"
    units = all_settings(unit_files(folder))
    chosen = [settings for settings in units if settings.slug == "france"]
    alone = [told(settings) for settings in chosen]
    assert [read for _, read in stage(units)] == [len(units)]
    assert [told(settings) for settings in chosen] == alone


@pytest.mark.usefixtures("staged")
def test_refusals_are_the_same_words(folder: Path) -> None:
    units = [
        unit(folder, "north"),
        unit(folder, "nort"),
        unit(folder, "east"),
        unit(folder, "south", source="broken.csv"),
        unit(folder, "west", query="SELECT customer_id FROM source"),
        unit(folder, "other", source="absent.csv"),
        unit(folder, "early", unit="North", as_of="2023-01-01"),
        unit(folder, "column", unit="North", segments="[colour]"),
    ]
    (folder / "broken.csv").write_text(ROWS + 'ann,2024-01-05,"1\n')
    alone = [told(settings) for settings in units]
    assert [isinstance(one, str) for one in alone] == [False, *[True] * 7]
    stage(units)
    assert [told(settings) for settings in units] == alone


def test_units_that_share_a_source_read_it_once_a_run(
    folder: Path, staged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert staged.is_dir()
    units = [unit(folder, slug) for slug in ("north", "south")]
    units += [unit(folder, "again", unit="North", frequency="week"), unit(folder, "own")]
    (folder / "own.csv").write_text(ROWS)
    units[-1] = unit(folder, "own", unit="North", source="own.csv")
    read: list[str] = []
    table = files.table
    monkeypatch.setattr(
        files,
        "table",
        lambda source, *args, **how: (read.append(source), table(source, *args, **how))[1],
    )
    checked = checks.preflight([str(one.path) for one in units], params=folder)
    assert read == ["rows.csv", "own.csv"]
    # Kernels need the sources no more, and see what was checked.
    (folder / "rows.csv").write_text(ROWS.replace("ann", "zoe"))
    (folder / "own.csv").unlink()
    for settings in checked.units:
        assert open_unit(settings).fingerprint == checked.fingerprints[settings.slug]
    assert read == ["rows.csv", "own.csv"]


@pytest.mark.usefixtures("staged")
def test_what_is_kept_of_optional_sources_and_segments_is_not_read_again(folder: Path) -> None:
    (folder / "people.csv").write_text("customer_id,known_on\nzoe,2024-01-02\n")
    settings = unit(folder, "north", prospects="people.csv", segments="[channel]")
    before = told(settings)
    stage([settings])
    assert told(settings) == before
    (folder / "people.csv").unlink()
    (folder / "rows.csv").unlink()
    assert told(settings) == before


@pytest.mark.usefixtures("staged")
def test_what_is_kept_of_segments_is_of_the_day_that_a_unit_ends_on(folder: Path) -> None:
    kept: dict[str, Any] = {"unit": "North", "segments": "[channel]"}
    units = [
        unit(folder, "early", as_of="2024-01-31", **kept),
        unit(folder, "late", as_of="2024-03-31", **kept),
        unit(folder, "open", **kept),
    ]
    alone = [told(settings) for settings in units]
    assert not any(isinstance(one, str) for one in alone), alone
    assert stage(units) == [("rows.csv", 3)]
    for _ in range(2):
        assert [told(settings) for settings in units] == alone


@pytest.mark.usefixtures("staged")
def test_other_settings_find_no_slice(folder: Path) -> None:
    settings = unit(folder, "north")
    stage([settings])
    assert is_staged(settings)
    assert is_staged(unit(folder, "north", inactive_after=30))
    for keys in ({"unit": "South"}, {"segments": "[channel]"}, {"query": "FROM source"}):
        assert not is_staged(unit(folder, "north", **keys))


@pytest.mark.usefixtures("staged")
def test_time_zones_part_units_only_where_days_depend_on_them(folder: Path) -> None:
    zones = {"north": "Europe/Madrid", "south": "America/New_York"}
    frame = pd.read_csv(folder / "rows.csv")
    for name, utc in (("naive", False), ("aware", True)):
        days = pd.to_datetime(frame["ordered_at"], errors="coerce", utc=utc)
        frame.assign(ordered_at=days).to_parquet(folder / f"{name}.parquet")

    def read(**keys: object) -> list[int]:
        units = [unit(folder, slug, timezone=zone, **keys) for slug, zone in zones.items()]
        alone = [told(settings) for settings in units]
        found = [count for _, count in stage(units)]
        assert [told(settings) for settings in units] == alone
        return found

    assert read(source="naive.parquet") == [2]
    assert read(source="naive.parquet", query="FROM source") == [1, 1]
    assert read(source="aware.parquet") == [1, 1]
    assert read() == [1, 1]
    assert read(source="absent.csv") == [1, 1]


@pytest.mark.usefixtures("staged")
def test_a_database_in_a_file_is_staged_and_a_server_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(folder / "rows.duckdb")) as engine:
        engine.execute(f"CREATE TABLE orders AS FROM read_csv('{folder}/rows.csv')")
    inside = unit(folder, "north", source="duckdb://rows.duckdb", table="orders")
    before = told(inside)
    assert stage([inside]) == [("duckdb://rows.duckdb", 1)]
    assert is_staged(inside)
    assert told(inside) == before
    monkeypatch.setenv("KIT_SERVER", "postgresql://reader@localhost/shop")
    for source in ("postgresql://reader@localhost/shop", "spark://master:7077", "oracle://x"):
        assert not sources.in_process(source)
    assert not sources.in_process("${KIT_SERVER}")
    assert not sources.in_process("${KIT_NOBODY}")
    assert stage([unit(folder, "south", source="${KIT_SERVER}", table="orders")]) == []


def test_without_a_folder_nothing_is_staged(folder: Path) -> None:
    settings = unit(folder, "north")
    assert stage([settings]) == []
    assert not is_staged(settings)


def test_the_folder_is_private_and_goes_with_the_run(folder: Path) -> None:
    with staging.staging():
        place = Path(os.environ[staging.FOLDER])
        assert place.name.startswith(scratch.prefix())
        stage([unit(folder, "north")])
        inside = [place, *(path for path in place.rglob("*") if path.is_dir())]
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert len(inside) > 2
    assert staging.FOLDER not in os.environ
    assert not place.exists()


@pytest.mark.parametrize("what", ["all of it", "a slice", "its facts"])
def test_a_folder_that_vanishes_costs_a_reading_and_no_figure(
    folder: Path, staged: Path, what: str
) -> None:
    settings = unit(folder, "north")
    before = told(settings)
    stage([settings])
    if what == "all of it":
        shutil.rmtree(staged)
    elif what == "a slice":
        for path in staged.glob("*/slice=*/*"):
            path.write_bytes(b"PAR1")
    else:
        for path in staged.glob("*/facts.json"):
            path.write_text("{")
    assert told(settings) == before


def test_a_slice_that_ends_in_the_middle_costs_a_reading_and_no_figure(
    folder: Path, staged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = unit(folder, "north")
    before = told(settings)
    stage([settings])
    taken = staging.staged

    def then_gone(settings: Settings) -> staging.Slice | None:
        found = taken(settings)
        shutil.rmtree(staged)
        return found

    monkeypatch.setattr(staging, "staged", then_gone)
    assert told(settings) == before


def test_a_full_disk_costs_readings_and_leaves_nothing_half(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk = folder / "disk"
    disk.mkdir()
    try:
        mounted("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk may be mounted here: {error}")
    try:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        units = [unit(folder, slug) for slug in ("north", "south")]
        with staging.staging():
            place = Path(os.environ[staging.FOLDER])
            (place / "ballast").write_bytes(b"x" * 8 * 1024)
            stage(units)
            assert [path.name for path in place.iterdir()] == ["ballast"]
            assert caplog.messages == ["rows.csv: no room to stage it; each unit reads it"]
            assert not any(map(is_staged, units))
            assert not isinstance(told(units[0]), str)
    finally:
        mounted("umount", disk)


def test_a_table_that_finds_no_room_is_not_kept(
    folder: Path, staged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = unit(folder, "north", segments="[channel]")
    stage([settings])
    found = staging.staged(settings)
    assert found
    rows = found.read("rows", found.table)
    monkeypatch.setattr(type(found.backend), "to_parquet", _full)
    found.keep("segments", rows)
    assert found.kept("segments") is None
    assert not list(staged.rglob("*.unfinished"))
    found.backend.disconnect()


def _full(_backend: object, _table: object, path: Path) -> None:
    path.write_bytes(b"half")
    raise OSError(28, "No space left on device")


def test_what_a_killed_run_staged_is_gone_after_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = folder / "t"
    temporary.mkdir()
    unit(folder, "north")
    code = (
        "import os, sys; from retention import staging; from retention.params import all_settings\n"
        "with staging.staging():\n"
        "    staging.stage(all_settings([sys.argv[1]]), lambda *_: None)\n"
        "    os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", code, str(folder / "north.yaml")]
    done = subprocess.run(command, env=os.environ | {"TMPDIR": str(temporary)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(temporary.glob("rk-*/*/slice=*/*.parquet"))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    scratch.clear()
    assert list(temporary.iterdir()) == []
