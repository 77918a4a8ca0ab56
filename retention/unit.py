"""One business unit, opened: its settings, its data behind the one door, its thresholds.

This is where settings meet tables; the modules it calls know nothing of settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from functools import cached_property
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.common.exceptions import OperationNotDefinedError

from retention import (
    activity,
    cells,
    cohort_views,
    cohorts,
    follow_up,
    prospects,
    rfm,
    sensitivity,
    sources,
    transactions,
)
from retention import ledger as ledgers
from retention import rates as rate_tables
from retention import recurring as recurring_tables
from retention import second_purchase as second_purchases
from retention.errors import DataRefused
from retention.fingerprints import fingerprint
from retention.lifecycle import spells, with_prospects
from retention.models import MODELS, Model
from retention.params import Settings, find_unit
from retention.params import settings as read_settings
from retention.periods import Calendar, Rules
from retention.thresholds import Thresholds

DEFINITIONS_VERSION = "1"
"""Of the definitions in GLOSSARY.md: it changes when a published figure would."""

_NUMBER = ("number", "CAST(replace({column}, ',', '') AS DOUBLE)")
_DATE = ("date", "strptime({column}, '%d/%m/%Y')")


@dataclass(frozen=True)
class Unit:
    """A unit whose data have been read and checked; every figure of the kit is a method of it.

    `customer_days` has schema transactions.CUSTOMER_DAYS and lives on the engine, as does what the
    model follows customers by (models.Model); what the methods return are small pandas frames in
    the columns of the published files.
    """

    settings: Settings
    source: sources.Source
    calendar: Calendar
    tally: ir.Table
    followed: ir.Table
    customer_days: ir.Table
    thresholds: Thresholds
    people: ir.Table | None = None
    """The tally of the prospects source (prospects.TALLY), where there is one."""

    @property
    def as_of(self) -> date:
        """The last day covered."""
        return self.calendar.as_of

    @property
    def model(self) -> Model:
        """How the customers of the unit show that they are there."""
        return MODELS[self.settings.model]

    @cached_property
    def spells(self) -> ir.Table:
        """One row a customer and unbroken stay in a state (lifecycle.SPELLS)."""
        days = self.thresholds.inactive_after, self.thresholds.lost_after
        return self.source.stored("spells", self._spells(*days))

    def _spells(self, inactive_after: int, lost_after: int) -> ir.Table:
        runs = self.model.runs(self.followed, inactive_after=inactive_after, as_of=self.as_of)
        states = spells(runs, dormant_for=lost_after - inactive_after, as_of=self.as_of)
        if self.people is None:
            return states
        return with_prospects(states, prospects.prospects(self.people, as_of=self.as_of))

    @cached_property
    def daily(self) -> ir.Table:
        """Customer-days for what is counted from days of the customers' own (follow_up).

        Those of contracts are slices of the report's periods otherwise, and too coarse for that.
        """
        by_day = replace(self.calendar, frequency="day")
        days = self.model.customer_days(self.followed, calendar=by_day)
        return days if days is self.followed else self.source.stored("daily", days)

    @cached_property
    def _ledger(self) -> ir.Table:
        table = ledgers.ledger(self.spells, self.customer_days, calendar=self.calendar)
        return self.source.stored("ledger", table).order_by("period")

    def extent(self) -> dict[str, object]:
        """Rows in the source, first and last day counted, and the fingerprint of what was read."""
        dates = self.model.dates(self.tally)
        counted = dates.filter((dates.fault == "") & (dates.day <= self.as_of))
        days = counted.agg(first=counted.day.min(), last=counted.day.max()).to_pyarrow()
        return {
            "rows": self._source_rows,
            "first_day": str(days["first"][0]),
            "last_day": str(days["last"][0]),
            "fingerprint": self.fingerprint,
        }

    @cached_property
    def fingerprint(self) -> str | None:
        """What the rows read add up to, dropped ones included; None where the engine has no hash.

        The figures follow from these rows, those of prospects too, the settings and the code.
        """
        read = [self.tally] if self.people is None else [self.tally, self.people]
        try:
            found = [fingerprint(table).to_pyarrow().to_pylist()[0] for table in read]
        except OperationNotDefinedError:
            return None
        return "-".join(f"{row['rows']:x}-{int(row['hashes']) % 2**64:016x}" for row in found)

    @cached_property
    def _source_rows(self) -> int:
        # Without a query the tally has counted every row already.
        counted = self.tally.rows.sum() if self.settings.query is None else self.source.rows.count()
        return int(counted.to_pyarrow().as_py())

    def ledger(self) -> pd.DataFrame:
        """One row a complete period (ledger.LEDGER), its identities asserted."""
        frame = _frame(self._ledger)
        has_dormant = self.thresholds.inactive_after < self.thresholds.lost_after
        ledgers.check(frame, self.revenue(), has_dormant=has_dormant)
        return frame

    def revenue(self) -> pd.DataFrame:
        """One row a complete period and way of buying in it (ledger.REVENUE)."""
        table = ledgers.revenue(self.spells, self.customer_days, calendar=self.calendar)
        return _frame(table)

    def rates(self) -> pd.DataFrame:
        """One row a complete period and measure (rates.RATES)."""
        table = rate_tables.rates(
            self.spells,
            self.customer_days,
            self._ledger,
            calendar=self.calendar,
            scope=self.settings.reactivation_scope,
        )
        if self.people is not None:
            converted = rate_tables.conversion(self.spells, calendar=self.calendar)
            table = ibis.union(table, converted, distinct=False).order_by("period", "measure")
        return _frame(table)

    def cohorts(self) -> pd.DataFrame:
        """One row a cohort and age (cohorts.COHORTS)."""
        return _frame(cohorts.cohorts(self.customer_days, calendar=self.calendar))

    def unbounded(self) -> pd.DataFrame:
        """One row a cohort and age that all of it reached (cohort_views.UNBOUNDED)."""
        return _frame(cohort_views.unbounded(self.customer_days, calendar=self.calendar))

    def cohort_revenue(self) -> pd.DataFrame:
        """One row a cohort and age (cohort_views.COHORT_REVENUE)."""
        refunds = self.model.refunds(self.tally, as_of=self.as_of)
        table = cohort_views.cohort_revenue(self.customer_days, refunds, calendar=self.calendar)
        return _frame(table)

    def rolling(self) -> pd.DataFrame:
        """One row a cohort and 30-day window since the own first purchase (follow_up.ROLLING)."""
        return self._since(follow_up.rolling(self.customer_days, calendar=self.calendar))

    def brackets(self, edges: Sequence[int]) -> pd.DataFrame:
        """One row a cohort and bracket of days since the own first purchase (follow_up.BRACKETS).

        edges: as (0, 1, 8, 31, 91) for [0, 1), [1, 8), [8, 31) and [31, 91).
        """
        table = follow_up.brackets(self.customer_days, edges, calendar=self.calendar)
        return self._since(table)

    def second_purchase(self) -> pd.DataFrame:
        """One row a day since the first purchase (second_purchase.SECOND_PURCHASE)."""
        bought = transactions.purchase_days(self.customer_days)
        waits = second_purchases.waits(bought, as_of=self.as_of)
        return second_purchases.second_purchase(self._since(waits))

    def second_life(self) -> pd.DataFrame:
        """One row a way of beginning and 30-day window since (follow_up.SECOND_LIFE)."""
        table = follow_up.second_life(self.spells, self.customer_days, calendar=self.calendar)
        return self._since(table)

    def _since(self, table: ir.Table) -> pd.DataFrame:
        """Figures by days since a purchase: no row where customers have contracts instead."""
        return _frame(table if self.model.buys else table.limit(0))

    def returns(self) -> pd.DataFrame:
        """One row a lapse cohort and age (cohorts.RETURNS)."""
        lapses = cohorts.lapses(self.spells, calendar=self.calendar).to_pandas()
        return cohorts.returns(lapses, calendar=self.calendar)

    def activity(self) -> pd.DataFrame:
        """One row a complete period (activity.ACTIVITY), its identities asserted."""
        frame = _frame(activity.activity(self.customer_days, calendar=self.calendar))
        activity.check(frame, _frame(self._ledger))
        return frame

    def rfm(self) -> ir.Table:
        """One row a customer (rfm.RFM), on the engine: the one table here with customer ids."""
        return rfm.rfm(transactions.purchase_days(self.customer_days), as_of=self.as_of)

    def sensitivity(self) -> pd.DataFrame:
        """One row a multiple of the thresholds and a measure (sensitivity.SENSITIVITY)."""
        return sensitivity.sensitivity(
            self._shares,
            thresholds=(self.thresholds.inactive_after, self.thresholds.lost_after),
            period=self.calendar.complete[-1].start,
        )

    def _shares(self, inactive_after: int, lost_after: int) -> ir.Table:
        """What rates.shares would give with other thresholds."""
        states = self.source.stored("other_spells", self._spells(inactive_after, lost_after))
        table = ledgers.ledger(states, self.customer_days, calendar=self.calendar)
        return rate_tables.shares(
            states,
            self.source.stored("other_ledger", table),
            calendar=self.calendar,
            scope=self.settings.reactivation_scope,
        )

    def recurring(self) -> pd.DataFrame:
        """One row a complete period (recurring.RECURRING), its identities asserted.

        No row where the unit has no contracts.
        """
        frame = _frame(self.model.recurring(self.followed, calendar=self.calendar))
        recurring_tables.check(frame)
        return frame

    def quality(self) -> pd.DataFrame:
        """One row a check of the data (quality.QUALITY)."""
        checks = self.model.quality(self.tally, source_rows=self._source_rows, as_of=self.as_of)
        if self.people is None:
            return _frame(checks)
        known = _frame(prospects.quality(self.people, as_of=self.as_of))
        return pd.concat([_frame(checks), known], ignore_index=True)


def _frame(table: ir.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame


def open_unit(unit: str | Settings, **overrides: object) -> Unit:
    """The unit with its data read, checked and counted by customer and day.

    unit: a slug in params/, the path of a settings file, or settings already read.
    overrides: any setting; None means "as in the file". Settings already read take none.
    Raises SettingsRefused or DataRefused, whose message begins with the unit's file.
    """
    if isinstance(unit, Settings) and any(value is not None for value in overrides.values()):
        raise TypeError("settings already read take no overrides; give the path of their file")
    settings = unit if isinstance(unit, Settings) else _read(unit, overrides)
    try:
        return _opened(settings)
    except DataRefused as refusal:
        raise DataRefused(f"{settings.path.name}: {refusal}") from None


def _read(unit: str, overrides: Mapping[str, object]) -> Settings:
    return read_settings(find_unit(unit), overrides=overrides)


def _opened(settings: Settings) -> Unit:
    source = sources.open_source(
        settings.source,
        folder=settings.path.parent,
        table=settings.table,
        query=settings.query,
        timezone=settings.timezone,
    )
    try:
        return _counted(settings, source)
    except DataRefused:
        source.backend.disconnect()
        raise


def _counted(settings: Settings, source: sources.Source) -> Unit:
    model = MODELS[settings.model]
    tally = source.read("tally", model.tally(source.table, unit=settings.unit))
    _check_rows(settings, source, tally)
    as_of = settings.as_of or _last_day(model, tally, settings.timezone)
    followed = source.read("followed", model.followed(tally, as_of=as_of))
    first_day = _first_day(model, tally, followed, as_of)
    rules = Rules(settings.calendar, settings.week_start, settings.fiscal_year_start)
    calendar = Calendar(settings.frequency, first_day, as_of, rules)
    if not calendar.complete:
        raise DataRefused(
            f"{settings.model} from {first_day} to {as_of} make no complete {settings.frequency}; "
            "choose a shorter frequency or a later as_of"
        )
    mean_gap = settings.threshold_rule == "mean_gap"
    derived = model.thresholds(
        followed,
        as_of=as_of,
        inactive_after=settings.inactive_after,
        lost_after=settings.lost_after,
        rule=settings.threshold_rule,
        factors=settings.threshold_gap_multiples if mean_gap else settings.threshold_quantiles,
    )
    days = model.customer_days(followed, calendar=calendar)
    if days is not followed:
        days = source.stored("customer_days", days)
    people = None if settings.prospects is None else _people(settings, settings.prospects, source)
    return Unit(settings, source, calendar, tally, followed, days, derived, people)


def _people(settings: Settings, name: str, source: sources.Source) -> ir.Table:
    """The tally of the prospects source, brought to the engine of the unit's own source."""
    if "://" in name:
        raise DataRefused(
            "prospects: they are read from files alone; export the table as parquet or csv and "
            "name that file"
        )
    try:
        known = sources.open_source(name, folder=settings.path.parent, timezone=settings.timezone)
        try:
            rows = prospects.people(known.table, unit=settings.unit)
            tally = known.read("people", prospects.tally(rows))
            _check_people(settings, known.table, tally)
            return source.stored("people", ibis.memtable(tally.to_pyarrow()))
        finally:
            known.backend.disconnect()
    except DataRefused as refusal:
        raise DataRefused(f"prospects: {refusal}") from None


