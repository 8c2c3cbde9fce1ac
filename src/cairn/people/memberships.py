"""Who is in a team from now on, and what becomes of it when somebody leaves the company, or does not."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, bindparam, literal, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import col

from cairn.access import audit
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.db.tables import INSTANT
from cairn.jobs.happenings import tell
from cairn.people import tables
from cairn.people.events import TEAM

_MEMBER = tables.TeamMembership


async def set_members(tx: Transaction, viewer: Viewer, team: tables.Team, wanted: Collection[UUID]) -> None:
    """Makes the members of a team these, from now on; who is in it already, or joins later, stays so.

    Raises `InvalidInput` where somebody who is to join is not there.
    """
    instant = now()
    held = select(col(_MEMBER.employee_id)).where(
        col(_MEMBER.team_id) == team.id, col(_MEMBER.valid).op("&&")(since(instant))
    )
    known = set((await tx.execute(held)).scalars())
    joining = [each for each in wanted if each not in known]
    leaving = known - set(wanted)
    if not joining and not leaving:
        return
    there = select(col(tables.Employee.id)).where(
        col(tables.Employee.id) == any_(_ids(joining)), col(tables.Employee.removed_at).is_(None)
    )
    if missing := set(joining) - set((await tx.execute(there)).scalars()):
        raise invalid("members", f"there is no user {min(map(str, missing))}")
    if leaving:
        these = col(_MEMBER.employee_id) == any_(_ids(leaving))
        await end_memberships(tx, and_(col(_MEMBER.team_id) == team.id, these), instant)
    tx.add_all(_MEMBER(team_id=team.id, employee_id=each, valid=since(instant)) for each in joining)
    await tx.flush()
    await touch(tx, [team.id], {*joining, *leaving})
    await audit.record(
        tx,
        viewer,
        "team.members",
        team,
        before={"left": sorted(leaving)} if leaving else None,
        after={"joined": joining} if joining else None,
    )


async def end_memberships(
    tx: Transaction, which: ColumnElement[bool], instant: datetime
) -> list[tables.TeamMembership]:
    """Ends those memberships at an instant that had gone on; one that would have begun later never was."""
    still = select(_MEMBER).where(which, col(_MEMBER.valid).op("&&")(since(instant)))
    rows = list((await tx.execute(still.with_for_update())).scalars())
    for row in rows:
        if row.valid.lower is not None and row.valid.lower >= instant:
            await tx.delete(row)
        else:
            row.valid = Range(row.valid.lower, instant)
    await tx.flush()
    return rows


async def leave_teams(tx: Transaction, employee: UUID, instant: datetime, *, kept: str | None = None) -> None:
    """Ends all memberships of somebody at an instant, but those in teams of the source `kept`."""
    which = col(_MEMBER.employee_id) == employee
    if kept is not None:
        others = select(col(tables.Team.id)).where(col(tables.Team.source).is_distinct_from(kept))
        which = and_(which, col(_MEMBER.team_id).in_(others))
    await touch(tx, [row.team_id for row in await end_memberships(tx, which, instant)])


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


async def touch(tx: Transaction, teams: Sequence[UUID], employees: Collection[UUID] = ()) -> None:
    """Marks teams as changed, and whoever joined or left them; and tells of the teams."""
    if teams:
        await tell(tx, TEAM, teams)
    for table, ids in ((tables.Team, teams), (tables.Employee, employees)):
        if ids:
            these = update(table).where(col(table.id) == any_(_ids(ids)))
            await tx.execute(these.values(changed_at=now()))


def _ids(ids: Collection[UUID]) -> ColumnElement[Any]:
    return literal(list(ids), ARRAY(Uuid))
