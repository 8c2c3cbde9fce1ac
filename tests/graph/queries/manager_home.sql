WITH anon_39 AS (
    SELECT anon_40.employee_id AS employee_id,
      employment_3.job_role_id AS job_role_id
    FROM (
        SELECT reporting_line_37.employee_id AS employee_id
        FROM reporting_line AS reporting_line_37
        WHERE reporting_line_37.manager_id = $7::UUID
          AND (reporting_line_37.valid @> $5::DATE)
      ) AS anon_40
    LEFT OUTER JOIN employment AS employment_3 ON employment_3.employee_id = anon_40.employee_id
      AND (employment_3.valid @> $5::DATE)
  ),
  anon_36 AS MATERIALIZED (
    SELECT anon_37.job_role_id AS job_role_id,
      anon_37.skill_id AS skill_id,
      anon_37.level AS level,
      anon_37.weight AS weight,
      anon_37.must_have AS must_have
    FROM (
        SELECT anon_38.job_role_id AS job_role_id,
          anon_38.skill_id AS skill_id,
          anon_38.level AS level,
          anon_38.weight AS weight,
          anon_38.must_have AS must_have
        FROM (
            SELECT role_skill_5.job_role_id AS job_role_id,
              role_skill_5.skill_id AS skill_id,
              max(role_skill_5.level) AS level,
              max(role_skill_5.weight) AS weight,
              bool_or(role_skill_5.must_have) AS must_have
            FROM role_skill AS role_skill_5
            WHERE role_skill_5.valid @> $4::TIMESTAMP
            WITH TIME ZONE
              AND role_skill_5.job_role_id IN (
                SELECT anon_39.job_role_id
                FROM anon_39
              )
            GROUP BY role_skill_5.job_role_id,
              role_skill_5.skill_id
          ) AS anon_38
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
              AND role_skill_6.job_role_id IN (
                SELECT anon_39.job_role_id
                FROM anon_39
              )
            GROUP BY role_skill_6.job_role_id,
              coalesce(skill_succession_10.successor_id, role_skill_6.skill_id)
          ) AS anon_41
        WHERE EXISTS(
            SELECT 1
            FROM skill_succession AS skill_succession_9
          )
      ) AS anon_37
  ),
  anon_34 AS (
    SELECT skill_1.id AS skill_id,
      row_number() OVER (ORDER BY skill_1.name, skill_1.id) AS position
    FROM (
        SELECT DISTINCT anon_36.skill_id AS skill_id
        FROM anon_36
      ) AS anon_35
    JOIN skill AS skill_1 ON skill_1.id = anon_35.skill_id
  ),
  anon_42 AS MATERIALIZED (
    SELECT anon_43.employee_id AS employee_id,
      anon_43.is_open AS is_open,
      anon_44.position AS position,
      anon_44.level AS level,
      anon_44.required AS required,
      min(anon_44.required) OVER (PARTITION BY anon_44.position) AS least
    FROM (
        SELECT anon_45.employee_id AS employee_id,
          anon_45.job_role_id AS job_role_id,
          anon_45.employee_id = $1::UUID
          OR (EXISTS(
            SELECT 1
            FROM reporting_line AS reporting_line_38
            WHERE reporting_line_38.manager_id = $1::UUID
              AND reporting_line_38.employee_id = anon_45.employee_id
              AND (reporting_line_38.valid @> $5::DATE)
          )) AS is_open
        FROM anon_39 AS anon_45
      ) AS anon_43
    JOIN LATERAL (
        SELECT anon_46.position AS position,
          anon_47.level AS level,
          anon_48.level AS required
        FROM anon_34 AS anon_46
        FULL OUTER JOIN (
            SELECT anon_49.employee_id AS employee_id,
              anon_49.skill_id AS skill_id,
              anon_49.level AS level,
              anon_49.is_verified AS is_verified
            FROM (
                SELECT anon_50.employee_id AS employee_id,
                  anon_50.skill_id AS skill_id,
                  anon_50.level AS level,
                  anon_50.is_verified AS is_verified
                FROM (
                    SELECT anon_43.employee_id AS employee_id,
                      evidence_5.skill_id AS skill_id,
                      coalesce(max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_5.level)) AS level,
                      max(evidence_5.level) FILTER (WHERE coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                    FROM evidence AS evidence_5
                    WHERE (anon_43.employee_id = $1::UUID OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_39
                        WHERE reporting_line_39.manager_id = $1::UUID
                          AND reporting_line_39.employee_id = anon_43.employee_id
                          AND (reporting_line_39.valid @> $5::DATE)
                      )) OR coalesce(evidence_5.decided, evidence_5.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                        SELECT 1
                        FROM policy AS policy_3
                        WHERE policy_3.teammates_see_levels
                      )) AND ((EXISTS(
                        SELECT 1
                        FROM team_membership AS team_membership_5
                        WHERE team_membership_5.employee_id = anon_43.employee_id
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
                        WHERE reporting_line_40.employee_id = anon_43.employee_id
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
                      AND evidence_5.employee_id = anon_43.employee_id
                      AND evidence_5.withdrawn_at IS NULL
                      AND (evidence_5.valid @> $4::TIMESTAMP WITH TIME ZONE)
                    GROUP BY evidence_5.skill_id
                  ) AS anon_50
                WHERE NOT (EXISTS(
                    SELECT 1
                    FROM skill_succession AS skill_succession_11
                  ))
                UNION ALL
                SELECT anon_51.employee_id AS employee_id,
                  anon_51.skill_id AS skill_id,
                  anon_51.level AS level,
                  anon_51.is_verified AS is_verified
                FROM (
                    SELECT anon_43.employee_id AS employee_id,
                      coalesce(skill_succession_12.successor_id, evidence_6.skill_id) AS skill_id,
                      coalesce(max(evidence_6.level) FILTER (WHERE coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_6.level)) AS level,
                      max(evidence_6.level) FILTER (WHERE coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                    FROM evidence AS evidence_6
                    LEFT OUTER JOIN skill_succession AS skill_succession_12 ON skill_succession_12.skill_id = evidence_6.skill_id
                    WHERE (anon_43.employee_id = $1::UUID OR (EXISTS(
                        SELECT 1
                        FROM reporting_line AS reporting_line_39
                        WHERE reporting_line_39.manager_id = $1::UUID
                          AND reporting_line_39.employee_id = anon_43.employee_id
                          AND (reporting_line_39.valid @> $5::DATE)
                      )) OR coalesce(evidence_6.decided, evidence_6.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                        SELECT 1
                        FROM policy AS policy_3
                        WHERE policy_3.teammates_see_levels
                      )) AND ((EXISTS(
                        SELECT 1
                        FROM team_membership AS team_membership_5
                        WHERE team_membership_5.employee_id = anon_43.employee_id
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
                        WHERE reporting_line_40.employee_id = anon_43.employee_id
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
                      AND evidence_6.employee_id = anon_43.employee_id
                      AND evidence_6.withdrawn_at IS NULL
                      AND (evidence_6.valid @> $4::TIMESTAMP WITH TIME ZONE)
                    GROUP BY coalesce(skill_succession_12.successor_id, evidence_6.skill_id)
                  ) AS anon_51
                WHERE EXISTS(
                    SELECT 1
                    FROM skill_succession AS skill_succession_11
                  )
              ) AS anon_49
          ) AS anon_47 ON anon_47.skill_id = anon_46.skill_id
        FULL OUTER JOIN (
            SELECT anon_52.skill_id AS skill_id,
              anon_52.level AS level
            FROM anon_36 AS anon_52
            WHERE anon_52.job_role_id = anon_43.job_role_id
          ) AS anon_48 ON anon_48.skill_id = anon_46.skill_id
        WHERE coalesce(anon_46.position, 0) > 0
      ) AS anon_44 ON true
  ),
  anon_63 AS (
    SELECT anon_64.employee_id AS employee_id,
      employment_5.job_role_id AS job_role_id,
      employment_5.manager_id AS manager_id,
      (
        SELECT team_membership_9.team_id
        FROM team_membership AS team_membership_9
        WHERE team_membership_9.employee_id = anon_64.employee_id
          AND (team_membership_9.valid @> $4::TIMESTAMP WITH TIME ZONE)
        ORDER BY lower(team_membership_9.valid),
          team_membership_9.team_id
        LIMIT 1
      ) AS home
    FROM (
        SELECT anon_39.employee_id AS employee_id
        FROM anon_39
      ) AS anon_64
    LEFT OUTER JOIN employment AS employment_5 ON employment_5.employee_id = anon_64.employee_id
      AND (employment_5.valid @> $5::DATE)
    WHERE NOT (anon_64.employee_id = $1::UUID OR (EXISTS(
        SELECT 1
        FROM reporting_line AS reporting_line_42
        WHERE reporting_line_42.manager_id = $1::UUID
          AND reporting_line_42.employee_id = anon_64.employee_id
          AND (reporting_line_42.valid @> $5::DATE)
      )))
  ),
  anon_60 AS (
    SELECT anon_61.employee_id AS employee_id,
      employment_4.job_role_id AS job_role_id,
      employment_4.manager_id AS manager_id,
      (
        SELECT team_membership_7.team_id
        FROM team_membership AS team_membership_7
        WHERE team_membership_7.employee_id = anon_61.employee_id
          AND team_membership_7.valid @> $4::TIMESTAMP
        WITH TIME ZONE
        ORDER BY lower(team_membership_7.valid),
          team_membership_7.team_id
        LIMIT 1
      ) AS home
    FROM (
        SELECT anon_62.employee_id AS employee_id
        FROM (
            SELECT team_membership_8.employee_id AS employee_id
            FROM team_membership AS team_membership_8
            WHERE team_membership_8.team_id IN (
                SELECT anon_63.home
                FROM anon_63
              )
              AND team_membership_8.valid @> $4::TIMESTAMP
            WITH TIME ZONE
            UNION
            SELECT employment_6.employee_id AS employee_id
            FROM employment AS employment_6
            WHERE employment_6.manager_id IN (
                SELECT anon_63.manager_id
                FROM anon_63
                WHERE anon_63.home IS NULL
              )
              AND employment_6.valid @> $5::DATE
          ) AS anon_62
      ) AS anon_61
    LEFT OUTER JOIN employment AS employment_4 ON employment_4.employee_id = anon_61.employee_id
      AND (employment_4.valid @> $5::DATE)
    WHERE NOT (anon_61.employee_id = $1::UUID OR (EXISTS(
        SELECT 1
        FROM reporting_line AS reporting_line_43
        WHERE reporting_line_43.manager_id = $1::UUID
          AND reporting_line_43.employee_id = anon_61.employee_id
          AND (reporting_line_43.valid @> $5::DATE)
      )))
  ),
  anon_29 AS MATERIALIZED (
    SELECT anon_30.position AS position,
      CASE WHEN (anon_30.hidden = 0 OR anon_31.people > 0) THEN anon_30.people + coalesce(anon_31.people, 0) ELSE 0 END AS people,
      anon_30.required AS required,
      CASE WHEN (anon_30.hidden = 0) THEN CAST(anon_30.total + coalesce(anon_31.total, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_30.people + coalesce(anon_31.people, 0), 0) AS NUMERIC) ELSE floor((CAST(anon_30.total + coalesce(anon_31.total, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_30.people + coalesce(anon_31.people, 0), 0) AS NUMERIC)) * 2 + 0.5) / CAST(CAST(2 AS DOUBLE PRECISION) AS DOUBLE PRECISION) END AS average,
      CASE WHEN (anon_30.hidden_asked = 0) THEN CAST(anon_30.met + coalesce(anon_31.met, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_30.asked + coalesce(anon_31.asked, 0), 0) AS NUMERIC) ELSE floor((CAST(anon_30.met + coalesce(anon_31.met, 0) AS DOUBLE PRECISION) / CAST(nullif(anon_30.asked + coalesce(anon_31.asked, 0), 0) AS NUMERIC)) * 5 + 0.5) / CAST(CAST(5 AS DOUBLE PRECISION) AS DOUBLE PRECISION) END AS coverage,
      anon_30.covering AS covering,
      anon_30.hidden != 0 AS is_rough,
      anon_30.hidden = 0
      OR anon_31.people > 0 AS tells_average,
      anon_30.hidden_asked = 0
      OR anon_31.asked > 0 AS tells_coverage,
      anon_30.hidden = 0 AS tells_heads
    FROM (
        SELECT anon_32.position AS position,
          count(*) FILTER (WHERE anon_33.is_open) AS people,
          coalesce(sum(anon_33.level) FILTER (WHERE anon_33.is_open), 0) AS total,
          count(anon_33.required) AS required,
          count(anon_33.required) FILTER (WHERE anon_33.is_open) AS asked,
          count(*) FILTER (WHERE anon_33.is_open AND anon_33.level >= anon_33.required) AS met,
          count(*) FILTER (WHERE anon_33.is_open AND anon_33.level >= coalesce(anon_33.required, anon_33.least, 1)) AS covering,
          count(*) FILTER (WHERE NOT anon_33.is_open) AS hidden,
          count(anon_33.required) FILTER (WHERE NOT anon_33.is_open) AS hidden_asked
        FROM anon_34 AS anon_32
        LEFT OUTER JOIN anon_42 AS anon_33 ON anon_33.position = anon_32.position
        GROUP BY anon_32.position
      ) AS anon_30
    LEFT OUTER JOIN (
        SELECT anon_53.position AS position,
          sum(anon_53.people) AS people,
          sum(anon_53.people * anon_53.average) AS total,
          sum(anon_53.asked) AS asked,
          sum(anon_53.asked * anon_53.coverage) AS met
        FROM (
            SELECT anon_54.position AS position,
              count(*) AS people,
              count(anon_54.required) AS asked,
              greatest(1, least(4, floor((CAST(coalesce(sum(anon_54.level), 0) AS DOUBLE PRECISION) / CAST(nullif(count(*), 0) AS NUMERIC)) * 2 + 0.5) / CAST(CAST(2 AS DOUBLE PRECISION) AS DOUBLE PRECISION))) AS average,
              greatest(0.2, least(0.8, floor((CAST(count(*) FILTER (WHERE anon_54.level >= anon_54.required) AS DOUBLE PRECISION) / CAST(nullif(count(*), 0) AS NUMERIC)) * 5 + 0.5) / CAST(CAST(5 AS DOUBLE PRECISION) AS DOUBLE PRECISION))) AS coverage
            FROM (
                SELECT anon_55.home AS home,
                  anon_55.lead AS lead,
                  anon_56.position AS position,
                  anon_56.level AS level,
                  CASE WHEN (count(*) OVER (PARTITION BY anon_55.home, anon_55.lead, anon_56.position, anon_56.required) >= 5) THEN anon_56.required END AS required
                FROM (
                    SELECT anon_57.employee_id AS employee_id,
                      anon_57.job_role_id AS job_role_id,
                      anon_57.home AS home,
                      anon_57.lead AS lead
                    FROM (
                        SELECT anon_58.employee_id AS employee_id,
                          anon_58.job_role_id AS job_role_id,
                          anon_58.manager_id AS manager_id,
                          anon_58.home AS home,
                          anon_58.lead AS lead,
                          count(*) OVER (PARTITION BY anon_58.home, anon_58.lead) AS size,
                          count(anon_59.employee_id) OVER (PARTITION BY anon_58.home, anon_58.lead) AS inside
                        FROM (
                            SELECT anon_60.employee_id AS employee_id,
                              anon_60.job_role_id AS job_role_id,
                              anon_60.manager_id AS manager_id,
                              anon_60.home AS home,
                              CASE WHEN (count(*) OVER (PARTITION BY anon_60.home, anon_60.manager_id) >= 5) THEN anon_60.manager_id END AS lead
                            FROM anon_60
                            WHERE EXISTS(
                                SELECT 1
                                FROM anon_63 AS anon_65
                                WHERE anon_65.home = anon_60.home
                                  OR anon_65.home IS NULL
                                  AND anon_60.home IS NULL
                                  AND anon_65.manager_id = anon_60.manager_id
                              )
                          ) AS anon_58
                        LEFT OUTER JOIN anon_39 AS anon_59 ON anon_59.employee_id = anon_58.employee_id
                      ) AS anon_57
                    WHERE anon_57.size >= 5
                      AND anon_57.inside = anon_57.size
                      AND (anon_57.home IS NOT NULL OR anon_57.lead IS NOT NULL)
                      AND $5::DATE = $5::DATE
                  ) AS anon_55
                JOIN LATERAL (
                    SELECT anon_66.position AS position,
                      anon_67.level AS level,
                      anon_68.level AS required
                    FROM anon_34 AS anon_66
                    FULL OUTER JOIN (
                        SELECT anon_69.skill_id AS skill_id,
                          anon_69.level AS level
                        FROM (
                            SELECT anon_70.skill_id AS skill_id,
                              anon_70.level AS level
                            FROM (
                                SELECT evidence_7.skill_id AS skill_id,
                                  max(evidence_7.level) AS level
                                FROM evidence AS evidence_7
                                WHERE coalesce(evidence_7.decided, evidence_7.source != ALL ('{SELF,PEER}' ::varchar[]))
                                  AND evidence_7.employee_id = anon_55.employee_id
                                  AND evidence_7.withdrawn_at IS NULL
                                  AND (evidence_7.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                GROUP BY evidence_7.skill_id
                              ) AS anon_70
                            WHERE NOT (EXISTS(
                                SELECT 1
                                FROM skill_succession AS skill_succession_13
                              ))
                            UNION ALL
                            SELECT anon_71.skill_id AS skill_id,
                              anon_71.level AS level
                            FROM (
                                SELECT coalesce(skill_succession_14.successor_id, evidence_8.skill_id) AS skill_id,
                                  max(evidence_8.level) AS level
                                FROM evidence AS evidence_8
                                LEFT OUTER JOIN skill_succession AS skill_succession_14 ON skill_succession_14.skill_id = evidence_8.skill_id
                                WHERE coalesce(evidence_8.decided, evidence_8.source != ALL ('{SELF,PEER}' ::varchar[]))
                                  AND evidence_8.employee_id = anon_55.employee_id
                                  AND evidence_8.withdrawn_at IS NULL
                                  AND (evidence_8.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                GROUP BY coalesce(skill_succession_14.successor_id, evidence_8.skill_id)
                              ) AS anon_71
                            WHERE EXISTS(
                                SELECT 1
                                FROM skill_succession AS skill_succession_13
                              )
                          ) AS anon_69
                      ) AS anon_67 ON anon_67.skill_id = anon_66.skill_id
                    FULL OUTER JOIN (
                        SELECT anon_72.skill_id AS skill_id,
                          anon_72.level AS level
                        FROM anon_36 AS anon_72
                        WHERE anon_72.job_role_id = anon_55.job_role_id
                      ) AS anon_68 ON anon_68.skill_id = anon_66.skill_id
                    WHERE coalesce(anon_66.position, 0) > 0
                  ) AS anon_56 ON true
              ) AS anon_54
            GROUP BY anon_54.home,
              anon_54.lead,
              anon_54.position,
              anon_54.required HAVING count(*) >= 5
          ) AS anon_53
        GROUP BY anon_53.position
      ) AS anon_31 ON anon_31.position = anon_30.position
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
                                                            SELECT anon_9.job_role_id AS job_role_id,
                                                              anon_9.skill_id AS skill_id,
                                                              anon_9.level AS level,
                                                              anon_9.weight AS weight,
                                                              anon_9.must_have AS must_have
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
                                                                GROUP BY role_skill_1.job_role_id,
                                                                  role_skill_1.skill_id
                                                              ) AS anon_9
                                                            WHERE NOT (EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_1
                                                              ))
                                                            UNION ALL
                                                            SELECT anon_10.job_role_id AS job_role_id,
                                                              anon_10.skill_id AS skill_id,
                                                              anon_10.level AS level,
                                                              anon_10.weight AS weight,
                                                              anon_10.must_have AS must_have
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
                                                                  AND role_skill_2.job_role_id = anon_2.job_role_id
                                                                GROUP BY role_skill_2.job_role_id,
                                                                  coalesce(skill_succession_2.successor_id, role_skill_2.skill_id)
                                                              ) AS anon_10
                                                            WHERE EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_1
                                                              )
                                                          ) AS anon_8
                                                      ) AS anon_6
                                                    LEFT OUTER JOIN (
                                                        SELECT anon_11.employee_id AS employee_id,
                                                          anon_11.skill_id AS skill_id,
                                                          anon_11.level AS level,
                                                          anon_11.is_verified AS is_verified
                                                        FROM (
                                                            SELECT anon_12.employee_id AS employee_id,
                                                              anon_12.skill_id AS skill_id,
                                                              anon_12.level AS level,
                                                              anon_12.is_verified AS is_verified
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
                                                                GROUP BY evidence_1.skill_id
                                                              ) AS anon_12
                                                            WHERE NOT (EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_3
                                                              ))
                                                            UNION ALL
                                                            SELECT anon_13.employee_id AS employee_id,
                                                              anon_13.skill_id AS skill_id,
                                                              anon_13.level AS level,
                                                              anon_13.is_verified AS is_verified
                                                            FROM (
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
                                                                GROUP BY coalesce(skill_succession_4.successor_id, evidence_2.skill_id)
                                                              ) AS anon_13
                                                            WHERE EXISTS(
                                                                SELECT 1
                                                                FROM skill_succession AS skill_succession_3
                                                              )
                                                          ) AS anon_11
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
                      count(*) FILTER (WHERE anon_14.needs_help) AS needing_help,
                      coalesce(sum(anon_14.open), 0) AS open,
                      coalesce(sum(anon_14.overdue), 0) AS overdue,
                      coalesce(sum(anon_14.due_soon), 0) AS due_soon,
                      coalesce(sum(anon_14.completed), 0) AS completed,
                      coalesce(sum(anon_14.lapsing), 0) AS lapsing,
                      coalesce(sum(anon_14.gaps), 0) AS gaps
                    FROM (
                        SELECT anon_15.employee_id AS employee_id,
                          anon_15.open AS open,
                          anon_15.overdue AS overdue,
                          anon_15.due_soon AS due_soon,
                          anon_15.completed AS completed,
                          anon_15.not_begun AS not_begun,
                          anon_15.under_way AS under_way,
                          anon_15.last_active_at AS last_active_at,
                          anon_15.lapsing AS lapsing,
                          anon_15.gaps AS gaps,
                          anon_15.must_haves_missing AS must_haves_missing,
                          anon_15.overdue > 0 AS is_overdue,
                          anon_15.not_begun > 0 AS is_not_begun,
                          anon_15.under_way > 0
                          AND anon_15.last_active_at < $4::TIMESTAMP
                        WITH TIME ZONE - interval '30 days' AS is_stalled,
                          coalesce(anon_15.overdue > 0 OR anon_15.not_begun > 0 OR anon_15.under_way > 0 AND anon_15.last_active_at < $4::TIMESTAMP WITH TIME ZONE - interval '30 days', false) AS needs_help
                        FROM (
                            SELECT anon_16.employee_id AS employee_id,
                              anon_17.open AS open,
                              anon_17.overdue AS overdue,
                              anon_17.due_soon AS due_soon,
                              anon_17.completed AS completed,
                              anon_17.not_begun AS not_begun,
                              anon_17.under_way AS under_way,
                              (
                                SELECT max(lower(progress_3.valid)) AS max_2
                                FROM progress AS progress_3
                                WHERE progress_3.employee_id = anon_16.employee_id
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
                                WHERE pathway_completion_2.employee_id = anon_16.employee_id
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
                              anon_18.gaps AS gaps,
                              anon_18.must_haves_missing AS must_haves_missing
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
                              ) AS anon_16
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
                                WHERE assignment_2.employee_id = anon_16.employee_id
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
                              ) AS anon_17 ON true
                            JOIN LATERAL (
                                SELECT count(*) AS gaps,
                                  count(*) FILTER (WHERE anon_19.must_have) AS must_haves_missing
                                FROM (
                                    SELECT anon_20.skill_id AS skill_id,
                                      anon_20.level AS required,
                                      anon_21.level AS level,
                                      coalesce(anon_21.is_verified, false) AS is_verified,
                                      anon_20.level - coalesce(anon_21.level, 0) AS gap,
                                      anon_20.weight AS weight,
                                      anon_20.must_have AS must_have
                                    FROM (
                                        SELECT anon_22.job_role_id AS job_role_id,
                                          anon_22.skill_id AS skill_id,
                                          anon_22.level AS level,
                                          anon_22.weight AS weight,
                                          anon_22.must_have AS must_have
                                        FROM (
                                            SELECT anon_23.job_role_id AS job_role_id,
                                              anon_23.skill_id AS skill_id,
                                              anon_23.level AS level,
                                              anon_23.weight AS weight,
                                              anon_23.must_have AS must_have
                                            FROM (
                                                SELECT role_skill_3.job_role_id AS job_role_id,
                                                  role_skill_3.skill_id AS skill_id,
                                                  max(role_skill_3.level) AS level,
                                                  max(role_skill_3.weight) AS weight,
                                                  bool_or(role_skill_3.must_have) AS must_have
                                                FROM role_skill AS role_skill_3
                                                WHERE role_skill_3.valid @> $4::TIMESTAMP
                                                WITH TIME ZONE
                                                  AND role_skill_3.job_role_id = anon_16.job_role_id
                                                GROUP BY role_skill_3.job_role_id,
                                                  role_skill_3.skill_id
                                              ) AS anon_23
                                            WHERE NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_5
                                              ))
                                            UNION ALL
                                            SELECT anon_24.job_role_id AS job_role_id,
                                              anon_24.skill_id AS skill_id,
                                              anon_24.level AS level,
                                              anon_24.weight AS weight,
                                              anon_24.must_have AS must_have
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
                                                  AND role_skill_4.job_role_id = anon_16.job_role_id
                                                GROUP BY role_skill_4.job_role_id,
                                                  coalesce(skill_succession_6.successor_id, role_skill_4.skill_id)
                                              ) AS anon_24
                                            WHERE EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_5
                                              )
                                          ) AS anon_22
                                      ) AS anon_20
                                    LEFT OUTER JOIN (
                                        SELECT anon_25.employee_id AS employee_id,
                                          anon_25.skill_id AS skill_id,
                                          anon_25.level AS level,
                                          anon_25.is_verified AS is_verified
                                        FROM (
                                            SELECT anon_26.employee_id AS employee_id,
                                              anon_26.skill_id AS skill_id,
                                              anon_26.level AS level,
                                              anon_26.is_verified AS is_verified
                                            FROM (
                                                SELECT anon_16.employee_id AS employee_id,
                                                  evidence_3.skill_id AS skill_id,
                                                  coalesce(max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_3.level)) AS level,
                                                  max(evidence_3.level) FILTER (WHERE coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                FROM evidence AS evidence_3
                                                WHERE (anon_16.employee_id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_33
                                                    WHERE reporting_line_33.manager_id = $1::UUID
                                                      AND reporting_line_33.employee_id = anon_16.employee_id
                                                      AND (reporting_line_33.valid @> $5::DATE)
                                                  )) OR coalesce(evidence_3.decided, evidence_3.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                    SELECT 1
                                                    FROM policy AS policy_2
                                                    WHERE policy_2.teammates_see_levels
                                                  )) AND ((EXISTS(
                                                    SELECT 1
                                                    FROM team_membership AS team_membership_3
                                                    WHERE team_membership_3.employee_id = anon_16.employee_id
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
                                                    WHERE reporting_line_34.employee_id = anon_16.employee_id
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
                                                  AND evidence_3.employee_id = anon_16.employee_id
                                                  AND evidence_3.withdrawn_at IS NULL
                                                  AND (evidence_3.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                GROUP BY evidence_3.skill_id
                                              ) AS anon_26
                                            WHERE NOT (EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_7
                                              ))
                                            UNION ALL
                                            SELECT anon_27.employee_id AS employee_id,
                                              anon_27.skill_id AS skill_id,
                                              anon_27.level AS level,
                                              anon_27.is_verified AS is_verified
                                            FROM (
                                                SELECT anon_16.employee_id AS employee_id,
                                                  coalesce(skill_succession_8.successor_id, evidence_4.skill_id) AS skill_id,
                                                  coalesce(max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))), max(evidence_4.level)) AS level,
                                                  max(evidence_4.level) FILTER (WHERE coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[]))) IS NOT NULL AS is_verified
                                                FROM evidence AS evidence_4
                                                LEFT OUTER JOIN skill_succession AS skill_succession_8 ON skill_succession_8.skill_id = evidence_4.skill_id
                                                WHERE (anon_16.employee_id = $1::UUID OR (EXISTS(
                                                    SELECT 1
                                                    FROM reporting_line AS reporting_line_33
                                                    WHERE reporting_line_33.manager_id = $1::UUID
                                                      AND reporting_line_33.employee_id = anon_16.employee_id
                                                      AND (reporting_line_33.valid @> $5::DATE)
                                                  )) OR coalesce(evidence_4.decided, evidence_4.source != ALL ('{SELF,PEER}' ::varchar[])) AND (EXISTS(
                                                    SELECT 1
                                                    FROM policy AS policy_2
                                                    WHERE policy_2.teammates_see_levels
                                                  )) AND ((EXISTS(
                                                    SELECT 1
                                                    FROM team_membership AS team_membership_3
                                                    WHERE team_membership_3.employee_id = anon_16.employee_id
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
                                                    WHERE reporting_line_34.employee_id = anon_16.employee_id
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
                                                  AND evidence_4.employee_id = anon_16.employee_id
                                                  AND evidence_4.withdrawn_at IS NULL
                                                  AND (evidence_4.valid @> $4::TIMESTAMP WITH TIME ZONE)
                                                GROUP BY coalesce(skill_succession_8.successor_id, evidence_4.skill_id)
                                              ) AS anon_27
                                            WHERE EXISTS(
                                                SELECT 1
                                                FROM skill_succession AS skill_succession_7
                                              )
                                          ) AS anon_25
                                      ) AS anon_21 ON anon_21.skill_id = anon_20.skill_id
                                    WHERE (anon_16.employee_id = $1::UUID OR (EXISTS(
                                        SELECT 1
                                        FROM reporting_line AS reporting_line_36
                                        WHERE reporting_line_36.manager_id = $1::UUID
                                          AND reporting_line_36.employee_id = anon_16.employee_id
                                          AND (reporting_line_36.valid @> $5::DATE)
                                      )))
                                      AND anon_20.level - coalesce(anon_21.level, 0) > 0
                                  ) AS anon_19
                              ) AS anon_18 ON true
                          ) AS anon_15
                      ) AS anon_14
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
                    SELECT anon_28.required
                    FROM anon_29 AS anon_28
                    WHERE anon_28.position = matrix_column$1.position
                  ) AS required,
                  CASE WHEN (
                    SELECT anon_73.tells_coverage
                    FROM anon_29 AS anon_73
                    WHERE anon_73.position = matrix_column$1.position
                  ) THEN (
                    SELECT anon_74.coverage
                    FROM anon_29 AS anon_74
                    WHERE anon_74.position = matrix_column$1.position
                  ) END AS coverage,
                  CASE WHEN (
                    SELECT anon_75.tells_heads
                    FROM anon_29 AS anon_75
                    WHERE anon_75.position = matrix_column$1.position
                  ) THEN (
                    SELECT anon_76.covering
                    FROM anon_29 AS anon_76
                    WHERE anon_76.position = matrix_column$1.position
                  ) END AS "canCover",
                  CASE WHEN (
                    SELECT anon_77.tells_heads
                    FROM anon_29 AS anon_77
                    WHERE anon_77.position = matrix_column$1.position
                  ) THEN (
                    SELECT anon_78.covering
                    FROM anon_29 AS anon_78
                    WHERE anon_78.position = matrix_column$1.position
                  ) = 1 END AS "isSinglePointOfFailure"
                FROM LATERAL (
                    SELECT anon_79.skill_id AS skill_id,
                      anon_79.position AS position
                    FROM anon_34 AS anon_79
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
                FROM anon_39 AS anon_81
              ) AS anon_80
            JOIN (
                SELECT count(*) AS size
                FROM anon_34 AS anon_83
              ) AS anon_82 ON CASE WHEN (anon_80.size * greatest(anon_82.size, 1) > 200000) THEN over_limit(format('teamMatrix: a matrix has at most 200000 cells, people times skills, and this would have %s; ask for fewer people, or for some of the skills', anon_80.size * greatest(anon_82.size, 1))) ELSE true END
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
                    WHERE assignment$1.assigned_at <= $4::TIMESTAMP
                    WITH TIME ZONE
                      AND (assignment$1.employee_id = $1::UUID OR (EXISTS(
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
