"""Sources that a unit may have beside its own, each read in the same way and counted row by row.

Such a source is a settings key that names a file; who has none leaves the key out. Each module here
types its rows, counts them by `fault` in a tally, names the rows that are refused, and accounts for
all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir

from retention import contacts, do_not_contact, feedback, prospects

CONTACTS, FEEDBACK, PROSPECTS = "contacts", "feedback", "prospects"
DO_NOT_CONTACT = "do_not_contact"

Table = Callable[..., ir.Table]


@dataclass(frozen=True, kw_only=True)
class OptionalSource:
    """How the rows of one optional source are read; tables go in and come out."""

    tally: Table
    """(raw, unit=): the rows counted by `fault`, with `rows`, and by what they name."""

    unreadable: Mapping[str, str]
    """Column of days -> the fault of a row whose cell in it cannot be read."""

    refused: Table
    """(raw, unit=, fault=): the first three rows with a fault, cells as text."""

    quality: Table
    """(tally, as_of=): the account of every row, quality.QUALITY."""


OPTIONAL = {
    PROSPECTS: OptionalSource(
        tally=lambda raw, unit: prospects.tally(prospects.people(raw, unit=unit)),
        unreadable=prospects.UNREADABLE,
        refused=prospects.refused,
        quality=prospects.quality,
    ),
    CONTACTS: OptionalSource(
        tally=lambda raw, unit: contacts.tally(contacts.contacted(raw, unit=unit)),
        unreadable=contacts.UNREADABLE,
        refused=contacts.refused,
        quality=contacts.quality,
    ),
    FEEDBACK: OptionalSource(
        tally=lambda raw, unit: feedback.tally(feedback.said(raw, unit=unit)),
        unreadable=feedback.UNREADABLE,
        refused=feedback.refused,
        quality=feedback.quality,
    ),
    DO_NOT_CONTACT: OptionalSource(
        tally=lambda raw, unit: do_not_contact.tally(do_not_contact.named(raw, unit=unit)),
        unreadable=do_not_contact.UNREADABLE,
        refused=do_not_contact.refused,
        quality=do_not_contact.quality,
    ),
}
"""Settings key -> its source, in the order in which their checks are shown."""
