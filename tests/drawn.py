"""What a chart shows, read back from its Axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.lines import Line2D


def painted(ax: Axes) -> Axes:
    """The axes, drawn to the end: what fails late fails here."""
    figure: Any = ax.figure
    figure.canvas.draw()
    return ax


def points(line: Line2D) -> list[tuple[float, float]]:
    days, values = line.get_xdata(orig=False), line.get_ydata(orig=False)
    return list(zip(map(float, days), map(float, values), strict=True))


def column(frame: pd.DataFrame, x: str, y: str) -> list[tuple[float, float]]:
    return list(zip(date2num(frame[x]).tolist(), frame[y].astype(float), strict=True))


def colour(artist: Any) -> str:
    return to_hex(artist.get_color())


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def names(ax: Axes, axis: str = "x") -> list[str]:
    found = ax.get_xticklabels() if axis == "x" else ax.get_yticklabels()
    return [label.get_text() for label in found]


def light(colour: str) -> np.ndarray:
    """Red, green and blue of a colour as amounts of light."""
    share = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    low, high = sorted(float(light(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)
