"""Moving everybody of a department at once, however many they are: set by set, never person by person."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Date, Text, Uuid, bindparam, text

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now
from cairn.db.tables import INSTANT
from cairn.jobs.events import publish
from cairn.people import tables
from cairn.people.departments import open_on, place
from cairn.people.employ import one_at_a_time
from cairn.people.events import employment_changed
from cairn.people.history import DepartmentId, EmployeeId
from cairn.people.profile import UNCHANGED, given
from cairn.people.references import resolve
from cairn.people.reporting import refresh

_PEOPLE = text("""
select distinct employee_id from employment
where valid && daterange(:day, null) and department_id in (
  select cast(:department as uuid) union all
  select department_id from department_line where above_id = :department and valid @> cast(:day as date)
)
""").bindparams(bindparam("department", type_=Uuid), bindparam("day", type_=Date))

_CHANGES = text("""
select id, employee_id, is_head from (
  select id, employee_id, department_id, :reports and manager_id is distinct from :manager
    and employee_id is distinct from :manager and (manager_id = any(:people)) is not true as is_head
  from employment
  where employee_id = any(:people) and valid && daterange(:day, null) and department_id in (
    select cast(:department as uuid) union all
    select department_id from department_line where above_id = :department and valid @> cast(:day as date)
  )
) each
where is_head or (:merges and department_id = :department)
""").bindparams(
    bindparam("people", type_=ARRAY(Uuid)),
    bindparam("manager", type_=Uuid),
    bindparam("department", type_=Uuid),
    bindparam("day", type_=Date),
)

_MOVE = text("""
with change as materialized (
  select old.*, new.id as new_id, new.is_head
  from unnest(:ids, :new_ids, :heads) as new(old_id, id, is_head) join employment old on old.id = new.old_id
),
withdrawn as (
  insert into withdrawn_employment (id, employee_id, valid, manager_id, department_id, job_role_id, title,
    location, work, engagement, manager_ref, department_ref, job_role_ref, recorded_at, withdrawn_at,
    withdrawn_by, withdrawn_by_id, reason)
  select id, employee_id, valid, manager_id, department_id, job_role_id, title,
    location, work, engagement, manager_ref, department_ref, job_role_ref, recorded_at, :moment,
    :viewer, :viewer_id, :reason
  from change where lower(valid) >= :day
),
gone as (
  delete from employment using change
  where employment.id = change.id and lower(change.valid) >= :day
  returning change.*
),
cut as (
  update employment set valid = daterange(lower(change.valid), :day), ended_because = null
  from change where employment.id = change.id and lower(change.valid) < :day
  returning change.*
),
touched as (
  update employee set changed_at = :moment where id in (select employee_id from change)
)
insert into employment (id, employee_id, valid, manager_id, department_id, job_role_id, title, location,
  work, engagement, manager_ref, department_ref, job_role_ref, recorded_at, ended_because)
select new_id, employee_id, daterange(greatest(lower(valid), :day), upper(valid)),
  case when is_head then :manager else manager_id end,
  case when :merges and department_id = :department then :into else department_id end,
  job_role_id, title, location, work, engagement,
  case when is_head then null else manager_ref end, department_ref, job_role_ref, :moment, ended_because
from (select * from gone union all select * from cut) as replaced
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("new_ids", type_=ARRAY(Uuid)),
    bindparam("heads", type_=ARRAY(Boolean)),
    bindparam("day", type_=Date),
    bindparam("manager", type_=Uuid),
    bindparam("department", type_=Uuid),
    bindparam("into", type_=Uuid),
    bindparam("moment", type_=INSTANT),
    bindparam("viewer", type_=Text),
    bindparam("viewer_id", type_=Uuid),
    bindparam("reason", type_=Text),
)


@dataclass
class ReassignedDepartment:
    """A department whose people were moved."""

    department: DepartmentId
    """The department."""
    people: int
    """How many work in it, or in a department that is part of it, on that day or after it."""
    moved: int
    """How many of them have another manager or department of their own from then on; the rest go along."""


async def reassign_department(
    tx: Transaction,
    viewer: Viewer,
    *,
    department: DepartmentId,
    from_day: date,
    manager: EmployeeId | None = UNCHANGED,
    into: DepartmentId = UNCHANGED,
    parent: DepartmentId | None = UNCHANGED,
) -> ReassignedDepartment:
    """Moves a department with everybody in it from a day on: under a manager, into another, or both.

    What is planned for them after the day moves along. What is left out stays as it is.

    Args:
        department: The department that moves, with all that are part of it.
        from_day: The first day, past or future.
        manager: Whom its heads report to from then on: those whose manager is not one of its people. Null for
            nobody. Everybody else goes on reporting to the same manager.
        into: The department that the people who work in this very one work in from then on.
        parent: The department it is part of from then on; null for the top of the company.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Department, department)
    asked = given(manager=manager, into=into, parent=parent)
    if not asked:
        raise invalid("fromDay", "say also what changes on that day: manager, into or parent")
    if into == department:
        raise invalid("into", "must be another department")
    await resolve(tx, ("manager", "employee", asked.get("manager")))
    for other in (asked.get("into"), asked.get("parent")):
        if other is not None:
            open_on(await find(tx, viewer, tables.Department, other), from_day)
    if "parent" in asked:
        await place(tx, department, parent, Range(from_day, None, bounds="[)"))
    scope = {"department": department, "day": from_day}
    people = sorted((await tx.execute(_PEOPLE, scope)).scalars())
    await one_at_a_time(tx, people)
    moved = await _move(tx, viewer, found, people, scope, asked)
    await audit.record(
        tx,
        viewer,
        "department.reassign",
        found,
        after={**asked, "from": from_day, "people": len(people), "moved": len(moved)},
    )
    return ReassignedDepartment(department, len(people), len(moved))


async def _move(
    tx: Transaction,
    viewer: Viewer,
    department: tables.Department,
    people: list[UUID],
    scope: dict[str, Any],
    asked: dict[str, Any],
) -> set[UUID]:
    choice = {
        **scope,
        "manager": asked.get("manager"),
        "reports": "manager" in asked,
        "merges": "into" in asked,
    }
    changes = (await tx.execute(_CHANGES, {**choice, "people": people})).all()
    if not changes:
        return set()
    await tx.execute(
        _MOVE,
        {
            **scope,
            "manager": choice["manager"],
            "merges": choice["merges"],
            "into": asked.get("into"),
            "ids": [row.id for row in changes],
            "new_ids": [tables.Employment.new_id() for _ in changes],
            "heads": [row.is_head for row in changes],
            "moment": now(),
            "viewer": viewer.name,
            "viewer_id": viewer.employee,
            "reason": f"{department.name} moved on {scope['day']}",
        },
    )
    if heads := {row.employee_id for row in changes if row.is_head}:
        await refresh(tx, heads)
    moved = {row.employee_id for row in changes}
    await publish(tx, *employment_changed(sorted(moved)))
    return moved
