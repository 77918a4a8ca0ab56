"""Rows of experiments.ARMS: what the arms of campaigns add up to, as tests say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from retention.experiments import ARMS

DAY = date(2024, 2, 10)


def arm(
    name: str,
    watched: int,
    responders: int = 0,
    spend: Sequence[float] = (),
    **others: object,
) -> dict[str, object]:
    """A row of ARMS; `spend` of those who spent anything."""
    amounts = [Decimal(str(amount)) for amount in spend]
    row = dict.fromkeys(ARMS.names, Decimal(0)) | {
        "campaign": "spring",
        "arm": name,
        "state": "lost",
        "contacted": watched,
        "first_contact": DAY,
        "last_contact": DAY,
        "watched": watched,
        "responders": responders,
        "with_silence": watched,
        "spend": sum(amounts, Decimal(0)),
        "spend_squares": sum((amount * amount for amount in amounts), Decimal(0)),
    }
    return row | others


def arms(*rows: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(ARMS.names))
