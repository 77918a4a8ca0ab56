"""The report of a unit and its win-back page lead to each other, where both are published.

Win-back pages stand in a folder of their own among the reports. What is forwarded, report.html,
has no link; those of `latest.html` and of the index are relative, and no page leads to one that is
not there.
"""

from html import escape
from pathlib import Path

from retention.language import Language

WINBACK = "winback"
"""The folder of the win-back pages, among the folders of the units."""


def folder(out: Path) -> Path:
    """Return the folder of the other pages: of win-back beside reports, of reports beside it."""
    return out.parent if out.name == WINBACK else out / WINBACK


def address(out: Path, page: str) -> str:
    """Return where the other page of a unit is, as seen from `out`; nothing where there is none.

    page: its path in a folder of reports, as in shop/latest.html.
    """
    there = (folder(out) / page).is_file()
    beside = ".." if out.name == WINBACK else WINBACK
    return f"{beside}/{page}" if there else ""


def words(out: Path, language: Language) -> str:
    """What the link to the other page says."""
    if out.name == WINBACK:
        return language("Customer retention report")
    return language("Whom could we win back?")


def link(out: Path, page: str, language: Language) -> str:
    """A paragraph with the link to the other page, as finished HTML; nothing where there is none.

    For a page one folder below `out`.
    """
    where = address(out, page)
    if not where:
        return ""
    text = escape(words(out, language))
    return f'<p class="note beside"><a href="../{escape(where)}">{text}</a></p>'
