"""The last look at a finished page: what fails here is not published."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

PAGE_BYTES = 600_000

_REFERENCES = frozenset(
    {"action", "background", "cite", "data", "formaction", "href", "longdesc", "manifest", "ping"}
    | {"poster", "src", "srcset", "xlink:href"}
)
_FORBIDDEN = frozenset(
    {"applet", "base", "embed", "form", "frame", "iframe", "link", "object", "portal", "script"}
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Any url() and any import of a style sheet, but for data in the page itself.
_STYLE_REFERENCE = re.compile(
    r"""url\(\s*["']?\s*(?!data:)[^\s"')]+|@import|image-set\(""", re.IGNORECASE
)
# From a boundary on and without going back, so that a long word takes no longer than a short one.
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[a-z]", re.IGNORECASE)
_CUSTOMER = "customer_id"
_MOST_SHOWN = 5


def problems(html: str, *, most_bytes: int = PAGE_BYTES) -> list[str]:
    """Return why the page must not be published, in plain words; an empty list lets it pass.

    A page makes no request, runs no script, says in a policy that it never will, describes its
    figures and tables, has one title and headings in order, names no customer, and stays small
    enough to be sent by mail.

    >>> problems('<h1>x</h1><img src="https://example.org/x.png">')[:2]
    ['<img> refers to https://example.org/x.png', '<img> without a description (alt)']
    """
    page = _Page()
    page.feed(html)
    page.close()
    found = page.problems
    if "default-src 'none'" not in page.policy or "script-src" in page.policy:
        found.append("no Content-Security-Policy that forbids everything but the page itself")
    if not page.language:
        found.append("<html> without a language")
    if not page.title.strip():
        found.append("no title")
    if page.headings != 1:
        found.append(f"{page.headings} headings of level 1; exactly 1 is needed")
    if _MAIL.search(page.text):
        found.append("an e-mail address in the text: a page names no customer")
    size = len(html.encode())
    if size > most_bytes:
        found.append(f"{size:,} bytes; at most {most_bytes:,} are allowed")
    if len(found) > _MOST_SHOWN:
        found[_MOST_SHOWN:] = [f"and {len(found) - _MOST_SHOWN} more"]
    return found


def customers(csv: str) -> list[str]:
    """Return why a published table must not be, because it names customers; mostly nothing.

    What is looked for is a column of ids, and an e-mail address in any cell. Ids that are plain
    numbers under another heading cannot be told from figures.

    >>> customers("period,customer_id\\n2026-01-01,7\\n"), customers("period,new\\n2026-01-01,7\\n")
    (['a column customer_id'], [])
    """
    found = []
    if _CUSTOMER in csv.partition("\n")[0].split(","):
        found.append(f"a column {_CUSTOMER}")
    if _MAIL.search(csv):
        found.append("an e-mail address")
    return found


class _Page(HTMLParser):
    """One walk over the page, keeping what is wrong and what must be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.policy = ""
        self.language = ""
        self.title = ""
        self.headings = 0
        self.text = ""
        self._inside = ""
        self._level = 0
        self._technical: tuple[str, int] | None = None
        self._table: _Table | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name.lower(): value or "" for name, value in attrs}
        if tag in _FORBIDDEN:
            self.problems.append(f"<{tag}> is not allowed")
        for name, value in given.items():
            self._attribute(tag, name, value)
        if tag == "img" and not given.get("alt", "").strip():
            self.problems.append("<img> without a description (alt)")
        if tag == "meta":
            self._meta(given)
        if tag == "html":
            self.language = given.get("lang", "")
        self.headings += tag == "h1"
        if tag in _HEADINGS:
            self._heading(_HEADINGS.index(tag) + 1)
        self._cell(tag, given)
        self._enter(tag, given.get("class", "").split())
        if tag in ("style", "title", "th"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""
        if tag == "table" and self._table:
            self.problems += self._table.problems()
            self._table = None
        if self._technical and self._technical[0] == tag:
            depth = self._technical[1] - 1
            self._technical = (tag, depth) if depth else None

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self._style(data)
        elif self._inside == "title":
            self.title += data
        elif self._inside == "th" and data.strip() == _CUSTOMER and not self._technical:
            self.problems.append(f"a table with the column {_CUSTOMER}: a page names no customer")
        if not self._technical and self._inside != "style":
            self.text += data

    def _heading(self, level: int) -> None:
        if level > self._level + 1:
            before = f"after one of level {self._level}" if self._level else "comes first"
            self.problems.append(f"a heading of level {level} {before}")
        self._level = level

    def _cell(self, tag: str, given: dict[str, str]) -> None:
        if tag == "table":
            self._table = _Table(named=bool(given.get("aria-label")))
        elif self._table and tag == "caption":
            self._table.named = True
        elif self._table and tag == "th":
            self._table.headed = True
            self._table.scoped = self._table.scoped and "scope" in given

    def _enter(self, tag: str, classes: list[str]) -> None:
        """Remember that what follows is code or settings, until the tag is closed."""
        if self._technical:
            if tag == self._technical[0]:
                self._technical = (tag, self._technical[1] + 1)
        elif (tag == "details" and "code" in classes) or (tag == "table" and "settings" in classes):
            self._technical = (tag, 1)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name == "srcdoc":
            self.problems.append(f"<{tag}> with the attribute {name}, which can hold a script")
        elif name == "style":
            self._style(value)
        elif name in _REFERENCES:
            image = tag in ("img", "image") and value.strip().lower().startswith("data:image/")
            if not image and not value.startswith("#"):
                self.problems.append(f"<{tag}> refers to {value[:80]}")

    def _style(self, css: str) -> None:
        for found in _STYLE_REFERENCE.findall(css):
            self.problems.append(f"the style refers to {found[:80]}")

    def _meta(self, given: dict[str, str]) -> None:
        kind = given.get("http-equiv", "").lower()
        if kind == "content-security-policy":
            self.policy = given.get("content", "")
        elif kind:
            self.problems.append(f"<meta http-equiv={kind}> is not allowed")


@dataclass
class _Table:
    """A table as far as it has been read: whether it has a name, headings, and their scope."""

    named: bool
    headed: bool = False
    scoped: bool = True

    def problems(self) -> Iterator[str]:
        if not self.named:
            yield "<table> without a caption"
        if not self.headed:
            yield "<table> without a heading cell (th)"
        if not self.scoped:
            yield "<th> without a scope"
