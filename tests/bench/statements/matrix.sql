-- The full joins make it hash, where the planner expects one row and would compare every cell with all of a person's.
, member as materialized (
  select m.employee_id, w.job_role_id, w.title
  from team_membership m
  left join employment w on w.employee_id = m.employee_id and w.valid @> DAY
    and (w.valid @> current_date or SEES(w.employee_id)) -- not today
  where m.team_id = $2::uuid and m.valid @> AT
    and (m.valid @> now() or SEES(m.employee_id)) -- not today
), asked as materialized (
  select r.job_role_id, r.skill_id, r.level
  from (select distinct job_role_id from member) m
  join role_skill r on r.job_role_id = m.job_role_id and r.valid @> AT
), shown as materialized (
  select s.id, s.name, row_number() over (order by s.name, s.id) as place
  from (select distinct skill_id from asked) a join skill s on s.id = a.skill_id
)
select row_to_json(x) from (
  select (select q from (select
    array(select c from (
      select (select k from (select 'Skill:' || s.id as id, s.name) k) as skill from shown s order by s.place
    ) c) as columns,
    array(select r from (
      select (select k from (
          select 'Employee:' || e.id as id, e.display_name as "displayName", m.title) k) as employee,
        (select k from (select 'JobRole:' || j.id as id, j.name where j.id is not null) k) as "jobRole",
        array(select c from (
          select h.level, coalesce(h.sure, false) as "isVerified", a.level as required,
            case when a.level is not null then greatest(a.level - coalesce(h.level, 0), 0) end as gap
          from shown s
          full join (
            select v.skill_id,
              coalesce(max(v.level) filter (where v.source not in ('SELF', 'PEER')), max(v.level)) as level,
              max(v.level) filter (where v.source not in ('SELF', 'PEER')) is not null as sure
            from evidence v
            where v.employee_id = m.employee_id and v.withdrawn_at is null and v.valid @> AT
              and (SEES(m.employee_id) or v.source not in ('SELF', 'PEER') and DAY = current_date
                and exists (select from policy where teammates_see_levels) and TEAMMATE(m.employee_id))
            group by v.skill_id
          ) h on h.skill_id = s.id
          full join (select a.skill_id, a.level from asked a where a.job_role_id = m.job_role_id) a
            on a.skill_id = s.id
          where coalesce(s.place, 0) > 0
          order by s.place) c) as cells
      from member m join employee e on e.id = m.employee_id left join job_role j on j.id = m.job_role_id
      order by e.display_name, e.id) r) as rows
  ) q) as "teamMatrix"
  from me) x
