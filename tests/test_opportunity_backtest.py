"""The back-test of the opportunity value: what was said on earlier days, beside what came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
from histories import cells
from small_outcomes import (
    AS_OF,
    FIRST,
    FRESH,
    ON_THE_DAY,
    YEAR,
    Row,
    frame,
    growth,
    returned,
)

from retention.opportunity import HORIZON_DAYS
from retention.opportunity_backtest import (
    BACKTEST,
    STEPS,
    WITHIN_YEAR,
    YEAR_FROM_RETURN,
    Known,
    backtest,
)
from retention.opportunity_value import FEWEST, Look


def known(look: Look) -> Callable[[date], Known]:
    """What was known on each day; of no return a year had been seen."""
    return lambda _: Known(inactive_after=30, look=look, growth=growth, realised=nothing_realised)


def nothing_realised(since: date) -> pd.DataFrame:
    raise AssertionError(f"asked what came, of customers since {since}")


def test_what_was_said_a_year_ago_beside_what_came() -> None:
    asked = []

    def look(day: date, since: date) -> pd.DataFrame:
        asked.append((day, since))
        if since == FIRST:  # learned from: 20 of 100, 30 each within the horizon
            rows: list[Row] = [(FRESH, "once", 2, 5, 20, 1000, 600.0)]
            return frame((FRESH, "once", None, 0, 80, 0, 0.0), *rows)
        if day == AS_OF:
            return frame((FRESH, "once", None, 0, 70, 0, 0.0))
        # 50 inactive, of whom 8 came back and spent 200 in all, which the estimate must not see.
        return frame((FRESH, "once", None, 0, 42, 0, 0.0), (FRESH, "once", 1, 4, 8, 200, 200.0))

    found = backtest(known(look), first_day=FIRST, as_of=AS_OF)
    assert list(found.columns) == list(BACKTEST)
    assert len(found) == STEPS + 1
    names = ("day", "customers", "returns", "returned", "estimate", "realised", "error")
    assert cells(found, *names)[-2:] == [
        (AS_OF - YEAR, 50, 10.0, 8, 300.0, 200.0, 0.5),
        (AS_OF, 70, 14.0, None, 420.0, None, None),
    ]
    assert set(cells(found, "speaks_of", "inactive_after")) == {(WITHIN_YEAR, 30)}
    assert (found["returns_low"] < found["returns"]).all()
    assert (found["estimate_low"] < found["estimate"]).all()
    assert (found["estimate"] < found["estimate_high"]).all()
    days = [AS_OF - YEAR - timedelta(days=91 * step) for step in range(STEPS)]
    assert [day.date() for day in found["day"]] == [*reversed(days), AS_OF]
    # What an estimate is learned from had come by its day, with the same depth of history.
    for day in (*days, AS_OF):
        assert {(day, FIRST + YEAR), (day - YEAR, FIRST)} <= {*asked}


def test_where_two_years_have_passed_the_whole_estimate_is_tested() -> None:
    since = []

    def look(day: date, since: date) -> pd.DataFrame:  # noqa: ARG001
        return returned((FRESH, "once", 20, 80))

    def came(first: date) -> pd.DataFrame:
        since.append(first)
        return pd.DataFrame({"customers": [100], "returned": [25], "spend": [800.0]})

    def on(day: date) -> Known | None:
        last = AS_OF - 2 * YEAR - timedelta(days=91)
        if day < last:
            return None  # no threshold could be derived
        return Known(
            inactive_after=40 if day == AS_OF else 35,
            look=look,
            growth=lambda: ON_THE_DAY,
            realised=came,
        )

    found = backtest(on, first_day=FIRST, as_of=AS_OF)
    # 100 inactive, of whom 20 will return and spend 50 each; 25 did, and spent 800.
    names = ("day", "inactive_after", "returns", "returned", "estimate", "realised", "error")
    told = (20.0, 25, 1000.0, 800.0, 0.25)
    assert cells(found, *names) == [
        (AS_OF - 2 * YEAR - timedelta(days=91), 35, *told),
        (AS_OF - 2 * YEAR, 35, *told),
        (AS_OF, 40, 20.0, None, 1000.0, None, None),
    ]
    assert set(found["speaks_of"]) == {YEAR_FROM_RETURN}
    assert set(since) == {FIRST + YEAR}


def test_days_without_enough_history_have_no_row() -> None:
    def look(day: date, since: date) -> pd.DataFrame:
        assert day > since
        back = FEWEST if day >= FIRST + timedelta(days=300) else FEWEST - 1
        return returned((FRESH, "once", back, 50))

    as_of = FIRST + timedelta(days=2 * HORIZON_DAYS + 290)
    found = backtest(known(look), first_day=FIRST, as_of=as_of)
    assert [day.date() for day in found["day"]] == [as_of]
    as_of = FIRST + timedelta(days=2 * HORIZON_DAYS + 300)
    found = backtest(known(look), first_day=FIRST, as_of=as_of)
    assert [day.date() for day in found["day"]] == [as_of - YEAR, as_of]
    assert backtest(known(look), first_day=FIRST, as_of=FIRST + YEAR).empty


def test_no_error_where_nothing_came() -> None:
    def look(day: date, since: date) -> pd.DataFrame:  # noqa: ARG001
        return returned((FRESH, "once", FEWEST if since == FIRST else 0, 50))

    found = backtest(known(look), first_day=FIRST, as_of=AS_OF)
    assert cells(found, "realised", "error")[-2:] == [(0.0, None), (None, None)]
