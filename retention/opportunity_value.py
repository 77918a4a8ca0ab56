"""From small tables of outcomes to the opportunity value of the inactive, and its back-test.

The value is the sum over cells of customers x share that returns within the horizon x what a
returner spends in the year from the return on. A cell is days since the lapse and former activity.
"""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import wilson
from retention.inactive import ACTIVITIES, LAPSED_EARLIER, LAPSED_WITHIN, YEAR_DAYS
from retention.opportunity import HORIZON_DAYS
from retention.tenure import TENURES

BRACKETS = (*LAPSED_WITHIN.values(), LAPSED_EARLIER)
FORMERLY = (*ACTIVITIES, *TENURES)
"""How active, or of contracts for how long, customers once were; of a unit one of the two."""

ALL = "all_inactive"
"""In the place of a bracket and of an activity: all cells together."""

FEWEST = 10
"""Returns that a cell must have seen to be learned from alone, and a unit to have an estimate."""

BOUNDS = (0.05, 0.95)
"""Quantiles of the bootstrap that bound the 90 % interval."""
DRAWS, SEED = 1000, 20

EXACT = (0.0, 0.0)
"""An estimate of returns and of money that missed by no more than chance a year before."""
MOST = 10.0
"""To have missed by more than so many times counts as so many times."""

OPPORTUNITY = (
    *("since_lapse", "former_activity", "customers", "former_value"),
    *("stood_before", "returned", "return_share", "low", "high"),
    *("returns", "returns_low", "returns_high"),
    *("spend_a_year", "spend_a_year_low", "spend_a_year_high"),
    *("worth", "worth_low", "worth_high"),
)
HORIZON = timedelta(days=HORIZON_DAYS)

Look = Callable[[date, date], pd.DataFrame]
"""(day, since) -> opportunity.OUTCOMES of those inactive on that day, by purchases since then."""

Cell = tuple[str, str]
_CELL = ["since_lapse", "former_activity"]
_Floats = npt.NDArray[np.float64]


def rule_of_thumb(customers: float, share: float, value: float) -> float:
    """The field's plain sum: customers, times the share won back, times the value of each.

    >>> rule_of_thumb(200e6, 0.10, 245)
    4900000000.0
    """
    return customers * share * value


def opportunity(look: Look, growth: pd.DataFrame, *, first_day: date, as_of: date) -> pd.DataFrame:
    """One row a cell with an inactive customer at the close of `as_of`, and one of ALL together.

    Learned from those inactive HORIZON_DAYS ago, and estimated for those inactive now, each cell
    for itself, or with its neighbours where fewer than FEWEST of it have returned (see `_learned`):

    - customers: inactive now; former_value: what they spent in their last year (OUTCOMES)
    - stood_before, returned: learned from so many customers, of whom so many have returned;
      return_share is their quotient, `low` and `high` its 95 % interval (Wilson)
    - returns: customers x return_share
    - spend_a_year: a returner's mean spend in the YEAR_DAYS from the return on. What a returner has
      spent by now, d days after the return, is divided by G(d): the share of a year's spending that
      earlier returners, watched for a year, had done by then
    - worth: the opportunity value, returns x spend_a_year

    Of ALL: sums, and return_share = returns / customers. `_low` and `_high` are 90 % intervals for
    what will really come, not only for its mean (of the spend, for the mean of those who return,
    over the draws in which somebody does): by DRAWS of a bootstrap, each of which draws anew
    the customers who were learned from (of a cell, window and band, as if all alike) and the folds
    of returns that G is of, then what those inactive now do, each like one of them, and last, for
    all cells alike, by how much the estimate may miss beyond chance, as it did a year before (see
    `missed`). No other change in the business is in it.

    Both sides are seen with the same depth of history, or customers of cells of one name would not
    be alike: then by purchases from `first_day` on, now by those from HORIZON_DAYS after it on. Who
    has bought only before is left out: nobody could be watched who had been silent for so long.

    Columns OPPORTUNITY. No row where fewer than FEWEST customers have returned, or fewer than
    FEWEST returns have been watched for a year. growth: opportunity.GROWTH.
    Source of G: the development of claims in insurance (chain ladder; Mack 1993).
    """
    then, now = look(as_of - HORIZON, first_day), look(as_of, first_day + HORIZON)
    nothing = pd.DataFrame(columns=list(OPPORTUNITY))
    if growth["returns"][growth["days"] == 0].sum() < FEWEST:
        return nothing
    done = _done(growth)
    if done[0].min() <= 0:
        return nothing
    return estimate(now, then, done, missed(look, first_day=first_day, as_of=as_of))


