SELECT
  CAST("t0"."whole" AS VARCHAR) AS "customer_id",
  IF(
    "t0"."day" BETWEEN FROM_ISO8601_DATE('1900-01-02') AND FROM_ISO8601_DATE('9999-12-31'),
    "t0"."day",
    CAST(NULL AS DATE)
  ) AS "day",
  IF(
    ABS(
      IF(
        IS_NAN(CAST("t0"."money" AS DOUBLE))
        OR (
          ABS(CAST("t0"."money" AS DOUBLE)) >= CAST(1e+300 AS DOUBLE)
        ),
        CAST(NULL AS DOUBLE),
        CAST("t0"."money" AS DOUBLE)
      )
    ) < CAST(100000000000000.0 AS DOUBLE),
    IF(
      IS_NAN(CAST("t0"."money" AS DOUBLE))
      OR (
        ABS(CAST("t0"."money" AS DOUBLE)) >= CAST(1e+300 AS DOUBLE)
      ),
      CAST(NULL AS DOUBLE),
      CAST("t0"."money" AS DOUBLE)
    ),
    CAST(NULL AS DOUBLE)
  ) AS "amount",
  CASE
    WHEN CAST("t0"."whole" AS VARCHAR) IS NULL
    THEN 'no_customer_id'
    WHEN IF(
      "t0"."day" BETWEEN FROM_ISO8601_DATE('1900-01-02') AND FROM_ISO8601_DATE('9999-12-31'),
      "t0"."day",
      CAST(NULL AS DATE)
    ) IS NULL
    THEN IF("t0"."day" IS NULL, 'no_date', 'unreadable_date')
    WHEN IF(
      ABS(
        IF(
          IS_NAN(CAST("t0"."money" AS DOUBLE))
          OR (
            ABS(CAST("t0"."money" AS DOUBLE)) >= CAST(1e+300 AS DOUBLE)
          ),
          CAST(NULL AS DOUBLE),
          CAST("t0"."money" AS DOUBLE)
        )
      ) < CAST(100000000000000.0 AS DOUBLE),
      IF(
        IS_NAN(CAST("t0"."money" AS DOUBLE))
        OR (
          ABS(CAST("t0"."money" AS DOUBLE)) >= CAST(1e+300 AS DOUBLE)
        ),
        CAST(NULL AS DOUBLE),
        CAST("t0"."money" AS DOUBLE)
      ),
      CAST(NULL AS DOUBLE)
    ) IS NULL
    THEN IF("t0"."money" IS NULL, 'no_amount', 'unreadable_amount')
    ELSE ''
  END AS "fault"
FROM "orders" AS "t0"
