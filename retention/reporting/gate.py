"""The last look at a finished page: what fails here is not published."""

import re
from html.parser import HTMLParser

PAGE_BYTES = 600_000

_REFERENCES = frozenset(
    {"action", "background", "cite", "data", "formaction", "href", "longdesc", "manifest", "ping"}
    | {"poster", "src", "srcset", "xlink:href"}
)
_FORBIDDEN = frozenset(
    {"applet", "base", "embed", "form", "frame", "iframe", "link", "object", "portal", "script"}
)
# Any url() and any import of a style sheet, but for data in the page itself.
_STYLE_REFERENCE = re.compile(
    r"""url\(\s*["']?\s*(?!data:)[^\s"')]+|@import|image-set\(""", re.IGNORECASE
)
_MOST_SHOWN = 5


def problems(html: str, *, most_bytes: int = PAGE_BYTES) -> list[str]:
    """Return why the page must not be published, in plain words; an empty list lets it pass.

    A page makes no request, runs no script, says in a policy that it never will, describes its
    figures, has one title, and stays small enough to be sent by mail.

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
    size = len(html.encode())
    if size > most_bytes:
        found.append(f"{size:,} bytes; at most {most_bytes:,} are allowed")
    if len(found) > _MOST_SHOWN:
        found[_MOST_SHOWN:] = [f"and {len(found) - _MOST_SHOWN} more"]
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
        self._inside = ""

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
        if tag in ("style", "title"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self._style(data)
        elif self._inside == "title":
            self.title += data

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
