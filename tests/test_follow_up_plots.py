from __future__ import annotations

from collections.abc import Callable, Sequence

import frames
import pandas as pd
import pytest
from drawn import colour, column, contrast, names, painted, points, texts
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from retention import follow_up_plots
from retention.follow_up import BEGINNINGS
from retention.language import Language
from retention.ledger import NEW, REACTIVATED, WON_BACK
from retention.style import PALETTE

ENGLISH = Language()
TOO_SMALL = "No group of customers is large enough to show yet."
RETURNS = frames.returns(
    {
        "2025-06-01": [(90, 0.21, True), (90, 0.32, True), (90, 0.43, True)],
        "2025-07-01": [(70, 0.24, True), (70, 0.35, True), (70, 0.46, False)],
        "2025-08-01": [(60, 0.27, True), (60, 0.38, False)],
        "2025-09-01": [(50, 0.30, False)],
    }
)
LIVES = frames.second_life(
    {
        NEW: [(900, 900, 50.0), (700, 350, 80.0), (500, 200, 110.0)],
        REACTIVATED: [(90, 90, 40.0), (80, 44, 85.0), (50, 26, 120.0)],
        WON_BACK: [(60, 60, 45.0), (40, 10, 65.0)],
    }
)
SECOND = frames.second_purchase()

CHARTS: dict[str, Callable[..., Axes]] = {
    "returns": lambda **on: follow_up_plots.returns(RETURNS, ENGLISH, **on),
    "second_purchase": lambda **on: follow_up_plots.second_purchase(SECOND, ENGLISH, **on),
}


@pytest.mark.parametrize("chart", CHARTS)
def test_draws_on_the_axes_it_is_given_or_on_its_own(chart: str) -> None:
    ax = Figure().subplots()
    assert CHARTS[chart](ax=ax) is ax
    first, second = CHARTS[chart](), CHARTS[chart]()
    assert first.figure is not second.figure
    assert painted(first).has_data()
    assert first.get_ylabel()
    assert first.get_xlabel()
    assert all(names(first))


# Returns ------------------------------------------------------------------------------------------


def test_returns_are_solid_where_all_were_watched_and_dotted_where_not() -> None:
    ax = follow_up_plots.returns(RETURNS, ENGLISH)
    dotted, solid = ax.lines[::2], ax.lines[1::2]
    assert {line.get_linestyle() for line in dotted} == {":"}
    assert {line.get_linestyle() for line in solid} == {"-"}
    # Ages 1 and 3 are compared; two cohorts reached the latter.
    for age, whole, some in zip((1, 3), solid, dotted, strict=True):
        frame = RETURNS[RETURNS["age"] == age]
        assert points(some) == column(frame, "lapse_period", "return_share")
        assert points(whole) == column(frame[frame["complete"]], "lapse_period", "return_share")
        assert colour(whole) == colour(some)
    assert len({colour(line) for line in solid}) == 2
    assert ax.get_ylim()[0] == 0


def test_returns_name_each_age_with_its_newest_share() -> None:
    ax = follow_up_plots.returns(RETURNS, ENGLISH)
    assert sorted(texts(ax)) == ["Within 1 month: 30%", "Within 3 months: 46%"]
    assert all(contrast(colour(text), "#ffffff") >= 4.5 for text in ax.texts)


def test_no_lapse_cohort_has_an_age() -> None:
    for nobody in (RETURNS.iloc[:0], pd.DataFrame(columns=RETURNS.columns)):
        ax = painted(follow_up_plots.returns(nobody, ENGLISH))
        assert texts(ax) == [ENGLISH("No lapse cohort has been watched long enough yet.")]


def test_one_lapse_cohort_is_a_dot_and_none_that_is_complete_is_dotted() -> None:
    one = frames.returns({"2025-06-01": [(90, 0.2, True)]})
    _, solid = painted(follow_up_plots.returns(one, ENGLISH)).lines
    assert solid.get_marker() == "o"
    young = one.assign(complete=False)
    dotted, solid = painted(follow_up_plots.returns(young, ENGLISH)).lines
    assert (len(points(dotted)), len(points(solid))) == (1, 0)


# Second life --------------------------------------------------------------------------------------


def lines_of(ax: Axes) -> dict[str, list[tuple[float, float]]]:
    """Points of the line of each way of beginning, by its colour."""
    kinds = {PALETTE[kind]: kind for kind in BEGINNINGS}
    return {kinds[colour(line)]: points(line) for line in ax.lines}


def cells_of(value: str, *, after: int) -> dict[str, list[tuple[float, float]]]:
    """The same from the frame: at the last day of each window, from window `after` on."""
    return {
        kind: [
            (30.0 * (row["window"] + 1), float(row[value]))
            for _, row in LIVES[LIVES["began_as"] == kind].iterrows()
            if row["window"] >= after
        ]
        for kind in BEGINNINGS
    }


