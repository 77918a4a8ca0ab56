"""Charts of what the inactive are worth: a small computed frame -> Axes.

Nothing is computed here beyond picking what to show. Cells too small to be shown have been left
out; where nothing is left, the axes say so.
"""

from collections.abc import Sequence
from datetime import date
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.language import Language
from retention.opportunity_backtest import WITHIN_YEAR, YEAR_FROM_RETURN
from retention.opportunity_value import BRACKETS, FORMERLY, TOGETHER
from retention.rates import WIN_BACK
from retention.style import (
    INK,
    PALETTE,
    QUIET,
    STYLE,
    alike,
    apart,
    axes,
    head,
    say,
    scale_amounts,
)
from retention.words import TOO_SMALL, name_of

_LETTERS = 40
"""In a line above a chart."""
_NARROW = 22
"""Letters in a line beside a mark."""
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
"""Numbers of cells that are estimated together: there are no more than half as many as cells."""
_ASIDE = 1.6
"""Of an axis beyond its longest interval, for the figure that stands there."""

_CAME = {
    YEAR_FROM_RETURN: "what came in the year from the return on",
    WITHIN_YEAR: "what came within the year",
}
_REVENUE = {
    YEAR_FROM_RETURN: "revenue in the year from the return on",
    WITHIN_YEAR: "revenue within a year",
}
"""What a back-test speaks of -> the name of what came, and of its axis."""

_TO_COME = {
    YEAR_FROM_RETURN: "{amount}, still to come",
    WITHIN_YEAR: "{amount} within the year, still to come",
}
"""What a back-test speaks of -> what stands at its newest day."""


@rc_context(STYLE)
def opportunity(
    cells: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """Cells of the inactive (opportunity_value.numbered): their value, and the share returning.

    One row a former activity below each time since the lapse, from above: of the value on the left,
    of the share on the right, each with its interval. Cells estimated together have one number.
    """
    shown = [bracket for bracket in BRACKETS if bracket in set(cells["since_lapse"])]
    height = 1.1 + 0.24 * (len(cells) + len(shown))
    places = left, right = tuple(ax or apart(2, height=height))
    if cells.empty:
        return [say(place, language(TOO_SMALL)) for place in places]
    rows = cells.set_index(["since_lapse", "former_activity"])
    numbers = rows[TOGETHER].dropna().astype(int)
    marks = {group: f" {_RAISED[number]}" for group, number in numbers.items()}
    labels: list[str] = []
    where: dict[tuple[str, str], int] = {}
    for bracket in shown:
        labels.append(language.title(name_of(bracket, language)))
        for activity in FORMERLY:
            if (bracket, activity) in rows.index:
                where[bracket, activity] = len(labels)
                mark = marks.get((bracket, activity), "")
                labels.append(language.title(name_of(activity, language)) + mark)
    drawn = rows.loc[list(where)]
    columns = drawn["worth"], drawn["worth_low"], drawn["worth_high"]
    _draw_cells(left, columns, list(where.values()), language.moneys(drawn["worth"].tolist()))
    columns = drawn["return_share"], drawn["low"], drawn["high"]
    shares = [language.percent(share, 0) for share in drawn["return_share"]]
    _draw_cells(right, columns, list(where.values()), shares)
    titles = (
        language.title(language("opportunity value")),
        language.title(language("share that returns within a year")),
    )
    for place, title in zip(places, alike(titles, _LETTERS), strict=True):
        head(place, {title: PALETTE[WIN_BACK]})
        place.set_yticks(range(len(labels)), labels)
        place.set_ylim(len(labels) - 0.4, -0.6)
        for number, label in enumerate(place.get_yticklabels()):
            if number not in where.values():
                label.set(color=INK, weight="bold")
        place.annotate(
            language.title(language("time since the lapse")),
            (0, 1),
            (-14, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            color=QUIET,
        )
        if cells[TOGETHER].notna().any():
            same = language("rows of one number are estimated together, from the same customers")
            place.set_xlabel(fill(language.title(same), _LETTERS), loc="left")
    return places


def _draw_cells(
    ax: Axes,
    columns: Sequence[pd.Series],
    places: Sequence[int],
    texts: Sequence[str],
) -> None:
    """Bars at some places, each with its interval and, beside that, its value."""
    value, low, high = columns
    ax.barh(places, value, 0.66, color=PALETTE[WIN_BACK], alpha=0.55, lw=0)
    ax.errorbar(value, places, xerr=_spread(value, low, high), fmt="none", ecolor=INK, elinewidth=1)
    for place, amount, end, text in zip(places, value, high, texts, strict=True):
        ax.annotate(
            text,
            (max(amount, end), place),
            (4, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_xlim(0, max(high.max(), value.max()) * _ASIDE or 1)
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)


def _spread(value: pd.Series, low: pd.Series, high: pd.Series) -> list[pd.Series]:
    """How far an interval reaches below and above; a skewed one may leave out what it is of."""
    return [(value - low).clip(lower=0), (high - value).clip(lower=0)]


@rc_context(STYLE)
def backtest(backtest: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """What was estimated on a few days, with its interval, and what came (BACKTEST).

    Time runs to scale, and a day is named by its month. The newest stands at the right; of it
    nothing has come yet.
    """
    ax = axes(ax)
    if backtest.empty:
        return say(ax, language(TOO_SMALL))
    days, kind = backtest["day"], backtest["speaks_of"].iloc[0]
    value, came = backtest["estimate"], backtest["realised"]
    spread = _spread(value, backtest["estimate_low"], backtest["estimate_high"])
    colour = PALETTE[WIN_BACK]
    ax.errorbar(days, value, spread, fmt="o", color=colour, capsize=4)
    ax.plot(days, came, "D", color=INK, markersize=7)
    head(
        ax,
        {
            language.title(language("estimate on that day, with its 90% interval")): colour,
            language.title(language.each(_CAME)[kind]): INK,
        },
    )
    # One below the lower of the two, the other above the higher: beside them stands the next day.
    lowest = np.fmin(np.minimum(value, backtest["estimate_low"]), came)
    highest = np.fmax(np.maximum(value, backtest["estimate_high"]), came)
    over = came.notna()
    amounts = language.moneys([*value, *came[over]])
    told, real = amounts[: len(days)], iter(amounts[len(days) :])
    for day, is_over, amount, estimate, low, high in zip(
        days, over, told, value, lowest, highest, strict=True
    ):
        if is_over:
            _write(ax, amount, (day, low), (0, -14), colour)
            _write(ax, next(real), (day, high), (0, 8), INK)
        else:
            text = language.each(_TO_COME)[kind].format(amount=amount)
            _write(ax, fill(text, _NARROW), (day, estimate), (-9, -4), colour)
    ax.set_xticks(days, [language.month(day) for day in days])
    aside = max((days.iloc[-1] - days.iloc[0]) / 20, pd.Timedelta(days=30))
    ax.set_xlim(days.iloc[0] - aside, days.iloc[-1] + aside)
    ax.set_ylim(min(0, lowest.min()), 1.12 * highest.max())
    scale_amounts(ax, language.short_money, language.money, language.each(_REVENUE)[kind])
    return ax


def _write(
    ax: Axes, text: str, place: tuple[date, float], aside: tuple[float, float], ink: str
) -> None:
    """An amount so many points beside its place: over or under it, or all on its left."""
    ax.annotate(
        text,
        place,
        aside,
        textcoords="offset points",
        ha="right" if aside[0] < 0 else "center",
        color=ink,
    )
