"""How charts look: one palette keyed by state, one style, axes that speak the reader's language.

The palette is readable to the colour-blind and in grey print, and dark enough for text.
"""

from collections.abc import Callable, Mapping, Sequence, Sized
from textwrap import fill
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import Formatter, MaxNLocator

from retention.language import Language
from retention.ledger import LAPSED, NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST
from retention.rates import CHURN, CONVERSION, REACTIVATION, RETENTION, REVENUE_CHURN, WIN_BACK
from retention.recurring import (
    CHURNED_MRR,
    CONTRACTION_MRR,
    EXPANSION_MRR,
    GROSS_RETENTION,
    NET_RETENTION,
    NEW_MRR,
    REACTIVATED_MRR,
)
from retention.suppression import SMALL

PALETTE = {
    ACTIVE: "#0b5c93",
    DORMANT: "#a86400",
    LOST: "#5f6670",
    NEW: "#00704f",
    RETAINED: "#0b5c93",
    REACTIVATED: "#2b7bb5",
    WON_BACK: "#9c3a72",
    NO_PURCHASE: "#9aa1a9",
    SMALL: "#9aa1a9",
    LAPSED: "#b3431b",
    CHURN: "#b3431b",
    REVENUE_CHURN: "#b3431b",
    CONVERSION: "#00704f",
    RETENTION: "#0b5c93",
    REACTIVATION: "#2b7bb5",
    WIN_BACK: "#9c3a72",
    NEW_MRR: "#00704f",
    REACTIVATED_MRR: "#2b7bb5",
    EXPANSION_MRR: "#6b5ca5",
    CONTRACTION_MRR: "#a86400",
    CHURNED_MRR: "#b3431b",
    GROSS_RETENTION: "#0b5c93",
    NET_RETENTION: "#6b5ca5",
}
INK, QUIET, GRID = "#1d2733", "#5b6673", "#dfe3e8"
# Light enough everywhere for dark figures to be read on it.
HEAT = sns.blend_palette(["#f3f8fc", "#a5cbe6", "#5a9fd0"], as_cmap=True)
CELLS = "cells"
"""Marks axes that hold a grid of cells with small figures: a page shows them larger on a phone."""
TIME = "time"
"""Marks axes with time from left to right: a narrow page shows their right end first."""
WIDTH, HEIGHT = 10.8, 3.9
"""Inches of a chart as wide as the page."""
NARROW = 5.6
"""Inches of a chart that a phone can show whole, with letters large enough to be read."""
BESIDE = {1: WIDTH, 2: 5.3, 3: 3.5}
"""Number of charts that a wide page shows in a row -> inches of each."""

STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": QUIET,
    "axes.labelsize": 9,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "retention",
    "text.parse_math": False,  # a name may hold two dollar signs
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.bottom": False,
    "ytick.left": False,
}


def axes(ax: Axes | None, *, height: float = HEIGHT, width: float = WIDTH) -> Axes:
    """The given axes, or those of a new figure, by default as wide as the page."""
    return panels(1, height=height, width=width)[0] if ax is None else ax


