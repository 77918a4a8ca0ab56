"""From an executed notebook to one HTML file that refers to nothing outside itself.

The template folder is a Jupyter template of its own: `jupyter nbconvert --template retention` finds
it too, and its conf.json brings in `PageLayout` from here.
"""

import base64
import html
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import default

from retention.language import Language
from retention.reporting.bundles import FACTS, FRAME
from retention.reporting.foreign import readable
from retention.reporting.left_out import absent, heading_of
from retention.reporting.markdown import HEADING, Markdown, translated
from retention.words import within_a_line

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE = "retention"

# Strings of the page that are not of the notebook.
TEXT = {
    "kicker": "Customer retention report",
    "skip": "Skip to the report",
    "contents": "In this report",
    "left_out": "What is missing from this report?",
    "as_of": "Data up to and including {day}",
    "code": "How this report was computed (code)",
    "code_note": (
        "The code cells of the executed notebook, in the order in which they ran. "
        "The executed notebook itself is report.ipynb in the folder of this report."
    ),
    "cell": "Code cell {number}",
    "parameters": "Code cell {number}: parameters of this run",
    "no_alt": "Figure from code cell {number}, without a description",
    "table": "Table from code cell {number}",
    "markdown_table": "Table",
    "definitions": "Definitions, version {version}",
}
NOTE, ALARM = "note", "alarm"
_TOC_FROM = 3
_CELLS_KEPT = 128
# What makes the notebook readable in JupyterLab is no business of the page.
_WORKBENCH = re.compile('<style class="workbench">.*?</style>', re.DOTALL)


@dataclass
class Section:
    """A part of the page under one heading; the opening has none."""

    id: str = ""
    heading: str = ""
    blocks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """A small table of texts, folded; the first column names the row, the others are figures."""

    title: str
    headings: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Banner:
    """What a reader must know before the first figure; stands before the headline.

    `tone`: NOTE, something to know, or ALARM, a reason not to use the report.
    """

    tone: str
    title: str
    sentences: list[str]
    table: Table | None = None


@dataclass
class Page:
    """What the template shows: texts still to be escaped, and blocks of finished HTML."""

    facts: dict[str, Any]
    kicker: str = ""
    banners: list[Banner] = field(default_factory=list)
    opening: Section = field(default_factory=Section)
    sections: list[Section] = field(default_factory=list)
    code: list[tuple[str, str]] = field(default_factory=list)

    @property
    def language(self) -> Language:
        """The language of the facts."""
        return Language.of(self.facts)

    @property
    def text(self) -> dict[str, str]:
        """The strings of TEXT in that language."""
        return self.language.each(TEXT)

    @property
    def title(self) -> str:
        """Unit and period: what a tab, a bookmark and a mail show."""
        parts = (self.facts.get("unit"), self.facts.get("period_label"))
        return " · ".join(within_a_line(part) for part in parts if part) or self.kicker

    @property
    def as_of(self) -> str:
        """The last day of the data in the words of the page's language."""
        day = self.facts.get("as_of")
        if not day:
            return ""
        return self.text["as_of"].format(day=self.language.day(date.fromisoformat(day)))

    @property
    def contents(self) -> list[Section]:
        """The sections that a table of contents lists, none where the page is short."""
        return self.sections if len(self.sections) >= _TOC_FROM else []


class PageLayout(Preprocessor):
    """Puts the `Page` of a notebook into the template's resources."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the notebook as it is, and the resources with `page`."""
        resources["page"] = page(nb)
        resources["page"].banners += resources.get("banners", ())
        return nb, resources


