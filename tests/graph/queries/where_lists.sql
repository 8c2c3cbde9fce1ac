SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        SELECT array((
            SELECT node$1
            FROM LATERAL (
                SELECT page$1.given_name AS "0$",
                  page$1.order$0 AS order$0
                FROM LATERAL (
                    SELECT employee$1.id AS id,
                      employee$1.given_name AS given_name,
                      employee$1.family_name AS family_name,
                      employee$1.display_name AS display_name,
                      employee$1.email AS email,
                      employee$1.user_name AS user_name,
                      employee$1.user_name_key AS user_name_key,
                      employee$1.phone AS phone,
                      employee$1.number AS number,
                      employee$1.locale AS locale,
                      employee$1.time_zone AS time_zone,
                      employee$1.source AS source,
                      employee$1.external_id AS external_id,
                      employee$1.attributes AS attributes,
                      employee$1.kept_locally AS kept_locally,
                      employee$1.created_at AS created_at,
                      employee$1.changed_at AS changed_at,
                      employee$1.removed_at AS removed_at,
                      employee$1.erased_at AS erased_at,
                      employee$1.id AS order$0
                    FROM employee AS employee$1
                    WHERE employee$1.erased_at IS NULL
                      AND (EXISTS(
                        SELECT 1
                        FROM evidence AS evidence$1
                        WHERE evidence$1.employee_id = employee$1.id
                          AND (EXISTS(
                            SELECT 1
                            FROM skill AS skill$1
                            WHERE skill$1.id = evidence$1.skill_id
                              AND skill$1.name = $1::VARCHAR
                          ))
                          AND evidence$1.level >= $2::BIGINT
                      ))
                    ORDER BY employee$1.id ASC
                    LIMIT 50
                  ) AS page$1
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS "givenName"
              ) AS node$1 ON true
            ORDER BY item$1.order$0 ASC
          )) AS nodes
      ) AS employees$1
  )) AS root$0,
  to_json((
    SELECT employees$2
    FROM LATERAL (
        SELECT (
            SELECT count(*) AS count_1
            FROM employee AS employee$2
            WHERE employee$2.erased_at IS NULL
              AND NOT (EXISTS(
                SELECT 1
                FROM employee AS employee$3
                WHERE (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_1
                    WHERE reporting_line_1.manager_id = employee$3.id
                      AND reporting_line_1.employee_id = employee$2.id
                      AND (reporting_line_1.valid @> $3::DATE)
                  ))
                  AND employee$3.given_name = $4::VARCHAR
              ))
          ) AS "totalCount"
      ) AS employees$2
  )) AS root$1,
  to_json((
    SELECT employees$3
    FROM LATERAL (
        SELECT array((
            SELECT node$2
            FROM LATERAL (
                SELECT page$2.given_name AS "0$",
                  page$2.order$0 AS order$0
                FROM LATERAL (
                    SELECT employee$4.id AS id,
                      employee$4.given_name AS given_name,
                      employee$4.family_name AS family_name,
                      employee$4.display_name AS display_name,
                      employee$4.email AS email,
                      employee$4.user_name AS user_name,
                      employee$4.user_name_key AS user_name_key,
                      employee$4.phone AS phone,
                      employee$4.number AS number,
                      employee$4.locale AS locale,
                      employee$4.time_zone AS time_zone,
                      employee$4.source AS source,
                      employee$4.external_id AS external_id,
                      employee$4.attributes AS attributes,
                      employee$4.kept_locally AS kept_locally,
                      employee$4.created_at AS created_at,
                      employee$4.changed_at AS changed_at,
                      employee$4.removed_at AS removed_at,
                      employee$4.erased_at AS erased_at,
                      employee$4.id AS order$0
                    FROM employee AS employee$4
                    WHERE employee$4.erased_at IS NULL
                      AND (EXISTS(
                        SELECT 1
                        FROM evidence AS evidence$2
                        WHERE evidence$2.employee_id = employee$4.id
                          AND true
                      ))
                      AND NOT (EXISTS(
                        SELECT 1
                        FROM evidence AS evidence$3
                        WHERE evidence$3.employee_id = employee$4.id
                          AND (evidence$3.level >= $5::BIGINT) IS NOT true
                      ))
                    ORDER BY employee$4.id ASC
                    LIMIT 50
                  ) AS page$2
              ) AS item$2
            JOIN LATERAL (
                SELECT item$2."0$" AS "givenName"
              ) AS node$2 ON true
            ORDER BY item$2.order$0 ASC
          )) AS nodes
      ) AS employees$3
  )) AS root$2
