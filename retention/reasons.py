"""Why customers left: their lapses by the reason that they gave, and what became of each.

Only those who answer are heard. So the share that did is part of every result, those who did not
are a row of their own, and below LEAST_COVERAGE nothing is concluded.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd  # noqa: TID251 (small frames only)

from retention.curves import wilson
from retention.lifecycle import ACTIVE, DORMANT, LOST
from retention.means import mean_interval
from retention.periods import shifted
from retention.suppression import hidden

YEAR = 365
"""Days after the landmark in which a return counts, and from the return on over which it is valued.
"""

LANDMARK_DAYS = 30
"""Days after the lapse from which on returns are counted, of those who are still away."""

LEAST_COVERAGE = 0.20
"""Share of the lapsed who must have answered before anything is concluded from what they said."""

MOST_REASONS = 10
"""So many reasons at most stand for themselves; the rest are taken together."""

REASONS = ibis.schema(
    {
        "reason": "string",
        "lapsed": "int64",
        "watched": "int64",
        "returned": "int64",
        "followed": "int64",
        "second_life_revenue": "decimal(38, 4)",
        "second_life_squares": "float64",
    }
)
GIVEN, OTHERS, NONE = "given", "other_reasons", "no_answer"
"""What a row of BY_REASON is about: one reason, the rare ones together, or those who said none."""

BY_REASON = (
    *("answer", "reason", "lapsed", "lapsed_share", "lapsed_low", "lapsed_high"),
    *("watched", "returned", "return_share", "low", "high"),
    *("followed", "second_life_per_customer", "second_life_low", "second_life_high"),
    *("answered", "all_lapsed"),
)
_COUNTED_OF = {
    "lapsed": "lapsed",
    "watched": "watched",
    "returned": "watched",
    "followed": "followed",
}
"""Count of a row -> of how many customers it is: of few it is not told."""


def reasons(
    answers: ir.Table,
    spells: ir.Table,
    customer_days: ir.Table,
    *,
    notice_days: int,
    as_of: date,
) -> ir.Table:
    """One row a reason, and one without a reason for those who gave none: customers who lapsed.

    Each customer counts once, by the first lapse on or after the day of the first answer of all.
    `lapsed` are told apart by the last reason reported from `notice_days` before the lapse until
    the return; of several on one day, by the first in alphabetical order.

    What became of them is counted from a landmark on, the close of the LANDMARK_DAYS-th day after
    the lapse: of those who had not returned by then, by what they had said by then. Who answers
    later, or returns before, would else make the returns of those without an answer more, and of
    the others fewer (immortal time). `watched` of them were seen for the whole YEAR after the
    landmark; `returned` of these bought in it; `followed` of those were seen for a whole YEAR from
    the return on, and brought in `second_life_revenue` in it; `second_life_squares` is the sum of
    the squares of what each brought in. Returns REASONS.

    answers: feedback.ANSWERS; spells: lifecycle.SPELLS; customer_days: transactions.CUSTOMER_DAYS
        up to `as_of`. notice_days: days of silence before the lapse, or of notice.
    Source of the landmark: Anderson, Cain & Gelber 1983.
    """
    lapses = _first_lapses(answers, spells)
    until = lapses.mutate(heard_until=shifted(lapses.returned_on, -1))
    counted = _explained(until, answers, notice_days).group_by("reason").agg(lapsed=ibis._.count())
    landmark = lapses.mutate(heard_until=shifted(lapses.lapsed_on, LANDMARK_DAYS))
    away = landmark.filter(
        landmark.returned_on.isnull() | (landmark.returned_on > landmark.heard_until)
    )
    became = _outcomes(_explained(away, answers, notice_days), customer_days, as_of)
    sums = list(REASONS.names)[2:]
    both = ibis.union(
        counted.select("reason", "lapsed", **{n: ibis.null(REASONS[n]) for n in sums}),
        became.select("reason", *sums, lapsed=ibis.null("int64")).select(*REASONS.names),
    )
    added = both.group_by("reason").agg(
        **{n: both[n].sum().fill_null(0) for n in ["lapsed", *sums]}
    )
    return added.cast(REASONS).order_by(ibis.desc("lapsed"), "reason")


def _outcomes(away: ir.Table, customer_days: ir.Table, as_of: date) -> ir.Table:
    """One row a reason: what those who were away at their landmark (`heard_until`) did in the YEAR
    after it. The columns of REASONS but `lapsed`."""
    last_day = ibis.literal(as_of)
    ends_on = shifted(away.heard_until, YEAR)
    watched = ends_on <= last_day
    returned = watched & (away.returned_on <= ends_on).fill_null(False)
    valued_to = shifted(away.returned_on, YEAR)
    judged = away.mutate(
        watched=watched,
        returned=returned,
        valued_to=valued_to,
        followed=returned & (valued_to <= shifted(last_day, 1)).fill_null(False),
    )
    back = judged.filter("followed").select(
        who="customer_id", since="returned_on", until="valued_to"
    )
    spent = back.join(
        customer_days,
        [
            back.who == customer_days.customer_id,
            customer_days.day >= back.since,
            customer_days.day < back.until,
        ],
    )
    revenue = spent.group_by("who").agg(revenue=spent.amount.sum())
    valued = judged.left_join(revenue, judged.customer_id == revenue.who)
    # Multiplied as floats, which no amount overflows; added as decimals, in whatever order.
    each = valued.revenue.cast("float64")
    squares = (each * each).cast("decimal(38, 4)").sum().cast("float64")
    return (
        valued.group_by("reason")
        .agg(
            watched=valued.watched.sum(),
            returned=valued.returned.sum(),
            followed=valued.followed.sum(),
            second_life_revenue=valued.revenue.sum().fill_null(0),
            second_life_squares=squares.fill_null(0),
        )
        .cast(ibis.schema({name: REASONS[name] for name in REASONS if name != "lapsed"}))
    )


def by_reason(reasons: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """One row a reason, the largest first, then the rare ones together, then those who gave none.

    `lapsed_share`: of the `answered`, with Wilson's 95 % interval; `all_lapsed` are those who
    answered and those who did not, so that answered / all_lapsed is the coverage.
    `return_share` = `returned` / `watched`, with its interval; `second_life_per_customer`: revenue
    in the YEAR after the return of each of the `followed`, with the interval of a mean
    (means.mean_interval). Each is absent where it would be of fewer than `least`, and so are the
    counts of so few: `lapsed` of those who gave none, with `all_lapsed`, from which it would
    follow, `watched` with `returned`, and `followed`.
    What became of all together is not told, so that they do not follow from the others. Reasons of
    fewer than `least` customers are put together, with others where they could be had by
    subtraction (suppression.hidden). Where all who answered are fewer, there is one row of them
    without a figure, and it is not told either how many gave none.
    Columns BY_REASON; reasons: REASONS.
    """
    counts = reasons.assign(second_life_revenue=reasons["second_life_revenue"].astype("float64"))
    said = counts[counts["reason"].notna()].sort_values(
        ["lapsed", "reason"], ascending=[False, True], ignore_index=True
    )
    rare = hidden(said["lapsed"], least=least) | (said.index >= MOST_REASONS)
    sums = list(REASONS.names)[1:]
    few_answered = 0 < said["lapsed"].sum() < least
    together = said.loc[rare, sums].sum().to_frame().T.assign(answer=OTHERS, reason=None)
    none = counts.loc[counts["reason"].isna(), sums].assign(answer=NONE, reason=None)
    parts = [said[~rare].assign(answer=GIVEN), together[together["lapsed"] > 0], none]
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    frame = frame.astype(dict.fromkeys(sums[:-2], "int64"))
    answered = frame["answer"].ne(NONE)
    total = said["lapsed"].sum()
    frame["answered"], frame["all_lapsed"] = total, counts["lapsed"].sum()
    frame["lapsed_share"] = (frame["lapsed"] / total).where(answered)
    low, high = wilson(frame["lapsed"].where(answered), total)
    watched = frame["watched"].where(frame["watched"] >= max(least, 1))
    frame["return_share"] = frame["returned"] / watched
    frame["lapsed_low"], frame["lapsed_high"] = low, high
    frame["low"], frame["high"] = wilson(frame["returned"], watched)
    many = frame["followed"].where(frame["followed"] >= max(least, 1))
    frame["second_life_per_customer"] = frame["second_life_revenue"] / many
    money = zip(frame["second_life_revenue"], frame["second_life_squares"], many, strict=True)
    intervals = [
        mean_interval(total, squares, int(size)) if size == size else (float("nan"),) * 2
        for total, squares, size in money
    ]
    frame["second_life_low"] = [low for low, _ in intervals]
    frame["second_life_high"] = [high for _, high in intervals]
    few = {name: frame[of] < least for name, of in _COUNTED_OF.items()}
    # Of both kinds together it is known how many there are.
    few["lapsed"] |= few_answered
    for name in ("lapsed_share", "lapsed_low", "lapsed_high", "answered"):
        few[name] = pd.Series(few_answered, index=frame.index)
    few["all_lapsed"] = pd.Series(0 < none["lapsed"].sum() < least, index=frame.index)
    return frame.assign(**{name: frame[name].mask(few[name]) for name in few})[list(BY_REASON)]


def _first_lapses(answers: ir.Table, spells: ir.Table) -> ir.Table:
    """One row a customer who lapsed since the first answer: `lapsed_on`, `returned_on`."""
    lapses = spells.filter(spells.state.isin([DORMANT, LOST]) & (spells.previous_state == ACTIVE))
    began = answers.agg(began_on=answers.reported_on.min())
    since = lapses.cross_join(began).filter(lambda row: row.started_on >= row.began_on)
    by_day = ibis.window(group_by="customer_id", order_by="started_on")
    numbered = since.mutate(number=ibis.row_number().over(by_day))
    return numbered.filter(numbered.number == 0).select(
        "customer_id", "returned_on", lapsed_on="started_on"
    )


def _explained(lapses: ir.Table, answers: ir.Table, notice_days: int) -> ir.Table:
    """The lapses with the `reason` given for them by `heard_until`, empty where there is none."""
    named = answers.rename(who="customer_id")
    said = lapses.join(named, lapses.customer_id == named.who)
    own = said.filter(
        (said.reported_on >= shifted(said.lapsed_on, -notice_days))
        & (said.heard_until.isnull() | (said.reported_on <= said.heard_until))
    )
    latest = ibis.window(group_by="customer_id", order_by=[ibis.desc("reported_on"), "reason"])
    numbered = own.mutate(number=ibis.row_number().over(latest))
    reason = numbered.filter(numbered.number == 0).select(who="customer_id", reason="reason")
    return lapses.left_join(reason, lapses.customer_id == reason.who).drop("who")
