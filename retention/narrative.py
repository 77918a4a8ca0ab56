"""Small frames -> sentences, tiles and alt texts. No sentence claims a cause.

Every figure in a sentence is a cell of the frame it came from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from retention.language import Language
from retention.ledger import NEW, REACTIVATED, WON_BACK
from retention.periods import PERIODS_A_YEAR
from retention.rates import CHURN, REACTIVATION, WIN_BACK
from retention.words import name_of

GOOD, BAD, NEUTRAL = "good", "bad", "neutral"

_AT_RISK = {
    CHURN: ("{part} of {count} active customer", "{part} of {count} active customers"),
    REACTIVATION: (
        "{part} of {count} dormant or lost customer",
        "{part} of {count} dormant or lost customers",
    ),
    WIN_BACK: ("{part} of {count} lost customer", "{part} of {count} lost customers"),
}


@dataclass(frozen=True)
class Tile:
    """One headline figure with what it is a share of, and how it changed.

    `change` is against the period before, and `tone` says what that means; `change_year` is
    against the same period a year ago.
    """

    key: str
    label: str
    value: str
    detail: str
    change: str
    tone: str
    change_year: str


def headline(unit: str, ledger: pd.DataFrame, rates: pd.DataFrame, language: Language) -> str:
    """Two or three sentences on the newest complete period of a unit."""
    last = ledger.iloc[-1]
    churn, back = _newest(rates, CHURN), _newest(rates, REACTIVATION)
    opening = language.plural(
        "{at_close}, {unit} had {count} active customer",
        "{at_close}, {unit} had {count} active customers",
        last["closing_active"],
        at_close=language.title(language.at_close(last["period"])),
        unit=unit,
    )
    sentences = [f"{opening}{_than_before(ledger['closing_active'], language)}."]
    if churn["denominator"]:
        sentences.append(
            language.plural(
                "Of the {active} who were active when it opened, {count} ({rate}) no longer was.",
                "Of the {active} who were active when it opened, {count} ({rate}) no longer were.",
                churn["numerator"],
                active=language.number(churn["denominator"]),
                rate=language.percent(churn["rate"]),
            )
        )
    if back["denominator"]:
        # Customers, as in the rates: the ledger counts one who came back twice as two events.
        sentences.append(
            language.plural(
                "{count} inactive customer bought again; {former} of them had been lost.",
                "{count} inactive customers bought again; {former} of them had been lost.",
                back["numerator"],
                former=language.number(_newest(rates, WIN_BACK)["numerator"]),
            )
        )
    return " ".join(sentences)


def _than_before(column: pd.Series, language: Language) -> str:
    if len(column) < 2:
        return ""
    change = int(column.iloc[-1] - column.iloc[-2])
    earlier = language.earlier()
    if change == 0:
        return language(", as many as {earlier}", earlier=earlier)
    size = language.number(abs(change))
    if change > 0:
        return language(", {change} more than {earlier}", change=size, earlier=earlier)
    return language(", {change} fewer than {earlier}", change=size, earlier=earlier)


def tiles(
    ledger: pd.DataFrame, rates: pd.DataFrame, revenue: pd.DataFrame, language: Language
) -> list[Tile]:
    """The headline figures of the newest complete period, each with its denominator and changes."""
    last = ledger.iloc[-1]
    acquired = last[["closing_active", "closing_dormant", "closing_lost"]].sum()
    is_back = revenue["bought_as"].isin([REACTIVATED, WON_BACK])
    back = revenue.loc[is_back & (revenue["period"] == last["period"]), "revenue"].sum()
    return [
        Tile(
            "active_customers",
            language("active customers"),
            language.number(last["closing_active"]),
            language.plural(
                "of {count} customer so far", "of {count} customers so far", int(acquired)
            ),
            *_changes(ledger, "closing_active", language),
        ),
        _rate_tile(rates, CHURN, language),
        _rate_tile(rates, REACTIVATION, language),
        _rate_tile(rates, WIN_BACK, language),
        Tile(
            "new_customers",
            language("new customers"),
            language.number(last[NEW]),
            language("bought for the first time"),
            *_changes(ledger, NEW, language),
        ),
        Tile(
            "revenue",
            language("revenue"),
            language.short_money(last["revenue"]),
            language("{amount} from customers who came back", amount=language.short_money(back)),
            *_changes(ledger, "revenue", language),
        ),
    ]


def _rate_tile(rates: pd.DataFrame, measure: str, language: Language) -> Tile:
    frame = rates[rates["measure"] == measure].reset_index(drop=True)
    last = frame.iloc[-1]
    return Tile(
        measure,
        name_of(measure, language),
        language.percent(last["rate"]),
        language.plural(
            *_AT_RISK[measure], last["denominator"], part=language.number(last["numerator"])
        ),
        *_changes(frame, "rate", language),
    )


def _changes(frame: pd.DataFrame, column: str, language: Language) -> tuple[str, str, str]:
    """The change on the period before, its tone, and the change on the same period a year ago."""
    year = PERIODS_A_YEAR[language.frequency]
    before = _change(frame, column, language, 1)
    tone = _tone(frame, column) if before else NEUTRAL
    return before, tone, "" if year == 1 else _change(frame, column, language, year)


def _change(frame: pd.DataFrame, column: str, language: Language, back: int) -> str:
    if len(frame) <= back:
        return ""
    now, then = frame[column].iloc[-1], frame[column].iloc[-1 - back]
    if pd.isna(now) or pd.isna(then) or (column == "revenue" and then <= 0):
        return ""
    if column == "rate":
        change = language.points(now - then)
    elif column == "revenue":
        change = language.signed_percent(now / then - 1)
    else:
        change = language.signed(now - then)
    period = language.period(frame["period"].iloc[-1 - back], short=True)
    return language("{change} vs {period}", change=change, period=period)


def _tone(frame: pd.DataFrame, column: str) -> str:
    """Whether the newest figure is better than the one before.

    A rate is neither as long as the rate before lies within its interval.
    """
    if len(frame) < 2:
        return NEUTRAL
    last, before = frame.iloc[-1], frame[column].iloc[-2]
    same = last["low"] <= before <= last["high"] if column == "rate" else last[column] == before
    if same or pd.isna(last[column]) or pd.isna(before):
        return NEUTRAL
    wants_less = column == "rate" and last["measure"] == CHURN
    return GOOD if (last[column] < before) == wants_less else BAD


def _newest(rates: pd.DataFrame, measure: str) -> pd.Series:
    return rates[rates["measure"] == measure].iloc[-1]


def stocks(ledger: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of states: range of time, last values, trend of the active."""
    first, last = ledger.iloc[0], ledger.iloc[-1]
    return language(
        "Lines from {first} to {last}: active customers went from {before} to {after}; at the end "
        "{dormant} are dormant and {lost} lost.",
        first=language.period(first["period"]),
        last=language.period(last["period"]),
        before=language.number(first["closing_active"]),
        after=language.number(last["closing_active"]),
        dormant=language.number(last["closing_dormant"]),
        lost=language.number(last["closing_lost"]),
    )


