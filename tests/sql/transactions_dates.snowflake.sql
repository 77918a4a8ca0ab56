SELECT
  CAST("t0"."whole" AS VARCHAR) AS "customer_id",
  IFF(
    "t0"."day" BETWEEN DATE_FROM_PARTS(1900, 1, 2) AND DATE_FROM_PARTS(9999, 12, 31),
    "t0"."day",
    CAST(NULL AS DATE)
  ) AS "day",
  IFF(
    ABS(
      IFF(
        (
          CAST("t0"."money" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        OR (
          ABS(CAST("t0"."money" AS DOUBLE)) >= 1e+300
        ),
        CAST(NULL AS DOUBLE),
        CAST("t0"."money" AS DOUBLE)
      )
    ) < 100000000000000.0,
    IFF(
      (
        CAST("t0"."money" AS DOUBLE) = CAST('NaN' AS DOUBLE)
      )
      OR (
        ABS(CAST("t0"."money" AS DOUBLE)) >= 1e+300
      ),
      CAST(NULL AS DOUBLE),
      CAST("t0"."money" AS DOUBLE)
    ),
    CAST(NULL AS DOUBLE)
  ) AS "amount",
  CASE
    WHEN CAST("t0"."whole" AS VARCHAR) IS NULL
    THEN 'no_customer_id'
    WHEN IFF(
      "t0"."day" BETWEEN DATE_FROM_PARTS(1900, 1, 2) AND DATE_FROM_PARTS(9999, 12, 31),
      "t0"."day",
      CAST(NULL AS DATE)
    ) IS NULL
    THEN IFF("t0"."day" IS NULL, 'no_date', 'unreadable_date')
    WHEN IFF(
      ABS(
        IFF(
          (
            CAST("t0"."money" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          OR (
            ABS(CAST("t0"."money" AS DOUBLE)) >= 1e+300
          ),
          CAST(NULL AS DOUBLE),
          CAST("t0"."money" AS DOUBLE)
        )
      ) < 100000000000000.0,
      IFF(
        (
          CAST("t0"."money" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        OR (
          ABS(CAST("t0"."money" AS DOUBLE)) >= 1e+300
        ),
        CAST(NULL AS DOUBLE),
        CAST("t0"."money" AS DOUBLE)
      ),
      CAST(NULL AS DOUBLE)
    ) IS NULL
    THEN IFF("t0"."money" IS NULL, 'no_amount', 'unreadable_amount')
    ELSE ''
  END AS "fault"
FROM "orders" AS "t0"
