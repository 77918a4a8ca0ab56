SELECT
  *
FROM (
  SELECT
    "t0"."customer_id",
    "t0"."day",
    "t0"."amount",
    "t0"."bought",
    FIRST_VALUE(IFF("t0"."bought", "t0"."day", CAST(NULL AS DATE))) OVER (
      PARTITION BY "t0"."customer_id"
      ORDER BY IFF("t0"."bought", 0, 1) ASC, "t0"."day" ASC
    ) AS "first_day",
    LEAD(IFF("t0"."bought", "t0"."day", CAST(NULL AS DATE))) OVER (
      PARTITION BY "t0"."customer_id"
      ORDER BY IFF("t0"."bought", 0, 1) ASC, "t0"."day" ASC
    ) AS "next_day"
  FROM "customer_days" AS "t0"
) AS "t1"
