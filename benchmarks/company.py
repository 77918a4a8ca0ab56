"""Transactions of a made-up company, as many as asked for, in one parquet file. All engine-side."""

import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.measure import ROOT

UNITS = 50
ROWS_A_CUSTOMER = 10

_ROWS = """
COPY (
    WITH people AS (
        SELECT
            range AS person,
            range % {units} AS unit,
            -- Each buys at an own pace, from a first day on, until falling silent for good.
            hash(range, 1) % 1000 AS first_day,
            7 + hash(range, 2) % 84 AS pace,
            2 * {rows_a_customer} AS most
        FROM range({customers})
    ),
    rows AS (
        SELECT person, unit, first_day, pace, unnest(range(1 + (hash(person, 3) % most)::INT)) AS n
        FROM people
    )
    SELECT
        CASE WHEN hash(person, n, 4) % 200 = 0 THEN NULL
            ELSE printf('%02d-%08d', unit, person) END AS customer_id,
        -- Every 17th pause is a long one: the customer goes, and comes back.
        TIMESTAMP '2023-01-01' + to_days((first_day + n * pace
            + 190 * ((n + hash(person, 5) % 17) // 17)
            + hash(person, n, 6) % 5)::INT % 1250) + to_seconds((hash(person, n, 7) % 86400)::INT)
            AS ordered_at,
        CASE WHEN hash(person, n, 8) % 25 = 0 THEN -1 ELSE 1 END
            * (100 + hash(person, n, 9) % 20000) / 100.0 AS amount,
        printf('Unit %02d', unit) AS unit
    FROM rows
    ORDER BY hash(n, person)  -- as it comes: by no customer and no unit
) TO '{path}' (FORMAT parquet)
"""


def transactions(rows: int, folder: Path) -> Path:
    """Write about `rows` transactions of a tenth as many customers, once; return their file.

    In a process of its own, since Linux counts the memory of a process as that of what it starts.
    """
    path = folder / f"transactions_{rows}.parquet"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        write = [sys.executable, "-m", "benchmarks.company", str(rows), str(unfinished.resolve())]
        subprocess.run(write, cwd=ROOT, check=True)
        unfinished.rename(path)
    return path


def main() -> None:
    """Write so many rows to a file."""
    rows, path = int(sys.argv[1]), Path(sys.argv[2])
    with duckdb.connect() as engine:
        engine.execute(f"SET temp_directory = '{path.parent}'")
        engine.execute(
            _ROWS.format(
                units=UNITS,
                customers=rows // ROWS_A_CUSTOMER,
                rows_a_customer=ROWS_A_CUSTOMER,
                path=path,
            )
        )


if __name__ == "__main__":
    main()
