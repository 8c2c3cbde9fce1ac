SELECT to_json((
    SELECT viewer$2
    FROM LATERAL (
        SELECT viewer$1.name AS name,
          employee$2 AS employee,
          viewer$1.roles AS roles,
          CAST(array[ 'MANAGE_ACCESS', 'READ_PEOPLE', 'WRITE_PEOPLE' ] AS TEXT[]) AS permissions,
          $1::TIMESTAMP
        WITH TIME ZONE AS "expiresAt",
          (
            SELECT sessions$1
            FROM LATERAL (
                SELECT array((
                    SELECT node$1
                    FROM LATERAL (
                        SELECT page$1.browser AS "0$",
                          page$1.ended_at IS NULL
                          AND page$1.expires_at > $2::TIMESTAMP
                        WITH TIME ZONE
                          AND page$1.seen_at > $2::TIMESTAMP
                        WITH TIME ZONE - interval '7200 seconds' AS "1$",
                          coalesce(page$1.key = $3::BYTEA, false) AS "2$",
                          page$1.order$0 AS order$0,
                          page$1.order$1 AS order$1
                        FROM LATERAL (
                            SELECT session$1.id AS id,
                              session$1.key AS key,
                              session$1.employee_id AS employee_id,
                              session$1.issuer AS issuer,
                              session$1.subject AS subject,
                              session$1.sid AS sid,
                              session$1.roles AS roles,
                              session$1.browser AS browser,
                              session$1.created_at AS created_at,
                              session$1.seen_at AS seen_at,
                              session$1.expires_at AS expires_at,
                              session$1.ended_at AS ended_at,
                              session$1.ending AS ending,
                              session$1.seen_at AS order$0,
                              session$1.id AS order$1
                            FROM session AS session$1
                            WHERE session$1.employee_id = viewer$1.employee_id
                            ORDER BY session$1.seen_at DESC,
                              session$1.id ASC
                            LIMIT 50
                          ) AS page$1
                      ) AS item$1
                    JOIN LATERAL (
                        SELECT item$1."0$" AS browser,
                          item$1."1$" AS "isLive",
                          item$1."2$" AS "isCurrent"
                      ) AS node$1 ON true
                    ORDER BY item$1.order$0 DESC,
                      item$1.order$1 ASC
                  )) AS nodes
              ) AS sessions$1
          ) AS sessions,
          (
            SELECT service_tokens$1
            FROM LATERAL (
                SELECT array((
                    SELECT node$2
                    FROM LATERAL (
                        SELECT page$2.name AS "0$",
                          page$2.permissions AS "1$",
                          page$2.order$0 AS order$0,
                          page$2.order$1 AS order$1
                        FROM LATERAL (
                            SELECT service_token$1.id AS id,
                              service_token$1.key AS key,
                              service_token$1.name AS name,
                              service_token$1.ending AS ending,
                              service_token$1.permissions AS permissions,
                              service_token$1.owner_id AS owner_id,
                              service_token$1.created_at AS created_at,
                              service_token$1.expires_at AS expires_at,
                              service_token$1.used_at AS used_at,
                              service_token$1.revoked_at AS revoked_at,
                              service_token$1.name AS order$0,
                              service_token$1.id AS order$1
                            FROM service_token AS service_token$1
                            WHERE service_token$1.owner_id = viewer$1.employee_id
                            ORDER BY service_token$1.name ASC,
                              service_token$1.id ASC
                            LIMIT 50
                          ) AS page$2
                      ) AS item$2
                    JOIN LATERAL (
                        SELECT item$2."0$" AS name,
                          item$2."1$" AS permissions
                      ) AS node$2 ON true
                    ORDER BY item$2.order$0 ASC,
                      item$2.order$1 ASC
                  )) AS nodes
              ) AS service_tokens$1
          ) AS "serviceTokens"
        FROM LATERAL (
            SELECT $4::UUID AS employee_id,
              $5::VARCHAR AS name,
              $6::TEXT[] AS roles
          ) AS viewer$1
        LEFT OUTER JOIN LATERAL (
            SELECT employee$1.given_name AS "givenName"
            FROM employee AS employee$1
            WHERE employee$1.id = viewer$1.employee_id
          ) AS employee$2 ON true
        WHERE true
      ) AS viewer$2
  )) AS root$0
