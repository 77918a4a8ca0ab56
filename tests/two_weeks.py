"""Two weeks of drawn customers, whose figures are worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import oracle
import timelines

START = timelines.START


def day(i: int) -> date:
    """The i-th drawn day; the first is 0."""
    return START + timedelta(days=i)


def drawn(**histories: str) -> tuple[oracle.Days, date]:
    """Days and as_of of several drawn customers; all drawings end on the same day."""
    (as_of,) = {timelines.as_of(text) for text in histories.values()}
    rows = [
        row for name, text in histories.items() for row in timelines.purchases(text, START, name)
    ]
    return oracle.purchase_days_from_rows(rows, as_of), as_of


def values(rows: list[oracle.Row], *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


# Two whole weeks and three days of a third. inactive_after 2, lost_after 4, so by hand:
#        week 1   week 2   running         states at the close
# ann    $......  ..$....  ...             AADDLLL LLAADDL LLL
# bob    .....$.  ..$.$..  ...             -----AA DDAAAAD DLL
# cat    ......$  ...$.$.  ...             ------A ADDAAAA DDL
# dan    ....$..  .r.....  ...             ----AAD DLLLLLL LLL
# eve    ...r...  .......  ...             never a customer
WEEKS = {
    "ann": "$......" + "..$...." + "...",
    "bob": ".....$." + "..$.$.." + "...",
    "cat": "......$" + "...$.$." + "...",
    "dan": "....$.." + ".r....." + "...",
    "eve": "...r..." + "......." + "...",
}
