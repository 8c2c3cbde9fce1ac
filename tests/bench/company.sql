-- The bench company, in numbers: everybody has one, and what is true of them follows from it. :people, :skills and
-- :day are put in as they are.
--
-- Person n reports to person (n - 1) / 7, which makes a tree six deep. Fifty neighbours are a team; two teams that
-- are neighbours are of one family, whose five job roles ask for twelve skills each: five of them in common, forty in all.

create schema recipe;

-- Random numbers that follow from what they are for, from 0 to 1.
create function recipe.r(salt text, n bigint) returns float8 immutable parallel safe language sql
  return (hashtextextended(salt, n) & 2147483647) / 2147483648.0;

-- The version 7 UUID of an instant.
create function recipe.key(kind text, n bigint, at timestamptz) returns uuid immutable parallel safe language sql
  return (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(kind || n), 1, 3) || '8' || substr(md5(kind || n), 4, 15))::uuid;

create temp table given as
select ordinality - 1 as n, name from string_to_table(
  'Ada Ben Cleo Dan Eva Finn Grace Hugo Ines Jan Kim Lea Max Nora Omar Pia Quinn Rosa Sami Tess Uma Viktor Wen '
  'Xenia Yara Zoe Aisha Bilal Chen Dilnoza Emre Fatima Goran Hana Ivan Jomo Keiko Luis Mei Noor',
  ' ') with ordinality as u(name, ordinality);

create temp table family as
select ordinality - 1 as n, name from string_to_table(
  'Abe Almeida Bauer Bianchi Carter Chen Costa Diaz Dubois Eriksson Fischer Fofana Garcia Gruber Haddad Hansen Ito '
  'Ivanova Jansen Jung Kaya Khan Kim Kowalski Larsen Lopez Maier Mbeki Moreau Nakamura Nguyen Novak Okafor Olsen '
  'Park Patel Peeters Petrov Quispe Rossi Roth Sato Schmidt Silva Singh Smith Svensson Tanaka Torres Ueda Usman '
  'Vogel Wagner Wang Weber Wolf Yilmaz Zhang Ziegler',
  ' ') with ordinality as u(name, ordinality);

-- One in a hundred has left, one in two hundred will start, one in fifty is away; who manages somebody stays.
create temp table person as
select *, key('employee', n, hired + interval '8 hours' + n * interval '1 ms') as id,
  case state when 'to come' then :day + 20 else hired end as starts
from (
  select n, case when n > 0 then (n - 1) / 7 end as boss, n / 50 as team, n / 100 % 20 as family, n % 5 as role,
    case when 7 * n + 1 < :people then 'at work' when r('state', n) < 0.010 then 'left'
      when r('state', n) < 0.015 then 'to come' when r('state', n) < 0.035 then 'away' else 'at work' end as state,
    :day - case when r('new', n) < 0.03 then 30 + (r('hired', n) * 335)::int
      else 400 + (r('hired', n) * 2600)::int end as hired
  from generate_series(0, :people - 1) n
) numbered;
create unique index on person (n);
analyze person;

insert into department (id, name, source, external_id)
select key('department', n, :day - interval '10 years'), case n when 0 then 'Company' else 'Department ' || n end,
  'bench', n::text
from generate_series(0, 79) n;

insert into department_place (id, department_id, parent_id, valid)
select key('place', n, :day - interval '10 years'), key('department', n, :day - interval '10 years'),
  key('department', (n - 1) / 6, :day - interval '10 years'), daterange(null, null)
from generate_series(1, 79) n;

insert into department_line (above_id, department_id, depth, valid)
with recursive up (above_id, department_id, depth) as (
  select parent_id, department_id, 1 from department_place
  union all
  select place.parent_id, up.department_id, depth + 1
  from up join department_place place on place.department_id = up.above_id
)
select above_id, department_id, depth, daterange(null, null) from up;

insert into employee (id, given_name, family_name, display_name, email, number, locale, time_zone, source, external_id,
  attributes, kept_locally, created_at, changed_at)
