"""From a source of known people to prospects.

A prospect is somebody whom the unit knows and who has never bought: a newsletter sign-up, a trial,
an open account.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention.source_rows import OptionalSource

SOURCE = OptionalSource(
    name="prospects",
    columns={"customer_id": "client", "known_on": "signed_up"},
    day="known_on",
    once=("customer_id",),
    words=(
        "prospects: rows in their source",
        "prospects: rows of other units",
        "prospects dropped: no customer id",
        "prospects dropped: no date",
        "prospects dropped: known after the last day covered",
        "prospects: rows counted",
        "prospects: of these, of people named before",
    ),
)

PROSPECTS = ibis.schema({"customer_id": "string", "known_on": "date"})


def prospects(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a person known by the close of `as_of`, on the first of their days. PROSPECTS.

    Who of them has bought meanwhile, or had before, lifecycle.with_prospects tells.
    """
    known = SOURCE.kept(tally, as_of=as_of)
    return known.group_by("customer_id").agg(known_on=known.known_on.min()).cast(PROSPECTS)
