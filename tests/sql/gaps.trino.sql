SELECT
  *
FROM (
  SELECT
    DATE_DIFF(
      'DAY',
      DATE_TRUNC('DAY', "t0"."day"),
      DATE_TRUNC('DAY', COALESCE("t0"."next_day", FROM_ISO8601_DATE('2024-03-31')))
    ) AS "days",
    COUNT("t0"."next_day") AS "closed",
    SUM(CAST("t0"."next_day" IS NULL AS INTEGER)) AS "open"
  FROM "pauses" AS "t0"
  GROUP BY
    1
) AS "t1"
ORDER BY
  "t1"."days" ASC
