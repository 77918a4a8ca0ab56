"""A group of units: their ledgers as one, whose totals add up.

A customer belongs to one unit, so customers and events add, whatever the unit's model: shops and
contracts in one group. Money adds where the units share a currency.
"""

from collections.abc import Mapping

import pandas as pd  # noqa: TID251 (small frames only)

from retention import identities
from retention.errors import CheckFailed
from retention.ledger import LEDGER

_MONEY = "revenue"
_NAMES = ("period", "period_end")
COUNTS = tuple(name for name in LEDGER.names if name not in (*_NAMES, _MONEY))


def group_ledger(ledgers: Mapping[str, pd.DataFrame], *, currencies: set[str]) -> pd.DataFrame:
    """One row a period that is complete in every unit: the ledgers of the units, added.

    ledgers: unit -> ledger.LEDGER, of one frequency and calendar. A unit that has not begun in a
        period counts nothing there, for it had no customers; a period that a unit has not
        completed yet is left out, because nobody knows the total.
    currencies: of the units; `revenue` is empty where they are more than one.
    Returns the columns of LEDGER. Raises CheckFailed where the total breaks an identity, or periods
    of one first day have different ends.
    """
    together = pd.concat(ledgers.values(), ignore_index=True)
    ends = together.groupby("period")["period_end"].nunique()
    if (ends > 1).any():
        raise CheckFailed(
            f"the periods from {ends.idxmax():%Y-%m-%d} on have different ends in the units; give "
            "the units of a group one frequency and calendar"
        )
    last = min(frame["period"].max() for frame in ledgers.values())
    known = together[together["period"] <= last]
    total = known.groupby(list(_NAMES), as_index=False)[[*COUNTS, _MONEY]].sum()
    if len(currencies) > 1:
        total[_MONEY] = float("nan")
    table: pd.DataFrame = total[list(LEDGER.names)]
    check(table, ledgers)
    return table


def check(group: pd.DataFrame, ledgers: Mapping[str, pd.DataFrame]) -> None:
    """Assert that the ledger of a group is one: stocks follow from events, and units add up to it.

    Raises CheckFailed that names the period, the identity and both sides.
    """
    came = group["new"] + group["reactivated"] + group["won_back"]
    everybody = sum(group[f"closing_{state}"] for state in ("active", "dormant", "lost"))
    sides = {
        "active: opening + new + reactivated + won_back - lapsed = closing": (
            group["opening_active"] + came - group["lapsed"],
            group["closing_active"],
        ),
        "lost: opening + lost - won_back = closing": (
            group["opening_lost"] + group["became_lost"] - group["won_back"],
            group["closing_lost"],
        ),
        "active + dormant + lost = customers acquired so far": (everybody, group["new"].cumsum()),
        **{
            f"{name} of the group = of its units": (
                group[name],
                sum(
                    frame.set_index("period")[name].reindex(group["period"], fill_value=0)
                    for frame in ledgers.values()
                ).set_axis(group.index),
            )
            for name in COUNTS
        },
    }
    identities.check(group["period"], {f"group, {name}": both for name, both in sides.items()})
