"""What a notebook shows: finished HTML for people, and bundles for the runner.

Every value that comes from data is escaped here, on its way into HTML. In JupyterLab the same
outputs are readable without the report's stylesheet.
"""

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from html import escape
from typing import Any

import pandas as pd
from IPython.display import display
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention import summary
from retention.language import Language
from retention.reporting.bundles import FACTS, FRAME, as_csv
from retention.style import STYLE
from retention.summary import Tile
from retention.unit import DEFINITIONS_VERSION, Unit
from retention.words import COLUMNS, DEFINITIONS, UNSHOWN, heading_of, text_of

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


class Report:
    """The report of one unit, as its notebook shows it piece by piece."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        settings = unit.settings
        self.language = Language(
            settings.language, currency=settings.currency, frequency=settings.frequency
        )

    @property
    def cut(self) -> date | None:
        """The first cohort, where it holds everybody who was a customer before the data begin."""
        whole = self.unit.settings.history_complete
        return None if whole else self.unit.calendar.periods[0].start

    def recent(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of the newest `periods_shown` periods; groups under `minimum_group` left out.

        A period is what stands in the first column; a group is a cohort or a lapse cohort.
        """
        period = frame.columns[0]
        newest = frame[period].drop_duplicates().sort_values()
        newest = newest.tail(self.unit.settings.periods_shown)
        shown = frame[frame[period].isin(newest)]
        for size in {"cohort_size", "lapsed"} & {*frame.columns} - self._events(frame):
            shown = shown[shown[size] >= self.unit.settings.minimum_group]
        return shown.reset_index(drop=True)

    @staticmethod
    def _events(frame: pd.DataFrame) -> set[str]:
        # In the ledger `lapsed` is an event among others, not the size of a group.
        return {"lapsed"} if frame.columns[0] == "period" else set()

    def publish(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame, and on the way the CSV that is published as data/`name`.csv."""
        csv = as_csv(frame)
        _show("", f"{name}: {len(frame)} rows", {FRAME: {"name": name, "csv": csv}})
        return frame

    def summary(self, ledger: pd.DataFrame, rates: pd.DataFrame, revenue: pd.DataFrame) -> None:
        """Headline and tiles of the newest complete period, and the facts of the run."""
        headline = summary.headline(self.unit.settings.unit, ledger, rates, self.language)
        unusual = summary.unusual(rates, self.language)
        worth = summary.worth(ledger, revenue, self.language)
        tiles = summary.tiles(ledger, rates, revenue, self.language)
        body = (
            f'<p class="headline">{escape(headline)}</p>'
            f'<p class="lead">{escape(f"{worth} {unusual}".strip())}</p>{_tiles(tiles)}'
            f'<p class="note">{escape(summary.rule(self.language))}</p>'
        )
        period = ledger["period"].iloc[-1]
        facts = {
            "unit": self.unit.settings.unit,
            "as_of": self.unit.as_of.isoformat(),
            "language": self.language.code,
            "currency": self.language.currency,
            "frequency": self.language.frequency,
            "period": f"{period:%Y-%m-%d}",
            "period_label": self.language.period(period),
            "definitions": DEFINITIONS_VERSION,
            # Unit.ledger, which made the frame, raises where an identity is broken.
            "identities": "held",
            "headline": headline,
            "unusual": unusual,
            "worth": worth,
            "tiles": [asdict(tile) for tile in tiles],
            "thresholds": {
                "inactive_after": self.unit.thresholds.inactive_after,
                "lost_after": self.unit.thresholds.lost_after,
                "rules": list(self.unit.thresholds.rules),
            },
            "source": self.unit.extent(),
        }
        _show(_WORKBENCH + body, headline, {FACTS: facts})

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
        _show(body + table, alt)

    def table(self, frame: pd.DataFrame, caption: str) -> None:
        """A frame as a table in the reader's words; the caption too, where it is translated."""
        caption = self.language.text(caption)
        _show(self._table(frame, caption), f"{caption}\n{frame.to_string(index=False)}")

    def note(self, text: str) -> None:
        """A paragraph."""
        _show(f'<p class="lead">{escape(text)}</p>', text)

    def definitions(self) -> None:
        """The terms of the page with the unit's own thresholds filled in."""
        days = {
            "inactive_after": self.language.number(self.unit.thresholds.inactive_after),
            "lost_after": self.language.number(self.unit.thresholds.lost_after),
        }
        items = [
            (self.language.title(self.language(term)), self.language(meaning, **days))
            for term, meaning in DEFINITIONS.items()
        ]
        body = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in items)
        plain = "\n".join(f"{term}: {text}" for term, text in items)
        _show(f'<dl class="definitions">{body}</dl>', plain)

    def provenance(self) -> None:
        """How the report was made: the settings in force, `${NAME}` as written."""
        settings = self.unit.settings.resolved() | {
            "as_of": self.unit.as_of.isoformat(),
            "definitions": DEFINITIONS_VERSION,
        }
        rows = "".join(
            f'<tr><th scope="row">{escape(key)}</th><td>{escape(str(value))}</td></tr>'
            for key, value in settings.items()
            if value is not None
        )
        caption = escape(self.language("Settings of this report"))
        plain = "\n".join(f"{key}: {value}" for key, value in settings.items())
        table = f'<caption>{caption}</caption><tbody lang="en">{rows}</tbody>'
        _show(_scrolling(f'<table class="settings">{table}</table>', caption), plain)

    def _table(self, frame: pd.DataFrame, caption: str) -> str:
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
        return _scrolling(table, shown)


def _scrolling(table: str, label: str) -> str:
    # What scrolls must be reachable by keyboard, and a region needs a name.
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{label}">{table}</div>'


def _tiles(tiles: Sequence[Tile]) -> str:
    return (
        '<section class="tiles">'
        + "".join(
            f'<div class="tile"><p class="tile-label">{escape(tile.label)}</p>'
            f'<p class="tile-value">{escape(tile.value)}</p>'
            f'<p class="tile-detail">{escape(tile.detail)}</p>'
            f'<p class="tile-change {tile.tone}">{escape(tile.change)}</p>'
            f'<p class="tile-change neutral">{escape(tile.change_year)}</p>'
            f'<p class="tile-normal">{escape(tile.normal)}</p></div>'
            for tile in tiles
        )
        + "</section>"
    )


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


def _show(html: str, plain: str, bundle: dict[str, Any] | None = None) -> None:
    data: dict[str, Any] = {"text/html": html, "text/plain": plain, **(bundle or {})}
    display(data, raw=True)  # type: ignore[no-untyped-call]
