WITH `t1` AS (
  SELECT
    `t0`.`customer_id`,
    `t0`.`started_on`,
    `t0`.`lapses_on`,
    LAG(`t0`.`lapses_on`) OVER (PARTITION BY `t0`.`customer_id` ORDER BY `t0`.`started_on` ASC) AS `previous_lapsed_on`,
    LEAD(`t0`.`started_on`) OVER (PARTITION BY `t0`.`customer_id` ORDER BY `t0`.`started_on` ASC) AS `next_start`
  FROM `runs` AS `t0`
)
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t2`.`customer_id`,
      'lost' AS `state`,
      'dormant' AS `previous_state`,
      CAST(TIMESTAMP_ADD(CAST(`t2`.`lapses_on` AS DATETIME), INTERVAL '45' DAY) AS DATE) AS `started_on`,
      `t2`.`next_start` AS `ended_on`,
      `t2`.`next_start` AS `returned_on`
    FROM `t1` AS `t2`
    WHERE
      CAST(TIMESTAMP_ADD(CAST(`t2`.`lapses_on` AS DATETIME), INTERVAL '45' DAY) AS DATE) <= DATE(2024, 3, 31)
      AND (
        (
          `t2`.`next_start` IS NULL
        )
        OR (
          `t2`.`next_start` > CAST(TIMESTAMP_ADD(CAST(`t2`.`lapses_on` AS DATETIME), INTERVAL '45' DAY) AS DATE)
        )
      )
  ) AS `t3`
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t2`.`customer_id`,
        'active' AS `state`,
        CASE
          WHEN `t2`.`previous_lapsed_on` IS NULL
          THEN CAST(NULL AS STRING)
          WHEN `t2`.`started_on` > CAST(TIMESTAMP_ADD(CAST(`t2`.`previous_lapsed_on` AS DATETIME), INTERVAL '45' DAY) AS DATE)
          THEN 'lost'
          ELSE 'dormant'
        END AS `previous_state`,
        `t2`.`started_on`,
        IF(`t2`.`lapses_on` <= DATE(2024, 3, 31), `t2`.`lapses_on`, CAST(NULL AS DATE)) AS `ended_on`,
        CAST(NULL AS DATE) AS `returned_on`
      FROM `t1` AS `t2`
    ) AS `t4`
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        `t2`.`customer_id`,
        'dormant' AS `state`,
        'active' AS `previous_state`,
        `t2`.`lapses_on` AS `started_on`,
        IF(
          LEAST(
            CAST(TIMESTAMP_ADD(CAST(`t2`.`lapses_on` AS DATETIME), INTERVAL '45' DAY) AS DATE),
            COALESCE(
              `t2`.`next_start`,
              CAST(TIMESTAMP_ADD(CAST(`t2`.`lapses_on` AS DATETIME), INTERVAL '45' DAY) AS DATE)
            )
          ) <= DATE(2024, 3, 31),
          LEAST(
            CAST(TIMESTAMP_ADD(CAST(`t2`.`lapses_on` AS DATETIME), INTERVAL '45' DAY) AS DATE),
            COALESCE(
              `t2`.`next_start`,
              CAST(TIMESTAMP_ADD(CAST(`t2`.`lapses_on` AS DATETIME), INTERVAL '45' DAY) AS DATE)
            )
          ),
          CAST(NULL AS DATE)
        ) AS `ended_on`,
        `t2`.`next_start` AS `returned_on`
      FROM `t1` AS `t2`
      WHERE
        `t2`.`lapses_on` <= DATE(2024, 3, 31)
    ) AS `t5`
  ) AS `t6`
) AS `t7`
