"""Every public table of the kit, on the tables before it, from the same raw rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend
from raw_rows import AS_OF, INACTIVE_AFTER, LOST_AFTER, START
from raw_sources import READINGS, SEGMENTED, agreed, answered, known, sent

from retention import (
    activity,
    audiences,
    cells,
    cohort_views,
    cohorts,
    contacts,
    do_not_contact,
    engines,
    experiments,
    feedback,
    fingerprints,
    follow_up,
    inactive,
    inactive_segments,
    ledger,
    lifecycle,
    onboarding,
    opportunity,
    prospects,
    quality,
    rates,
    reasons,
    recurring,
    rfm,
    rfm_segments,
    second_purchase,
    segments,
    services,
    slices,
    subscriptions,
    tenure,
    thresholds,
    transactions,
)
from retention.curves import share
from retention.models import MODELS
from retention.optional_sources import OPTIONAL
from retention.periods import Calendar, Rules

ENGINES = ("postgres", "pyspark")


class Figures:
    """Every table of the kit on one engine, each computed once from those it rests on."""

    def __init__(
        self, backend: BaseBackend, raw: ir.Table, settings: Mapping[str, str] | None = None
    ) -> None:
        self.backend, self.raw, self.settings = backend, raw, settings or {}
        self.calendar = Calendar("month", START, AS_OF)
        self.weeks = Calendar("week", START, AS_OF)
        self.retail = Calendar("quarter", START, AS_OF, Rules("4-4-5", "sunday", "february"))

    def read(self, reading: str) -> ir.Table:
        return self.raw.select(**READINGS[reading])

    @cache  # noqa: B019 (it lives as long as the session)
    def kept(self, name: str) -> ir.Table:
        return engines.stored(
            self.backend, name.replace(" ", "_").replace(",", ""), TABLES[name](self)
        )


def days_bought(figures: Figures) -> ir.Table:
    return transactions.purchase_days(figures.kept("customer_days"))


OPTIONAL_ROWS = {
    "prospects": known,
    "contacts": sent,
    "feedback": answered,
    "do_not_contact": lambda raw: sent(raw).select("customer_id", "unit"),
}
"""Rows of each optional source."""


def of_source(key: str) -> dict[str, Callable[[Figures], ir.Table]]:
    """Every table that is made of an optional source, whichever it is."""
    kind, raw = OPTIONAL[key], OPTIONAL_ROWS[key]
    return {
        f"{key}, typed": lambda f: kind.typed(raw(f.raw), unit="Shop"),
        f"{key}, tally": lambda f: kind.tally(f.kept(f"{key}, typed")),
        f"{key}, judged": lambda f: kind.judged(f.kept(f"{key}, tally"), as_of=AS_OF),
        f"{key}, kept": lambda f: kind.kept(f.kept(f"{key}, tally"), as_of=AS_OF),
        f"{key}, quality": lambda f: kind.quality(f.kept(f"{key}, tally"), as_of=AS_OF),
        # Alike, for which of them come first is each engine's own.
        f"{key}, refused": lambda f: kind.refused(
            raw(f.raw).mutate(customer_id=ibis.literal("")), unit="Shop", fault=cells.NO_CUSTOMER
        ).select("customer_id"),
    }


def sliced(figures: Figures) -> ir.Table:
    """The rows of several units, counted at once; they are rounded in the tally of each alone."""
    places = slices.places(["Shop", "No such shop"])
    return slices.slices(figures.read("local"), MODELS["purchases"], places)


TABLES: dict[str, Callable[[Figures], ir.Table]] = {
    "tally": lambda f: transactions.tally(transactions.transactions(f.read("local"), unit="Shop")),
    "units": lambda f: cells.units(f.read("local")),
    "slice tally": lambda f: slices.tally(
        sliced(f).filter(ibis._.slice == "0"),
        slices.totals(sliced(f), MODELS["purchases"]),
        MODELS["purchases"],
    ),
    "customer_days": lambda f: transactions.customer_days(f.kept("tally"), as_of=AS_OF),
    "purchase_days": days_bought,
    "quality": lambda f: transactions.quality(f.kept("tally"), source_rows=5, as_of=AS_OF),
    "in_order": lambda f: transactions.in_order(f.kept("customer_days")),
    "pauses": lambda f: transactions.pauses(f.kept("in_order")),
    "gaps": lambda f: thresholds.gaps(f.kept("pauses"), as_of=AS_OF),
    "runs": lambda f: lifecycle.runs_of_purchases(f.kept("pauses"), inactive_after=INACTIVE_AFTER),
    "spells": lambda f: lifecycle.spells(
        f.kept("runs"), dormant_for=LOST_AFTER - INACTIVE_AFTER, as_of=AS_OF
    ),
    "spells without dormancy": lambda f: lifecycle.spells(
        f.kept("runs"), dormant_for=0, as_of=AS_OF
    ),
    "stays": lambda f: lifecycle.stays(f.kept("spells"), calendar=f.calendar),
    "stays by week": lambda f: lifecycle.stays(f.kept("spells"), calendar=f.weeks),
    "stays of retail quarters": lambda f: lifecycle.stays(f.kept("spells"), calendar=f.retail),
    "ledger": lambda f: ledger.ledger(
        f.kept("spells"), f.kept("stays"), f.kept("customer_days"), calendar=f.calendar
    ),
    "ledger by week": lambda f: ledger.ledger(
        f.kept("spells"), f.kept("stays by week"), f.kept("customer_days"), calendar=f.weeks
    ),
    "ledger by 4-4-5": lambda f: ledger.ledger(
        f.kept("spells"),
        f.kept("stays of retail quarters"),
        f.kept("customer_days"),
        calendar=f.retail,
    ),
    "stocks": lambda f: ledger.stocks(f.kept("spells"), calendar=f.calendar),
    "revenue": lambda f: ledger.revenue(
        f.kept("spells"), f.kept("customer_days"), calendar=f.calendar
    ),
    "shares": lambda f: rates.shares(
        f.kept("spells"), f.kept("stays"), f.kept("ledger"), calendar=f.calendar
    ),
    "revenue churn": lambda f: rates.revenue_churn(
        f.kept("stays"), f.kept("customer_days"), calendar=f.calendar
    ),
    "revenue churn by week": lambda f: rates.revenue_churn(
        f.kept("stays by week"), f.kept("customer_days"), calendar=f.weeks
    ),
    "rates": lambda f: rates.rates(
        f.kept("shares"), f.kept("revenue churn"), f.kept("quick ratio")
    ),
    **{name: table for key in OPTIONAL for name, table in of_source(key).items()},
    "prospects": lambda f: prospects.prospects(f.kept("prospects, tally"), as_of=AS_OF),
    "contacts": lambda f: contacts.contacts(f.kept("contacts, tally"), as_of=AS_OF),
    "plans": lambda f: contacts.plans(f.kept("contacts, tally"), as_of=AS_OF),
    "responses": lambda f: experiments.responses(
        f.kept("contacts"),
        f.kept("spells"),
        f.kept("customer_days"),
        response_days=30,
        as_of=AS_OF,
    ),
    "arms": lambda f: experiments.arms(f.kept("responses")),
    "answers": lambda f: feedback.answers(f.kept("feedback, tally"), as_of=AS_OF),
    "reasons": lambda f: reasons.reasons(
        f.kept("answers"),
        f.kept("spells"),
        f.kept("customer_days"),
        notice_days=INACTIVE_AFTER,
        as_of=AS_OF,
    ),
    "listed": lambda f: do_not_contact.listed(f.kept("do_not_contact, tally")),
    "account of": lambda f: quality.account_of(
        f.kept("counts").select(check=ibis.literal("kept"), rows="rows"), source="x", drops=("y",)
    ),
    "spells of prospects": lambda f: lifecycle.with_prospects(
        f.kept("spells"), f.kept("prospects")
    ),
    "shares with prospects": lambda f: rates.shares(
        f.kept("spells of prospects"),
        f.kept("stays"),
        f.kept("ledger"),
        calendar=f.calendar,
        scope="with_prospects",
    ),
    "conversion": lambda f: rates.conversion(f.kept("spells of prospects"), calendar=f.calendar),
    "quick ratio": lambda f: rates.quick_ratio(f.kept("ledger")),
    "cohorts": lambda f: cohorts.cohorts(f.kept("in_order"), calendar=f.calendar),
    "cohorts by week": lambda f: cohorts.cohorts(f.kept("in_order"), calendar=f.weeks),
    "lapses": lambda f: cohorts.lapses(f.kept("spells"), calendar=f.calendar),
    "first purchases": lambda f: cohorts.first_purchases(f.kept("customer_days")),
    "ages": lambda f: cohorts.ages(f.kept("first purchases"), calendar=f.calendar),
    "refunds": lambda f: transactions.refunds(f.kept("tally"), as_of=AS_OF),
    "unbounded": lambda f: cohort_views.unbounded(f.kept("customer_days"), calendar=f.calendar),
    "cohort revenue": lambda f: cohort_views.cohort_revenue(
        f.kept("customer_days"), f.kept("refunds"), calendar=f.calendar
    ),
    "rolling": lambda f: follow_up.rolling(f.kept("customer_days"), calendar=f.calendar),
    "brackets": lambda f: follow_up.brackets(
        f.kept("customer_days"), (0, 1, 8, 31, 91), calendar=f.calendar
    ),
    "second life": lambda f: follow_up.second_life(
        f.kept("spells"), f.kept("customer_days"), calendar=f.calendar
    ),
    # Hashes are each engine's own.
    "fingerprint": lambda f: fingerprints.fingerprint(f.kept("tally")).mutate(
        hashes=ibis._.hashes != 0
    ),
    "activity": lambda f: activity.activity(f.kept("customer_days"), calendar=f.calendar),
    "last purchases": lambda f: audiences.last_purchases(
        days_bought(f), inactive_after=INACTIVE_AFTER
    ),
    "last services": lambda f: audiences.last_services(f.kept("runs of services"), as_of=AS_OF),
    "customers": lambda f: audiences.customers(
        f.kept("last purchases"),
        f.kept("spells"),
        f.kept("standing"),
        dormant_for=LOST_AFTER - INACTIVE_AFTER,
        as_of=AS_OF,
    ),
    **{
        name: lambda f, name=name: audiences.audience(
            f.kept("customers"), name, audiences.Asked(AS_OF, AS_OF - timedelta(days=60), 14)
        )
        for name in audiences.NAMES
    },
    "with segments": lambda f: audiences.with_segments(
        f.kept("where"),
        f.kept("where").select("customer_id", segment=ibis.literal("x"), value="state"),
        ["x", "y"],
    ),
    "without": lambda f: audiences.without(f.kept("where"), f.kept("listed").limit(0)),
    "first two": lambda f: onboarding.first_two(days_bought(f), calendar=f.calendar),
    "onboarding": lambda f: onboarding.onboarding(f.kept("first two"), calendar=f.calendar),
    "onboarding by segment": lambda f: onboarding.by_segment(
        f.kept("first two"),
        f.kept("first two").select(
            "customer_id", segment=ibis.literal("x"), value=(ibis._.days_seen % 3).cast("string")
        ),
    ),
    "rfm": lambda f: rfm.rfm(days_bought(f), as_of=AS_OF),
    "former activity": lambda f: inactive.former_activity(days_bought(f)),
    "activity ranges": lambda f: inactive.activity_ranges(f.kept("former activity")),
    "standing": lambda f: inactive.standing(
        f.kept("spells"), f.kept("customer_days"), inactive_after=INACTIVE_AFTER, as_of=AS_OF
    ),
    "inactive": lambda f: inactive.inactive_groups(f.kept("standing")),
    "inactive by segment": lambda f: inactive_segments.inactive_by_segment(
        f.kept("standing"), f.kept("segment values")
    ),
    "rfm scores": lambda f: rfm_segments.rfm_scores(f.kept("rfm"), f.kept("customer_days")),
    "rfm segments": lambda f: rfm_segments.rfm_segments(f.kept("rfm scores"), f.kept("standing")),
    "gone": lambda f: rates.gone(f.kept("stays")),
    "returned": lambda f: rates.returned(f.kept("spells"), f.calendar),
    "segment values": lambda f: segments.segment_values(
        transactions.transactions(f.raw.select(**SEGMENTED), unit="Shop", segments=("kind", "id")),
        f.kept("customer_days"),
        ("kind", "id"),
    ),
    "segment values counted": lambda f: segments.values_counted(f.kept("segment values")),
    "segment counts": lambda f: segments.segment_counts(
        f.kept("spells"), f.kept("segment values"), calendar=f.calendar
    ),
    "states": lambda f: inactive.states(f.kept("spells")),
    "outcomes": lambda f: opportunity.outcomes(
        f.kept("customer_days"),
        day=date(2023, 10, 15),
        since=date(2022, 12, 1),
        inactive_after=INACTIVE_AFTER,
    ),
    "realised": lambda f: opportunity.realised(
        f.kept("customer_days"),
        day=date(2023, 10, 15),
        since=date(2022, 12, 1),
        inactive_after=INACTIVE_AFTER,
    ),
    "growth": lambda f: opportunity.growth(
        f.kept("customer_days"), inactive_after=INACTIVE_AFTER, as_of=AS_OF
    ),
    "waits": lambda f: second_purchase.waits(days_bought(f), as_of=AS_OF),
    "share": lambda f: share(f.kept("ledger"), "lapsed", "opening_active", "rate"),
    **{
        f"transactions, {name}": lambda f, name=name: transactions.transactions(
            f.read(name), unit="Shop"
        )
        for name in READINGS
    },
    **{
        f"refused, {fault}": lambda f, fault=fault: transactions.refused(
            f.read("dates"), unit="Shop", fault=fault
        )
        for fault in transactions.UNREADABLE.values()
    },
    "dates": lambda f: transactions.dates(f.kept("tally")),
    "shown": lambda f: cells.shown(
        f.kept("first purchases").order_by("customer_id"), ["first_day"]
    ),
    "counts": lambda f: quality.counts(f.kept("tally"), "rows_after_query"),
    "account": lambda f: quality.account(
        f.kept("counts"), checks=["rows_after_query", "kept"], drops=(), source_rows=5
    ),
    "subscriptions": lambda f: subscriptions.subscriptions(agreed(f.raw), unit="Shop"),
    "subscriptions, refused": lambda f: subscriptions.refused(
        agreed(f.raw), unit="Shop", fault=subscriptions.END_BEFORE_START
    ),
    "subscriptions, tally": lambda f: subscriptions.rounded(
        subscriptions.counted(subscriptions.subscriptions(agreed(f.raw), unit="Shop"))
    ),
    "subscriptions, dates": lambda f: subscriptions.dates(f.kept("subscriptions, tally")),
    "subscriptions, quality": lambda f: subscriptions.quality(
        f.kept("subscriptions, tally"), source_rows=5, as_of=AS_OF
    ),
    "contracts": lambda f: subscriptions.contracts(f.kept("subscriptions, tally"), as_of=AS_OF),
    "runs of services": lambda f: services.runs_of_services(f.kept("contracts"), as_of=AS_OF),
    "days of service": lambda f: services.customer_days(f.kept("contracts"), calendar=f.calendar),
    "former service": lambda f: tenure.former_service(
        f.kept("contracts"), first_day=f.calendar.first_day, as_of=AS_OF
    ),
    "former tenure": lambda f: tenure.former_tenure(f.kept("former service")),
    "standing of contracts": lambda f: tenure.standing_of_contracts(
        f.kept("standing"), f.kept("runs of services"), as_of=AS_OF
    ),
    "outcomes of contracts": lambda f: opportunity.outcomes(
        f.kept("former service"),
        day=date(2023, 10, 15),
        since=date(2022, 12, 1),
        inactive_after=tenure.SILENT_DAYS,
        former=tenure.former_tenure,
    ),
    "days of service by week": lambda f: services.customer_days(
        f.kept("contracts"), calendar=f.weeks
    ),
    "recurring": lambda f: recurring.recurring(f.kept("contracts"), calendar=f.calendar),
}
"""Every public function that gives a table, on the tables before it."""

KEPT = ("tally", "customer_days", "first purchases", "refunds", "runs", "spells", "ledger")
"""Tables that others rest on."""
