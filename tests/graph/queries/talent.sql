WITH anon_3 AS MATERIALIZED (
    SELECT anon_4.employee_id AS employee_id,
      anon_5.best0 AS best0,
      anon_5.sure0 AS sure0,
      anon_5.best1 AS best1,
      anon_5.sure1 AS sure1
    FROM (
        SELECT employee_1.id AS employee_id
        FROM employment AS employment_1
        JOIN employee AS employee_1 ON employee_1.id = employment_1.employee_id
        WHERE employment_1.valid @> $3::DATE
          AND employee_1.erased_at IS NULL
      ) AS anon_4
    FULL OUTER JOIN (
        SELECT evidence_1.employee_id AS employee_id,
          max(evidence_1.level) FILTER (WHERE anon_6.place = 0) AS best0,
          max(evidence_1.level) FILTER (WHERE anon_6.place = 0 AND coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))) AS sure0,
          max(evidence_1.level) FILTER (WHERE anon_6.place = 1) AS best1,
          max(evidence_1.level) FILTER (WHERE anon_6.place = 1 AND coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))) AS sure1
        FROM evidence AS evidence_1
        JOIN (
            SELECT 0 AS place,
              unnest(array((
                SELECT anon_7.id
                FROM (
                    SELECT anon_8.id AS id
                    FROM (
                        SELECT CAST($4::UUID AS UUID) AS id
                        UNION
                        SELECT skill_succession_1.successor_id AS successor_id
                        FROM skill_succession AS skill_succession_1
                        WHERE skill_succession_1.skill_id = $4::UUID
                          AND skill_succession_1.is_same
                      ) AS anon_8
                    UNION
                    SELECT skill_succession_2.skill_id AS skill_id
                    FROM skill_succession AS skill_succession_2
                    WHERE skill_succession_2.successor_id IN (
                        SELECT skill_succession_1.successor_id
                        FROM skill_succession AS skill_succession_1
                        WHERE skill_succession_1.skill_id = $4::UUID
                          AND skill_succession_1.is_same
                      )
                      OR skill_succession_2.successor_id = $4::UUID
                      AND NOT (EXISTS(
                        SELECT skill_succession_1.successor_id
                        FROM skill_succession AS skill_succession_1
                        WHERE skill_succession_1.skill_id = $4::UUID
                          AND skill_succession_1.is_same
                      ))
                  ) AS anon_7
              ))) AS skill_id
            UNION ALL
            SELECT 1 AS place,
              unnest(array((
                SELECT anon_9.id
                FROM (
                    SELECT anon_10.id AS id
                    FROM (
                        SELECT CAST($5::UUID AS UUID) AS id
                        UNION
                        SELECT skill_succession_3.successor_id AS successor_id
                        FROM skill_succession AS skill_succession_3
                        WHERE skill_succession_3.skill_id = $5::UUID
                          AND skill_succession_3.is_same
                      ) AS anon_10
                    UNION
                    SELECT skill_succession_4.skill_id AS skill_id
                    FROM skill_succession AS skill_succession_4
                    WHERE skill_succession_4.successor_id IN (
                        SELECT skill_succession_3.successor_id
                        FROM skill_succession AS skill_succession_3
                        WHERE skill_succession_3.skill_id = $5::UUID
                          AND skill_succession_3.is_same
                      )
                      OR skill_succession_4.successor_id = $5::UUID
                      AND NOT (EXISTS(
                        SELECT skill_succession_3.successor_id
                        FROM skill_succession AS skill_succession_3
                        WHERE skill_succession_3.skill_id = $5::UUID
                          AND skill_succession_3.is_same
                      ))
                  ) AS anon_9
              ))) AS skill_id
          ) AS anon_6 ON anon_6.skill_id = evidence_1.skill_id
        WHERE evidence_1.withdrawn_at IS NULL
          AND (evidence_1.valid @> $6::TIMESTAMP WITH TIME ZONE)
        GROUP BY evidence_1.employee_id
      ) AS anon_5 ON anon_5.employee_id = anon_4.employee_id
    WHERE coalesce(anon_4.employee_id, '00000000-0000-0000-0000-000000000000' ::uuid) != '00000000-0000-0000-0000-000000000000' ::uuid
  ),
  anon_1 AS MATERIALIZED (
    SELECT anon_2.employee_id AS employee_id,
      anon_2.met AS met,
      anon_2.progress AS progress,
      anon_2.met_each AS met_each,
      anon_2.blocks_each AS blocks_each,
      anon_2.share_each AS share_each,
      anon_2.level_each AS level_each,
      anon_2.sure_each AS sure_each
    FROM (
        SELECT anon_3.employee_id AS employee_id,
          coalesce(coalesce(anon_3.sure0, anon_3.best0) >= $1::SMALLINT, false)
          AND anon_3.sure0 IS NOT NULL
          AND coalesce(coalesce(anon_3.sure1, anon_3.best1) >= $2::SMALLINT, false) AS met,
          CASE WHEN (coalesce(coalesce(anon_3.sure0, anon_3.best0) >= $1::SMALLINT, false) AND anon_3.sure0 IS NOT NULL AND coalesce(coalesce(anon_3.sure1, anon_3.best1) >= $2::SMALLINT, false)) THEN 1.0 ELSE least(0.9999999999999999, (0.0 + CASE WHEN (anon_3.sure0 IS NOT NULL) THEN least(1.0, coalesce(CAST(coalesce(anon_3.sure0, anon_3.best0) AS DOUBLE PRECISION) / CAST(CAST($1::SMALLINT AS DOUBLE PRECISION) AS DOUBLE PRECISION), 0.0)) ELSE least(1.0, coalesce(CAST(coalesce(anon_3.sure0, anon_3.best0) AS DOUBLE PRECISION) / CAST(CAST($1::SMALLINT AS DOUBLE PRECISION) AS DOUBLE PRECISION), 0.0)) / CAST(2.0 AS DOUBLE PRECISION) END + least(1.0, coalesce(CAST(coalesce(anon_3.sure1, anon_3.best1) AS DOUBLE PRECISION) / CAST(CAST($2::SMALLINT AS DOUBLE PRECISION) AS DOUBLE PRECISION), 0.0))) / CAST(2.0 AS DOUBLE PRECISION)) END AS progress,
          CAST(ARRAY[coalesce (coalesce(anon_3.sure0, anon_3.best0) >= $1::SMALLINT, false) AND anon_3.sure0 IS NOT NULL, coalesce(coalesce(anon_3.sure1, anon_3.best1) >= $2::SMALLINT, false) ] AS BOOLEAN[]) AS met_each,
          CAST(ARRAY[NOT (coalesce(coalesce(anon_3.sure0, anon_3.best0) >= $1::SMALLINT, false) AND anon_3.sure0 IS NOT NULL AND coalesce(coalesce(anon_3.sure1, anon_3.best1) >= $2::SMALLINT, false)) AND NOT (coalesce(coalesce(anon_3.sure0, anon_3.best0) >= $1::SMALLINT, false) AND anon_3.sure0 IS NOT NULL), NOT (coalesce(coalesce(anon_3.sure0, anon_3.best0) >= $1::SMALLINT, false) AND anon_3.sure0 IS NOT NULL AND coalesce(coalesce(anon_3.sure1, anon_3.best1) >= $2::SMALLINT, false)) AND NOT coalesce(coalesce(anon_3.sure1, anon_3.best1) >= $2::SMALLINT, false) ] AS BOOLEAN[]) AS blocks_each,
          CAST(ARRAY[CASE WHEN (anon_3.sure0 IS NOT NULL) THEN least(1.0, coalesce(CAST(coalesce(anon_3.sure0, anon_3.best0) AS DOUBLE PRECISION) / CAST(CAST($1::SMALLINT AS DOUBLE PRECISION) AS DOUBLE PRECISION), 0.0)) ELSE least(1.0, coalesce(CAST(coalesce(anon_3.sure0, anon_3.best0) AS DOUBLE PRECISION) / CAST(CAST($1::SMALLINT AS DOUBLE PRECISION) AS DOUBLE PRECISION), 0.0)) / CAST(2.0 AS DOUBLE PRECISION) END, least(1.0, coalesce(CAST(coalesce(anon_3.sure1, anon_3.best1) AS DOUBLE PRECISION) / CAST(CAST($2::SMALLINT AS DOUBLE PRECISION) AS DOUBLE PRECISION), 0.0)) ] AS DOUBLE PRECISION[]) AS share_each,
          CAST(ARRAY[coalesce (anon_3.sure0, anon_3.best0), coalesce(anon_3.sure1, anon_3.best1) ] AS INTEGER[]) AS level_each,
          CAST(ARRAY[anon_3.sure0 IS NOT NULL, anon_3.sure1 IS NOT NULL] AS BOOLEAN[]) AS sure_each
        FROM anon_3
        LIMIT ALL OFFSET 0
      ) AS anon_2
    WHERE anon_2.progress > 0.0
  )