def panels(
    count: int,
    *,
    height: float = HEIGHT,
    width: float = WIDTH,
    across: int | None = None,
    sharey: bool = False,
) -> list[Axes]:
    """So many axes side by side, in a figure that no global state of pyplot holds on to.

    `across` of them stand in a row, by default all; `height` is that of a row.
    """
    columns = across or count
    rows = -(-count // columns)
    engine = ConstrainedLayoutEngine(wspace=0.07, hspace=0.12)
    figure = Figure(figsize=(width, height * rows), layout=engine)
    drawn = list(figure.subplots(rows, columns, squeeze=False, sharey=sharey).flat)
    for empty in drawn[count:]:
        empty.set_axis_off()
    return drawn[:count]


def apart(count: int, *, height: float = HEIGHT) -> list[Axes]:
    """So many axes, each in a figure of its own: in a row on a wide page, stacked on a narrow.

    Each needs its own names of rows, because there may be nothing to its left.
    """
    return [axes(None, height=height, width=BESIDE[count]) for _ in range(count)]


class _Together(Formatter):
    """Writes the values of an axis with a view to all of them."""

    def __init__(self, texts: Callable[[Sequence[float]], list[str]]) -> None:
        self._texts = texts

    def format_ticks(self, values: Any) -> list[str]:
        return self._texts(values)

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002 (Matplotlib's)
        return self._texts([x])[0]


def scale_shares(ax: Axes, language: Language, label: str = "") -> None:
    """Few values on the y axis, in per cent, with as many decimals as their steps need."""

    def texts(shares: Sequence[float]) -> list[str]:
        enough = (d for d in range(3) if all(_is_whole(share * 10 ** (d + 2)) for share in shares))
        decimals = next(enough, 3)
        return [language.percent(share, decimals) for share in shares]

    _scale(ax, texts, label, whole=False)


def scale_amounts(
    ax: Axes, short: Callable[[float], str], full: Callable[[float], str], label: str
) -> None:
    """Few whole values on the y axis, written short where that rounds none of them."""

    def texts(amounts: Sequence[float]) -> list[str]:
        # Short texts count thousands, and hundredths of millions.
        units = ((amount, 1e3 if abs(amount) < 1e6 else 1e4) for amount in amounts)
        exact = all(abs(amount) < 1e4 or _is_whole(amount / unit) for amount, unit in units)
        return [(short if exact else full)(amount) for amount in amounts]

    _scale(ax, texts, label, whole=True)


def _scale(
    ax: Axes, texts: Callable[[Sequence[float]], list[str]], label: str, *, whole: bool
) -> None:
    ax.yaxis.set_major_formatter(_Together(texts))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10], integer=whole))
    ax.set_ylabel(Language.title(label))


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-6


def name_periods(ax: Axes, starts: Sequence[Any], language: Language, *, most: int = 9) -> None:
    """Name at most so many periods on the x axis, evenly, the newest among them."""
    every = -(-len(starts) // most)
    chosen = list(starts)[::-1][::every][::-1]
    ax.set_xticks(chosen, [language.period(start, short=True) for start in chosen])
    ax.set_xlabel("")
    ax.set_gid(TIME)


def marker(line: Sized) -> str | None:
    """A dot for a line through one point, which has no length."""
    return "o" if len(line) == 1 else None


def say(ax: Axes, text: str) -> Axes:
    """Axes that say why there is nothing to draw."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center")
    ax.set_axis_off()
    return ax


def head(ax: Axes, words: Mapping[str, str]) -> None:
    """Words, each in a colour, above the axes: a title that tells what the colours mean."""
    if len(words) == 1:
        ((text, colour),) = words.items()
        ax.set_title(text, color=colour, wrap=True)
        return
    ax.set_title(" ")
    before: Any = None
    for text, colour in words.items():
        before = ax.annotate(
            text,
            (1, 0) if before else (0, 1),
            (11, 0) if before else (0, 6),
            xycoords=before or "axes fraction",
            textcoords="offset points",
            color=colour,
            size=STYLE["axes.titlesize"],
            weight="bold",
            va="bottom" if before else "baseline",
            annotation_clip=False,
        )
        before.set_in_layout(False)


def alike(texts: Sequence[str], letters: int) -> list[str]:
    """Titles in lines of so many letters, all of as many lines: what is below them begins level.

    >>> alike(["customers", "revenue up to the last day"], 12)
    ['\\n\\ncustomers', 'revenue up\\nto the last\\nday']
    """
    filled = [fill(text, letters) for text in texts]
    most = max(text.count("\n") for text in filled)
    return ["\n" * (most - text.count("\n")) + text for text in filled]


def headline(ax: Axes, text: str) -> None:
    """A name of data above a chart."""
    figure: Any = ax.figure
    figure.suptitle(text, x=0.01, ha="left", size=STYLE["axes.titlesize"], color=QUIET)


def label_ends(ax: Axes, labels: Sequence[tuple[Any, float, str, str]]) -> None:
    """Labels (x, y, text, colour) at the right ends of lines, pushed apart where they meet."""
    low, high = ax.get_ylim()
    lowest = low
    for x, y, text, colour in sorted(labels, key=lambda label: label[1]):
        place = max(y, lowest)
        lowest = place + (high - low) * 0.075
        ax.annotate(
            text,
            (x, place),
            (7, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold",
            annotation_clip=False,
            # A line that ends earlier has its label among the others: keep them off the letters.
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
        )
