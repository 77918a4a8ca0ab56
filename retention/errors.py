"""What a user sees without a traceback.

Every error says which file, column or unit, what was found, what is allowed, and the next step.
The class says which door refused: the runner turns it into the status and the exit code.
"""

import difflib
from collections.abc import Iterable


class RetentionError(Exception):
    """An error whose message is meant for the user; everything else is a defect of the kit."""


class SettingsRefused(RetentionError):  # noqa: N818 (the status has this name)
    """Settings of one or more units are wrong: one line a problem, in `problems`."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class DataRefused(RetentionError):  # noqa: N818
    """A source cannot be read, or what it holds cannot be analysed."""


class ColumnRefused(DataRefused):
    """A column of a source is missing, or of a type that cannot be read.

    found: what is wrong; advice: what to do about it in a `query`, which not every source has.
    """

    def __init__(self, found: str, advice: str) -> None:
        self.found = found
        super().__init__(f"{found}; {advice}")


class CheckFailed(RetentionError):  # noqa: N818
    """An identity that every run asserts does not hold: the figures are not published."""


def did_you_mean(word: str, choices: Iterable[str], *, most: int = 1) -> str:
    """The end of a message that names the choices nearest to a word, or nothing.

    >>> did_you_mean("frequencie", ["frequency", "currency"])
    '; did you mean frequency?'
    """
    folded = {choice.casefold(): choice for choice in sorted(choices)}
    near = difflib.get_close_matches(word.casefold(), folded, n=most)
    return f"; did you mean {' or '.join(folded[name] for name in near)}?" if near else ""
