"""Charts: a small computed frame -> Axes. Nothing is computed here beyond picking what to show.

Lines and bars are labelled where they stand; axes carry their units.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.language import Language
from retention.ledger import LAPSED, NEW, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST
from retention.rates import REACTIVATION, WIN_BACK
from retention.style import (
    PALETTE,
    QUIET,
    STYLE,
    apart,
    axes,
    label_ends,
    marker,
    name_periods,
    say,
    scale_amounts,
    scale_shares,
)
from retention.suppression import SMALL
from retention.words import name_of

_LETTER = 0.0095
"""Width of a bold letter of a label, as a share of an axis as wide as the page."""


@rc_context(STYLE)
def stocks(ledger: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """Customers active, dormant and lost at the close of each period, one line a state."""
    ax = axes(ax)
    names = {f"closing_{state}": state for state in (ACTIVE, DORMANT, LOST)}
    shown = [name for name in names if ledger[name].any()] or [f"closing_{ACTIVE}"]
    for name in shown:
        colour, dot = PALETTE[names[name]], marker(ledger)
        ax.plot(ledger["period"], ledger[name], color=colour, lw=2.2, marker=dot)
    ax.set_ylim(bottom=0)
    last = ledger.iloc[-1]
    label_ends(
        ax,
        [
            (
                last["period"],
                last[name],
                f"{_named(names[name], language)} {language.number(last[name])}",
                PALETTE[names[name]],
            )
            for name in shown
        ],
    )
    name_periods(ax, ledger["period"].tolist(), language)
    scale_amounts(ax, language.short_number, language.number, language("customers at the close"))
    return ax


@rc_context(STYLE)
def movements(ledger: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """The newest period as a waterfall: active at the opening, events, active at the close.

    Opening and close are levels, not bars, because the axis need not begin at 0.
    """
    ax = axes(ax)
    last = ledger.iloc[-1]
    steps = {kind: int(last[kind]) for kind in (NEW, REACTIVATED, WON_BACK)}
    steps[LAPSED] = -int(last[LAPSED])
    levels = np.cumsum([last["opening_active"], *steps.values()])
    span = max(levels.max() - levels.min(), 1)
    for place, level in ((0, levels[0]), (len(steps) + 1, levels[-1])):
        ax.plot([place - 0.38, place + 0.38], [level, level], color=PALETTE[ACTIVE], lw=4)
        ax.text(place, level + span * 0.04, language.number(level), ha="center", weight="bold")
    for place, (kind, size) in enumerate(steps.items(), start=1):
        low, high = sorted((levels[place - 1], levels[place]))
        ax.bar(place, high - low, bottom=low, width=0.62, color=PALETTE[kind])
        text, colour = language.signed(size), PALETTE[kind]
        ax.text(place, high + span * 0.04, text, ha="center", weight="bold", color=colour)
    for place, level in enumerate(levels):
        ax.plot([place + 0.31, place + 0.69], [level, level], color=QUIET, lw=0.8, ls=":")
    names = [
        language.title(language("active at the opening")),
        *(_named(kind, language) for kind in steps),
        language.title(language("active at the close")),
    ]
    ax.set_xticks(range(len(names)), names)
    ax.set_ylim(levels.min() - span * 0.12, levels.max() + span * 0.18)
    scale_amounts(ax, language.short_number, language.number, language("active customers"))
    return ax


@rc_context(STYLE)
def rates(
    rates: pd.DataFrame, measures: Sequence[str], language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """Rates side by side, one panel a measure; the 95 % interval, where it has one, is a band."""
    starts = sorted(rates["period"].unique())
    places = ax or apart(len(measures), height=3.3)
    for place, measure in zip(places, measures, strict=True):
        colour = PALETTE[measure]
        place.set_title(_named(measure, language), color=colour)
        frame = rates[(rates["measure"] == measure) & rates["rate"].notna()]
        if frame.empty:
            say(place, language.title(language("nobody was at risk yet")))
            continue
        place.fill_between(
            frame["period"], frame["low"], frame["high"], color=colour, alpha=0.18, lw=0
        )
        place.plot(frame["period"], frame["rate"], color=colour, lw=2, marker=marker(frame))
        if frame["rate"].min() < 0.5:
            place.set_ylim(bottom=min(0, frame["rate"].min()))
        last = frame.iloc[-1]
        label_ends(place, [(last["period"], last["rate"], language.percent(last["rate"]), colour)])
        name_periods(place, starts, language, most=4 if len(measures) > 1 else 9)
        if len(starts) > 1:
            place.set_xlim(starts[0], starts[-1])
        scale_shares(place, language)
    # Who comes back is read against each other; what concerns other people has a scale of its own.
    drawn = [
        place
        for place, measure in zip(places, measures, strict=True)
        if place.axison and measure in (WIN_BACK, REACTIVATION)
    ]
    if WIN_BACK in measures and drawn:
        top = max(place.get_ylim()[1] for place in drawn)
        for place in drawn:
            place.set_ylim(0, top)
    return places


@rc_context(STYLE)
def revenue(revenue: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """Revenue of each period, stacked by how its customers came to buy in it."""
    ax = axes(ax)
    wide = revenue.pivot_table("revenue", "period", "bought_as", aggfunc="sum", fill_value=0.0)
    kinds = [kind for kind in (RETAINED, NEW, REACTIVATED, WON_BACK, SMALL) if kind in wide]
    starts = list(wide.index)
    step = min((b - a for a, b in pairwise(starts)), default=pd.Timedelta(days=20))
    last = revenue[revenue["period"] == revenue["period"].max()]
    newest = dict(zip(last["bought_as"], last["revenue"], strict=True))
    bottom, labels = np.zeros(len(wide)), []
    for kind in kinds:
        height = wide[kind].clip(lower=0).to_numpy()
        width: Any = 0.8 * step
        ax.bar(starts, height, width, bottom, color=PALETTE[kind], lw=0)
        middle = bottom[-1] + height[-1] / 2
        colour = QUIET if kind == SMALL else PALETTE[kind]
        labels.append((starts[-1] + 0.4 * step, middle, _part(kind, newest, language), colour))
        bottom = bottom + height
    label_ends(ax, labels)
    name_periods(ax, starts, language)
    scale_amounts(ax, language.short_money, language.money, language("revenue"))
    return ax


@rc_context(STYLE)
def return_curve(
    curve: pd.DataFrame, thresholds: pd.DataFrame, language: Language, *, ax: Axes | None = None
) -> Axes:
    """How long customers take to buy again, with the two thresholds drawn where they cut."""
    ax = axes(ax)
    longest = max(365, int(thresholds["days"].max() * 1.25))
    shown = curve[curve["days"] <= longest]
    colour = PALETTE[ACTIVE]
    ax.fill_between(
        shown["days"],
        1 - shown["high"],
        1 - shown["low"],
        color=colour,
        alpha=0.18,
        step="post",
        lw=0,
    )
    ax.step(shown["days"], 1 - shown["survival"], where="post", color=colour, lw=2)
    ax.set(xlim=(0, longest), ylim=(0, None))
    _label_thresholds(ax, thresholds, language)
    scale_shares(ax, language, language("followed by another purchase"))
    ax.set_xlabel(language.title(language("days since a purchase")))
    return ax


def _label_thresholds(ax: Axes, thresholds: pd.DataFrame, language: Language) -> None:
    """Lines at the thresholds, with labels to their right.

    Where the second line would run through the label of the first, that label goes beyond it.
    """
    days = thresholds["days"].tolist()
    texts = [
        language.title(
            language.plural(
                "{name} {count} day", "{name} {count} days", day, name=name_of(name, language)
            )
        )
        for name, day in zip(thresholds["threshold"], days, strict=True)
    ]
    room = (days[-1] - days[0]) / ax.get_xlim()[1]
    places = days if room > _LETTER * len(texts[0]) else [days[-1]] * len(days)
    upwards = ax.get_xaxis_transform()
    for number, (day, place, text) in enumerate(zip(days, places, texts, strict=True)):
        colour, height = PALETTE[(DORMANT, LOST)[number]], 0.05 + 0.08 * number
        ax.axvline(day, color=colour, lw=1.4, ls="--")
        ax.plot([day, place], [height] * 2, color=colour, lw=1.1, transform=upwards)
        ax.annotate(
            text,
            (place, height),
            (5, 0),
            xycoords=upwards,
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold",
        )


def _part(kind: str, newest: Mapping[str, float], language: Language) -> str:
    """A way of buying with its revenue; without it where the newest period does not show it."""
    if kind not in newest:
        return _named(kind, language)
    return f"{_named(kind, language)} {language.short_money(newest[kind])}"


def _named(key: str, language: Language) -> str:
    return language.title(name_of(key, language))
