"""Who manages whom, at any depth and on any day: the closure of the employments' managers.

It is recomputed for those whose employment changed and for everybody who was, is or will be below them;
nobody else's line can have moved. Two people may manage each other on different days, never on the same.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, exists, select, text
from sqlmodel import col

from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.people import tables

DEEPEST = 100
"""Levels of management, as a bound on the walk up."""


@dataclass
class CycleInReportingLine(Refusal):
    """Somebody would be above themselves."""

    message: str = "Somebody would be above themselves; give one of them another manager."
    ring: list[Annotated[UUID, Ref("Employee")]] = field(default_factory=list)
    """Each reports to the next, and the last to the first."""


_ABOVE = f"""
with recursive up as (
  select employee_id, manager_id, 1 as depth, valid, array[employee_id] as path
  from employment where employee_id = any(:employees) and manager_id is not null
  union all
  select up.employee_id, above.manager_id, up.depth + 1, up.valid * above.valid, up.path || above.employee_id
  from up join employment above
    on above.employee_id = up.manager_id and above.valid && up.valid and above.manager_id is not null
  where up.depth < {DEEPEST} and up.manager_id <> all(up.path)
)
"""  # noqa: S608  # a constant of ours
_EMPLOYEES = bindparam("employees", type_=ARRAY(Uuid))
# Two people could be put above each other at the same time, neither seeing the other's move.
_ONE_AT_A_TIME = text("lock table reporting_line in share row exclusive mode")
_RING = text(_ABOVE + "select path from up where manager_id = path[1] limit 1").bindparams(_EMPLOYEES)  # noqa: S608  # constants
_AFFECTED = text(
    "select unnest(cast(:employees as uuid[]))"
    " union select employee_id from reporting_line where manager_id = any(:employees)"
).bindparams(_EMPLOYEES)
_FORGET = text("delete from reporting_line where employee_id = any(:employees)").bindparams(_EMPLOYEES)
_WALK = text(
    _ABOVE + "insert into reporting_line (manager_id, employee_id, depth, valid)"  # noqa: S608  # constants
    " select manager_id, employee_id, depth, unnest(range_agg(valid)) from up group by 1, 2, 3"
).bindparams(_EMPLOYEES)


async def refresh(tx: Transaction, changed: Collection[UUID]) -> None:
    """Brings the closure up to date after the employments of `changed` were written.

    Raises `CycleInReportingLine`, which names the ring.
    """
    await tx.flush()
    await tx.execute(_ONE_AT_A_TIME)
    ring = (await tx.execute(_RING, {"employees": list(changed)})).scalar_one_or_none()
    if ring is not None:
        raise CycleInReportingLine(ring=list(ring))
    affected = list((await tx.execute(_AFFECTED, {"employees": list(changed)})).scalars())
    await tx.execute(_FORGET, {"employees": affected})
    await tx.execute(_WALK, {"employees": affected})


async def is_above(tx: Transaction, viewer: Viewer, employee: UUID) -> bool:
    """Whether the viewer manages that employee today, directly or not."""
    line = tables.ReportingLine
    above = exists().where(
        col(line.manager_id) == viewer.employee,
        col(line.employee_id) == employee,
        col(line.valid).contains(now().date()),
    )
    return viewer.employee is not None and bool((await tx.execute(select(above))).scalar())