def movements(ledger: pd.DataFrame, language: Language) -> str:
    """Alt text of the waterfall of the newest period."""
    last = ledger.iloc[-1]
    return language(
        "{opening} active at the opening of {period}, plus {new} new, {reactivated} reactivated "
        "and {won_back} won back, minus {lapsed} lapsed, makes {closing} at its close.",
        opening=language.number(last["opening_active"]),
        period=language.period(last["period"]),
        new=language.number(last[NEW]),
        reactivated=language.number(last[REACTIVATED]),
        won_back=language.number(last[WON_BACK]),
        lapsed=language.number(last["lapsed"]),
        closing=language.number(last["closing_active"]),
    )


def rate(rates: pd.DataFrame, measures: Sequence[str], language: Language) -> str:
    """Alt text of a chart of rates: for each measure its last value, interval and range."""
    texts = []
    for measure in measures:
        name = language.title(name_of(measure, language))
        frame = rates[(rates["measure"] == measure) & rates["rate"].notna()]
        if frame.empty:
            texts.append(language("{measure}: nobody was at risk yet.", measure=name))
            continue
        last = frame.iloc[-1]
        texts.append(
            language(
                "{measure}: {rate} {in_period} (95% interval {interval}); between {least} and "
                "{most} {since}.",
                measure=name,
                rate=language.percent(last["rate"]),
                in_period=language.during(last["period"]),
                interval=language.interval(last["low"], last["high"]),
                least=language.percent(frame["rate"].min()),
                most=language.percent(frame["rate"].max()),
                since=language.since(frame["period"].iloc[0]),
            )
        )
    return " ".join(texts)


