SELECT to_json((
    SELECT assignments$1
    FROM LATERAL (
        SELECT array((
            SELECT node$2
            FROM LATERAL (
                SELECT employee$2 AS "0$",
                  CASE WHEN (page$1.closed_at <= $1::TIMESTAMP WITH TIME ZONE AND page$1.closure = 'COMPLETED' AND NOT (EXISTS(
                    SELECT 1
                    FROM pathway_completion AS pathway_completion_1
                    WHERE pathway_completion_1.employee_id = page$1.employee_id
                      AND pathway_completion_1.pathway_id = page$1.pathway_id
                      AND (pathway_completion_1.held @> $1::TIMESTAMP WITH TIME ZONE)
                      AND (pathway_completion_1.employee_id = $2::UUID OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_1
                        WHERE reporting_line_1.manager_id = $2::UUID
                          AND reporting_line_1.employee_id = pathway_completion_1.employee_id
                          AND (reporting_line_1.valid @> $3::DATE)
                      )) OR pathway_completion_1.employee_id IN (
                        SELECT reporting_line_2.employee_id
                        FROM reporting_line AS reporting_line_2
                        WHERE reporting_line_2.manager_id = $2::UUID
                      ) AND (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_3
                        WHERE reporting_line_3.manager_id = $2::UUID
                          AND reporting_line_3.employee_id = pathway_completion_1.employee_id
                          AND (pathway_completion_1.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_3.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_3.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                        LIMIT ALL OFFSET 0
                      )))
                  ))) THEN 'LAPSED' WHEN (page$1.closed_at <= $1::TIMESTAMP WITH TIME ZONE) THEN page$1.closure WHEN (page$1.starts_on > $4::DATE) THEN 'SCHEDULED' WHEN (page$1.due_on < $4::DATE) THEN 'OVERDUE' WHEN (EXISTS(
                    SELECT 1
                    FROM progress AS progress_1
                    WHERE progress_1.employee_id = page$1.employee_id
                      AND progress_1.withdrawn_at IS NULL
                      AND lower(progress_1.valid) <= $1::TIMESTAMP
                    WITH TIME ZONE
                      AND (page$1.round = 1 OR lower(progress_1.valid) >= page$1.assigned_at)
                      AND (EXISTS(
                        SELECT 1
                        FROM step AS step_1
                        WHERE step_1.id = progress_1.step_id
                          AND step_1.version_id = page$1.version_id
                          AND (EXISTS(
                            SELECT 1
                            FROM pathway_version AS pathway_version_1
                            WHERE pathway_version_1.id = step_1.version_id
                              AND pathway_version_1.status != 'DRAFT'
                          ))
                      ))
                      AND (progress_1.employee_id = $2::UUID OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_4
                        WHERE reporting_line_4.manager_id = $2::UUID
                          AND reporting_line_4.employee_id = progress_1.employee_id
                          AND (reporting_line_4.valid @> $3::DATE)
                      )) OR progress_1.employee_id IN (
                        SELECT reporting_line_5.employee_id
                        FROM reporting_line AS reporting_line_5
                        WHERE reporting_line_5.manager_id = $2::UUID
                      ) AND (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_6
                        WHERE reporting_line_6.manager_id = $2::UUID
                          AND reporting_line_6.employee_id = progress_1.employee_id
                          AND (progress_1.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_6.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_6.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                        LIMIT ALL OFFSET 0
                      )))
                  )) THEN 'IN_PROGRESS' ELSE 'ASSIGNED' END AS "1$",
                  (
                    SELECT count(*) AS count_1
                    FROM step AS step_2
                    WHERE step_2.version_id = page$1.version_id
                      AND NOT step_2.is_optional
                      AND (EXISTS(
                        SELECT 1
                        FROM pathway_version AS pathway_version_2
                        WHERE pathway_version_2.id = step_2.version_id
                          AND pathway_version_2.status != 'DRAFT'
                      ))
                      AND ((EXISTS(
                        SELECT 1
                        FROM progress AS progress_2
                        WHERE progress_2.employee_id = page$1.employee_id
                          AND progress_2.step_id = step_2.id
                          AND progress_2.kind != 'STARTED'
                          AND progress_2.withdrawn_at IS NULL
                          AND (progress_2.valid @> $1::TIMESTAMP WITH TIME ZONE)
                          AND (page$1.round = 1 OR lower(progress_2.valid) >= page$1.assigned_at)
                          AND (progress_2.employee_id = $2::UUID OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_7
                            WHERE reporting_line_7.manager_id = $2::UUID
                              AND reporting_line_7.employee_id = progress_2.employee_id
                              AND (reporting_line_7.valid @> $3::DATE)
                          )) OR progress_2.employee_id IN (
                            SELECT reporting_line_8.employee_id
                            FROM reporting_line AS reporting_line_8
                            WHERE reporting_line_8.manager_id = $2::UUID
                          ) AND (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_9
                            WHERE reporting_line_9.manager_id = $2::UUID
                              AND reporting_line_9.employee_id = progress_2.employee_id
                              AND (progress_2.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_9.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_9.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                            LIMIT ALL OFFSET 0
                          )))
                      )) OR (EXISTS(
                        SELECT 1
                        FROM pathway_completion AS pathway_completion_2
                        WHERE pathway_completion_2.employee_id = page$1.employee_id
                          AND pathway_completion_2.pathway_id = step_2.nested_pathway_id
                          AND (pathway_completion_2.held @> $1::TIMESTAMP WITH TIME ZONE)
                          AND (pathway_completion_2.employee_id = $2::UUID OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_10
                            WHERE reporting_line_10.manager_id = $2::UUID
                              AND reporting_line_10.employee_id = pathway_completion_2.employee_id
                              AND (reporting_line_10.valid @> $3::DATE)
                          )) OR pathway_completion_2.employee_id IN (
                            SELECT reporting_line_11.employee_id
                            FROM reporting_line AS reporting_line_11
                            WHERE reporting_line_11.manager_id = $2::UUID
                          ) AND (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_12
                            WHERE reporting_line_12.manager_id = $2::UUID
                              AND reporting_line_12.employee_id = pathway_completion_2.employee_id
                              AND (pathway_completion_2.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_12.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_12.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                            LIMIT ALL OFFSET 0
                          )))
                      )))
                  ) AS "2$",
                  (
                    SELECT count(*) AS count_2
                    FROM step AS step_3
                    WHERE step_3.version_id = page$1.version_id
                      AND NOT step_3.is_optional
                      AND (EXISTS(
                        SELECT 1
                        FROM pathway_version AS pathway_version_3
                        WHERE pathway_version_3.id = step_3.version_id
                          AND pathway_version_3.status != 'DRAFT'
                      ))
                  ) AS "3$",
                  page$1.closure AS "4$",
                  (
                    SELECT progress$2
                    FROM LATERAL (
                        SELECT array((
                            SELECT node$1
                            FROM LATERAL (
                                SELECT page$2.kind AS "0$",
                                  page$2.recorded_at AS "1$",
                                  page$2.score AS "2$",
                                  page$2.order$0 AS order$0
                                FROM LATERAL (
                                    SELECT progress$1.id AS id,
                                      progress$1.employee_id AS employee_id,
                                      progress$1.step_id AS step_id,
                                      progress$1.kind AS kind,
                                      progress$1.valid AS valid,
                                      progress$1.score AS score,
                                      progress$1.note AS note,
                                      progress$1.recorded_by_id AS recorded_by_id,
                                      progress$1.recorded_at AS recorded_at,
                                      progress$1.carried_from_id AS carried_from_id,
                                      progress$1.statement_id AS statement_id,
                                      progress$1.withdrawn_at AS withdrawn_at,
                                      progress$1.withdrawn_by_id AS withdrawn_by_id,
                                      progress$1.withdrawn_reason AS withdrawn_reason,
                                      progress$1.id AS order$0
                                    FROM progress AS progress$1
                                    WHERE progress$1.employee_id = page$1.employee_id
                                      AND (page$1.round = 1 OR lower(progress$1.valid) >= page$1.assigned_at)
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM step AS step_4
                                        WHERE step_4.id = progress$1.step_id
                                          AND step_4.version_id = page$1.version_id
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM pathway_version AS pathway_version_4
                                            WHERE pathway_version_4.id = step_4.version_id
                                              AND pathway_version_4.status != 'DRAFT'
                                          ))
                                      ))
                                      AND (progress$1.employee_id = $2::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_13
                                        WHERE reporting_line_13.manager_id = $2::UUID
                                          AND reporting_line_13.employee_id = progress$1.employee_id
                                          AND (reporting_line_13.valid @> $3::DATE)
                                      )) OR progress$1.employee_id IN (
                                        SELECT reporting_line_14.employee_id
                                        FROM reporting_line AS reporting_line_14
                                        WHERE reporting_line_14.manager_id = $2::UUID
                                      ) AND (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_15
                                        WHERE reporting_line_15.manager_id = $2::UUID
                                          AND reporting_line_15.employee_id = progress$1.employee_id
                                          AND (progress$1.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_15.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_15.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                        LIMIT ALL OFFSET 0
                                      )))
                                      AND (progress$1.withdrawn_at IS NULL) = $5::BOOLEAN
                                    ORDER BY progress$1.id ASC
                                    LIMIT 50
                                  ) AS page$2
                              ) AS item$1
                            JOIN LATERAL (
                                SELECT item$1."0$" AS kind,
                                  item$1."1$" AS "recordedAt",
                                  item$1."2$" AS score
                              ) AS node$1 ON true
                            ORDER BY item$1.order$0 ASC
                          )) AS nodes
                      ) AS progress$2
                  ) AS "5$",
                  page$1.order$0 AS order$0,
                  page$1.order$1 AS order$1
                FROM LATERAL (
                    SELECT assignment$1.id AS id,
                      assignment$1.employee_id AS employee_id,
                      assignment$1.pathway_id AS pathway_id,
                      assignment$1.version_id AS version_id,
                      assignment$1.assigned_by_id AS assigned_by_id,
                      assignment$1.cause AS cause,
                      assignment$1.renews_id AS renews_id,
                      assignment$1.rule_version_id AS rule_version_id,
                      assignment$1.round AS round,
                      assignment$1.reason AS reason,
                      assignment$1.priority AS priority,
                      assignment$1.assigned_at AS assigned_at,
                      assignment$1.starts_on AS starts_on,
                      assignment$1.due_on AS due_on,
                      assignment$1.closed_at AS closed_at,
                      assignment$1.closure AS closure,
                      assignment$1.closure_reason AS closure_reason,
                      assignment$1.moved_from_id AS moved_from_id,
                      assignment$1.moved_at AS moved_at,
                      assignment$1.superseded_at AS superseded_at,
                      assignment$1.assigned_at AS order$0,
                      assignment$1.id AS order$1
                    FROM assignment AS assignment$1
                    WHERE assignment$1.assigned_at <= $1::TIMESTAMP
                    WITH TIME ZONE
                      AND (assignment$1.employee_id = $2::UUID OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_16
                        WHERE reporting_line_16.manager_id = $2::UUID
                          AND reporting_line_16.employee_id = assignment$1.employee_id
                          AND (reporting_line_16.valid @> $3::DATE)
                      )) OR assignment$1.employee_id IN (
                        SELECT reporting_line_17.employee_id
                        FROM reporting_line AS reporting_line_17
                        WHERE reporting_line_17.manager_id = $2::UUID
                      ) AND (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_18
                        WHERE reporting_line_18.manager_id = $2::UUID
                          AND reporting_line_18.employee_id = assignment$1.employee_id
                          AND (tstzrange(assignment$1.assigned_at, CASE WHEN (assignment$1.closed_at IS NOT NULL) THEN greatest(assignment$1.closed_at, timezone('UTC', CAST(assignment$1.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_18.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_18.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                        LIMIT ALL OFFSET 0
                      )) OR assignment$1.assigned_by_id = $2::UUID)
                    ORDER BY assignment$1.assigned_at ASC,
                      assignment$1.id ASC
                    LIMIT 50
                  ) AS page$1
                LEFT OUTER JOIN LATERAL (
                    SELECT employee$1.given_name AS "givenName"
                    FROM employee AS employee$1
                    WHERE employee$1.id = page$1.employee_id
                  ) AS employee$2 ON true
              ) AS item$2
            JOIN LATERAL (
                SELECT item$2."0$" AS employee,
                  item$2."1$" AS status,
                  item$2."2$" AS "stepsDone",
                  item$2."3$" AS "stepsTotal",
                  item$2."4$" AS closure,
                  item$2."5$" AS progress
              ) AS node$2 ON true
            ORDER BY item$2.order$0 ASC,
              item$2.order$1 ASC
          )) AS nodes
      ) AS assignments$1
  )) AS root$0
