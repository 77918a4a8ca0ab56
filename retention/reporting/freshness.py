"""How old the data of a report are on the day of a run: a plain rule, and the banner that says so.

No figure reads a clock. What does is the run, which knows its day and says it on the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from retention.language import Language
from retention.params import Settings
from retention.periods import Frequency, Rules
from retention.reporting.export import ALARM, Banner

KEY = "freshness"
"""Where a manifest keeps the record."""
GRACE = 7
"""Days without data that are no news whatever the periods: a long weekend, a slow delivery."""


@dataclass(frozen=True)
class Freshness:
    """What is known of the age of a unit's data on the day of a run, in its time zone.

    `asked`: whether settings or the command line ask for that last day; then it is no news.
    """

    today: date
    asked: bool

    @classmethod
    def of(cls, settings: Settings, at: datetime) -> "Freshness":
        """That of a unit whose run begins at a moment."""
        return cls(
            at.astimezone(ZoneInfo(settings.timezone)).date(), asked=not settings.as_of_found
        )

    def missed(self, as_of: date, frequency: Frequency, rules: Rules) -> int:
        """How many whole periods have passed since `as_of`; 0 where the data are fresh.

        >>> seen = Freshness(date(2026, 11, 1), asked=False)
        >>> [seen.missed(date(2026, 9, day), "month", Rules()) for day in (1, 30)]
        [1, 1]
        >>> seen.missed(date(2026, 10, 1), "month", Rules())
        0
        """
        if self.asked or (self.today - as_of).days <= GRACE:
            return 0
        count, end = 0, rules.bounds(frequency, as_of)[1]
        while (end := rules.bounds(frequency, end)[1]) <= self.today:
            count += 1
        return count

    def record(self, missed: int) -> dict[str, Any]:
        """What the manifest keeps of it."""
        return {"day": self.today.isoformat(), "asked": self.asked, "periods_missed": missed}


def missed_since(told: Mapping[str, Any], today: date) -> int:
    """How many whole periods have passed by `today` since the last day of a published report.

    told: its manifest; one that does not say how its last day came about is taken as asked for.
    """
    language = Language.of(told.get("facts") or {})
    try:
        as_of = date.fromisoformat(str(told.get("as_of")))
    except ValueError:
        return 0
    asked = (told.get(KEY) or {}).get("asked", True)
    return Freshness(today, asked).missed(as_of, language.frequency, language.rules)


def stale(missed: int, as_of: date, today: date, language: Language) -> Banner:
    """The banner of a report whose data were old on the day it was made."""
    sentence = language(
        "The last day in the data is {day}. When this report was made, on {today}, nothing had "
        "followed for {duration}: see whether the source is still being filled before acting on "
        "these figures.",
        day=language.day(as_of),
        today=language.day(today),
        duration=language.span(missed),
    )
    return Banner(ALARM, language("The data are old"), [sentence])
