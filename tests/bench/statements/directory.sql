-- The list is walked by its index; what somebody does is looked up in turn, and goes along.
, page as materialized (
  select e.id, e.display_name, w.title, w.department_id
  from employee e
  cross join lateral (
    select w.title, w.department_id, w.work from employment w
    where w.employee_id = e.id and w.valid @> current_date limit 1) w
  where w.work = 'ACTIVE' and e.erased_at is null and PLACE
  order by e.display_name, e.id limit 51)
select row_to_json(x) from (
  select (select q from (select
    array(select n from (
      select 'Employee:' || p.id as id, p.display_name as "displayName", p.title,
        (select k from (select 'Department:' || d.id as id, d.name where d.id is not null) k) as department
      from (select * from page order by display_name, id limit 50) p left join department d on d.id = p.department_id
      order by p.display_name, p.id) n) as nodes,
    (select k from (select (select count(*) from page) > 50 as "hasNextPage",
      (select translate(encode(convert_to(json_build_array(p.display_name, p.id)::text, 'UTF8'), 'base64'),
        E'+/\n', '-_')
       from (select * from page order by display_name, id offset 49 limit 1) p) as "endCursor") k) as "pageInfo"
  ) q) as employees
  from me) x
