SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        SELECT array((
            SELECT node$1
            FROM LATERAL (
                SELECT page$1.given_name AS "0$",
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
                    LEFT OUTER JOIN employment AS employment$1 ON employment$1.employee_id = employee$1.id
                      AND (employment$1.valid @> $1::DATE)
                    WHERE employee$1.erased_at IS NULL
                      AND ((employment$1.title IS NULL) = $2::BOOLEAN OR employee$1.email ILIKE $3::VARCHAR) IS NOT true
                    ORDER BY employee$1.id ASC
                    LIMIT 50
                  ) AS page$1
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS "givenName"
              ) AS node$1 ON true
            ORDER BY item$1.order$0 ASC
          )) AS nodes
      ) AS employees$1
  )) AS root$0,
  to_json((
    SELECT employees$2
    FROM LATERAL (
        SELECT array((
            SELECT node$2
            FROM LATERAL (
                SELECT page$2.given_name AS "0$",
                  page$2.employment$title AS "1$",
                  page$2.order$0 AS order$0
                FROM LATERAL (
                    SELECT employee$2.id AS id,
                      employee$2.given_name AS given_name,
                      employee$2.family_name AS family_name,
                      employee$2.display_name AS display_name,
                      employee$2.email AS email,
                      employee$2.user_name AS user_name,
                      employee$2.user_name_key AS user_name_key,
                      employee$2.phone AS phone,
                      employee$2.number AS number,
                      employee$2.locale AS locale,
                      employee$2.time_zone AS time_zone,
                      employee$2.source AS source,
                      employee$2.external_id AS external_id,
                      employee$2.attributes AS attributes,
                      employee$2.kept_locally AS kept_locally,
                      employee$2.created_at AS created_at,
                      employee$2.changed_at AS changed_at,
                      employee$2.removed_at AS removed_at,
                      employee$2.erased_at AS erased_at,
                      employee$2.id AS order$0,
                      employment$4.id AS employment$id,
                      employment$4.employee_id AS employment$employee_id,
                      employment$4.valid AS employment$valid,
                      employment$4.manager_id AS employment$manager_id,
                      employment$4.department_id AS employment$department_id,
                      employment$4.job_role_id AS employment$job_role_id,
                      employment$4.title AS employment$title,
                      employment$4.location AS employment$location,
                      employment$4.work AS employment$work,
                      employment$4.engagement AS employment$engagement,
                      employment$4.manager_ref AS employment$manager_ref,
                      employment$4.department_ref AS employment$department_ref,
                      employment$4.job_role_ref AS employment$job_role_ref,
                      employment$4.recorded_at AS employment$recorded_at,
                      employment$4.ended_because AS employment$ended_because
                    FROM employee AS employee$2
                    LEFT OUTER JOIN employment AS employment$2 ON employment$2.employee_id = employee$2.id
                      AND (employment$2.valid @> $1::DATE)
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
                    WHERE employee$2.erased_at IS NULL
                      AND (employment$2.title ILIKE $4::VARCHAR OR (EXISTS(
                        SELECT 1
                        FROM department AS department$1
                        WHERE department$1.id = employment$2.department_id
                          AND department$1.name = $5::VARCHAR
                      )) AND (EXISTS(
                        SELECT 1
                        FROM employee AS employee$3
                        WHERE employee$3.id = employment$2.manager_id
                          AND (employee$3.given_name = $6::VARCHAR) IS NOT true
                      )) IS NOT true)
                      AND (CASE WHEN (employment$4.id IS NOT NULL) THEN employment$4.work WHEN (EXISTS(
                        SELECT 1
                        FROM employment AS employment_1
                        WHERE employment_1.employee_id = employee$2.id
                          AND lower(employment_1.valid) > $1::DATE
                      )) THEN 'PREHIRE' ELSE 'TERMINATED' END = ANY ($7::TEXT[])) IS NOT true
                      AND (EXISTS(
                        SELECT 1
                        FROM employee AS employee$4
                        WHERE employee$4.id = employment$2.manager_id
                          AND true
                      ))
                    ORDER BY employee$2.id ASC
                    LIMIT 50
                  ) AS page$2
              ) AS item$2
            JOIN LATERAL (
                SELECT item$2."0$" AS "givenName",
                  item$2."1$" AS title
              ) AS node$2 ON true
            ORDER BY item$2.order$0 ASC
          )) AS nodes
      ) AS employees$2
  )) AS root$1,
  to_json((
    SELECT employees$3
    FROM LATERAL (
        SELECT array((
            SELECT node$3
            FROM LATERAL (
                SELECT page$3.given_name AS "0$",
                  page$3.order$0 AS order$0
                FROM LATERAL (
                    SELECT employee$5.id AS id,
                      employee$5.given_name AS given_name,
                      employee$5.family_name AS family_name,
                      employee$5.display_name AS display_name,
                      employee$5.email AS email,
                      employee$5.user_name AS user_name,
                      employee$5.user_name_key AS user_name_key,
                      employee$5.phone AS phone,
                      employee$5.number AS number,
                      employee$5.locale AS locale,
                      employee$5.time_zone AS time_zone,
                      employee$5.source AS source,
                      employee$5.external_id AS external_id,
                      employee$5.attributes AS attributes,
                      employee$5.kept_locally AS kept_locally,
                      employee$5.created_at AS created_at,
                      employee$5.changed_at AS changed_at,
                      employee$5.removed_at AS removed_at,
                      employee$5.erased_at AS erased_at,
                      employee$5.id AS order$0,
                      employment$6.id AS employment$id,
                      employment$6.employee_id AS employment$employee_id,
                      employment$6.valid AS employment$valid,
                      employment$6.manager_id AS employment$manager_id,
                      employment$6.department_id AS employment$department_id,
                      employment$6.job_role_id AS employment$job_role_id,
                      employment$6.title AS employment$title,
                      employment$6.location AS employment$location,
                      employment$6.work AS employment$work,
                      employment$6.engagement AS employment$engagement,
                      employment$6.manager_ref AS employment$manager_ref,
                      employment$6.department_ref AS employment$department_ref,
                      employment$6.job_role_ref AS employment$job_role_ref,
                      employment$6.recorded_at AS employment$recorded_at,
                      employment$6.ended_because AS employment$ended_because
                    FROM employee AS employee$5
                    LEFT OUTER JOIN LATERAL (
                        SELECT employment$5.id AS id,
                          employment$5.employee_id AS employee_id,
                          employment$5.valid AS valid,
                          employment$5.manager_id AS manager_id,
                          employment$5.department_id AS department_id,
                          employment$5.job_role_id AS job_role_id,
                          employment$5.title AS title,
                          employment$5.location AS location,
                          employment$5.work AS work,
                          employment$5.engagement AS engagement,
                          employment$5.manager_ref AS manager_ref,
                          employment$5.department_ref AS department_ref,
                          employment$5.job_role_ref AS job_role_ref,
                          employment$5.recorded_at AS recorded_at,
                          employment$5.ended_because AS ended_because
                        FROM employment AS employment$5
                        WHERE employment$5.employee_id = employee$5.id
                          AND (employment$5.valid @> $1::DATE)
                        LIMIT 1
                      ) AS employment$6 ON true
                    LEFT OUTER JOIN employment AS employment$7 ON employment$7.employee_id = employee$5.id
                      AND (employment$7.valid @> $1::DATE)
                    WHERE employee$5.erased_at IS NULL
                      AND CASE WHEN (employment$6.id IS NOT NULL) THEN employment$6.work WHEN (EXISTS(
                        SELECT 1
                        FROM employment AS employment_2
                        WHERE employment_2.employee_id = employee$5.id
                          AND lower(employment_2.valid) > $1::DATE
                      )) THEN 'PREHIRE' ELSE 'TERMINATED' END = ANY ($8::TEXT[])
                      AND NOT (EXISTS(
                        SELECT 1
                        FROM employee AS employee$6
                        WHERE employee$6.id = employment$7.manager_id
                          AND true
                      ))
                    ORDER BY employee$5.id ASC
                    LIMIT 50
                  ) AS page$3
              ) AS item$3
            JOIN LATERAL (
                SELECT item$3."0$" AS "givenName"
              ) AS node$3 ON true
            ORDER BY item$3.order$0 ASC
          )) AS nodes
      ) AS employees$3
  )) AS root$2