def revenue(revenue: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of revenue: the newest period, part by part."""
    last = revenue[revenue["period"] == revenue["period"].max()]
    parts = ", ".join(
        f"{name_of(row.bought_as, language)} {language.money(row.revenue)}"
        for row in last.itertuples()
    )
    return language(
        "Stacked bars of revenue by period; {in_period}: {parts}.",
        in_period=language.during(last["period"].iloc[0]),
        parts=parts,
    )


def cohorts(cohorts: pd.DataFrame, value: str, language: Language) -> str:
    """Alt text of a cohort heatmap: how many cohorts, and the newest whole cell at a few ages."""
    write = language.percent if value == "retention" else language.money
    if cohorts.empty:
        return language("No group of customers is large enough to show yet.")
    complete = cohorts[cohorts["complete"] & (cohorts["age"] > 0)]
    newest = complete.groupby("age", as_index=False).last()
    cells = "; ".join(
        language(
            "{value} after {age} (cohort of {cohort})",
            value=write(row[value]),
            age=language.duration(int(row["age"])),
            cohort=language.period(row["cohort"]),
        )
        for _, row in newest[newest["age"].isin([1, 3, 6, 12])].iterrows()
    )
    opening = language.plural(
        "Heatmap of {count} cohort by periods since the first purchase.",
        "Heatmap of {count} cohorts by periods since the first purchase.",
        cohorts["cohort"].nunique(),
    )
    return f"{opening} {cells}".strip()


def returns(returns: pd.DataFrame, language: Language) -> str:
    """Alt text of the chart of lapse cohorts: the newest cohort watched for the first age."""
    whole = returns[returns["complete"]]
    if whole.empty:
        return language("No lapse cohort has been watched long enough yet.")
    last = whole[whole["age"] == whole["age"].min()].iloc[-1]
    return language(
        "Lines of the share of lapsed customers that has bought again, by period of the lapse; of "
        "the {lapsed} who lapsed {in_period}, {share} had bought again within {age}.",
        lapsed=language.number(last["lapsed"]),
        in_period=language.during(last["lapse_period"]),
        share=language.percent(last["return_share"]),
        age=language.duration(int(last["age"])),
    )


def thresholds(thresholds: pd.DataFrame, language: Language) -> str:
    """What the thresholds are and how many of the newly inactive would come back anyway."""
    inactive, lost = thresholds.iloc[0], thresholds.iloc[1]
    sentences = [
        language.plural(
            "A customer counts as dormant {count} day after the last purchase and as lost after "
            "{lost}.",
            "A customer counts as dormant {count} days after the last purchase and as lost after "
            "{lost}.",
            inactive["days"],
            lost=language.number(lost["days"]),
        )
    ]
    if pd.notna(inactive["wrongly_called"]):
        sentences.append(
            language(
                "Of those who have just become dormant, {share} would buy again within a year "
                "anyway (95% interval {interval}).",
                share=language.percent(inactive["wrongly_called"]),
                interval=language.interval(inactive["low"], inactive["high"]),
            )
        )
    return " ".join(sentences)
