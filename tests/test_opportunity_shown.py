"""What a reader sees of the opportunity value: charts by their Axes, sentences word for word."""

from __future__ import annotations

from datetime import date
from itertools import combinations, pairwise

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from retention import opportunity_narrative as narrative
from retention import opportunity_plots as plots
from retention.inactive import LAPSED_EARLIER
from retention.language import Language
from retention.opportunity_backtest import BACKTEST, WITHIN_YEAR, YEAR_FROM_RETURN
from retention.opportunity_value import ALL, OPPORTUNITY, numbered
from retention.reporting.drawing import drawn
from retention.style import INK

ENGLISH = Language()
FRESH, OLD = "lapsed_within_90", "lapsed_within_365"
CELLS = pd.DataFrame(
    [
        (
            FRESH,
            "once",
            50,
            5000,
            100,
            40,
            0.4,
            0.31,
            0.5,
            20.0,
            14,
            26,
            400.0,
            390.0,
            410.0,
            8000,
            5000,
            11000,
        ),
        (
            FRESH,
            "regular",
            9,
            900,
            30,
            15,
            0.5,
            0.33,
            0.67,
            4.5,
            2,
            7,
            100.0,
            90.0,
            110.0,
            450,
            100,
            900,
        ),
        (
            OLD,
            "once",
            30,
            900,
            90,
            9,
            0.1,
            0.05,
            0.18,
            3.0,
            0,
            6,
            200.0,
            190.0,
            210.0,
            600,
            0,
            1300,
        ),
    ],
    columns=list(OPPORTUNITY),
).assign(together=None)
TOTAL = pd.Series(
    (
        ALL,
        ALL,
        89,
        6800,
        220,
        64,
        0.309,
        None,
        None,
        27.5,
        20,
        36,
        329.1,
        300.0,
        350.0,
        9050,
        6000,
        12100,
    ),
    index=list(OPPORTUNITY),
)
DAYS = pd.DataFrame(
    [
        (
            pd.Timestamp(2025, 3, 31),
            WITHIN_YEAR,
            30,
            40,
            12.0,
            8.0,
            30.0,
            10.0,
            900.0,
            500.0,
            1300.0,
            1000.0,
            -0.1,
        ),
        (
            pd.Timestamp(2025, 6, 30),
            WITHIN_YEAR,
            30,
            50,
            15.0,
            8.0,
            30.0,
            20.0,
            1000.0,
            700.0,
            1400.0,
            800.0,
            0.25,
        ),
        (
            pd.Timestamp(2026, 6, 30),
            WITHIN_YEAR,
            30,
            89,
            27.5,
            8.0,
            30.0,
            None,
            2000.0,
            1500.0,
            2600.0,
            None,
            None,
        ),
    ],
    columns=list(BACKTEST),
)