select person.id, given.name, family.name, given.name || ' ' || family.name,
  lower(given.name || '.' || family.name || '.' || person.n || '@example.com'), 'N' || person.n,
  (array['en', 'en', 'de', 'es', 'fr', 'ja'])[1 + person.n % 6],
  (array['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo'])[1 + person.n % 4],
  'bench', person.n::text, '{}', '{}', person.starts, person.starts
from person
join given on given.n = (r('given', person.n) * 40)::int % 40
join family on family.n = (r('family', person.n) * 59)::int % 59
order by person.id;

insert into job_role (id, code, name, description)
select key('role', n, :day - interval '9 years'), 'role-' || n,
  (array['Analyst', 'Engineer', 'Designer', 'Consultant', 'Lead'])[1 + n % 5] || ' ' || chr(65 + n / 5),
  'Works in family ' || n / 5
from generate_series(0, 99) n;

insert into team (id, name, lead_id, source, external_id, changed_at)
select key('team', t, :day - interval '8 years'), 'Team ' || lpad(t::text, 3, '0'), lead.id, 'bench', t::text, :day
from generate_series(0, :people / 50 - 1) t join person lead on lead.n = greatest(0, (t * 50 - 1) / 7);

-- Everybody's positions, up to three, of which the last goes on; before, under another manager, in another role.
insert into employment (id, employee_id, valid, manager_id, department_id, job_role_id, title, location, work,
  engagement, recorded_at)
select key('employment' || k, person.n, since + interval '9 hours'), person.id, daterange(since, until), boss.id,
  key('department', 1 + (person.team + stints - 1 - k) % 79, :day - interval '10 years'),
  key('role', person.family * 5 + (person.role + stints - 1 - k) % 5, :day - interval '9 years'),
  (array['Junior ', '', 'Senior '])[1 + k]
    || (array['Analyst', 'Engineer', 'Designer', 'Consultant', 'Lead'])[1 + person.role],
  (array['Berlin', 'Lisbon', 'Boston', 'Osaka', 'Pune'])[1 + person.team % 5],
  case when person.state = 'away' and k = stints - 1 then 'ON_LEAVE' else 'ACTIVE' end, 'EMPLOYEE', since
from (
  select n, k, stints, starts + k * tenure / stints as since,
    case when k < stints - 1 then starts + (k + 1) * tenure / stints
      when state = 'left' then :day - (r('left', n) * 25)::int end as until
  from (
    select n, state, starts, greatest(1, :day - starts - 26) as tenure,
      case when :day - starts < 500 then 1 else 1 + (r('stints', n) * 3)::int % 3 end as stints
    from person) tenured
  cross join lateral generate_series(0, stints - 1) k
) stint
join person using (n)
left join person boss on boss.n = case
  when person.n = 0 then null when k = stints - 1 then person.boss else greatest(0, person.boss - 1 - k) end
where boss.n is null or boss.n <> person.n
order by 1;
analyze employment;

-- One in eight changed places in the last year, with the person of the same number in the team beside.
insert into team_membership (id, team_id, employee_id, valid)
with pair as (
  select *, n % 50 + 50 * (team / 2) as pair from person
), member as (
  select *, case when r('moves', pair) < 0.12
    then (:day - (30 + r('moved', pair) * 310)::int)::timestamptz end as moved
  from pair
), membership as (
  select n, id, team as place, 'now' as period, tstzrange(case when starts < moved then moved else starts end,
    case when state = 'left' then :day::timestamptz - interval '26 days' end) as valid
  from member
  union all
  select n, id, team # 1, 'then', tstzrange(starts, moved) from member where starts < moved
)
select key('member' || period, n, lower(valid)), key('team', place, :day - interval '8 years'), id, valid
from membership where not isempty(valid)
order by 1;

insert into framework (id, name, version, publisher)
values (key('framework', 0, :day - interval '9 years'), 'Bench', '1', 'The bench');

