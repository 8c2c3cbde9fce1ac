WITH anon_7 AS (
    SELECT anon_8.employee_id AS employee_id,
      employment_1.job_role_id AS job_role_id
    FROM (
        SELECT team_membership_1.employee_id AS employee_id
        FROM team_membership AS team_membership_1
        WHERE team_membership_1.team_id = $2::UUID
          AND (team_membership_1.valid @> $1::TIMESTAMP WITH TIME ZONE)
          AND ($3::DATE = $4::DATE AND $1::TIMESTAMP WITH TIME ZONE <= $5::TIMESTAMP WITH TIME ZONE AND (team_membership_1.valid @> $5::TIMESTAMP WITH TIME ZONE) OR team_membership_1.employee_id = $6::UUID OR (EXISTS(
            SELECT 1
            FROM reporting_line AS reporting_line_1
            WHERE reporting_line_1.manager_id = $6::UUID
              AND reporting_line_1.employee_id = team_membership_1.employee_id
              AND ((reporting_line_1.valid @> $4::DATE) OR (reporting_line_1.valid @> $3::DATE))
            LIMIT ALL OFFSET 0
          )))
      ) AS anon_8
    LEFT OUTER JOIN employment AS employment_1 ON employment_1.employee_id = anon_8.employee_id
      AND (employment_1.valid @> $3::DATE)
      AND ($3::DATE = $4::DATE AND (employment_1.valid @> $4::DATE) OR employment_1.employee_id = $6::UUID OR (EXISTS(
        SELECT 1
        FROM reporting_line AS reporting_line_2
        WHERE reporting_line_2.manager_id = $6::UUID
          AND reporting_line_2.employee_id = employment_1.employee_id
          AND ((reporting_line_2.valid @> $4::DATE) OR (reporting_line_2.valid @> $3::DATE))
        LIMIT ALL OFFSET 0
      )))
  ),
  anon_4 AS MATERIALIZED (
    SELECT anon_5.job_role_id AS job_role_id,
      anon_5.skill_id AS skill_id,
      anon_5.level AS level,
      anon_5.weight AS weight,
      anon_5.must_have AS must_have
    FROM (
        SELECT anon_6.job_role_id AS job_role_id,
          anon_6.skill_id AS skill_id,
          anon_6.level AS level,
          anon_6.weight AS weight,
          anon_6.must_have AS must_have
        FROM (
            SELECT role_skill_1.job_role_id AS job_role_id,
              role_skill_1.skill_id AS skill_id,
              max(role_skill_1.level) AS level,
              max(role_skill_1.weight) AS weight,
              bool_or(role_skill_1.must_have) AS must_have
            FROM role_skill AS role_skill_1
            WHERE role_skill_1.valid @> $1::TIMESTAMP
            WITH TIME ZONE
              AND role_skill_1.job_role_id IN (
                SELECT anon_7.job_role_id
                FROM anon_7
              )
            GROUP BY role_skill_1.job_role_id,
              role_skill_1.skill_id
          ) AS anon_6
        WHERE NOT (EXISTS(
            SELECT 1
            FROM skill_succession AS skill_succession_1
          ))
        UNION ALL
        SELECT anon_9.job_role_id AS job_role_id,
          anon_9.skill_id AS skill_id,
          anon_9.level AS level,
          anon_9.weight AS weight,
          anon_9.must_have AS must_have
        FROM (
            SELECT role_skill_2.job_role_id AS job_role_id,
              coalesce(skill_succession_2.successor_id, role_skill_2.skill_id) AS skill_id,
              max(role_skill_2.level) AS level,
              max(role_skill_2.weight) AS weight,
              bool_or(role_skill_2.must_have) AS must_have
            FROM role_skill AS role_skill_2
            LEFT OUTER JOIN skill_succession AS skill_succession_2 ON skill_succession_2.skill_id = role_skill_2.skill_id
            WHERE role_skill_2.valid @> $1::TIMESTAMP
            WITH TIME ZONE
              AND role_skill_2.job_role_id IN (
                SELECT anon_7.job_role_id
                FROM anon_7
              )
            GROUP BY role_skill_2.job_role_id,
              coalesce(skill_succession_2.successor_id, role_skill_2.skill_id)
          ) AS anon_9
        WHERE EXISTS(
            SELECT 1
            FROM skill_succession AS skill_succession_1
          )
      ) AS anon_5
  ),
  anon_2 AS (
    SELECT skill_1.id AS skill_id,
      row_number() OVER (ORDER BY skill_1.name, skill_1.id) AS position
    FROM (
        SELECT DISTINCT anon_4.skill_id AS skill_id
        FROM anon_4
      ) AS anon_3
    JOIN skill AS skill_1 ON skill_1.id = anon_3.skill_id
  )
