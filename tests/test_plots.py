from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

import frames
import matplotlib as mpl
import numpy as np
import pytest
from drawn import colour, column, contrast, light, names, painted, points, texts
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from retention import plots
from retention.language import Language
from retention.ledger import LAPSED, NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST, STATES
from retention.rates import (
    CHURN,
    CONVERSION,
    MEASURES,
    QUICK_RATIO,
    REACTIVATION,
    RETENTION,
    REVENUE_CHURN,
    WIN_BACK,
)
from retention.recurring import GAINS, GROSS_RETENTION, LOSSES, NET_RETENTION
from retention.style import PALETTE
from retention.suppression import SMALL
from retention.words import name_of

ENGLISH = Language()
LEDGER = frames.ledger()
RATES = frames.rates_of(LEDGER)
REVENUE = frames.revenue(
    {RETAINED: 900.0, NEW: 100.5},
    {RETAINED: 800.0, NEW: 120.0, REACTIVATED: 70.25, NO_PURCHASE: -15.0},
    {RETAINED: 850.0, NEW: 90.0, REACTIVATED: 65.0, WON_BACK: 30.0},
)
THRESHOLDS, CURVE = frames.thresholds(), frames.curve()
KEPT, BACK = [CHURN, RETENTION], [WIN_BACK, REACTIVATION]

CHARTS: dict[str, Callable[..., Axes]] = {
    "stocks": lambda **on: plots.stocks(LEDGER, ENGLISH, **on),
    "movements": lambda **on: plots.movements(LEDGER, ENGLISH, **on),
    "revenue": lambda **on: plots.revenue(REVENUE, ENGLISH, **on),
    "return_curve": lambda **on: plots.return_curve(CURVE, THRESHOLDS, ENGLISH, **on),
}


@pytest.fixture(autouse=True)
def nothing_global() -> Iterator[None]:
    """No test leaves a figure with pyplot, or a changed setting of Matplotlib."""
    before = dict(mpl.rcParams)
    yield
    from matplotlib import pyplot

    assert pyplot.get_fignums() == []
    assert dict(mpl.rcParams) == before


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


# Stocks -------------------------------------------------------------------------------------------


def test_stocks_are_one_line_a_state_through_the_cells_of_the_ledger() -> None:
    ax = plots.stocks(LEDGER, ENGLISH)
    assert [points(line) for line in ax.lines] == [
        column(LEDGER, "period", f"closing_{state}") for state in STATES
    ]
    assert [colour(line) for line in ax.lines] == [PALETTE[state] for state in STATES]
    assert ax.get_ylim()[0] == 0


def test_stocks_name_each_line_at_its_end_with_its_last_value() -> None:
    ax = plots.stocks(LEDGER, ENGLISH)
    last = LEDGER.iloc[-1]
    wanted = {f"{s} {ENGLISH.number(last[f'closing_{s}'])}": PALETTE[s] for s in STATES}
    assert {text.get_text().lower(): colour(text) for text in ax.texts} == wanted


def test_labels_at_the_ends_keep_apart() -> None:
    close = LEDGER.assign(closing_dormant=1900, closing_lost=1899)
    ax = plots.stocks(close, ENGLISH)
    heights = sorted(text.xy[1] for text in ax.texts)
    low, high = ax.get_ylim()
    assert all(b - a > (high - low) * 0.05 for a, b in pairwise(heights))


def test_a_state_that_nobody_was_ever_in_is_no_line() -> None:
    ax = plots.stocks(LEDGER.iloc[:2], ENGLISH)
    assert [colour(line) for line in ax.lines] == [PALETTE[ACTIVE], PALETTE[DORMANT]]


def test_at_most_nine_periods_are_named_and_the_newest_is_among_them() -> None:
    ax = plots.stocks(frames.ledger(frames.MOVES * 3), ENGLISH)
    assert len(names(ax)) <= 9
    assert names(ax)[-1] == "Aug 2028"
    gaps = {round((b - a) / 30.4) for a, b in pairwise(ax.get_xticks())}
    assert len(gaps) == 1


