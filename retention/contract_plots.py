"""Charts of contracts: a small computed frame -> Axes, as in plots."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.headings import heading_of
from retention.language import Language
from retention.recurring import GAINS, GROSS_RETENTION, LOSSES, NET_RETENTION
from retention.style import (
    PALETTE,
    QUIET,
    STYLE,
    apart,
    label_ends,
    name_periods,
    say,
    scale_amounts,
    scale_shares,
)


@rc_context(STYLE)
def recurring(
    recurring: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """What moved MRR in each period, gains above 0 and losses below; and what was kept of it."""
    moved, kept = ax or apart(2, height=4.2)
    _movements(recurring, language, moved)
    _kept(recurring, language, kept)
    return moved, kept


def _movements(recurring: pd.DataFrame, language: Language, ax: Axes) -> None:
    starts = recurring["period"].tolist()
    step = min((b - a for a, b in pairwise(starts)), default=pd.Timedelta(days=20))
    width: Any = 0.8 * step
    labels = []
    for kinds, sign in ((GAINS, 1), (LOSSES, -1)):
        bottom = np.zeros(len(recurring))
        for kind in kinds:
            height = sign * recurring[kind].fillna(0).to_numpy()
            ax.bar(starts, height, width, bottom, color=PALETTE[kind], lw=0)
            text = language.title(heading_of(kind, language))
            middle = bottom[-1] + height[-1] / 2
            labels.append((starts[-1] + 0.4 * step, middle, text, PALETTE[kind]))
            bottom = bottom + height
    ax.axhline(0, color=QUIET, lw=0.8)
    label_ends(ax, labels)
    name_periods(ax, starts, language, most=5)
    scale_amounts(ax, language.short_money, language.money, language("change of MRR"))


def _kept(recurring: pd.DataFrame, language: Language, ax: Axes) -> None:
    frame = recurring[recurring[GROSS_RETENTION].notna()]
    if frame.empty:
        say(ax, language.title(language("nothing was paid at an opening yet")))
        return
    labels = []
    for kind in (GROSS_RETENTION, NET_RETENTION):
        colour, last = PALETTE[kind], frame.iloc[-1]
        marker = "o" if len(frame) == 1 else None
        ax.plot(frame["period"], frame[kind], color=colour, lw=2, marker=marker)
        text = f"{language.title(heading_of(kind, language))} {language.percent(last[kind])}"
        labels.append((last["period"], last[kind], text, colour))
    label_ends(ax, labels)
    name_periods(ax, recurring["period"].tolist(), language, most=4)
    scale_shares(ax, language, language("share of the MRR at the opening"))
