"""A unit opened through its settings file: as_of, the unit's rows, thresholds, real workbooks."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from orders import (
    COLUMNS,
    DAYS,
    ORDERS,
    csv,
    customers,
    days,
    opened,
    quality,
    refused,
    settings_file,
)

from retention import ledger, open_unit
from retention.errors import SettingsRefused
from retention.params import settings as read_settings
from retention.reporting.display import Report

LINES = [",".join(map(str, row)) for row in ORDERS]


def today_is(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Stop the one clock that the kit reads, at an instant of UTC."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now.astimezone(tz)

    monkeypatch.setattr("retention.opening.datetime", Stopped)


def test_as_of_is_the_last_day_in_the_data(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *LINES)
    assert opened(tmp_path, "a.csv").as_of == date(2024, 3, 31)


def test_as_of_is_never_after_today_and_later_rows_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv(tmp_path / "a.csv", *LINES, "eve,2024-04-01 00:30,4", "eve,2124-04-01,8")
    today_is(monkeypatch, datetime.fromisoformat("2024-03-31T22:30:00Z"))
    unit = opened(tmp_path, "a.csv")
    assert unit.as_of == date(2024, 3, 31)
    assert quality(unit)["after_as_of"] == (2, 12)
    assert days(unit) == DAYS
    # In Madrid the day of the run is the first of April already.
    unit = opened(tmp_path, "a.csv", timezone="Europe/Madrid")
    assert unit.as_of == date(2024, 4, 1)
    assert quality(unit)["after_as_of"] == (1, 8)


def test_the_money_by_way_of_buying_is_counted_once_and_each_reader_has_an_own_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv(tmp_path / "a.csv", *LINES)
    unit, counted = opened(tmp_path, "a.csv"), Mock(wraps=ledger.revenue)
    monkeypatch.setattr(ledger, "revenue", counted)
    unit.ledger()
    first = unit.revenue()
    kept = first.copy()
    first["revenue"] = -1.0
    assert unit.revenue().equals(kept)
    counted.assert_called_once()


def test_data_of_the_future_alone_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv(tmp_path / "a.csv", *LINES)
    today_is(monkeypatch, datetime.fromisoformat("2023-01-01T00:00:00Z"))
    assert refused(tmp_path, "a.csv") == (
        "no row is dated 2023-01-01 or before; check ordered_at, or give as_of"
    )


def test_the_data_of_a_unit_do_not_end_with_its_last_sale(tmp_path: Path) -> None:
    rows = [f"{line},Shop" for line in LINES] + [
        "zoe,2024-07-31,1,Other",
        ",2024-08-02,1,Other",
        "zoe,,1,Other",
        "zoe,2024-08-05,,Shop",
    ]
    csv(tmp_path / "a.csv", *rows, header="customer_id,ordered_at,amount,unit")
    unit = opened(tmp_path, "a.csv")
    assert unit.as_of == date(2024, 8, 5)
    assert unit.ledger()["closing_active"].iloc[-1] == 0
    assert quality(unit)["after_as_of"] == (0, 0)


def test_as_of_of_the_settings_cuts_the_data(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *LINES)
    unit = opened(tmp_path, "a.csv", as_of="2024-02-29")
    assert (unit.as_of, quality(unit)["after_as_of"]) == (date(2024, 2, 29), (1, 5.25))
    path = settings_file(tmp_path, "a.csv", as_of="2024-02-29")
    assert open_unit(str(path), as_of=date(2024, 3, 31)).as_of == date(2024, 3, 31)
    assert open_unit(str(path), as_of=None).as_of == date(2024, 2, 29)
    late = opened(tmp_path, "a.csv", as_of="2024-12-31")
    assert (late.as_of, late.calendar.complete[-1].end) == (date(2024, 12, 31), date(2025, 1, 1))


def test_as_of_before_the_first_row_is_refused(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *LINES)
    assert refused(tmp_path, "a.csv", as_of="2024-01-04") == (
        "as_of 2024-01-04 is before the first row in the data (2024-01-05); choose a later as_of, "
        "or a source that goes further back"
    )


def test_settings_already_read_open_the_same_unit_and_take_no_overrides(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *LINES)
    settings = read_settings(settings_file(tmp_path, "a.csv"), overrides={"as_of": "2024-02-29"})
    assert open_unit(settings).as_of == date(2024, 2, 29)
    assert open_unit(settings, as_of=None).as_of == date(2024, 2, 29)
    with pytest.raises(TypeError, match="take no overrides; give the path"):
        open_unit(settings, as_of="2024-03-31")
    with pytest.raises(SettingsRefused, match="2024-3-1"):
        open_unit(str(settings.path), as_of="2024-3-1")


BY_UNIT = "customer_id,ordered_at,amount,unit"


def test_a_unit_keeps_its_rows_alone(tmp_path: Path) -> None:
    rows = [
        "ann,2024-01-05,1,Shop",
        "ann,2024-02-05,2, Shop ",
        "bob,2024-03-31,4,SHOP",
        "cid,2024-03-31,8,",
    ]
    csv(tmp_path / "a.csv", *rows, header=BY_UNIT)
    unit = opened(tmp_path, "a.csv", as_of="2024-03-31")
    assert customers(unit) == {"ann"}
    assert quality(unit)["other_unit"] == (2, 12)


def test_without_a_column_unit_every_row_belongs_to_the_unit(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *LINES)
    unit = opened(tmp_path, "a.csv", unit="Whatever its name")
    assert days(unit) == DAYS
    assert quality(unit)["other_unit"] == (0, 0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Espana", "the data have 4 units, the nearest 'España'"),
        ("FRANCE", "the data have 4 units, the nearest 'France'"),
        ("Atlantis", "the data have 4 units, among them 'Deutschland', 'España', 'France', 'NO'"),
    ],
)
def test_a_unit_that_the_data_do_not_have_is_refused(
    tmp_path: Path, asked: str, found: str
) -> None:
    names = ["España", "France", "NO", "Deutschland", "France ", ""]
    csv(tmp_path / "a.csv", *(f"ann,2024-01-05,1,{name}" for name in names), header=BY_UNIT)
    assert refused(tmp_path, "a.csv", unit=asked) == (
        f"no row has the unit {asked!r}; {found}; write `unit` as the data do"
    )


def test_a_column_unit_without_a_value_is_refused(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "ann,2024-01-05,1,", "ann,2024-02-05,1, ", header=BY_UNIT)
    assert refused(tmp_path, "a.csv") == (
        "the column unit is empty in every row; fill it, or leave it out in the `query`"
    )


def test_data_without_any_customer_id_are_refused(tmp_path: Path) -> None:
    csv(
        tmp_path / "a.csv",
        ",2024-01-05,1,Shop",
        " ,2024-03-31,1,Shop",
        "a,2024-01-05,1,Other",
        header=BY_UNIT,
    )
    assert refused(tmp_path, "a.csv") == (
        "no row has a customer id; map the right column to customer_id in the `query`"
    )


@pytest.mark.parametrize("as_of", [None, "2024-03-31"])
def test_data_in_which_no_row_counts_are_refused_with_the_reasons(
    tmp_path: Path, as_of: str | None
) -> None:
    csv(tmp_path / "a.csv", "ann,,1", "ben,,1", "cid,2024-01-05,", ",2024-01-05,1")
    assert refused(tmp_path, "a.csv", as_of=as_of) == (
        "no row can be counted (1 with no_amount and 1 with no_customer_id and 2 with no_date); "
        "check the columns of the source"
    )


@pytest.mark.parametrize("amount", ["-1", "0", "0.00001"])
def test_data_without_a_purchase_are_refused(tmp_path: Path, amount: str) -> None:
    csv(tmp_path / "a.csv", f"ann,2024-01-05,{amount}", f"ben,2024-03-31,{amount}")
    assert refused(tmp_path, "a.csv") == (
        "no customer has a purchase up to 2024-03-31: on no day do a customer's amounts add up to "
        "more than 0; check the sign of amount"
    )


def test_a_query_that_leaves_no_row_is_refused(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *LINES)
    assert refused(tmp_path, "a.csv", query="SELECT * FROM source WHERE amount > 99") == (
        "the source has no rows after the query; check the export and the settings"
    )


@pytest.mark.parametrize(
    ("frequency", "last"), [("week", "2024-01-06"), ("month", "2024-01-30"), ("year", "2024-12-30")]
)
def test_data_without_a_complete_period_are_refused(
    tmp_path: Path, frequency: str, last: str
) -> None:
    csv(tmp_path / "a.csv", "ann,2024-01-02,1", f"ann,{last},1")
    assert refused(tmp_path, "a.csv", frequency=frequency) == (
        f"purchases from 2024-01-02 to {last} make no complete {frequency}; choose a shorter "
        "frequency or a later as_of"
    )
    after = date.fromisoformat(last) + timedelta(days=1)
    assert opened(tmp_path, "a.csv", frequency=frequency, as_of=str(after)).calendar.complete


def test_the_settings_say_what_a_period_is(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "ann,2026-01-24,1", "ann,2026-01-26,2", "ann,2026-03-01,4")
    keys = {"calendar": "4-4-5", "week_start": "sunday", "fiscal_year_start": "february"}
    unit = opened(tmp_path, "a.csv", as_of="2026-03-28", **keys)
    ledger = unit.ledger()
    assert [
        (f"{p:%Y-%m-%d}", r) for p, r in zip(ledger["period"], ledger["revenue"], strict=True)
    ] == [
        ("2025-12-28", 3),
        ("2026-02-01", 0),
        ("2026-03-01", 4),
    ]
    assert Report(unit).language.period(ledger["period"].iloc[-1], short=True) == "P2 FY2027"
    assert unit.settings.resolved().items() >= keys.items()


@pytest.mark.parametrize("given", [("auto", "auto"), (9, "auto"), ("auto", 900)])
@pytest.mark.parametrize("rule", ["return_quantile", "mean_gap"])
def test_too_few_gaps_for_auto_are_refused_with_their_number(
    tmp_path: Path, given: tuple[Any, Any], rule: str
) -> None:
    start = date(2024, 1, 1)
    rows = [f"ann,{start + timedelta(days=10 * number)},1" for number in range(30)]
    csv(tmp_path / "a.csv", *rows)
    keys = {"inactive_after": given[0], "lost_after": given[1], "threshold_rule": rule}
    assert refused(tmp_path, "a.csv", **keys) == (
        "only 29 gaps between purchases have ended, and `auto` needs 30; give inactive_after and "
        "lost_after as numbers of days"
    )
    csv(tmp_path / "a.csv", *rows, "ann,2024-12-31,1")
    assert opened(tmp_path, "a.csv", **keys).thresholds.evidence["gaps"].tolist() == [30, 30]


def test_canonical_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    rows = [f"x,{amount},web,{day},{who}" for who, day, amount in ORDERS]
    csv(tmp_path / "a.csv", *rows, header=f"note,amount,channel,{COLUMNS[1]},{COLUMNS[0]}")
    assert days(opened(tmp_path, "a.csv")) == DAYS


@pytest.mark.parametrize("header", ["customer,ordered_at,amount", "Customer_ID,ordered_at,amount"])
def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path, header: str) -> None:
    csv(tmp_path / "a.csv", *LINES, header=header)
    assert refused(tmp_path, "a.csv") == (
        f"the data lack the column customer_id; they have {header.replace(',', ', ')}; name the "
        "right ones with a `query`, for instance "
        "`SELECT client AS customer_id, ordered_at, amount FROM source`"
    )