# Movements ----------------------------------------------------------------------------------------


def test_waterfall_leads_from_the_opening_to_the_close() -> None:
    ax = plots.movements(LEDGER, ENGLISH)
    last = LEDGER.iloc[-1]
    bars = dict(zip((NEW, REACTIVATED, WON_BACK, LAPSED), ax.patches, strict=True))
    level = last["opening_active"]
    for kind in (NEW, REACTIVATED, WON_BACK):
        assert (bars[kind].get_y(), bars[kind].get_height()) == (level, last[kind])
        level += last[kind]
    assert bars[LAPSED].get_y() + bars[LAPSED].get_height() == level
    assert bars[LAPSED].get_height() == last["lapsed"]
    assert bars[LAPSED].get_y() == last["closing_active"]
    assert {kind: to_hex(bar.get_facecolor()) for kind, bar in bars.items()} == {
        kind: PALETTE[kind] for kind in bars
    }


def test_waterfall_begins_and_ends_with_levels_that_are_written() -> None:
    ax = plots.movements(LEDGER, ENGLISH)
    opening, closing = ax.lines[:2]
    assert set(opening.get_ydata()) == {1930}
    assert set(closing.get_ydata()) == {1900}
    assert set(texts(ax)) == {"1,930", "+189", "+57", "+10", "−286", "1,900"}
    assert len(names(ax)) == 6
    low, high = ax.get_ylim()
    assert low < 1900
    assert high > 1930 + 189 + 57 + 10


# Rates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measures", [KEPT, BACK, BACK[::-1]], ids="+".join)
def test_rates_have_one_panel_a_measure_in_the_order_asked_for(measures: list[str]) -> None:
    drawn = plots.rates(RATES, measures, ENGLISH)
    for ax, measure in zip(drawn, measures, strict=True):
        frame = RATES[(RATES["measure"] == measure) & RATES["rate"].notna()]
        (line,) = ax.lines
        assert ax.get_title(loc="left").lower() == name_of(measure, ENGLISH)
        assert points(line) == column(frame, "period", "rate")
        assert colour(line) == PALETTE[measure]
        assert texts(ax) == [ENGLISH.percent(frame["rate"].iloc[-1])]


def test_band_of_a_rate_is_its_interval() -> None:
    frame = RATES[(RATES["measure"] == CHURN) & RATES["rate"].notna()]
    (ax,) = plots.rates(RATES, [CHURN], ENGLISH)
    (band,) = ax.collections
    edge = {(float(x), float(y)) for x, y in band.get_paths()[0].vertices}
    wanted = {*column(frame, "period", "low"), *column(frame, "period", "high")}
    assert wanted <= edge
    assert {y for _, y in edge} == {y for _, y in wanted}


def test_a_share_of_money_has_no_band_and_may_be_below_zero() -> None:
    rates = frames.rates({REVENUE_CHURN: [(10, 100), (-20, 100), (120, 100)]})
    (ax,) = plots.rates(rates.assign(low=np.nan, high=np.nan), [REVENUE_CHURN], ENGLISH)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.1, -0.2, 1.2]]
    assert ax.get_ylim()[0] <= -0.2
    assert not any(len(path.vertices) for band in ax.collections for path in band.get_paths())


def test_rates_are_read_in_per_cent_over_the_same_time() -> None:
    drawn = plots.rates(RATES, BACK, ENGLISH)
    first, last = date2num(RATES["period"].min()), date2num(RATES["period"].max())
    for ax in drawn:
        assert ax.get_xlim() == (first, last)
        assert all(name.endswith("%") for name in names(painted(ax), "y"))


