"""What becomes of somebody's memberships of teams when they leave the company, or do not leave after all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import col

from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import INSTANT
from cairn.jobs.happenings import tell
from cairn.people import tables
from cairn.people.events import TEAM


async def leave_teams(
    tx: Transaction, employee: UUID, instant: datetime, *, kept: str | None = None
) -> list[UUID]:
    """Ends all memberships of somebody at an instant, but those in teams of the source `kept`.

    What would have begun later is taken away. Gives the teams they are no longer in, or will not be; these
    are marked as changed.
    """
    member, team = tables.TeamMembership, tables.Team
    ends = select(member).where(col(member.employee_id) == employee)
    if kept is not None:
        ends = ends.join(team, col(team.id) == col(member.team_id))
        ends = ends.where(col(team.source).is_distinct_from(kept))
    left: list[UUID] = []
    for row in (await tx.execute(ends)).scalars():
        if row.valid.lower is not None and row.valid.lower >= instant:
            await tx.delete(row)
        elif row.valid.upper is None or row.valid.upper > instant:
            row.valid = Range(row.valid.lower, instant)
        else:
            continue
        left.append(row.team_id)
    await tx.flush()
    await touch(tx, left)
    return left


_STAY = text("""
update team_membership member set valid = tstzrange(lower(member.valid), null)
from team
where member.employee_id = :employee and upper(member.valid) = :instant
  and team.id = member.team_id and team.closed_at is null
  and not exists (select from team_membership later where later.team_id = member.team_id
    and later.employee_id = member.employee_id and lower(later.valid) >= :instant)
returning member.team_id
""").bindparams(bindparam("employee", type_=Uuid), bindparam("instant", type_=INSTANT))


async def stay_in_teams(tx: Transaction, employee: UUID, instant: datetime) -> None:
    """Has all memberships of somebody go on that were to end at an instant."""
    stayed = await tx.execute(_STAY, {"employee": employee, "instant": instant})
    await touch(tx, list(stayed.scalars()))


async def touch(tx: Transaction, teams: Sequence[UUID]) -> None:
    """Marks teams as changed."""
    if teams:
        await tell(tx, TEAM, teams)
        these = col(tables.Team.id) == any_(bindparam("ids", list(teams), ARRAY(Uuid)))
        await tx.execute(update(tables.Team).where(these).values(changed_at=now()))