def _check_people(settings: Settings, table: ir.Table, tally: ir.Table) -> None:
    counts = _counts(tally)
    if not counts:
        raise DataRefused("the source has no rows; check the export and the settings")
    if prospects.UNREADABLE in counts:
        examples = prospects.unreadable(table, unit=settings.unit).to_pandas()["known_on"]
        raise DataRefused(
            f"column known_on: {counts[prospects.UNREADABLE]:,} of its values cannot be read as a "
            f"date, first {', '.join(map(repr, examples))}; write dates as 2026-10-31 in the source"
        )
    own = set(counts) - {cells.OTHER_UNIT}
    if not own:
        raise DataRefused(_unknown_unit(settings.unit, table))
    if "" not in own:
        found = " and ".join(f"{counts[fault]:,} with {fault}" for fault in sorted(own))
        raise DataRefused(f"no row can be counted ({found}); check the columns of the source")


def _counts(tally: ir.Table) -> dict[str, int]:
    """Fault -> rows with it."""
    counts = tally.group_by("fault").agg(rows=tally.rows.sum()).to_pandas()
    return dict(counts.itertuples(index=False))


def _check_rows(settings: Settings, source: sources.Source, tally: ir.Table) -> None:
    """Refuse data that hold no row, no row of the unit, no customer, or unreadable cells."""
    counts = _counts(tally)
    if not counts:
        after = " after the query" if settings.query else ""
        raise DataRefused(f"the source has no rows{after}; check the export and the settings")
    model, named = MODELS[settings.model], {"unit": settings.unit}
    for column, fault in model.unreadable.items():
        if fault in counts:
            rows = model.refused(source.table, fault=fault, **named).to_pandas()
            found = ", ".join(repr(value) for value in rows[column])
            wanted, example = _NUMBER if column == "amount" else _DATE
            raise DataRefused(
                f"column {column}: {counts[fault]:,} of its values cannot be read as a {wanted}, "
                f"first {found}; mend the source, or convert the column in the `query`, for "
                f"instance by {example.format(column=column)}"
            )
    for fault, what in model.impossible.items():
        if fault in counts:
            rows = model.refused(source.table, fault=fault, **named).to_pandas()
            rows = rows.fillna("").itertuples(index=False)
            found = "; ".join(", ".join(row) for row in rows)
            raise DataRefused(
                f"rows that {what}: {counts[fault]:,}, first {found}; "
                "mend the source, or leave them out in the `query`"
            )
    own = set(counts) - {cells.OTHER_UNIT}
    if not own:
        raise DataRefused(_unknown_unit(settings.unit, source.table))
    if own == {cells.NO_CUSTOMER}:
        raise DataRefused(
            "no row has a customer id; map the right column to customer_id in the `query`"
        )
    if "" not in own:
        found = " and ".join(f"{counts[fault]:,} with {fault}" for fault in sorted(own))
        raise DataRefused(f"no row can be counted ({found}); check the columns of the source")


