"""Variables of the environment in an address: `${NAME}`, read where a source is connected."""

import os
import re
from urllib.parse import quote

from retention.errors import DataRefused

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A variable of the environment, as a setting names it."""


def filled_in(source: str, given: str) -> str:
    """A source as it is `given`, with the value of each variable that it names.

    source: what messages show in its place. Raises DataRefused where a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        if not os.environ.get(match[1]):
            raise DataRefused(
                f"source {source}: the environment variable {match[1]} is not set, or empty; set "
                f"it, for instance `export {match[1]}=...`, and run again"
            )
        held = os.environ[match[1]]
        # A password may hold signs that mean something in a URL.
        in_url = given[: match.start()].endswith(":") and given[match.end() :].startswith("@")
        return quote(held, safe="") if in_url else held

    return VARIABLE.sub(value, given)
