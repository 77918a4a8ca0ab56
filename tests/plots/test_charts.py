"""Each chart shows the figures it is given."""

from __future__ import annotations

from itertools import pairwise

import frames
import numpy as np
import pytest
from drawn import colour, column, contrast, names, painted, points, texts
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from plotted import BACK, CURVE, ENGLISH, KEPT, LEDGER, RATES, REVENUE, THRESHOLDS, cuts

from retention import plots
from retention.language import Language
from retention.ledger import LAPSED, NEW, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST, STATES
from retention.rates import CHURN, REACTIVATION, REVENUE_CHURN, WIN_BACK
from retention.style import PALETTE
from retention.suppression import SMALL
from retention.words import name_of

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
    assert len(drawn) == len(BACK)
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
    assert ax.get_legend() is None
    last = wide.iloc[-1]
    assert [text.lower() for text in texts(ax)] == [
        f"{name_of(kind, ENGLISH)} {ENGLISH.short_money(last[kind]).lower()}" for kind in kinds
    ]
    assert [colour(text) for text in ax.texts] == [PALETTE[kind] for kind in kinds]


def test_a_way_of_buying_that_the_newest_period_does_not_show_has_no_amount() -> None:
    both = {RETAINED: 40.0, WON_BACK: 10.0}, {RETAINED: 50.0, SMALL: 3.0}
    ax = plots.revenue(frames.revenue(*both), ENGLISH)
    named = {text.get_text(): colour(text) for text in ax.texts}
    assert list(named) == [
        "Retained €50",
        "Won back",
        f"{ENGLISH.title(name_of(SMALL, ENGLISH))} €3",
    ]
    assert all(contrast(each, "#ffffff") >= 4.5 for each in named.values())


@pytest.mark.parametrize(("currency", "sign"), [("EUR", "€"), ("GBP", "£"), ("USD", "$")])
def test_revenue_is_in_the_units_currency(currency: str, sign: str) -> None:
    ax = plots.revenue(REVENUE, Language(currency=currency))
    assert all(name.startswith(sign) for name in names(painted(ax), "y"))


def test_a_way_of_buying_that_nets_to_less_than_nothing_pulls_no_bar_down() -> None:
    ax = plots.revenue(frames.revenue({NEW: -20.0, RETAINED: 50.0}), ENGLISH)
    assert [bar.get_height() for bars in ax.containers for bar in bars] == [50, 0]


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
