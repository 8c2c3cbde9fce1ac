SELECT to_json((
    SELECT to_json("Skill$1") AS to_json_1
    FROM LATERAL (
        SELECT 'Skill:' || CAST(skill$1.id AS TEXT) AS id,
          skill$1.name AS name,
          parent$1 AS parent
        FROM skill AS skill$1
        LEFT OUTER JOIN LATERAL (
            SELECT skill$2.name AS name
            FROM skill AS skill$2
            WHERE skill$2.id = skill$1.parent_id
          ) AS parent$1 ON true
        WHERE skill$1.id = $1::UUID
      ) AS "Skill$1"
  )) AS root$0,
  to_json(array((
    SELECT coalesce(to_json("Employee$1"), to_json("Evidence$1"), to_json("Skill$2")) AS coalesce_1
    FROM unnest($2::TEXT[], $3::UUID[])
    WITH ORDINALITY AS asked$1 (type, key, position)
    LEFT OUTER JOIN LATERAL (
        SELECT 'Employee:' || CAST(employee$1.id AS TEXT) AS id,
          employee$1.given_name AS "givenName"
        FROM employee AS employee$1
        WHERE employee$1.id = asked$1.key
          AND asked$1.type = 'Employee'
      ) AS "Employee$1" ON true
    LEFT OUTER JOIN LATERAL (
        SELECT 'Evidence:' || CAST(evidence$1.id AS TEXT) AS id,
          evidence$1.level AS level
        FROM evidence AS evidence$1
        WHERE evidence$1.id = asked$1.key
          AND (evidence$1.employee_id = $4::UUID OR (EXISTS(
            SELECT 1
            FROM reporting_line AS reporting_line_1
            WHERE reporting_line_1.manager_id = $4::UUID
              AND reporting_line_1.employee_id = evidence$1.employee_id
              AND (reporting_line_1.valid @> $5::DATE)
          )) OR evidence$1.employee_id IN (
            SELECT reporting_line_2.employee_id
            FROM reporting_line AS reporting_line_2
            WHERE reporting_line_2.manager_id = $4::UUID
          ) AND (EXISTS(
            SELECT 1
            FROM reporting_line AS reporting_line_3
            WHERE reporting_line_3.manager_id = $4::UUID
              AND reporting_line_3.employee_id = evidence$1.employee_id
              AND (evidence$1.valid && tstzrange(timezone('UTC', CAST(lower(reporting_line_3.valid) AS TIMESTAMP WITHOUT TIME ZONE)), timezone('UTC', CAST(upper(reporting_line_3.valid) AS TIMESTAMP WITHOUT TIME ZONE))))
            LIMIT ALL OFFSET 0
          )) OR evidence$1.asserted_by_id = $4::UUID OR coalesce(evidence$1.decided, evidence$1.source != ALL ('{SELF,PEER}' ::varchar[])) AND evidence$1.withdrawn_at IS NULL AND (evidence$1.valid @> $6::TIMESTAMP WITH TIME ZONE) AND (EXISTS(
            SELECT 1
            FROM policy AS policy_1
            WHERE policy_1.teammates_see_levels
          )) AND ((EXISTS(
            SELECT 1
            FROM team_membership AS team_membership_1
            WHERE team_membership_1.employee_id = evidence$1.employee_id
              AND (team_membership_1.valid @> $6::TIMESTAMP WITH TIME ZONE)
              AND (EXISTS(
                SELECT 1
                FROM team_membership AS team_membership_2
                WHERE team_membership_2.team_id = team_membership_1.team_id
                  AND team_membership_2.employee_id = $4::UUID
                  AND (team_membership_2.valid @> $6::TIMESTAMP WITH TIME ZONE)
                LIMIT ALL OFFSET 0
              ))
            LIMIT ALL OFFSET 0
          )) OR (EXISTS(
            SELECT 1
            FROM reporting_line AS reporting_line_4
            WHERE reporting_line_4.employee_id = evidence$1.employee_id
              AND reporting_line_4.depth = 1
              AND (reporting_line_4.valid @> $5::DATE)
              AND (EXISTS(
                SELECT 1
                FROM reporting_line AS reporting_line_5
                WHERE reporting_line_5.manager_id = reporting_line_4.manager_id
                  AND reporting_line_5.employee_id = $4::UUID
                  AND reporting_line_5.depth = 1
                  AND (reporting_line_5.valid @> $5::DATE)
                LIMIT ALL OFFSET 0
              ))
            LIMIT ALL OFFSET 0
          ))))
          AND asked$1.type = 'Evidence'
      ) AS "Evidence$1" ON true
    LEFT OUTER JOIN LATERAL (
        SELECT 'Skill:' || CAST(skill$3.id AS TEXT) AS id,
          skill$3.name AS name
        FROM skill AS skill$3
        WHERE skill$3.id = asked$1.key
          AND asked$1.type = 'Skill'
      ) AS "Skill$2" ON true
    ORDER BY asked$1.position
  ))) AS root$1
