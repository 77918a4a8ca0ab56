"""From a list of people who must not be written to, to their ids.

Whoever has objected, is deceased, or is for any reason not to be contacted. The list is taken as it
stands: it has no days, and whoever is on it is removed from every audience.
"""

import ibis
import ibis.expr.types as ir

from retention.source_rows import OptionalSource

SOURCE = OptionalSource(
    name="do_not_contact",
    columns={"customer_id": "client"},
    once=("customer_id",),
    words=(
        "not to be contacted: rows in their source",
        "not to be contacted: rows of other units",
        "not to be contacted, dropped: no customer id",
        "not to be contacted: rows counted",
        "not to be contacted: of these, of people named before",
    ),
)

LISTED = ibis.schema({"customer_id": "string"})


def listed(tally: ir.Table) -> ir.Table:
    """One row a person who must not be contacted. Returns LISTED."""
    return tally.filter(tally.fault == "").select("customer_id").cast(LISTED)
