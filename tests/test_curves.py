"""Kaplan-Meier and Wilson against published values and against SciPy."""

from __future__ import annotations

import warnings

import ibis
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from histories import Kit, cells
from hypothesis import given
from hypothesis import strategies as st

from retention.curves import CURVE, at, at_each, kaplan_meier, quantile, share, wilson


def counts(events: list[int], censored: list[int]) -> pd.DataFrame:
    """One row a case, so that adding up by day is the curve's own business."""
    rows = [(days, 1, 0) for days in events] + [(days, 0, 1) for days in censored]
    return pd.DataFrame(rows, columns=["days", "events", "censored"])


# The 6-MP arm of the remission data of Freireich et al. 1963, as in Kalbfleisch & Prentice and in
# Collett: weeks of remission of 21 patients.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
IN_REMISSION = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_the_classic_remission_data() -> None:
    curve = kaplan_meier(counts(RELAPSED, IN_REMISSION))
    assert list(curve.columns) == list(CURVE)
    assert {week: round(at(curve, week)["survival"], 4) for week in (6, 7, 10, 13, 16, 22, 23)} == {
        6: 0.8571,
        7: 0.8067,
        10: 0.7529,
        13: 0.6902,
        16: 0.6275,
        22: 0.5378,
        23: 0.4482,
    }
    at_6 = at(curve, 6)
    assert (at_6["at_risk"], at_6["events"], at_6["censored"]) == (21, 3, 1)
    assert (at_6["low"], at_6["high"]) == pytest.approx((0.6197, 0.9516), abs=5e-5)
    assert cells(curve, "at_risk", days=10) == [15]  # those censored at 6 and at 9 have left
    assert cells(curve, "days") == sorted({*RELAPSED, *IN_REMISSION})


def test_a_case_censored_on_a_day_is_at_risk_through_it() -> None:
    curve = kaplan_meier(counts([3, 5], [0, 3]))
    # day 3: three at risk, one event; day 5: one at risk, one event
    assert cells(curve, "days", "at_risk", "survival") == [
        (0, 4, 1.0),
        (3, 3, pytest.approx(2 / 3)),
        (5, 1, 0.0),
    ]


def test_bounds_are_absent_before_the_first_event_and_once_nobody_is_left() -> None:
    curve = kaplan_meier(counts([3, 5], [0, 3]))
    assert [low is None for low in cells(curve, "low")] == [True, False, True]
    assert [high is None for high in cells(curve, "high")] == [True, False, True]


def test_at_holds_the_last_value() -> None:
    curve = kaplan_meier(counts([3, 5], [9]))
    before = at(curve, 2)
    assert (before["days"], before["survival"]) == (2, 1.0)
    assert (before["events"], before["censored"]) == (0, 0)
    assert np.isnan(before["low"])
    assert np.isnan(before["high"])
    assert [at(curve, days)["survival"] for days in (3, 4, 5, 100)] == pytest.approx(
        [2 / 3, 2 / 3, 1 / 3, 1 / 3]
    )


def test_at_each_has_a_row_for_every_day_asked() -> None:
    curve = kaplan_meier(counts([3, 5], [9]))
    rows = at_each(curve, [9, 2, 4, 4])
    assert set(rows.columns) == set(CURVE)
    assert list(rows.index) == [0, 1, 2, 3]
    assert cells(rows, "days", "survival") == [
        (9, pytest.approx(1 / 3)),
        (2, 1.0),
        (4, pytest.approx(2 / 3)),
        (4, pytest.approx(2 / 3)),
    ]


@given(
    cases=st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=120),
)
def test_kaplan_meier_is_that_of_scipy(cases: list[tuple[int, bool]]) -> None:
    events = [days for days, ended in cases if ended]
    censored = [days for days, ended in cases if not ended]
    curve = kaplan_meier(counts(events, censored))
    theirs = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=events, right=censored)).sf
    days = curve["days"].to_numpy()
    np.testing.assert_allclose(curve["survival"], theirs.evaluate(days), atol=1e-12)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The confidence interval is undefined")
        bounds = theirs.confidence_interval(method="log-log")
    inside = curve["low"].notna()
    np.testing.assert_allclose(curve["low"][inside], bounds.low.evaluate(days)[inside], atol=1e-9)
    np.testing.assert_allclose(curve["high"][inside], bounds.high.evaluate(days)[inside], atol=1e-9)
    assert list(inside) == [0 < survival < 1 for survival in curve["survival"]]


# Wilson -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe 1998, table I, method 3
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(trials=st.integers(1, 5000), data=st.data())
def test_wilson_is_that_of_scipy(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    theirs = scipy.stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson(successes, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_takes_columns() -> None:
    low, high = wilson(pd.Series([81, 15]), pd.Series([263, 148]))
    assert list(low) == pytest.approx([0.2553, 0.0624], abs=5e-5)
    assert list(high) == pytest.approx([0.3662, 0.1605], abs=5e-5)


def test_share_on_the_engine(kit: Kit) -> None:
    pairs = [(0, 0), (0, 7), (15, 15), (1, 29), (15, 148), (2_000_000, 4_000_000)]
    frame = pd.DataFrame(pairs, columns=["part", "whole"]).astype("int64")
    table = share(kit.stored(ibis.memtable(frame)), "part", "whole", "share").order_by("whole")
    assert table.columns == ("part", "whole", "share", "low", "high")
    nothing, *rest = cells(table.to_pandas(), "part", "whole", "share", "low", "high")
    assert nothing == (0, 0, None, None, None)
    assert [row[:2] for row in rest] == pairs[1:]
    for part, whole, value, low, high in rest:
        theirs = scipy.stats.binomtest(part, whole).proportion_ci(0.95, method="wilson")
        assert value == part / whole
        assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
        assert 0 <= low <= value <= high <= 1  # of 15 of 15 floats make 1.0000000000000002


@pytest.mark.parametrize("size", [10, 20, 30, 80, 100, 400])
@pytest.mark.parametrize("tenths", [1, 2, 5, 9])
def test_the_day_of_a_share_is_the_one_on_which_it_is_met_exactly(size: int, tenths: int) -> None:
    # One event a day: after day d exactly d / size have had it.
    curve = kaplan_meier(counts(list(range(1, size + 1)), []))
    assert quantile(curve, tenths / 10)[0] == size * tenths // 10
