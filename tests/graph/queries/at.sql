SELECT to_json((
    SELECT employee$4
    FROM LATERAL (
        SELECT employment$2.title AS title,
          manager$1 AS manager,
          manager$2 AS elsewhen,
          (
            SELECT levels$1
            FROM LATERAL (
                SELECT array((
                    SELECT node$1
                    FROM LATERAL (
                        SELECT skill$2 AS "0$",
                          page$1.level AS "1$",
                          page$1.is_verified AS "2$",
                          page$1.order$0 AS order$0
                        FROM LATERAL (
                            SELECT level$1.employee_id AS employee_id,
                              level$1.skill_id AS skill_id,
                              level$1.level AS level,
                              level$1.is_verified AS is_verified,
                              level$1.skill_id AS order$0
                            FROM LATERAL (
                                SELECT anon_1.employee_id AS employee_id,
                                  anon_1.skill_id AS skill_id,
                                  anon_1.level AS level,
                                  anon_1.is_verified AS is_verified
                                FROM (
                                    SELECT anon_2.employee_id AS employee_id,
                                      anon_2.skill_id AS skill_id,
                                      anon_2.level AS level,
                                      anon_2.is_verified AS is_verified
                                    FROM (
                                        SELECT employee$1.id AS employee_id,
                                          evidence_1.skill_id AS skill_id,
                                          coalesce(max(evidence_1.level) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_1.level)) AS level,
                                          max(evidence_1.level) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                        FROM evidence AS evidence_1
                                        WHERE evidence_1.employee_id = employee$1.id
                                          AND evidence_1.withdrawn_at IS NULL
                                          AND (evidence_1.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                        GROUP BY evidence_1.skill_id
                                      ) AS anon_2
                                    WHERE NOT (EXISTS(
                                        SELECT 1
                                        FROM skill_succession AS skill_succession_1
                                      ))
                                    UNION ALL
                                    SELECT anon_3.employee_id AS employee_id,
                                      anon_3.skill_id AS skill_id,
                                      anon_3.level AS level,
                                      anon_3.is_verified AS is_verified
                                    FROM (
                                        SELECT employee$1.id AS employee_id,
                                          coalesce(skill_succession_2.successor_id, evidence_2.skill_id) AS skill_id,
                                          coalesce(max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_2.level)) AS level,
                                          max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                        FROM evidence AS evidence_2
                                        LEFT OUTER JOIN skill_succession AS skill_succession_2 ON skill_succession_2.skill_id = evidence_2.skill_id
                                        WHERE evidence_2.employee_id = employee$1.id
                                          AND evidence_2.withdrawn_at IS NULL
                                          AND (evidence_2.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                        GROUP BY coalesce(skill_succession_2.successor_id, evidence_2.skill_id)
                                      ) AS anon_3
                                    WHERE EXISTS(
                                        SELECT 1
                                        FROM skill_succession AS skill_succession_1
                                      )
                                  ) AS anon_1
                              ) AS level$1
                            WHERE true
                            ORDER BY level$1.skill_id ASC
                            LIMIT 50
                          ) AS page$1
                        LEFT OUTER JOIN LATERAL (
                            SELECT skill$1.name AS name
                            FROM skill AS skill$1
                            WHERE skill$1.id = page$1.skill_id
                          ) AS skill$2 ON true
                      ) AS item$1
                    JOIN LATERAL (
                        SELECT item$1."0$" AS skill,
                          item$1."1$" AS level,
                          item$1."2$" AS "isVerified"
                      ) AS node$1 ON true
                    ORDER BY item$1.order$0 ASC
                  )) AS nodes
              ) AS levels$1
          ) AS levels
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
            SELECT employee$2.given_name AS "givenName",
              employment$4.title AS title
            FROM employee AS employee$2
            LEFT OUTER JOIN LATERAL (
                SELECT employment$3.id AS id,
                  employment$3.employee_id AS employee_id,
                  employment$3.valid AS valid,
                  employment$3.manager_id AS manager_id,
                  employment$3.department_id AS department_id,
                  employment$3.job_role_id AS job_role_id,
                  employment$3.title AS title,
                  employment$3.location AS location,
                  employment$3.work AS work,
                  employment$3.engagement AS engagement,
                  employment$3.manager_ref AS manager_ref,
                  employment$3.department_ref AS department_ref,
                  employment$3.job_role_ref AS job_role_ref,
                  employment$3.recorded_at AS recorded_at,
                  employment$3.ended_because AS ended_because
                FROM employment AS employment$3
                WHERE employment$3.employee_id = employee$2.id
                  AND (employment$3.valid @> $2::DATE)
                LIMIT 1
              ) AS employment$4 ON true
            WHERE employee$2.id = employment$2.manager_id
          ) AS manager$1 ON true
        LEFT OUTER JOIN employment AS employment$5 ON employment$5.employee_id = employee$1.id
          AND (employment$5.valid @> $3::DATE)
        LEFT OUTER JOIN LATERAL (
            SELECT employee$3.given_name AS "givenName"
            FROM employee AS employee$3
            WHERE employee$3.id = employment$5.manager_id
          ) AS manager$2 ON true
        WHERE employee$1.id = $4::UUID
      ) AS employee$4
  )) AS root$0,
  to_json((
    SELECT department$2
    FROM LATERAL (
        SELECT (
            SELECT members$1
            FROM LATERAL (
                SELECT array((
                    SELECT node$2
                    FROM LATERAL (
                        SELECT page$2.given_name AS "0$",
                          CASE WHEN (employment$6.id IS NOT NULL) THEN employment$6.work WHEN (EXISTS(
                            SELECT 1
                            FROM employment AS employment_1
                            WHERE employment_1.employee_id = page$2.id
                              AND lower(employment_1.valid) > $5::DATE
                          )) THEN 'PREHIRE' ELSE 'TERMINATED' END AS "1$",
                          page$2.order$0 AS order$0
                        FROM LATERAL (
                            SELECT employee$5.id AS id,
                              employee$5.given_name AS given_name,
                              employee$5.family_name AS family_name,
                              employee$5.display_name AS display_name,
                              employee$5.email AS email,
                              employee$5.user_name AS user_name,
                              employee$5.user_name_key AS user_name_key,
                              employee$5.phone AS phone,
                              employee$5.number AS number,
                              employee$5.locale AS locale,
                              employee$5.time_zone AS time_zone,
                              employee$5.source AS source,
                              employee$5.external_id AS external_id,
                              employee$5.attributes AS attributes,
                              employee$5.kept_locally AS kept_locally,
                              employee$5.created_at AS created_at,
                              employee$5.changed_at AS changed_at,
                              employee$5.removed_at AS removed_at,
                              employee$5.erased_at AS erased_at,
                              employee$5.id AS order$0
                            FROM employee AS employee$5
                            WHERE EXISTS(
                                SELECT 1
                                FROM employment AS employment_2
                                WHERE (employment_2.department_id = department$1.id OR $6::BOOLEAN AND (EXISTS(
                                    SELECT 1
                                    FROM department_line AS department_line_1
                                    WHERE department_line_1.above_id = department$1.id
                                      AND department_line_1.department_id = employment_2.department_id
                                      AND (department_line_1.valid @> $5::DATE)
                                  )))
                                  AND employment_2.employee_id = employee$5.id
                                  AND (employment_2.valid @> $5::DATE)
                              )
                            ORDER BY employee$5.id ASC
                            LIMIT 50
                          ) AS page$2
                        LEFT OUTER JOIN employment AS employment$6 ON employment$6.employee_id = page$2.id
                          AND (employment$6.valid @> $5::DATE)
                      ) AS item$2
                    JOIN LATERAL (
                        SELECT item$2."0$" AS "givenName",
                          item$2."1$" AS status
                      ) AS node$2 ON true
                    ORDER BY item$2.order$0 ASC
                  )) AS nodes
              ) AS members$1
          ) AS members
        FROM department AS department$1
        WHERE department$1.id = $7::UUID
      ) AS department$2
  )) AS root$1
