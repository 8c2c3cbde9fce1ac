SELECT to_json((
    SELECT employees$1
    FROM LATERAL (
        WITH page$1 AS (
            SELECT employee$1.display_name AS display_name,
              employee$1.display_name AS order$0,
              employee$1.id AS order$1
            FROM employee AS employee$1
            WHERE employee$1.erased_at IS NULL
              AND (employee$1.display_name > $1::VARCHAR OR employee$1.display_name = $1::VARCHAR AND employee$1.id < $2::UUID)
            ORDER BY employee$1.display_name ASC,
              employee$1.id DESC
            LIMIT 2 + 1
          )
        SELECT array((
            SELECT node$1
            FROM LATERAL (
                SELECT row$1.display_name AS "0$",
                  row$1.order$0 AS order$0,
                  row$1.order$1 AS order$1
                FROM page$1 AS row$1
                ORDER BY row$1.order$0 ASC,
                  row$1.order$1 DESC
                LIMIT 2
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS "displayName"
              ) AS node$1 ON true
            ORDER BY item$1.order$0 DESC,
              item$1.order$1 ASC
          )) AS nodes,
          (
            SELECT info$1
            FROM LATERAL (
                SELECT EXISTS(
                    SELECT 1
                    FROM employee AS employee$2
                    WHERE employee$2.erased_at IS NULL
                      AND (employee$2.display_name > $1::VARCHAR OR employee$2.display_name = $1::VARCHAR AND employee$2.id < $2::UUID) IS NOT true
                  ) AS "hasNextPage",
                  (
                    SELECT count(*) AS count_1
                    FROM page$1 AS row$2
                  ) > 2 AS "hasPreviousPage",
                  (
                    SELECT translate(encode(convert_to(CAST(json_build_array('e1efea06', edge$1.order$0, edge$1.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS translate_1
                    FROM (
                        SELECT item$2.order$0 AS order$0,
                          item$2.order$1 AS order$1
                        FROM LATERAL (
                            SELECT row$3.order$0 AS order$0,
                              row$3.order$1 AS order$1
                            FROM page$1 AS row$3
                            ORDER BY row$3.order$0 ASC,
                              row$3.order$1 DESC
                            LIMIT 2
                          ) AS item$2
                        ORDER BY item$2.order$0 DESC,
                          item$2.order$1 ASC
                        LIMIT 1
                      ) AS edge$1
                  ) AS "startCursor",
                  (
                    SELECT translate(encode(convert_to(CAST(json_build_array('e1efea06', edge$2.order$0, edge$2.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS translate_2
                    FROM (
                        SELECT item$3.order$0 AS order$0,
                          item$3.order$1 AS order$1
                        FROM LATERAL (
                            SELECT row$4.order$0 AS order$0,
                              row$4.order$1 AS order$1
                            FROM page$1 AS row$4
                            ORDER BY row$4.order$0 ASC,
                              row$4.order$1 DESC
                            LIMIT 2
                          ) AS item$3
                        ORDER BY item$3.order$0 ASC,
                          item$3.order$1 DESC
                        LIMIT 1
                      ) AS edge$2
                  ) AS "endCursor"
              ) AS info$1
          ) AS "pageInfo"
      ) AS employees$1
  )) AS root$0
