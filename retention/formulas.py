"""Texts that a spreadsheet would take for formulas, made harmless and read back.

A file of customers is opened in spreadsheets, and an id like `=1+1` would be computed there. The
rule is OWASP's (CSV injection): a text that begins with one of the signs below gets an apostrophe
in front, which a spreadsheet takes for "this is text". A negative number begins with a minus and
stays what it is.
"""

import re

import ibis.expr.types as ir

_SIGNS = r"=+@\t\r\n＝＋－＠-"
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")
# What `guarded` leaves behind an apostrophe: a sign, or an apostrophe that was there before.
_MARKED = re.compile(rf"'*[{_SIGNS}]")


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet computes; `unguarded` gives the text back.

    >>> guarded("=1+1"), guarded("-5.20"), guarded("-5+2"), guarded("ann"), guarded("'=x")
    ("'=1+1", '-5.20', "'-5+2", 'ann', "''=x")
    """
    harmless = _NEGATIVE.fullmatch(text) or not _MARKED.match(text)
    return text if harmless else f"'{text}"


def unguarded(text: ir.StringValue) -> ir.StringValue:
    """The text that `guarded` was given, of a column of cells that it made.

    Texts from elsewhere stay as they are, unless they begin with an apostrophe and then a sign.
    """
    guard = text.re_search(rf"^'+[{_SIGNS}]")
    return guard.ifelse(text.substr(1), text)
