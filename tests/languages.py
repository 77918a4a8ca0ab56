"""The languages of the kit, as their tests name them."""

from retention.language import Language

BRITISH, AMERICAN = Language("en", "GBP"), Language("en", "USD")
SPANISH, FRENCH = Language("es"), Language("fr")
THIN, FIXED = "\u202f", "\xa0"
"""The no-break spaces of French figures: a thin one, and one of full width."""

DASH, APART = "–", "\u2009–\u2009"
"""Between the days, or the months, of a span."""


def each(*texts: str) -> list[object]:
    """Languages and what each of them should say."""
    return list(zip((BRITISH, AMERICAN, SPANISH, FRENCH), texts, strict=True))
