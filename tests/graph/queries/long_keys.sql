SELECT to_json((
    SELECT employee$3.json
    FROM LATERAL (
        SELECT json_build_object('a_response_key_that_postgresql_would_cut_at_its_sixty_third_byte_1', employee$1.given_name, 'a_response_key_that_postgresql_would_cut_at_its_sixty_third_byte_2', employment$2.title, 'a_response_key_that_postgresql_would_cut_at_its_sixty_third_by63', manager$1.json, 'teams', (
            SELECT teams$1.json
            FROM LATERAL (
                SELECT json_build_object('a_response_key_that_postgresql_would_cut_at_its_sixty_third_byte_1', array((
                    SELECT edge$1.json
                    FROM LATERAL (
                        SELECT page$1.name AS "0$",
                          'Team:' || CAST(page$1.id AS TEXT) AS "1$",
                          translate(encode(convert_to(CAST(json_build_array('7de39d04', page$1.order$0, page$1.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS "2$",
                          page$1.order$0 AS order$0,
                          page$1.order$1 AS order$1
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
                                  AND team_membership_1.employee_id = employee$1.id
                                  AND (team_membership_1.valid @> $1::TIMESTAMP WITH TIME ZONE)
                              )
                            ORDER BY team$1.name ASC,
                              team$1.id ASC
                            LIMIT 50
                          ) AS page$1
                      ) AS item$1
                    JOIN LATERAL (
                        SELECT json_build_object('a_response_key_that_postgresql_would_cut_at_its_sixty_third_byte_1', item$1."0$", 'a_response_key_that_postgresql_would_cut_at_its_sixty_third_byte_2', item$1."1$") AS json
                      ) AS node$1 ON true
                    JOIN LATERAL (
                        SELECT json_build_object('a_response_key_that_postgresql_would_cut_at_its_sixty_third_byte_1', node$1.json) AS json
                      ) AS edge$1 ON true
                    ORDER BY item$1.order$0 ASC,
                      item$1.order$1 ASC
                  ))) AS json
              ) AS teams$1
          )) AS json
        FROM employee AS employee$1
        LEFT OUTER JOIN LATERAL (
            SELECT employment$1.id AS id,
              employment$1.employee_id AS employee_id,
              employment$1.valid AS valid,
              employment$1.manager_id AS manager_id,
              employment$1.department_id AS department_id,
              employment$1.job_role_id AS job_role_id,
              employment$1.title AS title,
              employment$1.location AS location,
              employment$1.work AS work,
              employment$1.engagement AS engagement,
              employment$1.manager_ref AS manager_ref,
              employment$1.department_ref AS department_ref,
              employment$1.job_role_ref AS job_role_ref,
              employment$1.recorded_at AS recorded_at,
              employment$1.ended_because AS ended_because
            FROM employment AS employment$1
            WHERE employment$1.employee_id = employee$1.id
              AND (employment$1.valid @> $2::DATE)
            LIMIT 1
          ) AS employment$2 ON true
        LEFT OUTER JOIN LATERAL (
            SELECT json_build_object('a_response_key_that_postgresql_would_cut_at_its_sixty_third_byte_1', employee$2.given_name) AS json
            FROM employee AS employee$2
            WHERE employee$2.id = employment$2.manager_id
          ) AS manager$1 ON true
        WHERE employee$1.id = $3::UUID
      ) AS employee$3
  )) AS root$0
