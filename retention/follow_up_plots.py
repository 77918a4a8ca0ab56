"""Charts of customers followed from a day of their own: a small computed frame -> Axes.

Nothing is computed here beyond picking what to show. What rests on too few customers has been left
out of the frames; where nothing is left, the axes say so.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from retention.follow_up import BEGINNINGS, WINDOW_DAYS, WINDOWS_A_YEAR
from retention.language import Language
from retention.ledger import NEW
from retention.second_purchase import MARKS
from retention.style import (
    PALETTE,
    QUIET,
    STYLE,
    apart,
    axes,
    label_ends,
    marker,
    name_periods,
    say,
    scale_amounts,
    scale_shares,
)
from retention.words import TOO_SMALL, name_of

YEAR = 365


@rc_context(STYLE)
def returns(returns: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """Share of each lapse cohort that has bought again within a few fixed ages, one line an age.

    Estimates for cohorts that have not been watched for so long are dotted.
    """
    ax = axes(ax)
    if returns.empty:
        return say(ax, language("No lapse cohort has been watched long enough yet."))
    labels = []
    for age, colour in zip(_ages(returns), ("#2b7bb5", "#1a5a8c", "#082f4e"), strict=False):
        line = returns[returns["age"] == age]
        whole = line[line["complete"]]
        ax.plot(line["lapse_period"], line["return_share"], color=colour, lw=1.4, ls=":")
        days, shares = whole["lapse_period"], whole["return_share"]
        ax.plot(days, shares, color=colour, lw=2.2, marker=marker(whole))
        ax.fill_between(
            line["lapse_period"], line["low"], line["high"], color=colour, alpha=0.15, lw=0
        )
        last = line.iloc[-1]
        text = language(
            "within {duration}: {share}",
            duration=language.duration(age),
            share=language.percent(last["return_share"], 0),
        )
        place = (last["lapse_period"], last["return_share"])
        labels.append((*place, language.title(text), colour))
    ax.set_ylim(bottom=0)
    label_ends(ax, labels)
    name_periods(ax, sorted(returns["lapse_period"].unique()), language)
    scale_shares(ax, language, language("share that has bought again"))
    ax.set_xlabel(language.title(language("period of the lapse")))
    return ax


def _ages(returns: pd.DataFrame) -> list[int]:
    """Up to three ages to compare: 1, 3 and 12 periods, where two cohorts at least reached them."""
    cohorts = returns.groupby("age")["lapse_period"].nunique()
    wanted = [age for age in (1, 3, 12) if cohorts.get(age, 0) > 1]
    return wanted or [int(age) for age in cohorts.index[:1]]


@rc_context(STYLE)
def second_life(
    second_life: pd.DataFrame, language: Language, *, ax: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """What customers do from a start on, one line a way of beginning, over about a year.

    On the left the share that bought in each window after the first (in which everybody did), with
    its 95 % interval as a band; on the right revenue per customer from the start to the end of each
    window. Both stand at the window's end.
    """
    left, right = ax or apart(2, height=3.6)
    shown = second_life[second_life["window"] < WINDOWS_A_YEAR]
    shown = shown.assign(day=(shown["window"] + 1) * WINDOW_DAYS)
    later = shown[shown["window"] > 0]
    left.set_title(language.title(language("bought in the 30 days up to then")))
    if _draw_lives(left, later, "retention", partial(_percents, language), language):
        scale_shares(left, language)
    right.set_title(language.title(language("revenue per customer up to then")))
    value = "cumulative_revenue_per_customer"
    if _draw_lives(right, shown, value, language.moneys, language):
        scale_amounts(right, language.short_money, language.money, "")
    return left, right


def _percents(language: Language, shares: Sequence[float]) -> list[str]:
    return [language.percent(share, 0) for share in shares]


def _draw_lives(
    ax: Axes,
    shown: pd.DataFrame,
    value: str,
    write: Callable[[Sequence[float]], list[str]],
    language: Language,
) -> bool:
    """One line a way of beginning, labelled at its end; False where there is nothing to draw.

    write: the values at the ends -> their texts, all at once so that they are of one unit.
    """
    if shown.empty:
        say(ax, language(TOO_SMALL))
        return False
    ends = []
    for kind in BEGINNINGS:
        line = shown[shown["began_as"] == kind]
        if line.empty:
            continue
        colour = PALETTE[kind]
        if value == "retention":
            ax.fill_between(line["day"], line["low"], line["high"], color=colour, alpha=0.15, lw=0)
        ax.plot(line["day"], line[value], color=colour, lw=2, marker=marker(line))
        last = line.iloc[-1]
        ends.append((last["day"], last[value], language.title(name_of(kind, language)), colour))
    texts = write([height for _, height, _, _ in ends])
    labels = [
        (day, height, f"{name} {text}", colour)
        for (day, height, name, colour), text in zip(ends, texts, strict=True)
    ]
    ax.set_ylim(bottom=min(0, shown[value].min()))
    label_ends(ax, labels)
    _name_days(ax, range(0, shown["day"].max() + 1, 2 * WINDOW_DAYS), language)
    ax.set_xlabel(language.title(language("days since the first purchase or the return")))
    return True


@rc_context(STYLE)
def second_purchase(
    second_purchase: pd.DataFrame, language: Language, *, ax: Axes | None = None
) -> Axes:
    """Share of customers with a second purchase, by days since the first, over a year at most.

    The band is the 95 % interval; dots stand at 30, 60 and 90 days.
    """
    ax = axes(ax)
    shown = second_purchase[second_purchase["days"] <= YEAR]
    if shown.empty:
        return say(ax, language(TOO_SMALL))
    days, shares, colour = shown["days"], shown["second_purchase_share"], PALETTE[NEW]
    ax.fill_between(days, shown["low"], shown["high"], color=colour, alpha=0.18, step="post", lw=0)
    ax.step(days, shares, where="post", color=colour, lw=2)
    longest = int(days.max())
    marks = shown[shown["days"].isin(MARKS) & (days < longest)]
    ax.plot(marks["days"], marks["second_purchase_share"], color=colour, lw=0, marker="o")
    for day, share in zip(marks["days"], marks["second_purchase_share"], strict=True):
        ax.annotate(
            language.percent(share, 0),
            (day, share),
            (-5, 6),
            textcoords="offset points",
            ha="right",
            color=colour,
            weight="bold",
        )
    ax.set(xlim=(0, max(longest, 1)), ylim=(0, None))
    label_ends(ax, [(longest, shares.iloc[-1], language.percent(shares.iloc[-1], 0), colour)])
    _name_days(ax, [0, *(day for day in (*MARKS, 180, 270, YEAR) if day <= longest)], language)
    scale_shares(ax, language, language("have bought a second time"))
    ax.set_xlabel(language.title(language("days since the first purchase")))
    return ax


@rc_context(STYLE)
def onboarding(
    onboarding: pd.DataFrame,
    language: Language,
    *,
    cut: date | None = None,
    ax: Sequence[Axes] = (),
) -> Sequence[Axes]:
    """Share of each cohort with a second purchase within 30, 60 and 90 days, a panel each.

    The band is the 95 % interval; the panels share their scale, for the shares can only rise.
    cut: the first cohort, where it holds customers of before the data begin too.
    """
    places = list(ax or apart(len(MARKS), height=3.3))
    starts, colour = sorted(onboarding["cohort"].unique()), PALETTE[NEW]
    top = onboarding["high"].max()
    for place, days in zip(places, MARKS, strict=True):
        frame = onboarding[onboarding["days"] == days]
        place.set_title(language.title(language("within {days} days", days=days)), color=colour)
        if frame.empty:
            say(place, language(TOO_SMALL))
            continue
        x, shares = frame["cohort"], frame["second_purchase_share"]
        place.fill_between(x, frame["low"], frame["high"], color=colour, alpha=0.18, lw=0)
        place.plot(x, shares, color=colour, lw=2, marker=marker(frame))
        # Of all three: the first would else cut off the others, whose scale it shares.
        place.set_ylim(0, top * 1.05)
        label_ends(
            place, [(x.iloc[-1], shares.iloc[-1], language.percent(shares.iloc[-1]), colour)]
        )
        name_periods(place, starts, language, most=4)
        if cut is not None and starts[0] == pd.Timestamp(cut):
            first = language.period(starts[0], short=True)
            place.annotate(
                language("{period} or earlier", period=first),
                (starts[0], 0),
                (3, 4),
                textcoords="offset points",
                color=QUIET,
            )
        if len(starts) > 1:
            place.set_xlim(starts[0], starts[-1])
        scale_shares(place, language)
    return places


def _name_days(ax: Axes, days: Sequence[int], language: Language) -> None:
    ax.set_xticks(list(days), [language.number(day) for day in days])
