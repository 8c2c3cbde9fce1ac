SELECT to_json((
    SELECT employee$3
    FROM LATERAL (
        SELECT employee$1.given_name AS "givenName",
          employee$1.family_name AS "familyName",
          employee$1.time_zone AS "timeZone",
          'Employee:' || CAST(employee$1.id AS TEXT) AS id,
          employment$2.title AS title,
          manager$1 AS manager,
          department$2 AS department
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
              AND (employment$1.valid @> $1::DATE)
            LIMIT 1
          ) AS employment$2 ON true
        LEFT OUTER JOIN LATERAL (
            SELECT employee$2.given_name AS "givenName",
              employee$2.family_name AS "familyName",
              employee$2.time_zone AS "timeZone"
            FROM employee AS employee$2
            WHERE employee$2.id = employment$2.manager_id
          ) AS manager$1 ON true
        LEFT OUTER JOIN LATERAL (
            SELECT department$1.name AS name,
              'Department:' || CAST(department$1.id AS TEXT) AS id
            FROM department AS department$1
            WHERE department$1.id = employment$2.department_id
          ) AS department$2 ON true
        WHERE employee$1.id = $2::UUID
      ) AS employee$3
  )) AS root$0
