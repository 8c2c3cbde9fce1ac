"""Writing what a run has planned: set by set, in the transaction that applies it.

Somebody new is written from the staged line itself, with the id that the line has had from the beginning: so
managers stand in the rows as these are inserted, whoever comes first. Rows are left in the order of the
lines, which is that of their ids.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from cairn.access.viewer import Viewer
from cairn.hris.comparing import COLUMNS, Changes
from cairn.hris.intake import SECONDS, Noted
from cairn.hris.record import Problem
from cairn.hris.tables import SyncGravity, SyncKind, SyncRun
from cairn.people.histories import leave_teams
from cairn.people.tables import Department
from cairn.people.waiting import link

_EMPLOYEES = """
insert into employee (id, given_name, family_name, display_name, email, user_name, user_name_key, phone,
  number, locale, time_zone, source, external_id, attributes, kept_locally, created_at, changed_at)
select person_id, given, family,
  coalesce(nullif(record->>'displayName', ''), trim(given || ' ' || family)),
  email, case when user_name_key is not null then record->>'userName' end, user_name_key,
  record->>'phone', number, coalesce(record->>'locale', 'en'), coalesce(record->>'timeZone', 'UTC'),
  $1, external_id, '{}', '{}', $2, $2
from sync_record
cross join lateral (
  select coalesce(nullif(record->>'givenName', ''), record->>'displayName', '') as given,
    coalesce(record->>'familyName', '') as family
) name
where state = 'NEW'
"""
_EMPLOYMENTS = """
insert into employment (id, employee_id, valid, manager_id, department_id, job_role_id, title, location, work,
  engagement, manager_ref, department_ref, job_role_ref, recorded_at)
select p.person_id, p.person_id,
  daterange(coalesce((p.record->>'hiredOn')::date, $2), (p.record->>'lastDay')::date + 1),
  case when not p.is_loose then coalesce(m.person_id, e.id, boss.id) end, d.id, j.id,
  p.record->>'title', p.record->>'location',
  case when p.record->>'status' = 'ON_LEAVE' then 'ON_LEAVE' else 'ACTIVE' end,
  coalesce(p.record->>'engagement', 'EMPLOYEE'),
  case when not p.is_loose and coalesce(m.person_id, e.id, boss.id) is null then p.manager end,
  case when d.id is null then nullif(p.record->>'department', '') end,
  case when j.id is null then nullif(p.record->>'jobRole', '') end, $3
from sync_record p
left join sync_plan m on m.external_id = p.manager and not m.is_refused
left join employee e on m.person_id is null and e.source = $1 and e.external_id = p.manager
left join unnest($6::text[], $7::uuid[]) as boss(ref, id) on boss.ref = p.manager
left join unnest($4::text[], $5::uuid[]) as d(ref, id) on d.ref = p.record->>'department'
left join job_role j on j.code = p.record->>'jobRole'
where p.is_plain
order by p.person_id
"""
_UNKNOWN = """
select p.row_number, p.external_id, m.manager_ref, m.department_ref, m.job_role_ref
from employment m join sync_record p on p.person_id = m.id
where p.is_plain
  and (m.manager_ref is not null or m.department_ref is not null or m.job_role_ref is not null)
order by p.row_number
"""
_TELL_NEW = """
insert into sync_change (id, run_id, employee_id, kind, after)
select person_id, $1, person_id, 'NEW', record from sync_record where state = 'NEW'
"""
_KEEP_NEW = """
insert into synced_person (employee_id, digest, changed_at)
select person_id, digest, $1 from sync_record
where state = 'NEW' and not person_id = any($2)
"""
_UPDATE = f"""
update employee set {", ".join(f"{name} = each.{name}" for name in COLUMNS)}, changed_at = $1,
  removed_at = case when each.is_back then null else removed_at end
from unnest($2::uuid[], $3::boolean[], {", ".join(f"${n}::text[]" for n, _ in enumerate(COLUMNS, 4))})
  as each(id, is_back, {", ".join(COLUMNS)})
