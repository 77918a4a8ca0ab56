"""The reader's language: messages, numbers, money, dates and periods, in en, es or fr.

Messages are gettext catalogues under locales/, read as the translator left them; numbers and dates
are Babel's.
"""

import gettext
import io
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
)

from retention.periods import Frequency

LOCALES = Path(__file__).parent / "locales"
SOURCE = "en"
ABSENT = "–"
"""What stands where there is no figure."""

DURATIONS: dict[str, tuple[str, str]] = {
    "day": ("{count} day", "{count} days"),
    "week": ("{count} week", "{count} weeks"),
    "month": ("{count} month", "{count} months"),
    "quarter": ("{count} quarter", "{count} quarters"),
    "year": ("{count} year", "{count} years"),
}
EARLIER = {
    "day": "a day earlier",
    "week": "a week earlier",
    "month": "a month earlier",
    "quarter": "a quarter earlier",
    "year": "a year earlier",
}


@cache
def catalogue(code: str) -> gettext.NullTranslations:
    """The messages of a language, compiled from its .po file."""
    if code == SOURCE:
        return gettext.NullTranslations()
    with (LOCALES / f"{code}.po").open("rb") as source:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True)
class Language:
    """How a reader's language says things, for one unit's currency and frequency.

    >>> Language("es", currency="EUR").percent(0.1234), Language("fr").number(12345)
    ('12,3\\xa0%', '12\\u202f345')
    """

    code: str = SOURCE
    currency: str = "EUR"
    frequency: Frequency = "month"

    @property
    def locale(self) -> Locale:
        """Babel's locale of the language; English is British unless money is in dollars."""
        english = "en_US" if self.currency == "USD" else "en_GB"
        return Locale.parse({"es": "es_ES", "fr": "fr_FR"}.get(self.code, english))

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language, with its `{values}` filled in."""
        return catalogue(self.code).gettext(message).format(**values)

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """The message in the form that the count asks for; `{count}` is the formatted count."""
        text = catalogue(self.code).ngettext(one, many, count)
        return text.format(count=self.number(count), **values)

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the language's separators."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(value, format=pattern, locale=self.locale)

    def short_number(self, value: float) -> str:
        """A number for an axis or a tile: 12,345 is 12K, 2,214 stays."""
        if abs(value) < 10_000:
            return self.number(value)
        return format_compact_decimal(value, locale=self.locale, fraction_digits=_digits(value))

    def signed(self, value: float) -> str:
        """A whole number with its sign; the minus is a minus."""
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
        sign = "+" if change > 0 else "−" if change < 0 else "±"
        return sign + self.percent(abs(change), 0)

    def points(self, difference: float) -> str:
        """A difference of two shares in percentage points, signed."""
        sign = "+" if difference > 0 else "−" if difference < 0 else "±"
        return self(
            "{sign}{points} points", sign=sign, points=self.number(abs(difference) * 100, 1)
        )

    def money(self, amount: float) -> str:
        """An amount in whole units of the currency."""
        pattern = self.locale.currency_formats["standard"].pattern.replace("0.00", "0")
        return format_currency(
            amount, self.currency, format=pattern, locale=self.locale, currency_digits=False
        )

    def short_money(self, amount: float) -> str:
        """An amount for an axis or a tile: £950,731 is £951K, £2,214 stays."""
        if abs(amount) < 10_000:
            return self.money(amount)
        return format_compact_currency(
            amount, self.currency, locale=self.locale, fraction_digits=_digits(amount)
        )

    def day(self, day: date) -> str:
        """A day, month in words."""
        return format_date(day, "long", locale=self.locale)

    def period(self, start: date, *, short: bool = False) -> str:
        """The name of the period that starts on a day.

        >>> october = date(2026, 10, 1)
        >>> Language("fr").period(october), Language().period(october, short=True)
        ('octobre 2026', 'Oct 2026')
        """
        if self.frequency == "week":
            year, week, _ = start.isocalendar()
            return (
                f"{year}-{week:02d}"
                if short
                else self("week {week} of {year}", week=week, year=year)
            )
        if self.frequency == "month" and short:
            return format_date(start, "LLL y", locale=self.locale).replace(".", "")
        if self.frequency == "day":
            return format_date(start, "d MMM" if short else "long", locale=self.locale)
        skeleton = {"month": "yMMMM", "quarter": "yQQQ", "year": "y"}[self.frequency]
        return format_skeleton(skeleton, start, locale=self.locale)

    def duration(self, periods: int) -> str:
        """So many periods in words.

        >>> Language(frequency="week").duration(3)
        '3 weeks'
        """
        return self.plural(*DURATIONS[self.frequency], periods)

    def earlier(self) -> str:
        """A period before, in words."""
        return self(EARLIER[self.frequency])

    def interval(self, low: float, high: float) -> str:
        """A 95 % interval of a share, in words short enough for a tile."""
        return f"{self.number(low * 100, 1)}–{self.percent(high)}"


def _digits(value: float) -> int:
    return 0 if abs(value) < 1e6 else 2
