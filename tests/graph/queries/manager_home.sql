WITH anon_30 AS (
    SELECT anon_31.employee_id AS employee_id,
      employment_3.job_role_id AS job_role_id
    FROM (
        SELECT reporting_line_37.employee_id AS employee_id
        FROM reporting_line AS reporting_line_37
        WHERE reporting_line_37.manager_id = $7::UUID
          AND (reporting_line_37.valid @> $5::DATE)
      ) AS anon_31
    LEFT OUTER JOIN employment AS employment_3 ON employment_3.employee_id = anon_31.employee_id
      AND (employment_3.valid @> $5::DATE)
  ),
  anon_28 AS MATERIALIZED (
    SELECT anon_29.job_role_id AS job_role_id,
      anon_29.skill_id AS skill_id,
      anon_29.level AS level,
      anon_29.weight AS weight,
      anon_29.must_have AS must_have
    FROM (
        SELECT role_skill_5.job_role_id AS job_role_id,
          role_skill_5.skill_id AS skill_id,
          max(role_skill_5.level) AS level,
          max(role_skill_5.weight) AS weight,
          bool_or(role_skill_5.must_have) AS must_have
        FROM role_skill AS role_skill_5
        WHERE role_skill_5.valid @> $4::TIMESTAMP
        WITH TIME ZONE
          AND role_skill_5.job_role_id = ANY (array((
            SELECT DISTINCT anon_30.job_role_id
            FROM anon_30
          )))
          AND NOT (EXISTS(
            SELECT 1
            FROM skill_succession AS skill_succession_9
          ))
        GROUP BY role_skill_5.job_role_id,
          role_skill_5.skill_id
        UNION ALL
        SELECT role_skill_6.job_role_id AS job_role_id,
          coalesce(skill_succession_10.successor_id, role_skill_6.skill_id) AS skill_id,
          max(role_skill_6.level) AS level,
          max(role_skill_6.weight) AS weight,
          bool_or(role_skill_6.must_have) AS must_have
        FROM role_skill AS role_skill_6
        LEFT OUTER JOIN skill_succession AS skill_succession_10 ON skill_succession_10.skill_id = role_skill_6.skill_id
        WHERE role_skill_6.valid @> $4::TIMESTAMP
        WITH TIME ZONE
          AND role_skill_6.job_role_id = ANY (array((
            SELECT DISTINCT anon_30.job_role_id
            FROM anon_30
          )))
          AND (EXISTS(
            SELECT 1
            FROM skill_succession AS skill_succession_9
          ))
        GROUP BY role_skill_6.job_role_id,
          coalesce(skill_succession_10.successor_id, role_skill_6.skill_id)
      ) AS anon_29
  ),
  anon_26 AS (
    SELECT skill_1.id AS skill_id,
      row_number() OVER (ORDER BY skill_1.name, skill_1.id) AS position
    FROM (
        SELECT DISTINCT anon_28.skill_id AS skill_id
        FROM anon_28
      ) AS anon_27
    JOIN skill AS skill_1 ON skill_1.id = anon_27.skill_id
  ),
  anon_32 AS MATERIALIZED (
    SELECT anon_33.employee_id AS employee_id,
      anon_33.is_open AS is_open,
      anon_34.position AS position,
      anon_34.level AS level,
      anon_34.required AS required,
      min(anon_34.required) OVER (PARTITION BY anon_34.position) AS least
    FROM (
        SELECT anon_35.employee_id AS employee_id,
          anon_35.job_role_id AS job_role_id,
          anon_35.employee_id = $1::UUID
          OR (EXISTS(
            SELECT 1
            FROM reporting_line AS reporting_line_38
            WHERE reporting_line_38.manager_id = $1::UUID
              AND reporting_line_38.employee_id = anon_35.employee_id
              AND (reporting_line_38.valid @> $5::DATE)
          )) AS is_open
        FROM anon_30 AS anon_35
      ) AS anon_33
    JOIN LATERAL (
        SELECT anon_36.position AS position,
          anon_37.level AS level,
          anon_38.level AS required
        FROM anon_26 AS anon_36
        FULL OUTER JOIN (
            SELECT anon_39.employee_id AS employee_id,
              anon_39.skill_id AS skill_id,
              anon_39.level AS level,
              anon_39.is_verified AS is_verified
            FROM (
                SELECT anon_33.employee_id AS employee_id,
                  evidence_5.skill_id AS skill_id,
                  coalesce(max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_5.level)) AS level,
                  max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                FROM evidence AS evidence_5
                WHERE (anon_33.employee_id = $1::UUID OR (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_39
                    WHERE reporting_line_39.manager_id = $1::UUID
                      AND reporting_line_39.employee_id = anon_33.employee_id
                      AND (reporting_line_39.valid @> $5::DATE)
                  )) OR coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                    SELECT 1
                    FROM policy AS policy_3
                    WHERE policy_3.teammates_see_levels
                  )) AND ((EXISTS(
                    SELECT 1
                    FROM team_membership AS team_membership_5
                    WHERE team_membership_5.employee_id = anon_33.employee_id
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
                    FROM reporting_line AS reporting_line_40
                    WHERE reporting_line_40.employee_id = anon_33.employee_id
                      AND reporting_line_40.depth = 1
                      AND (reporting_line_40.valid @> $5::DATE)
                      AND (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_41
                        WHERE reporting_line_41.manager_id = reporting_line_40.manager_id
                          AND reporting_line_41.employee_id = $1::UUID
                          AND reporting_line_41.depth = 1
                          AND (reporting_line_41.valid @> $5::DATE)
                        LIMIT ALL OFFSET 0
                      ))
                    LIMIT ALL OFFSET 0
                  ))))
                  AND evidence_5.employee_id = anon_33.employee_id
                  AND evidence_5.withdrawn_at IS NULL
                  AND (evidence_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                  AND NOT (EXISTS(
                    SELECT 1
                    FROM skill_succession AS skill_succession_11
                  ))
                GROUP BY evidence_5.skill_id
                UNION ALL
                SELECT anon_33.employee_id AS employee_id,
                  coalesce(skill_succession_12.successor_id, evidence_6.skill_id) AS skill_id,
                  coalesce(max(evidence_6.level) FILTER (WHERE coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_6.level)) AS level,
                  max(evidence_6.level) FILTER (WHERE coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                FROM evidence AS evidence_6
                LEFT OUTER JOIN skill_succession AS skill_succession_12 ON skill_succession_12.skill_id = evidence_6.skill_id
                WHERE (anon_33.employee_id = $1::UUID OR (EXISTS(
                    SELECT 1
                    FROM reporting_line AS reporting_line_39
                    WHERE reporting_line_39.manager_id = $1::UUID
                      AND reporting_line_39.employee_id = anon_33.employee_id
                      AND (reporting_line_39.valid @> $5::DATE)
                  )) OR coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                    SELECT 1
                    FROM policy AS policy_3
                    WHERE policy_3.teammates_see_levels
                  )) AND ((EXISTS(
                    SELECT 1
                    FROM team_membership AS team_membership_5
                    WHERE team_membership_5.employee_id = anon_33.employee_id
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
                    FROM reporting_line AS reporting_line_40
                    WHERE reporting_line_40.employee_id = anon_33.employee_id
                      AND reporting_line_40.depth = 1
                      AND (reporting_line_40.valid @> $5::DATE)
                      AND (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_41
                        WHERE reporting_line_41.manager_id = reporting_line_40.manager_id
                          AND reporting_line_41.employee_id = $1::UUID
                          AND reporting_line_41.depth = 1
                          AND (reporting_line_41.valid @> $5::DATE)
                        LIMIT ALL OFFSET 0
                      ))
                    LIMIT ALL OFFSET 0
                  ))))
                  AND evidence_6.employee_id = anon_33.employee_id
                  AND evidence_6.withdrawn_at IS NULL
                  AND (evidence_6.valid @> $4::TIMESTAMP WITH TIME ZONE)
                  AND (EXISTS(
                    SELECT 1
                    FROM skill_succession AS skill_succession_11
                  ))
                GROUP BY coalesce(skill_succession_12.successor_id, evidence_6.skill_id)
              ) AS anon_39
          ) AS anon_37 ON anon_37.skill_id = anon_36.skill_id
        FULL OUTER JOIN (
            SELECT anon_40.skill_id AS skill_id,
              anon_40.level AS level
            FROM anon_28 AS anon_40
            WHERE anon_40.job_role_id = anon_33.job_role_id
          ) AS anon_38 ON anon_38.skill_id = anon_36.skill_id
        WHERE coalesce(anon_36.position, 0) > 0
      ) AS anon_34 ON true
  ),
  anon_51 AS (
    SELECT anon_52.employee_id AS employee_id,
      employment_5.job_role_id AS job_role_id,
      employment_5.manager_id AS manager_id,
      (
        SELECT team_membership_9.team_id
        FROM team_membership AS team_membership_9
        WHERE team_membership_9.employee_id = anon_52.employee_id
          AND (team_membership_9.valid @> $4::TIMESTAMP WITH TIME ZONE)
        ORDER BY lower(team_membership_9.valid),
          team_membership_9.team_id
        LIMIT 1
      ) AS home
    FROM (
        SELECT anon_30.employee_id AS employee_id
        FROM anon_30
      ) AS anon_52
    LEFT OUTER JOIN employment AS employment_5 ON employment_5.employee_id = anon_52.employee_id
      AND (employment_5.valid @> $5::DATE)
    WHERE NOT (anon_52.employee_id = $1::UUID OR (EXISTS(
        SELECT 1
        FROM reporting_line AS reporting_line_42
        WHERE reporting_line_42.manager_id = $1::UUID
          AND reporting_line_42.employee_id = anon_52.employee_id
          AND (reporting_line_42.valid @> $5::DATE)
      )))
  ),
  anon_48 AS (
    SELECT anon_49.employee_id AS employee_id,
      employment_4.job_role_id AS job_role_id,
      employment_4.manager_id AS manager_id,
      (
        SELECT team_membership_7.team_id
        FROM team_membership AS team_membership_7
        WHERE team_membership_7.employee_id = anon_49.employee_id
          AND team_membership_7.valid @> $4::TIMESTAMP
        WITH TIME ZONE
        ORDER BY lower(team_membership_7.valid),
          team_membership_7.team_id
        LIMIT 1
      ) AS home
    FROM (
        SELECT anon_50.employee_id AS employee_id
        FROM (
            SELECT team_membership_8.employee_id AS employee_id
            FROM team_membership AS team_membership_8
            WHERE team_membership_8.team_id IN (
                SELECT anon_51.home
                FROM anon_51
              )
              AND team_membership_8.valid @> $4::TIMESTAMP
            WITH TIME ZONE
            UNION
            SELECT employment_6.employee_id AS employee_id
            FROM employment AS employment_6
            WHERE employment_6.manager_id IN (
                SELECT anon_51.manager_id
                FROM anon_51
                WHERE anon_51.home IS NULL
              )
              AND employment_6.valid @> $5::DATE
          ) AS anon_50
      ) AS anon_49
    LEFT OUTER JOIN employment AS employment_4 ON employment_4.employee_id = anon_49.employee_id
      AND (employment_4.valid @> $5::DATE)
    WHERE NOT (anon_49.employee_id = $1::UUID OR (EXISTS(
        SELECT 1
        FROM reporting_line AS reporting_line_43
        WHERE reporting_line_43.manager_id = $1::UUID
          AND reporting_line_43.employee_id = anon_49.employee_id
          AND (reporting_line_43.valid @> $5::DATE)
      )))
  ),
  anon_21 AS MATERIALIZED (
    SELECT anon_22.position AS position,
      CASE WHEN (anon_22.hidden = 0 OR anon_23.people > 0) THEN anon_22.people + coalesce(anon_23.people, 0) ELSE 0 END AS people,
      anon_22.required AS required,
      CASE WHEN (anon_22.hidden = 0) THEN CAST(anon_22.total + coalesce(anon_23.total, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_22.people + coalesce(anon_23.people, 0), 0) AS NUMERIC) ELSE floor((CAST(anon_22.total + coalesce(anon_23.total, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_22.people + coalesce(anon_23.people, 0), 0) AS NUMERIC)) * 2 + 0.5) / CAST(CAST(2 AS DOUBLE PRECISION) AS DOUBLE PRECISION) END AS average,
      CASE WHEN (anon_22.hidden_asked = 0) THEN CAST(anon_22.met + coalesce(anon_23.met, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_22.asked + coalesce(anon_23.asked, 0), 0) AS NUMERIC) ELSE floor((CAST(anon_22.met + coalesce(anon_23.met, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_22.asked + coalesce(anon_23.asked, 0), 0) AS NUMERIC)) * 5 + 0.5) / CAST(CAST(5 AS DOUBLE PRECISION) AS DOUBLE PRECISION) END AS coverage,
      anon_22.covering AS covering,
      anon_22.hidden != 0 AS is_rough,
      anon_22.hidden = 0
      OR anon_23.people > 0 AS tells_average,
      anon_22.hidden_asked = 0
      OR anon_23.asked > 0 AS tells_coverage,
      anon_22.hidden = 0 AS tells_heads
    FROM (
        SELECT anon_24.position AS position,
          count(*) FILTER (WHERE anon_25.is_open) AS people,
          coalesce(sum(anon_25.level) FILTER (WHERE anon_25.is_open), 0) AS total,
          count(anon_25.required) AS required,
          count(anon_25.required) FILTER (WHERE anon_25.is_open) AS asked,
          count(*) FILTER (WHERE anon_25.is_open AND anon_25.level >= anon_25.required) AS met,
          count(*) FILTER (WHERE anon_25.is_open AND anon_25.level >= coalesce(anon_25.required, anon_25.least, 1)) AS covering,
          count(*) FILTER (WHERE NOT anon_25.is_open) AS hidden,
          count(anon_25.required) FILTER (WHERE NOT anon_25.is_open) AS hidden_asked
        FROM anon_26 AS anon_24
        LEFT OUTER JOIN anon_32 AS anon_25 ON anon_25.position = anon_24.position
        GROUP BY anon_24.position
      ) AS anon_22
    LEFT OUTER JOIN (
        SELECT anon_41.position AS position,
          sum(anon_41.people) AS people,
          sum(anon_41.people * anon_41.average) AS total,
          sum(anon_41.asked) AS asked,
          sum(anon_41.asked * anon_41.coverage) AS met
        FROM (
            SELECT anon_42.position AS position,
              count(*) AS people,
              count(anon_42.required) AS asked,
              greatest(1, least(4, floor((CAST(coalesce(sum(anon_42.level), 0) AS DOUBLE PRECISION) / CAST(nullif(count(*), 0) AS NUMERIC)) * 2 + 0.5) / CAST(CAST(2 AS DOUBLE PRECISION) AS DOUBLE PRECISION))) AS average,
              greatest(0.2, least(0.8, floor((CAST(count(*) FILTER (WHERE anon_42.level >= anon_42.required) AS DOUBLE PRECISION) / CAST(nullif(count(*), 0) AS NUMERIC)) * 5 + 0.5) / CAST(CAST(5 AS DOUBLE PRECISION) AS DOUBLE PRECISION))) AS coverage
            FROM (
                SELECT anon_43.home AS home,
                  anon_43.lead AS lead,
                  anon_44.position AS position,
                  anon_44.level AS level,
                  CASE WHEN (count(*) OVER (PARTITION BY anon_43.home, anon_43.lead, anon_44.position, anon_44.required) >= 5) THEN anon_44.required END AS required
                FROM (
                    SELECT anon_45.employee_id AS employee_id,
                      anon_45.job_role_id AS job_role_id,
                      anon_45.home AS home,
                      anon_45.lead AS lead
                    FROM (
                        SELECT anon_46.employee_id AS employee_id,
                          anon_46.job_role_id AS job_role_id,
                          anon_46.manager_id AS manager_id,
                          anon_46.home AS home,
                          anon_46.lead AS lead,
                          count(*) OVER (PARTITION BY anon_46.home, anon_46.lead) AS size,
                          count(anon_47.employee_id) OVER (PARTITION BY anon_46.home, anon_46.lead) AS inside
                        FROM (
                            SELECT anon_48.employee_id AS employee_id,
                              anon_48.job_role_id AS job_role_id,
                              anon_48.manager_id AS manager_id,
                              anon_48.home AS home,
                              CASE WHEN (count(*) OVER (PARTITION BY anon_48.home, anon_48.manager_id) >= 5) THEN anon_48.manager_id END AS lead
                            FROM anon_48
                            WHERE EXISTS(
                                SELECT 1
                                FROM anon_51 AS anon_53
                                WHERE anon_53.home = anon_48.home
                                  OR anon_53.home IS NULL
                                  AND anon_48.home IS NULL
                                  AND anon_53.manager_id = anon_48.manager_id
                              )
                          ) AS anon_46
                        LEFT OUTER JOIN anon_30 AS anon_47 ON anon_47.employee_id = anon_46.employee_id
                      ) AS anon_45
                    WHERE anon_45.size >= 5
                      AND anon_45.inside = anon_45.size
                      AND (anon_45.home IS NOT NULL OR anon_45.lead IS NOT NULL)
                      AND $5::DATE = $5::DATE
                  ) AS anon_43
                JOIN LATERAL (
                    SELECT anon_54.position AS position,
                      anon_55.level AS level,
                      anon_56.level AS required
                    FROM anon_26 AS anon_54
                    FULL OUTER JOIN (
                        SELECT anon_57.skill_id AS skill_id,
                          anon_57.level AS level
                        FROM (
                            SELECT evidence_7.skill_id AS skill_id,
                              max(evidence_7.level) AS level
                            FROM evidence AS evidence_7
                            WHERE coalesce(evidence_7.decided, evidence_7.source != ALL ('{SELF,PEER}' ::varchar[]))
                              AND evidence_7.employee_id = anon_43.employee_id
                              AND evidence_7.withdrawn_at IS NULL
                              AND (evidence_7.valid @> $4::TIMESTAMP WITH TIME ZONE)
                              AND NOT (EXISTS(
                                SELECT 1
                                FROM skill_succession AS skill_succession_13
                              ))
                            GROUP BY evidence_7.skill_id
                            UNION ALL
                            SELECT coalesce(skill_succession_14.successor_id, evidence_8.skill_id) AS skill_id,
                              max(evidence_8.level) AS level
                            FROM evidence AS evidence_8
                            LEFT OUTER JOIN skill_succession AS skill_succession_14 ON skill_succession_14.skill_id = evidence_8.skill_id
                            WHERE coalesce(evidence_8.decided, evidence_8.source != ALL ('{SELF,PEER}' ::varchar[]))
                              AND evidence_8.employee_id = anon_43.employee_id
                              AND evidence_8.withdrawn_at IS NULL
                              AND (evidence_8.valid @> $4::TIMESTAMP WITH TIME ZONE)
                              AND (EXISTS(
                                SELECT 1
                                FROM skill_succession AS skill_succession_13
                              ))
                            GROUP BY coalesce(skill_succession_14.successor_id, evidence_8.skill_id)
                          ) AS anon_57
                      ) AS anon_55 ON anon_55.skill_id = anon_54.skill_id
                    FULL OUTER JOIN (
                        SELECT anon_58.skill_id AS skill_id,
                          anon_58.level AS level
                        FROM anon_28 AS anon_58
                        WHERE anon_58.job_role_id = anon_43.job_role_id
                      ) AS anon_56 ON anon_56.skill_id = anon_54.skill_id
                    WHERE coalesce(anon_54.position, 0) > 0
                  ) AS anon_44 ON true
              ) AS anon_42
            GROUP BY anon_42.home,
              anon_42.lead,
              anon_42.position,
              anon_42.required HAVING count(*) >= 5
          ) AS anon_41
        GROUP BY anon_41.position
      ) AS anon_23 ON anon_23.position = anon_22.position
  )
