SELECT to_json((
    SELECT employee$4
    FROM LATERAL (
        SELECT 'Employee:' || CAST(employee$1.id AS TEXT) AS id,
          employee$1.display_name AS "displayName",
          employment$2.title AS title,
          department$3 AS department,
          manager$2 AS manager,
          job_role$2 AS "jobRole"
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
            SELECT department$1.name AS name,
              parent$1 AS parent
            FROM department AS department$1
            LEFT OUTER JOIN LATERAL (
                SELECT department_place$1.id AS id,
                  department_place$1.department_id AS department_id,
                  department_place$1.parent_id AS parent_id,
                  department_place$1.valid AS valid
                FROM department_place AS department_place$1
                WHERE department_place$1.department_id = department$1.id
                  AND (department_place$1.valid @> $1::DATE)
                LIMIT 1
              ) AS department_place$2 ON true
            LEFT OUTER JOIN LATERAL (
                SELECT department$2.name AS name
                FROM department AS department$2
                WHERE department$2.id = department_place$2.parent_id
              ) AS parent$1 ON true
            WHERE department$1.id = employment$2.department_id
          ) AS department$3 ON true
        LEFT OUTER JOIN LATERAL (
            SELECT employee$2.display_name AS "displayName",
              manager$1 AS manager
            FROM employee AS employee$2
            LEFT OUTER JOIN LATERAL (
                SELECT employment$3.id AS id,
                  employment$3.employee_id AS employee_id,
                  employment$3.valid AS valid,
                  employment$3.manager_id AS manager_id,
                  employment$3.department_id AS department_id,
                  employment$3.job_role_id AS job_role_id,
                  employment$3.title AS title,
                  employment$3.location AS location,
                  employment$3.work AS work,
                  employment$3.engagement AS engagement,
                  employment$3.manager_ref AS manager_ref,
                  employment$3.department_ref AS department_ref,
                  employment$3.job_role_ref AS job_role_ref,
                  employment$3.recorded_at AS recorded_at,
                  employment$3.ended_because AS ended_because
                FROM employment AS employment$3
                WHERE employment$3.employee_id = employee$2.id
                  AND (employment$3.valid @> $1::DATE)
                LIMIT 1
              ) AS employment$4 ON true
            LEFT OUTER JOIN LATERAL (
                SELECT employee$3.display_name AS "displayName"
                FROM employee AS employee$3
                WHERE employee$3.id = employment$4.manager_id
              ) AS manager$1 ON true
            WHERE employee$2.id = employment$2.manager_id
          ) AS manager$2 ON true
        LEFT OUTER JOIN LATERAL (
            SELECT job_role$1.name AS name
            FROM job_role AS job_role$1
            WHERE job_role$1.id = employment$2.job_role_id
          ) AS job_role$2 ON true
        WHERE employee$1.id = $2::UUID
      ) AS employee$4
  )) AS root$0
