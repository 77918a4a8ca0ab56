"""Small frames -> alt texts: what a chart shows, for who does not see it. None claims a cause.

Every figure in a sentence is a cell of the frame it came from.
"""

from collections.abc import Sequence

import pandas as pd

from retention.headings import heading_of, text_of
from retention.language import Language
from retention.ledger import NEW, REACTIVATED, WON_BACK
from retention.rates import QUICK_RATIO
from retention.recurring import GAINS, GROSS_RETENTION, LOSSES, NET_RETENTION, NET_WITH_REACTIVATED
from retention.thresholds import CONTRACT_END
from retention.words import TOO_SMALL, name_of


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
        told = {
            "measure": name,
            "rate": language.percent(last["rate"]),
            "in_period": language.during(last["period"]),
            "least": language.percent(frame["rate"].min()),
            "most": language.percent(frame["rate"].max()),
            "since": language.since(frame["period"].iloc[0]),
        }
        if pd.isna(last["low"]):
            texts.append(
                language(
                    "{measure}: {rate} {in_period}; between {least} and {most} {since}.", **told
                )
            )
            continue
        texts.append(
            language(
                "{measure}: {rate} {in_period} (95% interval {interval}); between {least} and "
                "{most} {since}.",
                interval=language.interval(last["low"], last["high"]),
                **told,
            )
        )
    return " ".join(texts)


def quick_ratio(rates: pd.DataFrame, language: Language) -> str:
    """The quick ratio of the newest period, and the events that it is made of."""
    last = rates[rates["measure"] == QUICK_RATIO].iloc[-1]
    in_period = language.during(last["period"])
    if pd.isna(last["rate"]):
        return language(
            "Nobody lapsed {in_period}, so there is no quick ratio.", in_period=in_period
        )
    return language(
        "Quick ratio {in_period}: {ratio} ({came} joined or came back, {lapsed} lapsed). Below 1, "
        "the number of active customers falls.",
        in_period=in_period,
        ratio=language.number(last["rate"], 2),
        came=language.number(last["numerator"]),
        lapsed=language.number(last["denominator"]),
    )


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
        return language(TOO_SMALL)
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


def return_curve(shares: pd.DataFrame, language: Language) -> str:
    """Alt text of the curve of returns (thresholds.return_shares): its first and its last share."""
    first, last = shares.iloc[0], shares.iloc[-1]
    return language(
        "Curve of the share of purchases that are followed by another, from {low} within {first} "
        "days to {high} within {last}.",
        low=language.percent(first["return_share"]),
        first=language.number(first["days"]),
        high=language.percent(last["return_share"]),
        last=language.number(last["days"]),
    )


def thresholds(thresholds: pd.DataFrame, language: Language) -> str:
    """What the thresholds are and how many of the newly inactive would come back anyway."""
    inactive, lost = thresholds.iloc[0], thresholds.iloc[1]
    if inactive["rule"] == CONTRACT_END:
        return _at_the_end(int(lost["days"]), language)
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


def _at_the_end(dormant_for: int, language: Language) -> str:
    """What the thresholds of contracts are."""
    ends = language("A contract ends on its date: from that day on its customer is not active.")
    if not dormant_for:
        then = language("The customer counts as lost at once.")
    else:
        then = language.plural(
            "The customer counts as dormant for {count} day from then on, and as lost after that.",
            "The customer counts as dormant for {count} days from then on, and as lost after that.",
            dormant_for,
        )
    return f"{ends} {then}"


def recurring(recurring: pd.DataFrame, language: Language) -> str:
    """Alt text of the charts of MRR: the newest period, movement by movement, and what was kept."""
    last = recurring.iloc[-1]
    moved = ", ".join(
        f"{heading_of(name, language)} {text_of(last[name], name, language)}"
        for name in (*GAINS, *LOSSES)
    )
    return language(
        "Bars of what moved monthly recurring revenue (MRR) by period; {in_period} it went from "
        "{opening} to {closing}: {moved}. Lines of the MRR kept: gross retention {gross}, net "
        "retention {net}, and {again} with the reactivated.",
        in_period=language.during(last["period"]),
        opening=language.money(last["opening_mrr"]),
        closing=language.money(last["closing_mrr"]),
        moved=moved,
        gross=language.percent(last[GROSS_RETENTION]),
        net=language.percent(last[NET_RETENTION]),
        again=language.percent(last[NET_WITH_REACTIVATED]),
    )
