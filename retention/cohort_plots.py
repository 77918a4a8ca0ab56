"""Charts of cohorts by age: a small computed frame -> Axes, rows of cells in shades.

Nothing is computed here beyond picking what to show. Cohorts too small to be shown have been left
out of the frames; where none is left, the axes say so.
"""

from datetime import date

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from retention.language import Language
from retention.style import CELLS, HEAT, INK, QUIET, STYLE, axes, say
from retention.words import TOO_SMALL


@rc_context(STYLE)
def retention_heatmap(
    cohorts: pd.DataFrame,
    average: pd.DataFrame,
    language: Language,
    *,
    cut: date | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Retention of cohorts by age, and above it the average of all of them at each age.

    average: cohorts.average_retention of every cohort, also of those that are not shown. What is
    not observed yet stays empty; cells of the running period are hatched. `cut` is the cohort that
    holds earlier customers too, because the history begins with it.
    """
    if cohorts.empty:
        return say(axes(ax), language(TOO_SMALL))
    table, done = _by_age(cohorts, "retention")
    top = average.set_index("age")["retention"].reindex(table.columns).to_frame(pd.NaT).T
    label = language.title(language("average of all cohorts (pooled)"))
    names = [label.replace(" (", "\n("), *_names(cohorts, cut, language)]
    table, done = pd.concat([top, table]), pd.concat([top.notna(), done])
    texts = table.map(lambda cell: "" if pd.isna(cell) else language.number(cell * 100))
    # Everybody bought at age 0: it would leave no colour for the other ages.
    darkest = table.where(done).drop(columns=0)
    ax = _heatmap(axes(ax, height=0.9 + 0.25 * len(table)), table, done, texts, darkest)
    ax.axhline(1, color="white", lw=4)
    return _named(ax, names, table, language)


@rc_context(STYLE)
def revenue_heatmap(
    cohorts: pd.DataFrame, language: Language, *, cut: date | None = None, ax: Axes | None = None
) -> Axes:
    """Cumulative revenue per customer of cohorts by age, drawn as retention_heatmap."""
    if cohorts.empty:
        return say(axes(ax), language(TOO_SMALL))
    table, done = _by_age(cohorts, "cumulative_revenue_per_customer")
    texts = table.map(lambda cell: "" if pd.isna(cell) else language.short_number(round(cell)))
    place = axes(ax, height=0.9 + 0.25 * len(table))
    ax = _heatmap(place, table, done, texts, table.where(done))
    return _named(ax, _names(cohorts, cut, language), table, language)


def _by_age(cohorts: pd.DataFrame, value: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells of a value, one row a cohort and one column an age; and which are complete."""
    table = cohorts.pivot(index="cohort", columns="age", values=value)
    return table, cohorts.pivot(index="cohort", columns="age", values="complete").eq(other=True)


def _names(cohorts: pd.DataFrame, cut: date | None, language: Language) -> list[str]:
    names = []
    for cohort in sorted(cohorts["cohort"].unique()):
        name = language.period(cohort, short=True)
        is_cut = cut is not None and cohort == pd.Timestamp(cut)
        names.append(language("{period} or earlier", period=name) if is_cut else name)
    return names


def _heatmap(
    ax: Axes, table: pd.DataFrame, done: pd.DataFrame, texts: pd.DataFrame, compared: pd.DataFrame
) -> Axes:
    """Complete cells in colours from 0 to the highest `compared`, the others hatched."""
    sns.heatmap(
        table.where(done).astype(float),
        ax=ax,
        cmap=HEAT,
        vmin=0,
        vmax=np.nanmax(compared.to_numpy(dtype=float), initial=1e-9),
        cbar=False,
        annot=texts.to_numpy(),
        fmt="",
        annot_kws={"size": 7.5, "color": INK},
        linewidths=0.6,
        linecolor="white",
        xticklabels=False,
        yticklabels=False,
    )
    # Each lies within its cell, and takes no room that the layout would have to find.
    for cell in ax.texts:
        cell.set_in_layout(False)
    # Cells without a figure would be drawn too, white on white.
    edges = ["white" if whole else "none" for whole in (done & table.notna()).to_numpy().flat]
    ax.collections[0].set(edgecolor=edges, clip_on=False)
    ax.set_gid(CELLS)
    for row, column in np.argwhere((~done & table.notna()).to_numpy()):
        spot = Rectangle((column, row), 1, 1, fill=False, hatch="////", lw=0, ec="#c9d1da")
        ax.add_patch(spot)
        place, text = (column + 0.5, row + 0.5), str(texts.iat[row, column])
        ax.text(*place, text, ha="center", va="center", size=7.5, color=QUIET)
    return ax


def _named(ax: Axes, names: list[str], table: pd.DataFrame, language: Language) -> Axes:
    ax.set_yticks(np.arange(len(names)) + 0.5, names, rotation=0, va="center", size=8)
    ages = [str(age) for age in table.columns]
    ax.set_xticks(np.arange(len(ages)) + 0.5, ages, rotation=0, size=8)
    ax.grid(visible=False)
    ax.set(xlabel=language.title(language("periods since the first purchase")), ylabel="")
    ax.xaxis.set_label_position("top")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    return ax
