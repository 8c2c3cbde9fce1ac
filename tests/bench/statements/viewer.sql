select row_to_json(x) from (
  select (select v from (select (select n from (
    select 'Employee:' || e.id as id, e.display_name as "displayName", w.title
    from employee e left join employment w on w.employee_id = e.id and w.valid @> current_date
    where e.id = me.employee_id) n) as employee) v) as viewer
  from me) x
