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
from retention.segments import LEVEL, MEASURES
from retention.style import PALETTE, QUIET, STYLE, panels, say, scale_amounts
from retention.suppression import SMALL
from retention.words import TOO_SMALL, name_of, shortened, value_name

_KINDS = {DORMANT: "dormant", LOST: "lost", SMALL: "not told apart, for being few"}
_LETTERS = 12
"""In a line below a bar."""
_WIDEST, _TITLE = 24, 36
"""Letters of a value of the data beside a chart, and in a line above it."""
_ROOM, _ASIDE = 1.14, 1.3
"""Of an axis beyond its longest bar, for the figure that stands there."""


@rc_context(STYLE)
def inactive(
    breakdowns: Sequence[pd.DataFrame], language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """Groups of the inactive (inactive.GROUPS), a panel a breakdown; of one, its money beside it.

    Dormant customers stand below lost ones, with the share of the group in all inactive; the money
    is what they brought in in the year up to their last purchase.
    """
    places = list(ax or panels(max(2, len(breakdowns)), height=3.6))
    if all(groups.empty for groups in breakdowns):
        return [say(place, language(TOO_SMALL)) for place in places]
    for place, groups in zip(places, breakdowns, strict=False):
        _draw_customers(place, groups, language)
    if len(breakdowns) == 1:
        _draw_money(places[1], breakdowns[0], language)
    return places


def _draw_customers(ax: Axes, groups: pd.DataFrame, language: Language) -> None:
    told = groups[[DORMANT, LOST]].notna().all(axis="columns")
    bars = {state: groups[state].fillna(0) for state in (DORMANT, LOST)}
    bottom = pd.Series(0.0, index=groups.index)
    if not told.all():
        bars[SMALL] = groups["customers"].mask(told, 0)
    for kind, heights in bars.items():
        label = language.title(language(_KINDS[kind]))
        names = _names(groups, language)
        ax.bar(names, heights, 0.62, bottom, color=PALETTE[kind], label=label, lw=0)
        bottom = bottom + heights
    _write_above(ax, bottom, _counts(groups, language))
    legend = ax.legend(
        ncols=3, frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0), handlelength=1
    )
    # In the lines of an empty title: a long name would narrow the chart.
    ax.set_title(" \n ")
    legend.set_in_layout(False)
    scale_amounts(ax, language.short_number, language.number, language("inactive customers"))


def _draw_money(ax: Axes, groups: pd.DataFrame, language: Language) -> None:
    value = groups["former_value"]
    ax.bar(_names(groups, language), value, 0.62, color=PALETTE[RETAINED], lw=0)
    _write_above(ax, value, [language.short_money(amount) for amount in value])
    label = language("revenue in their last year as customers")
    scale_amounts(ax, language.short_money, language.money, label)


@rc_context(STYLE)
def rfm(segments: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()) -> Sequence[Axes]:
    """RFM segments (rfm_segments.SEGMENTS) as bars from above: customers, and beside them money."""
    places = left, right = tuple(ax or panels(2, height=0.9 + 0.28 * max(len(segments), 4)))
    if segments.empty:
        return [say(place, language(TOO_SMALL)) for place in places]
    shown = segments[::-1]
    names = [language.title(name_of(group, language)) for group in shown["group"]]
    amounts = [language.short_money(amount) for amount in shown["former_value"]]
    for place, column, texts, label in (
        (left, "customers", _counts(shown, language), language("customers")),
        (right, "former_value", amounts, language("revenue in their last year as customers")),
    ):
        place.barh(names, shown[column], 0.62, color=PALETTE[RETAINED], lw=0)
        for number, (length, text) in enumerate(zip(shown[column], texts, strict=True)):
            place.annotate(
                text, (max(length, 0), number), (4, 0), textcoords="offset points", va="center"
            )
        low, high = place.get_xlim()
        place.set_xlim(low, max(high, 1) * _ASIDE)
        place.set_title(fill(language.title(label), _TITLE))
        place.set_xticks([])
        place.grid(visible=False)
    right.set_yticks([])
    return places


@rc_context(STYLE)
def segment(
    rates: pd.DataFrame, language: Language, *, together: pd.Series, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """The values of a segment (segments.COMPARED, of one segment), a panel a measure.

    A dot is the rate, its line the 95 % interval; in colour where the difference to the others
    holds. The dotted line is the rate of all customers (segments.of_all), of values that are left
    out too.
    """
    values = list(dict.fromkeys(rates["value"]))
    names = [shortened(value_name(value, language), _WIDEST) for value in values]
    places = list(ax or panels(len(MEASURES), height=1.1 + 0.26 * max(len(values), 3)))
    if rates.empty:
        return [say(place, language(TOO_SMALL)) for place in places]
    for place, measure in zip(places, MEASURES, strict=True):
        own = rates[rates["measure"] == measure].set_index("value").reindex(values)
        colour = PALETTE[measure]
        place.set_title(language.title(name_of(measure, language)), color=colour)
        for height, (_, row) in zip(range(len(values))[::-1], own.iterrows(), strict=True):
            if pd.isna(row["rate"]):
                continue
            shade = colour if row["p_adjusted"] < LEVEL else QUIET
            place.plot([row["low"], row["high"]], [height] * 2, color=shade, lw=2, alpha=0.5)
            place.plot(row["rate"], height, color=shade, marker="o", lw=0)
            place.annotate(
                language.percent(row["rate"]),
                (row["high"], height),
                (5, 0),
                textcoords="offset points",
                va="center",
                color=shade,
            )
        if own["rate"].notna().any():
            place.axvline(together[measure], color=QUIET, lw=0.8, ls=":")
        # Names of values are data: no mathematics, and cut where they are too long for the chart.
        place.set_yticks(range(len(values))[::-1], names)
        place.set_ylim(-0.6, len(values) - 0.4)
        place.set_xlim(0, max(own["high"].fillna(0).max(), 0.01) * _ASIDE)
        place.set_xticks([])
        place.grid(visible=False)
        if place is not places[0]:
            place.tick_params(labelleft=False)
    return places


def _names(groups: pd.DataFrame, language: Language) -> list[str]:
    return [fill(language.title(name_of(group, language)), _LETTERS) for group in groups["group"]]


def _counts(groups: pd.DataFrame, language: Language) -> list[str]:
    return [
        f"{language.number(customers)} ({language.percent(share, 0)})"
        for customers, share in zip(groups["customers"], groups["share"], strict=True)
    ]


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
