"""Sections of a page with nothing to show."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from test_export import parsed, shown, text

from retention.reporting.bundles import FRAME, LEFT_OUT


def drawn(*told: str) -> NotebookNode:
    """A cell that publishes a frame, and shows a paragraph or says why it shows nothing."""
    frame = shown(text__html="", **{FRAME: {"name": "frame", "csv": ""}})
    says = [
        shown(text__html=f"<p>{words}</p>", **({LEFT_OUT: {}} if words.startswith("No") else {}))
        for words in told
    ]
    return new_code_cell("draw()", outputs=[frame, *says])


def test_sections_with_nothing_to_show_are_one_line_each_reason() -> None:
    page = parsed(
        new_markdown_cell("## First?\n\nHow to read it."),
        drawn("No contacts."),
        new_markdown_cell("### Below?\n\nA bar says nothing."),
        drawn("No contacts."),
        new_markdown_cell("## Second?\n\nRead on."),
        drawn("Bars."),
        new_markdown_cell("### Third & last?\n\nSlopes."),
        drawn("No days.", "No days."),
        new_markdown_cell("## Fourth?\n\nKept."),
        language="en",
    )
    sections = [text(section) for section in page.main.find_all("section", recursive=False)]
    assert sections == [
        "Second? Read on. Bars.",
        "Fourth? Kept.",
        "What is missing from this report? First? Below? No contacts. Third & last? No days.",
    ]
    assert [text(link) for link in page.select("nav.toc a")][-1].startswith("What is missing")


def test_a_section_stays_where_it_or_one_below_it_has_something_to_show() -> None:
    page = parsed(
        new_markdown_cell("## First?\n\nHow to read it."),
        drawn("No contacts."),
        new_markdown_cell("### Below?"),
        drawn("Bars."),
        new_markdown_cell("## Second?\n\nRead on."),
        drawn("No days.", "Lines."),
    )
    sections = [text(section) for section in page.main.find_all("section", recursive=False)]
    assert sections == [
        "First? How to read it. No contacts. Below? Bars.",
        "Second? Read on. No days. Lines.",
    ]
