"""Reports as a run leaves them, as far as the page of all units reads them."""

from __future__ import annotations

import json
from pathlib import Path

import frames

from retention.language import Language
from retention.rates import CHURN, REACTIVATION, WIN_BACK
from retention.reporting.bundles import as_csv
from retention.reporting.portfolio import (
    Portfolio,
    open_portfolio,
)

ENGLISH = Language()
STEADY = {CHURN: [(50, 500)] * 13, WIN_BACK: [(40, 400)] * 13, REACTIVATION: [(60, 600)] * 13}
MORE_CHURN = STEADY | {CHURN: [(50, 500)] * 12 + [(150, 500)]}
LESS_WIN_BACK = STEADY | {WIN_BACK: [(40, 400)] * 12 + [(2, 400)]}
NOBODY = STEADY | {WIN_BACK: [(0, 0)] * 13}


def published(
    out: Path,
    slug: str,
    *,
    name: str = "",
    active: int = 1000,
    counts: dict[str, list[tuple[int, int]]] | None = None,
    **settings: str,
) -> None:
    """A report as a run leaves it, as far as the page of all units reads it."""
    folder = out / slug / "2026-06-30"
    (folder / "data").mkdir(parents=True)
    ledger = frames.ledger()
    more = active - ledger["closing_active"].iloc[-1]
    ledger["closing_active"] += more
    ledger.loc[1:, "opening_active"] += more
    ledger.loc[0, "new"] += more
    rates = frames.rates(counts or STEADY)
    (folder / "data" / "ledger.csv").write_text(as_csv(ledger), encoding="utf-8")
    (folder / "data" / "rates.csv").write_text(as_csv(rates), encoding="utf-8")
    (folder / "report.html").write_text("<html></html>", encoding="utf-8")
    told = {"language": "en", "currency": "EUR", "frequency": "month"} | settings
    record = {
        "unit": name or slug,
        "settings": told,
        "facts": told | {"unit": name or slug, "as_of": "2026-06-30"},
    }
    (folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")


def four(out: Path) -> Portfolio:
    """Four units: steady and large, steady and small, with more churn, with less win-back."""
    published(out, "small", active=10)
    published(out, "large", active=5000)
    published(out, "leaving", active=20, counts=MORE_CHURN)
    published(out, "sleeping", active=30, counts=LESS_WIN_BACK)
    return open_portfolio(out)
