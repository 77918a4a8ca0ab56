"""The chart of recurring revenue, through its Axes."""

from __future__ import annotations

import frames
import pandas as pd
import pytest

from retention import contract_plots
from retention.headings import heading_of
from retention.language import Language
from retention.recurring import (
    CHURNED_MRR,
    CONTRACTION_MRR,
    EXPANSION_MRR,
    GAINS,
    GROSS_RETENTION,
    LOSSES,
    NET_RETENTION,
    NEW_MRR,
    REACTIVATED_MRR,
)

ENGLISH = Language(currency="USD", model="subscriptions")
MRR = pd.DataFrame(
    {
        "period": frames.starts(2),
        NEW_MRR: [900.0, 120.0],
        REACTIVATED_MRR: [0.0, 15.0],
        EXPANSION_MRR: [0.0, 40.0],
        CONTRACTION_MRR: [0.0, 25.0],
        CHURNED_MRR: [0.0, 60.0],
        GROSS_RETENTION: [None, 0.9056],
        NET_RETENTION: [None, 0.95],
    }
)


def test_gains_are_stacked_above_nothing_and_losses_below() -> None:
    moved, _ = contract_plots.recurring(MRR, ENGLISH)
    bars = dict(zip((*GAINS, *LOSSES), moved.containers, strict=True))
    spans = {kind: (bar[1].get_y(), bar[1].get_height()) for kind, bar in bars.items()}
    assert spans == {
        NEW_MRR: (0, 120),
        REACTIVATED_MRR: (120, 15),
        EXPANSION_MRR: (135, 40),
        CONTRACTION_MRR: (0, -25),
        CHURNED_MRR: (-25, -60),
    }
    labels = {text.get_text().lower(): text.xy[1] for text in moved.texts}
    assert moved.get_legend() is None
    assert list(labels) == [heading_of(kind, ENGLISH) for kind in (*LOSSES[::-1], *GAINS)]
    assert list(labels.values()) == sorted(labels.values())
    assert moved.get_ylabel() == "Change of MRR"


def test_what_was_kept_is_drawn_where_something_was_paid_at_the_opening() -> None:
    _, kept = contract_plots.recurring(MRR, ENGLISH)
    gross, net = kept.lines
    assert (list(gross.get_ydata()), list(net.get_ydata())) == ([0.9056], [0.95])
    texts = sorted(text.get_text() for text in kept.texts)
    assert [text.split()[-1] for text in texts] == ["90.6%", "95.0%"]


@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_a_first_period_has_no_retention_and_says_so(code: str) -> None:
    _, kept = contract_plots.recurring(MRR.iloc[:1], Language(code, model="subscriptions"))
    assert not kept.axison
    assert len(kept.texts) == 1
