SELECT
  *
FROM (
  SELECT
    `t1`.`number`,
    DATE_DIFF(COALESCE(`t1`.`returned_on`, DATE(2024, 3, 31)), `t1`.`started_on`, DAY) AS `days`,
    COUNT(`t1`.`returned_on`) AS `events`,
    SUM(CAST(`t1`.`returned_on` IS NULL AS INT64)) AS `censored`
  FROM (
    SELECT
      `t0`.`customer_id`,
      `t0`.`state`,
      `t0`.`previous_state`,
      `t0`.`started_on`,
      `t0`.`ended_on`,
      `t0`.`returned_on`,
      IF(
        `t0`.`started_on` BETWEEN DATE(2022, 11, 1) AND DATE(2024, 3, 31),
        CAST(FLOOR(
          ieee_divide(
            (
              (
                (
                  EXTRACT(year FROM `t0`.`started_on`) - 2022
                ) * 12
              ) + EXTRACT(month FROM `t0`.`started_on`)
            ) - 11,
            1
          )
        ) AS INT64),
        CAST(NULL AS INT64)
      ) AS `number`
    FROM `spells` AS `t0`
    WHERE
      `t0`.`previous_state` = 'active'
  ) AS `t1`
  GROUP BY
    1,
    2
) AS `t2`
ORDER BY
  `t2`.`number` ASC NULLS LAST,
  `t2`.`days` ASC NULLS LAST
