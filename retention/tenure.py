"""Former customers of contracts: how long they once had service, and since when they have none.

What days of purchase are to a shop, days of service are to contracts: whoever has been without one
for a day is inactive. So the inactive of contracts are told apart, and valued, by the functions
that are there for purchases, from days of service; in place of former activity stands the tenure.
"""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from retention.inactive import STANDING, lapse_bracket
from retention.lifecycle import ACTIVE
from retention.periods import Calendar
from retention.services import customer_days, runs_of_services

TENURE_WITHIN = {90: "tenure_within_90", 365: "tenure_within_365", 730: "tenure_within_730"}
TENURE_LONGER = "tenure_longer"
"""Days of service -> the tenure that ends there, and the one without an end."""

TENURES = (*TENURE_WITHIN.values(), TENURE_LONGER)
"""How long somebody had service, rising."""

SILENT_DAYS = 1
"""Days since the last day of service from which on somebody is inactive: the end is the next."""

FORMER_TENURE = ibis.schema(
    {"customer_id": "string", "last_purchase_on": "date", "former_activity": "string"}
)


def former_service(contracts: ir.Table, *, first_day: date, as_of: date) -> ir.Table:
    """One row a day of service of a customer whose service has ever ended, and what it earned.

    Returns transactions.CUSTOMER_DAYS: a day of service earns as in services.customer_days.
    contracts: subscriptions.CONTRACTS, the first of them begun on `first_day`.
    """
    runs = runs_of_services(contracts, as_of=as_of)
    left = runs.filter(runs.lapses_on.notnull()).select("customer_id").distinct()
    daily = Calendar("day", first_day, as_of)
    return customer_days(contracts.semi_join(left, "customer_id"), calendar=daily)


def former_tenure(service_days: ir.Table) -> ir.Table:
    """One row a customer: the last day of service, and the tenure up to it. FORMER_TENURE.

    The tenure is all days of service, pauses left out; it stands in `former_activity`, and the
    last day in `last_purchase_on`. service_days: `customer_id`, `day`, one row a day of service.
    """
    each = service_days.group_by("customer_id").agg(
        last_purchase_on=service_days.day.max(), served=service_days.count()
    )
    return each.select(
        "customer_id", "last_purchase_on", former_activity=_tenure(each.served)
    ).cast(FORMER_TENURE)


def standing_of_contracts(standing: ir.Table, runs: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer who ever had service, as they stand at the close of `as_of`. STANDING.

    State, former value and value tier are those of `standing`, which counts what contracts earn by
    the slices of the report (services.customer_days). `former_activity` is the tenure, as in
    `former_tenure`; `since_lapse` the bracket of days since the first day without service.

    standing: inactive.STANDING; runs: lifecycle.RUNS.
    """
    tomorrow = ibis.literal(as_of + timedelta(days=1))
    until = ibis.coalesce(runs.lapses_on, tomorrow)
    served = runs.mutate(until=until, served=until.delta(runs.started_on, unit="day"))
    own = served.group_by("customer_id").agg(
        last_until=served.until.max(), served=served.served.sum()
    )
    joined = standing.drop("former_activity", "since_lapse").join(own, "customer_id")
    since = ibis.literal(as_of).delta(joined.last_until, unit="day")
    return (
        joined.mutate(
            former_activity=_tenure(joined.served),
            since_lapse=(joined.state == ACTIVE).ifelse(ibis.null("string"), lapse_bracket(since)),
        )
        .select(*STANDING.names)
        .cast(STANDING)
    )


def _tenure(days: ir.IntegerValue) -> ir.StringValue:
    return ibis.cases(
        *((days <= most, name) for most, name in TENURE_WITHIN.items()), else_=TENURE_LONGER
    )
