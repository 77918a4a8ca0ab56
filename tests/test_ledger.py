"""The ledger of a period and its money, against figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pytest
from histories import History, Kit, cells, records
from weeks import WEEK_1, WEEK_2, WEEK_3, WEEKS

from retention.ledger import LEDGER, REVENUE, STOCKS, ledger, revenue, stocks
from retention.lifecycle import SPELLS, STAYS
from retention.periods import Calendar
from retention.transactions import CUSTOMER_DAYS


def named(history: History, *names: str) -> list[Any]:
    return cells(history.ledger(), *names)


# Stocks and events ------------------------------------------------------------------------------


def test_two_weeks(kit: Kit) -> None:
    week_1, week_2 = records(kit.drawn(WEEKS).ledger())
    # Week 1: ann, bob, cat and dan are new; ann lapses on the 3rd and dan on the 7th; ann is lost
    # on the 5th. Bob and cat close active, dan dormant, ann lost. Four purchases of 10, less
    # eve's refund of 10.
    assert week_1 == {
        "period": WEEK_1,
        "period_end": WEEK_2,
        "opening_active": 0,
        "new": 4,
        "reactivated": 0,
        "won_back": 0,
        "lapsed": 2,
        "closing_active": 2,
        "opening_dormant": 0,
        "closing_dormant": 1,
        "opening_lost": 0,
        "became_lost": 1,
        "closing_lost": 1,
        "intra_period_returns": 0,
        "revenue": 30.0,
    }
    # Week 2: bob lapses, is reactivated, lapses again; cat lapses, is reactivated and closes
    # active; ann is won back, lapses and is lost again; dan is lost, and refunded 10.
    assert week_2 == {
        "period": WEEK_2,
        "period_end": WEEK_3,
        "opening_active": 2,
        "new": 0,
        "reactivated": 2,
        "won_back": 1,
        "lapsed": 4,
        "closing_active": 1,
        "opening_dormant": 1,
        "closing_dormant": 1,
        "opening_lost": 1,
        "became_lost": 2,
        "closing_lost": 2,
        "intra_period_returns": 1,
        "revenue": 40.0,
    }


def test_columns_are_those_of_the_published_file(kit: Kit) -> None:
    published = (
        "period,period_end,opening_active,new,reactivated,won_back,lapsed,closing_active,"
        "opening_dormant,closing_dormant,opening_lost,became_lost,closing_lost,"
        "intra_period_returns,revenue"
    )
    assert ",".join(kit.drawn(WEEKS).ledger().columns) == published


def test_the_running_period_has_no_row_until_its_last_day_is_covered(kit: Kit) -> None:
    running = kit.drawn({"ann": "$...... $....."})
    assert named(running, "period") == [WEEK_1]
    covered = kit.drawn({"ann": "$...... $......"})
    assert named(covered, "period") == [WEEK_1, WEEK_2]


def test_a_silent_period_has_a_row_of_its_own(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...... ....... ......$"}, inactive_after=30, lost_after=60)
    names = ("period", "opening_active", "new", "closing_active", "revenue")
    assert named(history, *names) == [
        (WEEK_1, 0, 1, 1, 10.0),
        (WEEK_2, 1, 0, 1, 0.0),
        (WEEK_3, 1, 0, 1, 10.0),
    ]


def test_a_lapse_belongs_to_the_period_of_its_day(kit: Kit) -> None:
    # The last purchase on Friday lapses on Sunday of week 1, that on Saturday on Monday of week 2.
    history = kit.drawn({"fri": "....$.. .......", "sat": ".....$. ......."}, lost_after=20)
    assert named(history, "lapsed", "closing_active", "closing_dormant") == [(1, 1, 1), (1, 0, 2)]


def test_a_loss_belongs_to_the_period_of_its_day(kit: Kit) -> None:
    # The last purchase on Wednesday is lost on Sunday, that on Thursday on Monday.
    history = kit.drawn({"wed": "..$.... .......", "thu": "...$... ......."})
    assert named(history, "became_lost", "closing_dormant", "closing_lost") == [
        (1, 1, 1),
        (1, 0, 2),
    ]


def test_a_return_belongs_to_the_period_of_its_day(kit: Kit) -> None:
    history = kit.drawn({"sun": "...$..$ .......", "mon": "....$.. $......"}, lost_after=9)
    assert named(history, "new", "reactivated", "lapsed") == [(2, 1, 2), (0, 1, 2)]


def test_a_returner_is_never_called_new(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...... ....... $......", "bob": "$...... $...... ......."})
    assert named(history, "new", "won_back") == [(2, 0), (0, 1), (0, 1)]
    assert cells(history.revenue(), "bought_as", "customers") == [
        ("new", 2),
        ("won_back", 1),
        ("won_back", 1),
    ]


def test_equal_thresholds_have_no_dormant(kit: Kit) -> None:
    # AALLAAL: lapsed and lost on Wednesday and Sunday, won back on Friday.
    history = kit.drawn({"ann": "$...$.."}, inactive_after=2, lost_after=2)
    (week,) = records(history.ledger())
    assert (week["new"], week["won_back"], week["reactivated"]) == (1, 1, 0)
    assert (week["lapsed"], week["became_lost"]) == (2, 2)
    assert (week["closing_active"], week["closing_dormant"], week["closing_lost"]) == (0, 0, 1)
    history.check()


def test_december_to_january(kit: Kit) -> None:
    #   bought on 30 November 2023, silent for the 31 days of December, back on New Year's Day
    history = kit.drawn(
        {"ann": "$" + "." * 31 + "$" + "." * 30},
        start=date(2023, 11, 30),
        inactive_after=30,
        lost_after=60,
        frequency="month",
    )
    assert named(history, "period", "period_end", "lapsed", "reactivated", "closing_active") == [
        (date(2023, 11, 1), date(2023, 12, 1), 0, 0, 1),
        (date(2023, 12, 1), date(2024, 1, 1), 1, 0, 0),  # 30 December is 30 days later
        (date(2024, 1, 1), date(2024, 2, 1), 1, 1, 0),  # 31 January is 30 days after 1 January
    ]


def test_a_leap_day_counts_as_a_day(kit: Kit) -> None:
    # 30 January and 30 days is 29 February in 2024, and 1 March in 2023.
    for year, lapsed in ((2023, [0, 0, 1]), (2024, [0, 1, 0])):
        history = kit.drawn(
            {"ann": "$" + "." * (60 if year == 2023 else 61)},
            start=date(year, 1, 30),
            inactive_after=30,
            lost_after=90,
            frequency="month",
        )
        assert named(history, "lapsed") == lapsed


# Leaving and returning inside one period --------------------------------------------------------


@pytest.mark.parametrize(
    ("weeks", "returns"),
    [
        ("......$ ...$.$.", 1),  # active at the opening and at the close, lapsed in between
        ("......$ ..$..$.", 1),  # twice in between: one customer
        ("......$ $.$.$.$", 0),  # never lapsed
        ("......$ ...$...", 0),  # gone again at the close
        ("......$ .......", 0),  # not back
        ("....... $..$..$", 0),  # not there at the opening
        ("$...... $..$..$", 0),  # not active at the opening
    ],
)
def test_intra_period_returns(kit: Kit, weeks: str, returns: int) -> None:
    history = kit.drawn({"ann": weeks, "other": "$...... ......."})
    assert named(history, "intra_period_returns") == [0, returns]


def test_intra_period_returns_of_two_customers_are_not_mixed_up(kit: Kit) -> None:
    # Ann leaves in the week in which bob returns: neither did both.
    history = kit.drawn({"ann": "......$ .......", "bob": "$...... ......$"})
    assert named(history, "intra_period_returns") == [0, 0]


# Money ------------------------------------------------------------------------------------------


def test_revenue_by_way_of_buying(kit: Kit) -> None:
    assert cells(kit.drawn(WEEKS).revenue(), "period", "bought_as", "customers", "revenue") == [
        (WEEK_1, "new", 4, 40.0),
        (WEEK_1, "no_purchase", 1, -10.0),  # eve
        (WEEK_2, "no_purchase", 1, -10.0),  # dan
        (WEEK_2, "reactivated", 2, 40.0),  # bob and cat, whose first purchases meet dormant
        (WEEK_2, "won_back", 1, 10.0),  # ann
    ]


def test_the_first_purchase_of_the_period_decides(kit: Kit) -> None:
    history = kit.drawn(
        {
            "ann": "......$ $..$...",  # retained on Monday, reactivated on Thursday
            "bob": ".....$. $......",  # exactly two days later: retained
            "cat": "....... $..$..$",  # new, then reactivated twice
            "dan": "$...... $..$...",  # won back, then reactivated
            "eve": "......$ r......",  # active, but no purchase in the week
        }
    )
    assert cells(history.revenue(), "bought_as", "customers", "revenue", period=WEEK_2) == [
        ("new", 1, 30.0),
        ("no_purchase", 1, -10.0),
        ("retained", 2, 30.0),
        ("won_back", 1, 20.0),
    ]


def test_refunds_before_the_first_purchase_of_a_period_are_of_its_customer(kit: Kit) -> None:
    # The refund on Tuesday comes before the purchase on Thursday, in the same week.
    history = kit.drawn({"ann": "$...... .r.$..."})
    assert cells(history.revenue(), "bought_as", "customers", "revenue", period=WEEK_2) == [
        ("won_back", 1, 0.0)
    ]


def test_a_day_that_nets_to_nothing_is_not_the_first_purchase(kit: Kit) -> None:
    # Nothing on Monday, and a purchase on Thursday.
    history = kit.drawn({"ann": "$...... 0..$..."})
    assert cells(history.revenue(), "bought_as", "revenue") == [("new", 10.0), ("won_back", 10.0)]


def test_the_smallest_purchase_is_one(kit: Kit) -> None:
    days = {"ann": [(date(2024, 1, 3), Decimal("0.0001")), (date(2024, 1, 7), Decimal(9))]}
    history = kit(days, as_of=date(2024, 1, 7))
    assert cells(history.revenue(), "bought_as", "customers", "revenue") == [("new", 1, 9.0001)]
    assert named(history, "new", "reactivated", "won_back") == [(1, 1, 0)]


def test_what_rates_are_of_is_what_the_ledger_opens_with(kit: Kit) -> None:
    history = kit.drawn({"ann": "$...... ..$....", "bob": "$...... ......."})
    opened = stocks(history.spells_table, calendar=history.calendar).to_pandas()
    assert opened.equals(history.ledger()[list(STOCKS)])


def test_revenue_sums_decimals(kit: Kit) -> None:
    cents = [(date(2024, 1, 1 + i), Decimal("0.1")) for i in range(7)]
    history = kit({"ann": cents}, as_of=date(2024, 1, 7))
    assert named(history, "revenue") == [0.7]
    assert cells(history.revenue(), "revenue") == [0.7]


def test_amounts_before_the_first_period_are_in_no_period(kit: Kit) -> None:
    history = kit.drawn({"ann": "r...... $......"})
    assert named(history, "period", "revenue") == [(WEEK_2, 10.0)]
    history.check()


def test_schemas_hold_on_no_engine_at_all() -> None:
    calendar = Calendar("month", date(2024, 1, 1), date(2024, 3, 31))
    spells, days = ibis.table(SPELLS, name="spells"), ibis.table(CUSTOMER_DAYS, name="days")
    stays = ibis.table(STAYS, name="stays")
    assert ledger(spells, stays, days, calendar=calendar).schema() == LEDGER
    assert stocks(spells, calendar=calendar).schema().items() <= LEDGER.items()
    assert revenue(spells, days, calendar=calendar).schema() == REVENUE
