"""Charts of what the inactive are worth: a small computed frame -> Axes.

Nothing is computed here beyond picking what to show. Cells too small to be shown have been left
out; where nothing is left, the axes say so.
"""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.inactive import ACTIVITIES, OCCASIONAL, ONCE, REGULAR, VERY_ACTIVE
from retention.language import Language
from retention.opportunity_value import BRACKETS, WITHIN_YEAR, YEAR_FROM_RETURN
from retention.rates import WIN_BACK
from retention.style import (
    INK,
    PALETTE,
    STYLE,
    TIME,
    axes,
    panels,
    say,
    scale_amounts,
    scale_shares,
)
from retention.words import TOO_SMALL, name_of

_SHADES = {
    ONCE: "#9aa1a9",
    OCCASIONAL: "#9cc7e6",
    REGULAR: "#4f97cc",
    VERY_ACTIVE: "#14568a",
}
_BAR = 0.2
"""Of the room of a bracket, which holds one bar for each of ACTIVITIES."""
_LETTERS = 12

_CAME = {
    YEAR_FROM_RETURN: "what came in the year from the return on",
    WITHIN_YEAR: "what came within the year",
}
_REVENUE = {
    YEAR_FROM_RETURN: "revenue in the year from the return on",
    WITHIN_YEAR: "revenue within a year",
}
"""What a back-test speaks of -> the name of what came, and of its axis."""


@rc_context(STYLE)
def opportunity(
    cells: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """Cells of the inactive (opportunity_value.OPPORTUNITY): their value, and the share returning.

    One group of bars for each time since the lapse, one bar for each former activity, each with its
    interval: of the value on the left, of the share on the right.
    """
    places = left, right = tuple(ax or panels(2, height=3.9))
    if cells.empty:
        return [say(place, language(TOO_SMALL)) for place in places]
    _draw_cells(left, cells, ("worth", "worth_low", "worth_high"), language)
    scale_amounts(left, language.short_money, language.money, language("opportunity value"))
    _draw_cells(right, cells, ("return_share", "low", "high"), language)
    scale_shares(right, language, language("share that returns within a year"))
    left.legend(ncols=4, frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0), handlelength=1)
    return places


def _draw_cells(
    ax: Axes, cells: pd.DataFrame, columns: tuple[str, str, str], language: Language
) -> None:
    shown = [bracket for bracket in BRACKETS if bracket in set(cells["since_lapse"])]
    for number, activity in enumerate(ACTIVITIES):
        own = cells[cells["former_activity"] == activity]
        value, low, high = (own[name] for name in columns)
        middle = [shown.index(name) + (number - 1.5) * _BAR for name in own["since_lapse"]]
        label = language.title(name_of(activity, language))
        ax.bar(middle, value, 0.9 * _BAR, color=_SHADES[activity], label=label, lw=0)
        ax.errorbar(middle, value, _spread(value, low, high), fmt="none", ecolor=INK, elinewidth=1)
    names = [fill(language.title(name_of(bracket, language)), _LETTERS) for bracket in shown]
    ax.set_xticks(range(len(shown)), names)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(language.title(language("time since the lapse")))


def _spread(value: pd.Series, low: pd.Series, high: pd.Series) -> list[pd.Series]:
    """How far an interval reaches below and above; a skewed one may leave out what it is of."""
    return [(value - low).clip(lower=0), (high - value).clip(lower=0)]


@rc_context(STYLE)
def backtest(backtest: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """What was estimated on a few days, with its interval, and what came (BACKTEST).

    The newest day stands at the right; of it nothing has come yet.
    """
    ax = axes(ax)
    if backtest.empty:
        return say(ax, language(TOO_SMALL))
    places, kind = range(len(backtest)), backtest["speaks_of"].iloc[0]
    value = backtest["estimate"]
    spread = _spread(value, backtest["estimate_low"], backtest["estimate_high"])
    colour = PALETTE[WIN_BACK]
    label = language.title(language("estimate on that day, with its 90% interval"))
    ax.errorbar(places, value, spread, fmt="o", label=label, color=colour, capsize=4)
    of_year, revenue = language.each(_CAME)[kind], language.each(_REVENUE)[kind]
    came = language.title(of_year)
    ax.plot(places, backtest["realised"], "D", color=INK, markersize=7, label=came)
    for place, (told, real) in enumerate(zip(value, backtest["realised"], strict=True)):
        for amount, side, ink in ((told, -1, colour), (real, 1, INK)):
            if amount == amount:
                ax.annotate(
                    language.short_money(amount),
                    (place, amount),
                    (9 * side, 0),
                    textcoords="offset points",
                    ha="left" if side > 0 else "right",
                    va="center",
                    color=ink,
                )
    ax.set_xticks(list(places), [language.day(day) for day in backtest["day"]])
    ax.set_xlim(-0.6, len(backtest) - 0.4)
    ax.set_gid(TIME)
    ax.set_ylim(bottom=min(0, value.min()))
    ax.legend(ncols=2, frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0))
    scale_amounts(ax, language.short_money, language.money, revenue)
    return ax
