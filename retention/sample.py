"""A simulated company, for the quick start, the docs and the tests: no row of it is real.

Four shops over 36 months, up to and including `AS_OF`, each with a rhythm of its own, so that no
single threshold serves all of them; the fifth unit lives on contracts (`sample_contracts`). The
model is the field's (Pareto/NBD), plus what
makes real data hard:

- customers arrive over time, with growth and season; many came before the first day of the data,
  so the history is cut;
- each buys at a rate of its own (lognormal), as a Poisson process or more regularly (every k-th
  event of one), in a time warped by season and weekday;
- each lives for an exponential time with a gamma rate (so: Pareto), then falls silent for good;
  some pause for months and return; a win-back campaign makes some of the gone return;
- refunds days later, cancellations on the same day, several orders a day, several lines an order;
- dirty rows: without id, date or amount, dated in the future, repeated whole.

Two stories are built in: fashion loses customers faster from November 2025 on, which shows in its
churn of the last four months, and the outlet's campaigns of 2026 work better than those before.
`sample_units` holds the numbers.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from retention import sample_campaigns, sample_contracts
from retention.sample_contracts import contracts
from retention.sample_lives import AS_OF, FIRST_DAY, simulated
from retention.sample_prospects import sign_ups
from retention.sample_units import UNITS

SEED = 7
CUSTOMERS = 24_000

# Shares of the rows; no row has two faults.
DIRT = {"no_id": 0.015, "no_date": 0.002, "no_amount": 0.001, "future": 0.001, "repeated": 0.005}


@dataclass(frozen=True)
class Company:
    """What was sold, and the truth behind it.

    `transactions`: one row is one line of an order, in no order, dirt included: unit, customer_id,
    ordered_at (naive, local to the unit), amount (the unit's currency), order_id, line (3 and 4
    take back 1 and 2), channel, region.

    `truth`: one row is one customer who bought within the data: unit, customer_id, acquired_on
    (first purchase, also before the data begin), left_on (first day of the last silence; empty =
    still a customer on `AS_OF`), paused_on and returned_on (silent from the one until a purchase
    on the other; empty = never), campaign_on (first day of the campaign that won the customer
    back; empty = none), rhythm (mean gap in days while alive, over the seasons), known_on (first
    sign-up that the prospects hold; empty = none).

    `prospects`: one row is one sign-up for the newsletter of a unit that has one, in no order, dirt
    included: unit, customer_id, known_on.

    `contacts`, `feedback`: one row is one contact of a campaign, or one answer, of a unit that has
    campaigns (see `sample_campaigns`).
    """

    transactions: pd.DataFrame
    truth: pd.DataFrame
    prospects: pd.DataFrame
    contacts: pd.DataFrame
    feedback: pd.DataFrame


def company(*, seed: int = SEED, customers: int = CUSTOMERS) -> Company:
    """Return the simulated company with that many customers; the same seed gives the same rows.

    Raises ValueError for fewer than 100 customers, too few for four units.

    >>> small = company(seed=1, customers=400)
    >>> len(small.truth), small.transactions["unit"].nunique()
    (400, 4)
    """
    if customers < 100:
        raise ValueError(f"customers: {customers} found, at least 100 are needed")
    bounds = np.rint(np.cumsum([0, *(unit.arrivals[0] for unit in UNITS)]) * customers).astype(int)
    # One stream a unit: a change in one unit leaves the customers of the others as they were.
    streams = [np.random.default_rng([seed, number]) for number in range(len(UNITS) + 1)]
    counts = np.diff(bounds).tolist()
    parts = [simulated(*part) for part in zip(streams, UNITS, counts, strict=False)]
    sold = pd.concat([sold for sold, _ in parts], ignore_index=True)
    truth = pd.concat([truth for _, truth in parts], ignore_index=True)
    soiled = _soiled(streams[-1], sold)
    known, sent, said = [], [], []
    truth["known_on"] = pd.Series(pd.NaT, truth.index, "datetime64[us]")
    for number, unit in enumerate(UNITS):
        if unit.newsletter:
            own = truth[truth["unit"] == unit.names[1]]
            # A stream of its own: who signs up changes nothing of what is sold.
            rng = np.random.default_rng([seed, len(UNITS) + 1, number])
            rows, first = sign_ups(own, rng, first_day=FIRST_DAY, as_of=AS_OF)
            known.append(rows)
            truth.loc[first.index, "known_on"] = first.astype("datetime64[us]")
        if unit.campaigns:
            own = truth[truth["unit"] == unit.names[1]]
            rng = np.random.default_rng([seed, len(UNITS) + 2, number])
            sales = soiled[soiled["unit"] == unit.names[1]]
            sent.append(sample_campaigns.contacts(own, sales, rng, as_of=AS_OF))
            said.append(sample_campaigns.answers(own, rng, as_of=AS_OF))
    return Company(
        soiled, truth, *(pd.concat(rows, ignore_index=True) for rows in (known, sent, said))
    )


def write_company(
    folder: str | Path, *, seed: int = SEED, customers: int = CUSTOMERS
) -> list[Path]:
    """Write the company's data and settings under the folder; return the files that hold them.

    `data/sample_*.parquet` are written anew, each whole or not at all: transactions, prospects,
    contacts, feedback, subscriptions (of an eighth as many customers, on top of the others), and
    the truth behind them.
    A file in `params/` that exists and differs is somebody's work: it is left as it is, named by a
    warning in the log, and missing from the answer.
    """
    drawn = company(seed=seed, customers=customers)
    agreed = contracts(seed=seed, customers=customers // 8)
    written = []
    for name, frame in (
        ("transactions", drawn.transactions),
        ("truth", drawn.truth),
        ("prospects", drawn.prospects),
        ("contacts", drawn.contacts),
        ("feedback", drawn.feedback),
        ("contract_truth", agreed.truth),
        # The last: make takes it for a sign that all are there.
        ("subscriptions", agreed.subscriptions),
    ):
        path = Path(folder) / "data" / f"sample_{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        frame.to_parquet(unfinished, engine="pyarrow", compression="zstd", index=False)
        written.append(unfinished.replace(path))
    for name, text in params_files().items():
        path = Path(folder) / "params" / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(text.encode())
        if path.read_bytes() == text.encode():
            written.append(path)
        else:
            logging.getLogger(__name__).warning("%s is not the sample's: left as it is", path)
    return written


def params_files() -> dict[str, str]:
    """Return the sample's settings, file name -> text: the defaults, then one file a unit."""
    shops = {
        f"{unit.names[0]}.yaml": f"# {unit.about}\n# Simulated: see defaults.yaml.\n"
        f"unit: {unit.names[1]}\n"
        + "language: {}\ncurrency: {}\ntimezone: {}\n".format(*unit.locale)
        + ("prospects: ../data/sample_prospects.parquet\n" if unit.newsletter else "")
        + ("segments: [channel, region]\n" if unit.campaigns else "")
        + (_CAMPAIGNS if unit.campaigns else "")
        for unit in UNITS
    }
    software = {f"{sample_contracts.SLUG}.yaml": sample_contracts.SETTINGS}
    return {"defaults.yaml": _DEFAULTS} | shops | software


