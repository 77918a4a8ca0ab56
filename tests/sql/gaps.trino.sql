SELECT
  *
FROM (
  SELECT
    DATE_DIFF(
      'DAY',
      DATE_TRUNC('DAY', "t2"."day"),
      DATE_TRUNC('DAY', COALESCE("t2"."next_day", FROM_ISO8601_DATE('2024-03-31')))
    ) AS "days",
    COUNT("t2"."next_day") AS "closed",
    SUM(CAST("t2"."next_day" IS NULL AS INTEGER)) AS "open"
  FROM (
    SELECT
      "t1"."day",
      LEAD("t1"."day") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."day" ASC) AS "next_day"
    FROM (
      SELECT
        *
      FROM "customer_days" AS "t0"
      WHERE
        "t0"."bought"
    ) AS "t1"
  ) AS "t2"
  GROUP BY
    1
) AS "t3"
ORDER BY
  "t3"."days" ASC
