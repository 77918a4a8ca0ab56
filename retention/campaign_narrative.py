"""Small frames of campaigns and reasons -> sentences and alt texts.

An effect is claimed of an arm where its joint interval against a control leaves out nothing, and
nowhere else; of reasons nothing is concluded where few have answered.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from retention.balance import SUSPECT_RATIO
from retention.experiments import (
    LOWERED,
    NO_CONTROL,
    NONE_SHOWN,
    RAISED,
    RUNNING,
    SUSPECT,
)
from retention.language import Language
from retention.reasons import GIVEN, LANDMARK_DAYS, LEAST_COVERAGE, NONE, OTHERS
from retention.words import TOO_SMALL

_EFFECTS = {
    RAISED: (
        "{campaign}, {arm}: raised the response by {points} ({low} to {high}). {extra} customers "
        "came because of it ({least} to {most})."
    ),
    LOWERED: (
        "{campaign}, {arm}: lowered the response, {points} ({low} to {high}). {extra} customers "
        "stayed away because of it ({least} to {most})."
    ),
    NONE_SHOWN: (
        "{campaign}, {arm}: no effect is shown, {points} ({low} to {high}). With so many "
        "customers, one of {smallest} or more would be shown in 8 of 10 campaigns."
    ),
    NO_CONTROL: (
        "{campaign}, {arm}: {share} of {count} responded. Response, not effect: without a control "
        "group nobody knows how many would have come anyway."
    ),
    RUNNING: "{campaign}, {arm}: still running.",
    SUSPECT: (
        "{campaign}, {arm}: not compared. The arms are not in the planned ratio: find out first "
        "what chose among the customers."
    ),
}
"""Verdict -> what is said of an arm."""

_RAISED_UNLIKE = (
    "{campaign}, {arm}: {points} ({low} to {high}). More responded than of the control, but "
    "customers were unlike before the contact, so that nobody knows how much of it the campaign "
    "did."
)
_NONE_COULD_BE_SHOWN = (
    "{campaign}, {arm}: {points} ({low} to {high}). No effect is shown, and none could be: there "
    "are too few customers for how many of the control came anyway."
)

_ANSWERS = {OTHERS: "other reasons", NONE: "no answer"}


def method(language: Language, *, response_days: int) -> str:
    """How responses are counted."""
    return language.plural(
        "A response is a purchase within {count} day, the day of the contact being the first. "
        "Customers whose day is not over, and those in two arms of a campaign, are left out.",
        "A response is a purchase within {count} days, the day of the contact being the first. "
        "Customers whose days are not over, and those in two arms of a campaign, are left out.",
        response_days,
    )


def effects(effects: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of uplifts (effects.RESPONSE_EFFECTS): a line an arm."""
    if effects.empty:
        return language(TOO_SMALL)
    lines = [_effect(row, language) for row in effects.to_dict("records")]
    if effects["uplift"].notna().any():
        lines.append(
            language(
                "In brackets: the 95% intervals of all arms of a campaign at once, the thin lines."
            )
        )
    return "\n".join(lines)


def _effect(row: Mapping[Hashable, Any], language: Language) -> str:
    messages = language.each(_EFFECTS)
    share, count = language.percent(row["response"]), language.number(row["watched"])
    values = {"campaign": row["campaign"], "arm": row["arm"], "share": share, "count": count}
    if row["verdict"] in (RAISED, LOWERED, NONE_SHOWN):
        values["points"] = language.points(row["uplift"])
        values["low"] = language.points(row["joint_low"])
        values["high"] = language.points(row["joint_high"])
        extra = sorted(abs(row[name]) for name in ("extra_low", "extra_high"))
        values["extra"] = language.number(abs(row["extra"]))
        values["least"], values["most"] = map(language.number, extra)
        values["smallest"] = language.points(row["smallest_effect"])
    if row["verdict"] == RAISED and row["unlike"] is True:
        return language(_RAISED_UNLIKE, **values)
    if row["verdict"] == NONE_SHOWN and pd.isna(row["smallest_effect"]):
        return language(_NONE_COULD_BE_SHOWN, **values)
    return messages[str(row["verdict"])].format(**values)


