"""The core tables in SQL that somebody wrote by hand for this one question, for DuckDB."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks import curves

Tables = dict[str, pd.DataFrame]

_DAYS = """
CREATE TEMP TABLE days AS
SELECT customer_id, ordered_at::DATE AS day, sum(amount::DECIMAL(18, 4))::DECIMAL(18, 4) AS amount
FROM read_parquet('{path}') WHERE customer_id IS NOT NULL GROUP BY ALL
"""
_QUALITY = """
SELECT count(*) AS rows_in_source, count(customer_id) AS kept,
    count(*) FILTER (customer_id IS NULL) AS no_customer_id,
    count(*) FILTER (amount < 0 AND customer_id IS NOT NULL) AS refunds
FROM read_parquet('{path}')
"""
_GAPS = """
CREATE TEMP TABLE gaps AS
SELECT customer_id, day, lead(day) OVER w AS next_day, min(day) OVER (PARTITION BY customer_id)
    AS first_day
FROM days WHERE amount > 0 WINDOW w AS (PARTITION BY customer_id ORDER BY day)
"""
_LENGTHS = """
SELECT coalesce(next_day, DATE '{as_of}') - day AS days, count(next_day) AS closed,
    count(*) - count(next_day) AS still_open
FROM gaps GROUP BY 1 ORDER BY 1
"""
_MACRO = """
CREATE TEMP MACRO number(day) AS
    CASE WHEN day BETWEEN DATE '{first}' AND DATE '{as_of}'
    THEN (year(day) - {year}) * 12 + month(day) - {month} END
"""
_RUNS = """
CREATE TEMP TABLE runs AS
WITH ends AS (
    SELECT customer_id, coalesce(lag(next_day) OVER w, first_day) AS started_on,
        day + {a} AS lapses_on, lag(day + {a}) OVER w AS lapsed_before, next_day
    FROM gaps WHERE next_day IS NULL OR next_day - day > {a}
    WINDOW w AS (PARTITION BY customer_id ORDER BY day)
)
SELECT *, number(started_on) AS s, number(lapses_on) AS l, number(next_day) AS n,
    CASE WHEN next_day IS NULL OR next_day > lapses_on + {d} THEN number(lapses_on + {d}) END AS o,
    CASE WHEN lapsed_before IS NULL THEN 'new'
        WHEN started_on > lapsed_before + {d} THEN 'won_back' ELSE 'reactivated' END AS origin
FROM ends
"""
_LEDGER = """
CREATE TEMP TABLE ledger AS
WITH numbers AS (SELECT unnest(range({periods} + 1))::BIGINT AS p),
starts AS (
    SELECT s AS p, count(*) FILTER (origin = 'new') AS new,
        count(*) FILTER (origin = 'reactivated') AS reactivated,
        count(*) FILTER (origin = 'won_back') AS won_back
    FROM runs GROUP BY ALL
),
lapses AS (SELECT l AS p, count(*) AS lapsed FROM runs GROUP BY ALL),
losses AS (SELECT o AS p, count(*) AS became_lost FROM runs GROUP BY ALL),
intra AS (
    SELECT a.l AS p, count(*) AS intra_period_returns
    FROM runs a JOIN runs b ON a.customer_id = b.customer_id AND a.l = b.s
    WHERE a.s < a.l AND (b.l IS NULL OR b.l > b.s) GROUP BY ALL
),
money AS (SELECT number(day) AS p, sum(amount)::DOUBLE AS revenue FROM days GROUP BY ALL),
counted AS (
    SELECT p, coalesce(new, 0) AS new, coalesce(reactivated, 0) AS reactivated,
        coalesce(won_back, 0) AS won_back, coalesce(lapsed, 0) AS lapsed,
        coalesce(became_lost, 0) AS became_lost,
        coalesce(intra_period_returns, 0) AS intra_period_returns,
        coalesce(revenue, 0) AS revenue
    FROM numbers LEFT JOIN starts USING (p) LEFT JOIN lapses USING (p) LEFT JOIN losses USING (p)
        LEFT JOIN intra USING (p) LEFT JOIN money USING (p)
),
closing AS (
    SELECT *, sum(new + reactivated + won_back - lapsed) OVER w AS closing_active,
        sum(lapsed - reactivated - became_lost) OVER w AS closing_dormant,
        sum(became_lost - won_back) OVER w AS closing_lost
    FROM counted WINDOW w AS (ORDER BY p)
)
SELECT *, lag(closing_active, 1, 0) OVER w AS opening_active,
    lag(closing_dormant, 1, 0) OVER w AS opening_dormant,
    lag(closing_lost, 1, 0) OVER w AS opening_lost
