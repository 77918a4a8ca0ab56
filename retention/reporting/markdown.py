"""Markdown of a notebook: its messages, and what it becomes on the page."""

import html
import re
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from retention.language import Language
from retention.reporting.foreign import readable

HEADING = re.compile("\x1e(.*?)\x1f(.*?)\x1e", re.DOTALL)
"""A heading that begins a section, as `Markdown` marks it: its anchor, and its text."""

# Code between fences; or a heading; or a paragraph: lines up to an empty one or to a heading.
_PASSAGE = re.compile(
    r"^(?:(?P<fence>`{3,}|~{3,})[\s\S]*?(?:^(?P=fence)|\Z)"
    r"|(?P<level>#{1,6} +)?(?P<text>(?(level).+|\S.*(?:\n(?!#{1,6} )\S.*)*)))",
    re.MULTILINE,
)


def passages(markdown: str) -> list[str]:
    """Return the messages of a Markdown cell: each heading, and each paragraph as it is written.

    >>> passages("## Who comes *back*?\\n\\nOne.\\nMore.\\n\\nTwo.")
    ['Who comes *back*?', 'One.\\nMore.', 'Two.']
    """
    return [found["text"] for found in _PASSAGE.finditer(markdown) if found["text"]]


def translated(markdown: str, language: Language) -> str:
    """Return a Markdown cell with its messages in a language, as far as they have a translation."""

    def text(found: re.Match[str]) -> str:
        return found[0] if found["fence"] else (found["level"] or "") + language.text(found["text"])

    return _PASSAGE.sub(text, markdown)


class Markdown(IPythonRenderer):
    """Markdown of one notebook: headings become anchors, links outside become text."""

    def __init__(self, caption: str) -> None:
        super().__init__(escape=False)
        self.caption = caption
        self.kicker = ""
        self._ids: set[str] = set()

    def html(self, source: str, attachments: dict[str, Any]) -> str:
        """Return the HTML of one cell, which refers to nothing outside itself."""
        self.attachments = attachments
        # Math passes through as text: a page without scripts cannot typeset it.
        rendered = readable(MarkdownWithMath(renderer=self).render(source), self.caption)
        return rendered.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace(
            "</table>", "</table></div>"
        )

    def heading(self, text: str, level: int, **_attrs: Any) -> str:
        """Return a heading with its anchor; the first of level 1 is kept as `kicker` instead."""
        if level == 1 and not self.kicker:
            self.kicker = html.unescape(re.sub("<[^>]*>", "", text))
            return ""
        if level <= 2:
            return f"\x1e{self._id(text)}\x1f{text}\x1e"
        return f'<h{level} id="{self._id(text)}">{text}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link within the page; one that leads outside is shown as text."""
        if url.startswith("#"):
            inside: str = super().link(text, url, title)
            return inside
        shown = html.escape(url)
        return text if text == shown else f'{text} <span class="url">({shown})</span>'

    def _id(self, text: str) -> str:
        plain = re.sub(r"[^\w]+", "-", html.unescape(re.sub("<[^>]*>", "", text)).lower())
        name = stem = plain.strip("-") or "section"
        count = 1
        while name in self._ids:
            count += 1
            name = f"{stem}-{count}"
        self._ids.add(name)
        return name
