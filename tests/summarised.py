"""A newest period of known figures, and its tiles."""

from __future__ import annotations

import frames
import pandas as pd

from retention import summary
from retention.language import Language
from retention.ledger import NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.rates import CHURN, REACTIVATION, REVENUE_CHURN, WIN_BACK
from retention.tiles import Tile
from retention.tiles import tiles as headline_tiles

ENGLISH = Language()
LEDGER = frames.ledger()
RATES = frames.rates_of(LEDGER)
LAST = LEDGER.iloc[-1]
MONEY = frames.rates({REVENUE_CHURN: [(50_000, 400_000)] * 12 + [(60_400, 412_000)]})
REVENUE = frames.revenue(
    *[{RETAINED: 50_000.0, NEW: 5_000.0}] * 12,
    {RETAINED: 41_250.0, NEW: 7_100.0, REACTIVATED: 6_200.0, WON_BACK: 1_320.0, NO_PURCHASE: -90.0},
)


def newest(rates: pd.DataFrame, measure: str) -> pd.Series:
    return rates[rates["measure"] == measure].iloc[-1]


def tiles(
    ledger: pd.DataFrame = LEDGER,
    rates: pd.DataFrame = RATES,
    revenue: pd.DataFrame = REVENUE,
    language: Language = ENGLISH,
) -> dict[str, Tile]:
    return {tile.key: tile for tile in headline_tiles(ledger, rates, revenue, language)}


def two(column: str, before: float, now: float) -> dict[str, Tile]:
    """Tiles of two periods that differ in one column of the ledger."""
    ledger = LEDGER.iloc[-2:].assign(**{column: [before, now]})
    return tiles(ledger)


def rated(measure: str, *pairs: tuple[int, int]) -> Tile:
    """The tile of a measure with those numerators and denominators, period by period."""
    counts = {name: [(1, 10)] * len(pairs) for name in (CHURN, REACTIVATION, WIN_BACK)}
    return tiles(rates=frames.rates(counts | {measure: list(pairs)}))[measure]


STEADY = {
    CHURN: [(20, 200)] * 12,
    REACTIVATION: [(20, 200)] * 12,
    WIN_BACK: [(20, 200)] * 12,
}


def stands(language: Language = ENGLISH, **newest: tuple[int, int]) -> str:
    """What is said of twelve steady periods and a newest one."""
    counts = {name: [*pairs, newest.get(name, (20, 200))] for name, pairs in STEADY.items()}
    return summary.unusual(frames.rates(counts), language)
