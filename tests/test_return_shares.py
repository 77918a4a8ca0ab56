"""The figures behind the curve of returns: its table, and its alternative text."""

from __future__ import annotations

import frames
import pandas as pd
import pytest
from figures import numbers, share

from retention import narrative
from retention.curves import kaplan_meier
from retention.language import Language
from retention.thresholds import RETURN_SHARES, return_shares

# 40 gaps end on day 20, 30 on day 45, and 30 are open after 95.
CURVE = kaplan_meier(
    pd.DataFrame({"days": [20, 45, 95], "events": [40, 30, 0], "censored": [0, 0, 30]})
)


def test_a_row_each_30_days_at_the_thresholds_and_on_the_last_day() -> None:
    found = return_shares(CURVE, also=[44, 200, 90])
    assert list(found) == list(RETURN_SHARES)
    assert found["days"].tolist() == [30, 44, 60, 90, 95]


def test_shares_are_those_of_the_curve_on_that_day() -> None:
    found = return_shares(CURVE, also=[19, 45]).set_index("days")
    shares = found["return_share"].to_dict()
    assert shares == pytest.approx({19: 0, 30: 0.4, 45: 0.7, 60: 0.7, 90: 0.7, 95: 0.7})
    assert found.loc[[19], ["low", "high"]].isna().all(axis=None)
    known = found.drop(19)
    assert known["low"].lt(known["return_share"]).all()
    assert known["return_share"].lt(known["high"]).all()


def test_a_short_curve_has_its_last_day_and_the_thresholds_within_it() -> None:
    short = kaplan_meier(pd.DataFrame({"days": [2, 9], "events": [3, 1], "censored": [0, 2]}))
    assert return_shares(short, also=[5, 9, 10])["days"].tolist() == [5, 9]
    assert return_shares(short, also=[10, 40])["days"].tolist() == [9]


@pytest.mark.parametrize("code", ["en", "es", "fr"])
def test_the_alt_text_tells_the_first_and_the_last_share(code: str) -> None:
    rows = return_shares(frames.curve(), also=[98])
    told = numbers(narrative.return_curve(rows, Language(code)), code)
    first, last = rows.iloc[0], rows.iloc[-1]
    expected = [share(first["return_share"]), first["days"], share(last["return_share"])]
    assert told == pytest.approx([*expected, last["days"]])
