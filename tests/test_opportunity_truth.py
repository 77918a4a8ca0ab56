"""The opportunity value against what really came, over 100 simulated shops."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import oracle
import pandas as pd
import pytest
import simulated_shop
from histories import Kit
from simulated_shop import FIRST_DAY, INACTIVE_AFTER, YEAR, Shop

from retention import opportunity
from retention.effects import response_effects
from retention.experiments import ARMS, NONE_SHOWN, RAISED
from retention.opportunity_value import OPPORTUNITY
from retention.opportunity_value import opportunity as opportunity_value
from retention.sample import AS_OF

SEEDS = range(100)
CUSTOMERS = 3000
DAY = (AS_OF - FIRST_DAY).days - 2 * YEAR + 1
"""The last day of which all is known by the end: a year until the return, and a year from it on."""


def date_of(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def estimate(known: Shop, day: int) -> pd.DataFrame:
    """What the kit says at the close of a day, of which it knows no more than that day did."""
    return opportunity_value(
        lambda on, since: known.outcomes((on - FIRST_DAY).days, (since - FIRST_DAY).days),
        known.growth(day),
        first_day=FIRST_DAY,
        as_of=date_of(day),
    )


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    """One simulated shop a row: what was estimated, and what came."""
    rows = []
    with pytest.MonkeyPatch.context() as patch:
        for seed in SEEDS:
            shop = simulated_shop.shop(seed, patch, CUSTOMERS)
            total = estimate(shop.until(DAY), DAY).iloc[-1]
            came = shop.inactive_on(DAY, YEAR)
            truth = {"came": came["spend_a_year"].sum(), "came_back": came["watched"].count()}
            # Within 30 days, whatever anybody writes to them.
            truth |= {"inactive": len(came), "responded": (came["watched"] > YEAR - 30).sum()}
            rows.append(total[list(OPPORTUNITY[2:])].to_dict() | truth)
    return pd.DataFrame(rows)


def covered(told: pd.DataFrame, of: str, truth: str, *, width: float = 1.0) -> int:
    """In how many shops the interval, made so much wider around its middle, holds the truth."""
    low, high = told[f"{of}_low"], told[f"{of}_high"]
    middle, half = (low + high) / 2, (high - low) / 2 * width
    return int(told[truth].between(middle - half, middle + half).sum())


def test_interval_holds_what_really_came(told: pd.DataFrame) -> None:
    assert covered(told, "worth", "came") >= 85
    assert covered(told, "returns", "came_back") >= 80


def test_interval_is_no_wider_than_it_must_be(told: pd.DataFrame) -> None:
    assert covered(told, "worth", "came", width=0.5) < 75
    width = (told["worth_high"] - told["worth_low"]) / told["worth"]
    assert width.median() < 0.65


def test_estimate_is_neither_too_high_nor_too_low(told: pd.DataFrame) -> None:
    # The shop grows by 12 % a year, so that those who lapse are newer, and come back more, each
    # year: a little more comes than the year before could teach.
    assert np.log(told["worth"] / told["came"]).median() == pytest.approx(0, abs=0.05)
    assert np.log(told["returns"] / told["came_back"]).median() == pytest.approx(0, abs=0.05)


def campaigns(told: pd.DataFrame, uplift: float) -> pd.DataFrame:
    """A campaign a shop (experiments.ARMS), half of the inactive held out by lot: it brings back so
    many more of those written to, within 30 days, than come of themselves.

    Each shop ten times over, for 3 points of some hundreds are hard to see."""
    rows = []
    for seed, (inactive, responded) in enumerate(
        zip(10 * told["inactive"].astype(int), 10 * told["responded"].astype(int), strict=True)
    ):
        rng = np.random.default_rng([7, seed])
        control = int(rng.binomial(inactive, 0.5))
        unasked = int(rng.hypergeometric(responded, inactive - responded, control))
        treated, anyway = inactive - control, responded - unasked
        # Of those who would not have come, so that it is so much of all who were written to.
        brought = int(rng.binomial(treated - anyway, uplift / (1 - responded / inactive)))
        sizes = {"control": (control, unasked), "mail": (treated, anyway + brought)}
        for arm, (size, came) in sizes.items():
            row = dict.fromkeys(ARMS.names, 0) | {"arm": arm, "campaign": f"{seed:03}"}
            counts = dict.fromkeys(("contacted", "watched", "with_silence"), size)
            rows.append(row | counts | {"state": "lost", "responders": came, "first_contact": DAY})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("uplift", [0.03, 0.0])
def test_an_uplift_of_a_campaign_is_found_and_none_is_called_none(
    told: pd.DataFrame, uplift: float
) -> None:
    found = response_effects(campaigns(told, uplift))
    covered = found["low"].le(uplift) & found["high"].ge(uplift)
    assert 90 <= covered.sum() <= 100
    assert found["uplift"].mean() == pytest.approx(uplift, abs=0.002)
    raised = found["verdict"].eq(RAISED).sum()
    called = found["verdict"].ne(NONE_SHOWN).sum()
    assert (raised >= 90 and called == raised) if uplift else called <= 9


def test_the_simulated_tables_are_those_of_the_engine(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = simulated_shop.shop(1, monkeypatch, 600)
    days: oracle.Days = {}
    for who, day, amount in zip(shop.who, shop.day, shop.amount, strict=True):
        money = Decimal(f"{amount:.2f}")
        days.setdefault(f"c{who}", []).append((date_of(int(day)), money))
    history = kit(days, as_of=AS_OF, inactive_after=INACTIVE_AFTER, lost_after=2 * INACTIVE_AFTER)
    by = ["since_lapse", "former_activity", "window", "band"]
    found = opportunity.outcomes(
        history.customer_days,
        day=date_of(DAY),
        since=date_of(YEAR),
        inactive_after=INACTIVE_AFTER,
    ).to_pandas()
    frames = (
        frame.sort_values(by, na_position="first")[[*opportunity.OUTCOMES.names]].reset_index(
            drop=True
        )
        for frame in (found, shop.outcomes(DAY, YEAR))
    )
    pd.testing.assert_frame_equal(*frames, check_dtype=False, rtol=1e-9)
    grown = opportunity.growth(history.customer_days, inactive_after=INACTIVE_AFTER, as_of=AS_OF)
    last = (AS_OF - FIRST_DAY).days
    pd.testing.assert_frame_equal(
        grown.to_pandas(), shop.growth(last), check_dtype=False, rtol=1e-9
    )
    truth = oracle.opportunity_value(days, date_of(DAY), date_of(YEAR), INACTIVE_AFTER)
    assert shop.inactive_on(DAY, YEAR)["spend_a_year"].sum() == pytest.approx(float(truth))
