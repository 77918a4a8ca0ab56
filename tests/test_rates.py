"""Rates of a period: who is in the denominator, who in the numerator, and when there is no rate."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import ibis
import pytest
from histories import History, Kit, cells, records

from retention import rates
from retention.ledger import LEDGER
from retention.lifecycle import SPELLS, STAYS
from retention.periods import Calendar
from retention.rates import (
    CHURN,
    MEASURES,
    QUICK_RATIO,
    RATES,
    REACTIVATION,
    RETENTION,
    REVENUE_CHURN,
    WIN_BACK,
)
from retention.transactions import CUSTOMER_DAYS

WEEK_1, WEEK_2, WEEK_3 = date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)


def counted(history: History, measure: str) -> list[tuple[int, int]]:
    """(numerator, denominator) of a measure, period by period."""
    return cells(history.rates(), "numerator", "denominator", measure=measure)


def test_two_weeks(kit: Kit) -> None:
    # inactive_after 2, lost_after 4, so by hand:
    #        week 1   week 2   running    states at the close
    history = kit.drawn(
        {
            "ann": "$...... ..$.... ...",  #  AADDLLL LLAADDL LLL
            "bob": ".....$. ..$.$.. ...",  #  -----AA DDAAAAD DLL
            "cat": "......$ ...$.$. ...",  #  ------A ADDAAAA DDL
            "dan": "....$.. .r..... ...",  #  ----AAD DLLLLLL LLL
            "eve": "...r... ....... ...",  #  never a customer
        }
    )
    names = ("period", "period_end", "measure", "numerator", "denominator", "rate")
    assert cells(history.rates(), *names) == [
        # nobody is there at the opening of week 1
        (WEEK_1, WEEK_2, "churn", 0, 0, None),
        # four are new; ann and dan lapse
        (WEEK_1, WEEK_2, "quick_ratio", 4, 2, 2.0),
        (WEEK_1, WEEK_2, "reactivation", 0, 0, None),
        (WEEK_1, WEEK_2, "retention", 0, 0, None),
        (WEEK_1, WEEK_2, "revenue_churn", 0, 0, None),
        (WEEK_1, WEEK_2, "win_back", 0, 0, None),
        # bob and cat open active; cat alone closes so, whose absence in between is no matter
        (WEEK_2, WEEK_3, "churn", 1, 2, 0.5),
        # ann is won back, bob and cat are reactivated; bob lapses twice, ann and cat once
        (WEEK_2, WEEK_3, "quick_ratio", 3, 4, 0.75),
        # dan opens dormant and ann lost; ann buys, and counts though she does not close active
        (WEEK_2, WEEK_3, "reactivation", 1, 2, 0.5),
        (WEEK_2, WEEK_3, "retention", 1, 2, 0.5),
        # bob and cat have bought for 10 each
        (WEEK_2, WEEK_3, "revenue_churn", 10, 20, 0.5),
        (WEEK_2, WEEK_3, "win_back", 1, 1, 1.0),
    ]
    churn, quick, *_, money, win_back = cells(history.rates(), "low", "high", period=WEEK_2)
    # 1 of 2: z^2 = 3.841459; 0.5 -+ z sqrt(0.125 + z^2/16) / (1 + z^2/2)
    #       = 0.5 -+ 1.959964 x 0.604227 / 2.920729 = 0.5 -+ 0.405469
    assert churn == pytest.approx((0.094531, 0.905469), abs=1e-6)
    # 1 of 1: low = 1 / (1 + z^2) = 1 / 4.841459
    assert win_back == pytest.approx((0.206549, 1.0), abs=1e-6)
    assert quick == money == (None, None)


def test_an_empty_at_risk_set_has_no_rate_and_not_zero_percent(kit: Kit) -> None:
    # Nobody is lost at any opening, and nobody at all is there at the first.
    found = kit.drawn({"ann": "$..$..$ $..$.."}, lost_after=9).rates()
    empty = [row for row in records(found) if row["denominator"] == 0]
    assert {row["measure"] for row in empty} == set(MEASURES) - {QUICK_RATIO}
    for row in empty:
        assert (row["numerator"], row["rate"], row["low"], row["high"]) == (0, None, None, None)


def test_an_observed_zero_is_zero(kit: Kit) -> None:
    # Ann is active at the opening of week 2 and stays so; bob is lost and does not come back.
    found = kit.drawn({"ann": "......$ $.$.$.$", "bob": "$...... ......."}).rates()
    shares = {row["measure"]: row["rate"] for row in records(found) if row["period"] == WEEK_2}
    assert shares == {
        **{CHURN: 0.0, RETENTION: 1.0, REACTIVATION: 0.0, WIN_BACK: 0.0},
        **{REVENUE_CHURN: 0.0, QUICK_RATIO: None},  # nobody lapsed
    }
    # 0 of 1: high = z^2 / (1 + z^2) = 3.841459 / 4.841459
    assert cells(found, "low", "high", period=WEEK_2, measure=CHURN) == [
        (0.0, pytest.approx(0.793451, abs=1e-6))
    ]


def test_a_standard_example_of_subscription_churn(kit: Kit) -> None:
    # 100 at the start of the period and 12 lapses in it, of which one customer came back and one
    # had joined in the period: 10 of 100 = 10 %, not 12 % and not 12/101.
    leavers = {f"left {i}": "......$ ......." for i in range(10)}
    stayers = {f"stayed {i}": "......$ $.$.$.$" for i in range(89)}
    history = kit.drawn(
        {
            **leavers,
            **stayers,
            "came back": "......$ ....$.$",
            "joined and left": "....... $......",
        },
        lost_after=30,
    )
    assert counted(history, CHURN)[1] == (10, 100)
    assert counted(history, RETENTION)[1] == (90, 100)
    assert cells(history.rates(), "rate", measure=CHURN) == [None, 0.1]
    (week,) = records(history.ledger())[1:]
    assert (week["lapsed"], week["new"], week["reactivated"]) == (12, 1, 1)
    assert week["intra_period_returns"] == 1


@pytest.mark.parametrize(
    ("weeks", "churn"),
    [
        ("......$ .......", (1, 1)),  # gone on Tuesday
        ("......$ $.$.$.$", (0, 1)),  # never gone
        ("......$ ....$.$", (0, 1)),  # gone on Tuesday, back on Friday, active at the close
        ("......$ ...$...", (1, 1)),  # gone, back, gone again: one customer, once
        ("......$ .....$.", (0, 1)),  # bought on the last day that keeps the close active
        ("......$ ....$..", (1, 1)),  # lapsed on the last day of the week
        ("....... $......", (0, 0)),  # not there at the opening
        ("$...... $......", (0, 0)),  # lost at the opening
    ],
)
def test_churn_counts_a_customer_of_the_opening_once(
    kit: Kit, weeks: str, churn: tuple[int, int]
) -> None:
    history = kit.drawn({"ann": weeks})
    assert counted(history, CHURN)[-1] == churn
    assert counted(history, RETENTION)[-1] == (churn[1] - churn[0], churn[1])


@pytest.mark.parametrize(
    ("weeks", "reactivation", "win_back"),
    [
        # inactive_after 3, lost_after 7
        ("....$.. .......", (0, 0), (0, 0)),  # lapses on Monday: active at the opening
        ("...$... .......", (0, 1), (0, 0)),  # dormant at the opening, gone for good
        ("...$... $......", (1, 1), (0, 0)),
        ("...$... ......$", (1, 1), (0, 0)),  # lost on Thursday in between: was not at the opening
        ("...$... $...$..", (1, 1), (0, 0)),  # back, gone and back again: once
        ("...$... ...$...", (1, 1), (0, 0)),  # a purchase on the day of becoming lost
        ("$...... .......", (0, 1), (0, 0)),  # lost on Monday: dormant at the opening
        ("$...... ....... .......", (0, 1), (0, 1)),  # lost at the opening of week 3
        ("$...... ....... ......$", (1, 1), (1, 1)),
        ("$...... ....... $...$..", (1, 1), (1, 1)),  # back twice: once
        ("$...... .$..... ....$..", (1, 1), (0, 0)),  # lost before, dormant at the opening
        ("....... $...$..", (0, 0), (0, 0)),  # new, gone and back within the week
    ],
)
def test_reactivation_and_win_back_count_who_was_inactive_at_the_opening(
    kit: Kit, weeks: str, reactivation: tuple[int, int], win_back: tuple[int, int]
) -> None:
    history = kit.drawn({"ann": weeks}, inactive_after=3, lost_after=7)
    assert (counted(history, REACTIVATION)[-1], counted(history, WIN_BACK)[-1]) == (
        reactivation,
        win_back,
    )


def test_a_return_counts_in_its_own_period_only(kit: Kit) -> None:
    # Lost in week 1, back in week 3, and away again from week 3 on.
    history = kit.drawn({"ann": "$...... ....... ...$... ......."})
    assert counted(history, WIN_BACK) == [(0, 0), (0, 1), (1, 1), (0, 0)]
    assert counted(history, REACTIVATION) == [(0, 0), (0, 1), (1, 1), (0, 1)]


def test_with_equal_thresholds_both_measures_are_of_the_lost(kit: Kit) -> None:
    history = kit.drawn(
        {"ann": "$...... ...$...", "bob": "$...... ......."}, inactive_after=2, lost_after=2
    )
    assert counted(history, REACTIVATION) == counted(history, WIN_BACK) == [(0, 0), (1, 2)]


def test_the_running_period_has_no_rate(kit: Kit) -> None:
    found = kit.drawn({"ann": "$...... $....."}).rates()
    assert cells(found, "period") == [WEEK_1] * len(MEASURES)


def test_a_silent_period_has_its_rates(kit: Kit) -> None:
    history = kit.drawn({"ann": "......$ ....... ......$"}, inactive_after=10, lost_after=30)
    assert counted(history, CHURN) == [(0, 0), (0, 1), (0, 1)]


def test_a_new_year_changes_nothing(kit: Kit) -> None:
    # Active at the opening of December, gone on 4 December, back on 2 January.
    history = kit.drawn(
        {"ann": "$" + "." * 58 + "$" + "." * 29},
        start=date(2023, 11, 4),
        inactive_after=30,
        lost_after=90,
        frequency="month",
    )
    assert counted(history, CHURN) == [(0, 0), (1, 1), (0, 0)]
    assert counted(history, REACTIVATION) == [(0, 0), (0, 0), (1, 1)]
    assert cells(history.rates(), "period", measure=CHURN)[1:] == [
        date(2023, 12, 1),
        date(2024, 1, 1),
    ]


def revenue_churn(history: History) -> list[tuple[float, float]]:
    return counted(history, REVENUE_CHURN)


def test_revenue_churn_weighs_customers_by_what_they_brought_in(kit: Kit) -> None:
    # Of two active customers one leaves, who brought in 25 of 35; an earlier leaver does not count.
    history = kit.drawn(
        {
            "large": "....s.$ .......",
            "small": "......$ $.$.$.$",
            "gone before": "s...... .......",
        }
    )
    assert revenue_churn(history) == [(0, 0), (25, 35)]
    assert counted(history, CHURN) == [(0, 0), (1, 2)]


def test_a_return_within_the_period_takes_no_revenue_away(kit: Kit) -> None:
    # Away and back on Friday; away, back and away again.
    history = kit.drawn({"back": "......$ ....$.$", "gone": "......s ...$..."})
    assert revenue_churn(history) == [(0, 0), (15, 25)]


def test_the_opening_day_itself_is_not_before_the_opening(kit: Kit) -> None:
    history = kit.drawn({"ann": "......$ $.s.$.. ......."})
    assert revenue_churn(history) == [(0, 0), (10, 10), (0, 0)]


def test_refunds_are_taken_off_and_may_leave_nothing_to_lose(kit: Kit) -> None:
    # 10 - 10 = 0 of ann, 15 - 10 = 5 of bob, who leaves; in the last week ann alone is active.
    history = kit.drawn(
        {"ann": "...r..$ $.$.$.$ $.$.$.$", "bob": "..r...s ....... ......."}, inactive_after=3
    )
    assert revenue_churn(history) == [(0, 0), (5, 5), (0, 40)]
    history = kit.drawn({"ann": ".r.r..$ ......."})
    assert revenue_churn(history)[1] == (-10, -10)
    assert cells(history.rates(), "rate", measure=REVENUE_CHURN) == [None, None]


@pytest.mark.parametrize(("before", "expected"), [(365, 30.0), (366, 10.0)])
def test_revenue_of_365_days_before_the_opening_day(kit: Kit, before: int, expected: float) -> None:
    opening = date(2024, 3, 1)  # a leap day lies between
    days = {
        "ann": [
            (opening - timedelta(days=before), Decimal(20)),
            (date(2024, 2, 20), Decimal(10)),
        ]
    }
    history = kit(days, as_of=date(2024, 3, 31), inactive_after=30, frequency="month")
    assert revenue_churn(history)[-1] == (expected, expected)


def test_what_came_before_a_long_silence_counts_at_no_opening_after_it(kit: Kit) -> None:
    # ann is back after two years; bob brings in 1 on the last day of every month.
    ends = [date(2022 + n // 12, n % 12 + 1, 1) - timedelta(days=1) for n in range(1, 26)]
    days = {
        "ann": [(date(2022, 1, 31), Decimal(20)), (date(2024, 1, 31), Decimal(5))],
        "bob": [(end, Decimal(1)) for end in ends],
    }
    history = kit(
        days, as_of=date(2024, 2, 29), inactive_after=40, lost_after=90, frequency="month"
    )
    at_risk = [denominator for _, denominator in revenue_churn(history)]
    assert at_risk[13:] == [12.0] * 12 + [17.0]


def test_a_refund_long_before_the_first_purchase_is_forgotten_in_time(kit: Kit) -> None:
    # 370 and 360 days before the opening of February, which opens with the first customer active.
    opening = date(2024, 2, 1)
    days = {
        "ann": [
            (opening - timedelta(days=800), Decimal(-4)),  # before any period there is
            (opening - timedelta(days=370), Decimal(-7)),
            (opening - timedelta(days=360), Decimal(-2)),
            (date(2024, 1, 31), Decimal(10)),
        ]
    }
    history = kit(
        days, as_of=date(2024, 3, 31), inactive_after=60, lost_after=90, frequency="month"
    )
    assert revenue_churn(history) == [(0, 0), (0, 8), (10, 10)]


def test_the_quick_ratio_may_exceed_one_and_counts_events(kit: Kit) -> None:
    # Ann lapses on Wednesday and is back on Friday; bob and cat are new.
    history = kit.drawn(
        {"ann": "......$ ...$..$", "bob": "....... .....$.", "cat": "....... ......$"}
    )
    assert counted(history, QUICK_RATIO) == [(1, 0), (4, 2)]
    assert cells(history.rates(), "rate", measure=QUICK_RATIO) == [None, 2.0]


def test_schema_holds_on_no_engine_at_all() -> None:
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    spells, ledger = ibis.table(SPELLS, name="spells"), ibis.table(LEDGER, name="ledger")
    stays, days = ibis.table(STAYS, name="stays"), ibis.table(CUSTOMER_DAYS, name="days")
    parts = (
        rates.shares(spells, stays, ledger, calendar=calendar),
        rates.revenue_churn(stays, days, calendar=calendar),
        rates.quick_ratio(ledger),
    )
    assert [part.schema() for part in (*parts, rates.rates(*parts))] == [RATES] * 4
