"""What the environment gave to a source, and must not stand in anything that is written."""

import json
import os
from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import quote, quote_plus

from retention.environment import VARIABLE
from retention.params import Settings

_SHORTEST = 6
"""Characters from which on a value is looked for: a shorter one is found everywhere by chance."""


def secrets(settings: Settings) -> dict[str, str]:
    """Return the variables that the settings of a unit name as `${NAME}`, with their values.

    What stands in the settings anyway is no secret, and too short a value cannot be looked for.
    """
    written = "\n".join(str(value) for value in settings.resolved().values())
    found = {name: os.environ.get(name, "") for name in VARIABLE.findall(written)}
    return {
        name: value
        for name, value in found.items()
        if len(value) >= _SHORTEST and value not in written
    }


def named(text: str, secrets: Mapping[str, str]) -> list[str]:
    """Return the names of the secrets that a text holds, as they are or in one of their forms."""
    return [name for name, value in secrets.items() if any(form in text for form in _forms(value))]


def without(text: str, secrets: Mapping[str, str]) -> str:
    """Return the text with `${NAME}` in the place of each secret.

    >>> without("cannot open db://me:p%40ss-word@host", {"DB_PASSWORD": "p@ss-word"})
    'cannot open db://me:${DB_PASSWORD}@host'
    """
    for name, value in secrets.items():
        for form in _forms(value):
            text = text.replace(form, f"${{{name}}}")
    return text


def _forms(value: str) -> Iterator[str]:
    """How a value can stand in a text, in HTML, in JSON or in an address."""
    yield value
    yield escape(value)
    yield json.dumps(value)[1:-1]
    yield quote(value, safe="")
    yield quote_plus(value)
