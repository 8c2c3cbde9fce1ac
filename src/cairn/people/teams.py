"""Teams, who leads them, and who is in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.db.tables import Ref
from cairn.jobs.happenings import tell
from cairn.people import tables
from cairn.people.events import TEAM
from cairn.people.history import EmployeeId
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
    instant = now()
    await end_memberships(tx, found, instant)
    found.closed_at = found.changed_at = instant
    await tx.flush()
    await audit.record(tx, viewer, "team.disband", found, after={"closed_at": instant})
    return found


async def end_memberships(tx: Transaction, team: tables.Team, instant: datetime) -> list[UUID]:
    """Takes everybody out of a team, and whoever was to join; gives who they are."""
    member = tables.TeamMembership
    still = select(member).where(col(member.team_id) == team.id, col(member.valid).op("&&")(since(instant)))
    rows = (await tx.execute(still.with_for_update())).scalars().all()
    for row in rows:
        if row.valid.lower is not None and row.valid.lower >= instant:
            await tx.delete(row)
        else:
            row.valid = Range(row.valid.lower, instant)
    await tx.flush()
    await tell(tx, TEAM, [team.id])
    return [row.employee_id for row in rows]


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
    if await _membership(tx, team, employee, col(tables.TeamMembership.valid).op("&&")(valid)) is not None:
        raise AlreadyMember("The person is in that team already, or will be.", team=team)
    tx.add(tables.TeamMembership(team_id=team, employee_id=employee, valid=valid))
    await tx.flush()
    await _touch(tx, found, employee)
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
    member = await _membership(tx, team, employee, col(tables.TeamMembership.valid).contains(instant))
    if member is None:
        raise NotFound("The person is not in that team.", id=employee)
    if member.valid.lower == instant:
        await tx.delete(member)
    else:
        member.valid = Range(member.valid.lower, instant)
    await tx.flush()
    await _touch(tx, found, employee)
    before = {"employee": employee, "until": instant}
    await audit.record(tx, viewer, "team.leave", found, before=before)
    return found


async def _touch(tx: Transaction, team: tables.Team, employee: UUID) -> None:
    team.changed_at = now()
    await tell(tx, TEAM, [team.id])
    touched = update(tables.Employee).where(col(tables.Employee.id) == employee)
    await tx.execute(touched.values(changed_at=team.changed_at))


async def _open(tx: Transaction, viewer: Viewer, team: UUID) -> tables.Team:
    """A team that was not disbanded. Raises `NotFound`, `TeamDisbanded`."""
    found = await find(tx, viewer, tables.Team, team)
    if found.closed_at is not None:
        raise TeamDisbanded(f"{found.name} is no more; make another team.", team, found.closed_at)
    return found


async def _membership(
    tx: Transaction, team: UUID, employee: UUID, when: ColumnElement[bool]
) -> tables.TeamMembership | None:
    membership = tables.TeamMembership
    of_both = and_(col(membership.team_id) == team, col(membership.employee_id) == employee, when)
    return (await tx.execute(select(membership).where(of_both))).scalars().first()
