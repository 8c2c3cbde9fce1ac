SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        SELECT array((
            SELECT node$1
            FROM LATERAL (
                SELECT page$1.display_name AS "0$",
                  CASE WHEN (page$1.id = $1::UUID OR (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_1
                    WHERE reporting_line_1.manager_id = $1::UUID
                      AND reporting_line_1.employee_id = page$1.id
                      AND (reporting_line_1.valid && daterange($2::DATE, null))
                  ))) THEN page$1.email END AS "1$",
                  CASE WHEN (page$1.id = $1::UUID OR (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_2
                    WHERE reporting_line_2.manager_id = $1::UUID
                      AND reporting_line_2.employee_id = page$1.id
                      AND (reporting_line_2.valid && daterange($2::DATE, null))
                  ))) THEN page$1.number END AS "2$",
                  array((
                    SELECT each$1
                    FROM (
                        SELECT withheld$1.field AS field,
                          withheld$1.reason AS reason
                        FROM LATERAL (
                            SELECT anon_1.field AS field,
                              anon_1.reason AS reason,
                              anon_1.position AS position
                            FROM unnest(CAST(ARRAY[ 'email', 'phone', 'userName', 'number', 'keptLocally', 'status' ] AS TEXT[]), CAST(ARRAY[ 'Contact data is for the person, their managers and the people admins.', 'Contact data is for the person, their managers and the people admins.', 'Contact data is for the person, their managers and the people admins.', 'Contact data is for the person, their managers and the people admins.', 'What is kept here is for the person, their managers and the people admins.', 'Where somebody stands today is for everyone; other days are history, for the person, their managers and the people admins.' ] AS TEXT[]), ARRAY[ (page$1.id = $1::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_3
                                WHERE reporting_line_3.manager_id = $1::UUID
                                  AND reporting_line_3.employee_id = page$1.id
                                  AND (reporting_line_3.valid && daterange($2::DATE, null))
                              ))) IS NOT true, (page$1.id = $1::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_4
                                WHERE reporting_line_4.manager_id = $1::UUID
                                  AND reporting_line_4.employee_id = page$1.id
                                  AND (reporting_line_4.valid && daterange($2::DATE, null))
                              ))) IS NOT true, (page$1.id = $1::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_5
                                WHERE reporting_line_5.manager_id = $1::UUID
                                  AND reporting_line_5.employee_id = page$1.id
                                  AND (reporting_line_5.valid && daterange($2::DATE, null))
                              ))) IS NOT true, (page$1.id = $1::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_6
                                WHERE reporting_line_6.manager_id = $1::UUID
                                  AND reporting_line_6.employee_id = page$1.id
                                  AND (reporting_line_6.valid && daterange($2::DATE, null))
                              ))) IS NOT true, (page$1.id = $1::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_7
                                WHERE reporting_line_7.manager_id = $1::UUID
                                  AND reporting_line_7.employee_id = page$1.id
                                  AND (reporting_line_7.valid && daterange($2::DATE, null))
                              ))) IS NOT true, true IS NOT true])
                            WITH ORDINALITY AS anon_1(field, reason, hidden, position)
                            WHERE anon_1.hidden
                          ) AS withheld$1
                        ORDER BY withheld$1.position
                      ) AS each$1
                  )) AS "3$",
                  (
                    SELECT evidence$2
                    FROM LATERAL (
                        SELECT (
                            SELECT count(*) AS count_1
                            FROM evidence AS evidence$1
                            WHERE evidence$1.employee_id = page$1.id
                              AND (evidence$1.employee_id = $1::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_8
                                WHERE reporting_line_8.manager_id = $1::UUID
                                  AND reporting_line_8.employee_id = evidence$1.employee_id
                                  AND (reporting_line_8.valid @> $2::DATE)
                              )) OR evidence$1.employee_id IN (
                                SELECT reporting_line_9.employee_id
                                FROM reporting_line AS reporting_line_9
                                WHERE reporting_line_9.manager_id = $1::UUID
                              ) AND (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_10
                                WHERE reporting_line_10.manager_id = $1::UUID
                                  AND reporting_line_10.employee_id = evidence$1.employee_id
                                  AND (evidence$1.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_10.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_10.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                LIMIT ALL OFFSET 0
                              )) OR evidence$1.asserted_by_id = $1::UUID OR coalesce(evidence$1.decided, evidence$1.source != ALL ('{SELF,PEER}' ::varchar[])) AND evidence$1.withdrawn_at IS NULL AND (evidence$1.valid @> $3::TIMESTAMP WITH TIME ZONE) AND (EXISTS(
                                SELECT 1
                                FROM policy AS policy_1
                                WHERE policy_1.teammates_see_levels
                              )) AND ((EXISTS(
                                SELECT 1
                                FROM team_membership AS team_membership_1
                                WHERE team_membership_1.employee_id = evidence$1.employee_id
                                  AND (team_membership_1.valid @> $3::TIMESTAMP WITH TIME ZONE)
                                  AND (EXISTS(
                                    SELECT 1
                                    FROM team_membership AS team_membership_2
                                    WHERE team_membership_2.team_id = team_membership_1.team_id
                                      AND team_membership_2.employee_id = $1::UUID
                                      AND (team_membership_2.valid @> $3::TIMESTAMP WITH TIME ZONE)
                                    LIMIT ALL OFFSET 0
                                  ))
                                LIMIT ALL OFFSET 0
                              )) OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_11
                                WHERE reporting_line_11.employee_id = evidence$1.employee_id
                                  AND reporting_line_11.depth = 1
                                  AND (reporting_line_11.valid @> $2::DATE)
                                  AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_12
                                    WHERE reporting_line_12.manager_id = reporting_line_11.manager_id
                                      AND reporting_line_12.employee_id = $1::UUID
                                      AND reporting_line_12.depth = 1
                                      AND (reporting_line_12.valid @> $2::DATE)
                                    LIMIT ALL OFFSET 0
                                  ))
                                LIMIT ALL OFFSET 0
                              ))))
                          ) AS "totalCount"
                      ) AS evidence$2
                  ) AS "4$",
                  (
                    SELECT assignments$1
                    FROM LATERAL (
                        SELECT (
                            SELECT count(*) AS count_2
                            FROM assignment AS assignment$1
                            WHERE assignment$1.employee_id = page$1.id
                              AND assignment$1.assigned_at <= $3::TIMESTAMP
                            WITH TIME ZONE
                              AND (assignment$1.employee_id = $1::UUID OR (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_13
                                WHERE reporting_line_13.manager_id = $1::UUID
                                  AND reporting_line_13.employee_id = assignment$1.employee_id
                                  AND (reporting_line_13.valid @> $2::DATE)
                              )) OR assignment$1.employee_id IN (
                                SELECT reporting_line_14.employee_id
                                FROM reporting_line AS reporting_line_14
                                WHERE reporting_line_14.manager_id = $1::UUID
                              ) AND (EXISTS(
                                SELECT 1
                                FROM reporting_line AS reporting_line_15
                                WHERE reporting_line_15.manager_id = $1::UUID
                                  AND reporting_line_15.employee_id = assignment$1.employee_id
                                  AND (tstzrange(assignment$1.assigned_at, CASE WHEN (assignment$1.closed_at IS NOT NULL) THEN greatest(assignment$1.closed_at, timezone('UTC', CAST(assignment$1.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_15.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_15.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                LIMIT ALL OFFSET 0
                              )) OR assignment$1.assigned_by_id = $1::UUID)
                          ) AS "totalCount"
                      ) AS assignments$1
                  ) AS "5$",
                  page$1.order$0 AS order$0,
                  page$1.order$1 AS order$1
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
                      employee$1.display_name AS order$0,
                      employee$1.id AS order$1
                    FROM employee AS employee$1
                    WHERE employee$1.erased_at IS NULL
                      AND employee$1.display_name = ANY ($4::TEXT[])
                    ORDER BY employee$1.display_name ASC,
                      employee$1.id ASC
                    LIMIT 50
                  ) AS page$1
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS "displayName",
                  item$1."1$" AS email,
                  item$1."2$" AS number,
                  item$1."3$" AS withheld,
                  item$1."4$" AS evidence,
                  item$1."5$" AS assignments
              ) AS node$1 ON true
            ORDER BY item$1.order$0 ASC,
              item$1.order$1 ASC
          )) AS nodes
      ) AS employees$1
  )) AS root$0
