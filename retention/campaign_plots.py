"""Charts of campaigns and of reasons: a small computed frame -> Axes.

Nothing is computed here beyond picking what to show. Names come from data: they are cut to fit.
"""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.experiments import LOWERED, RAISED
from retention.language import Language
from retention.ledger import LAPSED, REACTIVATED, WON_BACK
from retention.lifecycle import LOST
from retention.style import GRID, INK, NARROW, PALETTE, QUIET, STYLE, alike, apart, axes, say
from retention.words import TOO_SMALL, shortened

_COLOURS = {RAISED: PALETTE[WON_BACK], LOWERED: PALETTE[LAPSED]}
_LETTERS = 42
"""In a line above or below a chart."""
_ROOM = 1.25
"""Of an axis beyond its longest bar, for the figure that stands there."""


@rc_context(STYLE)
def uplifts(effects: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """Uplift of each arm (effects.RESPONSE_EFFECTS) with its interval, a row an arm, from above.

    The thick line is the 95 % interval of the arm, the thin one that of all arms of its campaign at
    once; arms whose thin line leaves out nothing are coloured. Of arms that are not compared, the
    place says so.
    """
    ax = axes(ax, height=1.2 + 0.5 * max(len(effects), 2), width=NARROW)
    if effects.empty:
        return say(ax, language(TOO_SMALL))
    ax.axvline(0, color=QUIET, lw=1)
    compared = effects["uplift"].notna()
    reach = np.nanmax(np.abs([*effects["joint_low"], *effects["joint_high"], 0.01]))
    for place, row in enumerate(effects.to_dict("records")):
        if not compared.iloc[place]:
            ax.annotate(
                language("not compared"),
                (0, place),
                (6, 0),
                textcoords="offset points",
                va="center",
                color=QUIET,
            )
            continue
        colour = _COLOURS.get(row["verdict"], PALETTE[LOST])
        ax.plot([row["joint_low"], row["joint_high"]], [place, place], color=colour, lw=1.4)
        ax.plot([row["low"], row["high"]], [place, place], color=colour, lw=5, alpha=0.35)
        ax.plot([row["uplift"]], [place], "o", color=colour, ms=6)
        ax.annotate(
            language.points(row["uplift"]),
            (row["joint_high"], place),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
        )
    names = [
        f"{shortened(campaign)}\n{shortened(arm)}"
        for campaign, arm in zip(effects["campaign"], effects["arm"], strict=True)
    ]
    ax.set_yticks(range(len(names)), names, color=INK)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(min(-0.25 * reach, effects["joint_low"].min() * _ROOM), reach * _ROOM)
    ticks = [tick for tick in ax.get_xticks() if ax.get_xlim()[0] <= tick <= ax.get_xlim()[1]]
    ax.set_xticks(ticks, [language.number(100 * tick, 0) for tick in ticks])
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=GRID)
    ax.set_xlabel(
        fill(
            language.title(
                language("share that responded, less that of the control, in percentage points")
            ),
            _LETTERS,
        )
    )
    return ax


@rc_context(STYLE)
def reasons(
    reasons: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """Reasons (reasons.BY_REASON, as they are shown) as bars from above, and who came back.

    On the left the share of those who answered, on the right the share that was back within a
    year, each with its 95 % interval. Those who gave no reason have a bar on the right alone.
    """
    height = 1.0 + 0.34 * max(len(reasons), 3)
    left, right = places = tuple(ax or apart(2, height=height))
    if reasons.empty:
        return [say(place, language(TOO_SMALL)) for place in places]
    titles = (
        language.title(language("share of those who answered")),
        language.title(language("of those away after 30 days, back within a year")),
    )
    for place, title in zip(places, alike(titles, _LETTERS), strict=True):
        place.set_title(title)
    _draw_shares(left, reasons, ("lapsed_share", "lapsed_low", "lapsed_high"), LAPSED, language)
    _draw_shares(right, reasons, ("return_share", "low", "high"), REACTIVATED, language)
    names = [shortened(name) for name in reasons["reason"]]
    for place in places:
        place.set_yticks(range(len(reasons)), names, color=INK)
        place.set_ylim(len(reasons) - 0.4, -0.6)
    return places


def _draw_shares(
    ax: Axes, rows: pd.DataFrame, columns: tuple[str, str, str], key: str, language: Language
) -> None:
    value, low, high = columns
    for place, row in enumerate(rows.to_dict("records")):
        if pd.isna(row[value]):
            continue
        ax.barh(place, row[value], 0.6, color=PALETTE[key], lw=0)
        ax.plot([row[low], row[high]], [place, place], color=INK, lw=1.2)
        ax.annotate(
            language.percent(row[value], 0),
            (row[high], place),
            (5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
        )
    top = rows[high].max()
    ax.set_xlim(0, _ROOM * top if top == top and top > 0 else 1)
    ax.set_xticks([])
    ax.grid(visible=False)
