"""Why customers left, by the reason they gave, and what became of them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import ibis
import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pytest
from histories import Kit, cells
from history import History
from scipy import stats
from test_agreement import drawn as random_histories

from retention import campaign_narrative
from retention import reasons as module
from retention.feedback import ANSWERS
from retention.language import Language
from retention.lifecycle import SPELLS
from retention.reasons import (
    BY_REASON,
    GIVEN,
    MOST_REASONS,
    NONE,
    OTHERS,
    REASONS,
    YEAR,
    by_reason,
)
from retention.transactions import CUSTOMER_DAYS

START = date(2022, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def reasons(
    history: History, answers: Sequence[tuple[str, date, str]], notice_days: int = 30
) -> pd.DataFrame:
    columns = [list(column) for column in zip(*answers, strict=True)]
    said = history.kit.stored(pa.table(columns, schema=ANSWERS.to_pyarrow()))
    return module.reasons(
        said,
        history.spells_table,
        history.customer_days,
        notice_days=notice_days,
        as_of=history.calendar.as_of,
    ).to_pandas()


def bought(kit: Kit, days: dict[str, list[int]], as_of: int = 1000) -> History:
    amounts = {who: [(day(number), Decimal(10)) for number in own] for who, own in days.items()}
    return kit(amounts, as_of=day(as_of), inactive_after=30, lost_after=60, frequency="month")


def said(history: History, answers: Sequence[tuple[str, int, str]]) -> dict[str | None, int]:
    found = reasons(history, [(who, day(number), reason) for who, number, reason in answers])
    return dict(cells(found, "reason", "lapsed"))


def test_an_answer_belongs_to_the_silence_that_it_falls_into(kit: Kit) -> None:
    # All lapse on day 130; whoever buys again does so on day 200.
    history = bought(kit, {**{who: [100, 200] for who in "abcdef"}, "first": [0]})
    answers = [
        ("first", 0, "began"),  # from here on lapses count; its own one is on day 30
        ("a", 99, "before the last purchase"),
        ("b", 100, "on the day of it"),
        ("c", 199, "the day before the return"),
        ("d", 200, "on the return"),
        ("e", 150, "early"),
        ("e", 160, "late"),
        ("f", 160, "b of one day"),
        ("f", 160, "a of one day"),
    ]
    assert said(history, answers) == {
        "began": 1,
        "on the day of it": 1,
        "the day before the return": 1,
        "late": 1,
        "a of one day": 1,
        None: 2,
    }


def test_customers_count_once_and_only_since_the_first_answer(kit: Kit) -> None:
    history = bought(kit, {"old": [0, 300], "new": [300, 500]})
    # The lapse of day 30 was before anybody was asked; that of day 330 is the first that counts.
    assert said(history, [("new", 320, "price"), ("new", 540, "moved")]) == {"price": 1, None: 1}


def test_returns_and_second_lives_are_of_those_seen_for_a_year(kit: Kit) -> None:
    # Lapsed on day 30, away on day 60, the landmark; the year after that ends with day 425.
    history = bought(
        kit,
        {
            "back": [0, 425, 431, 789],  # a year from day 425 on ends with day 789
            "late": [0, 426],
            "gone": [0],
            "early": [0, 60, 900],  # back on the day of the landmark: not away at its close
            "young": [606],  # lapsed on day 636: seen until one day short of a year by day 1030
        },
        as_of=1030,
    )
    answers = [(who, day(1), who) for who in ("back", "late", "gone", "early")]
    found = reasons(history, [*answers, ("young", day(607), "young")])
    names = REASONS.names
    assert sorted(cells(found, *names)) == [
        ("back", 1, 1, 1, 1, Decimal(30), 900.0),
        ("early", 1, 0, 0, 0, Decimal(0), 0.0),
        ("gone", 1, 1, 0, 0, Decimal(0), 0.0),
        ("late", 1, 1, 0, 0, Decimal(0), 0.0),
        ("young", 1, 0, 0, 0, Decimal(0), 0.0),
    ]
    # Nor is a second life valued that has not been seen for a whole year.
    shorter = bought(kit, {"back": [0, 425, 431]}, as_of=788)
    found = reasons(shorter, [("back", day(1), "back")])
    assert cells(found, *names) == [("back", 1, 1, 1, 0, Decimal(0), 0.0)]


def test_what_is_said_after_the_landmark_tells_nothing_of_returns(kit: Kit) -> None:
    # Lapsed on day 130, the landmark is day 160; both come back on day 200.
    history = bought(kit, {**{who: [100, 200] for who in ("soon", "later", "both")}, "first": [0]})
    answers = [
        ("first", day(0), "began"),
        ("soon", day(160), "price"),
        ("later", day(161), "price"),
        ("both", day(140), "price"),
        ("both", day(170), "moved"),
    ]
    found = reasons(history, answers)
    assert cells(found, "reason", "lapsed", "watched", "returned") == [
        ("price", 2, 2, 2),  # soon and later gave it; soon and both had given it by day 160
        ("began", 1, 1, 0),
        ("moved", 1, 0, 0),
        (None, 0, 1, 1),
    ]


def test_who_answers_returns_as_often_where_answers_have_nothing_to_do_with_it(kit: Kit) -> None:
    # All come back by chance, 200 days after the lapse on average, and are asked meanwhile.
    draw = random.Random(3)
    amounts, answers = {"first": [0]}, [("first", 0, "price")]
    for number in range(2000):
        who, back, asked = f"c{number}", draw.expovariate(1 / 200), draw.expovariate(1 / 40)
        amounts[who] = [0, 31 + int(back)] if back < 900 else [0]
        if asked < back:
            answers.append((who, 31 + int(asked), "price"))
    history = bought(kit, amounts, as_of=1000)
    found = reasons(history, [(who, day(number), reason) for who, number, reason in answers])
    shown = by_reason(found, least=5).set_index("answer")
    truth = 1 - math.exp(-YEAR / 200)
    for answer in (GIVEN, NONE):
        assert shown.loc[answer, "watched"] > 500
        assert shown.loc[answer, "low"] < truth < shown.loc[answer, "high"]


@pytest.mark.parametrize("seed", range(5, 10))
def test_the_oracle_agrees(kit: Kit, seed: int) -> None:
    given, draw = random_histories(seed), random.Random(seed)
    first = oracle.first_purchase_day(given.days, given.as_of)
    assert first is not None
    span = (given.as_of - first).days
    answers = sorted(
        {
            (
                draw.choice(list(given.days)),
                first + timedelta(days=draw.randint(0, span)),
                draw.choice(["price", "moved", "<b>"]),
            )
            for _ in range(80)
        }
    )
    notice = draw.randint(0, given.inactive_after)
    history = given.in_kit(kit)
    found = reasons(history, answers, notice)
    thresholds = (given.inactive_after, given.lost_after)
    expected = oracle.reasons(answers, given.days, thresholds, notice, given.as_of)
    same = {reason: (*own[:-1], pytest.approx(own[-1])) for reason, own in expected.items()}
    assert {row[0]: row[1:] for row in cells(found, *REASONS.names)} == same
    assert len(expected) > 1


def test_schema_holds_on_no_engine_at_all() -> None:
    found = module.reasons(
        ibis.table(ANSWERS, name="answers"),
        ibis.table(SPELLS, name="spells"),
        ibis.table(CUSTOMER_DAYS, name="days"),
        notice_days=30,
        as_of=date(2024, 2, 29),
    )
    assert found.schema() == REASONS


# What is shown of them ----------------------------------------------------------------------------


def counts(*rows: tuple[str | None, int, int, int, int, float]) -> pd.DataFrame:
    """REASONS of which each of the followed brought in a fourth more, or less, than the others."""
    each = [row[5] / max(row[4], 1) for row in rows]
    squares = [row[4] * 1.0625 * mean**2 for row, mean in zip(rows, each, strict=True)]
    frame = pd.DataFrame(rows, columns=list(REASONS.names)[:-1])
    return frame.assign(second_life_squares=squares)


def test_shares_are_of_those_who_answered() -> None:
    frame = counts(
        (None, 60, 50, 5, 5, 500.0), ("price", 30, 20, 4, 4, 80.0), ("moved", 10, 0, 0, 0, 0.0)
    )
    found = by_reason(frame, least=5)
    assert list(found.columns) == list(BY_REASON)
    names = ("answer", "reason", "lapsed_share", "return_share", "second_life_per_customer")
    assert cells(found, *names) == [
        (GIVEN, "price", 0.75, 0.2, None),  # the money of four is theirs alone
        (GIVEN, "moved", 0.25, None, None),
        (NONE, None, None, 0.1, 100.0),  # still away then, as the others were
    ]
    assert cells(found, "lapsed_low", "lapsed_high")[0] == pytest.approx(oracle.wilson(30, 40))
    assert cells(found, "low", "high")[0] == pytest.approx(oracle.wilson(4, 20))
    assert set(cells(found, "answered", "all_lapsed")) == {(40, 100)}


def test_the_money_of_those_who_came_back_has_an_interval() -> None:
    frame = counts(("price", 90, 80, 40, 30, 3000.0), ("moved", 20, 20, 8, 6, 60.0))
    found = by_reason(frame, least=5)
    spends = np.array([75.0, 125.0] * 15)
    low, high = stats.ttest_1samp(spends, 0).confidence_interval()
    names = ("second_life_per_customer", "second_life_low", "second_life_high")
    assert cells(found, *names)[0] == pytest.approx((100, low, high))
    # Of fewer than may be told there is neither.
    assert cells(by_reason(frame, least=10), *names)[1] == (None, None, None)


def test_rare_reasons_are_told_together_or_not_at_all() -> None:
    frame = counts(
        *((f"my own story {n}", 1, 1, 1, 0, 0.0) for n in range(6)), ("price", 9, 9, 0, 0, 0.0)
    )
    assert cells(by_reason(frame, least=5), "answer", "reason", "lapsed", "returned") == [
        (GIVEN, "price", 9, 0),
        (OTHERS, None, 6, 6),
    ]
    few = by_reason(frame[4:], least=5)
    # Two alone could be told apart from price: they are put together, and stand for all.
    assert cells(few, "answer", "lapsed") == [(OTHERS, 11)]
    assert cells(by_reason(frame[:0], least=5), "answer") == []


@pytest.mark.parametrize("silent", [0, 57])
def test_few_answers_in_all_are_not_counted(silent: int) -> None:
    frame = counts(*((f"my own story {n}", 1, 1, 1, 0, 0.0) for n in range(3)))
    none = counts((None, silent, 50, 9, 0, 0.0))[: int(silent > 0)]
    found = by_reason(pd.concat([none, frame], ignore_index=True), least=5)
    assert cells(found, "answer") == [OTHERS, NONE][: len(found)]
    hidden = ["lapsed", "lapsed_share", "lapsed_low", "lapsed_high", "answered"]
    assert found[hidden].isna().all(axis=None)
    assert set(cells(found, "all_lapsed")) == {3 + silent}
    # Of those who gave none it is told what became of them, for they are many.
    assert cells(found, "returned", answer=NONE) == [9][: len(none)]


def test_counts_of_few_are_absent() -> None:
    frame = counts(
        (None, 3, 4, 2, 2, 20.0), ("price", 30, 20, 4, 4, 80.0), ("moved", 10, 3, 1, 1, 5.0)
    )
    found = by_reason(frame, least=5)
    assert cells(found, "answer", "reason", "lapsed", "watched", "returned", "followed") == [
        (GIVEN, "price", 30, 20, 4, None),  # of twenty it may be told that four returned
        (GIVEN, "moved", 10, None, None, None),
        (NONE, None, None, None, None, None),
    ]
    # Nor does the number of those who said nothing follow from the others.
    assert set(cells(found, "answered", "all_lapsed")) == {(40, None)}
    assert campaign_narrative.coverage(found, Language("en")).startswith(
        "All but a few of those who lapsed since the first answer gave a reason: 40 customers. "
        "What follows is of those who answered"
    )
    many = by_reason(frame, least=1)
    assert set(cells(many, "answered", "all_lapsed")) == {(40, 43)}
    assert cells(many, "lapsed", "watched", "returned", "followed") == [
        (30, 20, 4, 4),
        (10, 3, 1, 1),
        (3, 4, 2, 2),
    ]


def test_many_reasons_are_cut_to_the_largest() -> None:
    frame = counts(*((f"reason {n:02}", 100 - n, 0, 0, 0, 0.0) for n in range(15)))
    found = by_reason(frame, least=5)
    assert cells(found, "answer") == [GIVEN] * MOST_REASONS + [OTHERS]
    assert cells(found, "lapsed", answer=OTHERS) == [90 + 89 + 88 + 87 + 86]
    assert found["lapsed_share"].sum() == pytest.approx(1)