def _unknown_unit(unit: str, table: ir.Table) -> str:
    known = cells.units(table).limit(10_000).to_pandas()["unit"].tolist()
    if not known:
        return "the column unit is empty in every row; fill it, or leave it out in the `query`"
    folded = {name.casefold(): name for name in known}
    near = [folded[name] for name in get_close_matches(unit.casefold(), folded, n=3, cutoff=0.5)]
    return (
        f"no row has the unit {unit!r}; the data have {len(known):,} units, "
        f"{'the nearest' if near else 'among them'} {', '.join(map(repr, near or known[:5]))}; "
        "write `unit` as the data do"
    )


def _last_day(model: Model, tally: ir.Table, timezone: str) -> date:
    """The last day in the data that is not after today, the one reading of a clock.

    Rows of other units count too: a unit without a sale on the last days has lost sight of its
    customers, and its data have not ended before.
    """
    today = datetime.now(ZoneInfo(timezone)).date()
    dates = model.dates(tally)
    last = dates.filter(dates.day <= today).day.max().to_pyarrow().as_py()
    if last is None:
        raise DataRefused(
            f"no row is dated {today} or before; check {model.date_column}, or give as_of"
        )
    return date.fromisoformat(str(last))


def _first_day(model: Model, tally: ir.Table, followed: ir.Table, as_of: date) -> date:
    first = model.first_day(followed).to_pyarrow().as_py()
    if first is None:
        dates = model.dates(tally)
        first_row = dates.filter(dates.fault == "").day.min().to_pyarrow().as_py()
        if first_row is not None and first_row > as_of:
            raise DataRefused(
                f"as_of {as_of} is before the first row in the data ({first_row}); choose a later "
                "as_of, or a source that goes further back"
            )
        raise DataRefused(
            f"no customer has a purchase up to {as_of}: on no day do a customer's amounts add up "
            "to more than 0; check the sign of amount"
        )
    return date.fromisoformat(str(first))