def test_bars_are_the_cells_with_their_intervals_and_values() -> None:
    left, right = plots.opportunity(CELLS, ENGLISH)
    for ax, value, low, high, written in (
        (left, "worth", "worth_low", "worth_high", ["€8,000", "€450", "€600"]),
        (right, "return_share", "low", "high", ["40%", "50%", "10%"]),
    ):
        assert [bar.get_width() for bar in ax.patches] == CELLS[value].tolist()
        (lines,) = ax.collections
        ends = [(segment[0][0], segment[-1][0]) for segment in lines.get_segments()]
        assert ends == [pytest.approx(pair) for pair in zip(CELLS[low], CELLS[high], strict=True)]
        middles = [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
        assert middles == pytest.approx([1, 2, 4])
        labels = [text for text in ax.texts if text.get_ha() == "left"]
        assert [text.get_text() for text in labels] == written
        assert [text.xy[1] for text in labels] == [1, 2, 4]
        # Each stands beyond its interval, and within the axes.
        assert all(text.xy[0] >= end for text, (_, end) in zip(labels, ends, strict=True))
        assert max(text.xy[0] for text in labels) < 0.85 * ax.get_xlim()[1]
        assert ax.get_xlim()[0] == 0
    rows = left.get_yticklabels()
    assert [text.get_text() for text in rows] == [
        *("Up to 90 days", "Bought once", "Regular"),
        *("181 to 365 days", "Bought once"),
    ]
    assert [text.get_weight() == "bold" for text in rows] == [True, False, False, True, False]
    assert left.get_ylim() == right.get_ylim() == (4.6, -0.6)


def test_no_cell_large_enough() -> None:
    for ax in plots.opportunity(CELLS[:0], ENGLISH):
        assert "large enough" in ax.texts[0].get_text()
    assert "large enough" in plots.backtest(DAYS[:0], ENGLISH).texts[0].get_text()
    assert "large enough" in narrative.cells(CELLS[:0], ENGLISH)


def test_estimates_stand_beside_what_came() -> None:
    ax = plots.backtest(DAYS, ENGLISH)
    (came,) = [line for line in ax.lines if line.get_marker() == "D"]
    (told,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert told.get_ydata().tolist() == DAYS["estimate"].tolist()
    assert came.get_ydata()[:2].tolist() == [1000.0, 800.0]
    assert came.get_ydata()[2] != came.get_ydata()[2]
    assert to_hex(came.get_color()) == INK
    (first, second), written = ax.texts[:2], [text.get_text() for text in ax.texts[2:]]
    assert first.get_text().startswith("Estimate on that day")
    assert first.get_color() == told.get_color()
    assert (second.get_text(), second.get_color()) == ("What came within the year", INK)
    assert written == [
        "€900",
        "€1,000",
        "€1,000",
        "€800",
        "€2,000 within the\nyear, still to come",
    ]
    whole = plots.backtest(DAYS.assign(speaks_of=YEAR_FROM_RETURN), ENGLISH)
    assert whole.texts[1].get_text() == "What came in the year from the return on"
    assert whole.texts[-1].get_text() == "€2,000, still to come"


def test_days_of_the_backtest_are_months_on_an_axis_to_scale() -> None:
    ax = plots.backtest(DAYS, ENGLISH)
    assert [text.get_text() for text in ax.get_xticklabels()] == [
        *("Mar 2025", "Jun 2025", "Jun 2026"),
    ]
    first, second, third = ax.get_xticks()
    assert (second - first, third - second) == (91, 365)


@pytest.mark.parametrize("code", ["en", "es", "fr"])
@pytest.mark.parametrize(("step", "rest"), [(91, 365), (91, 730)])
def test_figures_of_the_backtest_do_not_meet(code: str, step: int, rest: int) -> None:
    last = pd.Timestamp(2026, 6, 30)
    back = [rest + 3 * step, rest + 2 * step, rest + step, rest, 0]
    one = {"estimate": 183e3, "estimate_low": 150e3, "estimate_high": 214e3, "realised": 240e3}
    days = pd.DataFrame(
        [dict.fromkeys(BACKTEST) | one | {"day": last - pd.Timedelta(days=ago)} for ago in back]
    ).assign(speaks_of=WITHIN_YEAR)
    days.loc[4, "realised"] = None
    ax = plots.backtest(days.astype({"realised": float}), Language(code, currency="USD"))
    drawn(ax)
    boxes = [text.get_window_extent() for text in ax.texts[2:]]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    names = [text.get_window_extent() for text in ax.get_xticklabels()]
    assert all(a.x1 < b.x0 for a, b in pairwise(names))


@pytest.mark.parametrize(("low", "high", "ends"), [(0, 890, (0, 900)), (910, 990, (900, 990))])
def test_a_skewed_interval_may_leave_out_its_estimate(
    low: float, high: float, ends: tuple[float, float]
) -> None:
    day = DAYS[:1].assign(estimate_low=low, estimate_high=high)
    (lines,) = plots.backtest(day, ENGLISH).collections
    (segment,) = lines.get_segments()
    assert (segment[0][1], segment[-1][1]) == pytest.approx(ends)


def test_the_first_screen_tells_what_they_are_worth_in_short() -> None:
    total = TOTAL.copy()
    total[["worth", "worth_low", "worth_high"]] = 809_716.4, 755_619.0, 1_872_283.0
    told = narrative.lead(total, ENGLISH)
    assert told.startswith("Their opportunity value is €810K (90% interval €756K to €1.87M): ")
    assert "that makes €810K (90% interval €756K to €1.87M)." in narrative.worth(total, ENGLISH)


def test_sentence_on_all_of_them() -> None:
    assert narrative.worth(TOTAL, ENGLISH) == (
        "Of 89 inactive customers, 28 will return within 365 days (90% interval 20 to 36), if they "
        "do as those did who were inactive a year before. With €329 each in the year from the "
        "return on, that makes €9,050 (90% interval €6,000 to €12.1K)."
    )
    assert narrative.left_out(1, ENGLISH, since=date(2024, 7, 1)).startswith(
        "1 more customer last bought before 1 July 2024 and is left out"
    )


def test_rule_of_thumb_is_the_product_that_it_shows() -> None:
    # 6,800 / 89 = 76.40; 89 x 30.9 % x 76.40 = 2,101.20.
    found = narrative.thumb(TOTAL, ENGLISH)
    assert "89 customers × 30.9% that return × €76, " in found
    assert "makes €2,101." in found


def test_the_cell_worth_most_of_those_shown_is_named() -> None:
    assert narrative.cells(CELLS, ENGLISH) == (
        "Bars of opportunity value and of the share that returns, by time since the lapse and "
        "former activity. Worth most of those shown: bought once, up to 90 days since the lapse "
        "(50 customers, 40.0% return): €8,000, 90% interval €5,000 to €11K."
    )


@pytest.mark.parametrize(
    ("bracket", "condition"),
    [
        (FRESH, "days_silent >= 60 AND days_silent <= 150"),
        (OLD, "days_silent >= 241 AND days_silent <= 425"),
        (LAPSED_EARLIER, "days_silent >= 426"),
    ],
)
def test_the_first_screen_says_who_is_worth_most_and_how_to_list_them(
    bracket: str, condition: str
) -> None:
    cells = CELLS.assign(since_lapse=bracket)
    named = narrative.cells(cells, ENGLISH).partition("those shown: ")[2]
    assert narrative.most(cells, ENGLISH).startswith(
        f"The group worth most, of those that can be shown: {named} This command lists all who "
    )
    assert narrative.as_long_silent(cells, inactive_after=60) == condition


def test_amounts_of_the_backtest_are_of_one_unit() -> None:
    days = DAYS.assign(estimate=[9_876.0, 11_900, 12_400], realised=[8_765.0, 12_100, None])
    texts = [text.get_text() for text in plots.backtest(days, ENGLISH).texts]
    for amount in ("€10K", "€9K", "€12K", "€12K within the"):
        assert any(text.startswith(amount) for text in texts)
    assert not [text for text in texts if text.startswith(("€9,", "€8,"))]


def test_customers_too_few_to_show_are_told_but_not_counted_out() -> None:
    assert narrative.too_small(0, ENGLISH, least=5) == ""
    assert narrative.too_small(4, ENGLISH, least=5).startswith("Groups too small to show are")
    assert narrative.too_small(12, ENGLISH, least=5).startswith("12 customers in groups too small")


def test_cells_learned_from_the_same_customers_have_one_number() -> None:
    same = {"stood_before": 30, "returned": 15, "spend_a_year": 100.0}
    twins = CELLS.assign(former_activity=["once", "regular", "once"])
    twins.loc[2, list(same)] = list(same.values())
    twins.loc[2, "spend_a_year"] += 1e-11
    cells = numbered(twins)
    assert cells["together"].fillna(0).tolist() == [0, 1, 1]
    left, right = plots.opportunity(cells, ENGLISH)
    assert [text.get_text() for text in left.get_yticklabels()] == [
        *("Up to 90 days", "Bought once", "Regular ¹"),
        *("181 to 365 days", "Bought once ¹"),
    ]
    for place in (left, right):
        assert place.get_xlabel().split("\n")[0] == "Rows of one number are estimated"
    assert [place.get_xlabel() for place in plots.opportunity(CELLS, ENGLISH)] == ["", ""]
    # As many returned of as many, who were others.
    assert numbered(twins.assign(spend_a_year=[400, 100, 200]))["together"].isna().all()


def test_the_newest_day_that_is_over_gives_the_error() -> None:
    told = "Of 50 customers it expected 15 to return (90% interval 8 to 30), and 20 did."
    tested = (
        "On 30 June 2025 the same estimate said €1,000 within the year (90% interval €700 to "
        "€1,400), and €800 came. The estimate of revenue was 25% too high."
    )
    assert narrative.tested(DAYS, ENGLISH) == tested
    assert narrative.backtest(DAYS, ENGLISH) == (
        f"{tested} {told} Days tested: 2. The revenue that came lies inside its interval on 2 of "
        "them, the number who returned on 2."
    )
    whole = narrative.backtest(DAYS.assign(speaks_of=YEAR_FROM_RETURN), ENGLISH)
    assert whole.startswith(
        "On 30 June 2025 the same estimate said €1,000 (90% interval €700 to €1,400), and €800 "
        "came in the year from each return on. The estimate"
    )
    nothing_came = DAYS.assign(realised=[0.0, 0.0, None], error=None)
    assert f"€0 came. {told} Days tested" in narrative.backtest(nothing_came, ENGLISH)


@pytest.mark.parametrize(
    ("realised", "error", "said"),
    [
        ([1000, 1250], [-0.1, -0.2], ["20% too low.", "All estimates were too low."]),
        ([500, 800], [0.8, 0.25], ["25% too high.", "All estimates were too high."]),
        ([500, 1002], [0.8, -0.002], ["less than 1% off.", "returned on 1."]),
    ],
)
def test_a_backtest_tells_its_misses(
    realised: list[float], error: list[float], said: list[str]
) -> None:
    days = DAYS.assign(realised=[*realised, None], error=[*error, None], returned=[10, 31, None])
    found = narrative.backtest(days, ENGLISH)
    assert said[0] in found
    assert found.endswith(said[1])
    missed = narrative.backtest(days.assign(estimate_low=990, estimate_high=1000), ENGLISH)
    assert f"inside its interval on {sum(990 <= each <= 1000 for each in realised)} of" in missed


def test_of_the_value_only_what_falls_within_the_year_is_tested() -> None:
    last = DAYS.iloc[-1]
    assert narrative.testable(TOTAL, last, ENGLISH) == (
        "Of the €9,050 above, €2,000 falls within the 365 days after 30 June 2026; the history is "
        "too short to test more than that part."
    )
    whole = last.copy()
    whole["speaks_of"] = YEAR_FROM_RETURN
    assert narrative.testable(TOTAL, whole, ENGLISH) == ""


def test_too_little_history_says_how_much_it_takes() -> None:
    assert narrative.too_little(ENGLISH, needed=828, found=739) == (
        "Not enough history: it takes more than 828 days, with 10 returns to learn from, and there "
        "are 739 days."
    )
