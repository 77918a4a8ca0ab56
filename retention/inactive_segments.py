"""The dormant and lost customers of a unit by segment: which values they come from."""

import ibis
import ibis.expr.types as ir

from retention.curves import share
from retention.lifecycle import ACTIVE, DORMANT, LOST

INACTIVE_BY_SEGMENT = ibis.schema(
    {
        "segment": "string",
        "value": "string",
        "dormant": "int64",
        "lost": "int64",
        "customers": "int64",
        "inactive": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
        "former_value": "float64",
    }
)


def inactive_by_segment(standing: ir.Table, values: ir.Table) -> ir.Table:
    """One row a segment and value of it, those of active customers alone too. INACTIVE_BY_SEGMENT.

    `customers` = `dormant` + `lost`, as in inactive.inactive_groups; `share` = `customers` /
    `inactive`, all of the dormant and lost, with Wilson's 95 % interval; absent where nobody is
    inactive. The values of a segment add up to `inactive`, because every customer has one.
    `former_value` is the sum of theirs, of the inactive alone.

    standing: inactive.STANDING; values: segments.VALUES.
    """
    held = values.join(standing, "customer_id")
    counted = held.group_by("segment", "value").agg(
        dormant=(held.state == DORMANT).sum(),
        lost=(held.state == LOST).sum(),
        money=(held.state == ACTIVE).ifelse(0, held.former_value).sum(),
    )
    filled = counted.mutate(
        customers=counted.dormant + counted.lost, former_value=counted.money.cast("float64")
    )
    filled = filled.mutate(inactive=filled.customers.sum().over(ibis.window(group_by="segment")))
    return (
        share(filled, "customers", "inactive", "share")
        .select(*INACTIVE_BY_SEGMENT.names)
        .cast(INACTIVE_BY_SEGMENT)
        .order_by("segment", "value")
    )
