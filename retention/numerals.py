"""How a reader's language writes numbers, shares and money; Babel knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from babel.core import Locale
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_symbol,
)

JOINER = "\u2060"
"""Where no line may break, and nothing is seen."""
ABSENT = "–"
"""What stands where there is no figure."""


@dataclass(frozen=True)
class Numerals:
    """The figures of a language (en, es, fr) and a currency, as text.

    >>> Numerals("es").percent(0.1234), Numerals("fr").number(12345)
    ('12,3\\xa0%', '12\\u202f345')
    """

    code: str = "en"
    currency: str = "EUR"

    @property
    def locale(self) -> Locale:
        """Babel's locale of the language; English is British unless money is in dollars."""
        english = "en_US" if self.currency == "USD" else "en_GB"
        return Locale.parse({"es": "es_ES", "fr": "fr_FR"}.get(self.code, english))

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the language's separators."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return _minus(format_decimal(value, format=pattern, locale=self.locale))

    def short_number(self, value: float) -> str:
        """A number for an axis or a tile: 12,345 is 12K, 2,214 stays."""
        if abs(value) < 10_000:
            return self.number(value)
        digits = _digits(value)
        return _minus(format_compact_decimal(value, locale=self.locale, fraction_digits=digits))

    def signed(self, value: float) -> str:
        """A whole number with its sign."""
        return f"{'+' if value > 0 else '−' if value < 0 else ''}{self.number(abs(value))}"

    def percent(self, share: float | None, decimals: int = 1) -> str:
        """A share as per cent; a dash where it is absent."""
        if share is None or share != share:
            return ABSENT
        pattern = self.locale.percent_formats[None].pattern
        pattern = pattern.replace("#,##0", "#,##0" + ("." + "0" * decimals if decimals else ""))
        return format_percent(share, format=pattern, locale=self.locale)

    def signed_percent(self, change: float) -> str:
        """A relative change as per cent, with its sign."""
        return sign(round(change, 2)) + self.percent(abs(change), 0)

    def money(self, amount: float) -> str:
        """An amount in whole units of the currency."""
        pattern = self.locale.currency_formats["standard"].pattern.replace("0.00", "0")
        text = format_currency(
            amount, self.currency, format=pattern, locale=self.locale, currency_digits=False
        )
        return _minus(text)

    def exact_money(self, amount: float) -> str:
        """An amount to the smallest coin of the currency.

        >>> Numerals().exact_money(1234.5), Numerals(currency="JPY").exact_money(-1234)
        ('€1,234.50', '−\u2060JP¥1,234')
        """
        return _minus(format_currency(amount, self.currency, locale=self.locale))

    def short_money(self, amount: float) -> str:
        """An amount for an axis or a tile: £950,731 is £951K, £2,214 stays."""
        if abs(amount) < 10_000:
            return self.money(amount)
        return self._compact(amount, _digits(amount))

    def rounded_money(self, amount: float) -> str:
        """An amount for a sentence, to three digits; below 10,000 it stays.

        >>> [Numerals().rounded_money(amount) for amount in (9_873, 12_100, 809_716)]
        ['€9,873', '€12.1K', '€810K']
        """
        if abs(amount) < 10_000:
            return self.money(amount)
        decimals = 2 - int(log10(abs(amount))) % 3
        return self._compact(amount, decimals)

    def moneys(self, amounts: Sequence[float]) -> list[str]:
        """Amounts that stand in one chart, in one unit; one that is nothing in it stays whole.

        Millions only where the largest amount is one, and two digits are left of the smallest.

        >>> Numerals(currency="USD").moneys([156_296, 6_916, 0])
        ['$156K', '$7K', '$0K']
        >>> Numerals(currency="USD").moneys([12_345, 500, 5])
        ['$12.3K', '$0.5K', '$5']
        >>> Numerals("es").moneys([1_110_000, -817_000]), Numerals().moneys([9_000, 40])
        (['1,11\\xa0M\\xa0€', '−0,82\\xa0M\\xa0€'], ['€9,000', '€40'])
        >>> Numerals(currency="USD").moneys([1_220_000, 6_015])
        ['$1,220K', '$6K']
        """
        sizes = [abs(amount) for amount in amounts if amount]
        if max(sizes, default=0) < 10_000:
            return [self.money(amount) for amount in amounts]
        # As they are shown: 999,700 is a million in thousands too.
        if round(max(sizes), -3) >= 1e6 and round(min(sizes) / 1e6, 2) >= 0.1:
            unit, decimals = 1_000_000, 2
        else:
            unit, decimals = 1_000, int(min(sizes) < 1_000)
        one, texts = self._compact(unit, 0), []
        for amount in amounts:
            size = abs(amount) / unit
            if amount and not round(size, decimals):
                texts.append(self.money(amount))
            else:
                text = one.replace("1", self.number(size, decimals), 1)
                texts.append(_minus(f"-{text}" if amount < 0 else text))
        return texts

    def _compact(self, amount: float, decimals: int) -> str:
        """An amount in thousands or millions; Spanish writes a space before the currency there too.

        >>> Numerals("es", "USD").short_money(1_930_000)
        '1,93\\xa0M\\xa0US$'
        """
        text = format_compact_currency(
            amount, self.currency, locale=self.locale, fraction_digits=decimals
        )
        symbol = get_currency_symbol(self.currency, locale=self.locale)
        return _minus(text.replace(f"M{symbol}", f"M\xa0{symbol}"))

    def interval(self, low: float, high: float) -> str:
        """A 95 % interval of a share, in words short enough for a tile."""
        return f"{self.number(low * 100, 1)}–{JOINER}{self.percent(high)}"


def sign(shown: float) -> str:
    """The sign of a change as far as it is shown: what rounds to nothing went neither way."""
    return "+" if shown > 0 else "−" if shown < 0 else "±"


def _minus(number: str) -> str:
    """The number with a minus for the hyphen of the locales, which a line can break after.

    It can break between a minus and the sign of a currency too, but not at a word joiner.
    """
    whole = number.replace("-", "−", 1)
    joined = whole.startswith("−") and not whole[1].isdigit()
    return f"−{JOINER}{whole[1:]}" if joined else whole


def _digits(value: float) -> int:
    return 0 if abs(value) < 1e6 else 2
