-- Who asks, if the session whose key is $1 goes on; before each of the others.
with me as materialized (
  select s.employee_id from session s
  where s.key = $1 and s.ended_at is null and s.expires_at > now() and s.seen_at > now() - interval '2 hours'
    and exists (select from employment w where w.employee_id = s.employee_id and w.valid @> current_date and w.work in ('ACTIVE', 'ON_LEAVE'))
)
