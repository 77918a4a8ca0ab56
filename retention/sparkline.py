"""A tile's figure over time, as a small drawing within the page: no axes, its text beside it."""

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 100.0, 24.0
_EDGE = 3.0


def sparkline(series: Sequence[float | None], text: str) -> str:
    """The series as SVG in the colour of the text around it; absent values are gaps.

    `text` says the same in words. Nothing is drawn of fewer than two values.

    >>> sparkline([1, None, 3], "from 1 to 3").split('"')[-2]
    'M97 3h0'
    """
    known = [value for value in series if value is not None]
    if len(known) < 2:
        return ""
    least, span = min(known), (max(known) - min(known)) or 1.0
    step = (WIDTH - 2 * _EDGE) / (len(series) - 1)
    line, pen, end = "", "M", ""
    for place, value in enumerate(series):
        if value is None:
            pen = "M"
            continue
        height = (value - least) / span * (HEIGHT - 2 * _EDGE)
        end = f"{_EDGE + place * step:.4g} {HEIGHT - _EDGE - height:.4g}"
        line += f"{pen}{end}"
        pen = "L"
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(text)}"><path d="{line}"/>'
        f'<path class="now" d="M{end}h0"/></svg>'
    )
