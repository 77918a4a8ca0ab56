"""The pages around the reports: index and failure page, from the kit's own templates."""

import functools
from collections.abc import Mapping
from datetime import datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from retention.language import Language
from retention.reporting.export import TEMPLATES


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


def rendered(template: str, context: Mapping[str, object], language: Language) -> str:
    """Return a page; every value of the context is escaped, a missing one is an error.

    The template finds the code of the language under `language`.
    """
    return _environment().get_template(template).render(language=language.code, **context)


def day(iso: str, language: Language) -> str:
    """Return a day in words, or the text itself where it is no day.

    >>> day("2026-10-31", Language("fr")), day("soon", Language())
    ('31 octobre 2026', 'soon')
    """
    try:
        return language.day(datetime.fromisoformat(iso).date())
    except ValueError:
        return iso


def moment(iso: str, language: Language) -> str:
    """Return a moment in words, in UTC, or the text itself where it is no moment.

    >>> moment("2026-11-02T06:12:44+00:00", Language())
    '2 November 2026, 06:12 UTC'
    """
    try:
        return language.moment(datetime.fromisoformat(iso))
    except ValueError:
        return iso