FROM closing WINDOW w AS (ORDER BY p)
"""
_REVENUE = """
WITH bought AS (
    SELECT number(day) AS p, customer_id, min(day) FILTER (amount > 0) AS first_day,
        sum(amount) AS amount
    FROM days WHERE number(day) < {complete} GROUP BY ALL
)
SELECT p, CASE WHEN first_day IS NULL THEN 'no_purchase' ELSE coalesce(origin, 'retained') END
    AS bought_as, count(*) AS customers, sum(amount)::DOUBLE AS revenue
FROM bought LEFT JOIN runs
    ON bought.customer_id = runs.customer_id AND first_day = started_on
GROUP BY ALL ORDER BY p, bought_as
"""
_RATES = """
WITH gone AS (
    SELECT a.customer_id, a.l AS p FROM runs a
    WHERE a.s < a.l AND NOT EXISTS (
        SELECT 1 FROM runs b WHERE b.customer_id = a.customer_id AND b.s = a.l
            AND (b.l IS NULL OR b.l > b.s)
    )
),
back AS (
    SELECT n AS p, count(*) FILTER (l < n) AS back, count(*) FILTER (o < n) AS won
    FROM runs WHERE n IS NOT NULL GROUP BY ALL
),
recent AS (
    SELECT customer_id, amount, coalesce(number(day), -1) + 1 AS first,
        coalesce(number(day + 365), {periods}) AS last
    FROM days WHERE day + 365 >= DATE '{first}'
),
held AS (
    SELECT amount, greatest(first, s + 1) AS first, least(last, coalesce(l, {periods})) AS last
    FROM recent JOIN runs USING (customer_id)
),
steps AS (
    SELECT first AS p, amount FROM held WHERE first <= last
    UNION ALL SELECT last + 1, -amount FROM held WHERE first <= last
),
step AS (SELECT p, sum(amount) AS step FROM steps GROUP BY ALL),
left_with AS (
    SELECT p, sum(amount) AS gone_money FROM recent JOIN gone USING (customer_id)
    WHERE p BETWEEN first AND last GROUP BY ALL
),
heads AS (SELECT p, count(*) AS gone FROM gone GROUP BY ALL),
money AS (
    SELECT p, sum(coalesce(step, 0)) OVER (ORDER BY p)::DOUBLE AS at_risk,
        coalesce(gone_money, 0)::DOUBLE AS gone_money
    FROM ledger LEFT JOIN step USING (p) LEFT JOIN left_with USING (p)
),
wide AS (
    SELECT *, coalesce(heads.gone, 0) AS churned, coalesce(back, 0) AS b, coalesce(won, 0) AS w
    FROM ledger LEFT JOIN heads USING (p) LEFT JOIN back USING (p) LEFT JOIN money USING (p)
    WHERE p < {complete}
),
long AS (
    SELECT p, 'churn' AS measure, churned::DOUBLE AS numerator,
        opening_active::DOUBLE AS denominator FROM wide
    UNION ALL SELECT p, 'retention', opening_active - churned, opening_active FROM wide
    UNION ALL SELECT p, 'reactivation', b, opening_dormant + opening_lost FROM wide
    UNION ALL SELECT p, 'win_back', w, opening_lost FROM wide
    UNION ALL SELECT p, 'revenue_churn', gone_money, at_risk FROM wide
    UNION ALL SELECT p, 'quick_ratio', new + reactivated + won_back, lapsed FROM wide
)
SELECT *, CASE WHEN denominator > 0 THEN numerator / denominator END AS rate,
    1.959963984540054 * sqrt(1.959963984540054 ** 2 + 4 * numerator
        * greatest(1 - numerator / denominator, 0)) AS spread
