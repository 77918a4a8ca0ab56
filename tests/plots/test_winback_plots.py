"""Whom to win back, read back from the axes: bars, their figures, their order, what is left out."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from drawn import painted
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.text import Text

from retention import campaign_plots, winback_narrative, winback_plots
from retention.effects import RESPONSE_EFFECTS
from retention.experiments import LOWERED, NO_CONTROL, NONE_SHOWN, RAISED
from retention.inactive import GROUPS
from retention.language import Language
from retention.ledger import LAPSED, RETAINED, WON_BACK
from retention.lifecycle import DORMANT, LOST
from retention.rates import CHURN, REACTIVATION, WIN_BACK
from retention.reasons import BY_REASON, GIVEN, NONE, OTHERS
from retention.reporting.drawing import drawn
from retention.segments import COMPARED
from retention.style import PALETTE, QUIET
from retention.suppression import SMALL, pooled
from retention.words import TOO_SMALL

ENGLISH = Language()
NAN = float("nan")


def groups(*counts: tuple[str, int, int, float], breakdown: str = "any") -> pd.DataFrame:
    whole = sum(dormant + lost for _, dormant, lost, _ in counts)
    rows = [
        (breakdown, name, dormant, lost, dormant + lost, whole, NAN, NAN, NAN, money)
        for name, dormant, lost, money in counts
    ]
    return pooled(pd.DataFrame(rows, columns=list(GROUPS.names)), least=5)


TWO = groups(("Few times", 10, 30, 500.0), ("Often", 20, 40, 12_345.0))


def rows_of(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def beside(ax: Axes) -> list[str]:
    """The figures at the ends of bars, from above."""
    told = [text for text in ax.texts if text.xyann == (4, 0)]
    return [text.get_text() for text in sorted(told, key=lambda text: text.xy[1])]


def heads(ax: Axes) -> dict[str, str]:
    """The words above the axes with their colours."""
    words = [text for text in ax.texts if text.xyann != (4, 0)]
    texts = (text for text in ax.get_children() if isinstance(text, Text))
    titles = [text for text in texts if text.get_text() == ax.get_title("left") != " "]
    return {text.get_text(): to_hex(text.get_color()) for text in words or titles}


def lengths(ax: Axes) -> dict[str, list[float]]:
    """Colour of bars -> their lengths, from above."""
    found: dict[str, list[float]] = {}
    for bar in ax.patches:
        found.setdefault(to_hex(bar.get_facecolor()), []).append(bar.get_width())
    return found


def test_dormant_and_lost_are_one_bar_a_group_with_their_money_beside() -> None:
    left, right = winback_plots.inactive([TWO], ENGLISH)
    assert rows_of(left) == ["Few times", "Often"]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # the first stands above
    assert lengths(left) == {PALETTE[DORMANT]: [10, 20], PALETTE[LOST]: [30, 40]}
    assert [bar.get_x() for bar in left.patches] == [0, 0, 10, 20]
    assert beside(left) == ["40 (40%)", "60 (60%)"]
    assert heads(left) == {"Dormant": PALETTE[DORMANT], "Lost": PALETTE[LOST]}
    assert lengths(right) == {PALETTE[RETAINED]: [500, 12_345]}
    assert beside(right) == ["€0.5K", "€12.3K"]
    assert heads(right) == {"Revenue in the year up to the last purchase": PALETTE[RETAINED]}
    assert left.get_legend() is None
    assert list(left.get_xticks()) == []


def test_several_breakdowns_stand_side_by_side_without_money() -> None:
    first = TWO.assign(breakdown="former_activity")
    other = groups(("High", 50, 50, 1.0), breakdown="value_tier")
    left, right = winback_plots.inactive([first, other], ENGLISH)
    assert [ax.get_title("left") for ax in (left, right)] == ["Former activity", "Value tier"]
    told = winback_narrative.breakdowns([first, other], ENGLISH)
    assert told.startswith("By former activity, most customers: Often, 60 (")
    assert " By value tier, most customers: High, 100 (" in told
    assert "revenue" not in told
    empty = winback_narrative.breakdowns([first.iloc[:0]], ENGLISH)
    assert empty == ENGLISH(TOO_SMALL)
    assert (rows_of(left), rows_of(right)) == (["Few times", "Often"], ["High"])
    assert beside(right) == ["100 (100%)"]


def test_small_groups_are_one_bar_and_few_of_a_state_are_not_told_apart() -> None:
    shown = groups(("a", 2, 98, 1.0), ("b", 30, 70, 1.0), ("c", 40, 60, 1.0), ("d", 1, 1, 1.0))
    left, _ = winback_plots.inactive([shown], ENGLISH)
    assert rows_of(left) == ["b", "c", SMALL]
    # No bar is that of the two, or of those that are left where they are taken off.
    assert lengths(left) == {
        PALETTE[DORMANT]: [0, 40, 0],
        PALETTE[LOST]: [0, 60, 0],
        PALETTE[SMALL]: [100, 0, 102],
    }
    assert list(heads(left)) == ["Dormant", "Lost", "Too few to tell apart"]


@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_words_above_the_bars_stand_side_by_side(code: str) -> None:
    shown = groups(("a", 2, 98, 1.0), ("b", 30, 70, 1.0), ("c", 40, 60, 1.0))
    left, right = winback_plots.inactive([shown], Language(code))
    painted(left)
    painted(right)
    words = [text for text in left.texts if text.xyann != (4, 0)]
    boxes = [text.get_window_extent() for text in words]
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))
    assert len({round(box.y0) for box in boxes}) == 1
    # On the line of the title beside them.
    title = next(text for text in right.get_children() if is_title(text, right))
    assert boxes[0].y0 == pytest.approx(title.get_window_extent().y0, abs=1)
    assert boxes[-1].x1 < left.get_figure(root=True).bbox.x1


@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_the_title_of_the_money_ends_within_the_picture(code: str) -> None:
    # Long names of rows leave the axes, and so their title, little room.
    shown = groups(("Perdus depuis si longtemps", 30, 70, 1.0), ("b", 40, 60, 1.0))
    _, right = winback_plots.inactive([shown], Language(code))
    drawn(right)
    figure = right.get_figure(root=True)
    figure.dpi = 72  # In points, as texts of the drawing are.
    title = next(text for text in right.get_children() if is_title(text, right))
    assert title.get_window_extent().x1 <= figure.bbox.x1


def is_title(text: object, ax: Axes) -> bool:
    return isinstance(text, Text) and text.get_text() == ax.get_title("left")


def test_a_segment_is_named_above_its_values_which_are_cut_to_fit() -> None:
    shown = groups(("W" * 60, 10, 30, 5.0), ("$x$ \u202eevil", 20, 40, 7.0))
    places = winback_plots.inactive([shown], ENGLISH, segment="channel")
    assert places[0].figure.get_suptitle() == "channel"
    assert rows_of(places[0]) == ["W" * 27 + "…", "$x$ evil"]


def test_rfm_segments_stand_in_their_order() -> None:
    frame = pd.DataFrame(
        {
            "group": ["Champions", "Lost long ago"],
            "customers": [30, 70],
            "share": [0.3, 0.7],
            "former_value": [12_345.0, -5.0],
        }
    )
    left, right = winback_plots.rfm(frame, ENGLISH)
    assert rows_of(left) == ["Champions", "Lost long ago"]
    assert beside(left) == ["30 (30%)", "70 (70%)"]
    assert beside(right) == ["€12.3K", "−\u2060€5"]
    assert left.get_ylim() == right.get_ylim()


RATES = pd.DataFrame(
    [
        ("channel", value, measure, 90, 80, 8, 80, rate, rate - 0.05, rate + 0.05, 0.2, p)
        for value, rate, p in (("shop", 0.1, 0.3), ("web", 0.3, 0.01))
        for measure in (CHURN, REACTIVATION, WIN_BACK)
    ],
    columns=list(COMPARED),
)
TOGETHER = pd.Series({CHURN: 0.2, REACTIVATION: 0.25, WIN_BACK: 0.15})


def test_rates_of_a_segment_are_in_colour_only_where_a_difference_holds() -> None:
    places = winback_plots.segment(RATES, ENGLISH, together=TOGETHER)
    assert places[0].figure.get_suptitle() == "channel: rates a month"
    for place, measure, share in zip(places, TOGETHER.index, ("20", "25", "15"), strict=True):
        dots = [line for line in place.lines if line.get_marker() == "o"]
        assert [dot.get_xdata()[0] for dot in dots] == [0.1, 0.3]
        assert [dot.get_ydata()[0] for dot in dots] == [1, 0]
        assert [to_hex(dot.get_color()) for dot in dots] == [QUIET, PALETTE[measure]]
        assert [text.get_text() for text in place.texts] == ["10.0%", "30.0%"]
        assert [label.get_text() for label in place.get_xticklabels()] == [f"all: {share}.0%"]
    assert sorted(rows_of(places[0])) == ["shop", "web"]


@pytest.mark.parametrize(
    "places",
    [
        winback_plots.inactive([TWO[:0]], ENGLISH),
        winback_plots.rfm(TWO[:0], ENGLISH),
        winback_plots.segment(RATES[:0], ENGLISH, together=TOGETHER),
        campaign_plots.reasons(pd.DataFrame(columns=list(BY_REASON)), ENGLISH),
        [campaign_plots.uplifts(pd.DataFrame(columns=list(RESPONSE_EFFECTS)), ENGLISH)],
    ],
)
def test_charts_of_nothing_say_so(places: list[Axes]) -> None:
    assert {text.get_text() for place in places for text in place.texts} == {ENGLISH(TOO_SMALL)}
    assert not any(place.axison for place in places)


def effects(*rows: tuple[str, str, float, float, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns=list(RESPONSE_EFFECTS), index=range(len(rows)))
    for number, (campaign, arm, uplift, low, high, verdict) in enumerate(rows):
        frame.loc[number, ["campaign", "arm", "uplift", "verdict"]] = [
            *(campaign, arm, uplift, verdict),
        ]
        frame.loc[number, ["low", "high"]] = [low + 0.01, high - 0.01]
        frame.loc[number, ["joint_low", "joint_high"]] = [low, high]
    figures = ["uplift", "low", "high", "joint_low", "joint_high"]
    return frame.astype(dict.fromkeys(figures, "float64"))


def test_uplifts_stand_with_their_intervals_and_are_coloured_where_they_hold() -> None:
    ax = campaign_plots.uplifts(
        effects(
            ("June", "mail", 0.05, 0.02, 0.08, RAISED),
            ("June", "letter", -0.04, -0.06, -0.02, LOWERED),
            ("July", "mail", 0.01, -0.02, 0.04, NONE_SHOWN),
            ("May", "mail", NAN, NAN, NAN, NO_CONTROL),
        ),
        ENGLISH,
    )
    assert rows_of(ax) == ["June\nmail", "June\nletter", "July\nmail", "May\nmail"]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.05, -0.04, 0.01]
    colours = [to_hex(dot.get_color()) for dot in dots]
    assert colours == [PALETTE[WON_BACK], PALETTE[LAPSED], PALETTE[LOST]]
    thin = [line for line in ax.lines if line.get_linewidth() == 1.4]
    assert [tuple(line.get_xdata()) for line in thin] == [
        (0.02, 0.08),
        (-0.06, -0.02),
        (-0.02, 0.04),
    ]
    written = [text.get_text() for text in ax.texts]
    assert written == ["+5.0 points", "−4.0 points", "+1.0 points", "not compared"]
    assert "0" in [label.get_text() for label in ax.get_xticklabels()]
    assert ax.get_xlabel().endswith("in percentage points")
    low, high = ax.get_xlim()
    assert low <= -0.06
    assert high >= 0.08


def test_reasons_stand_from_above_and_those_who_gave_none_are_no_share_of_answers() -> None:
    rows = [
        (GIVEN, "prices", 30, 0.6, 0.5, 0.7, 20, 4, 0.2, 0.1, 0.4),
        (OTHERS, "Other reasons", 20, 0.4, 0.3, 0.5, 0, 0, NAN, NAN, NAN),
        (NONE, "No answer", 50, NAN, NAN, NAN, 40, 9, 0.225, 0.1, 0.4),
    ]
    frame = pd.DataFrame(rows, columns=list(BY_REASON)[:11])
    left, right = campaign_plots.reasons(frame, ENGLISH)
    assert rows_of(left) == ["prices", "Other reasons", "No answer"]
    assert lengths(left) == {PALETTE[LAPSED]: [0.6, 0.4]}
    assert [text.get_text() for text in left.texts] == ["60%", "40%"]
    # Of the others nobody has been watched for a year yet: that is no bar, and no 0 %.
    assert [text.get_text() for text in right.texts] == ["20%", "22%"]
    assert [bar.get_y() + 0.3 for bar in right.patches] == [0, 2]
