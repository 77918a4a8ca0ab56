"""`make bench-compare` names what became worse than the baseline by more than noise."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import pytest

from benchmarks import ratios
from benchmarks.ratios import Row, compared

HERE, THERE = "x86_64, 2 cores", "arm64, 8 cores"
TODAY = datetime.date(2026, 11, 26)
BASELINE = Path(__file__).parents[1] / "benchmarks" / "baseline.json"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.json"


def kept(path: Path, *rows: Row, machine: str = HERE) -> ratios.Kept:
    for row in rows:
        ratios.keep(row, path, machine=machine, today=TODAY)
    return ratios.read(path)


def test_what_became_worse_by_more_than_the_noise_of_both_is_named(path: Path) -> None:
    before = kept(
        path,
        Row("steady", 2.0, goal=5, noise=0.05),
        Row("noisy", 2.0, goal=5, noise=0.3),
        Row("slower", 2.0, goal=5, noise=0.05),
        Row("no longer ahead", 12.0, goal=10, at_least=True, noise=0.05),
        Row("further ahead", 12.0, goal=10, at_least=True, noise=0.05),
        Row("faster", 2.0, goal=5, noise=0.05),
    )
    now = [
        Row("steady", 2.38, noise=0.05),
        Row("noisy", 2.9, noise=0.05),
        Row("slower", 2.42, noise=0.05),
        Row("no longer ahead", 9.9, at_least=True, noise=0.05),
        Row("further ahead", 40.0, at_least=True, noise=0.05),
        Row("faster", 0.5, noise=0.05),
    ]
    worse, untold = compared(now, before, machine=HERE)
    assert worse == [
        "slower: 2.00 -> 2.42, worse than the noise of 20%",
        "no longer ahead: 12.00 -> 9.90, worse than the noise of 20%",
    ]
    assert untold == []


def test_a_row_that_one_side_lacks_is_told_and_so_are_other_sizes(path: Path) -> None:
    before = kept(path, Row("1 million rows: kit / SQL", 1.0), Row("page", 500.0))
    worse, untold = compared([Row("10 million rows: kit / SQL", 9.0)], before, machine=HERE)
    assert worse == []
    assert untold == [
        "10 million rows: kit / SQL: not in the baseline, or with other sizes",
        "1 million rows: kit / SQL: in the baseline, and not measured now",
        "page: in the baseline, and not measured now",
    ]


def test_on_another_machine_ratios_are_compared_and_seconds_are_not(path: Path) -> None:
    before = kept(path, Row("ratio", 1.0), Row("seconds", 1.0, here_only=True), machine=THERE)
    now = [Row("ratio", 2.0), Row("seconds", 2.0, here_only=True)]
    worse, untold = compared(now, before, machine=HERE)
    assert worse == ["ratio: 1.00 -> 2.00, worse than the noise of 10%"]
    assert untold == [f"measured on {THERE}, and now on {HERE}: ratios alone"]
    worse, untold = compared(now, before, machine=THERE)
    assert len(worse) == 2
    assert untold == []


def test_sections_that_are_measured_apart_gather_in_one_file(path: Path) -> None:
    free = Row("no goal", 3.0, detail="3.00 s / 1.00 s")
    rows = [Row("first", 1.0, goal=5), free, Row("first", 2.0, goal=5)]
    assert list(ratios.rows_of(kept(path, *rows))) == [rows[2], free]
    assert "Infinity" not in path.read_text("utf-8")
    # Rows of two machines are not ratios of one run.
    other = kept(path, Row("second", 1.0), machine=THERE)
    assert list(other["rows"]) == ["second"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Row("a", 1.05, goal=1.1), "<= 1.1   met"),
        (Row("a", 1.15, goal=1.1), "<= 1.1   MISSED"),
        (Row("a", 12.0, goal=10, at_least=True), ">= 10    met"),
        (Row("a", 9.0, goal=10, at_least=True), ">= 10    MISSED"),
    ],
)
def test_a_row_says_its_goal_and_whether_it_is_met(row: Row, words: str) -> None:
    assert words in row.told()
    assert "met" not in Row("a", 1.0).told().lower()


def test_an_exponent_around_nothing_is_compared_by_its_difference() -> None:
    kept = {"machine": HERE, "rows": {"growth": {"name": "growth", "value": 0.0}}}
    assert compared([Row("growth", 0.09)], kept, machine=HERE) == ([], [])
    (line,), _ = compared([Row("growth", 0.2)], kept, machine=HERE)
    assert line == "growth: 0.00 -> 0.20, worse than the noise of 10%"
    assert compared([Row("growth", -0.5)], kept, machine=HERE) == ([], [])


def test_the_baseline_of_the_repository_holds_rows_that_can_be_compared() -> None:
    kept = ratios.read(BASELINE)
    rows = list(ratios.rows_of(kept))
    assert kept["machine"]
    assert all(math.isfinite(row.value) for row in rows)
    assert compared(rows, kept, machine=kept["machine"]) == ([], [])
    # Every section has left its rows.
    for word in ("kit / SQL by hand", "warm script", "JupyterLab", "exponent of time", "page"):
        assert any(word in row.name for row in rows), word