SELECT to_json((
    SELECT team_matrix$2
    FROM LATERAL (
        SELECT $1::TIMESTAMP
        WITH TIME ZONE AS at,
          array((
            SELECT each$1
            FROM (
                SELECT skill$2 AS skill
                FROM LATERAL (
                    SELECT anon_1.skill_id AS skill_id,
                      anon_1.position AS position
                    FROM anon_2 AS anon_1
                  ) AS matrix_column$1
                LEFT OUTER JOIN LATERAL (
                    SELECT skill$1.name AS name
                    FROM skill AS skill$1
                    WHERE skill$1.id = matrix_column$1.skill_id
                  ) AS skill$2 ON true
                ORDER BY matrix_column$1.position
              ) AS each$1
          )) AS columns,
          array((
            SELECT each$3
            FROM (
                SELECT employee$2 AS employee,
                  job_role$2 AS "jobRole",
                  (matrix_row$1.is_open OR matrix_row$1.is_shared) IS NOT true AS "isWithheld",
                  array((
                    SELECT each$2
                    FROM (
                        SELECT skill$4 AS skill,
                          matrix_cell$1.level AS level,
                          matrix_cell$1.is_verified AS "isVerified",
                          matrix_cell$1.required AS required,
                          matrix_cell$1.gap AS gap,
                          (
                            SELECT upper(anon_10.stretch) AS upper_1
                            FROM (
                                SELECT unnest(anon_11.times) AS stretch
                                FROM (
                                    SELECT coalesce(range_agg(evidence_1.valid) FILTER (WHERE evidence_1.level >= matrix_cell$1.level AND coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))), '{}' ::tstzmultirange) + (coalesce(range_agg(evidence_1.valid) FILTER (WHERE evidence_1.level >= matrix_cell$1.level AND NOT coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[])) AND NOT matrix_cell$1.is_verified), '{}' ::tstzmultirange) - coalesce(range_agg(evidence_1.valid) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))), '{}' ::tstzmultirange)) AS times
                                    FROM evidence AS evidence_1
                                    WHERE evidence_1.employee_id = matrix_cell$1.employee_id
                                      AND evidence_1.skill_id = ANY (array_append(array((
                                        SELECT skill_succession_3.skill_id
                                        FROM skill_succession AS skill_succession_3
                                        WHERE skill_succession_3.successor_id = matrix_cell$1.skill_id
                                      )), matrix_cell$1.skill_id))
                                      AND evidence_1.withdrawn_at IS NULL
                                      AND (evidence_1.employee_id = $6::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_3
                                        WHERE reporting_line_3.manager_id = $6::UUID
                                          AND reporting_line_3.employee_id = evidence_1.employee_id
                                          AND (reporting_line_3.valid @> $4::DATE)
                                      )) OR evidence_1.employee_id IN (
                                        SELECT reporting_line_4.employee_id
                                        FROM reporting_line AS reporting_line_4
                                        WHERE reporting_line_4.manager_id = $6::UUID
                                      ) AND (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_5
                                        WHERE reporting_line_5.manager_id = $6::UUID
                                          AND reporting_line_5.employee_id = evidence_1.employee_id
                                          AND (evidence_1.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_5.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_5.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                        LIMIT ALL OFFSET 0
                                      )) OR evidence_1.asserted_by_id = $6::UUID OR coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[])) AND evidence_1.withdrawn_at IS NULL AND (evidence_1.valid @> $5::TIMESTAMP WITH TIME ZONE) AND (EXISTS(
                                        SELECT 1
                                        FROM policy AS policy_1
                                        WHERE policy_1.teammates_see_levels
                                      )) AND ((EXISTS(
                                        SELECT 1
                                        FROM team_membership AS team_membership_2
                                        WHERE team_membership_2.employee_id = evidence_1.employee_id
                                          AND (team_membership_2.valid @> $5::TIMESTAMP WITH TIME ZONE)
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM team_membership AS team_membership_3
                                            WHERE team_membership_3.team_id = team_membership_2.team_id
                                              AND team_membership_3.employee_id = $6::UUID
                                              AND (team_membership_3.valid @> $5::TIMESTAMP WITH TIME ZONE)
                                            LIMIT ALL OFFSET 0
                                          ))
                                        LIMIT ALL OFFSET 0
                                      )) OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_6
                                        WHERE reporting_line_6.employee_id = evidence_1.employee_id
                                          AND reporting_line_6.depth = 1
                                          AND (reporting_line_6.valid @> $4::DATE)
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_7
                                            WHERE reporting_line_7.manager_id = reporting_line_6.manager_id
                                              AND reporting_line_7.employee_id = $6::UUID
                                              AND reporting_line_7.depth = 1
                                              AND (reporting_line_7.valid @> $4::DATE)
                                            LIMIT ALL OFFSET 0
                                          ))
                                        LIMIT ALL OFFSET 0
                                      ))))
                                  ) AS anon_11
                              ) AS anon_10
                            WHERE anon_10.stretch @> $1::TIMESTAMP
                            WITH TIME ZONE
                          ) AS until
                        FROM LATERAL (
                            SELECT matrix_row$1.employee_id AS employee_id,
                              anon_12.skill_id AS skill_id,
                              anon_12.position AS position,
                              anon_13.level AS level,
                              coalesce(anon_13.is_verified, false) AS is_verified,
                              anon_14.level AS required,
                              CASE WHEN ((matrix_row$1.is_open OR matrix_row$1.is_shared AND anon_13.is_verified) AND anon_14.level IS NOT NULL) THEN greatest(anon_14.level - coalesce(anon_13.level, 0), 0) END AS gap
                            FROM anon_2 AS anon_12
                            FULL OUTER JOIN (
                                SELECT anon_15.employee_id AS employee_id,
                                  anon_15.skill_id AS skill_id,
                                  anon_15.level AS level,
                                  anon_15.is_verified AS is_verified
                                FROM (
                                    SELECT anon_16.employee_id AS employee_id,
                                      anon_16.skill_id AS skill_id,
                                      anon_16.level AS level,
                                      anon_16.is_verified AS is_verified
                                    FROM (
                                        SELECT matrix_row$1.employee_id AS employee_id,
                                          evidence_2.skill_id AS skill_id,
                                          coalesce(max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_2.level)) AS level,
                                          max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                        FROM evidence AS evidence_2
                                        WHERE (matrix_row$1.employee_id = $6::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_8
                                            WHERE reporting_line_8.manager_id = $6::UUID
                                              AND reporting_line_8.employee_id = matrix_row$1.employee_id
                                              AND ((reporting_line_8.valid @> $4::DATE) OR (reporting_line_8.valid @> $3::DATE))
                                          )) OR coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[])) AND $3::DATE = $4::DATE AND (EXISTS(
                                            SELECT 1
                                            FROM policy AS policy_2
                                            WHERE policy_2.teammates_see_levels
                                          )) AND ((EXISTS(
                                            SELECT 1
                                            FROM team_membership AS team_membership_4
                                            WHERE team_membership_4.employee_id = matrix_row$1.employee_id
                                              AND (team_membership_4.valid @> $5::TIMESTAMP WITH TIME ZONE)
                                              AND (EXISTS(
                                                SELECT 1
                                                FROM team_membership AS team_membership_5
                                                WHERE team_membership_5.team_id = team_membership_4.team_id
                                                  AND team_membership_5.employee_id = $6::UUID
                                                  AND (team_membership_5.valid @> $5::TIMESTAMP WITH TIME ZONE)
                                                LIMIT ALL OFFSET 0
                                              ))
                                            LIMIT ALL OFFSET 0
                                          )) OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_9
                                            WHERE reporting_line_9.employee_id = matrix_row$1.employee_id
                                              AND reporting_line_9.depth = 1
                                              AND (reporting_line_9.valid @> $4::DATE)
                                              AND (EXISTS(
                                                SELECT 1
                                                FROM reporting_line AS reporting_line_10
                                                WHERE reporting_line_10.manager_id = reporting_line_9.manager_id
                                                  AND reporting_line_10.employee_id = $6::UUID
                                                  AND reporting_line_10.depth = 1
                                                  AND (reporting_line_10.valid @> $4::DATE)
                                                LIMIT ALL OFFSET 0
                                              ))
                                            LIMIT ALL OFFSET 0
                                          ))))
                                          AND evidence_2.employee_id = matrix_row$1.employee_id
                                          AND evidence_2.withdrawn_at IS NULL
                                          AND (evidence_2.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                        GROUP BY evidence_2.skill_id
                                      ) AS anon_16
                                    WHERE NOT (EXISTS(
                                        SELECT 1
                                        FROM skill_succession AS skill_succession_4
                                      ))
                                    UNION ALL
                                    SELECT anon_17.employee_id AS employee_id,
                                      anon_17.skill_id AS skill_id,
                                      anon_17.level AS level,
                                      anon_17.is_verified AS is_verified
                                    FROM (
                                        SELECT matrix_row$1.employee_id AS employee_id,
                                          coalesce(skill_succession_5.successor_id, evidence_3.skill_id) AS skill_id,
                                          coalesce(max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_3.level)) AS level,
                                          max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                        FROM evidence AS evidence_3
                                        LEFT OUTER JOIN skill_succession AS skill_succession_5 ON skill_succession_5.skill_id = evidence_3.skill_id
                                        WHERE (matrix_row$1.employee_id = $6::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_8
                                            WHERE reporting_line_8.manager_id = $6::UUID
                                              AND reporting_line_8.employee_id = matrix_row$1.employee_id
                                              AND ((reporting_line_8.valid @> $4::DATE) OR (reporting_line_8.valid @> $3::DATE))
                                          )) OR coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[])) AND $3::DATE = $4::DATE AND (EXISTS(
                                            SELECT 1
                                            FROM policy AS policy_2
                                            WHERE policy_2.teammates_see_levels
                                          )) AND ((EXISTS(
                                            SELECT 1
                                            FROM team_membership AS team_membership_4
                                            WHERE team_membership_4.employee_id = matrix_row$1.employee_id
                                              AND (team_membership_4.valid @> $5::TIMESTAMP WITH TIME ZONE)
                                              AND (EXISTS(
                                                SELECT 1
                                                FROM team_membership AS team_membership_5
                                                WHERE team_membership_5.team_id = team_membership_4.team_id
                                                  AND team_membership_5.employee_id = $6::UUID
                                                  AND (team_membership_5.valid @> $5::TIMESTAMP WITH TIME ZONE)
                                                LIMIT ALL OFFSET 0
                                              ))
                                            LIMIT ALL OFFSET 0
                                          )) OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_9
                                            WHERE reporting_line_9.employee_id = matrix_row$1.employee_id
                                              AND reporting_line_9.depth = 1
                                              AND (reporting_line_9.valid @> $4::DATE)
                                              AND (EXISTS(
                                                SELECT 1
                                                FROM reporting_line AS reporting_line_10
                                                WHERE reporting_line_10.manager_id = reporting_line_9.manager_id
                                                  AND reporting_line_10.employee_id = $6::UUID
                                                  AND reporting_line_10.depth = 1
                                                  AND (reporting_line_10.valid @> $4::DATE)
                                                LIMIT ALL OFFSET 0
                                              ))
                                            LIMIT ALL OFFSET 0
                                          ))))
                                          AND evidence_3.employee_id = matrix_row$1.employee_id
                                          AND evidence_3.withdrawn_at IS NULL
                                          AND (evidence_3.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                        GROUP BY coalesce(skill_succession_5.successor_id, evidence_3.skill_id)
                                      ) AS anon_17
                                    WHERE EXISTS(
                                        SELECT 1
                                        FROM skill_succession AS skill_succession_4
                                      )
                                  ) AS anon_15
                              ) AS anon_13 ON anon_13.skill_id = anon_12.skill_id
                            FULL OUTER JOIN (
                                SELECT anon_18.skill_id AS skill_id,
                                  anon_18.level AS level
                                FROM anon_4 AS anon_18
                                WHERE anon_18.job_role_id = matrix_row$1.job_role_id
                              ) AS anon_14 ON anon_14.skill_id = anon_12.skill_id
                            WHERE coalesce(anon_12.position, 0) > 0
                          ) AS matrix_cell$1
                        LEFT OUTER JOIN LATERAL (
                            SELECT skill$3.code AS code
                            FROM skill AS skill$3
                            WHERE skill$3.id = matrix_cell$1.skill_id
                          ) AS skill$4 ON true
                        ORDER BY matrix_cell$1.position
                      ) AS each$2
                  )) AS cells
                FROM LATERAL (
                    SELECT anon_19.employee_id AS employee_id,
                      anon_19.job_role_id AS job_role_id,
                      anon_19.employee_id = $6::UUID
                      OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_11
                        WHERE reporting_line_11.manager_id = $6::UUID
                          AND reporting_line_11.employee_id = anon_19.employee_id
                          AND ((reporting_line_11.valid @> $4::DATE) OR (reporting_line_11.valid @> $3::DATE))
                      )) AS is_open,
                      $3::DATE = $4::DATE
                      AND (EXISTS(
                        SELECT 1
                        FROM policy AS policy_3
                        WHERE policy_3.teammates_see_levels
                      ))
                      AND ((EXISTS(
                        SELECT 1
                        FROM team_membership AS team_membership_6
                        WHERE team_membership_6.employee_id = anon_19.employee_id
                          AND (team_membership_6.valid @> $5::TIMESTAMP WITH TIME ZONE)
                          AND (EXISTS(
                            SELECT 1
                            FROM team_membership AS team_membership_7
                            WHERE team_membership_7.team_id = team_membership_6.team_id
                              AND team_membership_7.employee_id = $6::UUID
                              AND (team_membership_7.valid @> $5::TIMESTAMP WITH TIME ZONE)
                            LIMIT ALL OFFSET 0
                          ))
                        LIMIT ALL OFFSET 0
                      )) OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_12
                        WHERE reporting_line_12.employee_id = anon_19.employee_id
                          AND reporting_line_12.depth = 1
                          AND (reporting_line_12.valid @> $4::DATE)
                          AND (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_13
                            WHERE reporting_line_13.manager_id = reporting_line_12.manager_id
                              AND reporting_line_13.employee_id = $6::UUID
                              AND reporting_line_13.depth = 1
                              AND (reporting_line_13.valid @> $4::DATE)
                            LIMIT ALL OFFSET 0
                          ))
                        LIMIT ALL OFFSET 0
                      ))) AS is_shared,
                      row_number() OVER (ORDER BY employee_1.display_name, employee_1.id) AS position
                    FROM anon_7 AS anon_19
                    JOIN employee AS employee_1 ON employee_1.id = anon_19.employee_id
                  ) AS matrix_row$1
                LEFT OUTER JOIN LATERAL (
                    SELECT employee$1.given_name AS "givenName"
                    FROM employee AS employee$1
                    WHERE employee$1.id = matrix_row$1.employee_id
                  ) AS employee$2 ON true
                LEFT OUTER JOIN LATERAL (
                    SELECT job_role$1.name AS name
                    FROM job_role AS job_role$1
                    WHERE job_role$1.id = matrix_row$1.job_role_id
                  ) AS job_role$2 ON true
                ORDER BY matrix_row$1.position
              ) AS each$3
          )) AS rows
        FROM LATERAL (
            SELECT 1 AS one
            FROM (
                SELECT count(*) AS size
                FROM anon_7 AS anon_21
              ) AS anon_20
            JOIN (
                SELECT count(*) AS size
                FROM anon_2 AS anon_23
              ) AS anon_22 ON CASE WHEN (anon_20.size * greatest(anon_22.size, 1) > 200000) THEN over_limit(format('teamMatrix: a matrix has at most 200000 cells, people times skills, and this would have %s; ask for fewer people, or for some of the skills', anon_20.size * greatest(anon_22.size, 1))) ELSE true END
          ) AS team_matrix$1
        WHERE true
      ) AS team_matrix$2
  )) AS root$0
