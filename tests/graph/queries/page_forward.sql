SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        WITH page$1 AS (
            SELECT employee$1.display_name AS display_name,
              employee$1.display_name AS order$0,
              employee$1.id AS order$1
            FROM employee AS employee$1
            WHERE employee$1.erased_at IS NULL
              AND (employee$1.display_name, employee$1.id) > ($1::VARCHAR, $2::UUID)
            ORDER BY employee$1.display_name ASC,
              employee$1.id ASC
            LIMIT 2 + 1
          )
        SELECT array((
            SELECT edge$1
            FROM LATERAL (
                SELECT row$1.display_name AS "0$",
                  translate(encode(convert_to(CAST(json_build_array('6eaf1fa6', row$1.order$0, row$1.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS "1$",
                  row$1.order$0 AS order$0,
                  row$1.order$1 AS order$1
                FROM page$1 AS row$1
                ORDER BY row$1.order$0 ASC,
                  row$1.order$1 ASC
                LIMIT 2
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS "displayName"
              ) AS node$1 ON true
            JOIN LATERAL (
                SELECT item$1."1$" AS cursor,
                  node$1 AS node
              ) AS edge$1 ON true
            ORDER BY item$1.order$0 ASC,
              item$1.order$1 ASC
          )) AS edges,
          (
            SELECT info$1
            FROM LATERAL (
                SELECT (
                    SELECT count(*) AS count_1
                    FROM page$1 AS row$2
                  ) > 2 AS "hasNextPage",
                  EXISTS(
                    SELECT 1
                    FROM employee AS employee$2
                    WHERE employee$2.erased_at IS NULL
                      AND ((employee$2.display_name, employee$2.id) > ($1::VARCHAR, $2::UUID)) IS NOT true
                  ) AS "hasPreviousPage",
                  (
                    SELECT translate(encode(convert_to(CAST(json_build_array('6eaf1fa6', edge$2.order$0, edge$2.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS translate_1
                    FROM (
                        SELECT item$2.order$0 AS order$0,
                          item$2.order$1 AS order$1
                        FROM LATERAL (
                            SELECT row$3.order$0 AS order$0,
                              row$3.order$1 AS order$1
                            FROM page$1 AS row$3
                            ORDER BY row$3.order$0 ASC,
                              row$3.order$1 ASC
                            LIMIT 2
                          ) AS item$2
                        ORDER BY item$2.order$0 ASC,
                          item$2.order$1 ASC
                        LIMIT 1
                      ) AS edge$2
                  ) AS "startCursor",
                  (
                    SELECT translate(encode(convert_to(CAST(json_build_array('6eaf1fa6', edge$3.order$0, edge$3.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS translate_2
                    FROM (
                        SELECT item$3.order$0 AS order$0,
                          item$3.order$1 AS order$1
                        FROM LATERAL (
                            SELECT row$4.order$0 AS order$0,
                              row$4.order$1 AS order$1
                            FROM page$1 AS row$4
                            ORDER BY row$4.order$0 ASC,
                              row$4.order$1 ASC
                            LIMIT 2
                          ) AS item$3
                        ORDER BY item$3.order$0 DESC,
                          item$3.order$1 DESC
                        LIMIT 1
                      ) AS edge$3
                  ) AS "endCursor"
              ) AS info$1
          ) AS "pageInfo",
          (
            SELECT count(*) AS count_2
            FROM employee AS employee$3
            WHERE employee$3.erased_at IS NULL
          ) AS "totalCount"
      ) AS employees$1
  )) AS root$0
