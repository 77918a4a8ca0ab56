"""A chart as a small drawing with real text, at the address of an image in the page.

What Matplotlib writes is kept as it is seen: every text to the letter, every place to a tenth of a
point, which is finer than any screen. What nobody sees goes.
"""

import io
import re
import warnings
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG

from retention.style import STYLE

_SVG = "http://www.w3.org/2000/svg"
_LINK = "http://www.w3.org/1999/xlink"
_IN_ADDRESS = " !$&'()*+,-./:;<=>?@[]_~|{}^`"
_UNSEEN = "fill: none"
_USED = re.compile(r'(?:url\(|href=")#([\w.-]+)')
_COMMAND = re.compile(r"([MLQCz])([^MLQCz]*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_TENTHS = re.compile(r"(\d+\.\d)\d+")
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _LINK)


def address(ax: Axes) -> str:
    """The figure as a data URI, ready to stand between double quotes in HTML.

    An image cannot run anything, and its ids stay its own.
    """
    # Base64 would take a third more. What is written in the drawing keeps its quotes, encoded.
    small = re.sub(r"<[^>']+>", lambda tag: tag[0].replace('"', "'"), compact(drawn(ax)))
    return "data:image/svg+xml," + quote(small, safe=_IN_ADDRESS).replace("&", "&amp;")


def drawn(ax: Axes) -> str:
    """The figure of the axes as Matplotlib writes it."""
    figure: Any = ax.figure
    buffer = io.StringIO()
    with rc_context(STYLE), warnings.catch_warnings():
        # The reader's browser has the letters of a name that the font at hand lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        _lay_out(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _lay_out(figure: Any) -> None:
    """Give the axes their places, which Matplotlib would do by drawing all of the figure first."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    FigureCanvasSVG(figure)
    # In points, as the drawing is, so that texts are as large as there.
    dots, figure.dpi = figure.dpi, 72
    engine.execute(figure)
    figure.dpi = dots
    figure.set_layout_engine(None)


def compact(svg: str) -> str:
    """The same drawing in a fraction of the bytes; what is written in it stays to the letter.

    >>> compact('<svg xmlns="http://www.w3.org/2000/svg"><g id="a"><path style="fill: none"/>'
    ...         '<path d="M 1.04 2 L 3 2.0 L 3 4 z" style="fill: red"/></g></svg>')
    '<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 2h2v2z" class="a" /><style>.a{fill:red}\
</style></svg>'
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 (written by Matplotlib, a moment ago)
    used = set(_USED.findall(svg))
    classes: dict[str, str] = {}
    for element in root.iter():
        _smaller(element, used, classes)
    _pruned(root)
    rules = "".join(f".{name}{{{style}}}" for style, name in classes.items())
    sheet = next(root.iter(f"{{{_SVG}}}style"), None)
    if sheet is None:
        sheet = ElementTree.SubElement(root, f"{{{_SVG}}}style")
    sheet.attrib.clear()
    sheet.text = _short(sheet.text or "") + rules
    return ElementTree.tostring(root, encoding="unicode")


def _smaller(element: ElementTree.Element, used: set[str], classes: dict[str, str]) -> None:
    """Shorten what an element says about itself; styles that recur become classes."""
    given = element.attrib
    if given.get("id") not in used:
        given.pop("id", None)
    style, clip = given.pop("style", ""), given.pop("clip-path", "")
    if clip and style != _UNSEEN:
        style = "; ".join([*([style] if style else []), f"clip-path: {clip}"])
    for name, value in given.items():
        given[name] = path(value) if name == "d" else _TENTHS.sub(r"\1", value)
    if _NO_TURN.fullmatch(given.get("transform", "")):
        del given["transform"]
    if style == _UNSEEN:
        given["class"] = _UNSEEN
    elif style:
        given["class"] = classes.setdefault(_short(style), _name(len(classes)))
    if not element.tag.endswith("}text") and not (element.text or "").strip():
        element.text = None
    element.tail = None


def _short(style: str) -> str:
    return re.sub(r"\s*([:;{}])\s*", r"\1", style.strip())


def _name(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[number % 26] + (str(number // 26) if number >= 26 else "")


def _pruned(parent: ElementTree.Element) -> None:
    """Drop what is not seen, and open groups that hold nothing together."""
    kept: list[ElementTree.Element] = []
    for child in list(parent):
        _pruned(child)
        if child.get("class") == _UNSEEN or child.tag == f"{{{_SVG}}}metadata":
            continue
        if child.tag == f"{{{_SVG}}}g" and not child.attrib:
            kept += list(child)
        elif child.tag not in (f"{{{_SVG}}}g", f"{{{_SVG}}}defs") or len(child):
            kept.append(child)
    parent[:] = kept


def path(d: str) -> str:
    """The outline of a shape by steps in tenths of a point, each from where the last one ended.

    >>> path("M 48.72 179.9 L 732.3 179.94 L 732.3 100 L 740 90")
    'M48.7 179.9h683.6v-79.9l7.7-10'
    """
    runs = groupby(_merged(_steps(d)), lambda step: step[0])
    return "".join(letter + _joined(steps) for letter, steps in runs)


_Step = tuple[str, tuple[int, ...]]


def _steps(d: str) -> Iterator[_Step]:
    """Each command with its numbers in tenths: lines along an axis as h and v, all but M relative.

    Places are rounded, not steps: nothing drifts.
    """
    here = start = (0, 0)
    for letter, text in _COMMAND.findall(d):
        numbers = [round(float(number) * 10) for number in _NUMBER.findall(text)]
        if letter == "z":
            here = start
            yield "z", ()
        elif letter == "M":
            here = start = (numbers[0], numbers[1])
            yield "M", here
        else:
            relative = tuple(number - here[place % 2] for place, number in enumerate(numbers))
            here = (numbers[-2], numbers[-1])
            yield from _line(*relative) if letter == "L" else [(letter.lower(), relative)]


def _line(across: int, down: int) -> list[_Step]:
    if down == 0:
        return [("h", (across,))]
    return [("v", (down,))] if across == 0 else [("l", (across, down))]


def _merged(steps: Iterator[_Step]) -> Iterator[_Step]:
    """Steps that go on along the same axis the same way as one; without those to the same place."""
    last: _Step | None = None
    for letter, numbers in steps:
        if last and last[0] == letter and letter in "hv" and last[1][0] * numbers[0] >= 0:
            last = letter, (last[1][0] + numbers[0],)
        elif last and letter in "hv" and numbers == (0,) and last[0] != "M":
            continue
        else:
            if last:
                yield last
            last = letter, numbers
    if last:
        yield last


def _joined(steps: Iterator[_Step]) -> str:
    numbers = [_tenths(number) for _, each in steps for number in each]
    return " ".join(numbers).replace(" -", "-")


def _tenths(number: int) -> str:
    whole, rest = divmod(abs(number), 10)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
