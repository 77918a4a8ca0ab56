"""Tables that are not the kit's own: what they lack to be read aloud is added to their markup."""

import re
from html import escape

_TABLE = re.compile(r"<table\b[^>]*>(?!\s*<caption)", re.IGNORECASE)
_PART = re.compile(r"<thead\b|</thead>|<th\b(?![^>]*\bscope=)", re.IGNORECASE)


def readable(html: str, caption: str) -> str:
    """Return HTML whose tables have a caption, and whose heading cells say what they head.

    pandas and Markdown write neither.

    >>> readable("<table><tr><th>b</th></tr></table>", "It")
    '<table><caption>It</caption><tr><th scope="row">b</th></tr></table>'
    """
    in_head = False

    def part(found: re.Match[str]) -> str:
        nonlocal in_head
        if found[0].lower() == "<th":
            return f'{found[0]} scope="{"col" if in_head else "row"}"'
        in_head = found[0].lower() == "<thead"
        return found[0]

    captioned = _TABLE.sub(lambda table: f"{table[0]}<caption>{escape(caption)}</caption>", html)
    return _PART.sub(part, captioned)