SELECT to_json((
    SELECT talent$1
    FROM LATERAL (
        SELECT (
            SELECT count(*) AS count_1
            FROM LATERAL (
                SELECT anon_1.employee_id AS employee_id,
                  anon_1.met AS met,
                  anon_1.progress AS progress,
                  anon_1.met_each AS met_each,
                  anon_1.blocks_each AS blocks_each,
                  anon_1.share_each AS share_each,
                  anon_1.level_each AS level_each,
                  anon_1.sure_each AS sure_each
                FROM anon_1
              ) AS talent_match$2
            WHERE EXISTS(
                SELECT 1
                FROM employee AS employee$2
                LEFT OUTER JOIN employment AS employment$2 ON employment$2.employee_id = employee$2.id
                  AND (employment$2.valid @> $3::DATE)
                WHERE employee$2.id = talent_match$2.employee_id
                  AND employment$2.location = $7::VARCHAR
              )
          ) AS "totalCount",
          array((
            SELECT node$1
            FROM LATERAL (
                SELECT employee$4 AS "0$",
                  page$1.met AS "1$",
                  page$1.progress AS "2$",
                  array((
                    SELECT each$1
                    FROM (
                        SELECT talent_part$1.path AS path,
                          talent_part$1.level AS level,
                          talent_part$1.required AS required,
                          skill$2 AS skill
                        FROM LATERAL (
                            SELECT page$1.employee_id AS employee_id,
                              anon_11.met AS met,
                              anon_11.blocks AS blocks,
                              anon_11.progress AS progress,
                              anon_11.level AS level,
                              anon_11.is_verified AS is_verified,
                              anon_11.kind AS kind,
                              coalesce(string_to_array(nullif(anon_11.path, ''), '.'), '{}' ::text[]) AS path,
                              anon_11.required AS required,
                              anon_11.location AS location,
                              anon_11.skill_id AS skill_id,
                              anon_11.credential_id AS credential_id,
                              anon_11.step_id AS step_id,
                              anon_11.pathway_id AS pathway_id,
                              anon_11.role_id AS role_id,
                              anon_11.department_id AS department_id,
                              anon_11.team_id AS team_id,
                              anon_11.position AS position
                            FROM unnest(page$1.met_each, page$1.blocks_each, page$1.share_each, page$1.level_each, page$1.sure_each, CAST(ARRAY[ 'SKILL', 'SKILL' ] AS TEXT[]), CAST(ARRAY[ 'all.0', 'all.1' ] AS TEXT[]), CAST(ARRAY[$8::SMALLINT, $9::SMALLINT] AS SMALLINT[]), CAST(ARRAY[CAST (NULL AS TEXT), CAST(NULL AS TEXT) ] AS TEXT[]), CAST(ARRAY[$10::UUID, $11::UUID] AS UUID[]), CAST(ARRAY[CAST (NULL AS UUID), CAST(NULL AS UUID) ] AS UUID[]), CAST(ARRAY[CAST (NULL AS UUID), CAST(NULL AS UUID) ] AS UUID[]), CAST(ARRAY[CAST (NULL AS UUID), CAST(NULL AS UUID) ] AS UUID[]), CAST(ARRAY[CAST (NULL AS UUID), CAST(NULL AS UUID) ] AS UUID[]), CAST(ARRAY[CAST (NULL AS UUID), CAST(NULL AS UUID) ] AS UUID[]), CAST(ARRAY[CAST (NULL AS UUID), CAST(NULL AS UUID) ] AS UUID[]))
                            WITH ORDINALITY AS anon_11(met, blocks, progress, level, is_verified, kind, path, required, location, skill_id, credential_id, step_id, pathway_id, role_id, department_id, team_id, position)
                            WHERE anon_11.blocks
                          ) AS talent_part$1
                        LEFT OUTER JOIN LATERAL (
                            SELECT skill$1.name AS name
                            FROM skill AS skill$1
                            WHERE skill$1.id = talent_part$1.skill_id
                          ) AS skill$2 ON true
                        ORDER BY talent_part$1.position
                      ) AS each$1
                  )) AS "3$",
                  page$1.order$0 AS order$0,
                  page$1.order$1 AS order$1
                FROM LATERAL (
                    SELECT talent_match$1.employee_id AS employee_id,
                      talent_match$1.met AS met,
                      talent_match$1.progress AS progress,
                      talent_match$1.met_each AS met_each,
                      talent_match$1.blocks_each AS blocks_each,
                      talent_match$1.share_each AS share_each,
                      talent_match$1.level_each AS level_each,
                      talent_match$1.sure_each AS sure_each,
                      talent_match$1.progress AS order$0,
                      talent_match$1.employee_id AS order$1
                    FROM LATERAL (
                        SELECT anon_1.employee_id AS employee_id,
                          anon_1.met AS met,
                          anon_1.progress AS progress,
                          anon_1.met_each AS met_each,
                          anon_1.blocks_each AS blocks_each,
                          anon_1.share_each AS share_each,
                          anon_1.level_each AS level_each,
                          anon_1.sure_each AS sure_each
                        FROM anon_1
                      ) AS talent_match$1
                    WHERE EXISTS(
                        SELECT 1
                        FROM employee AS employee$1
                        LEFT OUTER JOIN employment AS employment$1 ON employment$1.employee_id = employee$1.id
                          AND (employment$1.valid @> $3::DATE)
                        WHERE employee$1.id = talent_match$1.employee_id
                          AND employment$1.location = $12::VARCHAR
                      )
                    ORDER BY talent_match$1.progress DESC,
                      talent_match$1.employee_id ASC
                    LIMIT 50
                  ) AS page$1
                LEFT OUTER JOIN LATERAL (
                    SELECT employee$3.given_name AS "givenName"
                    FROM employee AS employee$3
                    WHERE employee$3.id = page$1.employee_id
                  ) AS employee$4 ON true
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS employee,
                  item$1."1$" AS met,
                  item$1."2$" AS progress,
                  item$1."3$" AS lacks
              ) AS node$1 ON true
            ORDER BY item$1.order$0 DESC,
              item$1.order$1 ASC
          )) AS nodes
      ) AS talent$1
  )) AS root$0
