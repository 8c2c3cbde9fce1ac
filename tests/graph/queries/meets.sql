SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        SELECT (
            SELECT count(*) AS count_1
            FROM employee AS employee$2
            LEFT OUTER JOIN employment AS employment$2 ON employment$2.employee_id = employee$2.id
              AND (employment$2.valid @> $1::DATE)
            WHERE employee$2.erased_at IS NULL
              AND (employment$2.title IS NULL) = $2::BOOLEAN
              AND 0 + CAST((employee$2.id IN (
                SELECT evidence_1.employee_id
                FROM evidence AS evidence_1
                WHERE evidence_1.skill_id = ANY (array((
                    SELECT anon_1.id
                    FROM (
                        SELECT anon_2.id AS id
                        FROM (
                            SELECT CAST($3::UUID AS UUID) AS id
                            UNION
                            SELECT skill_succession_1.successor_id AS successor_id
                            FROM skill_succession AS skill_succession_1
                            WHERE skill_succession_1.skill_id = $3::UUID
                              AND skill_succession_1.is_same
                          ) AS anon_2
                        UNION
                        SELECT skill_succession_2.skill_id AS skill_id
                        FROM skill_succession AS skill_succession_2
                        WHERE skill_succession_2.successor_id IN (
                            SELECT skill_succession_1.successor_id
                            FROM skill_succession AS skill_succession_1
                            WHERE skill_succession_1.skill_id = $3::UUID
                              AND skill_succession_1.is_same
                          )
                          OR skill_succession_2.successor_id = $3::UUID
                          AND NOT (EXISTS(
                            SELECT skill_succession_1.successor_id
                            FROM skill_succession AS skill_succession_1
                            WHERE skill_succession_1.skill_id = $3::UUID
                              AND skill_succession_1.is_same
                          ))
                      ) AS anon_1
                  )))
                  AND evidence_1.withdrawn_at IS NULL
                  AND (evidence_1.valid @> $4::TIMESTAMP WITH TIME ZONE)
                  AND (evidence_1.employee_id = $5::UUID OR (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_1
                    WHERE reporting_line_1.manager_id = $5::UUID
                      AND reporting_line_1.employee_id = evidence_1.employee_id
                      AND (reporting_line_1.valid @> $1::DATE)
                  )) OR coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                    SELECT 1
                    FROM policy AS policy_1
                    WHERE policy_1.teammates_see_levels
                  )) AND ((EXISTS(
                    SELECT 1
                    FROM team_membership AS team_membership_1
                    WHERE team_membership_1.employee_id = evidence_1.employee_id
                      AND (team_membership_1.valid @> $4::TIMESTAMP WITH TIME ZONE)
                      AND (EXISTS(
                        SELECT 1
                        FROM team_membership AS team_membership_2
                        WHERE team_membership_2.team_id = team_membership_1.team_id
                          AND team_membership_2.employee_id = $5::UUID
                          AND (team_membership_2.valid @> $4::TIMESTAMP WITH TIME ZONE)
                        LIMIT ALL OFFSET 0
                      ))
                    LIMIT ALL OFFSET 0
                  )) OR (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_2
                    WHERE reporting_line_2.employee_id = evidence_1.employee_id
                      AND reporting_line_2.depth = 1
                      AND (reporting_line_2.valid @> $1::DATE)
                      AND (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_3
                        WHERE reporting_line_3.manager_id = reporting_line_2.manager_id
                          AND reporting_line_3.employee_id = $5::UUID
                          AND reporting_line_3.depth = 1
                          AND (reporting_line_3.valid @> $1::DATE)
                        LIMIT ALL OFFSET 0
                      ))
                    LIMIT ALL OFFSET 0
                  ))))
                GROUP BY evidence_1.employee_id HAVING max(evidence_1.level) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))) >= $6::SMALLINT
              )) IS true AS INTEGER) + CAST((employee$2.id IN (
                SELECT award_1.employee_id
                FROM award AS award_1
                WHERE award_1.credential_id = $7::UUID
                  AND (award_1.held @> $4::TIMESTAMP WITH TIME ZONE)
                  AND (NOT award_1.is_hidden OR award_1.employee_id = $5::UUID OR (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_4
                    WHERE reporting_line_4.manager_id = $5::UUID
                      AND reporting_line_4.employee_id = award_1.employee_id
                      AND (reporting_line_4.valid @> $1::DATE)
                  )))
              )) IS true AS INTEGER) + CAST((employee$2.id IN (
                SELECT anon_3.employee_id
                FROM (
                    SELECT team_membership_3.employee_id AS employee_id,
                      team_membership_3.valid AS valid
                    FROM team_membership AS team_membership_3
                    WHERE team_membership_3.team_id = $8::UUID
                      AND ((team_membership_3.valid @> $4::TIMESTAMP WITH TIME ZONE) OR team_membership_3.employee_id = $5::UUID OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_5
                        WHERE reporting_line_5.manager_id = $5::UUID
                          AND reporting_line_5.employee_id = team_membership_3.employee_id
                          AND (reporting_line_5.valid @> $1::DATE)
                        LIMIT ALL OFFSET 0
                      )))
                  ) AS anon_3
                WHERE (anon_3.valid @> $4::TIMESTAMP WITH TIME ZONE)
              )) IS true AND (employee$2.id IN (
                SELECT anon_4.employee_id
                FROM (
                    SELECT anon_5.employee_id AS employee_id,
                      coalesce(lower(anon_5.stretch), '-infinity' ::timestamptz) AS since
                    FROM (
                        SELECT anon_6.employee_id AS employee_id,
                          unnest(range_agg(anon_6.valid)) AS stretch
                        FROM (
                            SELECT team_membership_4.employee_id AS employee_id,
                              team_membership_4.valid AS valid
                            FROM team_membership AS team_membership_4
                            WHERE team_membership_4.team_id = $9::UUID
                              AND (team_membership_4.employee_id = $5::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_6
                                WHERE reporting_line_6.manager_id = $5::UUID
                                  AND reporting_line_6.employee_id = team_membership_4.employee_id
                                  AND ((reporting_line_6.valid @> $1::DATE) OR (tstzrange(coalesce(lower(team_membership_4.valid), '-infinity' ::timestamptz), coalesce(lower(team_membership_4.valid), '-infinity' ::timestamptz), '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_6.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_6.valid) AS TIMESTAMP WITHOUT TIME ZONE)))))
                                LIMIT ALL OFFSET 0
                              )))
                          ) AS anon_6
                        GROUP BY anon_6.employee_id
                      ) AS anon_5
                    WHERE anon_5.stretch @> $4::TIMESTAMP
                    WITH TIME ZONE
                  ) AS anon_4
                WHERE timezone('UTC', CAST(timezone('UTC', anon_4.since) AS TIMESTAMP WITHOUT TIME ZONE) + make_interval(0, $10::INTEGER, 0, $11::INTEGER)) <= $4::TIMESTAMP
                WITH TIME ZONE
              )) IS true AS INTEGER) >= $12::INTEGER
          ) AS "totalCount",
          array((
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
                    LEFT OUTER JOIN employment AS employment$1 ON employment$1.employee_id = employee$1.id
                      AND (employment$1.valid @> $1::DATE)
                    WHERE employee$1.erased_at IS NULL
                      AND (employment$1.title IS NULL) = $13::BOOLEAN
                      AND 0 + CAST((employee$1.id IN (
                        SELECT evidence_2.employee_id
                        FROM evidence AS evidence_2
                        WHERE evidence_2.skill_id = ANY (array((
                            SELECT anon_7.id
                            FROM (
                                SELECT anon_8.id AS id
                                FROM (
                                    SELECT CAST($14::UUID AS UUID) AS id
                                    UNION
                                    SELECT skill_succession_3.successor_id AS successor_id
                                    FROM skill_succession AS skill_succession_3
                                    WHERE skill_succession_3.skill_id = $14::UUID
                                      AND skill_succession_3.is_same
                                  ) AS anon_8
                                UNION
                                SELECT skill_succession_4.skill_id AS skill_id
                                FROM skill_succession AS skill_succession_4
                                WHERE skill_succession_4.successor_id IN (
                                    SELECT skill_succession_3.successor_id
                                    FROM skill_succession AS skill_succession_3
                                    WHERE skill_succession_3.skill_id = $14::UUID
                                      AND skill_succession_3.is_same
                                  )
                                  OR skill_succession_4.successor_id = $14::UUID
                                  AND NOT (EXISTS(
                                    SELECT skill_succession_3.successor_id
                                    FROM skill_succession AS skill_succession_3
                                    WHERE skill_succession_3.skill_id = $14::UUID
                                      AND skill_succession_3.is_same
                                  ))
                              ) AS anon_7
                          )))
                          AND evidence_2.withdrawn_at IS NULL
                          AND (evidence_2.valid @> $4::TIMESTAMP WITH TIME ZONE)
                          AND (evidence_2.employee_id = $5::UUID OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_7
                            WHERE reporting_line_7.manager_id = $5::UUID
                              AND reporting_line_7.employee_id = evidence_2.employee_id
                              AND (reporting_line_7.valid @> $1::DATE)
                          )) OR coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                            SELECT 1
                            FROM policy AS policy_2
                            WHERE policy_2.teammates_see_levels
                          )) AND ((EXISTS(
                            SELECT 1
                            FROM team_membership AS team_membership_5
                            WHERE team_membership_5.employee_id = evidence_2.employee_id
                              AND (team_membership_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                              AND (EXISTS(
                                SELECT 1
                                FROM team_membership AS team_membership_6
                                WHERE team_membership_6.team_id = team_membership_5.team_id
                                  AND team_membership_6.employee_id = $5::UUID
                                  AND (team_membership_6.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                LIMIT ALL OFFSET 0
                              ))
                            LIMIT ALL OFFSET 0
                          )) OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_8
                            WHERE reporting_line_8.employee_id = evidence_2.employee_id
                              AND reporting_line_8.depth = 1
                              AND (reporting_line_8.valid @> $1::DATE)
                              AND (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_9
                                WHERE reporting_line_9.manager_id = reporting_line_8.manager_id
                                  AND reporting_line_9.employee_id = $5::UUID
                                  AND reporting_line_9.depth = 1
                                  AND (reporting_line_9.valid @> $1::DATE)
                                LIMIT ALL OFFSET 0
                              ))
                            LIMIT ALL OFFSET 0
                          ))))
                        GROUP BY evidence_2.employee_id HAVING max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))) >= $15::SMALLINT
                      )) IS true AS INTEGER) + CAST((employee$1.id IN (
                        SELECT award_2.employee_id
                        FROM award AS award_2
                        WHERE award_2.credential_id = $16::UUID
                          AND (award_2.held @> $4::TIMESTAMP WITH TIME ZONE)
                          AND (NOT award_2.is_hidden OR award_2.employee_id = $5::UUID OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_10
                            WHERE reporting_line_10.manager_id = $5::UUID
                              AND reporting_line_10.employee_id = award_2.employee_id
                              AND (reporting_line_10.valid @> $1::DATE)
                          )))
                      )) IS true AS INTEGER) + CAST((employee$1.id IN (
                        SELECT anon_9.employee_id
                        FROM (
                            SELECT team_membership_7.employee_id AS employee_id,
                              team_membership_7.valid AS valid
                            FROM team_membership AS team_membership_7
                            WHERE team_membership_7.team_id = $17::UUID
                              AND ((team_membership_7.valid @> $4::TIMESTAMP WITH TIME ZONE) OR team_membership_7.employee_id = $5::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_11
                                WHERE reporting_line_11.manager_id = $5::UUID
                                  AND reporting_line_11.employee_id = team_membership_7.employee_id
                                  AND (reporting_line_11.valid @> $1::DATE)
                                LIMIT ALL OFFSET 0
                              )))
                          ) AS anon_9
                        WHERE (anon_9.valid @> $4::TIMESTAMP WITH TIME ZONE)
                      )) IS true AND (employee$1.id IN (
                        SELECT anon_10.employee_id
                        FROM (
                            SELECT anon_11.employee_id AS employee_id,
                              coalesce(lower(anon_11.stretch), '-infinity' ::timestamptz) AS since
                            FROM (
                                SELECT anon_12.employee_id AS employee_id,
                                  unnest(range_agg(anon_12.valid)) AS stretch
                                FROM (
                                    SELECT team_membership_8.employee_id AS employee_id,
                                      team_membership_8.valid AS valid
                                    FROM team_membership AS team_membership_8
                                    WHERE team_membership_8.team_id = $18::UUID
                                      AND (team_membership_8.employee_id = $5::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_12
                                        WHERE reporting_line_12.manager_id = $5::UUID
                                          AND reporting_line_12.employee_id = team_membership_8.employee_id
                                          AND ((reporting_line_12.valid @> $1::DATE) OR (tstzrange(coalesce(lower(team_membership_8.valid), '-infinity' ::timestamptz), coalesce(lower(team_membership_8.valid), '-infinity' ::timestamptz), '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_12.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_12.valid) AS TIMESTAMP WITHOUT TIME ZONE)))))
                                        LIMIT ALL OFFSET 0
                                      )))
                                  ) AS anon_12
                                GROUP BY anon_12.employee_id
                              ) AS anon_11
                            WHERE anon_11.stretch @> $4::TIMESTAMP
                            WITH TIME ZONE
                          ) AS anon_10
                        WHERE timezone('UTC', CAST(timezone('UTC', anon_10.since) AS TIMESTAMP WITHOUT TIME ZONE) + make_interval(0, $19::INTEGER, 0, $20::INTEGER)) <= $4::TIMESTAMP
                        WITH TIME ZONE
                      )) IS true AS INTEGER) >= $21::INTEGER
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
  )) AS root$0
