SELECT to_json((
    SELECT viewer$2
    FROM LATERAL (
        SELECT employee$2 AS employee
        FROM LATERAL (
            SELECT $1::UUID AS employee_id,
              $2::VARCHAR AS name,
              $3::TEXT[] AS roles
          ) AS viewer$1
        LEFT OUTER JOIN LATERAL (
            SELECT employee$1.display_name AS "displayName",
              (
                SELECT next_steps$1
                FROM LATERAL (
                    SELECT array((
                        SELECT node$2
                        FROM LATERAL (
                            SELECT page$1.is_ready AS "0$",
                              page$1.is_begun AS "1$",
                              step$2 AS "2$",
                              (
                                SELECT waits_for$1
                                FROM LATERAL (
                                    SELECT array((
                                        SELECT node$1
                                        FROM LATERAL (
                                            SELECT page$2.title AS "0$",
                                              page$2.order$0 AS order$0,
                                              page$2.order$1 AS order$1
                                            FROM LATERAL (
                                                SELECT step$3.id AS id,
                                                  step$3.version_id AS version_id,
                                                  step$3.key AS key,
                                                  step$3.position AS position,
                                                  step$3.title AS title,
                                                  step$3.kind AS kind,
                                                  step$3.provider AS provider,
                                                  step$3.url AS url,
                                                  step$3.activity AS activity,
                                                  step$3.minutes AS minutes,
                                                  step$3.is_optional AS is_optional,
                                                  step$3.proof AS proof,
                                                  step$3.pass_mark AS pass_mark,
                                                  step$3.requirement AS requirement,
                                                  step$3.nested_pathway_id AS nested_pathway_id,
                                                  step$3.position AS order$0,
                                                  step$3.id AS order$1
                                                FROM step AS step$3
                                                WHERE NOT page$1.is_ready
                                                  AND step$3.version_id = page$1.version_id
                                                  AND (jsonb_path_query_array(page$1.requirement, CAST('$.**.step' AS JSONPATH)) @> to_jsonb(step$3.id))
                                                  AND NOT ((EXISTS(
                                                    SELECT 1
                                                    FROM progress AS progress_1
                                                    WHERE progress_1.employee_id = page$1.employee_id
                                                      AND progress_1.step_id = step$3.id
                                                      AND progress_1.kind != 'STARTED'
                                                      AND progress_1.withdrawn_at IS NULL
                                                      AND (progress_1.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                      AND (page$1.round = 1 OR lower(progress_1.valid) >= page$1.assigned_at)
                                                      AND (progress_1.employee_id = $1::UUID OR (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_1
                                                        WHERE reporting_line_1.manager_id = $1::UUID
                                                          AND reporting_line_1.employee_id = progress_1.employee_id
                                                          AND (reporting_line_1.valid @> $5::DATE)
                                                      )) OR progress_1.employee_id IN (
                                                        SELECT reporting_line_2.employee_id
                                                        FROM reporting_line AS reporting_line_2
                                                        WHERE reporting_line_2.manager_id = $1::UUID
                                                      ) AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_3
                                                        WHERE reporting_line_3.manager_id = $1::UUID
                                                          AND reporting_line_3.employee_id = progress_1.employee_id
                                                          AND (progress_1.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_3.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_3.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                        LIMIT ALL OFFSET 0
                                                      )))
                                                  )) OR (EXISTS(
                                                    SELECT 1
                                                    FROM pathway_completion AS pathway_completion_1
                                                    WHERE pathway_completion_1.employee_id = page$1.employee_id
                                                      AND pathway_completion_1.pathway_id = step$3.nested_pathway_id
                                                      AND (pathway_completion_1.held @> $4::TIMESTAMP WITH TIME ZONE)
                                                      AND (pathway_completion_1.employee_id = $1::UUID OR (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_4
                                                        WHERE reporting_line_4.manager_id = $1::UUID
                                                          AND reporting_line_4.employee_id = pathway_completion_1.employee_id
                                                          AND (reporting_line_4.valid @> $5::DATE)
                                                      )) OR pathway_completion_1.employee_id IN (
                                                        SELECT reporting_line_5.employee_id
                                                        FROM reporting_line AS reporting_line_5
                                                        WHERE reporting_line_5.manager_id = $1::UUID
                                                      ) AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_6
                                                        WHERE reporting_line_6.manager_id = $1::UUID
                                                          AND reporting_line_6.employee_id = pathway_completion_1.employee_id
                                                          AND (pathway_completion_1.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_6.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_6.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                        LIMIT ALL OFFSET 0
                                                      )))
                                                  )))
                                                  AND (EXISTS(
                                                    SELECT 1
                                                    FROM pathway_version AS pathway_version_1
                                                    WHERE pathway_version_1.id = step$3.version_id
                                                      AND pathway_version_1.status != 'DRAFT'
                                                  ))
                                                ORDER BY step$3.position ASC,
                                                  step$3.id ASC
                                                LIMIT 50
                                              ) AS page$2
                                          ) AS item$1
                                        JOIN LATERAL (
                                            SELECT item$1."0$" AS title
                                          ) AS node$1 ON true
                                        ORDER BY item$1.order$0 ASC,
                                          item$1.order$1 ASC
                                      )) AS nodes
                                  ) AS waits_for$1
                              ) AS "3$",
                              assignment$2 AS "4$",
                              page$1.order$0 AS order$0,
                              page$1.order$1 AS order$1,
                              page$1.order$2 AS order$2
                            FROM LATERAL (
                                SELECT next_step$1.position AS position,
                                  next_step$1.assignment_id AS assignment_id,
                                  next_step$1.step_id AS step_id,
                                  next_step$1.is_ready AS is_ready,
                                  next_step$1.is_begun AS is_begun,
                                  next_step$1.employee_id AS employee_id,
                                  next_step$1.round AS round,
                                  next_step$1.assigned_at AS assigned_at,
                                  next_step$1.due_on AS due_on,
                                  next_step$1.priority AS priority,
                                  next_step$1.version_id AS version_id,
                                  next_step$1.requirement AS requirement,
                                  next_step$1.place AS place,
                                  next_step$1.position AS order$0,
                                  next_step$1.assignment_id AS order$1,
                                  next_step$1.step_id AS order$2
                                FROM LATERAL (
                                    SELECT row_number() OVER (ORDER BY coming.is_ready DESC, coming.due_on ASC NULLS LAST, coming.priority, coming.is_begun DESC, coming.assigned_at, coming.place, coming.step_id) AS position,
                                      coming.assignment_id AS assignment_id,
                                      coming.step_id AS step_id,
                                      coming.is_ready AS is_ready,
                                      coming.is_begun AS is_begun,
                                      coming.employee_id AS employee_id,
                                      coming.round AS round,
                                      coming.assigned_at AS assigned_at,
                                      coming.due_on AS due_on,
                                      coming.priority AS priority,
                                      coming.version_id AS version_id,
                                      coming.requirement AS requirement,
                                      coming.place AS place
                                    FROM (
                                        SELECT assignment_1.id AS assignment_id,
                                          step_1.id AS step_id,
                                          CASE WHEN (coalesce(step_1.requirement -> 'all', (step_1.requirement -> 'any') -> 'of', (step_1.requirement -> 'points') -> 'of') IS NOT NULL) THEN (
                                            SELECT coalesce(sum(branch_16.weight) FILTER (WHERE CASE WHEN (coalesce(branch_16.node -> 'all', (branch_16.node -> 'any') -> 'of', (branch_16.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                SELECT coalesce(sum(branch_15.weight) FILTER (WHERE CASE WHEN (coalesce(branch_15.node -> 'all', (branch_15.node -> 'any') -> 'of', (branch_15.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                    SELECT coalesce(sum(branch_14.weight) FILTER (WHERE CASE WHEN (coalesce(branch_14.node -> 'all', (branch_14.node -> 'any') -> 'of', (branch_14.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                        SELECT coalesce(sum(branch_13.weight) FILTER (WHERE CASE WHEN (coalesce(branch_13.node -> 'all', (branch_13.node -> 'any') -> 'of', (branch_13.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                            SELECT coalesce(sum(branch_12.weight) FILTER (WHERE CASE WHEN (coalesce(branch_12.node -> 'all', (branch_12.node -> 'any') -> 'of', (branch_12.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                SELECT coalesce(sum(branch_11.weight) FILTER (WHERE CASE WHEN (coalesce(branch_11.node -> 'all', (branch_11.node -> 'any') -> 'of', (branch_11.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                    SELECT coalesce(sum(branch_10.weight) FILTER (WHERE CASE WHEN (coalesce(branch_10.node -> 'all', (branch_10.node -> 'any') -> 'of', (branch_10.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                        SELECT coalesce(sum(branch_9.weight) FILTER (WHERE CASE WHEN (coalesce(branch_9.node -> 'all', (branch_9.node -> 'any') -> 'of', (branch_9.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                            SELECT coalesce(sum(branch_8.weight) FILTER (WHERE CASE WHEN (coalesce(branch_8.node -> 'all', (branch_8.node -> 'any') -> 'of', (branch_8.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                                SELECT coalesce(sum(branch_7.weight) FILTER (WHERE CASE WHEN (coalesce(branch_7.node -> 'all', (branch_7.node -> 'any') -> 'of', (branch_7.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                                    SELECT coalesce(sum(branch_6.weight) FILTER (WHERE CASE WHEN (coalesce(branch_6.node -> 'all', (branch_6.node -> 'any') -> 'of', (branch_6.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                                        SELECT coalesce(sum(branch_5.weight) FILTER (WHERE CASE WHEN (coalesce(branch_5.node -> 'all', (branch_5.node -> 'any') -> 'of', (branch_5.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                                            SELECT coalesce(sum(branch_4.weight) FILTER (WHERE CASE WHEN (coalesce(branch_4.node -> 'all', (branch_4.node -> 'any') -> 'of', (branch_4.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                                                SELECT coalesce(sum(branch_3.weight) FILTER (WHERE CASE WHEN (coalesce(branch_3.node -> 'all', (branch_3.node -> 'any') -> 'of', (branch_3.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                                                    SELECT coalesce(sum(branch_2.weight) FILTER (WHERE CASE WHEN (coalesce(branch_2.node -> 'all', (branch_2.node -> 'any') -> 'of', (branch_2.node -> 'points') -> 'of') IS NOT NULL) THEN (
                                                                                                        SELECT coalesce(sum(branch_1.weight) FILTER (WHERE false), 0) >= coalesce(CAST((branch_2.node -> 'any') -> 'n' AS INTEGER), CAST((branch_2.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_2.node -> 'all')) AS anon_16
                                                                                                        FROM (
                                                                                                            SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                                              coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                                            FROM jsonb_array_elements(coalesce(branch_2.node -> 'all', (branch_2.node -> 'any') -> 'of', (branch_2.node -> 'points') -> 'of')) AS element(value)
                                                                                                          ) AS branch_1
                                                                                                      ) WHEN ((branch_2.node ->> 'step') IS NOT NULL) THEN coalesce((branch_2.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_2.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_2.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_3.node -> 'any') -> 'n' AS INTEGER), CAST((branch_3.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_3.node -> 'all')) AS anon_15
                                                                                                    FROM (
                                                                                                        SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                                          coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                                        FROM jsonb_array_elements(coalesce(branch_3.node -> 'all', (branch_3.node -> 'any') -> 'of', (branch_3.node -> 'points') -> 'of')) AS element(value)
                                                                                                      ) AS branch_2
                                                                                                  ) WHEN ((branch_3.node ->> 'step') IS NOT NULL) THEN coalesce((branch_3.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_3.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_3.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_4.node -> 'any') -> 'n' AS INTEGER), CAST((branch_4.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_4.node -> 'all')) AS anon_14
                                                                                                FROM (
                                                                                                    SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                                      coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                                    FROM jsonb_array_elements(coalesce(branch_4.node -> 'all', (branch_4.node -> 'any') -> 'of', (branch_4.node -> 'points') -> 'of')) AS element(value)
                                                                                                  ) AS branch_3
                                                                                              ) WHEN ((branch_4.node ->> 'step') IS NOT NULL) THEN coalesce((branch_4.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_4.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_4.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_5.node -> 'any') -> 'n' AS INTEGER), CAST((branch_5.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_5.node -> 'all')) AS anon_13
                                                                                            FROM (
                                                                                                SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                                  coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                                FROM jsonb_array_elements(coalesce(branch_5.node -> 'all', (branch_5.node -> 'any') -> 'of', (branch_5.node -> 'points') -> 'of')) AS element(value)
                                                                                              ) AS branch_4
                                                                                          ) WHEN ((branch_5.node ->> 'step') IS NOT NULL) THEN coalesce((branch_5.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_5.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_5.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_6.node -> 'any') -> 'n' AS INTEGER), CAST((branch_6.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_6.node -> 'all')) AS anon_12
                                                                                        FROM (
                                                                                            SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                              coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                            FROM jsonb_array_elements(coalesce(branch_6.node -> 'all', (branch_6.node -> 'any') -> 'of', (branch_6.node -> 'points') -> 'of')) AS element(value)
                                                                                          ) AS branch_5
                                                                                      ) WHEN ((branch_6.node ->> 'step') IS NOT NULL) THEN coalesce((branch_6.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_6.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_6.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_7.node -> 'any') -> 'n' AS INTEGER), CAST((branch_7.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_7.node -> 'all')) AS anon_11
                                                                                    FROM (
                                                                                        SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                          coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                        FROM jsonb_array_elements(coalesce(branch_7.node -> 'all', (branch_7.node -> 'any') -> 'of', (branch_7.node -> 'points') -> 'of')) AS element(value)
                                                                                      ) AS branch_6
                                                                                  ) WHEN ((branch_7.node ->> 'step') IS NOT NULL) THEN coalesce((branch_7.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_7.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_7.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_8.node -> 'any') -> 'n' AS INTEGER), CAST((branch_8.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_8.node -> 'all')) AS anon_10
                                                                                FROM (
                                                                                    SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                      coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                    FROM jsonb_array_elements(coalesce(branch_8.node -> 'all', (branch_8.node -> 'any') -> 'of', (branch_8.node -> 'points') -> 'of')) AS element(value)
                                                                                  ) AS branch_7
                                                                              ) WHEN ((branch_8.node ->> 'step') IS NOT NULL) THEN coalesce((branch_8.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_8.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_8.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_9.node -> 'any') -> 'n' AS INTEGER), CAST((branch_9.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_9.node -> 'all')) AS anon_9
                                                                            FROM (
                                                                                SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                                  coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                                FROM jsonb_array_elements(coalesce(branch_9.node -> 'all', (branch_9.node -> 'any') -> 'of', (branch_9.node -> 'points') -> 'of')) AS element(value)
                                                                              ) AS branch_8
                                                                          ) WHEN ((branch_9.node ->> 'step') IS NOT NULL) THEN coalesce((branch_9.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_9.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_9.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_10.node -> 'any') -> 'n' AS INTEGER), CAST((branch_10.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_10.node -> 'all')) AS anon_8
                                                                        FROM (
                                                                            SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                              coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                            FROM jsonb_array_elements(coalesce(branch_10.node -> 'all', (branch_10.node -> 'any') -> 'of', (branch_10.node -> 'points') -> 'of')) AS element(value)
                                                                          ) AS branch_9
                                                                      ) WHEN ((branch_10.node ->> 'step') IS NOT NULL) THEN coalesce((branch_10.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_10.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_10.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_11.node -> 'any') -> 'n' AS INTEGER), CAST((branch_11.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_11.node -> 'all')) AS anon_7
                                                                    FROM (
                                                                        SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                          coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                        FROM jsonb_array_elements(coalesce(branch_11.node -> 'all', (branch_11.node -> 'any') -> 'of', (branch_11.node -> 'points') -> 'of')) AS element(value)
                                                                      ) AS branch_10
                                                                  ) WHEN ((branch_11.node ->> 'step') IS NOT NULL) THEN coalesce((branch_11.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_11.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_11.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_12.node -> 'any') -> 'n' AS INTEGER), CAST((branch_12.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_12.node -> 'all')) AS anon_6
                                                                FROM (
                                                                    SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                      coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                    FROM jsonb_array_elements(coalesce(branch_12.node -> 'all', (branch_12.node -> 'any') -> 'of', (branch_12.node -> 'points') -> 'of')) AS element(value)
                                                                  ) AS branch_11
                                                              ) WHEN ((branch_12.node ->> 'step') IS NOT NULL) THEN coalesce((branch_12.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_12.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_12.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_13.node -> 'any') -> 'n' AS INTEGER), CAST((branch_13.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_13.node -> 'all')) AS anon_5
                                                            FROM (
                                                                SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                                  coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                                FROM jsonb_array_elements(coalesce(branch_13.node -> 'all', (branch_13.node -> 'any') -> 'of', (branch_13.node -> 'points') -> 'of')) AS element(value)
                                                              ) AS branch_12
                                                          ) WHEN ((branch_13.node ->> 'step') IS NOT NULL) THEN coalesce((branch_13.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_13.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_13.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_14.node -> 'any') -> 'n' AS INTEGER), CAST((branch_14.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_14.node -> 'all')) AS anon_4
                                                        FROM (
                                                            SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                              coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                            FROM jsonb_array_elements(coalesce(branch_14.node -> 'all', (branch_14.node -> 'any') -> 'of', (branch_14.node -> 'points') -> 'of')) AS element(value)
                                                          ) AS branch_13
                                                      ) WHEN ((branch_14.node ->> 'step') IS NOT NULL) THEN coalesce((branch_14.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_14.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_14.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_15.node -> 'any') -> 'n' AS INTEGER), CAST((branch_15.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_15.node -> 'all')) AS anon_3
                                                    FROM (
                                                        SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                          coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                        FROM jsonb_array_elements(coalesce(branch_15.node -> 'all', (branch_15.node -> 'any') -> 'of', (branch_15.node -> 'points') -> 'of')) AS element(value)
                                                      ) AS branch_14
                                                  ) WHEN ((branch_15.node ->> 'step') IS NOT NULL) THEN coalesce((branch_15.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_15.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_15.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((branch_16.node -> 'any') -> 'n' AS INTEGER), CAST((branch_16.node -> 'points') -> 'min' AS INTEGER), jsonb_array_length(branch_16.node -> 'all')) AS anon_2
                                                FROM (
                                                    SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                      coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                    FROM jsonb_array_elements(coalesce(branch_16.node -> 'all', (branch_16.node -> 'any') -> 'of', (branch_16.node -> 'points') -> 'of')) AS element(value)
                                                  ) AS branch_15
                                              ) WHEN ((branch_16.node ->> 'step') IS NOT NULL) THEN coalesce((branch_16.node ->> 'step') = ANY (anon_17.ids), false) WHEN ((branch_16.node ->> 'notBefore') IS NOT NULL) THEN CAST(branch_16.node ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP WITH TIME ZONE ELSE true END), 0) >= coalesce(CAST((step_1.requirement -> 'any') -> 'n' AS INTEGER), CAST((step_1.requirement -> 'points') -> 'min' AS INTEGER), jsonb_array_length(step_1.requirement -> 'all')) AS anon_1
                                            FROM (
                                                SELECT coalesce(element.value -> 'when', element.value) AS node,
                                                  coalesce(CAST(element.value -> 'weight' AS INTEGER), 1) AS weight
                                                FROM jsonb_array_elements(coalesce(step_1.requirement -> 'all', (step_1.requirement -> 'any') -> 'of', (step_1.requirement -> 'points') -> 'of')) AS element(value)
                                              ) AS branch_16
                                          ) WHEN ((step_1.requirement ->> 'step') IS NOT NULL) THEN coalesce((step_1.requirement ->> 'step') = ANY (anon_17.ids), false) WHEN ((step_1.requirement ->> 'notBefore') IS NOT NULL) THEN CAST(step_1.requirement ->> 'notBefore' AS TIMESTAMP WITH TIME ZONE) <= $4::TIMESTAMP
                                        WITH TIME ZONE ELSE true END AS is_ready,
                                          EXISTS(
                                            SELECT 1
                                            FROM progress AS progress_2
                                            WHERE progress_2.employee_id = assignment_1.employee_id
                                              AND progress_2.step_id = step_1.id
                                              AND progress_2.withdrawn_at IS NULL
                                              AND lower(progress_2.valid) <= $4::TIMESTAMP
                                            WITH TIME ZONE
                                              AND (assignment_1.round = 1 OR lower(progress_2.valid) >= assignment_1.assigned_at)
                                              AND (progress_2.employee_id = $1::UUID OR (EXISTS(
                                                SELECT 1
                                                FROM reporting_line AS reporting_line_7
                                                WHERE reporting_line_7.manager_id = $1::UUID
                                                  AND reporting_line_7.employee_id = progress_2.employee_id
                                                  AND (reporting_line_7.valid @> $5::DATE)
                                              )) OR progress_2.employee_id IN (
                                                SELECT reporting_line_8.employee_id
                                                FROM reporting_line AS reporting_line_8
                                                WHERE reporting_line_8.manager_id = $1::UUID
                                              ) AND (EXISTS(
                                                SELECT 1
                                                FROM reporting_line AS reporting_line_9
                                                WHERE reporting_line_9.manager_id = $1::UUID
                                                  AND reporting_line_9.employee_id = progress_2.employee_id
                                                  AND (progress_2.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_9.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_9.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                LIMIT ALL OFFSET 0
                                              )))
                                          ) AS is_begun,
                                          assignment_1.employee_id AS employee_id,
                                          assignment_1.round AS round,
                                          assignment_1.assigned_at AS assigned_at,
                                          assignment_1.due_on AS due_on,
                                          assignment_1.priority AS priority,
                                          step_1.version_id AS version_id,
                                          step_1.requirement AS requirement,
                                          step_1.position AS place
                                        FROM assignment AS assignment_1
                                        JOIN LATERAL (
                                            SELECT array_agg(CAST(step_2.id AS TEXT)) AS ids
                                            FROM step AS step_2
                                            WHERE step_2.version_id = assignment_1.version_id
                                              AND (EXISTS(
                                                SELECT 1
                                                FROM pathway_version AS pathway_version_2
                                                WHERE pathway_version_2.id = step_2.version_id
                                                  AND pathway_version_2.status != 'DRAFT'
                                              ))
                                              AND ((EXISTS(
                                                SELECT 1
                                                FROM progress AS progress_3
                                                WHERE progress_3.employee_id = assignment_1.employee_id
                                                  AND progress_3.step_id = step_2.id
                                                  AND progress_3.kind != 'STARTED'
                                                  AND progress_3.withdrawn_at IS NULL
                                                  AND (progress_3.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                  AND (assignment_1.round = 1 OR lower(progress_3.valid) >= assignment_1.assigned_at)
                                                  AND (progress_3.employee_id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_10
                                                    WHERE reporting_line_10.manager_id = $1::UUID
                                                      AND reporting_line_10.employee_id = progress_3.employee_id
                                                      AND (reporting_line_10.valid @> $5::DATE)
                                                  )) OR progress_3.employee_id IN (
                                                    SELECT reporting_line_11.employee_id
                                                    FROM reporting_line AS reporting_line_11
                                                    WHERE reporting_line_11.manager_id = $1::UUID
                                                  ) AND (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_12
                                                    WHERE reporting_line_12.manager_id = $1::UUID
                                                      AND reporting_line_12.employee_id = progress_3.employee_id
                                                      AND (progress_3.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_12.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_12.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                    LIMIT ALL OFFSET 0
                                                  )))
                                              )) OR (EXISTS(
                                                SELECT 1
                                                FROM pathway_completion AS pathway_completion_2
                                                WHERE pathway_completion_2.employee_id = assignment_1.employee_id
                                                  AND pathway_completion_2.pathway_id = step_2.nested_pathway_id
                                                  AND (pathway_completion_2.held @> $4::TIMESTAMP WITH TIME ZONE)
                                                  AND (pathway_completion_2.employee_id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_13
                                                    WHERE reporting_line_13.manager_id = $1::UUID
                                                      AND reporting_line_13.employee_id = pathway_completion_2.employee_id
                                                      AND (reporting_line_13.valid @> $5::DATE)
                                                  )) OR pathway_completion_2.employee_id IN (
                                                    SELECT reporting_line_14.employee_id
                                                    FROM reporting_line AS reporting_line_14
                                                    WHERE reporting_line_14.manager_id = $1::UUID
                                                  ) AND (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_15
                                                    WHERE reporting_line_15.manager_id = $1::UUID
                                                      AND reporting_line_15.employee_id = pathway_completion_2.employee_id
                                                      AND (pathway_completion_2.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_15.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_15.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                    LIMIT ALL OFFSET 0
                                                  )))
                                              )))
                                          ) AS anon_17 ON true,
                                          step AS step_1
                                        WHERE assignment_1.employee_id = employee$1.id
                                          AND assignment_1.assigned_at <= $4::TIMESTAMP
                                        WITH TIME ZONE
                                          AND (assignment_1.closed_at IS NULL OR assignment_1.closed_at > $4::TIMESTAMP WITH TIME ZONE)
                                          AND (assignment_1.starts_on IS NULL OR assignment_1.starts_on <= $5::DATE)
                                          AND step_1.version_id = assignment_1.version_id
                                          AND NOT step_1.is_optional
                                          AND coalesce(CAST(step_1.id AS TEXT) != ALL (anon_17.ids), true)
                                          AND (assignment_1.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_16
                                            WHERE reporting_line_16.manager_id = $1::UUID
                                              AND reporting_line_16.employee_id = assignment_1.employee_id
                                              AND (reporting_line_16.valid @> $5::DATE)
                                          )) OR assignment_1.assigned_by_id = $1::UUID)
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM pathway_version AS pathway_version_3
                                            WHERE pathway_version_3.id = step_1.version_id
                                              AND pathway_version_3.status != 'DRAFT'
                                          ))
                                        LIMIT ALL OFFSET 0
                                      ) AS coming
                                  ) AS next_step$1
                                WHERE true
                                ORDER BY next_step$1.position ASC,
                                  next_step$1.assignment_id ASC,
                                  next_step$1.step_id ASC
                                LIMIT 10
                              ) AS page$1
                            LEFT OUTER JOIN LATERAL (
                                SELECT step$1.title AS title,
                                  step$1.kind AS kind,
                                  step$1.minutes AS minutes
                                FROM step AS step$1
                                WHERE step$1.id = page$1.step_id
                                  AND (EXISTS(
                                    SELECT 1
                                    FROM pathway_version AS pathway_version_4
                                    WHERE pathway_version_4.id = step$1.version_id
                                      AND pathway_version_4.status != 'DRAFT'
                                  ))
                              ) AS step$2 ON true
                            LEFT OUTER JOIN LATERAL (
                                SELECT CASE WHEN (assignment$1.closed_at <= $4::TIMESTAMP WITH TIME ZONE AND assignment$1.closure = 'COMPLETED' AND NOT (EXISTS(
                                    SELECT 1
                                    FROM pathway_completion AS pathway_completion_3
                                    WHERE pathway_completion_3.employee_id = assignment$1.employee_id
                                      AND pathway_completion_3.pathway_id = assignment$1.pathway_id
                                      AND (pathway_completion_3.held @> $4::TIMESTAMP WITH TIME ZONE)
                                      AND (pathway_completion_3.employee_id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_17
                                        WHERE reporting_line_17.manager_id = $1::UUID
                                          AND reporting_line_17.employee_id = pathway_completion_3.employee_id
                                          AND (reporting_line_17.valid @> $5::DATE)
                                      )) OR pathway_completion_3.employee_id IN (
                                        SELECT reporting_line_18.employee_id
                                        FROM reporting_line AS reporting_line_18
                                        WHERE reporting_line_18.manager_id = $1::UUID
                                      ) AND (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_19
                                        WHERE reporting_line_19.manager_id = $1::UUID
                                          AND reporting_line_19.employee_id = pathway_completion_3.employee_id
                                          AND (pathway_completion_3.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_19.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_19.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                        LIMIT ALL OFFSET 0
                                      )))
                                  ))) THEN 'LAPSED' WHEN (assignment$1.closed_at <= $4::TIMESTAMP WITH TIME ZONE) THEN assignment$1.closure WHEN (assignment$1.starts_on > $5::DATE) THEN 'SCHEDULED' WHEN (assignment$1.due_on < $5::DATE) THEN 'OVERDUE' WHEN (EXISTS(
                                    SELECT 1
                                    FROM progress AS progress_4
                                    WHERE progress_4.employee_id = assignment$1.employee_id
                                      AND progress_4.withdrawn_at IS NULL
                                      AND lower(progress_4.valid) <= $4::TIMESTAMP
                                    WITH TIME ZONE
                                      AND (assignment$1.round = 1 OR lower(progress_4.valid) >= assignment$1.assigned_at)
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM step AS step_3
                                        WHERE step_3.id = progress_4.step_id
                                          AND step_3.version_id = assignment$1.version_id
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM pathway_version AS pathway_version_5
                                            WHERE pathway_version_5.id = step_3.version_id
                                              AND pathway_version_5.status != 'DRAFT'
                                          ))
                                      ))
                                      AND (progress_4.employee_id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_20
                                        WHERE reporting_line_20.manager_id = $1::UUID
                                          AND reporting_line_20.employee_id = progress_4.employee_id
                                          AND (reporting_line_20.valid @> $5::DATE)
                                      )) OR progress_4.employee_id IN (
                                        SELECT reporting_line_21.employee_id
                                        FROM reporting_line AS reporting_line_21
                                        WHERE reporting_line_21.manager_id = $1::UUID
                                      ) AND (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_22
                                        WHERE reporting_line_22.manager_id = $1::UUID
                                          AND reporting_line_22.employee_id = progress_4.employee_id
                                          AND (progress_4.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_22.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_22.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                        LIMIT ALL OFFSET 0
                                      )))
                                  )) THEN 'IN_PROGRESS' ELSE 'ASSIGNED' END AS status,
                                  assignment$1.due_on AS "dueOn",
                                  assignment$1.priority AS priority,
                                  assignment$1.cause AS cause,
                                  CASE WHEN (assignment$1.closed_at <= $4::TIMESTAMP WITH TIME ZONE AND assignment$1.closure = 'COMPLETED') THEN 100 ELSE (
                                    SELECT CASE WHEN (sum(1 - CASE WHEN ((EXISTS(
                                        SELECT 1
                                        FROM progress AS progress_5
                                        WHERE progress_5.employee_id = assignment$1.employee_id
                                          AND progress_5.step_id = step_4.id
                                          AND progress_5.kind != 'STARTED'
                                          AND progress_5.withdrawn_at IS NULL
                                          AND (progress_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (assignment$1.round = 1 OR lower(progress_5.valid) >= assignment$1.assigned_at)
                                          AND (progress_5.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_23
                                            WHERE reporting_line_23.manager_id = $1::UUID
                                              AND reporting_line_23.employee_id = progress_5.employee_id
                                              AND (reporting_line_23.valid @> $5::DATE)
                                          )) OR progress_5.employee_id IN (
                                            SELECT reporting_line_24.employee_id
                                            FROM reporting_line AS reporting_line_24
                                            WHERE reporting_line_24.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_25
                                            WHERE reporting_line_25.manager_id = $1::UUID
                                              AND reporting_line_25.employee_id = progress_5.employee_id
                                              AND (progress_5.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_25.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_25.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      )) OR (EXISTS(
                                        SELECT 1
                                        FROM pathway_completion AS pathway_completion_4
                                        WHERE pathway_completion_4.employee_id = assignment$1.employee_id
                                          AND pathway_completion_4.pathway_id = step_4.nested_pathway_id
                                          AND (pathway_completion_4.held @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (pathway_completion_4.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_26
                                            WHERE reporting_line_26.manager_id = $1::UUID
                                              AND reporting_line_26.employee_id = pathway_completion_4.employee_id
                                              AND (reporting_line_26.valid @> $5::DATE)
                                          )) OR pathway_completion_4.employee_id IN (
                                            SELECT reporting_line_27.employee_id
                                            FROM reporting_line AS reporting_line_27
                                            WHERE reporting_line_27.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_28
                                            WHERE reporting_line_28.manager_id = $1::UUID
                                              AND reporting_line_28.employee_id = pathway_completion_4.employee_id
                                              AND (pathway_completion_4.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_28.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_28.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      ))) THEN 1 ELSE 0 END) = 0) THEN 100 ELSE CAST(coalesce(floor(least(coalesce((100 * sum(step_4.minutes * CASE WHEN ((EXISTS(
                                        SELECT 1
                                        FROM progress AS progress_5
                                        WHERE progress_5.employee_id = assignment$1.employee_id
                                          AND progress_5.step_id = step_4.id
                                          AND progress_5.kind != 'STARTED'
                                          AND progress_5.withdrawn_at IS NULL
                                          AND (progress_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (assignment$1.round = 1 OR lower(progress_5.valid) >= assignment$1.assigned_at)
                                          AND (progress_5.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_23
                                            WHERE reporting_line_23.manager_id = $1::UUID
                                              AND reporting_line_23.employee_id = progress_5.employee_id
                                              AND (reporting_line_23.valid @> $5::DATE)
                                          )) OR progress_5.employee_id IN (
                                            SELECT reporting_line_24.employee_id
                                            FROM reporting_line AS reporting_line_24
                                            WHERE reporting_line_24.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_25
                                            WHERE reporting_line_25.manager_id = $1::UUID
                                              AND reporting_line_25.employee_id = progress_5.employee_id
                                              AND (progress_5.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_25.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_25.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      )) OR (EXISTS(
                                        SELECT 1
                                        FROM pathway_completion AS pathway_completion_4
                                        WHERE pathway_completion_4.employee_id = assignment$1.employee_id
                                          AND pathway_completion_4.pathway_id = step_4.nested_pathway_id
                                          AND (pathway_completion_4.held @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (pathway_completion_4.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_26
                                            WHERE reporting_line_26.manager_id = $1::UUID
                                              AND reporting_line_26.employee_id = pathway_completion_4.employee_id
                                              AND (reporting_line_26.valid @> $5::DATE)
                                          )) OR pathway_completion_4.employee_id IN (
                                            SELECT reporting_line_27.employee_id
                                            FROM reporting_line AS reporting_line_27
                                            WHERE reporting_line_27.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_28
                                            WHERE reporting_line_28.manager_id = $1::UUID
                                              AND reporting_line_28.employee_id = pathway_completion_4.employee_id
                                              AND (pathway_completion_4.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_28.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_28.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      ))) THEN 1 ELSE 0 END)) / CAST(nullif(sum(step_4.minutes), 0) AS NUMERIC), (100 * sum(CASE WHEN ((EXISTS(
                                        SELECT 1
                                        FROM progress AS progress_5
                                        WHERE progress_5.employee_id = assignment$1.employee_id
                                          AND progress_5.step_id = step_4.id
                                          AND progress_5.kind != 'STARTED'
                                          AND progress_5.withdrawn_at IS NULL
                                          AND (progress_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (assignment$1.round = 1 OR lower(progress_5.valid) >= assignment$1.assigned_at)
                                          AND (progress_5.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_23
                                            WHERE reporting_line_23.manager_id = $1::UUID
                                              AND reporting_line_23.employee_id = progress_5.employee_id
                                              AND (reporting_line_23.valid @> $5::DATE)
                                          )) OR progress_5.employee_id IN (
                                            SELECT reporting_line_24.employee_id
                                            FROM reporting_line AS reporting_line_24
                                            WHERE reporting_line_24.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_25
                                            WHERE reporting_line_25.manager_id = $1::UUID
                                              AND reporting_line_25.employee_id = progress_5.employee_id
                                              AND (progress_5.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_25.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_25.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      )) OR (EXISTS(
                                        SELECT 1
                                        FROM pathway_completion AS pathway_completion_4
                                        WHERE pathway_completion_4.employee_id = assignment$1.employee_id
                                          AND pathway_completion_4.pathway_id = step_4.nested_pathway_id
                                          AND (pathway_completion_4.held @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (pathway_completion_4.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_26
                                            WHERE reporting_line_26.manager_id = $1::UUID
                                              AND reporting_line_26.employee_id = pathway_completion_4.employee_id
                                              AND (reporting_line_26.valid @> $5::DATE)
                                          )) OR pathway_completion_4.employee_id IN (
                                            SELECT reporting_line_27.employee_id
                                            FROM reporting_line AS reporting_line_27
                                            WHERE reporting_line_27.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_28
                                            WHERE reporting_line_28.manager_id = $1::UUID
                                              AND reporting_line_28.employee_id = pathway_completion_4.employee_id
                                              AND (pathway_completion_4.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_28.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_28.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      ))) THEN 1 ELSE 0 END)) / CAST(nullif(count(*), 0) AS NUMERIC)), 99)), 0) AS INTEGER) END AS anon_18
                                    FROM step AS step_4
                                    WHERE step_4.version_id = assignment$1.version_id
                                      AND NOT step_4.is_optional
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM pathway_version AS pathway_version_6
                                        WHERE pathway_version_6.id = step_4.version_id
                                          AND pathway_version_6.status != 'DRAFT'
                                      ))
                                  ) END AS percent,
                                  (
                                    SELECT count(*) AS count_1
                                    FROM step AS step_5
                                    WHERE step_5.version_id = assignment$1.version_id
                                      AND NOT step_5.is_optional
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM pathway_version AS pathway_version_7
                                        WHERE pathway_version_7.id = step_5.version_id
                                          AND pathway_version_7.status != 'DRAFT'
                                      ))
                                      AND ((EXISTS(
                                        SELECT 1
                                        FROM progress AS progress_6
                                        WHERE progress_6.employee_id = assignment$1.employee_id
                                          AND progress_6.step_id = step_5.id
                                          AND progress_6.kind != 'STARTED'
                                          AND progress_6.withdrawn_at IS NULL
                                          AND (progress_6.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (assignment$1.round = 1 OR lower(progress_6.valid) >= assignment$1.assigned_at)
                                          AND (progress_6.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_29
                                            WHERE reporting_line_29.manager_id = $1::UUID
                                              AND reporting_line_29.employee_id = progress_6.employee_id
                                              AND (reporting_line_29.valid @> $5::DATE)
                                          )) OR progress_6.employee_id IN (
                                            SELECT reporting_line_30.employee_id
                                            FROM reporting_line AS reporting_line_30
                                            WHERE reporting_line_30.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_31
                                            WHERE reporting_line_31.manager_id = $1::UUID
                                              AND reporting_line_31.employee_id = progress_6.employee_id
                                              AND (progress_6.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_31.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_31.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      )) OR (EXISTS(
                                        SELECT 1
                                        FROM pathway_completion AS pathway_completion_5
                                        WHERE pathway_completion_5.employee_id = assignment$1.employee_id
                                          AND pathway_completion_5.pathway_id = step_5.nested_pathway_id
                                          AND (pathway_completion_5.held @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (pathway_completion_5.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_32
                                            WHERE reporting_line_32.manager_id = $1::UUID
                                              AND reporting_line_32.employee_id = pathway_completion_5.employee_id
                                              AND (reporting_line_32.valid @> $5::DATE)
                                          )) OR pathway_completion_5.employee_id IN (
                                            SELECT reporting_line_33.employee_id
                                            FROM reporting_line AS reporting_line_33
                                            WHERE reporting_line_33.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_34
                                            WHERE reporting_line_34.manager_id = $1::UUID
                                              AND reporting_line_34.employee_id = pathway_completion_5.employee_id
                                              AND (pathway_completion_5.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_34.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_34.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      )))
                                  ) AS "stepsDone",
                                  (
                                    SELECT count(*) AS count_2
                                    FROM step AS step_6
                                    WHERE step_6.version_id = assignment$1.version_id
                                      AND NOT step_6.is_optional
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM pathway_version AS pathway_version_8
                                        WHERE pathway_version_8.id = step_6.version_id
                                          AND pathway_version_8.status != 'DRAFT'
                                      ))
                                  ) AS "stepsTotal",
                                  pathway$2 AS pathway
                                FROM assignment AS assignment$1
                                LEFT OUTER JOIN LATERAL (
                                    SELECT pathway$1.title AS title
                                    FROM pathway AS pathway$1
                                    WHERE pathway$1.id = assignment$1.pathway_id
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM pathway_version AS pathway_version_9
                                        WHERE pathway_version_9.pathway_id = pathway$1.id
                                          AND pathway_version_9.status != 'DRAFT'
                                      ))
                                  ) AS pathway$2 ON true
                                WHERE assignment$1.id = page$1.assignment_id
                                  AND (assignment$1.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_35
                                    WHERE reporting_line_35.manager_id = $1::UUID
                                      AND reporting_line_35.employee_id = assignment$1.employee_id
                                      AND (reporting_line_35.valid @> $5::DATE)
                                  )) OR assignment$1.employee_id IN (
                                    SELECT reporting_line_36.employee_id
                                    FROM reporting_line AS reporting_line_36
                                    WHERE reporting_line_36.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_37
                                    WHERE reporting_line_37.manager_id = $1::UUID
                                      AND reporting_line_37.employee_id = assignment$1.employee_id
                                      AND (tstzrange(assignment$1.assigned_at, CASE WHEN (assignment$1.closed_at IS NOT NULL) THEN greatest(assignment$1.closed_at, timezone('UTC', CAST(assignment$1.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_37.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_37.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )) OR assignment$1.assigned_by_id = $1::UUID)
                              ) AS assignment$2 ON true
                          ) AS item$2
                        JOIN LATERAL (
                            SELECT item$2."0$" AS "isReady",
                              item$2."1$" AS "isBegun",
                              item$2."2$" AS step,
                              item$2."3$" AS "waitsFor",
                              item$2."4$" AS assignment
                          ) AS node$2 ON true
                        ORDER BY item$2.order$0 ASC,
                          item$2.order$1 ASC,
                          item$2.order$2 ASC
                      )) AS nodes
                  ) AS next_steps$1
              ) AS "nextSteps",
              (
                SELECT due_soon$1
                FROM LATERAL (
                    SELECT (
                        SELECT count(*) AS count_3
                        FROM assignment AS assignment$4
                        WHERE assignment$4.employee_id = employee$1.id
                          AND assignment$4.assigned_at <= $4::TIMESTAMP
                        WITH TIME ZONE
                          AND (assignment$4.closed_at IS NULL OR assignment$4.closed_at > $4::TIMESTAMP WITH TIME ZONE)
                          AND (assignment$4.starts_on IS NULL OR assignment$4.starts_on <= $5::DATE)
                          AND assignment$4.due_on <= $5::DATE + CAST(greatest(0, least($6::BIGINT, 3650)) AS INTEGER)
                          AND (assignment$4.employee_id = $1::UUID OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_38
                            WHERE reporting_line_38.manager_id = $1::UUID
                              AND reporting_line_38.employee_id = assignment$4.employee_id
                              AND (reporting_line_38.valid @> $5::DATE)
                          )) OR assignment$4.employee_id IN (
                            SELECT reporting_line_39.employee_id
                            FROM reporting_line AS reporting_line_39
                            WHERE reporting_line_39.manager_id = $1::UUID
                          ) AND (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_40
                            WHERE reporting_line_40.manager_id = $1::UUID
                              AND reporting_line_40.employee_id = assignment$4.employee_id
                              AND (tstzrange(assignment$4.assigned_at, CASE WHEN (assignment$4.closed_at IS NOT NULL) THEN greatest(assignment$4.closed_at, timezone('UTC', CAST(assignment$4.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_40.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_40.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                            LIMIT ALL OFFSET 0
                          )) OR assignment$4.assigned_by_id = $1::UUID)
                      ) AS "totalCount",
                      array((
                        SELECT node$3
                        FROM LATERAL (
                            SELECT page$3.due_on AS "0$",
                              CASE WHEN (page$3.closed_at <= $4::TIMESTAMP WITH TIME ZONE AND page$3.closure = 'COMPLETED' AND NOT (EXISTS(
                                SELECT 1
                                FROM pathway_completion AS pathway_completion_6
                                WHERE pathway_completion_6.employee_id = page$3.employee_id
                                  AND pathway_completion_6.pathway_id = page$3.pathway_id
                                  AND (pathway_completion_6.held @> $4::TIMESTAMP WITH TIME ZONE)
                                  AND (pathway_completion_6.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_41
                                    WHERE reporting_line_41.manager_id = $1::UUID
                                      AND reporting_line_41.employee_id = pathway_completion_6.employee_id
                                      AND (reporting_line_41.valid @> $5::DATE)
                                  )) OR pathway_completion_6.employee_id IN (
                                    SELECT reporting_line_42.employee_id
                                    FROM reporting_line AS reporting_line_42
                                    WHERE reporting_line_42.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_43
                                    WHERE reporting_line_43.manager_id = $1::UUID
                                      AND reporting_line_43.employee_id = pathway_completion_6.employee_id
                                      AND (pathway_completion_6.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_43.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_43.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )))
                              ))) THEN 'LAPSED' WHEN (page$3.closed_at <= $4::TIMESTAMP WITH TIME ZONE) THEN page$3.closure WHEN (page$3.starts_on > $5::DATE) THEN 'SCHEDULED' WHEN (page$3.due_on < $5::DATE) THEN 'OVERDUE' WHEN (EXISTS(
                                SELECT 1
                                FROM progress AS progress_7
                                WHERE progress_7.employee_id = page$3.employee_id
                                  AND progress_7.withdrawn_at IS NULL
                                  AND lower(progress_7.valid) <= $4::TIMESTAMP
                                WITH TIME ZONE
                                  AND (page$3.round = 1 OR lower(progress_7.valid) >= page$3.assigned_at)
                                  AND (EXISTS(
                                    SELECT 1
                                    FROM step AS step_7
                                    WHERE step_7.id = progress_7.step_id
                                      AND step_7.version_id = page$3.version_id
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM pathway_version AS pathway_version_10
                                        WHERE pathway_version_10.id = step_7.version_id
                                          AND pathway_version_10.status != 'DRAFT'
                                      ))
                                  ))
                                  AND (progress_7.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_44
                                    WHERE reporting_line_44.manager_id = $1::UUID
                                      AND reporting_line_44.employee_id = progress_7.employee_id
                                      AND (reporting_line_44.valid @> $5::DATE)
                                  )) OR progress_7.employee_id IN (
                                    SELECT reporting_line_45.employee_id
                                    FROM reporting_line AS reporting_line_45
                                    WHERE reporting_line_45.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_46
                                    WHERE reporting_line_46.manager_id = $1::UUID
                                      AND reporting_line_46.employee_id = progress_7.employee_id
                                      AND (progress_7.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_46.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_46.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )))
                              )) THEN 'IN_PROGRESS' ELSE 'ASSIGNED' END AS "1$",
                              pathway$4 AS "2$",
                              page$3.order$0 AS order$0,
                              page$3.order$1 AS order$1,
                              page$3.order$2 AS order$2
                            FROM LATERAL (
                                SELECT assignment$3.id AS id,
                                  assignment$3.employee_id AS employee_id,
                                  assignment$3.pathway_id AS pathway_id,
                                  assignment$3.version_id AS version_id,
                                  assignment$3.assigned_by_id AS assigned_by_id,
                                  assignment$3.cause AS cause,
                                  assignment$3.renews_id AS renews_id,
                                  assignment$3.rule_version_id AS rule_version_id,
                                  assignment$3.round AS round,
                                  assignment$3.reason AS reason,
                                  assignment$3.priority AS priority,
                                  assignment$3.assigned_at AS assigned_at,
                                  assignment$3.starts_on AS starts_on,
                                  assignment$3.due_on AS due_on,
                                  assignment$3.closed_at AS closed_at,
                                  assignment$3.closure AS closure,
                                  assignment$3.closure_reason AS closure_reason,
                                  assignment$3.moved_from_id AS moved_from_id,
                                  assignment$3.moved_at AS moved_at,
                                  assignment$3.superseded_at AS superseded_at,
                                  assignment$3.due_on AS order$0,
                                  assignment$3.priority AS order$1,
                                  assignment$3.id AS order$2
                                FROM assignment AS assignment$3
                                WHERE assignment$3.employee_id = employee$1.id
                                  AND assignment$3.assigned_at <= $4::TIMESTAMP
                                WITH TIME ZONE
                                  AND (assignment$3.closed_at IS NULL OR assignment$3.closed_at > $4::TIMESTAMP WITH TIME ZONE)
                                  AND (assignment$3.starts_on IS NULL OR assignment$3.starts_on <= $5::DATE)
                                  AND assignment$3.due_on <= $5::DATE + CAST(greatest(0, least($7::BIGINT, 3650)) AS INTEGER)
                                  AND (assignment$3.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_47
                                    WHERE reporting_line_47.manager_id = $1::UUID
                                      AND reporting_line_47.employee_id = assignment$3.employee_id
                                      AND (reporting_line_47.valid @> $5::DATE)
                                  )) OR assignment$3.employee_id IN (
                                    SELECT reporting_line_48.employee_id
                                    FROM reporting_line AS reporting_line_48
                                    WHERE reporting_line_48.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_49
                                    WHERE reporting_line_49.manager_id = $1::UUID
                                      AND reporting_line_49.employee_id = assignment$3.employee_id
                                      AND (tstzrange(assignment$3.assigned_at, CASE WHEN (assignment$3.closed_at IS NOT NULL) THEN greatest(assignment$3.closed_at, timezone('UTC', CAST(assignment$3.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_49.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_49.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )) OR assignment$3.assigned_by_id = $1::UUID)
                                ORDER BY assignment$3.due_on ASC,
                                  assignment$3.priority ASC,
                                  assignment$3.id ASC
                                LIMIT 50
                              ) AS page$3
                            LEFT OUTER JOIN LATERAL (
                                SELECT pathway$3.title AS title
                                FROM pathway AS pathway$3
                                WHERE pathway$3.id = page$3.pathway_id
                                  AND (EXISTS(
                                    SELECT 1
                                    FROM pathway_version AS pathway_version_11
                                    WHERE pathway_version_11.pathway_id = pathway$3.id
                                      AND pathway_version_11.status != 'DRAFT'
                                  ))
                              ) AS pathway$4 ON true
                          ) AS item$3
                        JOIN LATERAL (
                            SELECT item$3."0$" AS "dueOn",
                              item$3."1$" AS status,
                              item$3."2$" AS pathway
                          ) AS node$3 ON true
                        ORDER BY item$3.order$0 ASC,
                          item$3.order$1 ASC,
                          item$3.order$2 ASC
                      )) AS nodes
                  ) AS due_soon$1
              ) AS "dueSoon",
              (
                SELECT lapsing$1
                FROM LATERAL (
                    SELECT array((
                        SELECT node$4
                        FROM LATERAL (
                            SELECT (
                                SELECT upper(stretch) AS upper_1
                                FROM unnest(page$4.held) AS stretch
                                WHERE stretch @> $4::TIMESTAMP
                                WITH TIME ZONE
                              ) AS "0$",
                              pathway$6 AS "1$",
                              page$4.order$0 AS order$0,
                              page$4.order$1 AS order$1,
                              page$4.order$2 AS order$2
                            FROM LATERAL (
                                SELECT pathway_completion$1.employee_id AS employee_id,
                                  pathway_completion$1.pathway_id AS pathway_id,
                                  pathway_completion$1.version_id AS version_id,
                                  pathway_completion$1.held AS held,
                                  (
                                    SELECT upper(stretch) AS upper_2
                                    FROM unnest(pathway_completion$1.held) AS stretch
                                    WHERE stretch @> $4::TIMESTAMP
                                    WITH TIME ZONE
                                  ) AS order$0,
                                  pathway_completion$1.employee_id AS order$1,
                                  pathway_completion$1.pathway_id AS order$2
                                FROM pathway_completion AS pathway_completion$1
                                WHERE pathway_completion$1.employee_id = employee$1.id
                                  AND (
                                    SELECT upper(stretch) AS upper_3
                                    FROM unnest(pathway_completion$1.held) AS stretch
                                    WHERE stretch @> $4::TIMESTAMP
                                    WITH TIME ZONE
                                  ) < timezone('UTC', CAST($5::DATE + CAST(greatest(0, least($8::BIGINT, 3650)) AS INTEGER) + 1 AS TIMESTAMP WITHOUT TIME ZONE))
                                  AND (pathway_completion$1.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_50
                                    WHERE reporting_line_50.manager_id = $1::UUID
                                      AND reporting_line_50.employee_id = pathway_completion$1.employee_id
                                      AND (reporting_line_50.valid @> $5::DATE)
                                  )) OR pathway_completion$1.employee_id IN (
                                    SELECT reporting_line_51.employee_id
                                    FROM reporting_line AS reporting_line_51
                                    WHERE reporting_line_51.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_52
                                    WHERE reporting_line_52.manager_id = $1::UUID
                                      AND reporting_line_52.employee_id = pathway_completion$1.employee_id
                                      AND (pathway_completion$1.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_52.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_52.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )))
                                ORDER BY (
                                    SELECT upper(stretch) AS upper_2
                                    FROM unnest(pathway_completion$1.held) AS stretch
                                    WHERE stretch @> $4::TIMESTAMP
                                    WITH TIME ZONE
                                  ) ASC,
                                  pathway_completion$1.employee_id ASC,
                                  pathway_completion$1.pathway_id ASC
                                LIMIT 50
                              ) AS page$4
                            LEFT OUTER JOIN LATERAL (
                                SELECT pathway$5.title AS title
                                FROM pathway AS pathway$5
                                WHERE pathway$5.id = page$4.pathway_id
                                  AND (EXISTS(
                                    SELECT 1
                                    FROM pathway_version AS pathway_version_12
                                    WHERE pathway_version_12.pathway_id = pathway$5.id
                                      AND pathway_version_12.status != 'DRAFT'
                                  ))
                              ) AS pathway$6 ON true
                          ) AS item$4
                        JOIN LATERAL (
                            SELECT item$4."0$" AS until,
                              item$4."1$" AS pathway
                          ) AS node$4 ON true
                        ORDER BY item$4.order$0 ASC,
                          item$4.order$1 ASC,
                          item$4.order$2 ASC
                      )) AS nodes
                  ) AS lapsing$1
              ) AS lapsing,
              (
                SELECT lapsing_awards$1
                FROM LATERAL (
                    SELECT array((
                        SELECT node$5
                        FROM LATERAL (
                            SELECT coalesce((
                                SELECT upper(stretch) AS upper_4
                                FROM unnest(page$5.held) AS stretch
                                WHERE stretch @> $4::TIMESTAMP
                                WITH TIME ZONE
                              ), upper(page$5.held)) AS "0$",
                              credential$2 AS "1$",
                              page$5.order$0 AS order$0,
                              page$5.order$1 AS order$1
                            FROM LATERAL (
                                SELECT award$1.id AS id,
                                  award$1.employee_id AS employee_id,
                                  award$1.credential_id AS credential_id,
                                  award$1.version_id AS version_id,
                                  award$1.cause AS cause,
                                  award$1.approved_by_id AS approved_by_id,
                                  award$1.awarded_at AS awarded_at,
                                  award$1.evidence_note AS evidence_note,
                                  award$1.evidence_url AS evidence_url,
                                  award$1.renewed_at AS renewed_at,
                                  award$1.counted_at AS counted_at,
                                  award$1.suspended_at AS suspended_at,
                                  award$1.suspended_reason AS suspended_reason,
                                  award$1.accepted_at AS accepted_at,
                                  award$1.held AS held,
                                  award$1.is_hidden AS is_hidden,
                                  award$1.revoked_at AS revoked_at,
                                  award$1.revoked_reason AS revoked_reason,
                                  coalesce((
                                    SELECT upper(stretch) AS upper_5
                                    FROM unnest(award$1.held) AS stretch
                                    WHERE stretch @> $4::TIMESTAMP
                                    WITH TIME ZONE
                                  ), upper(award$1.held)) AS order$0,
                                  award$1.id AS order$1
                                FROM award AS award$1
                                WHERE award$1.employee_id = employee$1.id
                                  AND award$1.revoked_at IS NULL
                                  AND (
                                    SELECT upper(stretch) AS upper_6
                                    FROM unnest(award$1.held) AS stretch
                                    WHERE stretch @> $4::TIMESTAMP
                                    WITH TIME ZONE
                                  ) < timezone('UTC', CAST($5::DATE + CAST(greatest(0, least($9::BIGINT, 3650)) AS INTEGER) + 1 AS TIMESTAMP WITHOUT TIME ZONE))
                                  AND (NOT award$1.is_hidden OR award$1.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_53
                                    WHERE reporting_line_53.manager_id = $1::UUID
                                      AND reporting_line_53.employee_id = award$1.employee_id
                                      AND (reporting_line_53.valid @> $5::DATE)
                                  )) OR award$1.employee_id IN (
                                    SELECT reporting_line_54.employee_id
                                    FROM reporting_line AS reporting_line_54
                                    WHERE reporting_line_54.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_55
                                    WHERE reporting_line_55.manager_id = $1::UUID
                                      AND reporting_line_55.employee_id = award$1.employee_id
                                      AND (award$1.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_55.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_55.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )))
                                ORDER BY coalesce((
                                    SELECT upper(stretch) AS upper_5
                                    FROM unnest(award$1.held) AS stretch
                                    WHERE stretch @> $4::TIMESTAMP
                                    WITH TIME ZONE
                                  ), upper(award$1.held)) ASC,
                                  award$1.id ASC
                                LIMIT 50
                              ) AS page$5
                            LEFT OUTER JOIN LATERAL (
                                SELECT credential$1.code AS code
                                FROM credential AS credential$1
                                WHERE credential$1.id = page$5.credential_id
                              ) AS credential$2 ON true
                          ) AS item$5
                        JOIN LATERAL (
                            SELECT item$5."0$" AS until,
                              item$5."1$" AS credential
                          ) AS node$5 ON true
                        ORDER BY item$5.order$0 ASC,
                          item$5.order$1 ASC
                      )) AS nodes
                  ) AS lapsing_awards$1
              ) AS "lapsingAwards",
              (
                SELECT gaps$1
                FROM LATERAL (
                    SELECT array((
                        SELECT node$6
                        FROM LATERAL (
                            SELECT skill$2 AS "0$",
                              page$6.level AS "1$",
                              page$6.required AS "2$",
                              page$6.gap AS "3$",
                              page$6.must_have AS "4$",
                              page$6.order$0 AS order$0,
                              page$6.order$1 AS order$1,
                              page$6.order$2 AS order$2,
                              page$6.order$3 AS order$3
                            FROM LATERAL (
                                SELECT gap$1.skill_id AS skill_id,
                                  gap$1.required AS required,
                                  gap$1.level AS level,
                                  gap$1.is_verified AS is_verified,
                                  gap$1.gap AS gap,
                                  gap$1.weight AS weight,
                                  gap$1.must_have AS must_have,
                                  gap$1.must_have AS order$0,
                                  gap$1.weight AS order$1,
                                  gap$1.gap AS order$2,
                                  gap$1.skill_id AS order$3
                                FROM LATERAL (
                                    SELECT anon_19.skill_id AS skill_id,
                                      anon_19.level AS required,
                                      anon_20.level AS level,
                                      coalesce(anon_20.is_verified, false) AS is_verified,
                                      anon_19.level - coalesce(anon_20.level, 0) AS gap,
                                      anon_19.weight AS weight,
                                      anon_19.must_have AS must_have
                                    FROM (
                                        SELECT anon_21.job_role_id AS job_role_id,
                                          anon_21.skill_id AS skill_id,
                                          anon_21.level AS level,
                                          anon_21.weight AS weight,
                                          anon_21.must_have AS must_have
                                        FROM (
                                            SELECT anon_22.job_role_id AS job_role_id,
                                              anon_22.skill_id AS skill_id,
                                              anon_22.level AS level,
                                              anon_22.weight AS weight,
                                              anon_22.must_have AS must_have
                                            FROM (
                                                SELECT role_skill_1.job_role_id AS job_role_id,
                                                  role_skill_1.skill_id AS skill_id,
                                                  max(role_skill_1.level) AS level,
                                                  max(role_skill_1.weight) AS weight,
                                                  bool_or(role_skill_1.must_have) AS must_have
                                                FROM role_skill AS role_skill_1
                                                WHERE role_skill_1.valid @> $4::TIMESTAMP
                                                WITH TIME ZONE
                                                  AND role_skill_1.job_role_id = employment$2.job_role_id
                                                GROUP BY role_skill_1.job_role_id,
                                                  role_skill_1.skill_id
                                              ) AS anon_22
                                            WHERE NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_1
                                              ))
                                            UNION ALL
                                            SELECT anon_23.job_role_id AS job_role_id,
                                              anon_23.skill_id AS skill_id,
                                              anon_23.level AS level,
                                              anon_23.weight AS weight,
                                              anon_23.must_have AS must_have
                                            FROM (
                                                SELECT role_skill_2.job_role_id AS job_role_id,
                                                  coalesce(skill_succession_2.successor_id, role_skill_2.skill_id) AS skill_id,
                                                  max(role_skill_2.level) AS level,
                                                  max(role_skill_2.weight) AS weight,
                                                  bool_or(role_skill_2.must_have) AS must_have
                                                FROM role_skill AS role_skill_2
                                                LEFT OUTER JOIN skill_succession AS skill_succession_2 ON skill_succession_2.skill_id = role_skill_2.skill_id
                                                WHERE role_skill_2.valid @> $4::TIMESTAMP
                                                WITH TIME ZONE
                                                  AND role_skill_2.job_role_id = employment$2.job_role_id
                                                GROUP BY role_skill_2.job_role_id,
                                                  coalesce(skill_succession_2.successor_id, role_skill_2.skill_id)
                                              ) AS anon_23
                                            WHERE EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_1
                                              )
                                          ) AS anon_21
                                      ) AS anon_19
                                    LEFT OUTER JOIN (
                                        SELECT anon_24.employee_id AS employee_id,
                                          anon_24.skill_id AS skill_id,
                                          anon_24.level AS level,
                                          anon_24.is_verified AS is_verified
                                        FROM (
                                            SELECT anon_25.employee_id AS employee_id,
                                              anon_25.skill_id AS skill_id,
                                              anon_25.level AS level,
                                              anon_25.is_verified AS is_verified
                                            FROM (
                                                SELECT employee$1.id AS employee_id,
                                                  evidence_1.skill_id AS skill_id,
                                                  coalesce(max(evidence_1.level) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_1.level)) AS level,
                                                  max(evidence_1.level) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                FROM evidence AS evidence_1
                                                WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_56
                                                    WHERE reporting_line_56.manager_id = $1::UUID
                                                      AND reporting_line_56.employee_id = employee$1.id
                                                      AND (reporting_line_56.valid @> $5::DATE)
                                                  )) OR coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                    SELECT 1
                                                    FROM policy AS policy_1
                                                    WHERE policy_1.teammates_see_levels
                                                  )) AND ((EXISTS(
                                                    SELECT 1
                                                    FROM team_membership AS team_membership_1
                                                    WHERE team_membership_1.employee_id = employee$1.id
                                                      AND (team_membership_1.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM team_membership AS team_membership_2
                                                        WHERE team_membership_2.team_id = team_membership_1.team_id
                                                          AND team_membership_2.employee_id = $1::UUID
                                                          AND (team_membership_2.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  )) OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_57
                                                    WHERE reporting_line_57.employee_id = employee$1.id
                                                      AND reporting_line_57.depth = 1
                                                      AND (reporting_line_57.valid @> $5::DATE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_58
                                                        WHERE reporting_line_58.manager_id = reporting_line_57.manager_id
                                                          AND reporting_line_58.employee_id = $1::UUID
                                                          AND reporting_line_58.depth = 1
                                                          AND (reporting_line_58.valid @> $5::DATE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  ))))
                                                  AND evidence_1.employee_id = employee$1.id
                                                  AND evidence_1.withdrawn_at IS NULL
                                                  AND (evidence_1.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                GROUP BY evidence_1.skill_id
                                              ) AS anon_25
                                            WHERE NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_3
                                              ))
                                            UNION ALL
                                            SELECT anon_26.employee_id AS employee_id,
                                              anon_26.skill_id AS skill_id,
                                              anon_26.level AS level,
                                              anon_26.is_verified AS is_verified
                                            FROM (
                                                SELECT employee$1.id AS employee_id,
                                                  coalesce(skill_succession_4.successor_id, evidence_2.skill_id) AS skill_id,
                                                  coalesce(max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_2.level)) AS level,
                                                  max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                FROM evidence AS evidence_2
                                                LEFT OUTER JOIN skill_succession AS skill_succession_4 ON skill_succession_4.skill_id = evidence_2.skill_id
                                                WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_56
                                                    WHERE reporting_line_56.manager_id = $1::UUID
                                                      AND reporting_line_56.employee_id = employee$1.id
                                                      AND (reporting_line_56.valid @> $5::DATE)
                                                  )) OR coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                    SELECT 1
                                                    FROM policy AS policy_1
                                                    WHERE policy_1.teammates_see_levels
                                                  )) AND ((EXISTS(
                                                    SELECT 1
                                                    FROM team_membership AS team_membership_1
                                                    WHERE team_membership_1.employee_id = employee$1.id
                                                      AND (team_membership_1.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM team_membership AS team_membership_2
                                                        WHERE team_membership_2.team_id = team_membership_1.team_id
                                                          AND team_membership_2.employee_id = $1::UUID
                                                          AND (team_membership_2.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  )) OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_57
                                                    WHERE reporting_line_57.employee_id = employee$1.id
                                                      AND reporting_line_57.depth = 1
                                                      AND (reporting_line_57.valid @> $5::DATE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_58
                                                        WHERE reporting_line_58.manager_id = reporting_line_57.manager_id
                                                          AND reporting_line_58.employee_id = $1::UUID
                                                          AND reporting_line_58.depth = 1
                                                          AND (reporting_line_58.valid @> $5::DATE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  ))))
                                                  AND evidence_2.employee_id = employee$1.id
                                                  AND evidence_2.withdrawn_at IS NULL
                                                  AND (evidence_2.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                GROUP BY coalesce(skill_succession_4.successor_id, evidence_2.skill_id)
                                              ) AS anon_26
                                            WHERE EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_3
                                              )
                                          ) AS anon_24
                                      ) AS anon_20 ON anon_20.skill_id = anon_19.skill_id
                                    WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_59
                                        WHERE reporting_line_59.manager_id = $1::UUID
                                          AND reporting_line_59.employee_id = employee$1.id
                                          AND (reporting_line_59.valid @> $5::DATE)
                                      )))
                                      AND anon_19.level - coalesce(anon_20.level, 0) > 0
                                  ) AS gap$1
                                WHERE true
                                ORDER BY gap$1.must_have DESC,
                                  gap$1.weight DESC,
                                  gap$1.gap DESC,
                                  gap$1.skill_id ASC
                                LIMIT 10
                              ) AS page$6
                            LEFT OUTER JOIN LATERAL (
                                SELECT skill$1.name AS name
                                FROM skill AS skill$1
                                WHERE skill$1.id = page$6.skill_id
                              ) AS skill$2 ON true
                          ) AS item$6
                        JOIN LATERAL (
                            SELECT item$6."0$" AS skill,
                              item$6."1$" AS level,
                              item$6."2$" AS required,
                              item$6."3$" AS gap,
                              item$6."4$" AS "mustHave"
                          ) AS node$6 ON true
                        ORDER BY item$6.order$0 DESC,
                          item$6.order$1 DESC,
                          item$6.order$2 DESC,
                          item$6.order$3 ASC
                      )) AS nodes
                  ) AS gaps$1
              ) AS gaps,
              (
                SELECT next_roles$1
                FROM LATERAL (
                    SELECT array((
                        SELECT node$7
                        FROM LATERAL (
                            SELECT job_role$2 AS "0$",
                              page$7.score AS "1$",
                              page$7.order$0 AS order$0,
                              page$7.order$1 AS order$1
                            FROM LATERAL (
                                SELECT readiness$1.employee_id AS employee_id,
                                  readiness$1.job_role_id AS job_role_id,
                                  readiness$1.required AS required,
                                  readiness$1.met AS met,
                                  readiness$1.must_haves_missing AS must_haves_missing,
                                  readiness$1.score AS score,
                                  readiness$1.score AS order$0,
                                  readiness$1.job_role_id AS order$1
                                FROM LATERAL (
                                    SELECT employee$1.id AS employee_id,
                                      anon_27.job_role_id AS job_role_id,
                                      count(*) AS required,
                                      count(*) FILTER (WHERE anon_28.level >= anon_27.level) AS met,
                                      count(*) FILTER (WHERE anon_27.must_have AND (anon_28.level >= anon_27.level) IS NOT true) AS must_haves_missing,
                                      CAST(coalesce(sum(anon_27.weight) FILTER (WHERE anon_28.level >= anon_27.level), 0) AS DOUBLE PRECISION) / CAST(sum(anon_27.weight) AS NUMERIC) AS score
                                    FROM (
                                        SELECT anon_29.job_role_id AS job_role_id,
                                          anon_29.skill_id AS skill_id,
                                          anon_29.level AS level,
                                          anon_29.weight AS weight,
                                          anon_29.must_have AS must_have
                                        FROM (
                                            SELECT anon_30.job_role_id AS job_role_id,
                                              anon_30.skill_id AS skill_id,
                                              anon_30.level AS level,
                                              anon_30.weight AS weight,
                                              anon_30.must_have AS must_have
                                            FROM (
                                                SELECT role_skill_3.job_role_id AS job_role_id,
                                                  role_skill_3.skill_id AS skill_id,
                                                  max(role_skill_3.level) AS level,
                                                  max(role_skill_3.weight) AS weight,
                                                  bool_or(role_skill_3.must_have) AS must_have
                                                FROM role_skill AS role_skill_3
                                                WHERE role_skill_3.valid @> $4::TIMESTAMP
                                                WITH TIME ZONE
                                                GROUP BY role_skill_3.job_role_id,
                                                  role_skill_3.skill_id
                                              ) AS anon_30
                                            WHERE NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_5
                                              ))
                                            UNION ALL
                                            SELECT anon_31.job_role_id AS job_role_id,
                                              anon_31.skill_id AS skill_id,
                                              anon_31.level AS level,
                                              anon_31.weight AS weight,
                                              anon_31.must_have AS must_have
                                            FROM (
                                                SELECT role_skill_4.job_role_id AS job_role_id,
                                                  coalesce(skill_succession_6.successor_id, role_skill_4.skill_id) AS skill_id,
                                                  max(role_skill_4.level) AS level,
                                                  max(role_skill_4.weight) AS weight,
                                                  bool_or(role_skill_4.must_have) AS must_have
                                                FROM role_skill AS role_skill_4
                                                LEFT OUTER JOIN skill_succession AS skill_succession_6 ON skill_succession_6.skill_id = role_skill_4.skill_id
                                                WHERE role_skill_4.valid @> $4::TIMESTAMP
                                                WITH TIME ZONE
                                                GROUP BY role_skill_4.job_role_id,
                                                  coalesce(skill_succession_6.successor_id, role_skill_4.skill_id)
                                              ) AS anon_31
                                            WHERE EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_5
                                              )
                                          ) AS anon_29
                                      ) AS anon_27
                                    LEFT OUTER JOIN (
                                        SELECT anon_32.employee_id AS employee_id,
                                          anon_32.skill_id AS skill_id,
                                          anon_32.level AS level,
                                          anon_32.is_verified AS is_verified
                                        FROM (
                                            SELECT anon_33.employee_id AS employee_id,
                                              anon_33.skill_id AS skill_id,
                                              anon_33.level AS level,
                                              anon_33.is_verified AS is_verified
                                            FROM (
                                                SELECT employee$1.id AS employee_id,
                                                  evidence_3.skill_id AS skill_id,
                                                  coalesce(max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_3.level)) AS level,
                                                  max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                FROM evidence AS evidence_3
                                                WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_60
                                                    WHERE reporting_line_60.manager_id = $1::UUID
                                                      AND reporting_line_60.employee_id = employee$1.id
                                                      AND (reporting_line_60.valid @> $5::DATE)
                                                  )) OR coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                    SELECT 1
                                                    FROM policy AS policy_2
                                                    WHERE policy_2.teammates_see_levels
                                                  )) AND ((EXISTS(
                                                    SELECT 1
                                                    FROM team_membership AS team_membership_3
                                                    WHERE team_membership_3.employee_id = employee$1.id
                                                      AND (team_membership_3.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM team_membership AS team_membership_4
                                                        WHERE team_membership_4.team_id = team_membership_3.team_id
                                                          AND team_membership_4.employee_id = $1::UUID
                                                          AND (team_membership_4.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  )) OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_61
                                                    WHERE reporting_line_61.employee_id = employee$1.id
                                                      AND reporting_line_61.depth = 1
                                                      AND (reporting_line_61.valid @> $5::DATE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_62
                                                        WHERE reporting_line_62.manager_id = reporting_line_61.manager_id
                                                          AND reporting_line_62.employee_id = $1::UUID
                                                          AND reporting_line_62.depth = 1
                                                          AND (reporting_line_62.valid @> $5::DATE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  ))))
                                                  AND evidence_3.employee_id = employee$1.id
                                                  AND evidence_3.withdrawn_at IS NULL
                                                  AND (evidence_3.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                GROUP BY evidence_3.skill_id
                                              ) AS anon_33
                                            WHERE NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_7
                                              ))
                                            UNION ALL
                                            SELECT anon_34.employee_id AS employee_id,
                                              anon_34.skill_id AS skill_id,
                                              anon_34.level AS level,
                                              anon_34.is_verified AS is_verified
                                            FROM (
                                                SELECT employee$1.id AS employee_id,
                                                  coalesce(skill_succession_8.successor_id, evidence_4.skill_id) AS skill_id,
                                                  coalesce(max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_4.level)) AS level,
                                                  max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                FROM evidence AS evidence_4
                                                LEFT OUTER JOIN skill_succession AS skill_succession_8 ON skill_succession_8.skill_id = evidence_4.skill_id
                                                WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_60
                                                    WHERE reporting_line_60.manager_id = $1::UUID
                                                      AND reporting_line_60.employee_id = employee$1.id
                                                      AND (reporting_line_60.valid @> $5::DATE)
                                                  )) OR coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                    SELECT 1
                                                    FROM policy AS policy_2
                                                    WHERE policy_2.teammates_see_levels
                                                  )) AND ((EXISTS(
                                                    SELECT 1
                                                    FROM team_membership AS team_membership_3
                                                    WHERE team_membership_3.employee_id = employee$1.id
                                                      AND (team_membership_3.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM team_membership AS team_membership_4
                                                        WHERE team_membership_4.team_id = team_membership_3.team_id
                                                          AND team_membership_4.employee_id = $1::UUID
                                                          AND (team_membership_4.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  )) OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_61
                                                    WHERE reporting_line_61.employee_id = employee$1.id
                                                      AND reporting_line_61.depth = 1
                                                      AND (reporting_line_61.valid @> $5::DATE)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_62
                                                        WHERE reporting_line_62.manager_id = reporting_line_61.manager_id
                                                          AND reporting_line_62.employee_id = $1::UUID
                                                          AND reporting_line_62.depth = 1
                                                          AND (reporting_line_62.valid @> $5::DATE)
                                                        LIMIT ALL OFFSET 0
                                                      ))
                                                    LIMIT ALL OFFSET 0
                                                  ))))
                                                  AND evidence_4.employee_id = employee$1.id
                                                  AND evidence_4.withdrawn_at IS NULL
                                                  AND (evidence_4.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                GROUP BY coalesce(skill_succession_8.successor_id, evidence_4.skill_id)
                                              ) AS anon_34
                                            WHERE EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_7
                                              )
                                          ) AS anon_32
                                      ) AS anon_28 ON anon_28.skill_id = anon_27.skill_id
                                    WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_63
                                        WHERE reporting_line_63.manager_id = $1::UUID
                                          AND reporting_line_63.employee_id = employee$1.id
                                          AND (reporting_line_63.valid @> $5::DATE)
                                      )))
                                      AND anon_27.job_role_id IS DISTINCT
                                    FROM employment$2.job_role_id
                                    GROUP BY anon_27.job_role_id
                                  ) AS readiness$1
                                WHERE true
                                ORDER BY readiness$1.score DESC,
                                  readiness$1.job_role_id ASC
                                LIMIT 3
                              ) AS page$7
                            LEFT OUTER JOIN LATERAL (
                                SELECT job_role$1.name AS name
                                FROM job_role AS job_role$1
                                WHERE job_role$1.id = page$7.job_role_id
                              ) AS job_role$2 ON true
                          ) AS item$7
                        JOIN LATERAL (
                            SELECT item$7."0$" AS "jobRole",
                              item$7."1$" AS score
                          ) AS node$7 ON true
                        ORDER BY item$7.order$0 DESC,
                          item$7.order$1 ASC
                      )) AS nodes
                  ) AS next_roles$1
              ) AS "nextRoles",
              (
                SELECT recommended_pathways$1
                FROM LATERAL (
                    SELECT array((
                        SELECT node$9
                        FROM LATERAL (
                            SELECT page$8.reason AS "0$",
                              page$8.score AS "1$",
                              pathway$8 AS "2$",
                              job_role$4 AS "3$",
                              (
                                SELECT closes$1
                                FROM LATERAL (
                                    SELECT array((
                                        SELECT node$8
                                        FROM LATERAL (
                                            SELECT skill$4 AS "0$",
                                              page$9.level AS "1$",
                                              page$9.grants AS "2$",
                                              page$9.required AS "3$",
                                              page$9.order$0 AS order$0,
                                              page$9.order$1 AS order$1,
                                              page$9.order$2 AS order$2
                                            FROM LATERAL (
                                                SELECT closed_gap$1.skill_id AS skill_id,
                                                  closed_gap$1.required AS required,
                                                  closed_gap$1.level AS level,
                                                  closed_gap$1.must_have AS must_have,
                                                  closed_gap$1.weight AS weight,
                                                  closed_gap$1.grants AS grants,
                                                  closed_gap$1.must_have AS order$0,
                                                  closed_gap$1.weight AS order$1,
                                                  closed_gap$1.skill_id AS order$2
                                                FROM LATERAL (
                                                    SELECT anon_35.skill_id AS skill_id,
                                                      anon_35.required AS required,
                                                      anon_35.level AS level,
                                                      anon_35.must_have AS must_have,
                                                      anon_35.weight AS weight,
                                                      anon_36.level AS grants
                                                    FROM (
                                                        SELECT anon_37.skill_id AS skill_id,
                                                          anon_37.level AS required,
                                                          anon_38.level AS level,
                                                          coalesce(anon_38.is_verified, false) AS is_verified,
                                                          anon_37.level - coalesce(anon_38.level, 0) AS gap,
                                                          anon_37.weight AS weight,
                                                          anon_37.must_have AS must_have
                                                        FROM (
                                                            SELECT anon_39.job_role_id AS job_role_id,
                                                              anon_39.skill_id AS skill_id,
                                                              anon_39.level AS level,
                                                              anon_39.weight AS weight,
                                                              anon_39.must_have AS must_have
                                                            FROM (
                                                                SELECT anon_40.job_role_id AS job_role_id,
                                                                  anon_40.skill_id AS skill_id,
                                                                  anon_40.level AS level,
                                                                  anon_40.weight AS weight,
                                                                  anon_40.must_have AS must_have
                                                                FROM (
                                                                    SELECT role_skill_5.job_role_id AS job_role_id,
                                                                      role_skill_5.skill_id AS skill_id,
                                                                      max(role_skill_5.level) AS level,
                                                                      max(role_skill_5.weight) AS weight,
                                                                      bool_or(role_skill_5.must_have) AS must_have
                                                                    FROM role_skill AS role_skill_5
                                                                    WHERE role_skill_5.valid @> $4::TIMESTAMP
                                                                    WITH TIME ZONE
                                                                      AND role_skill_5.job_role_id = page$8.job_role_id
                                                                    GROUP BY role_skill_5.job_role_id,
                                                                      role_skill_5.skill_id
                                                                  ) AS anon_40
                                                                WHERE NOT (EXISTS(
                                                                    SELECT 1
                                                                    FROM skill_succession AS skill_succession_9
                                                                  ))
                                                                UNION ALL
                                                                SELECT anon_41.job_role_id AS job_role_id,
                                                                  anon_41.skill_id AS skill_id,
                                                                  anon_41.level AS level,
                                                                  anon_41.weight AS weight,
                                                                  anon_41.must_have AS must_have
                                                                FROM (
                                                                    SELECT role_skill_6.job_role_id AS job_role_id,
                                                                      coalesce(skill_succession_10.successor_id, role_skill_6.skill_id) AS skill_id,
                                                                      max(role_skill_6.level) AS level,
                                                                      max(role_skill_6.weight) AS weight,
                                                                      bool_or(role_skill_6.must_have) AS must_have
                                                                    FROM role_skill AS role_skill_6
                                                                    LEFT OUTER JOIN skill_succession AS skill_succession_10 ON skill_succession_10.skill_id = role_skill_6.skill_id
                                                                    WHERE role_skill_6.valid @> $4::TIMESTAMP
                                                                    WITH TIME ZONE
                                                                      AND role_skill_6.job_role_id = page$8.job_role_id
                                                                    GROUP BY role_skill_6.job_role_id,
                                                                      coalesce(skill_succession_10.successor_id, role_skill_6.skill_id)
                                                                  ) AS anon_41
                                                                WHERE EXISTS(
                                                                    SELECT 1
                                                                    FROM skill_succession AS skill_succession_9
                                                                  )
                                                              ) AS anon_39
                                                          ) AS anon_37
                                                        LEFT OUTER JOIN (
                                                            SELECT anon_42.employee_id AS employee_id,
                                                              anon_42.skill_id AS skill_id,
                                                              anon_42.level AS level,
                                                              anon_42.is_verified AS is_verified
                                                            FROM (
                                                                SELECT anon_43.employee_id AS employee_id,
                                                                  anon_43.skill_id AS skill_id,
                                                                  anon_43.level AS level,
                                                                  anon_43.is_verified AS is_verified
                                                                FROM (
                                                                    SELECT page$8.employee_id AS employee_id,
                                                                      evidence_5.skill_id AS skill_id,
                                                                      coalesce(max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_5.level)) AS level,
                                                                      max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                                    FROM evidence AS evidence_5
                                                                    WHERE (page$8.employee_id = $1::UUID OR (EXISTS(
                                                                        SELECT 1
                                                                        FROM reporting_line AS reporting_line_64
                                                                        WHERE reporting_line_64.manager_id = $1::UUID
                                                                          AND reporting_line_64.employee_id = page$8.employee_id
                                                                          AND (reporting_line_64.valid @> $5::DATE)
                                                                      )) OR coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                        SELECT 1
                                                                        FROM policy AS policy_3
                                                                        WHERE policy_3.teammates_see_levels
                                                                      )) AND ((EXISTS(
                                                                        SELECT 1
                                                                        FROM team_membership AS team_membership_5
                                                                        WHERE team_membership_5.employee_id = page$8.employee_id
                                                                          AND (team_membership_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                          AND (EXISTS(
                                                                            SELECT 1
                                                                            FROM team_membership AS team_membership_6
                                                                            WHERE team_membership_6.team_id = team_membership_5.team_id
                                                                              AND team_membership_6.employee_id = $1::UUID
                                                                              AND (team_membership_6.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                            LIMIT ALL OFFSET 0
                                                                          ))
                                                                        LIMIT ALL OFFSET 0
                                                                      )) OR (EXISTS(
                                                                        SELECT 1
                                                                        FROM reporting_line AS reporting_line_65
                                                                        WHERE reporting_line_65.employee_id = page$8.employee_id
                                                                          AND reporting_line_65.depth = 1
                                                                          AND (reporting_line_65.valid @> $5::DATE)
                                                                          AND (EXISTS(
                                                                            SELECT 1
                                                                            FROM reporting_line AS reporting_line_66
                                                                            WHERE reporting_line_66.manager_id = reporting_line_65.manager_id
                                                                              AND reporting_line_66.employee_id = $1::UUID
                                                                              AND reporting_line_66.depth = 1
                                                                              AND (reporting_line_66.valid @> $5::DATE)
                                                                            LIMIT ALL OFFSET 0
                                                                          ))
                                                                        LIMIT ALL OFFSET 0
                                                                      ))))
                                                                      AND evidence_5.employee_id = page$8.employee_id
                                                                      AND evidence_5.withdrawn_at IS NULL
                                                                      AND (evidence_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    GROUP BY evidence_5.skill_id
                                                                  ) AS anon_43
                                                                WHERE NOT (EXISTS(
                                                                    SELECT 1
                                                                    FROM skill_succession AS skill_succession_11
                                                                  ))
                                                                UNION ALL
                                                                SELECT anon_44.employee_id AS employee_id,
                                                                  anon_44.skill_id AS skill_id,
                                                                  anon_44.level AS level,
                                                                  anon_44.is_verified AS is_verified
                                                                FROM (
                                                                    SELECT page$8.employee_id AS employee_id,
                                                                      coalesce(skill_succession_12.successor_id, evidence_6.skill_id) AS skill_id,
                                                                      coalesce(max(evidence_6.level) FILTER (WHERE coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_6.level)) AS level,
                                                                      max(evidence_6.level) FILTER (WHERE coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                                    FROM evidence AS evidence_6
                                                                    LEFT OUTER JOIN skill_succession AS skill_succession_12 ON skill_succession_12.skill_id = evidence_6.skill_id
                                                                    WHERE (page$8.employee_id = $1::UUID OR (EXISTS(
                                                                        SELECT 1
                                                                        FROM reporting_line AS reporting_line_64
                                                                        WHERE reporting_line_64.manager_id = $1::UUID
                                                                          AND reporting_line_64.employee_id = page$8.employee_id
                                                                          AND (reporting_line_64.valid @> $5::DATE)
                                                                      )) OR coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                        SELECT 1
                                                                        FROM policy AS policy_3
                                                                        WHERE policy_3.teammates_see_levels
                                                                      )) AND ((EXISTS(
                                                                        SELECT 1
                                                                        FROM team_membership AS team_membership_5
                                                                        WHERE team_membership_5.employee_id = page$8.employee_id
                                                                          AND (team_membership_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                          AND (EXISTS(
                                                                            SELECT 1
                                                                            FROM team_membership AS team_membership_6
                                                                            WHERE team_membership_6.team_id = team_membership_5.team_id
                                                                              AND team_membership_6.employee_id = $1::UUID
                                                                              AND (team_membership_6.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                            LIMIT ALL OFFSET 0
                                                                          ))
                                                                        LIMIT ALL OFFSET 0
                                                                      )) OR (EXISTS(
                                                                        SELECT 1
                                                                        FROM reporting_line AS reporting_line_65
                                                                        WHERE reporting_line_65.employee_id = page$8.employee_id
                                                                          AND reporting_line_65.depth = 1
                                                                          AND (reporting_line_65.valid @> $5::DATE)
                                                                          AND (EXISTS(
                                                                            SELECT 1
                                                                            FROM reporting_line AS reporting_line_66
                                                                            WHERE reporting_line_66.manager_id = reporting_line_65.manager_id
                                                                              AND reporting_line_66.employee_id = $1::UUID
                                                                              AND reporting_line_66.depth = 1
                                                                              AND (reporting_line_66.valid @> $5::DATE)
                                                                            LIMIT ALL OFFSET 0
                                                                          ))
                                                                        LIMIT ALL OFFSET 0
                                                                      ))))
                                                                      AND evidence_6.employee_id = page$8.employee_id
                                                                      AND evidence_6.withdrawn_at IS NULL
                                                                      AND (evidence_6.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    GROUP BY coalesce(skill_succession_12.successor_id, evidence_6.skill_id)
                                                                  ) AS anon_44
                                                                WHERE EXISTS(
                                                                    SELECT 1
                                                                    FROM skill_succession AS skill_succession_11
                                                                  )
                                                              ) AS anon_42
                                                          ) AS anon_38 ON anon_38.skill_id = anon_37.skill_id
                                                        WHERE (page$8.employee_id = $1::UUID OR (EXISTS(
                                                            SELECT 1
                                                            FROM reporting_line AS reporting_line_67
                                                            WHERE reporting_line_67.manager_id = $1::UUID
                                                              AND reporting_line_67.employee_id = page$8.employee_id
                                                              AND (reporting_line_67.valid @> $5::DATE)
                                                          )))
                                                          AND anon_37.level - coalesce(anon_38.level, 0) > 0
                                                      ) AS anon_35
                                                    JOIN (
                                                        SELECT pathway_version_13.pathway_id AS pathway_id,
                                                          step_grant_1.skill_id AS skill_id,
                                                          max(step_grant_1.level) AS level
                                                        FROM pathway_version AS pathway_version_13
                                                        JOIN step AS step_8 ON step_8.version_id = pathway_version_13.id
                                                        JOIN step_grant AS step_grant_1 ON step_grant_1.step_id = step_8.id
                                                        WHERE pathway_version_13.status = 'PUBLISHED'
                                                          AND pathway_version_13.pathway_id = page$8.pathway_id
                                                        GROUP BY pathway_version_13.pathway_id,
                                                          step_grant_1.skill_id
                                                      ) AS anon_36 ON anon_36.skill_id = anon_35.skill_id
                                                    WHERE anon_36.level > coalesce(anon_35.level, 0)
                                                  ) AS closed_gap$1
                                                WHERE true
                                                ORDER BY closed_gap$1.must_have DESC,
                                                  closed_gap$1.weight DESC,
                                                  closed_gap$1.skill_id ASC
                                                LIMIT 50
                                              ) AS page$9
                                            LEFT OUTER JOIN LATERAL (
                                                SELECT skill$3.name AS name
                                                FROM skill AS skill$3
                                                WHERE skill$3.id = page$9.skill_id
                                              ) AS skill$4 ON true
                                          ) AS item$8
                                        JOIN LATERAL (
                                            SELECT item$8."0$" AS skill,
                                              item$8."1$" AS level,
                                              item$8."2$" AS grants,
                                              item$8."3$" AS required
                                          ) AS node$8 ON true
                                        ORDER BY item$8.order$0 DESC,
                                          item$8.order$1 DESC,
                                          item$8.order$2 ASC
                                      )) AS nodes
                                  ) AS closes$1
                              ) AS "4$",
                              page$8.order$0 AS order$0,
                              page$8.order$1 AS order$1,
                              page$8.order$2 AS order$2
                            FROM LATERAL (
                                SELECT recommendation$1.employee_id AS employee_id,
                                  recommendation$1.pathway_id AS pathway_id,
                                  recommendation$1.reason AS reason,
                                  recommendation$1.job_role_id AS job_role_id,
                                  recommendation$1.score AS score,
                                  recommendation$1.reason AS order$0,
                                  recommendation$1.score AS order$1,
                                  recommendation$1.pathway_id AS order$2
                                FROM LATERAL (
                                    SELECT employee$1.id AS employee_id,
                                      anon_45.pathway_id AS pathway_id,
                                      anon_45.reason AS reason,
                                      anon_45.job_role_id AS job_role_id,
                                      anon_45.score AS score
                                    FROM (
                                        SELECT anon_46.pathway_id AS pathway_id,
                                          anon_47.reason AS reason,
                                          anon_47.job_role_id AS job_role_id,
                                          sum((least(anon_46.level, anon_47.required) - coalesce(anon_47.level, 0)) * anon_47.weight) AS score,
                                          row_number() OVER (PARTITION BY anon_46.pathway_id ORDER BY anon_47.reason, sum((least(anon_46.level, anon_47.required) - coalesce(anon_47.level, 0)) * anon_47.weight) DESC, anon_47.job_role_id) AS rank
                                        FROM (
                                            SELECT 'GAP' AS reason,
                                              employment$2.job_role_id AS job_role_id,
                                              anon_48.skill_id AS skill_id,
                                              anon_48.required AS required,
                                              anon_48.level AS level,
                                              anon_48.weight AS weight
                                            FROM (
                                                SELECT anon_49.skill_id AS skill_id,
                                                  anon_49.level AS required,
                                                  anon_50.level AS level,
                                                  coalesce(anon_50.is_verified, false) AS is_verified,
                                                  anon_49.level - coalesce(anon_50.level, 0) AS gap,
                                                  anon_49.weight AS weight,
                                                  anon_49.must_have AS must_have
                                                FROM (
                                                    SELECT anon_51.job_role_id AS job_role_id,
                                                      anon_51.skill_id AS skill_id,
                                                      anon_51.level AS level,
                                                      anon_51.weight AS weight,
                                                      anon_51.must_have AS must_have
                                                    FROM (
                                                        SELECT anon_52.job_role_id AS job_role_id,
                                                          anon_52.skill_id AS skill_id,
                                                          anon_52.level AS level,
                                                          anon_52.weight AS weight,
                                                          anon_52.must_have AS must_have
                                                        FROM (
                                                            SELECT role_skill_7.job_role_id AS job_role_id,
                                                              role_skill_7.skill_id AS skill_id,
                                                              max(role_skill_7.level) AS level,
                                                              max(role_skill_7.weight) AS weight,
                                                              bool_or(role_skill_7.must_have) AS must_have
                                                            FROM role_skill AS role_skill_7
                                                            WHERE role_skill_7.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                              AND role_skill_7.job_role_id = employment$2.job_role_id
                                                            GROUP BY role_skill_7.job_role_id,
                                                              role_skill_7.skill_id
                                                          ) AS anon_52
                                                        WHERE NOT (EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_13
                                                          ))
                                                        UNION ALL
                                                        SELECT anon_53.job_role_id AS job_role_id,
                                                          anon_53.skill_id AS skill_id,
                                                          anon_53.level AS level,
                                                          anon_53.weight AS weight,
                                                          anon_53.must_have AS must_have
                                                        FROM (
                                                            SELECT role_skill_8.job_role_id AS job_role_id,
                                                              coalesce(skill_succession_14.successor_id, role_skill_8.skill_id) AS skill_id,
                                                              max(role_skill_8.level) AS level,
                                                              max(role_skill_8.weight) AS weight,
                                                              bool_or(role_skill_8.must_have) AS must_have
                                                            FROM role_skill AS role_skill_8
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_14 ON skill_succession_14.skill_id = role_skill_8.skill_id
                                                            WHERE role_skill_8.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                              AND role_skill_8.job_role_id = employment$2.job_role_id
                                                            GROUP BY role_skill_8.job_role_id,
                                                              coalesce(skill_succession_14.successor_id, role_skill_8.skill_id)
                                                          ) AS anon_53
                                                        WHERE EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_13
                                                          )
                                                      ) AS anon_51
                                                  ) AS anon_49
                                                LEFT OUTER JOIN (
                                                    SELECT anon_54.employee_id AS employee_id,
                                                      anon_54.skill_id AS skill_id,
                                                      anon_54.level AS level,
                                                      anon_54.is_verified AS is_verified
                                                    FROM (
                                                        SELECT anon_55.employee_id AS employee_id,
                                                          anon_55.skill_id AS skill_id,
                                                          anon_55.level AS level,
                                                          anon_55.is_verified AS is_verified
                                                        FROM (
                                                            SELECT employee$1.id AS employee_id,
                                                              evidence_7.skill_id AS skill_id,
                                                              coalesce(max(evidence_7.level) FILTER (WHERE coalesce(evidence_7.decided, evidence_7.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_7.level)) AS level,
                                                              max(evidence_7.level) FILTER (WHERE coalesce(evidence_7.decided, evidence_7.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_7
                                                            WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_68
                                                                WHERE reporting_line_68.manager_id = $1::UUID
                                                                  AND reporting_line_68.employee_id = employee$1.id
                                                                  AND (reporting_line_68.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_7.decided, evidence_7.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_4
                                                                WHERE policy_4.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_7
                                                                WHERE team_membership_7.employee_id = employee$1.id
                                                                  AND (team_membership_7.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM team_membership AS team_membership_8
                                                                    WHERE team_membership_8.team_id = team_membership_7.team_id
                                                                      AND team_membership_8.employee_id = $1::UUID
                                                                      AND (team_membership_8.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              )) OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_69
                                                                WHERE reporting_line_69.employee_id = employee$1.id
                                                                  AND reporting_line_69.depth = 1
                                                                  AND (reporting_line_69.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_70
                                                                    WHERE reporting_line_70.manager_id = reporting_line_69.manager_id
                                                                      AND reporting_line_70.employee_id = $1::UUID
                                                                      AND reporting_line_70.depth = 1
                                                                      AND (reporting_line_70.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_7.employee_id = employee$1.id
                                                              AND evidence_7.withdrawn_at IS NULL
                                                              AND (evidence_7.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                            GROUP BY evidence_7.skill_id
                                                          ) AS anon_55
                                                        WHERE NOT (EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_15
                                                          ))
                                                        UNION ALL
                                                        SELECT anon_56.employee_id AS employee_id,
                                                          anon_56.skill_id AS skill_id,
                                                          anon_56.level AS level,
                                                          anon_56.is_verified AS is_verified
                                                        FROM (
                                                            SELECT employee$1.id AS employee_id,
                                                              coalesce(skill_succession_16.successor_id, evidence_8.skill_id) AS skill_id,
                                                              coalesce(max(evidence_8.level) FILTER (WHERE coalesce(evidence_8.decided, evidence_8.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_8.level)) AS level,
                                                              max(evidence_8.level) FILTER (WHERE coalesce(evidence_8.decided, evidence_8.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_8
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_16 ON skill_succession_16.skill_id = evidence_8.skill_id
                                                            WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_68
                                                                WHERE reporting_line_68.manager_id = $1::UUID
                                                                  AND reporting_line_68.employee_id = employee$1.id
                                                                  AND (reporting_line_68.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_8.decided, evidence_8.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_4
                                                                WHERE policy_4.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_7
                                                                WHERE team_membership_7.employee_id = employee$1.id
                                                                  AND (team_membership_7.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM team_membership AS team_membership_8
                                                                    WHERE team_membership_8.team_id = team_membership_7.team_id
                                                                      AND team_membership_8.employee_id = $1::UUID
                                                                      AND (team_membership_8.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              )) OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_69
                                                                WHERE reporting_line_69.employee_id = employee$1.id
                                                                  AND reporting_line_69.depth = 1
                                                                  AND (reporting_line_69.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_70
                                                                    WHERE reporting_line_70.manager_id = reporting_line_69.manager_id
                                                                      AND reporting_line_70.employee_id = $1::UUID
                                                                      AND reporting_line_70.depth = 1
                                                                      AND (reporting_line_70.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_8.employee_id = employee$1.id
                                                              AND evidence_8.withdrawn_at IS NULL
                                                              AND (evidence_8.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                            GROUP BY coalesce(skill_succession_16.successor_id, evidence_8.skill_id)
                                                          ) AS anon_56
                                                        WHERE EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_15
                                                          )
                                                      ) AS anon_54
                                                  ) AS anon_50 ON anon_50.skill_id = anon_49.skill_id
                                                WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_71
                                                    WHERE reporting_line_71.manager_id = $1::UUID
                                                      AND reporting_line_71.employee_id = employee$1.id
                                                      AND (reporting_line_71.valid @> $5::DATE)
                                                  )))
                                                  AND anon_49.level - coalesce(anon_50.level, 0) > 0
                                              ) AS anon_48
                                            UNION ALL
                                            SELECT 'NEXT_ROLE' AS reason,
                                              anon_57.job_role_id AS job_role_id,
                                              anon_58.skill_id AS skill_id,
                                              anon_58.required AS required,
                                              anon_58.level AS level,
                                              anon_58.weight AS weight
                                            FROM (
                                                SELECT employee$1.id AS employee_id,
                                                  anon_59.job_role_id AS job_role_id,
                                                  count(*) AS required,
                                                  count(*) FILTER (WHERE anon_60.level >= anon_59.level) AS met,
                                                  count(*) FILTER (WHERE anon_59.must_have AND (anon_60.level >= anon_59.level) IS NOT true) AS must_haves_missing,
                                                  CAST(coalesce(sum(anon_59.weight) FILTER (WHERE anon_60.level >= anon_59.level), 0) AS DOUBLE PRECISION) / CAST(sum(anon_59.weight) AS NUMERIC) AS score
                                                FROM (
                                                    SELECT anon_61.job_role_id AS job_role_id,
                                                      anon_61.skill_id AS skill_id,
                                                      anon_61.level AS level,
                                                      anon_61.weight AS weight,
                                                      anon_61.must_have AS must_have
                                                    FROM (
                                                        SELECT anon_62.job_role_id AS job_role_id,
                                                          anon_62.skill_id AS skill_id,
                                                          anon_62.level AS level,
                                                          anon_62.weight AS weight,
                                                          anon_62.must_have AS must_have
                                                        FROM (
                                                            SELECT role_skill_9.job_role_id AS job_role_id,
                                                              role_skill_9.skill_id AS skill_id,
                                                              max(role_skill_9.level) AS level,
                                                              max(role_skill_9.weight) AS weight,
                                                              bool_or(role_skill_9.must_have) AS must_have
                                                            FROM role_skill AS role_skill_9
                                                            WHERE role_skill_9.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                            GROUP BY role_skill_9.job_role_id,
                                                              role_skill_9.skill_id
                                                          ) AS anon_62
                                                        WHERE NOT (EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_17
                                                          ))
                                                        UNION ALL
                                                        SELECT anon_63.job_role_id AS job_role_id,
                                                          anon_63.skill_id AS skill_id,
                                                          anon_63.level AS level,
                                                          anon_63.weight AS weight,
                                                          anon_63.must_have AS must_have
                                                        FROM (
                                                            SELECT role_skill_10.job_role_id AS job_role_id,
                                                              coalesce(skill_succession_18.successor_id, role_skill_10.skill_id) AS skill_id,
                                                              max(role_skill_10.level) AS level,
                                                              max(role_skill_10.weight) AS weight,
                                                              bool_or(role_skill_10.must_have) AS must_have
                                                            FROM role_skill AS role_skill_10
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_18 ON skill_succession_18.skill_id = role_skill_10.skill_id
                                                            WHERE role_skill_10.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                            GROUP BY role_skill_10.job_role_id,
                                                              coalesce(skill_succession_18.successor_id, role_skill_10.skill_id)
                                                          ) AS anon_63
                                                        WHERE EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_17
                                                          )
                                                      ) AS anon_61
                                                  ) AS anon_59
                                                LEFT OUTER JOIN (
                                                    SELECT anon_64.employee_id AS employee_id,
                                                      anon_64.skill_id AS skill_id,
                                                      anon_64.level AS level,
                                                      anon_64.is_verified AS is_verified
                                                    FROM (
                                                        SELECT anon_65.employee_id AS employee_id,
                                                          anon_65.skill_id AS skill_id,
                                                          anon_65.level AS level,
                                                          anon_65.is_verified AS is_verified
                                                        FROM (
                                                            SELECT employee$1.id AS employee_id,
                                                              evidence_9.skill_id AS skill_id,
                                                              coalesce(max(evidence_9.level) FILTER (WHERE coalesce(evidence_9.decided, evidence_9.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_9.level)) AS level,
                                                              max(evidence_9.level) FILTER (WHERE coalesce(evidence_9.decided, evidence_9.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_9
                                                            WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_72
                                                                WHERE reporting_line_72.manager_id = $1::UUID
                                                                  AND reporting_line_72.employee_id = employee$1.id
                                                                  AND (reporting_line_72.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_9.decided, evidence_9.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_5
                                                                WHERE policy_5.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_9
                                                                WHERE team_membership_9.employee_id = employee$1.id
                                                                  AND (team_membership_9.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM team_membership AS team_membership_10
                                                                    WHERE team_membership_10.team_id = team_membership_9.team_id
                                                                      AND team_membership_10.employee_id = $1::UUID
                                                                      AND (team_membership_10.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              )) OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_73
                                                                WHERE reporting_line_73.employee_id = employee$1.id
                                                                  AND reporting_line_73.depth = 1
                                                                  AND (reporting_line_73.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_74
                                                                    WHERE reporting_line_74.manager_id = reporting_line_73.manager_id
                                                                      AND reporting_line_74.employee_id = $1::UUID
                                                                      AND reporting_line_74.depth = 1
                                                                      AND (reporting_line_74.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_9.employee_id = employee$1.id
                                                              AND evidence_9.withdrawn_at IS NULL
                                                              AND (evidence_9.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                            GROUP BY evidence_9.skill_id
                                                          ) AS anon_65
                                                        WHERE NOT (EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_19
                                                          ))
                                                        UNION ALL
                                                        SELECT anon_66.employee_id AS employee_id,
                                                          anon_66.skill_id AS skill_id,
                                                          anon_66.level AS level,
                                                          anon_66.is_verified AS is_verified
                                                        FROM (
                                                            SELECT employee$1.id AS employee_id,
                                                              coalesce(skill_succession_20.successor_id, evidence_10.skill_id) AS skill_id,
                                                              coalesce(max(evidence_10.level) FILTER (WHERE coalesce(evidence_10.decided, evidence_10.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_10.level)) AS level,
                                                              max(evidence_10.level) FILTER (WHERE coalesce(evidence_10.decided, evidence_10.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_10
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_20 ON skill_succession_20.skill_id = evidence_10.skill_id
                                                            WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_72
                                                                WHERE reporting_line_72.manager_id = $1::UUID
                                                                  AND reporting_line_72.employee_id = employee$1.id
                                                                  AND (reporting_line_72.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_10.decided, evidence_10.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_5
                                                                WHERE policy_5.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_9
                                                                WHERE team_membership_9.employee_id = employee$1.id
                                                                  AND (team_membership_9.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM team_membership AS team_membership_10
                                                                    WHERE team_membership_10.team_id = team_membership_9.team_id
                                                                      AND team_membership_10.employee_id = $1::UUID
                                                                      AND (team_membership_10.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              )) OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_73
                                                                WHERE reporting_line_73.employee_id = employee$1.id
                                                                  AND reporting_line_73.depth = 1
                                                                  AND (reporting_line_73.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_74
                                                                    WHERE reporting_line_74.manager_id = reporting_line_73.manager_id
                                                                      AND reporting_line_74.employee_id = $1::UUID
                                                                      AND reporting_line_74.depth = 1
                                                                      AND (reporting_line_74.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_10.employee_id = employee$1.id
                                                              AND evidence_10.withdrawn_at IS NULL
                                                              AND (evidence_10.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                            GROUP BY coalesce(skill_succession_20.successor_id, evidence_10.skill_id)
                                                          ) AS anon_66
                                                        WHERE EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_19
                                                          )
                                                      ) AS anon_64
                                                  ) AS anon_60 ON anon_60.skill_id = anon_59.skill_id
                                                WHERE (employee$1.id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_75
                                                    WHERE reporting_line_75.manager_id = $1::UUID
                                                      AND reporting_line_75.employee_id = employee$1.id
                                                      AND (reporting_line_75.valid @> $5::DATE)
                                                  )))
                                                  AND anon_59.job_role_id IS DISTINCT
                                                FROM employment$2.job_role_id
                                                GROUP BY anon_59.job_role_id
                                                ORDER BY score DESC,
                                                  anon_59.job_role_id
                                                LIMIT 3
                                              ) AS anon_57
                                            JOIN LATERAL (
                                                SELECT anon_67.skill_id AS skill_id,
                                                  anon_67.level AS required,
                                                  anon_68.level AS level,
                                                  coalesce(anon_68.is_verified, false) AS is_verified,
                                                  anon_67.level - coalesce(anon_68.level, 0) AS gap,
                                                  anon_67.weight AS weight,
                                                  anon_67.must_have AS must_have
                                                FROM (
                                                    SELECT anon_69.job_role_id AS job_role_id,
                                                      anon_69.skill_id AS skill_id,
                                                      anon_69.level AS level,
                                                      anon_69.weight AS weight,
                                                      anon_69.must_have AS must_have
                                                    FROM (
                                                        SELECT anon_70.job_role_id AS job_role_id,
                                                          anon_70.skill_id AS skill_id,
                                                          anon_70.level AS level,
                                                          anon_70.weight AS weight,
                                                          anon_70.must_have AS must_have
                                                        FROM (
                                                            SELECT role_skill_11.job_role_id AS job_role_id,
                                                              role_skill_11.skill_id AS skill_id,
                                                              max(role_skill_11.level) AS level,
                                                              max(role_skill_11.weight) AS weight,
                                                              bool_or(role_skill_11.must_have) AS must_have
                                                            FROM role_skill AS role_skill_11
                                                            WHERE role_skill_11.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                              AND role_skill_11.job_role_id = anon_57.job_role_id
                                                            GROUP BY role_skill_11.job_role_id,
                                                              role_skill_11.skill_id
                                                          ) AS anon_70
                                                        WHERE NOT (EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_21
                                                          ))
                                                        UNION ALL
                                                        SELECT anon_71.job_role_id AS job_role_id,
                                                          anon_71.skill_id AS skill_id,
                                                          anon_71.level AS level,
                                                          anon_71.weight AS weight,
                                                          anon_71.must_have AS must_have
                                                        FROM (
                                                            SELECT role_skill_12.job_role_id AS job_role_id,
                                                              coalesce(skill_succession_22.successor_id, role_skill_12.skill_id) AS skill_id,
                                                              max(role_skill_12.level) AS level,
                                                              max(role_skill_12.weight) AS weight,
                                                              bool_or(role_skill_12.must_have) AS must_have
                                                            FROM role_skill AS role_skill_12
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_22 ON skill_succession_22.skill_id = role_skill_12.skill_id
                                                            WHERE role_skill_12.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                              AND role_skill_12.job_role_id = anon_57.job_role_id
                                                            GROUP BY role_skill_12.job_role_id,
                                                              coalesce(skill_succession_22.successor_id, role_skill_12.skill_id)
                                                          ) AS anon_71
                                                        WHERE EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_21
                                                          )
                                                      ) AS anon_69
                                                  ) AS anon_67
                                                LEFT OUTER JOIN (
                                                    SELECT anon_72.employee_id AS employee_id,
                                                      anon_72.skill_id AS skill_id,
                                                      anon_72.level AS level,
                                                      anon_72.is_verified AS is_verified
                                                    FROM (
                                                        SELECT anon_73.employee_id AS employee_id,
                                                          anon_73.skill_id AS skill_id,
                                                          anon_73.level AS level,
                                                          anon_73.is_verified AS is_verified
                                                        FROM (
                                                            SELECT anon_57.employee_id AS employee_id,
                                                              evidence_11.skill_id AS skill_id,
                                                              coalesce(max(evidence_11.level) FILTER (WHERE coalesce(evidence_11.decided, evidence_11.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_11.level)) AS level,
                                                              max(evidence_11.level) FILTER (WHERE coalesce(evidence_11.decided, evidence_11.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_11
                                                            WHERE (anon_57.employee_id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_76
                                                                WHERE reporting_line_76.manager_id = $1::UUID
                                                                  AND reporting_line_76.employee_id = anon_57.employee_id
                                                                  AND (reporting_line_76.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_11.decided, evidence_11.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_6
                                                                WHERE policy_6.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_11
                                                                WHERE team_membership_11.employee_id = anon_57.employee_id
                                                                  AND (team_membership_11.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM team_membership AS team_membership_12
                                                                    WHERE team_membership_12.team_id = team_membership_11.team_id
                                                                      AND team_membership_12.employee_id = $1::UUID
                                                                      AND (team_membership_12.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              )) OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_77
                                                                WHERE reporting_line_77.employee_id = anon_57.employee_id
                                                                  AND reporting_line_77.depth = 1
                                                                  AND (reporting_line_77.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_78
                                                                    WHERE reporting_line_78.manager_id = reporting_line_77.manager_id
                                                                      AND reporting_line_78.employee_id = $1::UUID
                                                                      AND reporting_line_78.depth = 1
                                                                      AND (reporting_line_78.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_11.employee_id = anon_57.employee_id
                                                              AND evidence_11.withdrawn_at IS NULL
                                                              AND (evidence_11.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                            GROUP BY evidence_11.skill_id
                                                          ) AS anon_73
                                                        WHERE NOT (EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_23
                                                          ))
                                                        UNION ALL
                                                        SELECT anon_74.employee_id AS employee_id,
                                                          anon_74.skill_id AS skill_id,
                                                          anon_74.level AS level,
                                                          anon_74.is_verified AS is_verified
                                                        FROM (
                                                            SELECT anon_57.employee_id AS employee_id,
                                                              coalesce(skill_succession_24.successor_id, evidence_12.skill_id) AS skill_id,
                                                              coalesce(max(evidence_12.level) FILTER (WHERE coalesce(evidence_12.decided, evidence_12.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_12.level)) AS level,
                                                              max(evidence_12.level) FILTER (WHERE coalesce(evidence_12.decided, evidence_12.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_12
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_24 ON skill_succession_24.skill_id = evidence_12.skill_id
                                                            WHERE (anon_57.employee_id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_76
                                                                WHERE reporting_line_76.manager_id = $1::UUID
                                                                  AND reporting_line_76.employee_id = anon_57.employee_id
                                                                  AND (reporting_line_76.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_12.decided, evidence_12.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_6
                                                                WHERE policy_6.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_11
                                                                WHERE team_membership_11.employee_id = anon_57.employee_id
                                                                  AND (team_membership_11.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM team_membership AS team_membership_12
                                                                    WHERE team_membership_12.team_id = team_membership_11.team_id
                                                                      AND team_membership_12.employee_id = $1::UUID
                                                                      AND (team_membership_12.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              )) OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_77
                                                                WHERE reporting_line_77.employee_id = anon_57.employee_id
                                                                  AND reporting_line_77.depth = 1
                                                                  AND (reporting_line_77.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_78
                                                                    WHERE reporting_line_78.manager_id = reporting_line_77.manager_id
                                                                      AND reporting_line_78.employee_id = $1::UUID
                                                                      AND reporting_line_78.depth = 1
                                                                      AND (reporting_line_78.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_12.employee_id = anon_57.employee_id
                                                              AND evidence_12.withdrawn_at IS NULL
                                                              AND (evidence_12.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                            GROUP BY coalesce(skill_succession_24.successor_id, evidence_12.skill_id)
                                                          ) AS anon_74
                                                        WHERE EXISTS(
                                                            SELECT 1
                                                            FROM skill_succession AS skill_succession_23
                                                          )
                                                      ) AS anon_72
                                                  ) AS anon_68 ON anon_68.skill_id = anon_67.skill_id
                                                WHERE (anon_57.employee_id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_79
                                                    WHERE reporting_line_79.manager_id = $1::UUID
                                                      AND reporting_line_79.employee_id = anon_57.employee_id
                                                      AND (reporting_line_79.valid @> $5::DATE)
                                                  )))
                                                  AND anon_67.level - coalesce(anon_68.level, 0) > 0
                                              ) AS anon_58 ON true
                                          ) AS anon_47
                                        JOIN (
                                            SELECT pathway_version_14.pathway_id AS pathway_id,
                                              step_grant_2.skill_id AS skill_id,
                                              max(step_grant_2.level) AS level
                                            FROM pathway_version AS pathway_version_14
                                            JOIN step AS step_9 ON step_9.version_id = pathway_version_14.id
                                            JOIN step_grant AS step_grant_2 ON step_grant_2.step_id = step_9.id
                                            WHERE pathway_version_14.status = 'PUBLISHED'
                                            GROUP BY pathway_version_14.pathway_id,
                                              step_grant_2.skill_id
                                          ) AS anon_46 ON anon_46.skill_id = anon_47.skill_id
                                        WHERE least(anon_46.level, anon_47.required) - coalesce(anon_47.level, 0) > 0
                                        GROUP BY anon_46.pathway_id,
                                          anon_47.reason,
                                          anon_47.job_role_id
                                      ) AS anon_45
                                    WHERE anon_45.rank = 1
                                      AND NOT (EXISTS(
                                        SELECT 1
                                        FROM assignment AS assignment_2
                                        WHERE assignment_2.employee_id = employee$1.id
                                          AND assignment_2.pathway_id = anon_45.pathway_id
                                          AND assignment_2.assigned_at <= $4::TIMESTAMP
                                        WITH TIME ZONE
                                          AND (assignment_2.closed_at IS NULL OR assignment_2.closed_at > $4::TIMESTAMP WITH TIME ZONE)
                                          AND (assignment_2.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_80
                                            WHERE reporting_line_80.manager_id = $1::UUID
                                              AND reporting_line_80.employee_id = assignment_2.employee_id
                                              AND (reporting_line_80.valid @> $5::DATE)
                                          )) OR assignment_2.employee_id IN (
                                            SELECT reporting_line_81.employee_id
                                            FROM reporting_line AS reporting_line_81
                                            WHERE reporting_line_81.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_82
                                            WHERE reporting_line_82.manager_id = $1::UUID
                                              AND reporting_line_82.employee_id = assignment_2.employee_id
                                              AND (tstzrange(assignment_2.assigned_at, CASE WHEN (assignment_2.closed_at IS NOT NULL) THEN greatest(assignment_2.closed_at, timezone('UTC', CAST(assignment_2.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_82.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_82.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )) OR assignment_2.assigned_by_id = $1::UUID)
                                      ))
                                      AND NOT (EXISTS(
                                        SELECT 1
                                        FROM pathway_completion AS pathway_completion_7
                                        WHERE pathway_completion_7.employee_id = employee$1.id
                                          AND pathway_completion_7.pathway_id = anon_45.pathway_id
                                          AND (pathway_completion_7.held @> $4::TIMESTAMP WITH TIME ZONE)
                                          AND (pathway_completion_7.employee_id = $1::UUID OR (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_83
                                            WHERE reporting_line_83.manager_id = $1::UUID
                                              AND reporting_line_83.employee_id = pathway_completion_7.employee_id
                                              AND (reporting_line_83.valid @> $5::DATE)
                                          )) OR pathway_completion_7.employee_id IN (
                                            SELECT reporting_line_84.employee_id
                                            FROM reporting_line AS reporting_line_84
                                            WHERE reporting_line_84.manager_id = $1::UUID
                                          ) AND (EXISTS(
                                            SELECT 1
                                            FROM reporting_line AS reporting_line_85
                                            WHERE reporting_line_85.manager_id = $1::UUID
                                              AND reporting_line_85.employee_id = pathway_completion_7.employee_id
                                              AND (pathway_completion_7.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_85.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_85.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                            LIMIT ALL OFFSET 0
                                          )))
                                      ))
                                  ) AS recommendation$1
                                WHERE true
                                ORDER BY recommendation$1.reason ASC,
                                  recommendation$1.score DESC,
                                  recommendation$1.pathway_id ASC
                                LIMIT 5
                              ) AS page$8
                            LEFT OUTER JOIN LATERAL (
                                SELECT pathway$7.title AS title,
                                  published$1 AS published
                                FROM pathway AS pathway$7
                                LEFT OUTER JOIN LATERAL (
                                    SELECT (
                                        SELECT coalesce(sum(step_10.minutes), 0) AS coalesce_1
                                        FROM step AS step_10
                                        WHERE step_10.version_id = pathway_version$1.id
                                          AND NOT step_10.is_optional
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM pathway_version AS pathway_version_15
                                            WHERE pathway_version_15.id = step_10.version_id
                                              AND pathway_version_15.status != 'DRAFT'
                                          ))
                                      ) AS minutes
                                    FROM pathway_version AS pathway_version$1
                                    WHERE pathway_version$1.pathway_id = pathway$7.id
                                      AND pathway_version$1.status = 'PUBLISHED'
                                      AND pathway_version$1.status != 'DRAFT'
                                  ) AS published$1 ON true
                                WHERE pathway$7.id = page$8.pathway_id
                                  AND (EXISTS(
                                    SELECT 1
                                    FROM pathway_version AS pathway_version_16
                                    WHERE pathway_version_16.pathway_id = pathway$7.id
                                      AND pathway_version_16.status != 'DRAFT'
                                  ))
                              ) AS pathway$8 ON true
                            LEFT OUTER JOIN LATERAL (
                                SELECT job_role$3.name AS name
                                FROM job_role AS job_role$3
                                WHERE job_role$3.id = page$8.job_role_id
                              ) AS job_role$4 ON true
                          ) AS item$9
                        JOIN LATERAL (
                            SELECT item$9."0$" AS reason,
                              item$9."1$" AS score,
                              item$9."2$" AS pathway,
                              item$9."3$" AS "jobRole",
                              item$9."4$" AS closes
                          ) AS node$9 ON true
                        ORDER BY item$9.order$0 ASC,
                          item$9.order$1 DESC,
                          item$9.order$2 ASC
                      )) AS nodes
                  ) AS recommended_pathways$1
              ) AS "recommendedPathways"
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
                  AND (employment$1.valid @> $5::DATE)
                LIMIT 1
              ) AS employment$2 ON true
            WHERE employee$1.id = viewer$1.employee_id
          ) AS employee$2 ON true
        WHERE true
      ) AS viewer$2
  )) AS root$0
