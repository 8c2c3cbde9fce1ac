SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        SELECT array((
            SELECT node$1
            FROM LATERAL (
                SELECT employment$2.title AS "0$",
                  employment$2.location AS "1$",
                  page$1.given_name AS "2$",
                  page$1.order$0 AS order$0,
                  page$1.order$1 AS order$1,
                  page$1.order$2 AS order$2,
                  page$1.order$3 AS order$3
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
                      employment$1.location AS order$0,
                      CASE WHEN (employment$1.id IS NOT NULL) THEN employment$1.work WHEN (EXISTS(
                        SELECT 1
                        FROM employment AS employment_1
                        WHERE employment_1.employee_id = employee$1.id
                          AND lower(employment_1.valid) > $1::DATE
                      )) THEN 'PREHIRE' ELSE 'TERMINATED' END AS order$1,
                      employee$1.given_name AS order$2,
                      employee$1.id AS order$3
                    FROM employee AS employee$1
                    LEFT OUTER JOIN employment AS employment$1 ON employment$1.employee_id = employee$1.id
                      AND (employment$1.valid @> $1::DATE)
                    WHERE employee$1.erased_at IS NULL
                    ORDER BY employment$1.location DESC,
                      CASE WHEN (employment$1.id IS NOT NULL) THEN employment$1.work WHEN (EXISTS(
                        SELECT 1
                        FROM employment AS employment_1
                        WHERE employment_1.employee_id = employee$1.id
                          AND lower(employment_1.valid) > $1::DATE
                      )) THEN 'PREHIRE' ELSE 'TERMINATED' END ASC,
                      employee$1.given_name DESC,
                      employee$1.id ASC
                    LIMIT 50
                  ) AS page$1
                LEFT OUTER JOIN employment AS employment$2 ON employment$2.employee_id = page$1.id
                  AND (employment$2.valid @> $1::DATE)
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS title,
                  item$1."1$" AS location,
                  item$1."2$" AS "givenName"
              ) AS node$1 ON true
            ORDER BY item$1.order$0 DESC,
              item$1.order$1 ASC,
              item$1.order$2 DESC,
              item$1.order$3 ASC
          )) AS nodes
      ) AS employees$1
  )) AS root$0,
  to_json((
    SELECT employees$2
    FROM LATERAL (
        WITH page$2 AS (
            SELECT employee$2.id AS id,
              employee$2.given_name AS given_name,
              employment$3.title AS order$0,
              employee$2.given_name AS order$1,
              employee$2.id AS order$2
            FROM employee AS employee$2
            LEFT OUTER JOIN employment AS employment$3 ON employment$3.employee_id = employee$2.id
              AND (employment$3.valid @> $1::DATE)
            WHERE employee$2.erased_at IS NULL
            ORDER BY employment$3.title DESC,
              employee$2.given_name ASC,
              employee$2.id ASC
            LIMIT 3 + 1
          )
        SELECT array((
            SELECT node$2
            FROM LATERAL (
                SELECT employment$4.title AS "0$",
                  row$1.given_name AS "1$",
                  row$1.order$0 AS order$0,
                  row$1.order$1 AS order$1,
                  row$1.order$2 AS order$2
                FROM page$2 AS row$1
                LEFT OUTER JOIN employment AS employment$4 ON employment$4.employee_id = row$1.id
                  AND (employment$4.valid @> $1::DATE)
                ORDER BY row$1.order$0 DESC,
                  row$1.order$1 ASC,
                  row$1.order$2 ASC
                LIMIT 3
              ) AS item$2
            JOIN LATERAL (
                SELECT item$2."0$" AS title,
                  item$2."1$" AS "givenName"
              ) AS node$2 ON true
            ORDER BY item$2.order$0 DESC,
              item$2.order$1 ASC,
              item$2.order$2 ASC
          )) AS nodes,
          (
            SELECT info$1
            FROM LATERAL (
                SELECT (
                    SELECT translate(encode(convert_to(CAST(json_build_array('f55d2511', edge$1.order$0, edge$1.order$1, edge$1.order$2) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS translate_1
                    FROM (
                        SELECT item$3.order$0 AS order$0,
                          item$3.order$1 AS order$1,
                          item$3.order$2 AS order$2
                        FROM LATERAL (
                            SELECT row$2.order$0 AS order$0,
                              row$2.order$1 AS order$1,
                              row$2.order$2 AS order$2
                            FROM page$2 AS row$2
                            ORDER BY row$2.order$0 DESC,
                              row$2.order$1 ASC,
                              row$2.order$2 ASC
                            LIMIT 3
                          ) AS item$3
                        ORDER BY item$3.order$0 ASC,
                          item$3.order$1 DESC,
                          item$3.order$2 DESC
                        LIMIT 1
                      ) AS edge$1
                  ) AS "endCursor"
              ) AS info$1
          ) AS "pageInfo"
      ) AS employees$2
  )) AS root$1
