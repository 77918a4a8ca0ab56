"""What any notebook of the kit shows: finished HTML for people, and bundles for the runner.

Every value that comes from data is escaped here, on its way into HTML. In JupyterLab the same
outputs are readable without the report's stylesheet.
"""

import base64
import io
import re
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd
from IPython.display import display
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.language import Language
from retention.rates import REVENUE_CHURN
from retention.reporting.bundles import FACTS, FRAME, as_csv
from retention.style import STYLE
from retention.words import COLUMNS, OF_MONEY, UNSHOWN, heading_of, text_of

_NUMERIC = {"count", "money", "share", "factor"}
# For JupyterLab alone, in its light and dark themes; the exported page leaves it out.
_WORKBENCH = """<style class="workbench">.jp-OutputArea {
.headline { font-size: 1.2em; line-height: 1.5; max-width: 60em }
.tiles { display: grid; gap: 10px; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)) }
.tile { border: 1px solid var(--jp-border-color2); border-radius: 6px; padding: 10px 14px }
.tile p { margin: 0; line-height: 1.5; color: var(--jp-content-font-color2) }
.tile p.tile-value { font-size: 1.9em; line-height: 1.3; color: var(--jp-content-font-color1) }
.tile p.good { color: var(--jp-success-color1) }
.tile p.bad { color: var(--jp-error-color1) }
:is(.tile-label, table:not(.settings) :is(th, td))::first-letter { text-transform: uppercase }
figure { margin: 0 }
figure img { background: white }
table caption { text-align: left; font-weight: 600; padding-bottom: 4px }
table.settings td { text-align: left }
}</style>"""


class Shown:
    """Tables, charts and notes in a reader's language, each as the output of a cell."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def publish(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame, and on the way the CSV that is published as data/`name`.csv."""
        csv = as_csv(frame)
        show("", f"{name}: {len(frame)} rows", {FRAME: {"name": name, "csv": csv}})
        return frame

    def opening(self, body: str, headline: str, facts: dict[str, Any]) -> None:
        """The first screen, finished HTML, and the facts of the run; once in a notebook."""
        show(_WORKBENCH + body, headline, {FACTS: facts})

    def figure(
        self, axes: Axes | Sequence[Axes], alt: str, *, data: pd.DataFrame | None = None
    ) -> None:
        """A chart with its alt text, and the frame behind it folded below."""
        first = axes if isinstance(axes, Axes) else axes[0]
        table = ""
        if data is not None:
            summary = escape(self.language("The figures behind this chart"))
            table = (
                f'<details class="data"><summary>{summary}</summary>'
                f"{self._table(data, self.language('The figures behind this chart'))}</details>"
            )
        image = f'<img src="{_svg(first)}" alt="{escape(alt)}">'
        body = f'<figure><div class="scroll" tabindex="0" role="group">{image}</div></figure>'
        show(body + table, alt)

    def table(self, frame: pd.DataFrame, caption: str) -> None:
        """A frame as a table in the reader's words; the caption too, where it is translated."""
        caption = self.language.text(caption)
        show(self._table(frame, caption), f"{caption}\n{frame.to_string(index=False)}")

    def note(self, text: str) -> None:
        """A paragraph."""
        show(f'<p class="lead">{escape(text)}</p>', text)

    def _table(self, frame: pd.DataFrame, caption: str) -> str:
        if "measure" in frame.columns and frame["measure"].eq(REVENUE_CHURN).all():
            frame = frame.rename(columns=OF_MONEY).drop(columns=["low", "high"], errors="ignore")
        columns = [column for column in frame.columns if column not in UNSHOWN]
        kinds = {c: ' class="num"' if COLUMNS[c][1] in _NUMERIC else "" for c in columns}
        head = "".join(
            f'<th scope="col"{kinds[c]}>{escape(heading_of(c, self.language))}</th>'
            for c in columns
        )
        rows = []
        for values in frame[columns].itertuples(index=False):
            texts = [text_of(v, c, self.language) for v, c in zip(values, columns, strict=True)]
            first = f'<th scope="row"{kinds[columns[0]]}>{escape(texts[0])}</th>'
            rest = "".join(
                f"<td{kinds[c]}>{escape(text)}</td>"
                for c, text in zip(columns[1:], texts[1:], strict=True)
            )
            rows.append(f"<tr>{first}{rest}</tr>")
        shown = escape(caption)
        table = (
            f"<table><caption>{shown}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )
        return scrolling(table, shown)


def scrolling(table: str, label: str) -> str:
    """A finished table in a frame of its own, with its finished label."""
    # What scrolls must be reachable by keyboard, and a region needs a name.
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{label}">{table}</div>'


def _svg(ax: Axes) -> str:
    """The figure as a data URI: an image cannot run anything, and its ids stay its own."""
    figure: Any = ax.figure
    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    small = _compact(buffer.getvalue().decode())
    return f"data:image/svg+xml;base64,{base64.b64encode(small.encode()).decode()}"


def _compact(svg: str) -> str:
    """The same drawing in a third of the bytes; what is written in it stays to the letter.

    A tenth of a point is finer than any screen; styles that recur become classes.
    """
    classes: dict[str, str] = {}

    def named(style: re.Match[str]) -> str:
        return f'class="{classes.setdefault(style[1], f"s{len(classes)}")}"'

    def smaller(tag: re.Match[str]) -> str:
        # Styles first: a tenth is coarse for an opacity.
        text = re.sub(r'style="([^"]*)"', named, tag[0])
        text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
        text = re.sub(r"(\d+\.\d)\d+", r"\1", text)
        return re.sub(r" ?\n(?=[MLCQz\"])", "", text)

    svg = re.sub(r">\s+<", "><", re.sub(r"<[^>]+>", smaller, svg))
    rules = "".join(f".{name}{{{style}}}" for style, name in classes.items())
    return svg.replace("</style>", f"{rules}</style>", 1)


def show(html: str, plain: str, bundle: dict[str, Any] | None = None) -> None:
    """Finished HTML as the output of a cell, with its plain text and what the runner reads."""
    data: dict[str, Any] = {"text/html": html, "text/plain": plain, **(bundle or {})}
    display(data, raw=True)  # type: ignore[no-untyped-call]
