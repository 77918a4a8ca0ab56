"""Figures that several tests of charts draw."""

from __future__ import annotations

import frames
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from retention.language import Language
from retention.ledger import NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.rates import CHURN, REACTIVATION, RETENTION, WIN_BACK

ENGLISH = Language()
LEDGER = frames.ledger()
RATES = frames.rates_of(LEDGER)
REVENUE = frames.revenue(
    {RETAINED: 900.0, NEW: 100.5},
    {RETAINED: 800.0, NEW: 120.0, REACTIVATED: 70.25, NO_PURCHASE: -15.0},
    {RETAINED: 850.0, NEW: 90.0, REACTIVATED: 65.0, WON_BACK: 30.0},
)
THRESHOLDS, CURVE = frames.thresholds(), frames.curve()
KEPT, BACK = [CHURN, RETENTION], [WIN_BACK, REACTIVATION]


def cuts(ax: Axes) -> list[Line2D]:
    return [line for line in ax.lines if line.get_linestyle() == "--"]
