"""Writing what many people were, are and will be employed as, in a handful of statements.

What one verb writes for one person (`history.write`), a feed writes for thousands: rows that stay as they are
keep their id, also those that only end on another day, and what is displaced is kept as withdrawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from cairn.access.viewer import Viewer
from cairn.db.ranges import midnight, now
from cairn.people.history import Stint
from cairn.people.tables import Employment

_NEW = {
    **dict.fromkeys(("id", "employee_id"), "uuid"),
    **dict.fromkeys(("since", "until"), "date"),
    **dict.fromkeys(("title", "location", "work", "engagement"), "text"),
    **dict.fromkeys(("manager_id", "department_id", "job_role_id"), "uuid"),
    **dict.fromkeys(("manager_ref", "department_ref", "job_role_ref"), "text"),
}


@dataclass
class Rewriting:
    """Rows of employments to take away, to end on another day, and to write."""

    gone: list[UUID] = field(default_factory=list)
    resized: list[tuple[UUID, date, date | None]] = field(default_factory=list)
    new: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, employee: UUID, rows: Mapping[Stint, UUID], stints: Sequence[Stint]) -> None:
        """Has `rows`, which are all the rows of an employee, become `stints`."""
        wanted = set(stints)
        left = {
            replace(stint, until=None): (stint, id_) for stint, id_ in rows.items() if stint not in wanted
        }
        for stint in stints:
            if stint in rows:
                continue
            if (found := left.pop(replace(stint, until=None), None)) is not None:
                self.resized.append((found[1], stint.since, stint.until))
                continue
            position, pending = stint.position, stint.pending
            self.new.append(
                (
                    Employment.new_id(),
                    employee,
                    stint.since,
                    stint.until,
                    position.title,
                    position.location,
                    position.work.value,
                    position.engagement.value,
                    position.manager,
                    position.department,
                    position.job_role,
                    pending.manager,
                    pending.department,
                    pending.job_role,
                )
            )
        self.gone += [id_ for _, id_ in left.values()]

    async def write(self, connection: Any, viewer: Viewer, *, reason: str, seconds: float) -> None:
        """Writes them, on the connection of a transaction; what follows from them is for the caller."""
        if self.gone:
            withdrawn = (viewer.name, viewer.employee, reason)
            await connection.execute(_WITHDRAW, self.gone, now(), *withdrawn, timeout=seconds)
            await connection.execute("delete from employment where id = any($1)", self.gone, timeout=seconds)
        if self.resized:
            columns = [list(each) for each in zip(*self.resized, strict=True)]
            await connection.execute(_RESIZE, *columns, timeout=seconds)
        if self.new:
            columns = [list(each) for each in zip(*self.new, strict=True)]
            await connection.execute(_INSERT, *columns, now(), timeout=seconds)


_SAME = (
    "id, employee_id, valid, manager_id, department_id, job_role_id, title, location, work, engagement,"
    " manager_ref, department_ref, job_role_ref, recorded_at"
)
_WITHDRAW = f"""
insert into withdrawn_employment ({_SAME}, withdrawn_at, withdrawn_by, withdrawn_by_id, reason)
select {_SAME}, $2, $3, $4, $5 from employment where id = any($1)
"""  # noqa: S608  # names of ours
_RESIZE = """
update employment set valid = daterange(each.since, each.until),
  ended_because = case when upper(valid) is not distinct from each.until then ended_because end
from unnest($1::uuid[], $2::date[], $3::date[]) as each(id, since, until)
where employment.id = each.id
"""
_INSERT = f"""
insert into employment ({_SAME})
select id, employee_id, daterange(since, until), manager_id, department_id, job_role_id, title, location,
  work, engagement, manager_ref, department_ref, job_role_ref, ${len(_NEW) + 1}
from unnest({", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(_NEW.values(), 1))})
  as each({", ".join(_NEW)})
"""  # noqa: S608  # names of ours

_LEAVE = """
with leaver as materialized (
  select * from unnest($1::uuid[], $2::timestamptz[]) as each(employee_id, instant)
),
gone as (
  delete from team_membership member using leaver
  where member.employee_id = leaver.employee_id and lower(member.valid) >= leaver.instant
  returning member.team_id
),
ended as (
  update team_membership member set valid = tstzrange(lower(member.valid), leaver.instant)
  from leaver
  where member.employee_id = leaver.employee_id
    and coalesce(lower(member.valid), '-infinity') < leaver.instant
    and (upper(member.valid) is null or upper(member.valid) > leaver.instant)
  returning member.team_id
)
update team set changed_at = $3
where id in (select team_id from gone union select team_id from ended)
"""


async def leave_teams(connection: Any, leavers: Mapping[UUID, date], *, seconds: float) -> None:
    """Ends all memberships of people, each at the beginning of a day; what would begin later goes."""
    if leavers:
        instants = [midnight(day) for day in leavers.values()]
        await connection.execute(_LEAVE, list(leavers), instants, now(), timeout=seconds)
