"""The opportunity value of the inactive, from small tables of outcomes that a hand can work out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import glossary
import numpy as np
import pandas as pd
import pytest
from histories import cells
from small_outcomes import (
    AS_OF,
    FIRST,
    FRESH,
    OLD,
    OLDER,
    ON_THE_DAY,
    YEAR,
    Row,
    frame,
    growth,
    returned,
)

from retention.opportunity_value import (
    ALL,
    FEWEST,
    OPPORTUNITY,
    opportunity,
    rule_of_thumb,
)


def estimate(
    now: pd.DataFrame, then: pd.DataFrame, grown: pd.DataFrame, *earlier: pd.DataFrame
) -> pd.DataFrame:
    """earlier: what the estimate of a year before was learned from, and what came of it."""

    def look(day: date, since: date) -> pd.DataFrame:
        # All with the same depth of history, to the day.
        seen = {(AS_OF - YEAR, FIRST): then, (AS_OF, FIRST + YEAR): now}
        days = [(AS_OF - 2 * YEAR, FIRST), (AS_OF - YEAR, FIRST + YEAR)]
        return (seen | dict(zip(days, earlier or [frame()] * 2, strict=True)))[(day, since)]

    return opportunity(look, grown, first_day=FIRST, as_of=AS_OF)


def test_customers_times_share_times_spend() -> None:
    then = frame(
        (FRESH, "once", None, 0, 60, 0, 0.0),
        (FRESH, "once", 0, 7, 30, 30 * 10, 30 * 120.0),  # watched for 10 days
        (FRESH, "once", 12, 8, 10, 10 * 365, 10 * 400.0),
    )
    now = frame((FRESH, "once", None, 0, 50, 0, 0.0))
    # By day 10 a returner has done 0.3 of the year, by day 365 all of it.
    found = estimate(now, then, growth({0: 0.3, 100: 0.7}))
    names = ("customers", "former_value", "stood_before", "returned", "return_share", "returns")
    assert cells(found, *names) == [(50, 5000.0, 100, 40, 0.4, 20.0)] * 2
    # (30 x 120 / 0.3 + 10 x 400) / 40 = 400.
    assert cells(found, "spend_a_year", "worth") == [pytest.approx((400.0, 8000.0))] * 2
    assert cells(found, "since_lapse", "former_activity") == [(FRESH, "once"), (ALL, ALL)]
    # Wilson, 40 of 100.
    assert cells(found, "low", "high") == [pytest.approx((0.309401, 0.498), abs=1e-4), (None, None)]
    assert list(found.columns) == list(OPPORTUNITY)


def test_interval_holds_what_was_learned_from_and_what_will_come() -> None:
    then = frame(
        (FRESH, "once", None, 0, 300, 0, 0.0), (FRESH, "once", 12, 6, 100, 36500, 100 * 50.0)
    )
    now = frame((FRESH, "once", None, 0, 200, 0, 0.0))
    found = estimate(now, then, ON_THE_DAY).iloc[-1]
    # 200 x 1/4: a share learned from 400, and 200 who follow it, at 50 each.
    spread = 200 * np.sqrt(0.25 * 0.75 * (1 / 400 + 1 / 200))
    bounds = np.array([50 - 1.645 * spread, 50 + 1.645 * spread])
    assert (found["returns_low"], found["returns_high"]) == pytest.approx(bounds, abs=1.6)
    assert (found["worth_low"], found["worth_high"]) == pytest.approx(50 * bounds, abs=80)


def test_interval_knows_that_spend_differs() -> None:
    alike = frame((FRESH, "once", None, 0, 50, 0, 0.0), (FRESH, "once", 12, 6, 50, 18250, 2500.0))
    apart = frame(
        (FRESH, "once", None, 0, 50, 0, 0.0),
        (FRESH, "once", 12, 1, 45, 16425, 45 * 1.0),
        (FRESH, "once", 12, 8, 5, 1825, 2455.0),
    )
    now = frame((FRESH, "once", None, 0, 100, 0, 0.0))
    totals = [estimate(now, then, ON_THE_DAY).iloc[-1] for then in (alike, apart)]
    assert [total["worth"] for total in totals] == pytest.approx([2500.0, 2500.0])
    narrow, wide = (total["worth_high"] - total["worth_low"] for total in totals)
    assert wide > 3 * narrow


def test_interval_knows_that_the_curve_of_returners_is_uncertain() -> None:
    # All were watched for one day, and each spent 10: half of the year's spending, says G.
    rows: list[Row] = [(FRESH, "once", 0, 4, 2000, 2000, 20000.0)]
    then, now = frame(*rows), frame((FRESH, "once", None, 0, 1000, 0, 0.0))
    alike = growth(*({0: 5.0, 9: 5.0} for _ in range(4)))
    apart = growth(*({0: first, 9: 10 - first} for first in (2.0, 4.0, 6.0, 8.0)))
    totals = [estimate(now, then, grown).iloc[-1] for grown in (alike, apart)]
    assert [total["worth"] for total in totals] == pytest.approx([20000.0, 20000.0])
    certain, uncertain = (total["worth_high"] / total["worth_low"] for total in totals)
    assert certain == pytest.approx(1)
    # Four folds drawn of 0.2, 0.4, 0.6 and 0.8: in 5 of 100 draws, below 0.3 or above 0.7 or so.
    assert uncertain == pytest.approx(0.7 / 0.3, rel=0.25)
    again = estimate(now, then, apart[::-1]).iloc[-1]
    assert again["worth_high"] == pytest.approx(totals[1]["worth_high"], rel=1e-12)


def test_interval_knows_by_how_much_the_year_before_was_missed() -> None:
    then, now = returned((FRESH, "once", 4000, 4000)), frame((FRESH, "once", None, 0, 8000, 0, 0.0))
    earlier = then, returned((FRESH, "once", 6000, 2000))
    alone, after = (estimate(now, then, ON_THE_DAY, *known).iloc[-1] for known in ((), earlier))
    amounts = ["returns", "worth", "spend_a_year"]
    assert after[amounts].tolist() == alone[amounts].tolist() == [4000.0, 200000.0, 50.0]
    # 1.5 times as many came as were expected, where chance makes 2 % at most.
    spread = 1.645 * np.log(1.5)
    for name in ("returns", "worth"):
        low, high = (after[f"{name}_{bound}"] / after[name] for bound in ("low", "high"))
        assert (np.log(low), np.log(high)) == pytest.approx((-spread, spread), rel=0.1)
        assert alone[f"{name}_high"] / alone[name] < 1.03
    # Nobody spent more or less than expected.
    assert after["spend_a_year_high"] == pytest.approx(50)


def test_no_more_return_than_there_are_and_nothing_is_missed_by_more_than_ten_times() -> None:
    then, now = returned((FRESH, "once", 4000, 4000)), frame((FRESH, "once", None, 0, 8000, 0, 0.0))
    gone = estimate(now, then, ON_THE_DAY, then, returned((FRESH, "once", 0, 8000))).iloc[-1]
    assert gone["returns_high"] == 8000
    # All that there are, at what each of them spends.
    assert (gone["worth_high"], gone["spend_a_year_high"]) == pytest.approx((8000 * 50, 50))
    assert np.log(gone["worth"] / gone["worth_low"]) == pytest.approx(1.645 * np.log(10), rel=0.1)


def test_fewer_who_each_spend_more_widen_the_spend() -> None:
    then, now = returned((FRESH, "once", 4000, 4000)), frame((FRESH, "once", None, 0, 8000, 0, 0.0))
    rows: list[Row] = [(FRESH, "once", 12, 7, 2000, 365 * 2000, 200.0 * 2000)]
    came = frame((FRESH, "once", None, 0, 6000, 0, 0.0), *rows)
    found = estimate(now, then, ON_THE_DAY, then, came).iloc[-1]
    # Half as many came, and brought twice as much: a head four times as much.
    low, high = (np.log(found[f"spend_a_year_{bound}"] / 50) for bound in ("low", "high"))
    spread = 1.645 * np.log(4)
    assert (low, high) == pytest.approx((-spread, spread), rel=0.1)


def test_a_miss_that_chance_explains_changes_nothing() -> None:
    then, now = returned((FRESH, "once", 20, 20)), frame((FRESH, "once", None, 0, 50, 0, 0.0))
    alone = estimate(now, then, ON_THE_DAY)
    earlier = then, returned((FRESH, "once", 22, 18))
    pd.testing.assert_frame_equal(alone, estimate(now, then, ON_THE_DAY, *earlier))
    # Of refunds alone nothing can be said.
    refunded = then.assign(spend=-then["spend"])
    assert estimate(now, refunded, ON_THE_DAY, refunded, then)["worth_high"].max() < 0


def test_order_of_rows_does_not_matter_and_doubled_money_doubles() -> None:
    then = frame(
        (FRESH, "once", None, 0, 60, 0, 0.0),
        (FRESH, "once", 3, 7, 30, 3000, 3600.0),
        (OLDER, "regular", None, 0, 60, 0, 0.0),
        (OLDER, "regular", 9, 7, 25, 7000, 2000.0),
    )
    now = frame((FRESH, "once", None, 0, 50, 0, 0.0), (OLDER, "regular", None, 0, 5, 0, 0.0))
    first = estimate(now, then, ON_THE_DAY)
    again = estimate(now[::-1], then[::-1], ON_THE_DAY)
    pd.testing.assert_frame_equal(first, again)
    doubled = estimate(now, then.assign(spend=then["spend"] * 2), ON_THE_DAY)
    money = ["worth", "worth_low", "worth_high", "spend_a_year"]
    pd.testing.assert_frame_equal(doubled[money], 2 * first[money])
    of_all = first.iloc[-1]
    assert of_all["worth"] == pytest.approx(first["worth"].iloc[:-1].sum())
    assert of_all["return_share"] == pytest.approx(of_all["returns"] / 55)
    # What one cell is wrong about, another need not be.
    widths = first["worth_high"] - first["worth_low"]
    assert widths.iloc[-1] < widths.iloc[:-1].sum()


def learned_from(then: pd.DataFrame, *now: tuple[str, str]) -> list[tuple[int, int]]:
    """Of each cell of `now`, from how many it was learned, and how many of them had returned."""
    customers = frame(*((*cell, None, 0, 10, 0, 0.0) for cell in now))
    found = estimate(customers, then, ON_THE_DAY)
    order: Sequence[tuple[str, str]] = cells(found, "since_lapse", "former_activity")[:-1]
    seen = dict(zip(order, cells(found, "stood_before", "returned"), strict=False))
    return [seen[cell] for cell in now]


def test_thin_cells_are_learned_from_with_their_neighbours() -> None:
    then = returned(
        (FRESH, "once", 10, 90),
        (FRESH, "occasional", 4, 40),
        (FRESH, "regular", 7, 20),
        (FRESH, "very_active", 2, 3),
        (OLDER, "once", 50, 50),
    )
    fresh = [(FRESH, name) for name in ("once", "occasional", "regular", "very_active")]
    # Of occasional and regular 11 returned; the very active, who are left, join them.
    assert learned_from(then, *fresh) == [(100, 10), (76, 13), (76, 13), (76, 13)]


def test_a_thin_bracket_is_learned_from_with_the_next_shorter_silence() -> None:
    then = returned(
        (FRESH, "regular", 30, 30),
        (OLDER, "once", 6, 60),
        (OLDER, "occasional", 5, 40),
        (OLDER, "regular", 30, 40),
        (OLD, "once", 3, 200),
    )
    found = learned_from(
        then,
        *((OLD, "once"), (OLD, "regular"), (OLDER, "once"), (OLDER, "regular")),
        *((FRESH, "regular"), ("lapsed_earlier", "once")),
    )
    joined = (203 + 66 + 45, 14)
    assert found == [joined, joined, joined, (70, 30), (60, 30), joined]


def test_the_shortest_silence_joins_longer_ones_where_it_is_thin() -> None:
    then = returned((FRESH, "regular", 3, 30), (OLD, "once", 12, 90))
    assert learned_from(then, (FRESH, "regular"), (OLD, "once")) == [(135, 15), (135, 15)]


@pytest.mark.parametrize(
    ("then", "grown"),
    [
        (returned((FRESH, "once", FEWEST - 1, 900)), ON_THE_DAY),
        (returned((FRESH, "once", FEWEST, 0)), growth({0: 1.0}, returns=FEWEST - 1)),
        (returned((FRESH, "once", FEWEST, 0)), growth({0: 1.0, 9: -1.0})),
        (returned((FRESH, "once", FEWEST, 0)), growth({1: 1.0})),
        (frame(), growth()),
    ],
    ids=["few returned", "few watched for a year", "all refunded", "nothing at first", "nobody"],
)
def test_too_little_to_learn_from_is_no_estimate(then: pd.DataFrame, grown: pd.DataFrame) -> None:
    found = estimate(frame((FRESH, "once", None, 0, 50, 0, 0.0)), then, grown)
    assert (list(found.columns), len(found)) == (list(OPPORTUNITY), 0)


def test_enough_to_learn_from_and_nobody_inactive() -> None:
    assert estimate(frame(), returned((FRESH, "once", FEWEST, 9)), ON_THE_DAY).empty


def test_the_cell_of_the_glossary() -> None:
    _, *rows = glossary.table("opportunity")
    found = []
    for row in rows:
        customers, stood, back, days, spent, done, *_ = (float(cell) for cell in row)
        then = frame(
            (FRESH, "once", None, 0, int(stood - back), 0, 0.0),
            (FRESH, "once", int(days // 30), 6, int(back), int(back * days), back * spent),
        )
        now = frame((FRESH, "once", None, 0, int(customers), 0, 0.0))
        grown = growth({0: done, int(days): 1 - done})
        total = estimate(now, then, grown).iloc[0]
        told = f"{total['return_share']:g}", f"{total['spend_a_year']:g}", f"{total['worth']:g}"
        found.append([*row[:6], *told])
    assert rows == found


# Rule of thumb ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customers", "millions"),
    # Published: USD 245 for each of 10 % of the lost customers; rounded to whole millions.
    [(200e6, 4_900), (285e6, 6_983)],
)
def test_the_rule_of_thumb_gives_what_was_published(customers: float, millions: int) -> None:
    assert rule_of_thumb(customers, 0.10, 245) / 1e6 == pytest.approx(millions, abs=0.501)


def test_the_rule_of_thumb_to_the_digit() -> None:
    assert rule_of_thumb(285e6, 0.10, 245) == pytest.approx(6_982.5e6)
