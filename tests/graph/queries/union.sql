SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        SELECT array((
            SELECT node$2
            FROM LATERAL (
                SELECT page$1.given_name AS "0$",
                  (
                    SELECT evidence$3
                    FROM LATERAL (
                        SELECT array((
                            SELECT node$1
                            FROM LATERAL (
                                SELECT page$2.source AS "0$",
                                  coalesce(to_json(cause$1), to_json(cause$2), to_json(cause$3), to_json(cause$4)) AS "1$",
                                  page$2.order$0 AS order$0
                                FROM LATERAL (
                                    SELECT evidence$2.id AS id,
                                      evidence$2.employee_id AS employee_id,
                                      evidence$2.skill_id AS skill_id,
                                      evidence$2.level AS level,
                                      evidence$2.source AS source,
                                      evidence$2.valid AS valid,
                                      evidence$2.stated AS stated,
                                      evidence$2.decided AS decided,
                                      evidence$2.asserted_by_id AS asserted_by_id,
                                      evidence$2.recorded_at AS recorded_at,
                                      evidence$2.note AS note,
                                      evidence$2.cause_id AS cause_id,
                                      evidence$2.withdrawn_at AS withdrawn_at,
                                      evidence$2.withdrawn_by_id AS withdrawn_by_id,
                                      evidence$2.withdrawn_reason AS withdrawn_reason,
                                      evidence$2.id AS order$0
                                    FROM evidence AS evidence$2
                                    WHERE evidence$2.employee_id = page$1.id
                                      AND evidence$2.source = ANY ($1::TEXT[])
                                    ORDER BY evidence$2.id ASC
                                    LIMIT 50
                                  ) AS page$2
                                LEFT OUTER JOIN LATERAL (
                                    SELECT 'Award' AS __typename,
                                      credential$2 AS credential
                                    FROM award AS award$1
                                    LEFT OUTER JOIN LATERAL (
                                        SELECT credential$1.code AS code
                                        FROM credential AS credential$1
                                        WHERE credential$1.id = award$1.credential_id
                                      ) AS credential$2 ON true
                                    WHERE award$1.id = page$2.cause_id
                                  ) AS cause$1 ON true
                                LEFT OUTER JOIN LATERAL (
                                    SELECT 'Progress' AS __typename,
                                      step$2 AS step
                                    FROM progress AS progress$1
                                    LEFT OUTER JOIN LATERAL (
                                        SELECT step$1.title AS title
                                        FROM step AS step$1
                                        WHERE step$1.id = progress$1.step_id
                                      ) AS step$2 ON true
                                    WHERE progress$1.id = page$2.cause_id
                                  ) AS cause$2 ON true
                                LEFT OUTER JOIN LATERAL (
                                    SELECT 'PortfolioItem' AS __typename
                                    FROM portfolio_item AS portfolio_item$1
                                    WHERE portfolio_item$1.id = page$2.cause_id
                                      AND (portfolio_item$1.status != 'DRAFT' OR portfolio_item$1.employee_id = $2::UUID OR portfolio_item$1.is_shared AND (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_1
                                        WHERE reporting_line_1.manager_id = $2::UUID
                                          AND reporting_line_1.employee_id = portfolio_item$1.employee_id
                                          AND (reporting_line_1.valid @> $3::DATE)
                                      )))
                                  ) AS cause$3 ON true
                                LEFT OUTER JOIN LATERAL (
                                    SELECT 'OutsideCredential' AS __typename
                                    FROM outside_credential AS outside_credential$1
                                    WHERE outside_credential$1.id = page$2.cause_id
                                  ) AS cause$4 ON true
                              ) AS item$1
                            JOIN LATERAL (
                                SELECT item$1."0$" AS source,
                                  item$1."1$" AS cause
                              ) AS node$1 ON true
                            ORDER BY item$1.order$0 ASC
                          )) AS nodes
                      ) AS evidence$3
                  ) AS "1$",
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
                          AND evidence$1.source = ANY ($4::TEXT[])
                      ))
                    ORDER BY employee$1.id ASC
                    LIMIT 50
                  ) AS page$1
              ) AS item$2
            JOIN LATERAL (
                SELECT item$2."0$" AS "givenName",
                  item$2."1$" AS evidence
              ) AS node$2 ON true
            ORDER BY item$2.order$0 ASC
          )) AS nodes
      ) AS employees$1
  )) AS root$0
