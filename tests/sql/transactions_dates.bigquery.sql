SELECT
  CAST(`t0`.`whole` AS STRING) AS `customer_id`,
  IF(
    `t0`.`day` BETWEEN DATE(1900, 1, 2) AND DATE(9999, 12, 31),
    `t0`.`day`,
    CAST(NULL AS DATE)
  ) AS `day`,
  IF(
    ABS(
      IF(
        IS_NAN(CAST(`t0`.`money` AS FLOAT64))
        OR (
          ABS(CAST(`t0`.`money` AS FLOAT64)) >= 1e+300
        ),
        CAST(NULL AS FLOAT64),
        CAST(`t0`.`money` AS FLOAT64)
      )
    ) < 100000000000000.0,
    IF(
      IS_NAN(CAST(`t0`.`money` AS FLOAT64))
      OR (
        ABS(CAST(`t0`.`money` AS FLOAT64)) >= 1e+300
      ),
      CAST(NULL AS FLOAT64),
      CAST(`t0`.`money` AS FLOAT64)
    ),
    CAST(NULL AS FLOAT64)
  ) AS `amount`,
  CASE
    WHEN CAST(`t0`.`whole` AS STRING) IS NULL
    THEN 'no_customer_id'
    WHEN IF(
      `t0`.`day` BETWEEN DATE(1900, 1, 2) AND DATE(9999, 12, 31),
      `t0`.`day`,
      CAST(NULL AS DATE)
    ) IS NULL
    THEN IF(`t0`.`day` IS NULL, 'no_date', 'unreadable_date')
    WHEN IF(
      ABS(
        IF(
          IS_NAN(CAST(`t0`.`money` AS FLOAT64))
          OR (
            ABS(CAST(`t0`.`money` AS FLOAT64)) >= 1e+300
          ),
          CAST(NULL AS FLOAT64),
          CAST(`t0`.`money` AS FLOAT64)
        )
      ) < 100000000000000.0,
      IF(
        IS_NAN(CAST(`t0`.`money` AS FLOAT64))
        OR (
          ABS(CAST(`t0`.`money` AS FLOAT64)) >= 1e+300
        ),
        CAST(NULL AS FLOAT64),
        CAST(`t0`.`money` AS FLOAT64)
      ),
      CAST(NULL AS FLOAT64)
    ) IS NULL
    THEN IF(`t0`.`money` IS NULL, 'no_amount', 'unreadable_amount')
    ELSE ''
  END AS `fault`
FROM `orders` AS `t0`
