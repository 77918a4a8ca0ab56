"""The back-test of the opportunity value knows nothing of what came after its day."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from orders import csv as orders_csv
from orders import settings_file

from retention import open_unit
from retention.opportunity_backtest import WITHIN_YEAR, YEAR_FROM_RETURN
from retention.winback import WinBack

AS_OF = date(2024, 6, 30)
AUTO = {"inactive_after": None, "lost_after": None, "as_of": str(AS_OF)}


def orders(first: date, draw: random.Random) -> list[str]:
    """Customers who buy every month or so, and now and then fall silent for a year or for good."""
    rows = [f"c0,{first},10"]
    for number in range(250):
        day = first + timedelta(days=draw.randrange(500))
        while day <= AS_OF:
            rows.append(f"c{number},{day},{draw.randint(5, 90)}")
            day += timedelta(days=int(draw.expovariate(1 / 30)) + 1)
            day += timedelta(days=draw.choice((0,) * 9 + (200, 400, 1500)))
    return rows


def backtest(folder: Path, rows: list[str]) -> tuple[pd.DataFrame, int]:
    """The back-test by day, and the threshold of the last day of all."""
    orders_csv(folder / "orders.csv", *rows)
    path = settings_file(folder, "orders.csv", **AUTO)
    winback = WinBack(open_unit(str(path)))
    return winback.backtest().set_index("day"), winback.unit.thresholds.inactive_after


@pytest.mark.parametrize(
    ("years", "kind", "horizons"), [(3, WITHIN_YEAR, 1), (4, YEAR_FROM_RETURN, 2)]
)
def test_what_came_later_changes_no_estimate(
    tmp_path: Path, years: int, kind: str, horizons: int
) -> None:
    draw = random.Random(years)
    rows = orders(date(2024 - years, 5, 1), draw)
    found, today = backtest(tmp_path, rows)
    assert set(found["speaks_of"]) == {kind}
    newest = AS_OF - timedelta(days=365 * horizons)
    assert found.index[-2:].date.tolist() == [newest, AS_OF]
    # After that day all is another world: everybody buys every tenth day, which moves thresholds.
    later = [row for row in rows if row.split(",")[1] <= str(newest)]
    for step in range(1, 36):
        day = newest + timedelta(days=10 * step)
        later += [f"c{number},{day},1000" for number in range(250)]
    changed, other = backtest(tmp_path, later)
    assert other < today
    told = ["inactive_after", "customers", "returns", "returns_low", "returns_high"]
    told += ["estimate", "estimate_low", "estimate_high"]
    pd.testing.assert_frame_equal(changed.loc[: str(newest), told], found.loc[: str(newest), told])
    came = changed["realised"].to_numpy()[: len(found) - 1], found["realised"].to_numpy()[:-1]
    assert (came[0] != came[1]).any()
