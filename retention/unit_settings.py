"""What may stand in the settings of one unit: contract 1 as a type.

Values arrive as text, or as lists of text, and the type of their field decides what they are.
"""

import functools
import shlex
import zoneinfo
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from babel.numbers import list_currencies
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from retention.periods import Cut, Frequency, Month, Weekday


@functools.cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@functools.cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


# A ValueError without a text: the message is made of the field's description, for all types alike.
def _timezone(value: str) -> str:
    if value not in _timezones():
        raise ValueError
    return value


def _currency(value: str) -> str:
    if value not in _currencies():
        raise ValueError
    return value


def _day(value: object) -> object:
    # Pydantic alone would also take a number of seconds since 1970 for a date.
    if isinstance(value, str) and not (len(value) == 10 and value[4] == value[7] == "-"):
        raise ValueError
    return value


def _truth(value: object) -> object:
    # Pydantic alone would also take yes, on and 1.
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _increasing(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] >= pair[1]:
        raise ValueError
    return pair


def _segments(names: tuple[str, ...]) -> tuple[str, ...]:
    folded = {name.casefold() for name in names}
    if len(folded) < len(names) or len(names) > _MOST_SEGMENTS or folded & _CANONICAL:
        raise ValueError
    return names


# A century: beyond it, adding days to a date may leave the calendar.
Days = Annotated[int, Field(ge=1, le=36_500)] | Literal["auto"]
LostAfter = Annotated[int, Field(ge=0, le=36_500)] | Literal["auto"]
_DAYS = "a whole number of days from 1 to 36500, or auto"
_RESPONSE = "a whole number of days from 1 to 3650"
_COUNT = "a whole number above 0"
_SOURCE = "a file, a glob of files, or the URL of a database"
_MOST_SEGMENTS = 5
_CANONICAL = {"customer_id", "ordered_at", "amount", "unit", "order_id", "day", "fault"}
_Column = Annotated[str, Field(min_length=1)]
_Share = Annotated[float, Field(gt=0, lt=1)]
_Multiple = Annotated[float, Field(gt=0)]


def _not_with(other: str, text: str) -> PydanticCustomError:
    """What a value is refused by that does not go with the value of another key."""
    return PydanticCustomError("rule", "{text}", {"text": text, "other": other})


