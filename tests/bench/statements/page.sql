, page as materialized (select e.id, e.display_name from employee e order by e.id limit 51)
select row_to_json(x) from (
  select (select q from (select
    array(select n from (
      select 'Employee:' || p.id as id, p.display_name as "displayName", w.title,
        (select k from (select 'Department:' || d.id as id, d.name where d.id is not null) k) as department,
        (select k from (
          select 'Employee:' || m.id as id, m.display_name as "displayName" where m.id is not null) k) as manager,
        (select k from (select 'JobRole:' || j.id as id, j.name where j.id is not null) k) as "jobRole"
      from (select * from page order by id limit 50) p
      left join employment w on w.employee_id = p.id and w.valid @> current_date
      left join department d on d.id = w.department_id
      left join employee m on m.id = w.manager_id
      left join job_role j on j.id = w.job_role_id
      order by p.id) n) as nodes,
    (select k from (select (select count(*) from page) > 50 as "hasNextPage",
      (select p.id from page p order by p.id offset 49 limit 1) as "endCursor") k) as "pageInfo"
  ) q) as employees
  from me) x