def missed(look: Look, *, first_day: date, as_of: date) -> tuple[float, float]:
    """By how much more than chance the estimate of a year before missed: of returns, and of money.

    As the standard deviation of a logarithm: sqrt(ln(came / estimate)^2 - variance by chance), 0
    where chance explains it all; below 0 where less came, for one may miss up and the other down.
    What came and what is estimated is that within the horizon, by the same thresholds and depth of
    history. EXACT where the data do not reach back so far.
    """
    before = as_of - HORIZON
    if before - HORIZON <= first_day:
        return EXACT
    came = look(before, first_day + HORIZON)
    told = estimate(came, look(before - HORIZON, first_day), None)
    if told.empty:
        return EXACT
    back, total = came[came["window"].notna()], told.iloc[-1]
    return (
        _beyond_chance(back["customers"].sum(), total, "returns"),
        _beyond_chance(back["spend"].sum(), total, "worth"),
    )


def _beyond_chance(came: float, total: "pd.Series[float]", name: str) -> float:
    if total[name] <= 0:
        return 0.0
    told = np.array([came, total[f"{name}_low"], total[f"{name}_high"]]) / total[name]
    off, low, high = np.log(np.clip(told, 1 / MOST, MOST))
    by_chance = (high - low) / (2 * NormalDist().inv_cdf(BOUNDS[1]))
    return float(np.copysign(np.sqrt(max(off**2 - by_chance**2, 0.0)), off))


TOGETHER = "together"


def numbered(cells: pd.DataFrame) -> pd.DataFrame:
    """OPPORTUNITY without its last row, and in TOGETHER a number, the same of cells that were
    learned from the same customers; absent of a cell learned from alone.
    """
    # Their shares and spends are the same figures, reached by other roundings.
    alike = cells.assign(spend_a_year=cells["spend_a_year"].round(4))
    keys = ["stood_before", "returned", "spend_a_year"]
    several = alike.duplicated(keys, keep=False)
    return cells.assign(**{TOGETHER: alike[several].groupby(keys, sort=False).ngroup() + 1})


def _done(growth: pd.DataFrame) -> _Floats:
    """G by days since the return: as it was seen, and then one row a draw of the folds."""
    of_fold = growth.pivot(index="fold", columns="days", values="spend")
    by_day = of_fold.reindex(columns=range(YEAR_DAYS)).fillna(0.0).to_numpy(dtype=float)
    folds = len(by_day)
    drawn = _draws("growth").multinomial(folds, np.full(folds, 1 / folds), DRAWS)
    done = np.cumsum(np.vstack([np.ones(folds), drawn]) @ by_day, axis=1)
    # Refunds may leave nothing of a draw, which then has nothing to say of G.
    done = np.where(done.min(axis=1, keepdims=True) > 0, done, done[0])
    shares: _Floats = done / np.where(done[:, -1:] > 0, done[:, -1:], 1.0)
    return shares


def _draws(of: str) -> np.random.Generator:
    """Chance of its own for each thing that is drawn: of one seed they would go together."""
    return np.random.default_rng([SEED, *of.encode()])


def _by_then(done: _Floats, watched: _Floats) -> _Floats:
    """One row a row of `done`: G at each number of days watched, between two days in proportion."""
    place = np.clip(watched - 1, 0, YEAR_DAYS - 1)
    day = np.minimum(place.astype(int), YEAR_DAYS - 2)
    at: _Floats = done[:, day] + (done[:, day + 1] - done[:, day]) * (place - day)
    return at