FROM long ORDER BY p, measure
"""
_COHORTS = """
WITH first AS (SELECT customer_id, first_day FROM gaps WHERE next_day IS NULL),
heads AS (
    -- Of a customer's purchase days in a period, the last one alone has no next one in it.
    SELECT number(first_day) AS c, number(day) AS p, count(*) AS customers FROM gaps
    WHERE next_day IS NULL OR number(next_day) > number(day) GROUP BY ALL
),
money AS (
    SELECT number(first_day) AS c, number(day) AS p, sum(amount)::DOUBLE AS revenue
    FROM days JOIN first USING (customer_id) WHERE day >= first_day GROUP BY ALL
),
sizes AS (SELECT number(first_day) AS c, count(*) AS cohort_size FROM first GROUP BY ALL),
grid AS (
    SELECT c, cohort_size, unnest(range(c, {periods} + 1)) AS p FROM sizes
)
SELECT c AS cohort, p - c AS age, cohort_size, coalesce(customers, 0) AS customers,
    coalesce(revenue, 0) AS revenue,
    sum(coalesce(revenue, 0)) OVER (PARTITION BY c ORDER BY p) / cohort_size AS cumulative
FROM grid LEFT JOIN heads USING (c, p) LEFT JOIN money USING (c, p) ORDER BY cohort, age
"""
_LAPSES = """
SELECT l, coalesce(next_day, DATE '{as_of}') - lapses_on AS days, count(next_day) AS events,
    count(*) - count(next_day) AS censored
FROM runs WHERE l IS NOT NULL GROUP BY ALL ORDER BY l, days
"""


def floor(path: Path) -> Tables:
    """One pass over the rows: what no way of counting customers can do without."""
    with duckdb.connect() as engine:
        engine.execute(
            "CREATE TEMP TABLE floor AS SELECT customer_id, count(*) AS rows, sum(amount), "
            f"max(ordered_at) FROM read_parquet('{path}') GROUP BY customer_id"
        )
        return {}


def tables(path: Path) -> Tables:
    """The core tables of the file, taken as one unit, by month."""
    with duckdb.connect() as engine:
        return _tables(engine, path)


def _tables(engine: duckdb.DuckDBPyConnection, path: Path) -> Tables:
    def frame(statement: str, **values: Any) -> pd.DataFrame:
        return engine.execute(statement.format(**values)).df()

    quality = frame(_QUALITY, path=path)
    engine.execute(_DAYS.format(path=path))
    (as_of,) = engine.execute("SELECT max(day) FROM days").fetchone()
    engine.execute(_GAPS)
    (first,) = engine.execute("SELECT min(day) FROM gaps").fetchone()
    lengths = frame(_LENGTHS, as_of=as_of)
    a, b = curves.thresholds(*(lengths[name].to_numpy() for name in lengths))
    first = first.replace(day=1)
    periods = (as_of.year - first.year) * 12 + as_of.month - first.month
    known = {"first": first, "as_of": as_of, "periods": periods, "complete": periods}
    engine.execute(_MACRO.format(year=first.year, month=first.month, **known))
    engine.execute(_RUNS.format(a=a, d=b - a))
    engine.execute(_LEDGER.format(**known))
    lapses = frame(_LAPSES, **known)
    return {
        "quality": quality,
        "thresholds": pd.DataFrame({"days": [a, b]}),
        "ledger": frame(f"SELECT * FROM ledger WHERE p < {periods} ORDER BY p"),
        "revenue": frame(_REVENUE, **known),
        "rates": frame(_RATES, **known),
        "cohorts": frame(_COHORTS, **known),
        "returns": returns(lapses, first, as_of),
    }


def returns(lapses: pd.DataFrame, first: Any, as_of: Any) -> pd.DataFrame:
    """The share of each lapse cohort that has returned, from its counts `l`, `days`, ..."""
    rows = []
    last = (as_of.year - first.year) * 12 + as_of.month - first.month
    for number, cohort in lapses[lapses["l"] < last].groupby("l"):
        months = first.month + int(number)
        end = as_of.replace(year=first.year + months // 12, month=months % 12 + 1, day=1)
        counts = (cohort[name].to_numpy() for name in ("days", "events", "censored"))
        aged = curves.returned_by_age(*counts, (as_of - end).days + 1)
        rows += [(int(number), *row) for row in aged]
    return pd.DataFrame(rows, columns=["l", "age", "lapsed", "returned", "return_share"])
