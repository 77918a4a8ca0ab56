from __future__ import annotations

from datetime import date
from string import Formatter
from typing import Any, get_args

import frames
import ibis
import pandas as pd
import pytest

from retention import (
    cells,
    ledger,
    lifecycle,
    quality,
    rates,
    subscriptions,
    thresholds,
    transactions,
)
from retention.activity import ACTIVITY
from retention.balance import ARM_CHECKS
from retention.cohort_views import COHORT_REVENUE, UNBOUNDED
from retention.cohorts import COHORTS, RETURNS
from retention.definitions import DEFINITIONS
from retention.effects import RESPONSE_EFFECTS, SPEND_EFFECTS, STATE_RESPONSES
from retention.follow_up import ROLLING, SECOND_LIFE
from retention.headings import (
    COLUMNS,
    OF_MONEY,
    OF_SPEND,
    OF_UPLIFT,
    OVER_PERIODS,
    UNSHOWN,
    heading_of,
    text_of,
)
from retention.inactive import GROUPS
from retention.language import LANGUAGES, Language
from retention.numerals import ABSENT
from retention.opportunity_backtest import BACKTEST
from retention.opportunity_value import OPPORTUNITY, TOGETHER
from retention.reasons import BY_REASON
from retention.recurring import RECURRING
from retention.reporting import portfolio
from retention.rfm_segments import SEGMENTS, definition
from retention.second_purchase import SECOND_PURCHASE, TIMES
from retention.segments import COMPARED
from retention.sensitivity import SENSITIVITY
from retention.words import NAMES, name_of

ENGLISH = Language()
SCHEMAS = {
    "campaign_responses": [OF_UPLIFT.get(name, name) for name in RESPONSE_EFFECTS],
    "campaign_spend": [OF_SPEND.get(name, name) for name in SPEND_EFFECTS],
    "campaign_states": STATE_RESPONSES,
    "campaign_checks": ARM_CHECKS,
    "reasons": BY_REASON,
    "ledger": ledger.LEDGER.names,
    "rates": rates.RATES.names,
    "revenue": ledger.REVENUE.names,
    "cohorts": COHORTS.names,
    "unbounded": UNBOUNDED.names,
    "rolling": ROLLING.names,
    "cohort_revenue": COHORT_REVENUE.names,
    "second_purchase": SECOND_PURCHASE,
    "second_purchase_times": TIMES,
    "second_life": SECOND_LIFE.names,
    "returns": RETURNS,
    "thresholds": thresholds.THRESHOLDS,
    "sensitivity": SENSITIVITY,
    "activity": ACTIVITY.names,
    "units": portfolio.UNITS,
    "quality": quality.QUALITY.names,
    "recurring": RECURRING.names,
    "inactive": GROUPS.names,
    "rfm_segments": SEGMENTS.names,
    "segments": COMPARED,
    "opportunity": OPPORTUNITY,
    "backtest": BACKTEST,
    "rfm_definition": definition().columns,
}
STATES = lifecycle.STATES
EVENTS = (ledger.NEW, ledger.REACTIVATED, ledger.WON_BACK, ledger.LAPSED)
WAYS_OF_BUYING = (ledger.RETAINED, ledger.NO_PURCHASE)
RULES = (*get_args(thresholds.Rule), thresholds.GIVEN, thresholds.CONTRACT_END)
DROPS = (cells.OTHER_UNIT, *transactions.DROPS, subscriptions.NO_DAY)


@pytest.mark.parametrize("frame", SCHEMAS)
def test_every_published_column_has_a_heading_or_is_left_out_on_purpose(frame: str) -> None:
    assert set(SCHEMAS[frame]) <= set(COLUMNS) | UNSHOWN


def test_what_is_left_out_has_no_heading_and_what_has_one_is_published() -> None:
    published = {column for columns in SCHEMAS.values() for column in columns}
    published |= {*OF_MONEY.values(), *OVER_PERIODS.values(), TOGETHER}
    published |= {column for column, (_, kind) in COLUMNS.items() if kind == "interval"}
    assert not set(COLUMNS) & UNSHOWN
    assert set(COLUMNS) | UNSHOWN == published


