"""Teams, who leads them, and who is in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.db.tables import Ref
from cairn.people import tables
from cairn.people.history import EmployeeId
from cairn.people.memberships import end_memberships, touch
from cairn.people.profile import filled

TeamId = Annotated[UUID, Ref("Team")]


@dataclass
class AlreadyMember(Refusal):
    """The person is in that team already."""

    team: TeamId | None = None
    """The team."""


@dataclass
class TeamDisbanded(Refusal):
    """The team is no more."""

    team: TeamId | None = None
    """The team."""
    closed_at: datetime | None = None
    """When it was disbanded."""


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
        await find(tx, viewer, tables.Employee, lead)
    tx.add(team)
    await tx.flush()
    await audit.record(tx, viewer, "team.create", team, after={"name": team.name})
    return team


async def rename_team(tx: Transaction, viewer: Viewer, *, team: TeamId, name: str) -> tables.Team:
    """Gives a team another name; it stays the same team.

    Args:
        team: The team.
        name: What it is called from now on.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await _open(tx, viewer, team)
    before, found.name, found.changed_at = found.name, filled(name, "name"), now()
    await tx.flush()
    await audit.record(tx, viewer, "team.rename", found, before={"name": before}, after={"name": found.name})
    return found


async def lead_team(
    tx: Transaction, viewer: Viewer, *, team: TeamId, lead: EmployeeId | None = None
) -> tables.Team:
    """Gives a team another lead, who need not be a member.

    Args:
        team: The team.
        lead: Who leads it from now on; nobody if left out.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await _open(tx, viewer, team)
    if lead is not None:
        await find(tx, viewer, tables.Employee, lead)
    before, found.lead_id, found.changed_at = found.lead_id, lead, now()
    await tx.flush()
    await audit.record(tx, viewer, "team.lead", found, before={"lead": before}, after={"lead": lead})
    return found


async def disband_team(tx: Transaction, viewer: Viewer, *, team: TeamId) -> tables.Team:
    """Ends a team: nobody is in it from now on, and who was is still known.

    Args:
        team: The team.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await _open(tx, viewer, team)
    await disband(tx, viewer, found)
    return found


async def disband(tx: Transaction, viewer: Viewer, team: tables.Team) -> None:
    """Ends a team that is known to be open."""
    instant = now()
    left = await end_memberships(tx, col(tables.TeamMembership.team_id) == team.id, instant)
    team.closed_at = instant
    await tx.flush()
    await touch(tx, [team.id], [row.employee_id for row in left])
    await audit.record(tx, viewer, "team.disband", team, after={"closed_at": instant})


async def join_team(
    tx: Transaction,
    viewer: Viewer,
    *,
    team: TeamId,
    employee: EmployeeId,
    from_instant: datetime | None = None,
    until: datetime | None = None,
) -> tables.Team:
    """Puts somebody into a team.

    Args:
        team: The team.
        employee: Who joins.
        from_instant: From when; now by default.
        until: Until when, if that is known.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await _open(tx, viewer, team)
    await find(tx, viewer, tables.Employee, employee)
    start = from_instant or now()
    if until is not None and until <= start:
        raise invalid("until", "must come after fromInstant")
    valid = since(start, until)
    membership = tables.TeamMembership
    meanwhile = select(membership).where(_of_both(team, employee), col(membership.valid).op("&&")(valid))
    if (await tx.execute(meanwhile)).scalars().first() is not None:
        raise AlreadyMember("The person is in that team already, or will be.", team=team)
    tx.add(membership(team_id=team, employee_id=employee, valid=valid))
    await tx.flush()
    await touch(tx, [team], [employee])
    after = {"employee": employee, "from": start, "until": until}
    await audit.record(tx, viewer, "team.join", found, after=after)
    return found


async def leave_team(
    tx: Transaction,
    viewer: Viewer,
    *,
    team: TeamId,
    employee: EmployeeId,
    at: datetime | None = None,
) -> tables.Team:
    """Takes somebody out of a team.

    Args:
        team: The team.
        employee: Who leaves.
        at: When; now by default. A membership that begins then never was.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Team, team)
    instant = at or now()
    at_that_time = and_(_of_both(team, employee), col(tables.TeamMembership.valid).contains(instant))
    if not await end_memberships(tx, at_that_time, instant):
        raise NotFound("The person is not in that team.", id=employee)
    await touch(tx, [team], [employee])
    before = {"employee": employee, "until": instant}
    await audit.record(tx, viewer, "team.leave", found, before=before)
    return found


async def _open(tx: Transaction, viewer: Viewer, team: UUID) -> tables.Team:
    """A team that was not disbanded. Raises `NotFound`, `TeamDisbanded`."""
    found = await find(tx, viewer, tables.Team, team)
    if found.closed_at is not None:
        raise TeamDisbanded(f"{found.name} is no more; make another team.", team, found.closed_at)
    return found


def _of_both(team: UUID, employee: UUID) -> ColumnElement[bool]:
    membership = tables.TeamMembership
    return and_(col(membership.team_id) == team, col(membership.employee_id) == employee)
