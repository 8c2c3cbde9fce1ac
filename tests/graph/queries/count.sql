SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        SELECT (
            SELECT count(*) AS count_1
            FROM employee AS employee$1
            LEFT OUTER JOIN employment AS employment$1 ON employment$1.employee_id = employee$1.id
              AND (employment$1.valid @> $1::DATE)
            WHERE employee$1.erased_at IS NULL
              AND CASE WHEN (employment$1.id IS NOT NULL) THEN employment$1.work WHEN (EXISTS(
                SELECT 1
                FROM employment AS employment_1
                WHERE employment_1.employee_id = employee$1.id
                  AND lower(employment_1.valid) > $1::DATE
              )) THEN 'PREHIRE' ELSE 'TERMINATED' END = $2::VARCHAR
          ) AS "totalCount"
      ) AS employees$1
  )) AS root$0,
  to_json((
    SELECT audit_entries$1
    FROM LATERAL (
        SELECT (
            SELECT count(*) AS count_2
            FROM audit_entry AS audit_entry$1
            WHERE true
          ) AS "totalCount"
      ) AS audit_entries$1
  )) AS root$1
