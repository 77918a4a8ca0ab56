"""Charts of whom to win back: a small computed frame -> Axes.

Nothing is computed here beyond picking what to show. Groups too small to be shown have been put
together or left out; where nothing is left, the axes say so.
"""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.language import Language
from retention.ledger import RETAINED
from retention.lifecycle import DORMANT, LOST
from retention.style import PALETTE, STYLE, panels, say, scale_amounts
from retention.suppression import SMALL
from retention.words import TOO_SMALL, name_of

_KINDS = {DORMANT: "dormant", LOST: "lost", SMALL: "either, too few to tell apart"}
_LETTERS = 16
"""In a line below a bar."""
_ROOM = 1.14
"""Of an axis above its highest bar, for the figure that stands on it."""


@rc_context(STYLE)
def inactive(
    groups: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """Groups of the inactive (inactive.GROUPS, of one breakdown): customers, and their past money.

    On the left customers, dormant ones below lost ones, with their share of all inactive; on the
    right what they brought in in the year up to their last purchase.
    """
    left, right = ax or panels(2, height=3.6)
    if groups.empty:
        for place in (left, right):
            say(place, language(TOO_SMALL))
        return left, right
    names = [fill(language.title(name_of(group, language)), _LETTERS) for group in groups["group"]]
    told = groups[[DORMANT, LOST]].notna().all(axis="columns")
    bars = {state: groups[state].fillna(0) for state in (DORMANT, LOST)}
    bottom = pd.Series(0.0, index=groups.index)
    if not told.all():
        bars[SMALL] = groups["customers"].mask(told, 0)
    for kind, heights in bars.items():
        label = language.title(language(_KINDS[kind]))
        left.bar(names, heights, 0.62, bottom, color=PALETTE[kind], label=label, lw=0)
        bottom = bottom + heights
    texts = [
        f"{language.number(customers)} ({language.percent(share, 0)})"
        for customers, share in zip(groups["customers"], groups["share"], strict=True)
    ]
    _write_above(left, bottom, texts)
    left.legend(ncols=3, frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0), handlelength=1)
    scale_amounts(left, language.short_number, language.number, language("inactive customers"))
    value = groups["former_value"]
    right.bar(names, value, 0.62, color=PALETTE[RETAINED], lw=0)
    _write_above(right, value, [language.short_money(amount) for amount in value])
    label = language("revenue in their last year as customers")
    scale_amounts(right, language.short_money, language.money, label)
    return left, right


def _write_above(ax: Axes, heights: pd.Series, texts: Sequence[str]) -> None:
    for place, (height, text) in enumerate(zip(heights, texts, strict=True)):
        ax.annotate(
            text,
            (place, max(height, 0)),
            (0, 3),
            textcoords="offset points",
            ha="center",
            weight="bold",
        )
    low, high = ax.get_ylim()
    ax.set_ylim(low, max(high * _ROOM, 1))
