SELECT
  *
FROM (
  SELECT
    "t1"."number",
    DATE_DIFF(
      'DAY',
      DATE_TRUNC('DAY', "t1"."started_on"),
      DATE_TRUNC('DAY', COALESCE("t1"."returned_on", FROM_ISO8601_DATE('2024-03-31')))
    ) AS "days",
    COUNT("t1"."returned_on") AS "events",
    SUM(CAST("t1"."returned_on" IS NULL AS INTEGER)) AS "censored"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."state",
      "t0"."previous_state",
      "t0"."started_on",
      "t0"."ended_on",
      "t0"."returned_on",
      IF(
        "t0"."started_on" BETWEEN FROM_ISO8601_DATE('2022-11-01') AND FROM_ISO8601_DATE('2024-03-31'),
        CAST(FLOOR(
          CAST((
            (
              (
                (
                  EXTRACT(year FROM "t0"."started_on") - 2022
                ) * 12
              ) + EXTRACT(month FROM "t0"."started_on")
            ) - 11
          ) AS DOUBLE) / (
            1
          )
        ) AS BIGINT),
        CAST(NULL AS BIGINT)
      ) AS "number"
    FROM "spells" AS "t0"
    WHERE
      "t0"."previous_state" = 'active'
  ) AS "t1"
  GROUP BY
    1,
    2
) AS "t2"
ORDER BY
  "t2"."number" ASC,
  "t2"."days" ASC
