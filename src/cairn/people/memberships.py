"""What becomes of somebody's memberships of teams when they leave the company."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import col

from cairn.db.engine import Transaction
from cairn.people import tables


async def leave_teams(
    tx: Transaction, employee: UUID, instant: datetime, *, kept: str | None = None
) -> list[UUID]:
    """Ends all memberships of somebody at an instant, but those in teams of the source `kept`.

    What would have begun later is taken away. Gives the teams they are no longer in, or will not be.
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
    return left
