"""Groups too small to be shown, so that no figure of the page is that of a few people.

What is left out must not follow from what is shown: the difference between a total and the groups
that are shown belongs to the hidden groups together, and these are never few.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import wilson
from retention.lifecycle import DORMANT, LOST
from retention.rates import CHURN, REVENUE_CHURN
from retention.recurring import (
    CUSTOMERS,
    EXPANSION_MRR,
    GAINS,
    GROSS_RETENTION,
    LOSSES,
    NET_RETENTION,
    NET_WITH_REACTIVATED,
    REACTIVATED_MRR,
)

SMALL = "small_groups"
"""Name of the row that hidden groups make together."""


def hidden(sizes: pd.Series, *, least: int) -> pd.Series:
    """Which groups to hide, of so many customers each: one truth value a group.

    Every group of fewer than `least` customers; and, until the hidden together are that many, the
    smallest of the others. Where none is too small, none is hidden.

    >>> hidden(pd.Series([40, 3, 7, 90]), least=5).tolist()
    [False, True, True, False]
    >>> hidden(pd.Series([40, 3, 4, 90]), least=5).tolist()
    [False, True, True, False]
    """
    by_size = sizes.sort_values(kind="stable")
    small = by_size < least
    if not small.any():
        return sizes != sizes
    # A group is hidden if it is small, or if the smaller ones alone would be too few.
    smaller = by_size.cumsum() - by_size
    return (small | (smaller < least)).reindex(sizes.index)


def hidden_across(cells: pd.DataFrame, ways: Sequence[str], *, least: int) -> pd.Series:
    """Which cells to hide where the groups of each of the `ways` are shown too, as by `pooled`.

    cells: the `customers` of each pair of groups, a few of either. Every cell of fewer than `least`
    is hidden, and others, as few customers as will do, until no such cell follows from what the
    groups have in all, and what is hidden of a group and does not follow is `least` together.
    """
    sizes = cells["customers"].to_numpy()
    shown = [_groups_shown(cells, way, least=least) for way in ways]
    lines = np.array([group == name for group in shown for name in group.unique()], dtype=bool)
    # What follows although all is hidden follows from the groups alone.
    anyway = _exposed(sizes, lines, np.full(len(sizes), True), least)
    out = sizes < least
    while problems := _exposed(sizes, lines, out, least) - anyway:
        others = [place for place in range(len(sizes)) if not out[place]]
        # A cell is safe at the corner of four that are hidden: it takes three more at the most.
        some = [more for count in (1, 2, 3) for more in combinations(others, count)]
        for more in sorted(some, key=lambda more: sizes[list(more)].sum()):
            tried = out.copy()
            tried[list(more)] = True
            if len(_exposed(sizes, lines, tried, least) - anyway) < len(problems):
                out = tried
                break
        else:
            out = np.full(len(sizes), True)
    return pd.Series(out, index=cells.index)


def _exposed(
    sizes: npt.NDArray[Any], lines: npt.NDArray[Any], out: npt.NDArray[Any], least: int
) -> set[tuple[str, int]]:
    """The hidden cells of few, and the groups with few hidden, that follow from the groups' sums.

    lines: a row a group, that says which cells are in it.
    """
    # A cell follows where it is a combination of what the groups have hidden together.
    sums = lines[:, out].astype(float)
    follows = np.full(len(sizes), False)
    follows[out] = np.isclose(np.diag(np.linalg.pinv(sums) @ sums), 1)
    unknown = lines[:, out & ~follows] @ sizes[out & ~follows]
    told = np.flatnonzero(follows & (sizes < least))
    few = np.flatnonzero((unknown > 0) & (unknown < least))
    return {("cell", int(n)) for n in told} | {("group", int(n)) for n in few}


def _groups_shown(cells: pd.DataFrame, way: str, *, least: int) -> pd.Series:
    """The group of each cell as it is shown in all: SMALL for those that `pooled` takes as one."""
    small = hidden(cells.groupby(way)["customers"].sum(), least=least)
    return cells[way].mask(cells[way].map(small).astype(bool), SMALL)


def learned_from_many(cells: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """Cells (opportunity_value.OPPORTUNITY) without the figures learned from few who returned.

    Cells that are learned from together have the same `stood_before` and `returned`. What is told
    of all cells together must not give the figures of few, as in `hidden`.
    """
    together = cells.groupby(["stood_before", "returned"]).ngroup()
    few = hidden(cells["returned"].groupby(together).first(), least=least)
    hide = together.map(few).astype(bool)
    kept = ["since_lapse", "former_activity", "customers", "former_value", "stood_before"]
    figures = cells.columns.difference(kept, sort=False)
    return cells.assign(**{str(name): cells[name].mask(hide) for name in figures})


def came_of_many(backtest: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """The days (opportunity_backtest.BACKTEST) of which no figure is of few.

    They are of `least` customers or more, of whom as many returned, or nobody did, or can have yet.

    The others are left out whole, for estimate and error together would give what came.
    """
    few = backtest["returned"].between(1, least - 1) | (backtest["customers"] < least)
    return backtest[~few].reset_index(drop=True)


def merged(revenue: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """One row a period and way of buying (ledger.REVENUE), small ways of a period as one: SMALL."""
    small = revenue.groupby("period")["customers"].transform(hidden, least=least).astype(bool)
    named = revenue.assign(bought_as=revenue["bought_as"].mask(small, SMALL))
    added = named.groupby(["period", "bought_as"], as_index=False)[["customers", "revenue"]].sum()
    return added[list(revenue.columns)]


def pooled(
    groups: pd.DataFrame, *, least: int, of: str = "inactive", called: str = SMALL
) -> pd.DataFrame:
    """One row a group (inactive.GROUPS, of one breakdown), small groups as one.

    of: the column whose share the groups are; called: the group of the row of small groups.

    Groups without anybody are left out, and so is that row where it has fewer than `least`.
    Where the dormant or the lost of a group are few, it is not said how many it has of each; where
    all of them are few, it is not said of any group.
    """
    some = groups[groups["customers"] > 0]
    small = hidden(some["customers"], least=least)
    parts = [name for name in (DORMANT, LOST) if name in groups]
    together = some[small][[*parts, "customers", "former_value"]].sum()
    shown = some[~small]
    if together["customers"] >= least:
        row = some[small].head(1).assign(group=called, **together)
        shown = pd.concat([shown, row], ignore_index=True)
    few = pd.Series(False, index=shown.index)
    for part in parts:
        sizes = shown.loc[shown[part] > 0, part]
        few |= hidden(sizes, least=least).reindex(shown.index, fill_value=False)
        # How many there are in all is known: groups without any would tell who has them.
        few |= 0 < sizes.sum() < least
    low, high = wilson(shown["customers"], shown[of])
    return shown.assign(
        **{part: shown[part].mask(few) for part in parts},
        share=shown["customers"] / shown[of],
        low=low.clip(lower=0),
        high=high.clip(upper=1),
    )


def of_many(rates: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """The rates of one segment (segments.COMPARED) without those of few.

    Values of few customers are left out; of the others the figures of a measure are absent where
    those of them that were at risk are few.
    """
    sizes = rates.drop_duplicates("value").set_index("value")["customers"]
    some = rates[rates["customers_at_risk"] > 0]
    by_measure = some.groupby("measure")["customers_at_risk"]
    few = by_measure.transform(hidden, least=least).reindex(rates.index, fill_value=False)
    figures = list(rates.columns[rates.columns.get_loc("customers_at_risk") :])
    blanked = rates.assign(**{name: rates[name].mask(few.astype(bool)) for name in figures})
    return blanked[~rates["value"].map(hidden(sizes, least=least)).astype(bool)]


def watched_by_many(shares: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """The rows (onboarding.BY_SEGMENT) of values of which many have been watched for so long."""
    sizes = shares.groupby(["segment", "days"])["watched"]
    return shares[~sizes.transform(hidden, least=least).astype(bool)]


def without_few(rates: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """The rates (rates.RATES) without the money of few: revenue churn is absent where fewer than
    `least` customers were lost, or kept, and some were."""
    churn = rates[rates["measure"] == CHURN].set_index("period")
    lost, kept = churn["numerator"], churn["denominator"] - churn["numerator"]
    few = (lost.between(1, least - 1)) | (kept.between(1, least - 1))
    money = rates["measure"].eq(REVENUE_CHURN) & rates["period"].map(few).astype(bool)
    figures = ["numerator", "rate"]
    return rates.assign(**{name: rates[name].mask(money) for name in figures})


def moved_by_many(recurring: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """MRR (recurring.RECURRING) without what few customers moved: those amounts are absent.

    Gains and losses are hidden apart, as `hidden` does, so that neither total tells of few. Where
    all gains, or all losses, of a period are of few customers, every movement of it is absent,
    because the others and the change of MRR would tell them; so are the shares that would.
    """
    shares = [GROSS_RETENTION, NET_RETENTION, NET_WITH_REACTIVATED]
    shown = recurring.copy()
    for row, sizes in recurring[list(CUSTOMERS.values())].iterrows():
        sides = [pd.Series({name: sizes[CUSTOMERS[name]] for name in s}) for s in (GAINS, LOSSES)]
        if any(0 < side.sum() < least for side in sides):
            shown.loc[row, [*GAINS, *LOSSES, *shares]] = float("nan")
            continue
        few = [
            name
            for side in (side[side > 0] for side in sides)
            for name, is_hidden in hidden(side, least=least).items()
            if is_hidden
        ]
        told = shares[1:] if {EXPANSION_MRR, REACTIVATED_MRR} & set(few) else []
        shown.loc[row, [*few, *told]] = float("nan")
    return shown
