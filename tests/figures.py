"""Numbers read back out of a text, in any of the languages."""

import re
from collections.abc import Callable

from retention.language import Language

_NUMBER = re.compile("([−+]?)\u2060?[€£$]?(\\d+(?:\\.\\d+)?)")


def numbers(text: str, code: str = "en") -> list[float]:
    """The numbers in a text of a language, in their order, with their signs."""
    grouped, point = {
        "en": (r"(?<=\d),(?=\d{3})", r"\."),
        "es": (r"(?<=\d)\.(?=\d{3})", ","),
        "fr": ("(?<=\\d)[\u202f\u00a0](?=\\d{3})", ","),
    }[code]
    plain = re.sub(rf"(?<=\d){point}(?=\d)", ".", re.sub(grouped, "", text))
    return [(-1 if sign == "−" else 1) * float(number) for sign, number in _NUMBER.findall(plain)]


def share(value: float, decimals: int = 1) -> float:
    """A share as it is written: in per cent."""
    return round(value * 100, decimals)


def assert_same_figures(text: Callable[[Language], str], code: str) -> None:
    """What is told in a language is told in English too, in other words."""
    said, in_english = text(Language(code)), text(Language())
    # One language says minus, another puts the sign.
    figures = [abs(number) for number in numbers(said, code)]
    assert sorted(figures) == sorted(abs(number) for number in numbers(in_english))
    assert said != in_english
