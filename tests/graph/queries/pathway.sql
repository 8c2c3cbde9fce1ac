SELECT to_json((
    SELECT pathways$1
    FROM LATERAL (
        SELECT array((
            SELECT node$5
            FROM LATERAL (
                SELECT page$1.title AS "0$",
                  published$1 AS "1$",
                  (
                    SELECT versions$1
                    FROM LATERAL (
                        SELECT (
                            SELECT count(*) AS count_1
                            FROM pathway_version AS pathway_version$3
                            WHERE pathway_version$3.pathway_id = page$1.id
                              AND pathway_version$3.status != 'DRAFT'
                          ) AS "totalCount",
                          array((
                            SELECT node$4
                            FROM LATERAL (
                                SELECT page$2.number AS "0$",
                                  page$2.status AS "1$",
                                  (
                                    SELECT steps$1
                                    FROM LATERAL (
                                        SELECT array((
                                            SELECT node$3
                                            FROM LATERAL (
                                                SELECT page$3.position AS "0$",
                                                  page$3.title AS "1$",
                                                  page$3.url AS "2$",
                                                  page$3.pass_mark AS "3$",
                                                  page$3.requirement AS "4$",
                                                  (
                                                    SELECT after$1
                                                    FROM LATERAL (
                                                        SELECT array((
                                                            SELECT node$1
                                                            FROM LATERAL (
                                                                SELECT page$4.key AS "0$",
                                                                  page$4.order$0 AS order$0,
                                                                  page$4.order$1 AS order$1
                                                                FROM LATERAL (
                                                                    SELECT step$2.id AS id,
                                                                      step$2.version_id AS version_id,
                                                                      step$2.key AS key,
                                                                      step$2.position AS position,
                                                                      step$2.title AS title,
                                                                      step$2.kind AS kind,
                                                                      step$2.provider AS provider,
                                                                      step$2.url AS url,
                                                                      step$2.activity AS activity,
                                                                      step$2.minutes AS minutes,
                                                                      step$2.is_optional AS is_optional,
                                                                      step$2.proof AS proof,
                                                                      step$2.pass_mark AS pass_mark,
                                                                      step$2.requirement AS requirement,
                                                                      step$2.nested_pathway_id AS nested_pathway_id,
                                                                      step$2.position AS order$0,
                                                                      step$2.id AS order$1
                                                                    FROM step AS step$2
                                                                    WHERE (jsonb_path_query_array(page$3.requirement, CAST('$.**.step' AS JSONPATH)) @> to_jsonb(step$2.id))
                                                                      AND (EXISTS(
                                                                        SELECT 1
                                                                        FROM pathway_version AS pathway_version_1
                                                                        WHERE pathway_version_1.id = step$2.version_id
                                                                          AND pathway_version_1.status != 'DRAFT'
                                                                      ))
                                                                    ORDER BY step$2.position ASC,
                                                                      step$2.id ASC
                                                                    LIMIT 5
                                                                  ) AS page$4
                                                              ) AS item$1
                                                            JOIN LATERAL (
                                                                SELECT item$1."0$" AS key
                                                              ) AS node$1 ON true
                                                            ORDER BY item$1.order$0 ASC,
                                                              item$1.order$1 ASC
                                                          )) AS nodes
                                                      ) AS after$1
                                                  ) AS "5$",
                                                  nested_pathway$1 AS "6$",
                                                  (
                                                    SELECT grants$1
                                                    FROM LATERAL (
                                                        SELECT array((
                                                            SELECT node$2
                                                            FROM LATERAL (
                                                                SELECT page$5.level AS "0$",
                                                                  skill$2 AS "1$",
                                                                  page$5.order$0 AS order$0,
                                                                  page$5.order$1 AS order$1,
                                                                  page$5.order$2 AS order$2
                                                                FROM LATERAL (
                                                                    SELECT step_grant$1.step_id AS step_id,
                                                                      step_grant$1.skill_id AS skill_id,
                                                                      step_grant$1.level AS level,
                                                                      step_grant$1.level AS order$0,
                                                                      step_grant$1.step_id AS order$1,
                                                                      step_grant$1.skill_id AS order$2
                                                                    FROM step_grant AS step_grant$1
                                                                    WHERE step_grant$1.step_id = page$3.id
                                                                    ORDER BY step_grant$1.level DESC,
                                                                      step_grant$1.step_id ASC,
                                                                      step_grant$1.skill_id ASC
                                                                    LIMIT 5
                                                                  ) AS page$5
                                                                LEFT OUTER JOIN LATERAL (
                                                                    SELECT skill$1.name AS name
                                                                    FROM skill AS skill$1
                                                                    WHERE skill$1.id = page$5.skill_id
                                                                  ) AS skill$2 ON true
                                                              ) AS item$2
                                                            JOIN LATERAL (
                                                                SELECT item$2."0$" AS level,
                                                                  item$2."1$" AS skill
                                                              ) AS node$2 ON true
                                                            ORDER BY item$2.order$0 DESC,
                                                              item$2.order$1 ASC,
                                                              item$2.order$2 ASC
                                                          )) AS nodes
                                                      ) AS grants$1
                                                  ) AS "7$",
                                                  page$3.order$0 AS order$0,
                                                  page$3.order$1 AS order$1
                                                FROM LATERAL (
                                                    SELECT step$1.id AS id,
                                                      step$1.version_id AS version_id,
                                                      step$1.key AS key,
                                                      step$1.position AS position,
                                                      step$1.title AS title,
                                                      step$1.kind AS kind,
                                                      step$1.provider AS provider,
                                                      step$1.url AS url,
                                                      step$1.activity AS activity,
                                                      step$1.minutes AS minutes,
                                                      step$1.is_optional AS is_optional,
                                                      step$1.proof AS proof,
                                                      step$1.pass_mark AS pass_mark,
                                                      step$1.requirement AS requirement,
                                                      step$1.nested_pathway_id AS nested_pathway_id,
                                                      step$1.position AS order$0,
                                                      step$1.id AS order$1
                                                    FROM step AS step$1
                                                    WHERE step$1.version_id = page$2.id
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM pathway_version AS pathway_version_2
                                                        WHERE pathway_version_2.id = step$1.version_id
                                                          AND pathway_version_2.status != 'DRAFT'
                                                      ))
                                                    ORDER BY step$1.position ASC,
                                                      step$1.id ASC
                                                    LIMIT 10
                                                  ) AS page$3
                                                LEFT OUTER JOIN LATERAL (
                                                    SELECT pathway$2.code AS code
                                                    FROM pathway AS pathway$2
                                                    WHERE pathway$2.id = page$3.nested_pathway_id
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM pathway_version AS pathway_version_3
                                                        WHERE pathway_version_3.pathway_id = pathway$2.id
                                                          AND pathway_version_3.status != 'DRAFT'
                                                      ))
                                                  ) AS nested_pathway$1 ON true
                                              ) AS item$3
                                            JOIN LATERAL (
                                                SELECT item$3."0$" AS position,
                                                  item$3."1$" AS title,
                                                  item$3."2$" AS url,
                                                  item$3."3$" AS "passMark",
                                                  item$3."4$" AS requirement,
                                                  item$3."5$" AS after,
                                                  item$3."6$" AS "nestedPathway",
                                                  item$3."7$" AS grants
                                              ) AS node$3 ON true
                                            ORDER BY item$3.order$0 ASC,
                                              item$3.order$1 ASC
                                          )) AS nodes
                                      ) AS steps$1
                                  ) AS "2$",
                                  page$2.order$0 AS order$0,
                                  page$2.order$1 AS order$1
                                FROM LATERAL (
                                    SELECT pathway_version$2.id AS id,
                                      pathway_version$2.pathway_id AS pathway_id,
                                      pathway_version$2.number AS number,
                                      pathway_version$2.status AS status,
                                      pathway_version$2.completion AS completion,
                                      pathway_version$2.validity AS validity,
                                      pathway_version$2.renewal_window AS renewal_window,
                                      pathway_version$2.renewed_by_id AS renewed_by_id,
                                      pathway_version$2.published_at AS published_at,
                                      pathway_version$2.number AS order$0,
                                      pathway_version$2.id AS order$1
                                    FROM pathway_version AS pathway_version$2
                                    WHERE pathway_version$2.pathway_id = page$1.id
                                      AND pathway_version$2.status != 'DRAFT'
                                    ORDER BY pathway_version$2.number DESC,
                                      pathway_version$2.id ASC
                                    LIMIT 5
                                  ) AS page$2
                              ) AS item$4
                            JOIN LATERAL (
                                SELECT item$4."0$" AS number,
                                  item$4."1$" AS status,
                                  item$4."2$" AS steps
                              ) AS node$4 ON true
                            ORDER BY item$4.order$0 DESC,
                              item$4.order$1 ASC
                          )) AS nodes
                      ) AS versions$1
                  ) AS "2$",
                  page$1.order$0 AS order$0,
                  page$1.order$1 AS order$1
                FROM LATERAL (
                    SELECT pathway$1.id AS id,
                      pathway$1.code AS code,
                      pathway$1.title AS title,
                      pathway$1.summary AS summary,
                      pathway$1.provider AS provider,
                      pathway$1.title AS order$0,
                      pathway$1.id AS order$1
                    FROM pathway AS pathway$1
                    WHERE EXISTS(
                        SELECT 1
                        FROM pathway_version AS pathway_version_4
                        WHERE pathway_version_4.pathway_id = pathway$1.id
                          AND pathway_version_4.status != 'DRAFT'
                      )
                    ORDER BY pathway$1.title ASC,
                      pathway$1.id ASC
                    LIMIT 5
                  ) AS page$1
                LEFT OUTER JOIN LATERAL (
                    SELECT pathway_version$1.number AS number,
                      (
                        SELECT coalesce(sum(step_1.minutes), 0) AS coalesce_1
                        FROM step AS step_1
                        WHERE step_1.version_id = pathway_version$1.id
                          AND NOT step_1.is_optional
                          AND (EXISTS(
                            SELECT 1
                            FROM pathway_version AS pathway_version_5
                            WHERE pathway_version_5.id = step_1.version_id
                              AND pathway_version_5.status != 'DRAFT'
                          ))
                      ) AS minutes,
                      pathway_version$1.completion AS completion
                    FROM pathway_version AS pathway_version$1
                    WHERE pathway_version$1.pathway_id = page$1.id
                      AND pathway_version$1.status = 'PUBLISHED'
                      AND pathway_version$1.status != 'DRAFT'
                  ) AS published$1 ON true
              ) AS item$5
            JOIN LATERAL (
                SELECT item$5."0$" AS title,
                  item$5."1$" AS published,
                  item$5."2$" AS versions
              ) AS node$5 ON true
            ORDER BY item$5.order$0 ASC,
              item$5.order$1 ASC
          )) AS nodes
      ) AS pathways$1
  )) AS root$0