_CAMPAIGNS = f"""\
contacts: ../data/sample_contacts.parquet
control_share: {sample_campaigns.HELD_OUT}
feedback: ../data/sample_feedback.parquet
"""

_DEFAULTS = """\
# Settings that every unit in this folder shares; a unit's own file overrides them.
# The company is SIMULATED: `retention sample` drew its data, no row is about a real person.
source: ../data/sample_transactions.parquet

# A row that was loaded twice is equal in every column; two equal articles of an order are not.
query: >-
  SELECT DISTINCT unit, customer_id, ordered_at, amount, order_id, line, channel, region
  FROM source

# The last day that the data cover. Rows dated later are bad rows, and counted as such.
as_of: 2026-06-30
"""


def _soiled(rng: np.random.Generator, sold: pd.DataFrame) -> pd.DataFrame:
    """Spoil shares of the rows as DIRT says, and shuffle them all."""
    counts = [round(share * len(sold)) for share in DIRT.values()]
    nobody, undated, unpriced, ahead, repeated, _ = np.split(
        rng.permutation(len(sold)), np.cumsum(counts)
    )
    sold.loc[nobody, "customer_id"] = None
    sold.loc[undated, "ordered_at"] = pd.NaT
    sold.loc[unpriced, "amount"] = np.nan
    clock = sold.loc[ahead, "ordered_at"] - sold.loc[ahead, "ordered_at"].dt.normalize()
    wrong = pd.to_timedelta(rng.integers(1, 400, len(ahead)), unit="D")
    sold.loc[ahead, "ordered_at"] = pd.Timestamp(AS_OF) + wrong + clock
    soiled = pd.concat([sold, sold.loc[repeated]])
    return soiled.iloc[rng.permutation(len(soiled))].reset_index(drop=True)
