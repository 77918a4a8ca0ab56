SELECT
  *
FROM (
  SELECT
    DATEDIFF(DAY, "t2"."day", COALESCE("t2"."next_day", DATE_FROM_PARTS(2024, 3, 31))) AS "days",
    COUNT("t2"."next_day") AS "closed",
    SUM(CAST("t2"."next_day" IS NULL AS INT)) AS "open"
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