def estimate(
    now: pd.DataFrame,
    then: pd.DataFrame,
    done: _Floats | None,
    beyond_chance: tuple[float, float] = EXACT,
) -> pd.DataFrame:
    """OPPORTUNITY of those in `now`, learned from `then`, as in `opportunity`.

    done: G as seen and in each draw (see `_done`); None: returns are worth their `spend` so far.
    beyond_chance: as `missed` has it.
    """
    # Engines give groups in any order, and the draws follow it.
    then = then.sort_values([*_CELL, "window", "band"], na_position="first", ignore_index=True)
    learned = _learned(then)
    cells = list(zip(*(then[name] for name in _CELL), strict=True))
    counts = then["customers"].to_numpy(dtype=float)
    returned = then["window"].notna().to_numpy().astype(float)
    # What one customer of each kind spends, as seen and in each draw.
    each = returned * then["spend"].to_numpy(dtype=float) / np.maximum(counts, 1)
    watched = then["watched_days"].to_numpy(dtype=float) / np.maximum(counts, 1)
    worth = each / (np.ones((DRAWS + 1, 1)) if done is None else _by_then(done, watched))
    rng = _draws("customers")
    drawn: _Floats = rng.poisson(counts, (DRAWS, len(counts))).astype(float)
    sizes = now.groupby(_CELL, as_index=False)[["customers", "former_value"]].sum()
    of_cell = {(row[0], row[1]): row[2:] for row in sizes.itertuples(index=False)}
    rows: list[dict[str, Any]] = []
    of_all = np.zeros((2, DRAWS))
    off = np.exp(np.outer(beyond_chance, _draws("missed").standard_normal(DRAWS)))
    for cell in (cell for cell in learned if cell in of_cell):
        used = [number for number, other in enumerate(cells) if other in learned[cell]]
        customers, former_value = of_cell[cell]
        seen = np.array([counts[used] @ returned[used], counts[used] @ worth[0, used]])
        expected = customers * seen / counts[used].sum()
        picked = rng.multinomial(customers, _shares(drawn[:, used], counts[used]))
        came = np.stack([picked @ returned[used], (picked * worth[1:, used]).sum(axis=1)]) * off
        # No more can return than there are: what they spend is less in the same proportion.
        came *= np.minimum(1.0, customers / np.maximum(came[0], 1.0))
        of_all += came
        stood, back = int(counts[used].sum()), int(counts[used] @ returned[used])
        low, high = wilson(back, stood)
        told = dict(zip(_CELL, cell, strict=True)) | {
            "customers": customers,
            "former_value": former_value,
            "stood_before": stood,
            "returned": back,
            "low": max(low, 0.0),
            "high": min(high, 1.0),
        }
        rows.append(told | _amounts(customers, expected, came))
    if not rows:
        return pd.DataFrame(columns=list(OPPORTUNITY))
    total = {name: sum(row[name] for row in rows) for name in ("customers", "former_value")}
    learned_from = {"stood_before": int(counts.sum()), "returned": int(counts @ returned)}
    summed_up: _Floats = np.array([sum(row[name] for row in rows) for name in ("returns", "worth")])
    summed = dict.fromkeys(_CELL, ALL) | total | learned_from
    rows.append(summed | _amounts(total["customers"], summed_up, of_all))
    return pd.DataFrame(rows, columns=list(OPPORTUNITY))


def _amounts(customers: int, expected: _Floats, drawn: _Floats) -> dict[str, float]:
    """Returns and money of so many customers, as expected and by the bounds of what was drawn."""
    returns, value = (float(amount) for amount in expected)
    (returns_low, value_low), (returns_high, value_high) = np.quantile(drawn, BOUNDS, axis=1)
    some = drawn[:, drawn[0] > 0]
    each = some[1] / some[0] if some.size else np.array([np.nan])
    spend_low, spend_high = (float(bound) for bound in np.quantile(each, BOUNDS))
    return {
        "return_share": returns / customers,
        "returns": returns,
        "returns_low": float(returns_low),
        "returns_high": float(returns_high),
        "spend_a_year": value / returns,
        "spend_a_year_low": spend_low,
        "spend_a_year_high": spend_high,
        "worth": value,
        "worth_low": float(value_low),
        "worth_high": float(value_high),
    }


def _shares(drawn: _Floats, counts: _Floats) -> _Floats:
    """One row a draw: the share of each kind in it; as counted where nobody was drawn."""
    some = np.where(drawn.sum(axis=1, keepdims=True) > 0, drawn, counts)
    shares: _Floats = some / some.sum(axis=1, keepdims=True)
    return shares


def _learned(then: pd.DataFrame) -> dict[Cell, list[Cell]]:
    """Cell -> the cells that it is learned from; none where fewer than FEWEST have returned in all.

    From the longest silence to the shortest, and within a bracket from the least active to the
    most, cells are taken together until FEWEST have returned; what is left of a bracket joins the
    cells before it, or, where the whole bracket is left, those of the next shorter silence.
    """
    came = then[then["window"].notna()].groupby(_CELL)["customers"].sum().to_dict()
    groups: list[list[Cell]] = []
    rest: list[Cell] = []
    for bracket in reversed(BRACKETS):
        own: list[list[Cell]] = []
        for activity in FORMERLY:
            rest = [*rest, (bracket, activity)]
            if sum(came.get(cell, 0) for cell in rest) >= FEWEST:
                own.append(rest)
                rest = []
        if own:
            own[-1] = own[-1] + rest
            rest = []
        groups += own
    if not groups:
        return {}
    groups[-1] = groups[-1] + rest
    learned = {cell: group for group in groups for cell in group}
    return {cell: learned[cell] for cell in product(BRACKETS, FORMERLY)}