def test_second_life_has_a_line_a_way_of_beginning_at_the_end_of_each_window() -> None:
    left, right = map(painted, follow_up_plots.second_life(LIVES, ENGLISH))
    assert lines_of(left) == cells_of("retention", after=1)
    assert lines_of(right) == cells_of("cumulative_revenue_per_customer", after=0)
    assert left.get_ylim()[0] == right.get_ylim()[0] == 0
    assert names(left) == ["0", "60"]
    assert left.get_title("left") == "Bought in the 30 days up to then"
    assert right.get_title("left") == "Revenue per customer up to then"
    assert "first purchase or the return" in left.get_xlabel()


def test_second_life_names_each_line_with_its_last_value() -> None:
    left, right = follow_up_plots.second_life(LIVES, ENGLISH)
    assert sorted(texts(left)) == ["New 40%", "Reactivated 52%", "Won back 25%"]
    assert sorted(texts(right)) == ["New €110", "Reactivated €120", "Won back €65"]
    assert all(contrast(colour(text), "#ffffff") >= 4.5 for text in left.texts)


def test_band_of_a_second_life_is_its_interval() -> None:
    left, right = follow_up_plots.second_life(LIVES, ENGLISH)
    assert (len(left.collections), len(right.collections)) == (3, 0)
    new = LIVES[(LIVES["began_as"] == NEW) & (LIVES["window"] > 0)]
    low, high = left.collections[0].get_paths()[0].get_extents().intervaly
    assert (low, high) == pytest.approx((new["low"].min(), new["high"].max()))


def test_second_life_is_followed_for_about_a_year() -> None:
    long = frames.second_life({NEW: [(50, 25, 10.0 * n) for n in range(1, 31)]})
    left, _ = follow_up_plots.second_life(long, ENGLISH)
    assert points(left.lines[0])[-1][0] == 360
    assert names(painted(left)) == ["0", "60", "120", "180", "240", "300", "360"]


def test_second_life_draws_on_the_axes_it_is_given() -> None:
    given = list(Figure().subplots(1, 2))
    drawn = follow_up_plots.second_life(LIVES, ENGLISH, ax=given)
    assert all(one is other for one, other in zip(drawn, given, strict=True))


def test_one_window_has_no_share_to_compare_and_nobody_nothing_at_all() -> None:
    first = LIVES[LIVES["window"] == 0]
    left, right = map(painted, follow_up_plots.second_life(first, ENGLISH))
    assert texts(left) == [TOO_SMALL]
    assert not left.axison
    assert {line.get_marker() for line in right.lines} == {"o"}
    for ax in map(painted, follow_up_plots.second_life(LIVES.iloc[:0], ENGLISH)):
        assert texts(ax) == [TOO_SMALL]


def test_refunds_may_pull_revenue_below_nothing() -> None:
    lives = frames.second_life({WON_BACK: [(9, 9, 5.0), (9, 3, -4.0)]})
    _, right = follow_up_plots.second_life(lives, ENGLISH)
    assert right.get_ylim()[0] == -4
    assert texts(right) == ["Won back −\u2060€4"]


# Second purchase ----------------------------------------------------------------------------------


def test_second_purchase_is_a_curve_of_a_year_with_dots_at_the_marks() -> None:
    ax = painted(follow_up_plots.second_purchase(SECOND, ENGLISH))
    curve, marks = ax.lines
    shown = SECOND[SECOND["days"] <= 365]
    values = list(zip(shown["days"], shown["second_purchase_share"], strict=True))
    assert points(curve) == values
    assert curve.get_drawstyle() == "steps-post"
    assert points(marks) == [value for value in values if value[0] in (30, 60, 90)]
    assert ax.get_xlim() == (0, 365)
    assert ax.get_ylim()[0] == 0
    assert names(ax) == ["0", "30", "60", "90", "180", "270", "365"]


def test_second_purchase_writes_the_share_at_each_mark_and_at_the_end() -> None:
    ax = follow_up_plots.second_purchase(SECOND, ENGLISH)
    rows = SECOND.set_index("days")["second_purchase_share"]
    assert texts(ax) == [ENGLISH.percent(rows[day], 0) for day in (30, 60, 90, 365)]


@pytest.mark.parametrize(
    ("longest", "marks", "ticks"),
    [(0, [], ["0"]), (29, [], ["0"]), (60, [30], ["0", "30", "60"]), (61, [30, 60], None)],
)
def test_a_short_history_of_second_purchases(
    longest: int, marks: Sequence[int], ticks: Sequence[str] | None
) -> None:
    ax = painted(follow_up_plots.second_purchase(SECOND[SECOND["days"] <= longest], ENGLISH))
    assert [day for day, _ in points(ax.lines[1])] == marks
    assert names(ax) == (ticks or ["0", "30", "60"])
    # The end of the curve has its own label.
    assert len(ax.texts) == len(marks) + 1


def test_no_second_purchase_to_show() -> None:
    ax = painted(follow_up_plots.second_purchase(SECOND.iloc[:0], ENGLISH))
    assert texts(ax) == [TOO_SMALL]


def test_amounts_at_the_ends_of_second_lives_are_of_one_unit() -> None:
    lives = frames.second_life({NEW: [(50, 25, 12_345.0)], REACTIVATED: [(50, 25, 9_876.0)]})
    _, right = follow_up_plots.second_life(lives, ENGLISH)
    ends = " ".join(text.get_text() for text in right.texts)
    assert "€12K" in ends
    assert "€10K" in ends
