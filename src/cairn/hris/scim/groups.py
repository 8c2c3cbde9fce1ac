"""Writing teams as a directory says they are, and who is in them."""

from uuid import UUID

from scim2_models import InvalidValueException, UniquenessException
from sqlalchemy import func, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.hris.scim.document import Document
from cairn.hris.scim.resources import SOURCE
from cairn.hris.scim.users import owned
from cairn.people import tables
from cairn.people.memberships import set_members
from cairn.people.teams import disband

# Names of teams are unique for directories only, so no constraint says so: one writer at a time does.
_ONE_AT_A_TIME = text("lock table team in share row exclusive mode")


async def create(tx: Transaction, viewer: Viewer, document: Document) -> UUID:
    """Makes a team. Raises `UniquenessException`, `InvalidValueException`."""
    viewer.require(Permission.WRITE_PEOPLE)
    team = tables.Team(name="", source=SOURCE)
    await _record(tx, team, document)
    tx.add(team)
    await tx.flush()
    await audit.record(tx, viewer, "team.create", team, after={"name": team.name})
    await _members(tx, viewer, team, document)
    return team.id


async def change(tx: Transaction, viewer: Viewer, team: tables.Team, document: Document) -> None:
    """Makes a team what the document says; one made by hand is the directory's from then on.

    Raises `UniquenessException`, `InvalidValueException`, `ForbiddenException`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    owned(team.source, "group")
    before = {"name": team.name, "external_id": team.external_id}
    team.source = SOURCE
    await _record(tx, team, document)
    after = {"name": team.name, "external_id": team.external_id}
    if after != before:
        await audit.record(tx, viewer, "team.update", team, before=before, after=after)
    await _members(tx, viewer, team, document)
    team.changed_at = now()
    await tx.flush()


async def remove(tx: Transaction, viewer: Viewer, team: tables.Team) -> None:
    """Dissolves a team."""
    viewer.require(Permission.WRITE_PEOPLE)
    owned(team.source, "group")
    team.external_id = None
    await disband(tx, viewer, team)


async def _record(tx: Transaction, team: tables.Team, document: Document) -> None:
    await tx.execute(_ONE_AT_A_TIME)
    name, external_id = str(document["displayName"]).strip(), document.get("externalId")
    if not name:
        raise InvalidValueException(detail="displayName must not be empty")
    t = tables.Team
    others = select(t).where(col(t.id) != team.id, col(t.closed_at).is_(None))
    with tx.no_autoflush:
        if name != team.name:
            same = others.where(func.lower(col(t.name)) == name.lower())
            if (await tx.execute(same)).scalars().first() is not None:
                raise UniquenessException(detail=f"displayName {name} is that of another group")
        if external_id is not None:
            same = others.where(col(t.source) == SOURCE, col(t.external_id) == external_id)
            if (await tx.execute(same)).scalars().first() is not None:
                raise UniquenessException(detail="externalId is that of another group")
    team.name, team.external_id = name, external_id


async def _members(tx: Transaction, viewer: Viewer, team: tables.Team, document: Document) -> None:
    """Makes the members those of the document, from now on."""
    await set_members(tx, viewer, team, _ids(document))


def _ids(document: Document) -> dict[UUID, None]:
    found: dict[UUID, None] = {}
    for each in document.get("members") or ():
        value = str(each.get("value") or "")
        if str(each.get("type") or "User").casefold() != "user":
            raise InvalidValueException(detail="members: a group has users in it, no groups")
        try:
            found[UUID(value)] = None
        except ValueError:
            raise InvalidValueException(detail=f"members: there is no user {value}") from None
    return found
