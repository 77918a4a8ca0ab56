SELECT
  *
FROM (
  SELECT
    DATEDIFF(DAY, "t0"."day", COALESCE("t0"."next_day", DATE_FROM_PARTS(2024, 3, 31))) AS "days",
    COUNT("t0"."next_day") AS "closed",
    SUM(CAST("t0"."next_day" IS NULL AS INT)) AS "open"
  FROM "pauses" AS "t0"
  GROUP BY
    1
) AS "t1"
ORDER BY
  "t1"."days" ASC
