"""The pages around the reports: index and failure page, from the kit's own templates."""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from retention.reporting.export import TEMPLATES

LANGUAGE = "en"


@functools.cache
def _environment() -> Environment:
    # Everything is escaped: names, messages and figures come from data.
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(template: str, context: Mapping[str, object]) -> str:
    """Return a page; every value of the context is escaped, a missing one is an error."""
    return _environment().get_template(template).render(language=LANGUAGE, **context)


def day(iso: str) -> str:
    """Return a day in words, or the text itself where it is no day.

    >>> day("2026-10-31")
    'October 31, 2026'
    """
    try:
        return format_date(datetime.fromisoformat(iso).date(), "long", locale=LANGUAGE)
    except ValueError:
        return iso


def moment(iso: str) -> str:
    """Return a moment in words, in UTC, or the text itself where it is no moment.

    >>> moment("2026-11-02T06:12:44+00:00")
    'November 2, 2026, 06:12 UTC'
    """
    try:
        at = datetime.fromisoformat(iso).astimezone(UTC)
    except ValueError:
        return iso
    return format_datetime(at, "MMMM d, y, HH:mm 'UTC'", locale=LANGUAGE)
