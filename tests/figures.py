"""Numbers read back out of a text, in any of the languages."""

import re

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
