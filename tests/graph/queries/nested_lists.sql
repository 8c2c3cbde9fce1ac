SELECT to_json((
    SELECT departments$1
    FROM LATERAL (
        SELECT array((
            SELECT node$4
            FROM LATERAL (
                SELECT page$1.name AS "0$",
                  (
                    SELECT children$1
                    FROM LATERAL (
                        SELECT array((
                            SELECT node$3
                            FROM LATERAL (
                                SELECT page$2.name AS "0$",
                                  (
                                    SELECT members$1
                                    FROM LATERAL (
                                        SELECT array((
                                            SELECT node$2
                                            FROM LATERAL (
                                                SELECT page$3.given_name AS "0$",
                                                  (
                                                    SELECT teams$1
                                                    FROM LATERAL (
                                                        SELECT array((
                                                            SELECT node$1
                                                            FROM LATERAL (
                                                                SELECT page$4.name AS "0$",
                                                                  lead$1 AS "1$",
                                                                  page$4.order$0 AS order$0,
                                                                  page$4.order$1 AS order$1
                                                                FROM LATERAL (
                                                                    SELECT team$1.id AS id,
                                                                      team$1.name AS name,
                                                                      team$1.lead_id AS lead_id,
                                                                      team$1.source AS source,
                                                                      team$1.external_id AS external_id,
                                                                      team$1.changed_at AS changed_at,
                                                                      team$1.closed_at AS closed_at,
                                                                      team$1.name AS order$0,
                                                                      team$1.id AS order$1
                                                                    FROM team AS team$1
                                                                    WHERE EXISTS(
                                                                        SELECT 1
                                                                        FROM team_membership AS team_membership_1
                                                                        WHERE team_membership_1.team_id = team$1.id
                                                                          AND team_membership_1.employee_id = page$3.id
                                                                          AND (team_membership_1.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                                                      )
                                                                    ORDER BY team$1.name ASC,
                                                                      team$1.id ASC
                                                                    LIMIT 50
                                                                  ) AS page$4
                                                                LEFT OUTER JOIN LATERAL (
                                                                    SELECT employee$2.given_name AS "givenName"
                                                                    FROM employee AS employee$2
                                                                    WHERE employee$2.id = page$4.lead_id
                                                                  ) AS lead$1 ON true
                                                              ) AS item$1
                                                            JOIN LATERAL (
                                                                SELECT item$1."0$" AS name,
                                                                  item$1."1$" AS lead
                                                              ) AS node$1 ON true
                                                            ORDER BY item$1.order$0 ASC,
                                                              item$1.order$1 ASC
                                                          )) AS nodes
                                                      ) AS teams$1
                                                  ) AS "1$",
                                                  page$3.order$0 AS order$0,
                                                  page$3.order$1 AS order$1
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
                                                      employee$1.given_name AS order$0,
                                                      employee$1.id AS order$1
                                                    FROM employee AS employee$1
                                                    WHERE EXISTS(
                                                        SELECT 1
                                                        FROM employment AS employment_1
                                                        WHERE (employment_1.department_id = page$2.id OR $2::BOOLEAN AND (EXISTS(
                                                            SELECT 1
                                                            FROM department_line AS department_line_1
                                                            WHERE department_line_1.above_id = page$2.id
                                                              AND department_line_1.department_id = employment_1.department_id
                                                              AND (department_line_1.valid @> $3::DATE)
                                                          )))
                                                          AND employment_1.employee_id = employee$1.id
                                                          AND (employment_1.valid @> $3::DATE)
                                                      )
                                                    ORDER BY employee$1.given_name DESC,
                                                      employee$1.id ASC
                                                    LIMIT 2
                                                  ) AS page$3
                                              ) AS item$2
                                            JOIN LATERAL (
                                                SELECT item$2."0$" AS "givenName",
                                                  item$2."1$" AS teams
                                              ) AS node$2 ON true
                                            ORDER BY item$2.order$0 DESC,
                                              item$2.order$1 ASC
                                          )) AS nodes
                                      ) AS members$1
                                  ) AS "1$",
                                  page$2.order$0 AS order$0,
                                  page$2.order$1 AS order$1
                                FROM LATERAL (
                                    SELECT department$2.id AS id,
                                      department$2.name AS name,
                                      department$2.source AS source,
                                      department$2.external_id AS external_id,
                                      department$2.closed_on AS closed_on,
                                      department$2.name AS order$0,
                                      department$2.id AS order$1
                                    FROM department AS department$2
                                    WHERE EXISTS(
                                        SELECT 1
                                        FROM department_place AS department_place_1
                                        WHERE department_place_1.parent_id = page$1.id
                                          AND department_place_1.department_id = department$2.id
                                          AND (department_place_1.valid @> $3::DATE)
                                      )
                                    ORDER BY department$2.name ASC,
                                      department$2.id ASC
                                    LIMIT 2
                                  ) AS page$2
                              ) AS item$3
                            JOIN LATERAL (
                                SELECT item$3."0$" AS name,
                                  item$3."1$" AS members
                              ) AS node$3 ON true
                            ORDER BY item$3.order$0 ASC,
                              item$3.order$1 ASC
                          )) AS nodes
                      ) AS children$1
                  ) AS "1$",
                  page$1.order$0 AS order$0,
                  page$1.order$1 AS order$1
                FROM LATERAL (
                    SELECT department$1.id AS id,
                      department$1.name AS name,
                      department$1.source AS source,
                      department$1.external_id AS external_id,
                      department$1.closed_on AS closed_on,
                      department$1.name AS order$0,
                      department$1.id AS order$1
                    FROM department AS department$1
                    WHERE true
                    ORDER BY department$1.name ASC,
                      department$1.id ASC
                    LIMIT 2
                  ) AS page$1
              ) AS item$4
            JOIN LATERAL (
                SELECT item$4."0$" AS name,
                  item$4."1$" AS children
              ) AS node$4 ON true
            ORDER BY item$4.order$0 ASC,
              item$4.order$1 ASC
          )) AS nodes
      ) AS departments$1
  )) AS root$0