def test_win_back_and_reactivation_share_their_scale_from_zero() -> None:
    drawn = plots.rates(RATES, BACK, ENGLISH)
    (scale,) = {ax.get_ylim() for ax in drawn}
    assert scale[0] == 0
    assert RATES.loc[RATES["measure"].isin(BACK), "high"].max() <= scale[1] < 0.5


def test_a_panel_without_anybody_at_risk_says_so_and_leaves_the_others_their_scale() -> None:
    some = frames.rates({REACTIVATION: [(0, 0), (5, 100), (6, 90)], WIN_BACK: [(0, 0)] * 3})
    lost, both = plots.rates(some, BACK, ENGLISH)
    assert texts(painted(lost)) == [ENGLISH.title(ENGLISH("nobody was at risk yet"))]
    assert not lost.lines
    assert both.get_ylim()[1] < 0.3


# Revenue ------------------------------------------------------------------------------------------


def test_revenue_is_stacked_by_the_way_of_buying() -> None:
    ax = plots.revenue(REVENUE, ENGLISH)
    wide = REVENUE.pivot(index="period", columns="bought_as", values="revenue").fillna(0)
    bottom = np.zeros(3)
    kinds = (RETAINED, NEW, REACTIVATED, WON_BACK)
    for kind, bars in zip(kinds, ax.containers, strict=True):
        assert [bar.get_height() for bar in bars] == wide[kind].tolist()
        assert [bar.get_y() for bar in bars] == bottom.tolist()
        assert {to_hex(bar.get_facecolor()) for bar in bars} == {PALETTE[kind]}
        middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
        assert middles == pytest.approx(date2num(wide.index))
        bottom += wide[kind].to_numpy()
    legend = [text.get_text().lower() for text in ax.get_legend().get_texts()]
    assert legend == [name_of(kind, ENGLISH) for kind in kinds]


@pytest.mark.parametrize(("currency", "sign"), [("EUR", "€"), ("GBP", "£"), ("USD", "$")])
def test_revenue_is_in_the_units_currency(currency: str, sign: str) -> None:
    ax = plots.revenue(REVENUE, Language(currency=currency))
    assert all(name.startswith(sign) for name in names(painted(ax), "y"))


def test_a_way_of_buying_that_nets_to_less_than_nothing_pulls_no_bar_down() -> None:
    ax = plots.revenue(frames.revenue({NEW: -20.0, RETAINED: 50.0}), ENGLISH)
    assert [bar.get_height() for bars in ax.containers for bar in bars] == [50, 0]


# Return curve -------------------------------------------------------------------------------------


def cuts(ax: Axes) -> list[Line2D]:
    return [line for line in ax.lines if line.get_linestyle() == "--"]


def test_return_curve_shows_who_came_back_and_where_the_thresholds_cut() -> None:
    ax = plots.return_curve(CURVE, THRESHOLDS, ENGLISH)
    curve, (inactive, lost) = ax.lines[0], cuts(ax)
    shown = CURVE[CURVE["days"] <= 365]
    assert points(curve) == list(zip(shown["days"], 1 - shown["survival"], strict=True))
    assert curve.get_drawstyle() == "steps-post"
    assert [set(line.get_xdata()) for line in (inactive, lost)] == [{98}, {228}]
    assert [colour(line) for line in (inactive, lost)] == [PALETTE[DORMANT], PALETTE[LOST]]
    assert [text.split(" ")[-2:] for text in texts(ax)] == [["98", "days"], ["228", "days"]]
    assert [colour(text) for text in ax.texts] == [PALETTE[DORMANT], PALETTE[LOST]]
    assert ax.get_xlim() == (0, 365)
    assert ax.get_ylim()[0] == 0


def test_return_curve_is_long_enough_for_late_thresholds() -> None:
    ax = plots.return_curve(CURVE, frames.thresholds(300, 480), ENGLISH)
    assert ax.get_xlim() == (0, 600)
    assert points(ax.lines[0])[-1][0] == 500


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
    painted(plots.return_curve(CURVE.iloc[:1], THRESHOLDS, ENGLISH))
