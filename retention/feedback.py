"""From a source of answers to the reasons why customers left.

An answer is what a customer said, or ticked, when asked why: a text as they gave it.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention.source_rows import OptionalSource

SOURCE = OptionalSource(
    name="feedback",
    columns={"customer_id": "client", "reported_on": "answered_on", "reason": "answer"},
    day="reported_on",
    empty={"reason": "no_reason"},
    once=("customer_id", "reported_on", "reason"),
    words=(
        "answers: rows in their source",
        "answers: rows of other units",
        "answers dropped: no customer id",
        "answers dropped: no date",
        "answers dropped: no reason",
        "answers dropped: reported after the last day covered",
        "answers: rows counted",
        "answers: of these, given before on the same day",
    ),
)

ANSWERS = ibis.schema({"customer_id": "string", "reported_on": "date", "reason": "string"})


def answers(tally: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer, day and reason, up to the close of `as_of`. Returns ANSWERS."""
    return SOURCE.kept(tally, as_of=as_of).select(*ANSWERS.names).cast(ANSWERS)
