SELECT
  *
FROM (
  SELECT
    `t0`.`customer_id`,
    `t0`.`day`,
    `t0`.`amount`,
    `t0`.`bought`,
    FIRST_VALUE(IF(`t0`.`bought`, `t0`.`day`, CAST(NULL AS DATE))) OVER (
      PARTITION BY `t0`.`customer_id`
      ORDER BY IF(`t0`.`bought`, 0, 1) ASC, `t0`.`day` ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `first_day`,
    LEAD(IF(`t0`.`bought`, `t0`.`day`, CAST(NULL AS DATE))) OVER (
      PARTITION BY `t0`.`customer_id`
      ORDER BY IF(`t0`.`bought`, 0, 1) ASC, `t0`.`day` ASC
    ) AS `next_day`
  FROM `customer_days` AS `t0`
) AS `t1`
