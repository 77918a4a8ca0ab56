SELECT
  *
FROM (
  SELECT
    DATE_DIFF(COALESCE(`t0`.`next_day`, DATE(2024, 3, 31)), `t0`.`day`, DAY) AS `days`,
    COUNT(`t0`.`next_day`) AS `closed`,
    SUM(CAST(`t0`.`next_day` IS NULL AS INT64)) AS `open`
  FROM `pauses` AS `t0`
  GROUP BY
    1
) AS `t1`
ORDER BY
  `t1`.`days` ASC NULLS LAST