class Settings(BaseModel):
    """The settings of one unit, as its file, `defaults.yaml` beside it and parameters give them.

    One field a key of the settings file, plus `slug` (the stem of the file) and `path` (the file,
    absolute; relative sources are relative to its folder). `as_of: None` is the last day in the
    data; `inactive_after` and `lost_after` are days or "auto". Frozen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    slug: str = Field(
        pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$",
        description="a plain name of letters, digits, _ and -; rename the file",
    )
    path: Path
    unit: str = Field(min_length=1, description="text")
    model: Literal["purchases", "subscriptions"] = "purchases"
    source: str = Field(min_length=1, description=_SOURCE)
    table: str | None = Field(None, description="text")
    query: str | None = Field(None, description="text")
    frequency: Frequency = "month"
    calendar: Cut = "gregorian"
    week_start: Weekday = "monday"
    fiscal_year_start: Month = "january"
    as_of: Annotated[date, BeforeValidator(_day)] | None = Field(
        None, description="a date like 2026-10-31"
    )
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        "UTC", description="a time zone like Europe/Madrid"
    )
    currency: Annotated[str, AfterValidator(_currency)] = Field(
        "EUR", description="a currency code like EUR"
    )
    language: Literal["en", "es", "fr"] = "en"
    inactive_after: Days = Field("auto", description=_DAYS)
    lost_after: LostAfter = Field("auto", description=_DAYS)
    threshold_rule: Literal["return_quantile", "mean_gap"] = "return_quantile"
    threshold_quantiles: Annotated[tuple[_Share, _Share], AfterValidator(_increasing)] = Field(
        (0.80, 0.95), description="two increasing numbers between 0 and 1, like [0.80, 0.95]"
    )
    threshold_gap_multiples: Annotated[tuple[_Multiple, _Multiple], AfterValidator(_increasing)] = (
        Field((2.0, 4.0), description="two increasing numbers above 0, like [2, 4]")
    )
    segments: Annotated[tuple[_Column, ...], AfterValidator(_segments)] = Field(
        (), description="a list of 1 to 5 other columns of the data, like [channel, region]"
    )
    prospects: str | None = Field(None, description=_SOURCE)
    contacts: str | None = Field(None, description=_SOURCE)
    response_days: int = Field(30, ge=1, le=3650, description=_RESPONSE)
    control_share: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="a number between 0 and 1, like 0.1"
    )
    feedback: str | None = Field(None, description=_SOURCE)
    do_not_contact: str | None = Field(None, description=_SOURCE)
    reactivation_scope: Literal["inactive", "with_prospects"] = "inactive"
    history_complete: Annotated[bool, Field(strict=True), BeforeValidator(_truth)] = Field(
        False, description="true or false"
    )
    periods_shown: int = Field(24, ge=1, description=_COUNT)
    minimum_group: int = Field(5, ge=1, description=_COUNT)

    @field_validator("inactive_after")
    @classmethod
    def _by_silence(cls, inactive: Days, info: ValidationInfo) -> Days:
        if isinstance(inactive, int) and info.data.get("model") == "subscriptions":
            text = f"inactive_after ({inactive}) is for purchases: a contract ends on its date; "
            text += "leave it out, or write auto"
            raise _not_with("model", text)
        return inactive

    @field_validator("lost_after")
    @classmethod
    def _at_once(cls, lost: LostAfter, info: ValidationInfo) -> LostAfter:
        if lost == 0 and info.data.get("model") == "purchases":
            text = "lost_after (0) is for subscriptions; for purchases give a whole number of days "
            text += "from 1 to 36500, or auto"
            raise _not_with("model", text)
        return lost

    @field_validator("lost_after")
    @classmethod
    def _not_before_inactive(cls, lost: LostAfter, info: ValidationInfo) -> LostAfter:
        inactive = info.data.get("inactive_after")
        if isinstance(lost, int) and isinstance(inactive, int) and lost < inactive:
            text = f"lost_after ({lost}) is below inactive_after ({inactive}); no customer can be "
            text += "lost before being inactive"
            raise _not_with("inactive_after", text)
        return lost

    @field_validator("segments")
    @classmethod
    def _of_purchases(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if names and info.data.get("model") == "subscriptions":
            text = "segments are read from purchases; leave them out for subscriptions"
            raise _not_with("model", text)
        return names

    @field_validator("reactivation_scope")
    @classmethod
    def _has_prospects(cls, scope: str, info: ValidationInfo) -> str:
        if scope == "with_prospects" and info.data.get("prospects", "refused") is None:
            text = "with_prospects needs the key prospects, a source of people who never bought"
            raise _not_with("prospects", text)
        return scope

    _as_of_found: bool = PrivateAttr(default=False)

    @property
    def as_of_found(self) -> bool:
        """Whether `as_of` is what the data gave, because nobody asked for a day."""
        return self._as_of_found

    def found(self, as_of: date) -> Self:
        """These settings with the last day that the data gave, where they ask for none."""
        if self.as_of:
            return self
        settings = self.model_copy(update={"as_of": as_of})
        settings._as_of_found = True
        return settings

    def thresholds(self) -> dict[str, Any]:
        """What is asked of the thresholds, as models.Model.thresholds takes it."""
        mean_gap = self.threshold_rule == "mean_gap"
        return {
            "inactive_after": self.inactive_after,
            "lost_after": self.lost_after,
            "rule": self.threshold_rule,
            "factors": self.threshold_gap_multiples if mean_gap else self.threshold_quantiles,
        }

    def audience_command(self, asked: str) -> str:
        """`retention audience` for this unit, as typed in the folder that holds `params`."""
        folders = self.path.parent.parts
        named = [number for number, name in enumerate(folders) if name == "params"]
        folder = "/".join(folders[named[-1] if named else -1 :])
        elsewhere = "" if folder == "params" else f"--params {shlex.quote(folder)} "
        return f"retention audience {self.slug} {elsewhere}{asked}"

    def resolved(self) -> dict[str, object]:
        """Every setting with the value in force, ready for JSON: dates ISO, `${NAME}` as written.

        `path` is left out: a manifest travels, and the folders of a machine are nobody's business.
        """
        return self.model_dump(mode="json", exclude={"path"})


KEYS = tuple(key for key in Settings.model_fields if key not in ("slug", "path"))
REQUIRED = tuple(key for key in KEYS if Settings.model_fields[key].is_required())
SOURCES = tuple(key for key in KEYS if Settings.model_fields[key].description == _SOURCE)
"""Keys that name data; `${NAME}` may stand in these alone."""


def allowed(key: str) -> str:
    """What a key of the settings may hold, as the end of a sentence.

    >>> allowed("language"), allowed("history_complete")
    ('one of en, es, fr', 'true or false')
    """
    described = Settings.model_fields[key].description
    return described or f"one of {', '.join(choices(key))}"


def choices(key: str) -> Collection[str]:
    """The values a key chooses among; none where it is free.

    >>> choices("language"), "EUR" in choices("currency"), choices("unit")
    (('en', 'es', 'fr'), True, ())
    """
    if key in ("timezone", "currency"):
        return _timezones() if key == "timezone" else _currencies()
    described = Settings.model_fields[key].description
    return () if described else get_args(Settings.model_fields[key].annotation)