insert into proficiency_level (id, level, name, descriptor)
select key('level', n, :day - interval '9 years'), n,
  (array['None', 'Aware', 'Guided', 'Independent', 'Advanced', 'Expert'])[n + 1], 'Level ' || n
from generate_series(0, 5) n;

insert into skill (id, framework_id, code, name, description, aliases, retired_here)
select key('skill', n, :day - interval '9 years'), key('framework', 0, :day - interval '9 years'), 'skill-' || n,
  (array['Analysis', 'Design', 'Planning', 'Testing', 'Writing', 'Review'])[1 + n % 6] || ' of '
    || (array['data', 'systems', 'markets', 'teams', 'risk', 'care', 'energy'])[1 + n % 7] || ' ' || n,
  'What somebody does who is good at it, in a sentence of about this length.', '{}', false
from generate_series(0, :skills - 1) n;

insert into role_skill (id, job_role_id, skill_id, level, weight, must_have, valid)
select key('required', role * 100 + k, :day - interval '9 years'), key('role', role, :day - interval '9 years'),
  key('skill', (role / 5 * 15 + case when k < 5 then k else role % 5 * 7 + k end) % :skills,
    :day - interval '9 years'),
  2 + (r('level', role * 100 + k) * 3)::int % 3, 1 + (r('weight', role * 100 + k) * 5)::int % 5, k < 4,
  tstzrange(:day - interval '9 years', null)
from generate_series(0, 99) role, generate_series(0, 11) k;

-- Thirty pieces of evidence each, more for one and as many less for the next. Of the skills, three in four are among
-- the forty of one's team. The first few were at a lower level before, which is what the later evidence superseded.
insert into evidence (id, employee_id, skill_id, level, source, valid, asserted_by_id, recorded_at, note, withdrawn_at,
  withdrawn_by_id, withdrawn_reason)
with amount as (
  select person.*, 21 + way * (r('current', n / 2) * 12)::int as current, 9 + way * (r('before', n / 2) * 6)::int as before,
    least(starts, :day - 10) as from_day
  from (select *, case when n % 2 = 0 then 1 else -1 end as way from person) person
), held as (
  select n, id, boss, i, i < before as renewed, n * 64 + i as fact, from_day,
    case when i % 4 < 3 then family * 15 + (n + 7 * i) % 40
      else family * 15 + 40 + (n * 11 + 7 * i) % 260 end % :skills as skill,
    least(5, 1 + (r('level', n * 64 + i) * 5)::int) as level,
    from_day + ((0.2 + 0.8 * r('since', n * 64 + i)) * (:day - from_day))::int as since
  from amount cross join lateral generate_series(0, current - 1) i
), stated as (
  select n, id, boss, i, fact, skill, 'now' as period, level, since::timestamptz as begins,
    case when r('ends', fact) < 0.2 then (:day + 90 + (r('until', fact) * 900)::int)::timestamptz end as ends
  from held
  union all
  select n, id, boss, i, fact, skill, 'then', greatest(0, level - 1),
    least(from_day, since - 1)::timestamptz, since::timestamptz
  from held where renewed
), sourced as (
  select *, period = 'then' and r('mistake', fact) < 0.01 as mistaken,
    (array['SELF', 'SELF', 'SELF', 'PEER', 'MANAGER', 'MANAGER', 'MANAGER', 'ASSESSMENT', 'CREDENTIAL', 'IMPORT'])
      [1 + (r('source', fact) * 10)::int % 10] as source
  from stated
)
select key('evidence' || period, fact, begins + i * interval '1 minute'), sourced.id,
  key('skill', skill, :day - interval '9 years'), level, source, tstzrange(begins, ends),
  case when source = 'SELF' then sourced.id when source in ('MANAGER', 'PEER') then boss.id end,
  begins + i * interval '1 minute',
  case when r('note', fact) < 0.3 then 'What was seen that speaks for this level, in a sentence.' end,
  case when mistaken then ends end, case when mistaken then boss.id end,
  case when mistaken then 'entered for the wrong person' end
from sourced left join person boss on boss.n = sourced.boss
order by 1;

drop schema recipe cascade;
