"""What any notebook of the kit shows: finished HTML for people, and bundles for the runner.

Every value that comes from data is escaped here, on its way into HTML. In JupyterLab the same
outputs are readable without the report's stylesheet.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes

from retention.headings import COLUMNS, OF_MONEY, UNSHOWN, heading_of, text_of
from retention.language import Language
from retention.rates import REVENUE_CHURN
from retention.reporting.drawing import address
from retention.reporting.mime import FACTS, FRAME, LEFT_OUT, as_csv
from retention.sparkline import sparkline
from retention.style import CELLS, NARROW, TIME
from retention.tiles import Tile

_NUMERIC = {
    "chance",
    "change",
    "coins",
    "count",
    "factor",
    "money",
    "part",
    "points",
    "share",
}
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
        self,
        axes: Axes | Sequence[Axes],
        alt: str,
        *,
        data: pd.DataFrame | None = None,
        value: str = "",
    ) -> None:
        """A chart with what it shows in words, below it, and the frame behind it folded.

        value: of cohorts and lapse cohorts, the column that their table shows by age.
        """
        places = [axes] if isinstance(axes, Axes) else axes
        # Panels of one figure are one image, others one each.
        firsts = list({id(place.figure): place for place in reversed(places)}.values())[::-1]
        table = ""
        if data is not None and not data.empty:
            title = self.language("The figures behind this chart")
            table = _folded(
                self._by_age(data, value, title) if value else self._table(data, title), title
            )
        alts = [alt, *(place.get_title(loc="left").strip() or alt for place in firsts[1:])]
        images = "".join(
            f'<img src="{address(first)}" alt="{escape(text)}">'
            for first, text in zip(firsts, alts, strict=True)
        )
        kind = self._kind(firsts[0]) if len(firsts) == 1 else ' class="apart"'
        # The caption is the alternative text for who sees: read aloud, it would be heard twice.
        body = (
            f'<figure{kind}><div class="scroll" tabindex="0" role="group">{images}</div>'
            f'<figcaption aria-hidden="true">{escape(alt)}</figcaption></figure>'
        )
        show(body + table, alt)

    @staticmethod
    def _kind(axes: Axes) -> str:
        """What a narrow page must know of a chart, as the class of its figure."""
        mark, figure = axes.get_gid(), axes.get_figure(root=True)
        if figure is not None and figure.get_figwidth() <= NARROW:
            return ' class="narrow"'
        # Of panels side by side the first is shown first, whole and with its newest value.
        alone = len(axes.figure.axes) == 1
        name = {CELLS: "cells", TIME: "newest" if alone else ""}.get(str(mark), "")
        return f' class="{name}"' if name else ""

    def table(self, frame: pd.DataFrame, caption: str) -> None:
        """A frame as a table in the reader's words; the caption too, where it is translated."""
        caption = self.language.text(caption)
        show(self._table(frame, caption), f"{caption}\n{frame.to_string(index=False)}")

    def folded(self, frame: pd.DataFrame, title: str) -> None:
        """A frame as a table under its title, in the reader's words, that opens on demand."""
        if not frame.empty:
            plain = f"{title}\n{frame.to_string(index=False)}"
            show(_folded(self._table(frame, title), title), plain)

    def note(self, text: str) -> None:
        """A paragraph; none without a text."""
        if text:
            show(f'<p class="lead">{escape(text)}</p>', text)

    def absent(self, text: str) -> None:
        """Why a section has nothing to show: the page leaves it out, and says this at its end."""
        show(f'<p class="lead">{escape(text)}</p>', text, {LEFT_OUT: {}})

    def _by_age(self, groups: pd.DataFrame, value: str, title: str) -> str:
        """A table with a row a group and a column an age; cells that are not complete are empty."""
        whole = groups[groups["complete"].astype(bool)]
        index = ["cohort", "cohort_size"] if "cohort" in groups else ["lapse_period", "lapsed"]
        table = whole.pivot(index=index, columns="age", values=value)
        heads = [heading_of(name, self.language) for name in index]
        heads += [self.language.number(int(age)) for age in table.columns]
        rows = [
            [
                text_of(start, index[0], self.language),
                text_of(size, index[1], self.language),
                *("" if pd.isna(cell) else text_of(cell, value, self.language) for cell in cells),
            ]
            for (start, size), cells in zip(table.index, table.to_numpy(), strict=True)
        ]
        what = ", ".join(heading_of(name, self.language) for name in (value, "age"))
        return _markup(f"{title} ({what})", heads, ["", *["num"] * len(heads[1:])], rows)

    def _table(self, frame: pd.DataFrame, caption: str) -> str:
        if "measure" in frame.columns and frame["measure"].eq(REVENUE_CHURN).all():
            frame = frame.rename(columns=OF_MONEY).drop(columns=["low", "high"], errors="ignore")
        columns = [column for column in frame.columns if column not in UNSHOWN]
        heads = [heading_of(column, self.language) for column in columns]
        kinds = [_class(COLUMNS[column][1]) for column in columns]
        rows = [
            [text_of(v, c, self.language) for v, c in zip(values, columns, strict=True)]
            for values in frame[columns].itertuples(index=False)
        ]
        return _markup(caption, heads, kinds, rows)


def _class(kind: str) -> str:
    """The class of a column: of figures, or of names as the data have them."""
    if kind == "interval":
        return "num interval"
    return "num" if kind in _NUMERIC else "given" if kind == "text" else ""


def _markup(
    caption: str, heads: Sequence[str], kinds: Sequence[str], rows: Sequence[Sequence[str]]
) -> str:
    """A table of texts; the first column names the row, and kinds are the classes of columns."""
    marks = [f' class="{kind}"' if kind else "" for kind in kinds]
    head = "".join(
        f'<th scope="col"{mark}>{escape(text)}</th>'
        for text, mark in zip(heads, marks, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row"{marks[0]}>{escape(row[0])}</th>'
        + "".join(
            f"<td{mark}>{escape(text)}</td>" for text, mark in zip(row[1:], marks[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    shown = escape(caption)
    return scrolling(
        f"<table><caption>{shown}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>",
        shown,
    )


def _folded(table: str, title: str) -> str:
    return f'<details class="data"><summary>{escape(title)}</summary>{table}</details>'


def scrolling(table: str, label: str) -> str:
    """A finished table in a frame of its own, with its finished label."""
    # What scrolls must be reachable by keyboard, and a region needs a name.
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{label}">{table}</div>'


def tiles_markup(tiles: Sequence[Tile]) -> str:
    """The tiles of a first screen as finished HTML."""
    return (
        '<section class="tiles">'
        + "".join(
            f'<div class="tile"><p class="tile-label">{escape(tile.label)}</p>'
            f'<p class="tile-value">{escape(tile.value)}</p>'
            f"{sparkline(tile.series, tile.trend)}"
            f'<p class="tile-detail">{escape(tile.detail)}</p>'
            f'<p class="tile-change {tile.tone}">{escape(tile.change)}</p>'
            f'<p class="tile-change neutral">{escape(tile.change_year)}</p>'
            f'<p class="tile-normal">{escape(tile.normal)}</p></div>'
            for tile in tiles
        )
        + "</section>"
    )


def show(html: str, plain: str, bundle: dict[str, Any] | None = None) -> None:
    """Finished HTML as the output of a cell, with its plain text and what the runner reads."""
    data: dict[str, Any] = {"text/html": html, "text/plain": plain, **(bundle or {})}
    display(data, raw=True)  # type: ignore[no-untyped-call]
