"""How charts look: one palette keyed by state, one style, axes that speak the reader's language.

The palette is readable to the colour-blind and in grey print, and dark enough for text.
"""

from collections.abc import Callable, Sequence
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from retention.language import Language
from retention.ledger import LAPSED, NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST
from retention.rates import CHURN, REACTIVATION, RETENTION, WIN_BACK

PALETTE = {
    ACTIVE: "#0b5c93",
    DORMANT: "#a86400",
    LOST: "#5f6670",
    NEW: "#00704f",
    RETAINED: "#0b5c93",
    REACTIVATED: "#3b87bd",
    WON_BACK: "#9c3a72",
    NO_PURCHASE: "#9aa1a9",
    LAPSED: "#b3431b",
    CHURN: "#b3431b",
    RETENTION: "#0b5c93",
    REACTIVATION: "#3b87bd",
    WIN_BACK: "#9c3a72",
}
INK, QUIET, GRID = "#1d2733", "#5b6673", "#dfe3e8"
# Light enough everywhere for dark figures to be read on it.
HEAT = sns.blend_palette(["#f3f8fc", "#a5cbe6", "#5a9fd0"], as_cmap=True)
WIDTH, HEIGHT = 10.8, 3.9
"""Inches of a chart as wide as the page."""

STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRID,
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
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.bottom": False,
    "ytick.left": False,
}


def axes(ax: Axes | None, *, height: float = HEIGHT) -> Axes:
    """The given axes, or those of a new figure as wide as the page."""
    return panels(1, height=height)[0] if ax is None else ax


def panels(count: int, *, height: float = HEIGHT) -> list[Axes]:
    """So many axes side by side, in a figure that no global state of pyplot holds on to."""
    figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(wspace=0.07))
    return list(figure.subplots(1, count, squeeze=False)[0])


def scale(ax: Axes, text: Callable[[float], str], label: str) -> None:
    """Write the values of the y axis as the language does, few of them."""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.set_ylabel(label)


def name_periods(ax: Axes, starts: Sequence[Any], language: Language, *, most: int = 9) -> None:
    """Name at most so many periods on the x axis, evenly, the newest among them."""
    every = -(-len(starts) // most)
    chosen = list(starts)[::-1][::every][::-1]
    ax.set_xticks(chosen, [language.period(start, short=True) for start in chosen])
    ax.set_xlabel("")


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
        )
