SELECT to_json(CAST('Query' AS TEXT)) AS root$0,
  to_json((
    SELECT to_json("Employee$1") AS to_json_1
    FROM LATERAL (
        SELECT 'Employee' AS __typename
        FROM employee AS employee$1
        WHERE employee$1.id = $1::UUID
      ) AS "Employee$1"
  )) AS root$1,
  to_json((
    SELECT teams$1
    FROM LATERAL (
        WITH page$1 AS (
            SELECT team$1.lead_id AS lead_id,
              team$1.name AS order$0,
              team$1.id AS order$1
            FROM team AS team$1
            WHERE true
            ORDER BY team$1.name ASC,
              team$1.id ASC
            LIMIT 1 + 1
          )
        SELECT 'TeamConnection' AS __typename,
          array((
            SELECT edge$1
            FROM LATERAL (
                SELECT 'Team' AS "0$",
                  lead$1 AS "1$",
                  translate(encode(convert_to(CAST(json_build_array('5b274baf', row$1.order$0, row$1.order$1) AS TEXT), 'UTF8'), 'base64'), E'+/=\n', '-_') AS "2$",
                  row$1.order$0 AS order$0,
                  row$1.order$1 AS order$1
                FROM page$1 AS row$1
                LEFT OUTER JOIN LATERAL (
                    SELECT 'Employee' AS __typename
                    FROM employee AS employee$2
                    WHERE employee$2.id = row$1.lead_id
                  ) AS lead$1 ON true
                ORDER BY row$1.order$0 ASC,
                  row$1.order$1 ASC
                LIMIT 1
              ) AS item$1
            JOIN LATERAL (
                SELECT item$1."0$" AS __typename,
                  item$1."1$" AS lead
              ) AS node$1 ON true
            JOIN LATERAL (
                SELECT 'TeamEdge' AS __typename,
                  node$1 AS node
              ) AS edge$1 ON true
            ORDER BY item$1.order$0 ASC,
              item$1.order$1 ASC
          )) AS edges,
          (
            SELECT info$1
            FROM LATERAL (
                SELECT 'PageInfo' AS __typename
              ) AS info$1
          ) AS "pageInfo"
      ) AS teams$1
  )) AS root$2