@pytest.mark.parametrize("frame", SCHEMAS)
def test_headings_of_a_frame_differ(frame: str) -> None:
    shown = [column for column in SCHEMAS[frame] if column not in UNSHOWN]
    for code in LANGUAGES:
        headings = [heading_of(column, Language(code)) for column in shown]
        assert len(set(headings)) == len(headings)


@pytest.mark.parametrize(
    "key", [*STATES, *EVENTS, *WAYS_OF_BUYING, *rates.MEASURES, rates.CONVERSION, *RULES, *DROPS]
)
def test_every_state_event_measure_rule_and_drop_has_a_name(key: str) -> None:
    for code in LANGUAGES:
        assert name_of(key, Language(code))


def test_every_check_and_level_of_the_data_has_a_name() -> None:
    row = {"customer_id": "a", "ordered_at": "2026-01-05", "amount": 10.0, "unit": "U"}
    faults: list[dict[str, Any]] = [
        {"unit": "other"},
        {"customer_id": None},
        {"ordered_at": None},
        {"amount": None},
        {"ordered_at": "2027-01-05"},
        {"amount": -3.0},
        {"customer_id": "b", "amount": -3.0},
    ]
    raw = ibis.memtable(pd.DataFrame([row, *(row | fault for fault in faults)]))
    tally = transactions.tally(transactions.transactions(raw, unit="U"))
    as_of = date(2026, 1, 31)
    found = transactions.quality(tally, source_rows=len(faults) + 1, as_of=as_of).to_pandas()
    assert (found["rows"] > 0).all()
    assert set(found["level"]) == {"note", "warning"}
    assert {*found["check"], *found["level"]} <= set(NAMES)


def test_every_threshold_has_a_name() -> None:
    gaps = pd.DataFrame({"days": [5, 400], "closed": [40, 0], "open": [0, 10]})
    evidence = thresholds.thresholds(gaps, inactive_after="auto", lost_after=90).evidence
    assert {*evidence["threshold"], *evidence["rule"]} <= set(NAMES)


def test_an_unknown_name_or_column_is_no_silence() -> None:
    with pytest.raises(KeyError):
        name_of("<script>", ENGLISH)
    with pytest.raises(KeyError):
        heading_of("customer_name", ENGLISH)


@pytest.mark.parametrize(
    ("value", "column", "text"),
    [
        (1234, "customers", "1,234"),
        (1234.5, "revenue", "€1,234"),
        (-12.0, "amount", "−\u2060€12"),
        (0.1234, "rate", "12.3%"),
        (0.75, "multiple", "0.75"),
        (frames.starts(1)[0], "period", "June 2025"),
        ("won_back", "bought_as", "won back"),
        (float("nan"), "rate", ABSENT),
        (None, "amount", ABSENT),
        (pd.NaT, "period", ABSENT),
    ],
)
def test_a_cell_as_the_reader_sees_it(value: object, column: str, text: str) -> None:
    assert text_of(value, column, ENGLISH) == text


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_can_be_written(column: str) -> None:
    start = frames.starts(1)[0]
    examples = {"name": "churn", "period": start, "day": start}
    example = examples.get(COLUMNS[column][1], 0.5)
    for code in LANGUAGES:
        assert text_of(example, column, Language(code)) != ABSENT


def test_definitions_ask_for_nothing_but_the_thresholds() -> None:
    fields = {name for text in DEFINITIONS.values() for _, name, _, _ in Formatter().parse(text)}
    assert fields - {None} == {"inactive_after", "lost_after"}
    for state in ("active", "dormant", "lost"):
        assert any(term.startswith(state) for term in DEFINITIONS)
    for measure in rates.MEASURES:
        assert NAMES[measure] in DEFINITIONS
