"""What is told of team skill matrices as they change."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from cairn.access.viewer import Viewer
from cairn.graph.problem import bad_input
from cairn.graph.stream import stream
from cairn.jobs.happenings import MANY
from cairn.jobs.live import Ear, Key, Wish, keys
from cairn.people.events import EMPLOYMENT, TEAM
from cairn.people.history import DepartmentId, EmployeeId, JobRoleId
from cairn.people.teams import TeamId
from cairn.skills.assess import SkillId
from cairn.skills.events import JOB_ROLE, LEVELS

PAUSE_SECONDS = 1.0
"""At least so long lies between two looks at one matrix: much may change at once."""

_OF_EMPLOYEES = f"""
 select asked.id, 'team', member.team_id
  from unnest($1::uuid[]) asked(id) join team_membership member on member.employee_id = asked.id
 union all select asked.id, 'manager', line.manager_id
  from unnest($1::uuid[]) asked(id) join reporting_line line on line.employee_id = asked.id
 union all select asked.id, 'job role', job.job_role_id
  from unnest($1::uuid[]) asked(id) join employment job on job.employee_id = asked.id
  where job.job_role_id is not null
 union all select asked.id, 'department', job.department_id
  from unnest($1::uuid[]) asked(id) join employment job on job.employee_id = asked.id
  where job.department_id is not null
 union all select asked.id, 'department', line.above_id
  from unnest($1::uuid[]) asked(id) join employment job on job.employee_id = asked.id
  join department_line line on line.department_id = job.department_id
 union all select id, 'many', id from unnest($1::uuid[]) asked(id) where id = '{MANY}'
"""  # noqa: S608  # a constant of ours
keys(LEVELS, _OF_EMPLOYEES)
keys(EMPLOYMENT, _OF_EMPLOYEES)
keys(TEAM, "select id, 'team', id from unnest($1::uuid[]) asked(id)")


async def matrix_changed(
    ear: Ear,
    viewer: Viewer,  # noqa: ARG001  # each look at the matrix is by its rules
    *,
    team: TeamId | None = None,
    manager: EmployeeId | None = None,
    depth: int | None = 1,  # noqa: ARG001  # read with the field
    department: DepartmentId | None = None,
    job_role: JobRoleId | None = None,
    skills: list[SkillId] | None = None,  # noqa: ARG001  # likewise
) -> AsyncGenerator[None, None]:
    """The team skill matrix whenever what you see of it has changed.

    Evidence, moves, memberships and what job roles require change it; what lapses by the calendar alone is
    not told. It is told as `teamMatrix` answers, at most once a second.

    Args:
        team: The team.
        manager: A manager, for the people who report to them.
        depth: How far below the manager: 1, the default, for direct reports only; null for everybody.
        department: A department, for the people who work in it or in what is part of it.
        job_role: A job role, for the people who work in it.
        skills: The skills to show, in order; those the members' job roles require by default.
    """
    named = {"team": team, "manager": manager, "department": department, "job role": job_role}
    places: list[Key] = [(kind, key) for kind, key in named.items() if key is not None]
    if not places:
        raise bad_input("matrixChanged: name a team, a manager, a department or a job role")
    several = ("many", MANY)
    wishes = [
        *(Wish(topic, frozenset([place])) for topic in (LEVELS, EMPLOYMENT, TEAM) for place in places),
        *(Wish(topic, frozenset([several])) for topic in (LEVELS, EMPLOYMENT)),
        Wish(JOB_ROLE),
    ]
    looked_at = 0.0
    async with aclosing(ear.hear(*wishes, at_once=True)) as heard:
        async for _ in heard:
            await asyncio.sleep(max(0.0, looked_at + PAUSE_SECONDS - time.monotonic()))
            looked_at = time.monotonic()
            yield


stream(matrix_changed, reads="team_matrix")
