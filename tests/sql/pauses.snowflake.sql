SELECT
  *
FROM (
  SELECT
    "t1"."customer_id",
    "t1"."day",
    FIRST_VALUE("t1"."day") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."day" ASC) AS "first_day",
    LEAD("t1"."day") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."day" ASC) AS "next_day"
  FROM (
    SELECT
      *
    FROM "customer_days" AS "t0"
    WHERE
      "t0"."bought"
  ) AS "t1"
) AS "t2"
