"""An address with variables of the environment, `${NAME}`, or with secrets: filled in, shown."""

import os
import re
from urllib.parse import quote

from retention.errors import DataRefused

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A variable of the environment, as a setting names it."""

_PASSWORD = re.compile(r"(://[^:@/]*):(?!\$\{).*@")
# To the next option: to a server's own library a # is a sign of the password.
_SECRET_OPTION = re.compile(
    r"([?&;][\w.]*(?:password|secret|token)[\w.]*=)(?!\$\{\w+\}(?:[&;#]|$))[^&]+", re.IGNORECASE
)


def filled_in(source: str) -> tuple[str, str]:
    """A source as messages show it, and with the value of each variable that it names.

    Raises DataRefused where a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        if not os.environ.get(match[1]):
            raise DataRefused(
                f"source {shown(source)}: the environment variable {match[1]} is not set, or "
                f"empty; set it, for instance `export {match[1]}=...`, and run again"
            )
        held = os.environ[match[1]]
        # A password may hold signs that mean something in a URL.
        in_url = source[: match.start()].endswith(":") and source[match.end() :].startswith("@")
        return quote(held, safe="") if in_url else held

    return shown(source), VARIABLE.sub(value, source)


def shown(source: str) -> str:
    """A source as messages show it, without a password that stands in it.

    >>> shown("postgresql://reader:secret@db.example.com/shop")
    'postgresql://reader:***@db.example.com/shop'
    >>> shown("postgresql://db.example.com/shop?user=reader&password=se#c@ret&sslmode=require")
    'postgresql://db.example.com/shop?user=reader&password=***&sslmode=require'
    >>> shown("sc://db.example.com/;token=${TOKEN}")
    'sc://db.example.com/;token=${TOKEN}'
    """
    # The options first, for a password there may hold an @.
    return _PASSWORD.sub(r"\1:***@", _SECRET_OPTION.sub(r"\1***", source))
