SELECT to_json((
    SELECT employee$5
    FROM LATERAL (
        SELECT (
            SELECT reports$1
            FROM LATERAL (
                SELECT array((
                    SELECT node$1
                    FROM LATERAL (
                        SELECT page$1.given_name AS "0$",
                          page$1.order$0 AS order$0
                        FROM LATERAL (
                            SELECT employee$2.id AS id,
                              employee$2.given_name AS given_name,
                              employee$2.family_name AS family_name,
                              employee$2.display_name AS display_name,
                              employee$2.email AS email,
                              employee$2.user_name AS user_name,
                              employee$2.user_name_key AS user_name_key,
                              employee$2.phone AS phone,
                              employee$2.number AS number,
                              employee$2.locale AS locale,
                              employee$2.time_zone AS time_zone,
                              employee$2.source AS source,
                              employee$2.external_id AS external_id,
                              employee$2.attributes AS attributes,
                              employee$2.kept_locally AS kept_locally,
                              employee$2.created_at AS created_at,
                              employee$2.changed_at AS changed_at,
                              employee$2.removed_at AS removed_at,
                              employee$2.erased_at AS erased_at,
                              employee$2.position AS position,
                              employee$2.id AS order$0
                            FROM LATERAL (
                                SELECT reporting_line_1.employee_id AS id,
                                  employee_1.given_name AS given_name,
                                  employee_1.family_name AS family_name,
                                  employee_1.display_name AS display_name,
                                  employee_1.email AS email,
                                  employee_1.user_name AS user_name,
                                  employee_1.user_name_key AS user_name_key,
                                  employee_1.phone AS phone,
                                  employee_1.number AS number,
                                  employee_1.locale AS locale,
                                  employee_1.time_zone AS time_zone,
                                  employee_1.source AS source,
                                  employee_1.external_id AS external_id,
                                  employee_1.attributes AS attributes,
                                  employee_1.kept_locally AS kept_locally,
                                  employee_1.created_at AS created_at,
                                  employee_1.changed_at AS changed_at,
                                  employee_1.removed_at AS removed_at,
                                  employee_1.erased_at AS erased_at,
                                  reporting_line_1.depth AS position
                                FROM reporting_line AS reporting_line_1
                                LEFT OUTER JOIN employee AS employee_1 ON employee_1.id = reporting_line_1.employee_id
                                WHERE reporting_line_1.manager_id = employee$1.id
                                  AND (reporting_line_1.valid @> $1::DATE)
                                  AND reporting_line_1.depth <= $2::BIGINT
                              ) AS employee$2
                            WHERE true
                            ORDER BY employee$2.id ASC
                            LIMIT 50
                          ) AS page$1
                      ) AS item$1
                    JOIN LATERAL (
                        SELECT item$1."0$" AS "givenName"
                      ) AS node$1 ON true
                    ORDER BY item$1.order$0 ASC
                  )) AS nodes
              ) AS reports$1
          ) AS direct,
          (
            SELECT reports$2
            FROM LATERAL (
                SELECT (
                    SELECT count(*) AS count_1
                    FROM LATERAL (
                        SELECT reporting_line_2.employee_id AS id,
                          employee_2.given_name AS given_name,
                          employee_2.family_name AS family_name,
                          employee_2.display_name AS display_name,
                          employee_2.email AS email,
                          employee_2.user_name AS user_name,
                          employee_2.user_name_key AS user_name_key,
                          employee_2.phone AS phone,
                          employee_2.number AS number,
                          employee_2.locale AS locale,
                          employee_2.time_zone AS time_zone,
                          employee_2.source AS source,
                          employee_2.external_id AS external_id,
                          employee_2.attributes AS attributes,
                          employee_2.kept_locally AS kept_locally,
                          employee_2.created_at AS created_at,
                          employee_2.changed_at AS changed_at,
                          employee_2.removed_at AS removed_at,
                          employee_2.erased_at AS erased_at,
                          reporting_line_2.depth AS position
                        FROM reporting_line AS reporting_line_2
                        LEFT OUTER JOIN employee AS employee_2 ON employee_2.id = reporting_line_2.employee_id
                        WHERE reporting_line_2.manager_id = employee$1.id
                          AND (reporting_line_2.valid @> $1::DATE)
                      ) AS employee$3
                    WHERE true
                  ) AS "totalCount"
              ) AS reports$2
          ) AS everybody,
          (
            SELECT reports$3
            FROM LATERAL (
                SELECT array((
                    SELECT node$2
                    FROM LATERAL (
                        SELECT page$2.given_name AS "0$",
                          page$2.order$0 AS order$0,
                          page$2.order$1 AS order$1
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
                              employee$4.position AS position,
                              employee$4.given_name AS order$0,
                              employee$4.id AS order$1
                            FROM LATERAL (
                                SELECT reporting_line_3.employee_id AS id,
                                  employee_3.given_name AS given_name,
                                  employee_3.family_name AS family_name,
                                  employee_3.display_name AS display_name,
                                  employee_3.email AS email,
                                  employee_3.user_name AS user_name,
                                  employee_3.user_name_key AS user_name_key,
                                  employee_3.phone AS phone,
                                  employee_3.number AS number,
                                  employee_3.locale AS locale,
                                  employee_3.time_zone AS time_zone,
                                  employee_3.source AS source,
                                  employee_3.external_id AS external_id,
                                  employee_3.attributes AS attributes,
                                  employee_3.kept_locally AS kept_locally,
                                  employee_3.created_at AS created_at,
                                  employee_3.changed_at AS changed_at,
                                  employee_3.removed_at AS removed_at,
                                  employee_3.erased_at AS erased_at,
                                  reporting_line_3.depth AS position
                                FROM reporting_line AS reporting_line_3
                                LEFT OUTER JOIN employee AS employee_3 ON employee_3.id = reporting_line_3.employee_id
                                WHERE reporting_line_3.manager_id = employee$1.id
                                  AND (reporting_line_3.valid @> $1::DATE)
                                  AND reporting_line_3.depth <= $3::BIGINT
                              ) AS employee$4
                            WHERE true
                            ORDER BY employee$4.given_name ASC,
                              employee$4.id ASC
                            LIMIT 50
                          ) AS page$2
                      ) AS item$2
                    JOIN LATERAL (
                        SELECT item$2."0$" AS "givenName"
                      ) AS node$2 ON true
                    ORDER BY item$2.order$0 ASC,
                      item$2.order$1 ASC
                  )) AS nodes
              ) AS reports$3
          ) AS down
        FROM employee AS employee$1
        WHERE employee$1.id = $4::UUID
      ) AS employee$5
  )) AS root$0
