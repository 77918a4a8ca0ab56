"""Charts of whom to win back: a small computed frame -> Axes.

Nothing is computed here beyond picking what to show. Groups too small to be shown have been put
together or left out; where nothing is left, the axes say so. Groups are named by the frame, in the
reader's words, or by the data.
"""

from collections.abc import Sequence

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.language import Language
from retention.ledger import RETAINED
from retention.lifecycle import DORMANT, LOST
from retention.segments import LEVEL, MEASURES
from retention.style import INK, PALETTE, QUIET, STYLE, apart, head, headline, say
from retention.suppression import SMALL
from retention.words import TOO_SMALL, name_of, shortened, value_name

_KINDS = {DORMANT: "dormant", LOST: "lost", SMALL: "too few to tell apart"}
_WIDEST = 28
"""Letters of a name beside a chart."""
_ABOVE_WORDS = 24
"""Points from a panel to its title, where the words that explain its colours stand between."""
_ASIDE = 1.6
"""Of an axis beyond its longest bar, for the figure that stands there."""


@rc_context(STYLE)
def inactive(
    breakdowns: Sequence[pd.DataFrame],
    language: Language,
    *,
    segment: str = "",
    ax: Sequence[Axes] = (),
) -> Sequence[Axes]:
    """Groups of the inactive (inactive.GROUPS), a panel a breakdown; of one, its money beside it.

    The groups stand from above; dormant customers before lost ones, with the share of the group in
    all inactive; the money is what they brought in in the year up to their last purchase. Values of
    a segment have its name above them.
    """
    most = max((len(groups) for groups in breakdowns), default=0)
    places = list(ax or apart(max(2, len(breakdowns)), height=0.9 + 0.32 * max(most, 3)))
    if all(groups.empty for groups in breakdowns):
        return [say(place, language(TOO_SMALL)) for place in places]
    for place, groups in zip(places, breakdowns, strict=False):
        _draw_customers(place, groups, language)
        if len(breakdowns) > 1 and len(groups):
            by = name_of(groups["breakdown"].iloc[0], language)
            place.set_title(language.title(by), pad=_ABOVE_WORDS)
    if len(breakdowns) == 1:
        _draw_money(places[1], breakdowns[0], language)
    if segment:
        for place in places:
            headline(place, shortened(segment))
    return places


def _draw_customers(ax: Axes, groups: pd.DataFrame, language: Language) -> None:
    told = groups[[DORMANT, LOST]].notna().all(axis="columns")
    bars = {state: groups[state].fillna(0) for state in (DORMANT, LOST)}
    if not told.all():
        bars[SMALL] = groups["customers"].mask(told, 0)
    before = pd.Series(0.0, index=groups.index)
    for kind, lengths in bars.items():
        ax.barh(range(len(groups)), lengths, 0.62, before, color=PALETTE[kind], lw=0)
        before = before + lengths
    _name_rows(ax, groups)
    _write_beside(ax, before, _counts(groups, language))
    # In place of a legend: the words above the bars have their colours.
    head(ax, {language.title(language(_KINDS[kind])): PALETTE[kind] for kind in bars})


def _draw_money(ax: Axes, groups: pd.DataFrame, language: Language) -> None:
    value = groups["former_value"]
    ax.barh(range(len(groups)), value, 0.62, color=PALETTE[RETAINED], lw=0)
    _name_rows(ax, groups)
    _write_beside(ax, value, language.moneys(value.tolist()))
    label = language.title(language("revenue in the year up to the last purchase"))
    head(ax, {label: PALETTE[RETAINED]})


@rc_context(STYLE)
def rfm(segments: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()) -> Sequence[Axes]:
    """RFM segments (rfm_segments.SEGMENTS) as bars from above: customers, and beside them money."""
    height = 0.9 + 0.28 * max(len(segments), 4)
    places = left, right = tuple(ax or apart(2, height=height))
    if segments.empty:
        return [say(place, language(TOO_SMALL)) for place in places]
    left.barh(range(len(segments)), segments["customers"], 0.62, color=PALETTE[RETAINED], lw=0)
    _name_rows(left, segments)
    _write_beside(left, segments["customers"], _counts(segments, language))
    head(left, {language.title(language("customers")): PALETTE[RETAINED]})
    _draw_money(right, segments, language)
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
    places = list(ax or apart(len(MEASURES), height=1.2 + 0.26 * max(len(values), 3)))
    if rates.empty:
        return [say(place, language(TOO_SMALL)) for place in places]
    for place, measure in zip(places, MEASURES, strict=True):
        headline(
            place,
            language(
                "{segment}: rates {a_period}",
                segment=shortened(rates["segment"].iloc[0]),
                a_period=language.a_period(),
            ),
        )
        own = rates[rates["measure"] == measure].set_index("value").reindex(values)
        colour = PALETTE[measure]
        place.set_title(language.title(name_of(measure, language)), color=colour)
        place.set_xticks([])
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
            share = language.percent(together[measure])
            place.set_xticks([together[measure]], [language("all: {share}", share=share)])
        # Names of values are data: no mathematics, and cut where they are too long for the chart.
        place.set_yticks(range(len(values))[::-1], names, color=INK)
        place.set_ylim(-0.6, len(values) - 0.4)
        place.set_xlim(0, max(own["high"].fillna(0).max(), 0.01) * _ASIDE)
        place.grid(visible=False)
    return places


def _name_rows(ax: Axes, groups: pd.DataFrame) -> None:
    ax.set_yticks(
        range(len(groups)), [shortened(name, _WIDEST) for name in groups["group"]], color=INK
    )
    ax.set_ylim(len(groups) - 0.4, -0.6)


def _counts(groups: pd.DataFrame, language: Language) -> list[str]:
    return [
        f"{language.number(customers)} ({language.percent(share, 0)})"
        for customers, share in zip(groups["customers"], groups["share"], strict=True)
    ]


def _write_beside(ax: Axes, lengths: pd.Series, texts: Sequence[str]) -> None:
    """The figure of each bar at its end, and nothing else along the axis."""
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        ax.annotate(text, (max(length, 0), place), (4, 0), textcoords="offset points", va="center")
    low, high = ax.get_xlim()
    ax.set_xlim(low, max(high, 1) * _ASIDE)
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
