"""RFM: what a customer's past says in four numbers, the input of customer-value models."""

from datetime import date

import ibis
import ibis.expr.types as ir

RFM = ibis.schema(
    {
        "customer_id": "string",
        "frequency": "int64",
        "recency": "int64",
        "T": "int64",
        "monetary_value": "float64",
    }
)


def rfm(purchase_days: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer, as models of customer value take it. Returns RFM, in days.

    - frequency: purchase days after the first, so that a customer of one day has 0
    - recency: days from the first to the last purchase day (not days since: the field's word)
    - T: days from the first purchase day to `as_of`
    - monetary_value: mean amount of the purchase days after the first; 0 where there are none

    This is `summary_data_from_transaction_data` of the lifetimes package, and `rfm_summary` of
    PyMC-Marketing, with the first purchase left out of the money, as their gamma-gamma model
    wants. Only purchase days count: days that add up to 0 or less are left out.
    Source: Fader, Hardie & Lee 2005, "RFM and CLV"; Fader & Hardie 2013 (the gamma-gamma model).
    """
    first = purchase_days.group_by("customer_id").agg(first_day=ibis._.day.min())
    days = purchase_days.join(first, "customer_id")
    is_repeat = days.day > days.first_day
    customers = days.group_by("customer_id", "first_day").agg(
        last_day=days.day.max(),
        frequency=is_repeat.sum(),
        amount=days.amount.sum(where=is_repeat).cast("float64"),
    )
    return customers.select(
        "customer_id",
        "frequency",
        recency=customers.last_day.delta(customers.first_day, unit="day"),
        T=ibis.literal(as_of).delta(customers.first_day, unit="day"),
        monetary_value=(customers.amount / customers.frequency.nullif(0)).fill_null(0.0),
    ).cast(RFM)
