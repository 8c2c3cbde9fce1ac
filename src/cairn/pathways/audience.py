"""Whom something is for: people by name, by team, by department, by job role, or by what they lack."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Uuid, bindparam, text

from cairn.db.engine import Transaction
from cairn.people.history import DepartmentId, EmployeeId, JobRoleId
from cairn.people.references import resolve
from cairn.people.teams import TeamId
from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.tree import SkillAt
from cairn.skills.assess import SkillId
from cairn.skills.facts import load


@dataclass(frozen=True)
class SkillGap:
    """The people of a column of a team skill matrix whose level is below what their job role requires."""

    skill: SkillId
    """The skill."""
    team: TeamId | None = None
    """The team of the matrix."""
    manager: EmployeeId | None = None
    """The manager of the matrix, for the people below."""
    depth: int | None = 1
    """How far below the manager: 1 for direct reports only; null for everybody."""


_PEOPLE = text("""
 with place as (
  select unnest(cast(:departments as uuid[])) as id
  union
  select department_id from department_line
   where above_id = any(:departments) and valid @> cast(:today as date))
 select employee_id from team_membership where team_id = any(:teams) and valid @> cast(:now as timestamptz)
 union
 select employee_id from employment
  where (job_role_id = any(:roles) or department_id in (select id from place))
   and (valid @> cast(:today as date) or lower(valid) > cast(:today as date) and not exists (
    select 1 from employment today
     where today.employee_id = employment.employee_id and today.valid @> cast(:today as date))
    and (:everybody or exists (
     select 1 from reporting_line line
      where line.manager_id = :viewer and line.employee_id = employment.employee_id
       and line.valid && employment.valid)))
 order by 1
""").bindparams(
    *(bindparam(name, type_=ARRAY(Uuid)) for name in ("teams", "roles", "departments")),
    bindparam("viewer", type_=Uuid),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("today", type_=Date),
)


@dataclass(frozen=True)
class Asking:
    """Who names them, and when."""

    viewer: UUID | None
    everybody: bool
    """Whether they may assign everybody."""
    instant: datetime

    @property
    def terms(self) -> dict[str, Any]:
        """As the statements take it."""
        return {
            "viewer": self.viewer,
            "everybody": self.everybody,
            "now": self.instant,
            "today": self.instant.date(),
        }


async def belonging(
    tx: Transaction,
    asking: Asking,
    *,
    teams: list[TeamId],
    departments: list[DepartmentId],
    job_roles: list[JobRoleId],
) -> list[UUID]:
    """Who is in one of those teams, departments or job roles today; and who is about to start there.

    Who is about to start is nobody's business but their managers' to be, and is left out for others.
    Raises `InvalidInput` for what does not exist.
    """
    await resolve(
        tx,
        *((f"teams.{n}", "team", id_) for n, id_ in enumerate(teams)),
        *((f"departments.{n}", "department", id_) for n, id_ in enumerate(departments)),
        *((f"jobRoles.{n}", "job_role", id_) for n, id_ in enumerate(job_roles)),
    )
    given = {"teams": teams, "departments": departments, "roles": job_roles}
    return list((await tx.execute(_PEOPLE, given | asking.terms)).scalars())


_REQUIRED = text("""
 select employment.employee_id, role_skill.level from employment
  join role_skill on role_skill.job_role_id = employment.job_role_id and role_skill.skill_id = :skill
   and role_skill.valid @> cast(:now as timestamptz)
  where employment.valid @> cast(:today as date) and employment.employee_id in (
   select employee_id from team_membership where team_id = :team and valid @> cast(:now as timestamptz)
   union all
   select employee_id from reporting_line where manager_id = :manager and valid @> cast(:today as date)
    and (cast(:depth as int) is null or depth <= :depth))
  and (:everybody or employment.employee_id = :viewer or exists (
   select 1 from reporting_line line where line.manager_id = :viewer
    and line.employee_id = employment.employee_id and line.valid @> cast(:today as date)))
  order by employment.employee_id
""").bindparams(
    *(bindparam(name, type_=Uuid) for name in ("skill", "team", "manager", "viewer")),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("today", type_=Date),
)


async def lacking(tx: Transaction, asking: Asking, gap: SkillGap) -> list[UUID]:
    """Who of a matrix has a gap in that column, of those whose levels the viewer may see.

    Others are left out and not refused one by one, or a refusal would tell of their gap.
    """
    await resolve(
        tx,
        ("gap.skill", "skill", gap.skill),
        ("gap.team", "team", gap.team),
        ("gap.manager", "employee", gap.manager),
    )
    given = {"skill": gap.skill, "team": gap.team, "manager": gap.manager, "depth": gap.depth}
    required = (await tx.execute(_REQUIRED, given | asking.terms)).all()
    levels = {level: SkillAt(gap.skill, level) for _, level in required}
    facts = await load(tx, [employee for employee, _ in required], {each.subject for each in levels.values()})
    return [
        employee
        for employee, level in required
        if asking.instant not in compiled(levels[level])(facts.get(employee, NO_FACTS))
    ]
