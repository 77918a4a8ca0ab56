"""Which figures of past periods a later run states otherwise than the run before.

The ledgers of two runs of one unit are compared, as they were published.
"""

import pandas as pd  # noqa: TID251 (small frames only)

RESTATEMENTS = ("period", "figure", "before", "after", "change")

LEAST_CHANGE = 0.005
"""From half a cent on a sum of money has moved; counts move by whole customers."""

_PERIOD = ["period", "period_end"]
# An opening is the close of the period before, told once more.
_REPEATED = "opening_"
_DECIMALS = 4


def common_periods(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame | None:
    """One row a period that both ledgers hold; None where they cut time into other periods.

    before, after: `period` and `period_end` as in ledger.LEDGER, which holds complete periods only.
    Where both look at the same days the periods must be the same: months are not compared with
    quarters, nor weeks from Monday with weeks from Sunday.
    """
    first = max(before["period"].min(), after["period"].min())
    end = min(before["period_end"].max(), after["period_end"].max())
    held = [
        frame.loc[(frame["period_end"] > first) & (frame["period"] < end), _PERIOD]
        for frame in (before, after)
    ]
    common = held[0].merge(held[1], on=_PERIOD)
    same = len(common) == len(held[0]) == len(held[1])
    return common.sort_values("period", ignore_index=True) if same else None


def restatements(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """One row a period and figure that has moved: what it was, what it is, and the difference.

    before, after: ledgers (ledger.LEDGER) of the earlier and of the later run. Periods and columns
    that only one of them holds are passed over, and so are openings: each is the close of the
    period before. `change` = after - before. Returns RESTATEMENTS, by period and then in the order
    of the ledger's columns; no row where nothing has moved.

    >>> days = {"period": pd.to_datetime(["2026-09-01"]), "period_end": ["2026-10-01"]}
    >>> old, new = (pd.DataFrame(days | {"new": [n], "revenue": [9.0]}) for n in (12, 14))
    >>> restatements(old, new).drop(columns="period").values.tolist()
    [['new', 12.0, 14.0, 2.0]]
    """
    figures = [
        column
        for column in after.columns
        if column in before.columns and column not in _PERIOD and _REPEATED not in column
    ]
    told = [
        frame.melt(_PERIOD, figures, var_name="figure", value_name=name).astype({name: "float64"})
        for frame, name in ((before, "before"), (after, "after"))
    ]
    both = told[0].merge(told[1], on=[*_PERIOD, "figure"])
    both["change"] = (both["after"] - both["before"]).round(_DECIMALS)
    appeared = both["before"].isna() != both["after"].isna()
    moved = both[(both["change"].abs() >= LEAST_CHANGE) | appeared]
    return moved.sort_values("period", kind="stable", ignore_index=True)[list(RESTATEMENTS)]
