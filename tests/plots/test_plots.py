"""What holds for every chart: axes, palette, amounts; charts of next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import frames
import numpy as np
import pytest
from drawn import contrast, light, names, painted, points, texts
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotted import BACK, CURVE, ENGLISH, KEPT, LEDGER, RATES, REVENUE, THRESHOLDS, cuts

from retention import plots
from retention.ledger import LAPSED, NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import STATES
from retention.rates import CHURN, CONVERSION, MEASURES, QUICK_RATIO
from retention.recurring import GAINS, GROSS_RETENTION, LOSSES, NET_RETENTION
from retention.style import PALETTE
from retention.suppression import SMALL

CHARTS: dict[str, Callable[..., Axes]] = {
    "stocks": lambda **on: plots.stocks(LEDGER, ENGLISH, **on),
    "movements": lambda **on: plots.movements(LEDGER, ENGLISH, **on),
    "revenue": lambda **on: plots.revenue(REVENUE, ENGLISH, **on),
    "return_curve": lambda **on: plots.return_curve(CURVE, THRESHOLDS, ENGLISH, **on),
}


# Every chart --------------------------------------------------------------------------------------


@pytest.mark.parametrize("chart", CHARTS)
def test_draws_on_the_axes_it_is_given(chart: str) -> None:
    ax = Figure().subplots()
    assert CHARTS[chart](ax=ax) is ax
    assert painted(ax).has_data()


@pytest.mark.parametrize("chart", CHARTS)
def test_makes_a_figure_of_its_own_where_it_is_given_none(chart: str) -> None:
    first, second = CHARTS[chart](), CHARTS[chart]()
    assert first.figure is not second.figure
    assert painted(first).has_data()


def test_rates_draw_on_the_axes_they_are_given() -> None:
    given = list(Figure().subplots(1, 2))
    drawn = plots.rates(RATES, KEPT, ENGLISH, ax=given)
    assert all(one is other for one, other in zip(drawn, given, strict=True))
    assert all(ax.has_data() for ax in given)


@pytest.mark.parametrize("chart", CHARTS)
def test_axes_say_what_they_show(chart: str) -> None:
    ax = painted(CHARTS[chart]())
    assert ax.get_ylabel() or ax.get_xlabel()
    assert all(names(ax))


# The palette --------------------------------------------------------------------------------------


def test_palette_is_keyed_by_every_state_event_and_measure() -> None:
    events = {NEW, RETAINED, REACTIVATED, WON_BACK, LAPSED, NO_PURCHASE}
    of_contracts = {*GAINS, *LOSSES, GROSS_RETENTION, NET_RETENTION}
    drawn = {*MEASURES, CONVERSION} - {QUICK_RATIO}  # which is told
    assert set(PALETTE) == {*STATES, *events, *drawn, *of_contracts, SMALL}


# Machado, Oliveira and Fernandes 2009: full deficiency of one kind of cone, on linear light.
SIGHTS = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(colour: str, sight: str) -> np.ndarray:
    """The colour in CIE Lab (D65) as that sight has it."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(np.array(SIGHTS[sight]) @ light(colour), 0, 1)
    x, y, z = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("key", sorted(set(PALETTE) - {NO_PURCHASE, SMALL}))
def test_colours_of_labels_are_dark_enough_for_text(key: str) -> None:
    assert contrast(PALETTE[key], "#ffffff") >= 4.5


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize(
    "together",
    [STATES, (RETAINED, NEW, REACTIVATED, WON_BACK), (NEW, REACTIVATED, WON_BACK, LAPSED), KEPT],
    ids=lambda keys: keys[0],
)
def test_colours_in_one_chart_differ_for_every_sight(together: tuple[str, ...], sight: str) -> None:
    # A difference of 2.3 can just be seen, side by side.
    for one, other in combinations(together, 2):
        distance = np.linalg.norm(seen(PALETTE[one], sight) - seen(PALETTE[other], sight))
        assert distance > 10, (one, other)


