"""Whether two readings of a table found the same rows, said in a few digits."""

import ibis
import ibis.expr.types as ir

FINGERPRINT = ibis.schema({"rows": "int64", "hashes": "decimal(38, 0)"})


def fingerprint(table: ir.Table) -> ir.Table:
    """One row: how many rows a table has, and the sum of the hashes of their content.

    Rows count as often as they occur, and their order does not matter. A hash is the engine's own:
    fingerprints of two engines, or of two versions of one, are not compared. Returns FINGERPRINT.
    """
    texts = [table[column].cast("string").fill_null("\\N") for column in table.columns]
    content = texts[0]
    for text in texts[1:]:
        content = content + "|" + text
    hashes = content.hash().cast("decimal(38, 0)").sum().fill_null(0)
    return table.agg(rows=table.count(), hashes=hashes).cast(FINGERPRINT)
