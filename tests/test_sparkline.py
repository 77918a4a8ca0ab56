"""The small line of a tile: its points are its numbers, gaps are gaps, its words are text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from retention.sparkline import HEIGHT, WIDTH, sparkline


def drawn(*series: float | None) -> str:
    line, now = ElementTree.fromstring(sparkline(series, "x"))
    assert now.attrib["d"] == "M" + re.findall("[\\d. ]+", line.attrib["d"])[-1] + "h0"
    return str(line.attrib["d"])


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall("[ML]([\\d.]+) ([\\d.]+)", path)]


def test_points_lie_as_far_up_as_their_values() -> None:
    found = points(drawn(10, 30, 20))
    assert [x for x, _ in found] == [3, 50, 97]
    assert [y for _, y in found] == [21, 3, 12]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in found)


def test_absent_values_are_gaps_in_their_place() -> None:
    path = drawn(None, 1, None, 2, 3)
    assert re.findall("[ML]", path) == ["M", "M", "L"]
    assert [x for x, _ in points(path)] == [26.5, 73.5, 97]


def test_what_does_not_move_is_a_level_line() -> None:
    assert len({y for _, y in points(drawn(5, 5, 5))}) == 1


@pytest.mark.parametrize("series", [[], [1.0], [None, 1.0, None]])
def test_fewer_than_two_values_are_no_line(series: list[float | None]) -> None:
    assert sparkline(series, "x") == ""


def test_words_are_text() -> None:
    words = '"><script>alert(1)</script>&'
    svg = ElementTree.fromstring(sparkline([1, 2], words))
    assert svg.attrib["aria-label"] == words
    assert svg.attrib["role"] == "img"
    assert [part.tag for part in svg] == ["path", "path"]
