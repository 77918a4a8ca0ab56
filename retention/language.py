"""The reader's language: messages, numbers, money, dates and periods, in en, es or fr.

Messages are gettext catalogues under locales/, read as the translator left them; numbers and dates
are Babel's.
"""

import gettext
import io
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from retention.contract_words import FORMS
from retention.numerals import Numerals, sign
from retention.period_words import (
    A_PERIOD,
    AT_CLOSE,
    DURATIONS,
    DURING,
    EARLIER,
    FISCAL,
    FISCAL_SHORT,
    SINCE,
)
from retention.periods import (
    CUTS,
    FREQUENCIES,
    GREGORIAN,
    MONTHS,
    PERIODS_A_YEAR,
    WEEKDAYS,
    Frequency,
    Rules,
)

LOCALES = Path(__file__).parent / "locales"
SOURCE = "en"
"""The language that messages are written in."""
LANGUAGES = (SOURCE, "es", "fr")

_CHOICES: dict[str, tuple[str, ...]] = {
    "language": LANGUAGES,
    "frequency": FREQUENCIES,
    "calendar": CUTS,
    "week_start": WEEKDAYS,
    "fiscal_year_start": MONTHS,
}

_Key = TypeVar("_Key", bound=Hashable)


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
class Language(Numerals):
    """How a reader's language says things, for one unit's currency, frequency and model.

    >>> Language("es", currency="EUR").percent(0.1234), Language("fr").number(12345)
    ('12,3\\xa0%', '12\\u202f345')
    """

    frequency: Frequency = "month"
    rules: Rules = GREGORIAN
    model: str = "purchases"

    @classmethod
    def of(cls, told: Mapping[str, object]) -> Self:
        """The language that the facts or the settings of a report name; English where none is.

        >>> Language.of({"language": "fr", "currency": "EUR"}).code, Language.of({}).code
        ('fr', 'en')
        """
        currency = str(told.get("currency") or cls.currency)
        rules = {each.name: _told(told, each.name, each.default) for each in fields(Rules)}
        frequency = _told(told, "frequency", cls.frequency)
        code, model = _told(told, "language", SOURCE), str(told.get("model") or cls.model)
        return cls(code, currency, frequency, Rules(**rules), model)

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language, with its `{values}` filled in."""
        return catalogue(self.code).gettext(self._form(message)).format(**values)

    def text(self, text: str) -> str:
        """A text in this language as it stands, braces and all; itself where nobody translated it.

        >>> Language("es").text("Not in the catalogues: {x}")
        'Not in the catalogues: {x}'
        """
        return catalogue(self.code).gettext(self._form(text)) if text else ""

    def each(self, messages: Mapping[_Key, str]) -> dict[_Key, str]:
        """A table of messages in this language; their `{values}` are still to be filled in."""
        return {key: self.text(message) for key, message in messages.items()}

    def _form(self, message: str) -> str:
        """The message as it is said of the unit's model."""
        return FORMS.get(message, message) if self.model == "subscriptions" else message

    @staticmethod
    def title(text: str) -> str:
        """The text with a capital at its beginning, as labels and sentences have it.

        >>> Language.title("états"), Language.title("{count} days")
        ('États', '{count} days')
        """
        return text[:1].upper() + text[1:]

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """The message in the form that the count asks for; `{count}` is the formatted count."""
        forms = self._form(one), self._form(many)
        text = catalogue(self.code).ngettext(*forms, int(count))
        return text.format(count=self.number(count), **values)

    def points(self, difference: float) -> str:
        """A difference of two shares in percentage points, signed."""
        points = round(difference * 100, 1)
        return self("{sign}{points} points", sign=sign(points), points=self.number(abs(points), 1))

    def day(self, day: date) -> str:
        """A day, month in words.

        >>> Language().day(date(2026, 10, 31)), Language(currency="USD").day(date(2026, 10, 31))
        ('31 October 2026', 'October 31, 2026')
        """
        text = format_date(day, "long", locale=self.locale)
        # The first of a month alone is an ordinal in French, which the locale does not know.
        return text.replace("1", "1er", 1) if self.code == "fr" and day.day == 1 else text

    def month(self, day: date) -> str:
        """The month of a day, short.

        >>> Language("fr").month(date(2026, 6, 30))
        'juin 2026'
        """
        return format_date(day, "LLL y", locale=self.locale).replace(".", "")

    def moment(self, moment: datetime) -> str:
        """A moment (aware) to the minute, in UTC."""
        at = moment.astimezone(UTC)
        return self("{day}, {time} UTC", day=self.day(at.date()), time=f"{at:%H:%M}")

    def period(self, start: date, *, short: bool = False) -> str:
        """The name of the period that starts on a day.

        >>> october = date(2026, 10, 1)
        >>> Language("fr").period(october), Language().period(october, short=True)
        ('octobre 2026', 'Oct 2026')
        """
        # Frames hold time stamps, which do not compare with days.
        start = date(start.year, start.month, start.day)
        if self.frequency == "day":
            return self._short_day(start) if short else self.day(start)
        if self.frequency == "week":
            return self._week(start, short=short)
        if self._is_fiscal:
            return self._fiscal(start, short=short)
        if self.frequency == "month" and short:
            return self.month(start)
        skeleton = {"month": "yMMMM", "quarter": "yQQQ", "year": "y"}[self.frequency]
        return format_skeleton(skeleton, start, locale=self.locale)

    @property
    def _kind(self) -> str:
        """What the name of a period is to a sentence: a key of DURING."""
        if self._is_fiscal and self.frequency in ("month", "year"):
            return f"fiscal_{self.frequency}"
        by_day = self.frequency == "week" and self.rules.week_start != "monday"
        return "week_from" if by_day and not self._is_fiscal else self.frequency

    @property
    def _is_fiscal(self) -> bool:
        """Whether periods are named by their place in a fiscal year."""
        if self.rules.calendar == "4-4-5":
            return self.frequency != "day"
        return self.frequency in ("quarter", "year") and self.rules.fiscal_year_start != "january"

    def _week(self, start: date, *, short: bool) -> str:
        year, week = self.rules.place("week", start)
        if self._is_fiscal and short:
            return self("W{week} FY{year}", week=week, year=year)
        if self._is_fiscal:
            return self("week {week} of FY{year}", week=week, year=year)
        if self.rules.week_start != "monday":
            day = self._short_day(start)
            return day if short else self("week from {day}", day=self.day(start))
        year, week, _ = start.isocalendar()
        if short:
            return self("W{week} {year}", week=week, year=year)
        return self("week {week} of {year}", week=week, year=year)

    def _fiscal(self, start: date, *, short: bool) -> str:
        """The name of a month, quarter or year of a fiscal year; the long one with its days."""
        year, number = self.rules.place(self.frequency, start)
        if short:
            return self(FISCAL_SHORT[self.frequency], number=number, year=year)
        last = self.rules.bounds(self.frequency, start)[1] - timedelta(days=1)
        skeleton = "yMMM" if self.rules.calendar == "gregorian" else "yMMMd"
        span = format_interval(start, last, skeleton, locale=self.locale)
        return self(FISCAL[self.frequency], number=number, year=year, span=span)

    def _short_day(self, day: date) -> str:
        return format_skeleton("yMMMd", day, locale=self.locale).replace(".", "")

    def during(self, start: date) -> str:
        """When something happened: in, or on, the period that starts on a day.

        >>> june = date(2026, 6, 30)
        >>> Language("es").during(june), Language("es", frequency="day").during(june)
        ('en junio de 2026', 'el 30 de junio de 2026')
        """
        return self(DURING[self._kind], **{self._kind: self.period(start)})

    def at_close(self, start: date) -> str:
        """The close of the period that starts on a day, as a time at which something was so."""
        return self(AT_CLOSE[self._kind], **{self._kind: self.period(start)})

    def since(self, start: date) -> str:
        """From the period that starts on a day until now."""
        return self(SINCE[self._kind], **{self._kind: self.period(start)})

    def duration(self, periods: int) -> str:
        """So many periods in words.

        >>> Language(frequency="week").duration(3)
        '3 weeks'
        """
        return self.plural(*DURATIONS[self.frequency], periods)

    def span(self, periods: int) -> str:
        """So many periods in words; two years and more in whole years.

        >>> Language().span(23), Language().span(178)
        ('23 months', '14 years')
        """
        years = periods // PERIODS_A_YEAR[self.frequency]
        if years >= 2:
            return replace(self, frequency="year").duration(years)
        return self.duration(periods)

    def earlier(self) -> str:
        """A period before, in words."""
        return self(EARLIER[self.frequency])

    def a_period(self) -> str:
        """For each period, as a rate is said to be: so much a month."""
        return self(A_PERIOD[self.frequency])

    def listing(self, items: Sequence[str]) -> str:
        """The items in a row, with commas and an "and".

        >>> Language("es").listing(["uno", "dos", "tres"])
        'uno, dos y tres'
        """
        return format_list(items, locale=self.locale)


def _told(told: Mapping[str, object], key: str, default: Any) -> Any:
    """What a report names under a key, where it is one of the values that the key may have."""
    return next((known for known in _CHOICES[key] if known == told.get(key)), default)