def checks(checks: pd.DataFrame, language: Language) -> str:
    """Whether the arms were made as planned, and were alike before the contact (ARM_CHECKS)."""
    planned = checks["planned_share"].notna().any()
    off = checks.loc[checks["ratio_p"] < SUSPECT_RATIO, "campaign"].nunique()
    unlike = int(checks["unlike"].eq(True).sum())
    unknown = int(checks["unlike"].isna().sum())
    ratio = language(
        "No share to be held out was stated (planned_control, control_share), so that the ratio of "
        "the arms is not checked."
    )
    if planned and not off:
        ratio = language("The share held out is as planned in every campaign that states it.")
    elif planned:
        ratio = language.plural(
            "{count} campaign does not have the planned ratio of arms.",
            "{count} campaigns do not have the planned ratio of arms.",
            off,
        )
    balance = language.plural(
        "In {count} arm customers were unlike the control before the contact, by more "
        "than 0.1 standard deviations and than chance explains, in what they had bought or how "
        "long they had been silent.",
        "In {count} arms customers were unlike the control before the contact, by more "
        "than 0.1 standard deviations and than chance explains, in what they had bought or how "
        "long they had been silent.",
        unlike,
    )
    if not unlike:
        balance = language("Before the contact, customers were alike in all arms of a campaign.")
    if not unlike and unknown:
        balance = language(
            "As far as it could be checked, customers were alike before the contact."
        )
    not_checked = language.plural(
        "In {count} arm this is not checked: too few are known from before the contact.",
        "In {count} arms this is not checked: too few are known from before the contact.",
        unknown,
    )
    return " ".join([ratio, balance, *([not_checked] if unknown else [])])


def coverage(reasons: pd.DataFrame, language: Language) -> str:
    """How many of those who left said why, and whether that is enough (reasons.BY_REASON)."""
    if reasons.empty:
        return language("Nobody has lapsed since the first answer.")
    if reasons["answered"].isna().all():
        return language("Too few of those who lapsed since the first answer said why to show it.")
    lapsed, answered = (reasons[name].max() for name in ("all_lapsed", "answered"))
    if pd.isna(lapsed):
        told = language(
            "All but a few of those who lapsed since the first answer gave a reason: {answered} "
            "customers.",
            answered=language.number(answered),
        )
    else:
        told = language.plural(
            "Of {count} customer who lapsed since the first answer, {answered} gave a reason "
            "({share}).",
            "Of {count} customers who lapsed since the first answer, {answered} gave a reason "
            "({share}).",
            lapsed,
            answered=language.number(answered),
            share=language.percent(answered / lapsed),
        )
    # Those who are too few to be counted are fewer than those who answered.
    if answered / lapsed < LEAST_COVERAGE:
        enough = language(
            "That is less than {share}: too few to conclude why customers leave.",
            share=language.percent(LEAST_COVERAGE, 0),
        )
    else:
        enough = language("What follows is of those who answered; the others may differ.")
    landmark = language(
        "Returns are counted from {days} days after the lapse on, of those who were still away "
        "then, by what they had said by then, so that nobody is back before being asked. Those "
        "who are asked, and who answer, may be others than those without a reason.",
        days=language.number(LANDMARK_DAYS),
    )
    return f"{told} {enough} {landmark}"


def answers(language: Language) -> dict[str, str]:
    """The names of rows that are of no single reason."""
    return {key: language.title(text) for key, text in language.each(_ANSWERS).items()}


def reasons(reasons: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of reasons (reasons.BY_REASON, reasons as they are shown)."""
    if reasons.empty:
        return language(TOO_SMALL)
    given = reasons[reasons["answer"] == GIVEN]
    if given.empty:
        return language(TOO_SMALL)
    largest = given.nlargest(1, "lapsed").iloc[0]
    return language.plural(
        "Most often named: {reason}, by {count} customer, {share} of those who answered (95% "
        "interval {interval}).",
        "Most often named: {reason}, by {count} customers, {share} of those who answered (95% "
        "interval {interval}).",
        largest["lapsed"],
        reason=largest["reason"],
        share=language.percent(largest["lapsed_share"]),
        interval=language.interval(largest["lapsed_low"], largest["lapsed_high"]),
    )
