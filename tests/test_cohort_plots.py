from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import frames
import numpy as np
import pandas as pd
import pytest
from drawn import contrast, names, painted, texts
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from retention import cohort_plots
from retention.cohorts import average_retention
from retention.language import Language
from retention.style import HEAT, INK

ENGLISH = Language()
COHORTS = frames.cohorts([4000, 300, 20, 10])
AVERAGE = average_retention(COHORTS)


def retention(cohorts: pd.DataFrame = COHORTS, **on: Any) -> Axes:
    """The heatmap of retention with the average of the same cohorts."""
    return cohort_plots.retention_heatmap(cohorts, average_retention(cohorts), ENGLISH, **on)


def worth(cohorts: pd.DataFrame = COHORTS, **on: Any) -> Axes:
    return cohort_plots.revenue_heatmap(cohorts, ENGLISH, **on)


HEATMAPS: dict[str, Callable[..., Axes]] = {
    "retention": retention,
    "cumulative_revenue_per_customer": worth,
}


@pytest.mark.parametrize("value", HEATMAPS)
def test_draws_on_the_axes_it_is_given_or_on_its_own(value: str) -> None:
    ax = Figure().subplots()
    assert HEATMAPS[value](ax=ax) is ax
    first, second = HEATMAPS[value](), HEATMAPS[value]()
    assert first.figure is not second.figure
    assert painted(first).has_data()
    assert first.get_xlabel()


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.75, 1.0])
def test_figures_are_readable_on_every_shade_of_the_heatmap(share: float) -> None:
    assert contrast(to_hex(HEAT(share)), INK) >= 4.5


def written(ax: Axes) -> dict[tuple[int, int], str]:
    """Row and column of a cell -> what is written in it."""
    return {
        (int(text.get_position()[1]), int(text.get_position()[0])): text.get_text()
        for text in ax.texts
        if text.get_text()
    }


def hatched(ax: Axes) -> set[tuple[int, int]]:
    return {(int(patch.get_y()), int(patch.get_x())) for patch in ax.patches if patch.get_hatch()}


@pytest.mark.parametrize(
    ("value", "text", "above"),
    [
        ("retention", lambda share: f"{share * 100:.0f}", 1),
        ("cumulative_revenue_per_customer", lambda money: f"{money:.0f}", 0),
    ],
)
def test_heatmap_writes_each_cell_of_the_frame_in_its_place(
    value: str, text: Callable[[float], str], above: int
) -> None:
    ax = HEATMAPS[value](COHORTS)
    rows = {cohort: n for n, cohort in enumerate(COHORTS["cohort"].unique(), start=above)}
    cells = {(rows[cell.cohort], cell.age): cell for cell in COHORTS.itertuples()}
    found = {place: cell for place, cell in written(ax).items() if place[0] >= above}
    # What is not observed yet has no text: exactly the cells of the frame are written.
    assert found == {place: text(getattr(cell, value)) for place, cell in cells.items()}
    assert hatched(ax) == {place for place, cell in cells.items() if not cell.complete}
    # Neither the running period nor what is not observed yet has a colour.
    shown = ax.collections[0].get_array()
    coloured = {place for place in np.ndindex(shown.shape) if not np.ma.getmaskarray(shown)[place]}
    complete = {place for place, cell in cells.items() if cell.complete}
    assert {place for place in coloured if place[0] >= above} == complete
    for row, age in complete:
        assert shown[row, age] == getattr(cells[row, age], value)


def test_average_is_the_pooled_one_of_the_complete_cells() -> None:
    ax, average = retention(), AVERAGE
    shown = ax.collections[0].get_array()
    assert [shown[0, age] for age in average["age"]] == average["retention"].tolist()
    assert {place for place in written(ax) if place[0] == 0} == {(0, age) for age in average["age"]}
    # One large cohort weighs more than three small ones: 2000 + 151 of 4300, not (0.5 + ...) / 2.
    assert shown[0, 1] == pytest.approx((2000 + 151) / 4300)


def test_average_is_of_all_cohorts_also_of_those_that_are_not_shown() -> None:
    some = COHORTS[COHORTS["cohort_size"] <= 300]
    ax = cohort_plots.retention_heatmap(some, AVERAGE, ENGLISH)
    shown = ax.collections[0].get_array()
    assert shown[0, 1] == pytest.approx((2000 + 151) / 4300)
    assert names(ax, "y")[0] == "Average of all cohorts\n(pooled)"
    # Ages that none of the shown has reached have no column; an age left out for resting on too
    # few customers has none to show.
    assert names(ax) == ["0", "1", "2"]
    ax = cohort_plots.retention_heatmap(some, AVERAGE[AVERAGE["age"] != 1], ENGLISH)
    assert np.ma.getmaskarray(ax.collections[0].get_array())[0].tolist() == [False, True, False]
    assert (0, 1) not in written(ax)


def test_heatmap_names_cohorts_and_ages() -> None:
    ax = retention()
    months = [ENGLISH.period(month, short=True) for month in frames.starts(4)]
    assert months[0] == "Jun 2025"
    assert names(ax, "y")[1:] == months
    assert names(ax) == ["0", "1", "2", "3"]
    assert names(worth(), "y") == months


def test_the_cohort_in_which_the_history_begins_may_hold_earlier_customers() -> None:
    june, july = (month.date() for month in frames.starts(2))
    of_june = worth(cut=june)
    assert names(of_june, "y")[:2] == ["Jun 2025 or earlier", "Jul 2025"]
    of_july = worth(COHORTS[COHORTS["cohort"] >= july.isoformat()], cut=june)
    assert not any("earlier" in name for name in names(of_july, "y"))


@pytest.mark.parametrize("value", HEATMAPS)
def test_the_cohort_with_which_a_cut_history_begins_is_labelled_so(value: str) -> None:
    first = date(2025, 6, 1)
    shown = names(HEATMAPS[value](COHORTS, cut=first), "y")
    assert [name for name in shown if name.endswith("or earlier")] == ["Jun 2025 or earlier"]
    # In a window that begins later, nobody's first purchase is in doubt.
    later = COHORTS[COHORTS["cohort"] > pd.Timestamp(first)]
    shown = names(HEATMAPS[value](later, cut=first), "y")
    assert not [name for name in shown if name.endswith("or earlier")]


def test_colours_of_retention_compare_the_ages_after_the_first_purchase() -> None:
    ax = retention()
    complete = COHORTS[COHORTS["complete"] & (COHORTS["age"] > 0)]
    average = AVERAGE.query("age > 0")["retention"]
    low, high = ax.collections[0].get_clim()
    assert low == 0
    assert high == max(complete["retention"].max(), average.max())


# Frames with hardly anything in them --------------------------------------------------------------


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("value", HEATMAPS)
def test_one_cohort_of_one_period(value: str, running: bool) -> None:
    ax = painted(HEATMAPS[value](frames.cohorts([40], running=running)))
    assert written(ax)[len(names(ax, "y")) - 1, 0] == ("100" if value == "retention" else "10")
    assert len(hatched(ax)) == running


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_customers_worth_nothing_or_less(value: float) -> None:
    worthless = COHORTS.assign(cumulative_revenue_per_customer=value)
    ax = painted(worth(worthless))
    assert set(written(ax).values()) == {ENGLISH.number(value)}


@pytest.mark.parametrize("value", HEATMAPS)
def test_no_cohort_is_large_enough(value: str) -> None:
    ax = painted(HEATMAPS[value](COHORTS.iloc[:0]))
    assert texts(ax) == [ENGLISH("No group of customers is large enough to show yet.")]
