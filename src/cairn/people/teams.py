"""Teams, who leads them, and who is in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.db.tables import Ref
from cairn.people import tables
from cairn.people.employ import find
from cairn.people.history import EmployeeId
from cairn.people.profile import filled

TeamId = Annotated[UUID, Ref("Team")]


@dataclass
class AlreadyMember(Refusal):
    """The person is in that team already."""

    team: TeamId | None = None
    """The team."""


async def create_team(
    tx: Transaction, viewer: Viewer, *, name: str, lead: EmployeeId | None = None
) -> tables.Team:
    """Makes a team.

    Args:
        name: What it is called.
        lead: Who leads it.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    team = tables.Team(name=filled(name, "name"), lead_id=lead)
    if lead is not None:
        await find(tx, lead)
    tx.add(team)
    await tx.flush()
    await audit.record(tx, viewer, "team.create", team, after={"name": team.name})
    return team


async def join_team(
    tx: Transaction,
    viewer: Viewer,
    *,
    team: TeamId,
    employee: EmployeeId,
    from_instant: datetime | None = None,
) -> tables.Team:
    """Puts somebody into a team.

    Args:
        team: The team.
        employee: Who joins.
        from_instant: From when; now by default.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find_team(tx, team)
    await find(tx, employee)
    valid = since(from_instant or now())
    overlaps = col(tables.TeamMembership.valid).op("&&")(valid)
    if await _membership(tx, team, employee, overlaps) is not None:
        raise AlreadyMember("The person is in that team already, or will be.", team=team)
    tx.add(tables.TeamMembership(team_id=team, employee_id=employee, valid=valid))
    await tx.flush()
    await audit.record(tx, viewer, "team.join", found, after={"employee": str(employee)})
    return found


async def leave_team(tx: Transaction, viewer: Viewer, *, team: TeamId, employee: EmployeeId) -> tables.Team:
    """Takes somebody out of a team, from now on.

    Args:
        team: The team.
        employee: Who leaves.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find_team(tx, team)
    instant = now()
    member = await _membership(tx, team, employee, col(tables.TeamMembership.valid).contains(instant))
    if member is None:
        raise NotFound("The person is not in that team.", id=employee)
    ended = update(tables.TeamMembership).where(col(tables.TeamMembership.id) == member.id)
    await tx.execute(ended.values(valid=Range(member.valid.lower, instant)))
    await audit.record(tx, viewer, "team.leave", found, before={"employee": str(employee)})
    return found


async def find_team(tx: Transaction, team: UUID) -> tables.Team:
    """A team by id. Raises `NotFound`."""
    found = await tx.get(tables.Team, team)
    if found is None:
        raise NotFound("There is no such team.", id=team)
    return found


async def _membership(
    tx: Transaction, team: UUID, employee: UUID, when: ColumnElement[bool]
) -> tables.TeamMembership | None:
    membership = tables.TeamMembership
    of_both = and_(col(membership.team_id) == team, col(membership.employee_id) == employee, when)
    return (await tx.execute(select(membership).where(of_both))).scalars().first()