SELECT to_json((
    SELECT viewer$2
    FROM LATERAL (
        SELECT employee$4 AS employee
        FROM LATERAL (
            SELECT $1::UUID AS employee_id,
              $2::VARCHAR AS name,
              $3::TEXT[] AS roles
          ) AS viewer$1
        LEFT OUTER JOIN LATERAL (
            SELECT team_progress$2 AS "teamProgress"
            FROM employee AS employee$1
            LEFT OUTER JOIN LATERAL (
                SELECT team_progress$1.people AS people,
                  team_progress$1.open AS open,
                  team_progress$1.overdue AS overdue,
                  team_progress$1.due_soon AS "dueSoon",
                  team_progress$1.completed AS completed,
                  team_progress$1.lapsing AS lapsing,
                  team_progress$1.gaps AS gaps,
                  team_progress$1.needing_help AS "needingHelp",
                  (
                    SELECT members$1
                    FROM LATERAL (
                        SELECT array((
                            SELECT node$1
                            FROM LATERAL (
                                SELECT employee$3 AS "0$",
                                  page$1.needs_help AS "1$",
                                  CAST(array_remove(ARRAY[CASE WHEN page$1.is_overdue THEN 'OVERDUE' END, CASE WHEN page$1.is_not_begun THEN 'NOT_BEGUN' END, CASE WHEN page$1.is_stalled THEN 'STALLED' END], null) AS TEXT[]) AS "2$",
                                  page$1.open AS "3$",
                                  page$1.overdue AS "4$",
                                  page$1.due_soon AS "5$",
                                  page$1.completed AS "6$",
                                  page$1.lapsing AS "7$",
                                  page$1.gaps AS "8$",
                                  page$1.must_haves_missing AS "9$",
                                  page$1.last_active_at AS "10$",
                                  page$1.order$0 AS order$0,
                                  page$1.order$1 AS order$1,
                                  page$1.order$2 AS order$2
                                FROM LATERAL (
                                    SELECT member_progress$1.employee_id AS employee_id,
                                      member_progress$1.open AS open,
                                      member_progress$1.overdue AS overdue,
                                      member_progress$1.due_soon AS due_soon,
                                      member_progress$1.completed AS completed,
                                      member_progress$1.not_begun AS not_begun,
                                      member_progress$1.under_way AS under_way,
                                      member_progress$1.last_active_at AS last_active_at,
                                      member_progress$1.lapsing AS lapsing,
                                      member_progress$1.gaps AS gaps,
                                      member_progress$1.must_haves_missing AS must_haves_missing,
                                      member_progress$1.is_overdue AS is_overdue,
                                      member_progress$1.is_not_begun AS is_not_begun,
                                      member_progress$1.is_stalled AS is_stalled,
                                      member_progress$1.needs_help AS needs_help,
                                      member_progress$1.needs_help AS order$0,
                                      member_progress$1.overdue AS order$1,
                                      member_progress$1.employee_id AS order$2
                                    FROM LATERAL (
                                        SELECT anon_1.employee_id AS employee_id,
                                          anon_1.open AS open,
                                          anon_1.overdue AS overdue,
                                          anon_1.due_soon AS due_soon,
                                          anon_1.completed AS completed,
                                          anon_1.not_begun AS not_begun,
                                          anon_1.under_way AS under_way,
                                          anon_1.last_active_at AS last_active_at,
                                          anon_1.lapsing AS lapsing,
                                          anon_1.gaps AS gaps,
                                          anon_1.must_haves_missing AS must_haves_missing,
                                          anon_1.overdue > 0 AS is_overdue,
                                          anon_1.not_begun > 0 AS is_not_begun,
                                          anon_1.under_way > 0
                                          AND anon_1.last_active_at < $4::TIMESTAMP
                                        WITH TIME ZONE - interval '30 days' AS is_stalled,
                                          coalesce(anon_1.overdue > 0 OR anon_1.not_begun > 0 OR anon_1.under_way > 0 AND anon_1.last_active_at < $4::TIMESTAMP WITH TIME ZONE - interval '30 days', false) AS needs_help
                                        FROM (
                                            SELECT anon_2.employee_id AS employee_id,
                                              anon_3.open AS open,
                                              anon_3.overdue AS overdue,
                                              anon_3.due_soon AS due_soon,
                                              anon_3.completed AS completed,
                                              anon_3.not_begun AS not_begun,
                                              anon_3.under_way AS under_way,
                                              (
                                                SELECT max(lower(progress_1.valid)) AS max_1
                                                FROM progress AS progress_1
                                                WHERE progress_1.employee_id = anon_2.employee_id
                                                  AND progress_1.withdrawn_at IS NULL
                                                  AND lower(progress_1.valid) <= $4::TIMESTAMP
                                                WITH TIME ZONE
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
                                              ) AS last_active_at,
                                              (
                                                SELECT count(*) AS count_1
                                                FROM pathway_completion AS pathway_completion_1
                                                WHERE pathway_completion_1.employee_id = anon_2.employee_id
                                                  AND (
                                                    SELECT upper(stretch) AS upper_1
                                                    FROM unnest(pathway_completion_1.held) AS stretch
                                                    WHERE stretch @> $4::TIMESTAMP
                                                    WITH TIME ZONE
                                                  ) < timezone('UTC', CAST($5::DATE + CAST(greatest(0, least(team_progress$1.days, 3650)) AS INTEGER) + 1 AS TIMESTAMP WITHOUT TIME ZONE))
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
                                              ) AS lapsing,
                                              anon_4.gaps AS gaps,
                                              anon_4.must_haves_missing AS must_haves_missing
                                            FROM (
                                                SELECT reporting_line_7.employee_id AS employee_id,
                                                  employment_1.job_role_id AS job_role_id
                                                FROM reporting_line AS reporting_line_7
                                                LEFT OUTER JOIN employment AS employment_1 ON employment_1.employee_id = reporting_line_7.employee_id
                                                  AND (employment_1.valid @> $5::DATE)
                                                WHERE reporting_line_7.manager_id = team_progress$1.manager_id
                                                  AND (reporting_line_7.valid @> $5::DATE)
                                                  AND (team_progress$1.depth IS NULL OR reporting_line_7.depth <= team_progress$1.depth)
                                                  AND (reporting_line_7.employee_id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_8
                                                    WHERE reporting_line_8.manager_id = $1::UUID
                                                      AND reporting_line_8.employee_id = reporting_line_7.employee_id
                                                      AND (reporting_line_8.valid @> $5::DATE)
                                                  )))
                                              ) AS anon_2
                                            JOIN LATERAL (
                                                SELECT count(*) FILTER (WHERE assignment_1.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_1.closed_at IS NULL OR assignment_1.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_1.starts_on IS NULL OR assignment_1.starts_on <= $5::DATE)) AS open,
                                                  count(*) FILTER (WHERE assignment_1.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_1.closed_at IS NULL OR assignment_1.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_1.starts_on IS NULL OR assignment_1.starts_on <= $5::DATE) AND assignment_1.due_on < $5::DATE) AS overdue,
                                                  count(*) FILTER (WHERE assignment_1.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_1.closed_at IS NULL OR assignment_1.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_1.starts_on IS NULL OR assignment_1.starts_on <= $5::DATE) AND assignment_1.due_on >= $5::DATE AND assignment_1.due_on <= $5::DATE + CAST(greatest(0, least(team_progress$1.days, 3650)) AS INTEGER)) AS due_soon,
                                                  count(*) FILTER (WHERE assignment_1.closed_at <= $4::TIMESTAMP WITH TIME ZONE AND assignment_1.closure = 'COMPLETED' AND assignment_1.closed_at > $4::TIMESTAMP WITH TIME ZONE - interval '90 days') AS completed,
                                                  count(*) FILTER (WHERE assignment_1.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_1.closed_at IS NULL OR assignment_1.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_1.starts_on IS NULL OR assignment_1.starts_on <= $5::DATE) AND assignment_1.due_on <= $5::DATE + 14 AND NOT (EXISTS(
                                                    SELECT 1
                                                    FROM progress AS progress_2
                                                    WHERE progress_2.employee_id = assignment_1.employee_id
                                                      AND progress_2.withdrawn_at IS NULL
                                                      AND lower(progress_2.valid) <= $4::TIMESTAMP
                                                    WITH TIME ZONE
                                                      AND (assignment_1.round = 1 OR lower(progress_2.valid) >= assignment_1.assigned_at)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM step AS step_1
                                                        WHERE step_1.id = progress_2.step_id
                                                          AND step_1.version_id = assignment_1.version_id
                                                          AND (EXISTS(
                                                            SELECT 1
                                                            FROM pathway_version AS pathway_version_1
                                                            WHERE pathway_version_1.id = step_1.version_id
                                                              AND pathway_version_1.status != 'DRAFT'
                                                          ))
                                                      ))
                                                      AND (progress_2.employee_id = $1::UUID OR (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_9
                                                        WHERE reporting_line_9.manager_id = $1::UUID
                                                          AND reporting_line_9.employee_id = progress_2.employee_id
                                                          AND (reporting_line_9.valid @> $5::DATE)
                                                      )) OR progress_2.employee_id IN (
                                                        SELECT reporting_line_10.employee_id
                                                        FROM reporting_line AS reporting_line_10
                                                        WHERE reporting_line_10.manager_id = $1::UUID
                                                      ) AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_11
                                                        WHERE reporting_line_11.manager_id = $1::UUID
                                                          AND reporting_line_11.employee_id = progress_2.employee_id
                                                          AND (progress_2.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_11.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_11.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                        LIMIT ALL OFFSET 0
                                                      )))
                                                  ))) AS not_begun,
                                                  count(*) FILTER (WHERE assignment_1.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_1.closed_at IS NULL OR assignment_1.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_1.starts_on IS NULL OR assignment_1.starts_on <= $5::DATE) AND (EXISTS(
                                                    SELECT 1
                                                    FROM progress AS progress_2
                                                    WHERE progress_2.employee_id = assignment_1.employee_id
                                                      AND progress_2.withdrawn_at IS NULL
                                                      AND lower(progress_2.valid) <= $4::TIMESTAMP
                                                    WITH TIME ZONE
                                                      AND (assignment_1.round = 1 OR lower(progress_2.valid) >= assignment_1.assigned_at)
                                                      AND (EXISTS(
                                                        SELECT 1
                                                        FROM step AS step_1
                                                        WHERE step_1.id = progress_2.step_id
                                                          AND step_1.version_id = assignment_1.version_id
                                                          AND (EXISTS(
                                                            SELECT 1
                                                            FROM pathway_version AS pathway_version_1
                                                            WHERE pathway_version_1.id = step_1.version_id
                                                              AND pathway_version_1.status != 'DRAFT'
                                                          ))
                                                      ))
                                                      AND (progress_2.employee_id = $1::UUID OR (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_9
                                                        WHERE reporting_line_9.manager_id = $1::UUID
                                                          AND reporting_line_9.employee_id = progress_2.employee_id
                                                          AND (reporting_line_9.valid @> $5::DATE)
                                                      )) OR progress_2.employee_id IN (
                                                        SELECT reporting_line_10.employee_id
                                                        FROM reporting_line AS reporting_line_10
                                                        WHERE reporting_line_10.manager_id = $1::UUID
                                                      ) AND (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_11
                                                        WHERE reporting_line_11.manager_id = $1::UUID
                                                          AND reporting_line_11.employee_id = progress_2.employee_id
                                                          AND (progress_2.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_11.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_11.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                        LIMIT ALL OFFSET 0
                                                      )))
                                                  ))) AS under_way
                                                FROM assignment AS assignment_1
                                                WHERE assignment_1.employee_id = anon_2.employee_id
                                                  AND assignment_1.assigned_at <= $4::TIMESTAMP
                                                WITH TIME ZONE
                                                  AND (assignment_1.employee_id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_12
                                                    WHERE reporting_line_12.manager_id = $1::UUID
                                                      AND reporting_line_12.employee_id = assignment_1.employee_id
                                                      AND (reporting_line_12.valid @> $5::DATE)
                                                  )) OR assignment_1.employee_id IN (
                                                    SELECT reporting_line_13.employee_id
                                                    FROM reporting_line AS reporting_line_13
                                                    WHERE reporting_line_13.manager_id = $1::UUID
                                                  ) AND (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_14
                                                    WHERE reporting_line_14.manager_id = $1::UUID
                                                      AND reporting_line_14.employee_id = assignment_1.employee_id
                                                      AND (tstzrange(assignment_1.assigned_at, CASE WHEN (assignment_1.closed_at IS NOT NULL) THEN greatest(assignment_1.closed_at, timezone('UTC', CAST(assignment_1.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_14.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_14.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                                    LIMIT ALL OFFSET 0
                                                  )) OR assignment_1.assigned_by_id = $1::UUID)
                                              ) AS anon_3 ON true
                                            JOIN LATERAL (
                                                SELECT count(*) AS gaps,
                                                  count(*) FILTER (WHERE anon_5.must_have) AS must_haves_missing
                                                FROM (
                                                    SELECT anon_6.skill_id AS skill_id,
                                                      anon_6.level AS required,
                                                      anon_7.level AS level,
                                                      coalesce(anon_7.is_verified, false) AS is_verified,
                                                      anon_6.level - coalesce(anon_7.level, 0) AS gap,
                                                      anon_6.weight AS weight,
                                                      anon_6.must_have AS must_have
                                                    FROM (
                                                        SELECT anon_8.job_role_id AS job_role_id,
                                                          anon_8.skill_id AS skill_id,
                                                          anon_8.level AS level,
                                                          anon_8.weight AS weight,
                                                          anon_8.must_have AS must_have
                                                        FROM (
                                                            SELECT role_skill_1.job_role_id AS job_role_id,
                                                              role_skill_1.skill_id AS skill_id,
                                                              max(role_skill_1.level) AS level,
                                                              max(role_skill_1.weight) AS weight,
                                                              bool_or(role_skill_1.must_have) AS must_have
                                                            FROM role_skill AS role_skill_1
                                                            WHERE role_skill_1.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                              AND role_skill_1.job_role_id = anon_2.job_role_id
                                                              AND NOT (EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_1
                                                              ))
                                                            GROUP BY role_skill_1.job_role_id,
                                                              role_skill_1.skill_id
                                                            UNION ALL
                                                            SELECT role_skill_2.job_role_id AS job_role_id,
                                                              coalesce(skill_succession_2.successor_id, role_skill_2.skill_id) AS skill_id,
                                                              max(role_skill_2.level) AS level,
                                                              max(role_skill_2.weight) AS weight,
                                                              bool_or(role_skill_2.must_have) AS must_have
                                                            FROM role_skill AS role_skill_2
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_2 ON skill_succession_2.skill_id = role_skill_2.skill_id
                                                            WHERE role_skill_2.valid @> $4::TIMESTAMP
                                                            WITH TIME ZONE
                                                              AND role_skill_2.job_role_id = anon_2.job_role_id
                                                              AND (EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_1
                                                              ))
                                                            GROUP BY role_skill_2.job_role_id,
                                                              coalesce(skill_succession_2.successor_id, role_skill_2.skill_id)
                                                          ) AS anon_8
                                                      ) AS anon_6
                                                    LEFT OUTER JOIN (
                                                        SELECT anon_9.employee_id AS employee_id,
                                                          anon_9.skill_id AS skill_id,
                                                          anon_9.level AS level,
                                                          anon_9.is_verified AS is_verified
                                                        FROM (
                                                            SELECT anon_2.employee_id AS employee_id,
                                                              evidence_1.skill_id AS skill_id,
                                                              coalesce(max(evidence_1.level) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_1.level)) AS level,
                                                              max(evidence_1.level) FILTER (WHERE coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_1
                                                            WHERE (anon_2.employee_id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_15
                                                                WHERE reporting_line_15.manager_id = $1::UUID
                                                                  AND reporting_line_15.employee_id = anon_2.employee_id
                                                                  AND (reporting_line_15.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_1.decided, evidence_1.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_1
                                                                WHERE policy_1.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_1
                                                                WHERE team_membership_1.employee_id = anon_2.employee_id
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
                                                                FROM reporting_line AS reporting_line_16
                                                                WHERE reporting_line_16.employee_id = anon_2.employee_id
                                                                  AND reporting_line_16.depth = 1
                                                                  AND (reporting_line_16.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_17
                                                                    WHERE reporting_line_17.manager_id = reporting_line_16.manager_id
                                                                      AND reporting_line_17.employee_id = $1::UUID
                                                                      AND reporting_line_17.depth = 1
                                                                      AND (reporting_line_17.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_1.employee_id = anon_2.employee_id
                                                              AND evidence_1.withdrawn_at IS NULL
                                                              AND (evidence_1.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                              AND NOT (EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_3
                                                              ))
                                                            GROUP BY evidence_1.skill_id
                                                            UNION ALL
                                                            SELECT anon_2.employee_id AS employee_id,
                                                              coalesce(skill_succession_4.successor_id, evidence_2.skill_id) AS skill_id,
                                                              coalesce(max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_2.level)) AS level,
                                                              max(evidence_2.level) FILTER (WHERE coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                            FROM evidence AS evidence_2
                                                            LEFT OUTER JOIN skill_succession AS skill_succession_4 ON skill_succession_4.skill_id = evidence_2.skill_id
                                                            WHERE (anon_2.employee_id = $1::UUID OR (EXISTS(
                                                                SELECT 1
                                                                FROM reporting_line AS reporting_line_15
                                                                WHERE reporting_line_15.manager_id = $1::UUID
                                                                  AND reporting_line_15.employee_id = anon_2.employee_id
                                                                  AND (reporting_line_15.valid @> $5::DATE)
                                                              )) OR coalesce(evidence_2.decided, evidence_2.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                                SELECT 1
                                                                FROM policy AS policy_1
                                                                WHERE policy_1.teammates_see_levels
                                                              )) AND ((EXISTS(
                                                                SELECT 1
                                                                FROM team_membership AS team_membership_1
                                                                WHERE team_membership_1.employee_id = anon_2.employee_id
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
                                                                FROM reporting_line AS reporting_line_16
                                                                WHERE reporting_line_16.employee_id = anon_2.employee_id
                                                                  AND reporting_line_16.depth = 1
                                                                  AND (reporting_line_16.valid @> $5::DATE)
                                                                  AND (EXISTS(
                                                                    SELECT 1
                                                                    FROM reporting_line AS reporting_line_17
                                                                    WHERE reporting_line_17.manager_id = reporting_line_16.manager_id
                                                                      AND reporting_line_17.employee_id = $1::UUID
                                                                      AND reporting_line_17.depth = 1
                                                                      AND (reporting_line_17.valid @> $5::DATE)
                                                                    LIMIT ALL OFFSET 0
                                                                  ))
                                                                LIMIT ALL OFFSET 0
                                                              ))))
                                                              AND evidence_2.employee_id = anon_2.employee_id
                                                              AND evidence_2.withdrawn_at IS NULL
                                                              AND (evidence_2.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                              AND (EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_3
                                                              ))
                                                            GROUP BY coalesce(skill_succession_4.successor_id, evidence_2.skill_id)
                                                          ) AS anon_9
                                                      ) AS anon_7 ON anon_7.skill_id = anon_6.skill_id
                                                    WHERE (anon_2.employee_id = $1::UUID OR (EXISTS(
                                                        SELECT 1
                                                        FROM reporting_line AS reporting_line_18
                                                        WHERE reporting_line_18.manager_id = $1::UUID
                                                          AND reporting_line_18.employee_id = anon_2.employee_id
                                                          AND (reporting_line_18.valid @> $5::DATE)
                                                      )))
                                                      AND anon_6.level - coalesce(anon_7.level, 0) > 0
                                                  ) AS anon_5
                                              ) AS anon_4 ON true
                                          ) AS anon_1
                                      ) AS member_progress$1
                                    WHERE true
                                    ORDER BY member_progress$1.needs_help DESC,
                                      member_progress$1.overdue DESC,
                                      member_progress$1.employee_id ASC
                                    LIMIT 20
                                  ) AS page$1
                                LEFT OUTER JOIN LATERAL (
                                    SELECT employee$2.display_name AS "displayName"
                                    FROM employee AS employee$2
                                    WHERE employee$2.id = page$1.employee_id
                                  ) AS employee$3 ON true
                              ) AS item$1
                            JOIN LATERAL (
                                SELECT item$1."0$" AS employee,
                                  item$1."1$" AS "needsHelp",
                                  item$1."2$" AS reasons,
                                  item$1."3$" AS open,
                                  item$1."4$" AS overdue,
                                  item$1."5$" AS "dueSoon",
                                  item$1."6$" AS completed,
                                  item$1."7$" AS lapsing,
                                  item$1."8$" AS gaps,
                                  item$1."9$" AS "mustHavesMissing",
                                  item$1."10$" AS "lastActiveAt"
                              ) AS node$1 ON true
                            ORDER BY item$1.order$0 DESC,
                              item$1.order$1 DESC,
                              item$1.order$2 ASC
                          )) AS nodes
                      ) AS members$1
                  ) AS members
                FROM LATERAL (
                    SELECT employee$1.id AS manager_id,
                      CAST(null AS INTEGER) AS depth,
                      $6::BIGINT AS days,
                      count(*) AS people,
                      count(*) FILTER (WHERE anon_10.needs_help) AS needing_help,
                      coalesce(sum(anon_10.open), 0) AS open,
                      coalesce(sum(anon_10.overdue), 0) AS overdue,
                      coalesce(sum(anon_10.due_soon), 0) AS due_soon,
                      coalesce(sum(anon_10.completed), 0) AS completed,
                      coalesce(sum(anon_10.lapsing), 0) AS lapsing,
                      coalesce(sum(anon_10.gaps), 0) AS gaps
                    FROM (
                        SELECT anon_11.employee_id AS employee_id,
                          anon_11.open AS open,
                          anon_11.overdue AS overdue,
                          anon_11.due_soon AS due_soon,
                          anon_11.completed AS completed,
                          anon_11.not_begun AS not_begun,
                          anon_11.under_way AS under_way,
                          anon_11.last_active_at AS last_active_at,
                          anon_11.lapsing AS lapsing,
                          anon_11.gaps AS gaps,
                          anon_11.must_haves_missing AS must_haves_missing,
                          anon_11.overdue > 0 AS is_overdue,
                          anon_11.not_begun > 0 AS is_not_begun,
                          anon_11.under_way > 0
                          AND anon_11.last_active_at < $4::TIMESTAMP
                        WITH TIME ZONE - interval '30 days' AS is_stalled,
                          coalesce(anon_11.overdue > 0 OR anon_11.not_begun > 0 OR anon_11.under_way > 0 AND anon_11.last_active_at < $4::TIMESTAMP WITH TIME ZONE - interval '30 days', false) AS needs_help
                        FROM (
                            SELECT anon_12.employee_id AS employee_id,
                              anon_13.open AS open,
                              anon_13.overdue AS overdue,
                              anon_13.due_soon AS due_soon,
                              anon_13.completed AS completed,
                              anon_13.not_begun AS not_begun,
                              anon_13.under_way AS under_way,
                              (
                                SELECT max(lower(progress_3.valid)) AS max_2
                                FROM progress AS progress_3
                                WHERE progress_3.employee_id = anon_12.employee_id
                                  AND progress_3.withdrawn_at IS NULL
                                  AND lower(progress_3.valid) <= $4::TIMESTAMP
                                WITH TIME ZONE
                                  AND (progress_3.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_19
                                    WHERE reporting_line_19.manager_id = $1::UUID
                                      AND reporting_line_19.employee_id = progress_3.employee_id
                                      AND (reporting_line_19.valid @> $5::DATE)
                                  )) OR progress_3.employee_id IN (
                                    SELECT reporting_line_20.employee_id
                                    FROM reporting_line AS reporting_line_20
                                    WHERE reporting_line_20.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_21
                                    WHERE reporting_line_21.manager_id = $1::UUID
                                      AND reporting_line_21.employee_id = progress_3.employee_id
                                      AND (progress_3.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_21.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_21.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )))
                              ) AS last_active_at,
                              (
                                SELECT count(*) AS count_2
                                FROM pathway_completion AS pathway_completion_2
                                WHERE pathway_completion_2.employee_id = anon_12.employee_id
                                  AND (
                                    SELECT upper(stretch) AS upper_2
                                    FROM unnest(pathway_completion_2.held) AS stretch
                                    WHERE stretch @> $4::TIMESTAMP
                                    WITH TIME ZONE
                                  ) < timezone('UTC', CAST($5::DATE + CAST(greatest(0, least($6::BIGINT, 3650)) AS INTEGER) + 1 AS TIMESTAMP WITHOUT TIME ZONE))
                                  AND (pathway_completion_2.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_22
                                    WHERE reporting_line_22.manager_id = $1::UUID
                                      AND reporting_line_22.employee_id = pathway_completion_2.employee_id
                                      AND (reporting_line_22.valid @> $5::DATE)
                                  )) OR pathway_completion_2.employee_id IN (
                                    SELECT reporting_line_23.employee_id
                                    FROM reporting_line AS reporting_line_23
                                    WHERE reporting_line_23.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_24
                                    WHERE reporting_line_24.manager_id = $1::UUID
                                      AND reporting_line_24.employee_id = pathway_completion_2.employee_id
                                      AND (pathway_completion_2.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_24.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_24.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )))
                              ) AS lapsing,
                              anon_14.gaps AS gaps,
                              anon_14.must_haves_missing AS must_haves_missing
                            FROM (
                                SELECT reporting_line_25.employee_id AS employee_id,
                                  employment_2.job_role_id AS job_role_id
                                FROM reporting_line AS reporting_line_25
                                LEFT OUTER JOIN employment AS employment_2 ON employment_2.employee_id = reporting_line_25.employee_id
                                  AND (employment_2.valid @> $5::DATE)
                                WHERE reporting_line_25.manager_id = employee$1.id
                                  AND (reporting_line_25.valid @> $5::DATE)
                                  AND (CAST(null AS INTEGER) IS NULL OR reporting_line_25.depth <= CAST(null AS INTEGER))
                                  AND (reporting_line_25.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_26
                                    WHERE reporting_line_26.manager_id = $1::UUID
                                      AND reporting_line_26.employee_id = reporting_line_25.employee_id
                                      AND (reporting_line_26.valid @> $5::DATE)
                                  )))
                              ) AS anon_12
                            JOIN LATERAL (
                                SELECT count(*) FILTER (WHERE assignment_2.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_2.closed_at IS NULL OR assignment_2.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_2.starts_on IS NULL OR assignment_2.starts_on <= $5::DATE)) AS open,
                                  count(*) FILTER (WHERE assignment_2.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_2.closed_at IS NULL OR assignment_2.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_2.starts_on IS NULL OR assignment_2.starts_on <= $5::DATE) AND assignment_2.due_on < $5::DATE) AS overdue,
                                  count(*) FILTER (WHERE assignment_2.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_2.closed_at IS NULL OR assignment_2.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_2.starts_on IS NULL OR assignment_2.starts_on <= $5::DATE) AND assignment_2.due_on >= $5::DATE AND assignment_2.due_on <= $5::DATE + CAST(greatest(0, least($6::BIGINT, 3650)) AS INTEGER)) AS due_soon,
                                  count(*) FILTER (WHERE assignment_2.closed_at <= $4::TIMESTAMP WITH TIME ZONE AND assignment_2.closure = 'COMPLETED' AND assignment_2.closed_at > $4::TIMESTAMP WITH TIME ZONE - interval '90 days') AS completed,
                                  count(*) FILTER (WHERE assignment_2.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_2.closed_at IS NULL OR assignment_2.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_2.starts_on IS NULL OR assignment_2.starts_on <= $5::DATE) AND assignment_2.due_on <= $5::DATE + 14 AND NOT (EXISTS(
                                    SELECT 1
                                    FROM progress AS progress_4
                                    WHERE progress_4.employee_id = assignment_2.employee_id
                                      AND progress_4.withdrawn_at IS NULL
                                      AND lower(progress_4.valid) <= $4::TIMESTAMP
                                    WITH TIME ZONE
                                      AND (assignment_2.round = 1 OR lower(progress_4.valid) >= assignment_2.assigned_at)
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM step AS step_2
                                        WHERE step_2.id = progress_4.step_id
                                          AND step_2.version_id = assignment_2.version_id
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM pathway_version AS pathway_version_2
                                            WHERE pathway_version_2.id = step_2.version_id
                                              AND pathway_version_2.status != 'DRAFT'
                                          ))
                                      ))
                                      AND (progress_4.employee_id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_27
                                        WHERE reporting_line_27.manager_id = $1::UUID
                                          AND reporting_line_27.employee_id = progress_4.employee_id
                                          AND (reporting_line_27.valid @> $5::DATE)
                                      )) OR progress_4.employee_id IN (
                                        SELECT reporting_line_28.employee_id
                                        FROM reporting_line AS reporting_line_28
                                        WHERE reporting_line_28.manager_id = $1::UUID
                                      ) AND (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_29
                                        WHERE reporting_line_29.manager_id = $1::UUID
                                          AND reporting_line_29.employee_id = progress_4.employee_id
                                          AND (progress_4.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_29.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_29.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                        LIMIT ALL OFFSET 0
                                      )))
                                  ))) AS not_begun,
                                  count(*) FILTER (WHERE assignment_2.assigned_at <= $4::TIMESTAMP WITH TIME ZONE AND (assignment_2.closed_at IS NULL OR assignment_2.closed_at > $4::TIMESTAMP WITH TIME ZONE) AND (assignment_2.starts_on IS NULL OR assignment_2.starts_on <= $5::DATE) AND (EXISTS(
                                    SELECT 1
                                    FROM progress AS progress_4
                                    WHERE progress_4.employee_id = assignment_2.employee_id
                                      AND progress_4.withdrawn_at IS NULL
                                      AND lower(progress_4.valid) <= $4::TIMESTAMP
                                    WITH TIME ZONE
                                      AND (assignment_2.round = 1 OR lower(progress_4.valid) >= assignment_2.assigned_at)
                                      AND (EXISTS(
                                        SELECT 1
                                        FROM step AS step_2
                                        WHERE step_2.id = progress_4.step_id
                                          AND step_2.version_id = assignment_2.version_id
                                          AND (EXISTS(
                                            SELECT 1
                                            FROM pathway_version AS pathway_version_2
                                            WHERE pathway_version_2.id = step_2.version_id
                                              AND pathway_version_2.status != 'DRAFT'
                                          ))
                                      ))
                                      AND (progress_4.employee_id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_27
                                        WHERE reporting_line_27.manager_id = $1::UUID
                                          AND reporting_line_27.employee_id = progress_4.employee_id
                                          AND (reporting_line_27.valid @> $5::DATE)
                                      )) OR progress_4.employee_id IN (
                                        SELECT reporting_line_28.employee_id
                                        FROM reporting_line AS reporting_line_28
                                        WHERE reporting_line_28.manager_id = $1::UUID
                                      ) AND (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_29
                                        WHERE reporting_line_29.manager_id = $1::UUID
                                          AND reporting_line_29.employee_id = progress_4.employee_id
                                          AND (progress_4.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_29.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_29.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                        LIMIT ALL OFFSET 0
                                      )))
                                  ))) AS under_way
                                FROM assignment AS assignment_2
                                WHERE assignment_2.employee_id = anon_12.employee_id
                                  AND assignment_2.assigned_at <= $4::TIMESTAMP
                                WITH TIME ZONE
                                  AND (assignment_2.employee_id = $1::UUID OR (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_30
                                    WHERE reporting_line_30.manager_id = $1::UUID
                                      AND reporting_line_30.employee_id = assignment_2.employee_id
                                      AND (reporting_line_30.valid @> $5::DATE)
                                  )) OR assignment_2.employee_id IN (
                                    SELECT reporting_line_31.employee_id
                                    FROM reporting_line AS reporting_line_31
                                    WHERE reporting_line_31.manager_id = $1::UUID
                                  ) AND (EXISTS(
                                    SELECT 1
                                    FROM reporting_line AS reporting_line_32
                                    WHERE reporting_line_32.manager_id = $1::UUID
                                      AND reporting_line_32.employee_id = assignment_2.employee_id
                                      AND (tstzrange(assignment_2.assigned_at, CASE WHEN (assignment_2.closed_at IS NOT NULL) THEN greatest(assignment_2.closed_at, timezone('UTC', CAST(assignment_2.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_32.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_32.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                                    LIMIT ALL OFFSET 0
                                  )) OR assignment_2.assigned_by_id = $1::UUID)
                              ) AS anon_13 ON true
                            JOIN LATERAL (
                                SELECT count(*) AS gaps,
                                  count(*) FILTER (WHERE anon_15.must_have) AS must_haves_missing
                                FROM (
                                    SELECT anon_16.skill_id AS skill_id,
                                      anon_16.level AS required,
                                      anon_17.level AS level,
                                      coalesce(anon_17.is_verified, false) AS is_verified,
                                      anon_16.level - coalesce(anon_17.level, 0) AS gap,
                                      anon_16.weight AS weight,
                                      anon_16.must_have AS must_have
                                    FROM (
                                        SELECT anon_18.job_role_id AS job_role_id,
                                          anon_18.skill_id AS skill_id,
                                          anon_18.level AS level,
                                          anon_18.weight AS weight,
                                          anon_18.must_have AS must_have
                                        FROM (
                                            SELECT role_skill_3.job_role_id AS job_role_id,
                                              role_skill_3.skill_id AS skill_id,
                                              max(role_skill_3.level) AS level,
                                              max(role_skill_3.weight) AS weight,
                                              bool_or(role_skill_3.must_have) AS must_have
                                            FROM role_skill AS role_skill_3
                                            WHERE role_skill_3.valid @> $4::TIMESTAMP
                                            WITH TIME ZONE
                                              AND role_skill_3.job_role_id = anon_12.job_role_id
                                              AND NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_5
                                              ))
                                            GROUP BY role_skill_3.job_role_id,
                                              role_skill_3.skill_id
                                            UNION ALL
                                            SELECT role_skill_4.job_role_id AS job_role_id,
                                              coalesce(skill_succession_6.successor_id, role_skill_4.skill_id) AS skill_id,
                                              max(role_skill_4.level) AS level,
                                              max(role_skill_4.weight) AS weight,
                                              bool_or(role_skill_4.must_have) AS must_have
                                            FROM role_skill AS role_skill_4
                                            LEFT OUTER JOIN skill_succession AS skill_succession_6 ON skill_succession_6.skill_id = role_skill_4.skill_id
                                            WHERE role_skill_4.valid @> $4::TIMESTAMP
                                            WITH TIME ZONE
                                              AND role_skill_4.job_role_id = anon_12.job_role_id
                                              AND (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_5
                                              ))
                                            GROUP BY role_skill_4.job_role_id,
                                              coalesce(skill_succession_6.successor_id, role_skill_4.skill_id)
                                          ) AS anon_18
                                      ) AS anon_16
                                    LEFT OUTER JOIN (
                                        SELECT anon_19.employee_id AS employee_id,
                                          anon_19.skill_id AS skill_id,
                                          anon_19.level AS level,
                                          anon_19.is_verified AS is_verified
                                        FROM (
                                            SELECT anon_12.employee_id AS employee_id,
                                              evidence_3.skill_id AS skill_id,
                                              coalesce(max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_3.level)) AS level,
                                              max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                            FROM evidence AS evidence_3
                                            WHERE (anon_12.employee_id = $1::UUID OR (EXISTS(
                                                SELECT 1
                                                FROM reporting_line AS reporting_line_33
                                                WHERE reporting_line_33.manager_id = $1::UUID
                                                  AND reporting_line_33.employee_id = anon_12.employee_id
                                                  AND (reporting_line_33.valid @> $5::DATE)
                                              )) OR coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                SELECT 1
                                                FROM policy AS policy_2
                                                WHERE policy_2.teammates_see_levels
                                              )) AND ((EXISTS(
                                                SELECT 1
                                                FROM team_membership AS team_membership_3
                                                WHERE team_membership_3.employee_id = anon_12.employee_id
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
                                                FROM reporting_line AS reporting_line_34
                                                WHERE reporting_line_34.employee_id = anon_12.employee_id
                                                  AND reporting_line_34.depth = 1
                                                  AND (reporting_line_34.valid @> $5::DATE)
                                                  AND (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_35
                                                    WHERE reporting_line_35.manager_id = reporting_line_34.manager_id
                                                      AND reporting_line_35.employee_id = $1::UUID
                                                      AND reporting_line_35.depth = 1
                                                      AND (reporting_line_35.valid @> $5::DATE)
                                                    LIMIT ALL OFFSET 0
                                                  ))
                                                LIMIT ALL OFFSET 0
                                              ))))
                                              AND evidence_3.employee_id = anon_12.employee_id
                                              AND evidence_3.withdrawn_at IS NULL
                                              AND (evidence_3.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                              AND NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_7
                                              ))
                                            GROUP BY evidence_3.skill_id
                                            UNION ALL
                                            SELECT anon_12.employee_id AS employee_id,
                                              coalesce(skill_succession_8.successor_id, evidence_4.skill_id) AS skill_id,
                                              coalesce(max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_4.level)) AS level,
                                              max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                            FROM evidence AS evidence_4
                                            LEFT OUTER JOIN skill_succession AS skill_succession_8 ON skill_succession_8.skill_id = evidence_4.skill_id
                                            WHERE (anon_12.employee_id = $1::UUID OR (EXISTS(
                                                SELECT 1
                                                FROM reporting_line AS reporting_line_33
                                                WHERE reporting_line_33.manager_id = $1::UUID
                                                  AND reporting_line_33.employee_id = anon_12.employee_id
                                                  AND (reporting_line_33.valid @> $5::DATE)
                                              )) OR coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                SELECT 1
                                                FROM policy AS policy_2
                                                WHERE policy_2.teammates_see_levels
                                              )) AND ((EXISTS(
                                                SELECT 1
                                                FROM team_membership AS team_membership_3
                                                WHERE team_membership_3.employee_id = anon_12.employee_id
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
                                                FROM reporting_line AS reporting_line_34
                                                WHERE reporting_line_34.employee_id = anon_12.employee_id
                                                  AND reporting_line_34.depth = 1
                                                  AND (reporting_line_34.valid @> $5::DATE)
                                                  AND (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_35
                                                    WHERE reporting_line_35.manager_id = reporting_line_34.manager_id
                                                      AND reporting_line_35.employee_id = $1::UUID
                                                      AND reporting_line_35.depth = 1
                                                      AND (reporting_line_35.valid @> $5::DATE)
                                                    LIMIT ALL OFFSET 0
                                                  ))
                                                LIMIT ALL OFFSET 0
                                              ))))
                                              AND evidence_4.employee_id = anon_12.employee_id
                                              AND evidence_4.withdrawn_at IS NULL
                                              AND (evidence_4.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                              AND (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_7
                                              ))
                                            GROUP BY coalesce(skill_succession_8.successor_id, evidence_4.skill_id)
                                          ) AS anon_19
                                      ) AS anon_17 ON anon_17.skill_id = anon_16.skill_id
                                    WHERE (anon_12.employee_id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_36
                                        WHERE reporting_line_36.manager_id = $1::UUID
                                          AND reporting_line_36.employee_id = anon_12.employee_id
                                          AND (reporting_line_36.valid @> $5::DATE)
                                      )))
                                      AND anon_16.level - coalesce(anon_17.level, 0) > 0
                                  ) AS anon_15
                              ) AS anon_14 ON true
                          ) AS anon_11
                      ) AS anon_10
                  ) AS team_progress$1
                WHERE true
              ) AS team_progress$2 ON true
            WHERE employee$1.id = viewer$1.employee_id
          ) AS employee$4 ON true
        WHERE true
      ) AS viewer$2
  )) AS root$0,
  to_json((
    SELECT team_matrix$2
    FROM LATERAL (
        SELECT array((
            SELECT each$1
            FROM (
                SELECT skill$2 AS skill,
                  (
                    SELECT anon_20.required
                    FROM anon_21 AS anon_20
                    WHERE anon_20.position = matrix_column$1.position
                  ) AS required,
                  CASE WHEN (
                    SELECT anon_59.tells_coverage
                    FROM anon_21 AS anon_59
                    WHERE anon_59.position = matrix_column$1.position
                  ) THEN (
                    SELECT anon_60.coverage
                    FROM anon_21 AS anon_60
                    WHERE anon_60.position = matrix_column$1.position
                  ) END AS coverage,
                  CASE WHEN (
                    SELECT anon_61.tells_heads
                    FROM anon_21 AS anon_61
                    WHERE anon_61.position = matrix_column$1.position
                  ) THEN (
                    SELECT anon_62.covering
                    FROM anon_21 AS anon_62
                    WHERE anon_62.position = matrix_column$1.position
                  ) END AS "canCover",
                  CASE WHEN (
                    SELECT anon_63.tells_heads
                    FROM anon_21 AS anon_63
                    WHERE anon_63.position = matrix_column$1.position
                  ) THEN (
                    SELECT anon_64.covering
                    FROM anon_21 AS anon_64
                    WHERE anon_64.position = matrix_column$1.position
                  ) = 1 END AS "isSinglePointOfFailure"
                FROM LATERAL (
                    SELECT anon_65.skill_id AS skill_id,
                      anon_65.position AS position
                    FROM anon_26 AS anon_65
                  ) AS matrix_column$1
                LEFT OUTER JOIN LATERAL (
                    SELECT skill$1.name AS name
                    FROM skill AS skill$1
                    WHERE skill$1.id = matrix_column$1.skill_id
                  ) AS skill$2 ON true
                ORDER BY matrix_column$1.position
              ) AS each$1
          )) AS columns
        FROM LATERAL (
            SELECT 1 AS one
            FROM (
                SELECT count(*) AS size
                FROM anon_30 AS anon_67
              ) AS anon_66
            JOIN (
                SELECT count(*) AS size
                FROM anon_26 AS anon_69
              ) AS anon_68 ON CASE WHEN (anon_66.size * greatest(anon_68.size, 1) > 200000) THEN over_limit(format('teamMatrix: a matrix has at most 200000 cells, people times skills, and this would have %s; ask for fewer people, or for some of the skills', anon_66.size * greatest(anon_68.size, 1))) ELSE true END
          ) AS team_matrix$1
        WHERE true
      ) AS team_matrix$2
  )) AS root$1,
  to_json((
    SELECT assignments$1
    FROM LATERAL (
        SELECT array((
            SELECT node$2
            FROM LATERAL (
                SELECT page$2.due_on AS "0$",
                  employee$6 AS "1$",
                  pathway$2 AS "2$",
                  page$2.order$0 AS order$0,
                  page$2.order$1 AS order$1
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
                      assignment$1.due_on AS order$0,
                      assignment$1.id AS order$1
                    FROM assignment AS assignment$1
                    WHERE (assignment$1.employee_id = $1::UUID OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_44
                        WHERE reporting_line_44.manager_id = $1::UUID
                          AND reporting_line_44.employee_id = assignment$1.employee_id
                          AND (reporting_line_44.valid @> $5::DATE)
                      )) OR assignment$1.employee_id IN (
                        SELECT reporting_line_45.employee_id
                        FROM reporting_line AS reporting_line_45
                        WHERE reporting_line_45.manager_id = $1::UUID
                      ) AND (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_46
                        WHERE reporting_line_46.manager_id = $1::UUID
                          AND reporting_line_46.employee_id = assignment$1.employee_id
                          AND (tstzrange(assignment$1.assigned_at, CASE WHEN (assignment$1.closed_at IS NOT NULL) THEN greatest(assignment$1.closed_at, timezone('UTC', CAST(assignment$1.starts_on AS TIMESTAMP WITHOUT TIME ZONE))) END, '[]') && tstzrange(timezone('UTC', CAST(lower(reporting_line_46.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_46.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                        LIMIT ALL OFFSET 0
                      )) OR assignment$1.assigned_by_id = $1::UUID)
                      AND CASE WHEN (assignment$1.closed_at <= $4::TIMESTAMP WITH TIME ZONE AND assignment$1.closure = 'COMPLETED' AND NOT (EXISTS(
                        SELECT 1
                        FROM pathway_completion AS pathway_completion_3
                        WHERE pathway_completion_3.employee_id = assignment$1.employee_id
                          AND pathway_completion_3.pathway_id = assignment$1.pathway_id
                          AND (pathway_completion_3.held @> $4::TIMESTAMP WITH TIME ZONE)
                          AND (pathway_completion_3.employee_id = $1::UUID OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_47
                            WHERE reporting_line_47.manager_id = $1::UUID
                              AND reporting_line_47.employee_id = pathway_completion_3.employee_id
                              AND (reporting_line_47.valid @> $5::DATE)
                          )) OR pathway_completion_3.employee_id IN (
                            SELECT reporting_line_48.employee_id
                            FROM reporting_line AS reporting_line_48
                            WHERE reporting_line_48.manager_id = $1::UUID
                          ) AND (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_49
                            WHERE reporting_line_49.manager_id = $1::UUID
                              AND reporting_line_49.employee_id = pathway_completion_3.employee_id
                              AND (pathway_completion_3.held && tstzrange(timezone('UTC', CAST(lower(reporting_line_49.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_49.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                            LIMIT ALL OFFSET 0
                          )))
                      ))) THEN 'LAPSED' WHEN (assignment$1.closed_at <= $4::TIMESTAMP WITH TIME ZONE) THEN assignment$1.closure WHEN (assignment$1.starts_on > $5::DATE) THEN 'SCHEDULED' WHEN (assignment$1.due_on < $5::DATE) THEN 'OVERDUE' WHEN (EXISTS(
                        SELECT 1
                        FROM progress AS progress_5
                        WHERE progress_5.employee_id = assignment$1.employee_id
                          AND progress_5.withdrawn_at IS NULL
                          AND lower(progress_5.valid) <= $4::TIMESTAMP
                        WITH TIME ZONE
                          AND (assignment$1.round = 1 OR lower(progress_5.valid) >= assignment$1.assigned_at)
                          AND (EXISTS(
                            SELECT 1
                            FROM step AS step_3
                            WHERE step_3.id = progress_5.step_id
                              AND step_3.version_id = assignment$1.version_id
                              AND (EXISTS(
                                SELECT 1
                                FROM pathway_version AS pathway_version_3
                                WHERE pathway_version_3.id = step_3.version_id
                                  AND pathway_version_3.status != 'DRAFT'
                              ))
                          ))
                          AND (progress_5.employee_id = $1::UUID OR (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_50
                            WHERE reporting_line_50.manager_id = $1::UUID
                              AND reporting_line_50.employee_id = progress_5.employee_id
                              AND (reporting_line_50.valid @> $5::DATE)
                          )) OR progress_5.employee_id IN (
                            SELECT reporting_line_51.employee_id
                            FROM reporting_line AS reporting_line_51
                            WHERE reporting_line_51.manager_id = $1::UUID
                          ) AND (EXISTS(
                            SELECT 1
                            FROM reporting_line AS reporting_line_52
                            WHERE reporting_line_52.manager_id = $1::UUID
                              AND reporting_line_52.employee_id = progress_5.employee_id
                              AND (progress_5.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_52.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_52.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
                            LIMIT ALL OFFSET 0
                          )))
                      )) THEN 'IN_PROGRESS' ELSE 'ASSIGNED' END = $8::VARCHAR
                    ORDER BY assignment$1.due_on ASC,
                      assignment$1.id ASC
                    LIMIT 20
                  ) AS page$2
                LEFT OUTER JOIN LATERAL (
                    SELECT employee$5.display_name AS "displayName"
                    FROM employee AS employee$5
                    WHERE employee$5.id = page$2.employee_id
                  ) AS employee$6 ON true
                LEFT OUTER JOIN LATERAL (
                    SELECT pathway$1.title AS title
                    FROM pathway AS pathway$1
                    WHERE pathway$1.id = page$2.pathway_id
                      AND (EXISTS(
                        SELECT 1
                        FROM pathway_version AS pathway_version_4
                        WHERE pathway_version_4.pathway_id = pathway$1.id
                          AND pathway_version_4.status != 'DRAFT'
                      ))
                  ) AS pathway$2 ON true
              ) AS item$2
            JOIN LATERAL (
                SELECT item$2."0$" AS "dueOn",
                  item$2."1$" AS employee,
                  item$2."2$" AS pathway
              ) AS node$2 ON true
            ORDER BY item$2.order$0 ASC,
              item$2.order$1 ASC
          )) AS nodes
      ) AS assignments$1
  )) AS root$2