where employee.id = each.id
"""  # noqa: S608  # names of ours
_KEEP = """
insert into synced_person (employee_id, digest, changed_at)
select each.id, each.digest, employee.changed_at
from unnest($1::uuid[], $2::bytea[]) as each(id, digest) join employee on employee.id = each.id
on conflict (employee_id) do update set digest = excluded.digest, changed_at = excluded.changed_at
"""
_LINKS = {
    "department": """
update employment set department_id = department.id, department_ref = null
from department, employee person
where employment.department_ref is not null and person.source = $1 and person.id = employment.employee_id
  and department.id = (
    select d.id from department d
    where (d.source = $1 and d.external_id = employment.department_ref)
      or (d.source is null and d.name = employment.department_ref and d.closed_on is null)
    order by d.source nulls last, d.id limit 1
  ) and not person.id = any($2::uuid[])
returning employment.employee_id, department.name, department.id
""",
    "job_role": """
update employment set job_role_id = job_role.id, job_role_ref = null
from job_role, employee person
where job_role.code = employment.job_role_ref and person.source = $1
  and person.id = employment.employee_id and not person.id = any($2::uuid[])
returning employment.employee_id, job_role.code, job_role.id
""",
}

CHANGE = ("id", "run_id", "employee_id", "kind", "before", "after")


@dataclass
class Written:
    """What was written."""

    new: list[UUID] = field(default_factory=list)
    moved: list[UUID] = field(default_factory=list)
    """Whose employments changed, new people among them."""
    relinked: list[UUID] = field(default_factory=list)
    """Who of the others has other managers, or the same on other days."""
    linked: dict[UUID, dict[str, str]] = field(default_factory=dict)
    """Who was waiting for somebody or something that came."""
    noted: list[Noted] = field(default_factory=list)


async def departments(connection: Any, run: SyncRun) -> dict[str, UUID]:
    """The departments by their id in the feed, or by name where they were made by hand.

    Those that come with a name are made, or get that name; they stay the same department.
    """
    rows = await connection.fetch(_NAMED_DEPARTMENTS, run.id, timeout=SECONDS)
    named = {row["department"]: row["name"] for row in rows}
    if named:
        ids = [Department.new_id() for _ in named]
        await connection.execute(
            _MAKE_DEPARTMENTS, ids, list(named), list(named.values()), run.source, timeout=SECONDS
        )
        await connection.execute(
            _RENAME_DEPARTMENTS, list(named), list(named.values()), run.source, timeout=SECONDS
        )
    found = await connection.fetch(
        "select coalesce(external_id, name) as ref, id from department"
        " where source = $1 or (source is null and closed_on is null)"
        " order by source nulls first, id desc",
        run.source,
        timeout=SECONDS,
    )
    return {row["ref"]: row["id"] for row in found}


_NAMED_DEPARTMENTS = """
select distinct on (department) department, name from (
  select said.department, said.name, max(said.row_number) as row_number
  from staged_lines, unnest(department_rows, departments, department_names)
    as said(row_number, department, name)
  where run_id = $1
    and not said.row_number = any(array(select row_number from sync_plan where is_refused))
  group by said.department, said.name
) each
order by department, row_number desc, name
"""
_MAKE_DEPARTMENTS = """
insert into department (id, name, source, external_id)
select id, name, $4, ref from unnest($1::uuid[], $2::text[], $3::text[]) as each(id, ref, name)
on conflict (source, external_id) do nothing
"""
_RENAME_DEPARTMENTS = """
update department set name = each.name from unnest($1::text[], $2::text[]) as each(ref, name)
where department.source = $3 and department.external_id = each.ref and department.name <> each.name
"""


async def write(
    connection: Any,
    viewer: Viewer,
    run: SyncRun,
    changes: Changes,
    *,
    departments: Mapping[str, UUID],
    managers: Mapping[str, UUID],
    loose: Collection[UUID],
    day: date,
    moment: datetime,
) -> Written:
    """Writes all of it but what follows from employments."""
    written = Written()
    await _write_new(
        connection,
        run,
        written,
        departments=departments,
        managers=managers,
        changes=changes,
        loose=loose,
        day=day,
        at=moment,
    )
    if changes.employees:
        columns = [list(each) for each in zip(*changes.employees, strict=True)]
        await connection.execute(_UPDATE, moment, *columns, timeout=SECONDS)
    reason = f"the feed {run.source} says otherwise"
    await changes.rewriting.write(connection, viewer, reason=reason, seconds=SECONDS)
    await leave_teams(connection, changes.leavers, seconds=SECONDS)
    written.moved += changes.touched
    new = set(written.new)
    written.relinked += [each for each in changes.relinked if each not in new]
    for employee, ref, id_ in await link(connection, but=loose):
        written.linked.setdefault(employee, {})["manager"] = f"{ref} ({id_})"
        if employee not in new:
            written.relinked.append(employee)
    for name, statement in _LINKS.items():
        waiting = f"select exists (select from employment where {name}_ref is not null)"  # noqa: S608  # ours
        if not await connection.fetchval(waiting):
            continue
        rows = await connection.fetch(statement, run.source, list(loose), timeout=SECONDS)
        for employee, ref, id_ in rows:
            written.linked.setdefault(employee, {})[name] = f"{ref} ({id_})"
    if written.linked:
        written.moved += written.linked
        await connection.execute(
            "update employee set changed_at = $1 where id = any($2)",
            moment,
            list(written.linked),
            timeout=SECONDS,
        )
    await _tell(connection, run, changes, written)
    if changes.applied:
        columns = [list(each) for each in zip(*changes.applied, strict=True)]
        await connection.execute(_KEEP, *columns, timeout=SECONDS)
    if changes.partly:
        await connection.execute(
            "delete from synced_person where employee_id = any($1)", changes.partly, timeout=SECONDS
        )
    return written


async def _write_new(
    connection: Any,
    run: SyncRun,
    written: Written,
    *,
    departments: Mapping[str, UUID],
    managers: Mapping[str, UUID],
    changes: Changes,
    loose: Collection[UUID],
    day: date,
    at: datetime,
) -> None:
    """People who were not known."""
    written.new = await connection.fetchval(
        "select coalesce(array_agg(person_id), '{}') from sync_record where state = 'NEW'", timeout=SECONDS
    )
    if not written.new:
        return
    written.moved += written.new
    await connection.execute(_EMPLOYEES, run.source, at, timeout=SECONDS)
    await connection.execute("set local enable_mergejoin = off")
    await connection.execute(
        _EMPLOYMENTS,
        *(run.source, day, at, list(departments), list(departments.values())),
        *(list(managers), list(managers.values())),
        timeout=SECONDS,
    )
    await connection.execute("set local enable_mergejoin = on")
    for number, whom, manager, department, job_role in await connection.fetch(_UNKNOWN, timeout=SECONDS):
        for name, value, what in (
            ("manager", manager, "nobody"),
            ("department", department, "no department"),
            ("jobRole", job_role, "no job role"),
        ):
            if value is not None:
                problem = Problem(
                    name, f"there is {what} with the id {value} yet; it is linked when it comes"
                )
                written.noted.append((SyncGravity.WARNING, number, whom, problem))
    await connection.execute(_TELL_NEW, run.id, timeout=SECONDS)
    await connection.execute(_KEEP_NEW, at, [*changes.partly, *loose], timeout=SECONDS)


async def _tell(connection: Any, run: SyncRun, changes: Changes, written: Written) -> None:
    """Keeps what was changed of whom."""
    told = {person for person, *_ in changes.told}
    rows: list[tuple[Any, ...]] = [
        (uuid7(), run.id, person, kind.value, before, after) for person, kind, before, after in changes.told
    ]
    new = set(written.new)
    for person, links in written.linked.items():
        if person not in told and person not in new:
            rows.append((uuid7(), run.id, person, SyncKind.MOVED.value, None, json.dumps(links)))
    if rows:
        await connection.copy_records_to_table("sync_change", records=rows, columns=CHANGE, timeout=SECONDS)