# Scales -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("top", [0.0004, 0.003, 0.012, 0.03, 0.11, 0.14, 0.3, 0.9])
def test_no_share_on_an_axis_is_rounded_away_from_its_place(top: float) -> None:
    pairs = [(0, 100_000), (round(top * 100_000), 100_000)]
    (ax,) = plots.rates(frames.rates({CHURN: pairs}), [CHURN], ENGLISH)
    shown = [float(name.rstrip("%")) / 100 for name in names(painted(ax), "y")]
    assert shown == pytest.approx(list(ax.get_yticks()), abs=1e-9)


@pytest.mark.parametrize("top", [1, 2, 9, 99, 9_999, 11_000, 14_900, 120_000, 990_000, 1_230_000])
def test_no_amount_on_an_axis_is_rounded_away_from_its_place(top: int) -> None:
    def amount(name: str) -> float:
        unit = {"K": 1e3, "k": 1e3, "m": 1e6, "M": 1e6}.get(name[-1], 1)
        return float(name.strip("€KkmM").replace(",", "")) * unit

    ledger = frames.ledger([(top, 0, 0, 0, 0, 0.0), (max(top // 200, 1), 0, 0, 0, 0, 0.0)])
    for ax in (
        plots.stocks(ledger, ENGLISH),
        plots.movements(ledger, ENGLISH),
        plots.revenue(frames.revenue({NEW: top}), ENGLISH),
    ):
        shown = [amount(name) for name in names(painted(ax), "y")]
        assert shown == pytest.approx(list(ax.get_yticks()))
        assert all(value == round(value) for value in shown)


# Frames with hardly anything in them --------------------------------------------------------------


def test_one_period_is_a_dot() -> None:
    one = LEDGER.iloc[:1]
    (line,) = painted(plots.stocks(one, ENGLISH)).lines
    assert line.get_marker() == "o"
    assert texts(plots.movements(one, ENGLISH)) == ["0", "1,200", "+1,200", "0", "0", "0"]
    for measures in (KEPT, BACK):
        for ax in plots.rates(frames.rates_of(one), measures, ENGLISH):
            assert not painted(ax).axison
    bars = painted(plots.revenue(frames.revenue({NEW: 5.0}), ENGLISH)).containers
    assert [bar.get_height() for bar in bars[0]] == [5]


def test_a_first_rate_is_a_dot() -> None:
    churn, _ = plots.rates(frames.rates_of(LEDGER.iloc[:2]), KEPT, ENGLISH)
    (line,) = painted(churn).lines
    assert line.get_marker() == "o"


def test_nobody_at_all() -> None:
    nobody = frames.ledger([(0, 0, 0, 0, 0, 0.0)] * 3)
    (line,) = painted(plots.stocks(nobody, ENGLISH)).lines
    assert set(line.get_ydata()) == {0}
    painted(plots.movements(nobody, ENGLISH))


def test_only_refunds() -> None:
    ax = painted(plots.revenue(frames.revenue({NO_PURCHASE: -5.0}), ENGLISH))
    assert (len(ax.patches), ax.get_legend()) == (0, None)


@pytest.mark.parametrize("days", [(98, 98), (1, 1), (36_500, 36_500)])
def test_thresholds_at_the_ends_of_what_is_allowed(days: tuple[int, int]) -> None:
    ax = painted(plots.return_curve(CURVE, frames.thresholds(*days), ENGLISH))
    assert [line.get_xdata()[0] for line in cuts(ax)] == list(days)
    first, second = (text.xy[1] for text in ax.texts)
    assert first != second


def test_a_curve_of_one_day() -> None:
    ax = painted(plots.return_curve(CURVE.iloc[:1], THRESHOLDS, ENGLISH))
    assert points(ax.lines[0]) == [(CURVE["days"].iloc[0], 1 - CURVE["survival"].iloc[0])]
