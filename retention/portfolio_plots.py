"""Charts of several units side by side: a small computed frame -> Axes, as in plots.py.

Units are told apart by their place and name, never by colour: there may be many.
"""

from collections.abc import Sequence

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.language import Language
from retention.style import (
    INK,
    PALETTE,
    QUIET,
    STYLE,
    label_ends,
    marker,
    name_periods,
    panels,
    say,
    scale_shares,
)
from retention.words import name_of, shortened

_ROOM = 1.3
"""How much further than the longest interval a panel reaches, for the labels."""


@rc_context(STYLE)
def newest_rates(
    rates: pd.DataFrame, measures: Sequence[str], language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """The newest rate of each unit with its 95 % interval: a panel a measure, a row a unit.

    rates: `unit` and the columns of rates.RATES, one row a unit and measure; units stand from the
    top in the order in which they first occur. Rates of a unit without anybody at risk say so.
    """
    units = list(dict.fromkeys(rates["unit"]))
    places = ax or panels(len(measures), height=1.0 + 0.42 * len(units), sharey=True)
    for place, measure in zip(places, measures, strict=True):
        colour = PALETTE[measure]
        place.set_title(language.title(name_of(measure, language)), color=colour)
        frame = rates[rates["measure"] == measure].set_index("unit").reindex(units)
        for row, unit in enumerate(units):
            one = frame.loc[unit]
            if pd.isna(one["rate"]):
                place.text(0, row, language("nobody was at risk yet"), color=QUIET, va="center")
                continue
            place.plot([one["low"], one["high"]], [row, row], color=colour, lw=5, alpha=0.25)
            place.plot([one["rate"]], [row], "o", color=colour, ms=6)
            place.annotate(
                language.percent(one["rate"]),
                (one["high"], row),
                (6, 0),
                textcoords="offset points",
                va="center",
                color=INK,
            )
        place.set_xlim(0, max(frame["high"].max() * _ROOM, 0.01) if frame["high"].any() else 1)
        place.set_ylim(len(units) - 0.4, -0.6)
        place.set_yticks(range(len(units)), [shortened(unit) for unit in units], color=INK)
        place.grid(visible=False)
        place.set_xticks([])
        place.spines["bottom"].set_visible(False)
    return places


@rc_context(STYLE)
def rates_over_time(
    rates: pd.DataFrame, measure: str, language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """One measure of each unit over time with its 95 % interval: a panel a unit, one scale for all.

    rates: `unit` and the columns of rates.RATES; units stand in the order in which they first
    occur.
    """
    rates = rates[rates["measure"] == measure]
    units = list(dict.fromkeys(rates["unit"]))
    starts = sorted(rates["period"].unique())
    top = rates["high"].max()
    places = ax or panels(len(units), height=2.1, across=min(3, len(units)), sharey=True)
    for place, unit in zip(places, units, strict=True):
        frame = rates[(rates["unit"] == unit) & rates["rate"].notna()]
        if frame.empty:
            say(place, language.title(language("nobody was at risk yet")))
        else:
            _over_time(place, frame, PALETTE[measure], language)
            name_periods(place, starts, language, most=3)
            place.set_xlim(starts[0], starts[-1] + (starts[-1] - starts[0]) * 0.02)
            place.set_ylim(0, top)
            scale_shares(place, language)
        place.set_title(shortened(unit))
    return places


def _over_time(place: Axes, frame: pd.DataFrame, colour: str, language: Language) -> None:
    place.fill_between(frame["period"], frame["low"], frame["high"], color=colour, alpha=0.18, lw=0)
    place.plot(frame["period"], frame["rate"], color=colour, lw=1.8, marker=marker(frame))
    last = frame.iloc[-1]
    label_ends(place, [(last["period"], last["rate"], language.percent(last["rate"]), colour)])
    place.set_ylabel("")
