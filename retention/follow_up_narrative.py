"""Alt texts of the charts of customers followed from a day of their own (follow_up_plots).

Every figure in a sentence is a cell of the frame it came from.
"""

import pandas as pd

from retention.follow_up import BEGINNINGS, WINDOW_DAYS, WINDOWS_A_YEAR
from retention.language import Language
from retention.second_purchase import MARKS
from retention.words import TOO_SMALL, name_of


def second_life(second_life: pd.DataFrame, language: Language) -> str:
    """Alt text of the charts of second life: each way of beginning, at the last common window."""
    if second_life.empty:
        return language(TOO_SMALL)
    shown = second_life[second_life["window"] < WINDOWS_A_YEAR]
    common = shown.groupby("began_as")["window"].max().min()
    rows = shown[shown["window"] == common].set_index("began_as")
    days = language.number((common + 1) * WINDOW_DAYS)
    lives = "; ".join(
        language(
            "{began_as}: {share} of {watched} (95% interval {interval}), {revenue} each",
            began_as=name_of(kind, language),
            share=language.percent(rows["retention"][kind]),
            watched=language.number(rows["watched"][kind]),
            interval=language.interval(rows["low"][kind], rows["high"][kind]),
            revenue=language.money(rows["cumulative_revenue_per_customer"][kind]),
        )
        for kind in BEGINNINGS
        if kind in rows.index
    )
    return language(
        "Lines of the share that bought in each 30 days since the first purchase or the return, "
        "and of revenue per customer up to then; in the 30 days up to day {days}: {lives}.",
        days=days,
        lives=lives,
    )


def second_purchase(second_purchase: pd.DataFrame, language: Language) -> str:
    """Alt text of the curve of second purchases: its share and interval at each mark."""
    if second_purchase.empty:
        return language(TOO_SMALL)
    rows = second_purchase[second_purchase["days"].isin(MARKS)]
    parts = [
        language(
            "{share} within {days} days (95% interval {interval})",
            share=language.percent(row["second_purchase_share"]),
            days=language.number(row["days"]),
            interval=language.interval(row["low"], row["high"]),
        )
        for _, row in rows[rows["low"].notna()].iterrows()
    ]
    opening = language.plural(
        "Curve of the share of {count} customer with a second purchase, by days since the first.",
        "Curve of the share of {count} customers with a second purchase, by days since the first.",
        second_purchase["at_risk"].iloc[0],
    )
    return f"{opening} {language.title(language.listing(parts))}".strip()


def onboarding(onboarding: pd.DataFrame, language: Language) -> str:
    """Alt text of the charts of second purchases by cohort: the newest cohort of each panel."""
    if onboarding.empty:
        return language(TOO_SMALL)
    newest = onboarding.sort_values("cohort").drop_duplicates("days", keep="last")
    parts = [
        language(
            "{share} within {days} days (95% interval {interval}) of {count} in {cohort}",
            share=language.percent(row["second_purchase_share"]),
            days=language.number(row["days"]),
            interval=language.interval(row["low"], row["high"]),
            count=language.number(row["watched"]),
            cohort=language.period(row["cohort"]),
        )
        for _, row in newest.sort_values("days").iterrows()
    ]
    opening = language("Lines of the share with a second purchase, by period of the first.")
    return f"{opening} {language.title(language.listing(parts))}."
