"""The tiles of the win-back page: how many are dormant, how many lost, what they are worth."""

import pandas as pd

from retention.language import Language
from retention.lifecycle import DORMANT, LOST
from retention.tiles import NEUTRAL, Tile

_LABELS = {DORMANT: "dormant customers", LOST: "lost customers"}


def tiles(
    states: pd.DataFrame, groups: pd.DataFrame, worth: pd.DataFrame, language: Language
) -> list[Tile]:
    """Dormant and lost customers with their share of all, what they are worth, and once brought in.

    states: inactive.COUNTS; groups: inactive.GROUPS of one breakdown; worth: the last row of
    opportunity_value.OPPORTUNITY. Both are without a row where there is no money to tell.
    """
    counts = states.set_index("state")["customers"]
    customers = int(counts.sum())
    shown = [
        _tile(
            f"{state}_customers",
            language(_LABELS[state]),
            language.number(counts.get(state, 0)),
            language.plural(
                "{share} of {count} customer",
                "{share} of {count} customers",
                customers,
                share=language.percent(counts.get(state, 0) / customers),
            ),
        )
        for state in (DORMANT, LOST)
    ]
    shown += [
        _tile(
            "opportunity_value",
            language("opportunity value"),
            language.short_money(total["worth"]),
            language.plural(
                "90% interval {low} to {high}, of {count} customer",
                "90% interval {low} to {high}, of {count} customers",
                int(total["customers"]),
                low=language.short_money(total["worth_low"]),
                high=language.short_money(total["worth_high"]),
            ),
        )
        for _, total in worth.iterrows()
    ]
    if groups.empty:
        return shown
    return [
        *shown,
        _tile(
            "former_value",
            language("revenue in the year up to the last purchase"),
            language.short_money(groups["former_value"].sum()),
            language("in the 365 days up to each one's last purchase"),
        ),
    ]


def _tile(key: str, label: str, value: str, detail: str) -> Tile:
    """A figure of one day: it has no change and no line."""
    return Tile(key, label, value, detail, "", NEUTRAL, "", "", [])
