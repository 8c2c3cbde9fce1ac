select row_to_json(x) from (
  select (select n from (
    select 'Employee:' || e.id as id, e.display_name as "displayName", case when SEES(e.id) then e.email end as email,
      w.title, w.location,
      (select k from (select 'Department:' || d.id as id, d.name where d.id is not null) k) as department,
      (select k from (
        select 'Employee:' || m.id as id, m.display_name as "displayName" where m.id is not null) k) as manager,
      (select k from (select 'JobRole:' || j.id as id, j.name where j.id is not null) k) as "jobRole",
      (select k from (select array(select l from (
        select (select s from (select 'Skill:' || skill.id as id, skill.name) s) as skill, h.level,
          h.sure as "isVerified"
        from (
          select v.skill_id,
            coalesce(max(v.level) filter (where v.source not in ('SELF', 'PEER')), max(v.level)) as level,
            max(v.level) filter (where v.source not in ('SELF', 'PEER')) is not null as sure
          from evidence v
          where v.employee_id = e.id and v.withdrawn_at is null and v.valid @> now() and SEES(e.id)
          group by v.skill_id order by v.skill_id limit 50
        ) h join skill on skill.id = h.skill_id
        order by h.skill_id) l) as nodes) k) as levels
    from employee e
    left join employment w on w.employee_id = e.id and w.valid @> current_date
    left join department d on d.id = w.department_id
    left join employee m on m.id = w.manager_id
    left join job_role j on j.id = w.job_role_id
    where e.id = $2::uuid) n) as employee
  from me) x
