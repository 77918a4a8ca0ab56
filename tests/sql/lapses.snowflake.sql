SELECT
  *
FROM (
  SELECT
    "t1"."number",
    DATEDIFF(DAY, "t1"."started_on", COALESCE("t1"."returned_on", DATE_FROM_PARTS(2024, 3, 31))) AS "days",
    COUNT("t1"."returned_on") AS "events",
    SUM(CAST("t1"."returned_on" IS NULL AS INT)) AS "censored"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."state",
      "t0"."previous_state",
      "t0"."started_on",
      "t0"."ended_on",
      "t0"."returned_on",
      IFF(
        "t0"."started_on" BETWEEN DATE_FROM_PARTS(2022, 11, 1) AND DATE_FROM_PARTS(2024, 3, 31),
        CAST(FLOOR(
          (
            (
              (
                (
                  DATE_PART(year, "t0"."started_on") - 2022
                ) * 12
              ) + DATE_PART(month, "t0"."started_on")
            ) - 11
          ) / (
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