class ReportExporter(HTMLExporter):
    """nbconvert's exporter with the kit's template alone, from the package itself."""

    @default("template_name")
    def _template_name_default(self) -> str:
        return TEMPLATE

    @default("template_paths")
    def _template_paths(self, prune: bool = True, root_dirs: object = None) -> list[str]:  # noqa: ARG002
        # An older copy in Jupyter's folders must not mix with the package's own.
        return [str(TEMPLATES / TEMPLATE)]

    def get_template_names(self) -> list[str]:
        """Return the one template: it extends no other."""
        return [TEMPLATE]

    def from_notebook_node(  # type: ignore[override]  # as in nbconvert itself
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and the resources it was made from."""
        # HTMLExporter would give figures without a description a made-up one, past the gate.
        exported: tuple[str, dict[str, Any]] = TemplateExporter.from_notebook_node(
            self,
            nb,
            self._init_resources(resources),  # type: ignore[no-untyped-call]
            **kw,
        )
        return exported


_exporters = threading.local()


def report_page(notebook: NotebookNode, banners: Sequence[Banner] = ()) -> str:
    """Return the report as one self-contained HTML file, with the banners before its headline."""
    # An exporter compiles its template once and is not safe to share between threads.
    if not hasattr(_exporters, "mine"):
        _exporters.mine = ReportExporter()  # type: ignore[no-untyped-call]
    exported: str = _exporters.mine.from_notebook_node(notebook, resources={"banners": banners})[0]
    return exported


def page(notebook: NotebookNode) -> Page:
    """Return what the page shows of a notebook: its text, its outputs, its code at the end.

    The language is that of the facts. A heading of level 2 begins a section. The first heading of
    level 1 names the kind of report above the unit's name. Streams and errors are not shown.
    Sections with nothing to show stand together in the last one, each with the reason.
    """
    found = [
        output.data[FACTS]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if FACTS in output.get("data", {})
    ]
    laid_out = Page(facts=dict(found[0]) if found else {})
    text = laid_out.text
    markdown = Markdown(text["markdown_table"])
    missing = absent(notebook.cells)
    reasons: dict[str, list[str]] = {}
    number, left_out = 0, False
    for place, cell in enumerate(notebook.cells):
        section = laid_out.sections[-1] if laid_out.sections else laid_out.opening
        if cell.cell_type == "markdown":
            source = translated(cell.source, laid_out.language)
            left_out = place in missing
            if left_out:
                reasons.setdefault(missing[place], []).append(heading_of(source))
                continue
            pieces = HEADING.split(markdown.html(source, cell.get("attachments", {})))
            section.blocks.append(pieces[0])
            for name, heading, rest in zip(*(pieces[i::3] for i in (1, 2, 3)), strict=True):
                laid_out.sections.append(Section(name, heading, [rest]))
        elif cell.cell_type == "code" and cell.source.strip():
            number += 1
            names = [text[key].format(number=number) for key in ("no_alt", "table")]
            shown = (_shown(output, *names) for output in cell.get("outputs", []))
            section.blocks.extend(block for block in shown if block and not left_out)
            injected = "injected-parameters" in cell.metadata.get("tags", [])
            label = text["parameters" if injected else "cell"].format(number=number)
            laid_out.code.append((label, _code(cell.source)))
    if reasons:
        laid_out.sections.append(_left_out(markdown, text["left_out"], reasons))
    laid_out.kicker = markdown.kicker or text["kicker"]
    return laid_out


def _left_out(markdown: Markdown, title: str, reasons: Mapping[str, Sequence[str]]) -> Section:
    """The section of those that are left out: a line for each reason (HTML), and its headings."""
    _, name, shown, _ = HEADING.split(markdown.html(f"## {title}", {}))
    lines = [
        f"<p><strong>{html.escape(' '.join(headings))}</strong></p>{why}"
        for why, headings in reasons.items()
    ]
    return Section(name, shown, lines)


def _shown(output: NotebookNode, alt: str, caption: str) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        block = _WORKBENCH.sub("", str(data["text/html"]))
        # The kit's own tables bring their frame; those of pandas would widen the page.
        bare = "<table" in block and 'class="scroll"' not in block
        return _scrolling(readable(block, caption)) if bare else block
    if FACTS in data or FRAME in data:
        return ""
    for mime in ("image/svg+xml", "image/png", "image/jpeg"):
        if mime in data:
            raw = data[mime]
            image = base64.b64encode(raw.encode()).decode() if "svg" in mime else raw.strip()
            img = f'<img src="data:{mime};base64,{image}" alt="{html.escape(alt)}">'
            return f"<figure>{_scrolling(img)}</figure>"
    if "text/plain" in data:
        return _scrolling(f"<pre>{html.escape(str(data['text/plain']))}</pre>")
    return ""


@lru_cache(_CELLS_KEPT)
def _code(source: str) -> str:
    # The units of a run have their cells in common.
    highlight = Highlight2HTML(pygments_lexer="ipython3")  # type: ignore[no-untyped-call]
    return str(highlight(source))


def _scrolling(block: str) -> str:
    # A region that scrolls must be reachable by keyboard.
    return f'<div class="scroll" tabindex="0">{block}</div>'
