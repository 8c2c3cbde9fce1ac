SELECT to_json((
    SELECT employee$3
    FROM LATERAL (
        SELECT (
            SELECT levels$1
            FROM LATERAL (
                SELECT array((
                    SELECT edge$1
                    FROM LATERAL (
                        SELECT skill$2 AS "0$",
                          page$1.level AS "1$",
                          page$1.is_verified AS "2$",
                          (
                            SELECT upper(anon_1.stretch) AS upper_1
                            FROM (
                                SELECT unnest(anon_2.times) AS stretch
                                FROM (
                                    SELECT coalesce(range_agg(evidence_1.valid) FILTER (WHERE evidence_1.level >= page$1.level AND coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))), '{}' ::tstzmultirange) + (coalesce(range_agg(evidence_1.valid) FILTER (WHERE evidence_1.level >= page$1.level AND NOT coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[])) AND NOT page$1.is_verified), '{}' ::tstzmultirange) - coalesce(range_agg(evidence_1.valid) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))), '{}' ::tstzmultirange)) AS times
                                    FROM evidence AS evidence_1
                                    WHERE evidence_1.employee_id = page$1.employee_id
                                      AND evidence_1.skill_id = ANY (array_append(array((
                                        SELECT skill_succession_1.skill_id
                                        FROM skill_succession AS skill_succession_1
                                        WHERE skill_succession_1.successor_id = page$1.skill_id
                                      )), page$1.skill_id))
                                      AND evidence_1.withdrawn_at IS NULL
                                  ) AS anon_2
                              ) AS anon_1
                            WHERE anon_1.stretch @> $1::TIMESTAMP
                            WITH TIME ZONE
                          ) AS "3$",
                          (
                            SELECT evidence$2
                            FROM LATERAL (
                                SELECT array((
                                    SELECT node$1
                                    FROM LATERAL (
                                        SELECT page$2.source AS "0$",
                                          page$2.level AS "1$",
                                          page$2.withdrawn_at IS NULL
                                          AND (page$2.valid @> $1::TIMESTAMP WITH TIME ZONE) AS "2$",
                                          asserted_by$1 AS "3$",
                                          page$2.order$0 AS order$0
                                        FROM LATERAL (
                                            SELECT evidence$1.id AS id,
                                              evidence$1.employee_id AS employee_id,
                                              evidence$1.skill_id AS skill_id,
                                              evidence$1.level AS level,
                                              evidence$1.source AS source,
                                              evidence$1.valid AS valid,
                                              evidence$1.stated AS stated,
                                              evidence$1.decided AS decided,
                                              evidence$1.asserted_by_id AS asserted_by_id,
                                              evidence$1.recorded_at AS recorded_at,
                                              evidence$1.note AS note,
                                              evidence$1.cause_id AS cause_id,
                                              evidence$1.withdrawn_at AS withdrawn_at,
                                              evidence$1.withdrawn_by_id AS withdrawn_by_id,
                                              evidence$1.withdrawn_reason AS withdrawn_reason,
                                              evidence$1.id AS order$0
                                            FROM evidence AS evidence$1
                                            WHERE evidence$1.employee_id = page$1.employee_id
                                              AND evidence$1.skill_id = ANY (array_append(array((
                                                SELECT skill_succession_2.skill_id
                                                FROM skill_succession AS skill_succession_2
                                                WHERE skill_succession_2.successor_id = page$1.skill_id
                                              )), page$1.skill_id))
                                              AND evidence$1.withdrawn_at IS NULL
                                              AND (evidence$1.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                            ORDER BY evidence$1.id ASC
                                            LIMIT 50
                                          ) AS page$2
                                        LEFT OUTER JOIN LATERAL (
                                            SELECT employee$2.given_name AS "givenName"
                                            FROM employee AS employee$2
                                            WHERE employee$2.id = page$2.asserted_by_id
                                          ) AS asserted_by$1 ON true
                                      ) AS item$1
                                    JOIN LATERAL (
                                        SELECT item$1."0$" AS source,
                                          item$1."1$" AS level,
                                          item$1."2$" AS holds,
                                          item$1."3$" AS "assertedBy"
                                      ) AS node$1 ON true
                                    ORDER BY item$1.order$0 ASC
                                  )) AS nodes
                              ) AS evidence$2
                          ) AS "4$",
                          translate(encode(convert_to(CAST(json_build_array('2bca3985', page$1.order$0, page$1.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS "5$",
                          page$1.order$0 AS order$0,
                          page$1.order$1 AS order$1
                        FROM LATERAL (
                            SELECT level$1.employee_id AS employee_id,
                              level$1.skill_id AS skill_id,
                              level$1.level AS level,
                              level$1.is_verified AS is_verified,
                              level$1.level AS order$0,
                              level$1.skill_id AS order$1
                            FROM LATERAL (
                                SELECT anon_3.employee_id AS employee_id,
                                  anon_3.skill_id AS skill_id,
                                  anon_3.level AS level,
                                  anon_3.is_verified AS is_verified
                                FROM (
                                    SELECT anon_4.employee_id AS employee_id,
                                      anon_4.skill_id AS skill_id,
                                      anon_4.level AS level,
                                      anon_4.is_verified AS is_verified
                                    FROM (
                                        SELECT employee$1.id AS employee_id,
                                          evidence_2.skill_id AS skill_id,
                                          coalesce(max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_2.level)) AS level,
                                          max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                        FROM evidence AS evidence_2
                                        WHERE evidence_2.employee_id = employee$1.id
                                          AND evidence_2.withdrawn_at IS NULL
                                          AND (evidence_2.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                        GROUP BY evidence_2.skill_id
                                      ) AS anon_4
                                    WHERE NOT (EXISTS(
                                        SELECT 1
                                        FROM skill_succession AS skill_succession_3
                                      ))
                                    UNION ALL
                                    SELECT anon_5.employee_id AS employee_id,
                                      anon_5.skill_id AS skill_id,
                                      anon_5.level AS level,
                                      anon_5.is_verified AS is_verified
                                    FROM (
                                        SELECT employee$1.id AS employee_id,
                                          coalesce(skill_succession_4.successor_id, evidence_3.skill_id) AS skill_id,
                                          coalesce(max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_3.level)) AS level,
                                          max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                        FROM evidence AS evidence_3
                                        LEFT OUTER JOIN skill_succession AS skill_succession_4 ON skill_succession_4.skill_id = evidence_3.skill_id
                                        WHERE evidence_3.employee_id = employee$1.id
                                          AND evidence_3.withdrawn_at IS NULL
                                          AND (evidence_3.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                        GROUP BY coalesce(skill_succession_4.successor_id, evidence_3.skill_id)
                                      ) AS anon_5
                                    WHERE EXISTS(
                                        SELECT 1
                                        FROM skill_succession AS skill_succession_3
                                      )
                                  ) AS anon_3
                              ) AS level$1
                            WHERE true
                            ORDER BY level$1.level DESC,
                              level$1.skill_id ASC
                            LIMIT 10
                          ) AS page$1
                        LEFT OUTER JOIN LATERAL (
                            SELECT skill$1.name AS name
                            FROM skill AS skill$1
                            WHERE skill$1.id = page$1.skill_id
                          ) AS skill$2 ON true
                      ) AS item$2
                    JOIN LATERAL (
                        SELECT item$2."0$" AS skill,
                          item$2."1$" AS level,
                          item$2."2$" AS "isVerified",
                          item$2."3$" AS until,
                          item$2."4$" AS evidence
                      ) AS node$2 ON true
                    JOIN LATERAL (
                        SELECT item$2."5$" AS cursor,
                          node$2 AS node
                      ) AS edge$1 ON true
                    ORDER BY item$2.order$0 DESC,
                      item$2.order$1 ASC
                  )) AS edges,
                  (
                    SELECT count(*) AS count_1
                    FROM LATERAL (
                        SELECT anon_6.employee_id AS employee_id,
                          anon_6.skill_id AS skill_id,
                          anon_6.level AS level,
                          anon_6.is_verified AS is_verified
                        FROM (
                            SELECT anon_7.employee_id AS employee_id,
                              anon_7.skill_id AS skill_id,
                              anon_7.level AS level,
                              anon_7.is_verified AS is_verified
                            FROM (
                                SELECT employee$1.id AS employee_id,
                                  evidence_4.skill_id AS skill_id,
                                  coalesce(max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_4.level)) AS level,
                                  max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                FROM evidence AS evidence_4
                                WHERE evidence_4.employee_id = employee$1.id
                                  AND evidence_4.withdrawn_at IS NULL
                                  AND (evidence_4.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                GROUP BY evidence_4.skill_id
                              ) AS anon_7
                            WHERE NOT (EXISTS(
                                SELECT 1
                                FROM skill_succession AS skill_succession_5
                              ))
                            UNION ALL
                            SELECT anon_8.employee_id AS employee_id,
                              anon_8.skill_id AS skill_id,
                              anon_8.level AS level,
                              anon_8.is_verified AS is_verified
                            FROM (
                                SELECT employee$1.id AS employee_id,
                                  coalesce(skill_succession_6.successor_id, evidence_5.skill_id) AS skill_id,
                                  coalesce(max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_5.level)) AS level,
                                  max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                FROM evidence AS evidence_5
                                LEFT OUTER JOIN skill_succession AS skill_succession_6 ON skill_succession_6.skill_id = evidence_5.skill_id
                                WHERE evidence_5.employee_id = employee$1.id
                                  AND evidence_5.withdrawn_at IS NULL
                                  AND (evidence_5.valid @> $1::TIMESTAMP WITH TIME ZONE)
                                GROUP BY coalesce(skill_succession_6.successor_id, evidence_5.skill_id)
                              ) AS anon_8
                            WHERE EXISTS(
                                SELECT 1
                                FROM skill_succession AS skill_succession_5
                              )
                          ) AS anon_6
                      ) AS level$2
                    WHERE true
                  ) AS "totalCount"
              ) AS levels$1
          ) AS levels
        FROM employee AS employee$1
        WHERE employee$1.id = $2::UUID
      ) AS employee$3
  )) AS root$0
